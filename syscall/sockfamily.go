// SPDX-License-Identifier: GPL-2.0-only

package syscall

import "github.com/nssim/nssim/syscall/uapi"

// sockKind is what socket(2) is asked for, and what comes of it: the protocol that 0
// stands for, the type that another is taken as.
type sockKind struct{ family, typ, proto int32 }

const (
	numFamilies  = 46 // NPROTO
	numSockTypes = 11 // SOCK_MAX
)

// Protocols of the internet families (include/uapi/linux/in.h).
const (
	ipprotoICMP   = 1
	ipprotoTCP    = 6
	ipprotoUDP    = 17
	ipprotoICMPv6 = 58
	ipprotoMPTCP  = 262
	ipprotoMax    = 263
)

// socketFamilies are the families that are built in: without modules, which the
// recorded kernels run without, the others are EAFNOSUPPORT.
var socketFamilies = map[int32]func(X, sockKind) (sockKind, uapi.Errno){
	uapi.AF_UNIX:    createUnix,
	uapi.AF_INET:    createInet(inetTypes),
	uapi.AF_INET6:   createInet(inet6Types),
	uapi.AF_NETLINK: createNetlink,
	uapi.AF_PACKET:  createPacket,
	uapi.AF_XDP:     createXDP,
}

// checkSocket decides whether there is such a socket and whether the caller may have
// it (net/socket.c: __sock_create, v6.19).
func (x X) checkSocket(k sockKind) (sockKind, uapi.Errno) {
	if k.family < 0 || k.family >= numFamilies {
		return k, uapi.EAFNOSUPPORT
	}
	if k.typ >= numSockTypes {
		return k, uapi.EINVAL
	}
	if k.family == uapi.AF_INET && k.typ == uapi.SOCK_PACKET {
		k.family = uapi.AF_PACKET
	}
	create := socketFamilies[k.family]
	if create == nil {
		return k, uapi.EAFNOSUPPORT
	}
	return create(x, k)
}

// mayRaw asks for CAP_NET_RAW over the owner of the caller's network namespace.
func (x X) mayRaw() bool {
	return x.NSCapable(x.T, x.Entries[x.netNS()].Owner, uapi.CAP_NET_RAW)
}

// createUnix is unix_create() (net/unix/af_unix.c, v6.19); a raw socket is taken as
// one for datagrams.
func createUnix(_ X, k sockKind) (sockKind, uapi.Errno) {
	if k.proto != 0 && k.proto != uapi.AF_UNIX {
		return k, uapi.EPROTONOSUPPORT
	}
	k.proto = 0
	switch k.typ {
	case uapi.SOCK_RAW:
		k.typ = uapi.SOCK_DGRAM
	case uapi.SOCK_STREAM, uapi.SOCK_DGRAM, uapi.SOCK_SEQPACKET:
	default:
		return k, uapi.ESOCKTNOSUPPORT
	}
	return k, 0
}

// inetTypes and inet6Types list the protocols of a type, its default first. A raw
// socket takes any protocol but 0.
var (
	inetTypes = map[int32][]int32{
		uapi.SOCK_STREAM: {ipprotoTCP, ipprotoMPTCP},
		uapi.SOCK_DGRAM:  {ipprotoUDP, ipprotoICMP},
	}
	inet6Types = map[int32][]int32{
		uapi.SOCK_STREAM: {ipprotoTCP, ipprotoMPTCP},
		uapi.SOCK_DGRAM:  {ipprotoUDP, ipprotoICMPv6},
	}
)

// createInet is inet_create() and inet6_create() (net/ipv4/af_inet.c,
// net/ipv6/af_inet6.c, v6.19). Nobody is in net.ipv4.ping_group_range, so a datagram
// socket for ICMP is EACCES.
func createInet(types map[int32][]int32) func(X, sockKind) (sockKind, uapi.Errno) {
	return func(x X, k sockKind) (sockKind, uapi.Errno) {
		if k.proto < 0 || k.proto >= ipprotoMax {
			return k, uapi.EINVAL
		}
		if k.typ == uapi.SOCK_RAW {
			switch {
			case k.proto == 0:
				return k, uapi.EPROTONOSUPPORT
			case !x.mayRaw():
				return k, uapi.EPERM
			}
			return k, 0
		}
		protos := types[k.typ]
		if protos == nil {
			return k, uapi.ESOCKTNOSUPPORT
		}
		if k.proto == 0 {
			k.proto = protos[0]
		}
		for _, p := range protos {
			switch {
			case p != k.proto:
			case k.typ == uapi.SOCK_DGRAM && p != ipprotoUDP:
				return k, uapi.EACCES
			default:
				return k, 0
			}
		}
		return k, uapi.EPROTONOSUPPORT
	}
}

// netlinkProtocols are those that register themselves without a module: ROUTE,
// USERSOCK, SOCK_DIAG, AUDIT, FIB_LOOKUP, CONNECTOR, KOBJECT_UEVENT, GENERIC.
var netlinkProtocols = [32]bool{0: true, 2: true, 4: true, 9: true, 10: true, 11: true, 15: true, 16: true}

// createNetlink is netlink_create() (net/netlink/af_netlink.c, v6.19).
func createNetlink(_ X, k sockKind) (sockKind, uapi.Errno) {
	if k.typ != uapi.SOCK_RAW && k.typ != uapi.SOCK_DGRAM {
		return k, uapi.ESOCKTNOSUPPORT
	}
	if k.proto < 0 || k.proto >= int32(len(netlinkProtocols)) || !netlinkProtocols[k.proto] {
		return k, uapi.EPROTONOSUPPORT
	}
	return k, 0
}

// createPacket is packet_create() (net/packet/af_packet.c, v6.19): the capability is
// asked for before the type, and any protocol will do.
func createPacket(x X, k sockKind) (sockKind, uapi.Errno) {
	if !x.mayRaw() {
		return k, uapi.EPERM
	}
	switch k.typ {
	case uapi.SOCK_DGRAM, uapi.SOCK_RAW, uapi.SOCK_PACKET:
		return k, 0
	}
	return k, uapi.ESOCKTNOSUPPORT
}

// createXDP is xsk_create() (net/xdp/xsk.c, v6.19).
func createXDP(x X, k sockKind) (sockKind, uapi.Errno) {
	switch {
	case !x.mayRaw():
		return k, uapi.EPERM
	case k.typ != uapi.SOCK_RAW:
		return k, uapi.ESOCKTNOSUPPORT
	case k.proto != 0:
		return k, uapi.EPROTONOSUPPORT
	}
	return k, 0
}
