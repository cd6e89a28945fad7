// SPDX-License-Identifier: GPL-2.0-only

package uapi

// Address families (include/linux/socket.h).
const (
	AF_UNSPEC     = 0
	AF_UNIX       = 1
	AF_INET       = 2
	AF_BRIDGE     = 7
	AF_INET6      = 10
	AF_KEY        = 15
	AF_NETLINK    = 16
	AF_PACKET     = 17
	AF_RDS        = 21
	AF_PPPOX      = 24
	AF_LLC        = 26
	AF_MPLS       = 28
	AF_CAN        = 29
	AF_TIPC       = 30
	AF_BLUETOOTH  = 31
	AF_RXRPC      = 33
	AF_IEEE802154 = 36
	AF_ALG        = 38
	AF_NFC        = 39
	AF_VSOCK      = 40
	AF_KCM        = 41
	AF_QIPCRTR    = 42
	AF_SMC        = 43
	AF_XDP        = 44
	AF_MCTP       = 45
)

var addressFamilies = []Constant{
	{"AF_UNSPEC", AF_UNSPEC},
	{"AF_UNIX", AF_UNIX},
	{"AF_INET", AF_INET},
	{"AF_BRIDGE", AF_BRIDGE},
	{"AF_INET6", AF_INET6},
	{"AF_KEY", AF_KEY},
	{"AF_NETLINK", AF_NETLINK},
	{"AF_PACKET", AF_PACKET},
	{"AF_RDS", AF_RDS},
	{"AF_PPPOX", AF_PPPOX},
	{"AF_LLC", AF_LLC},
	{"AF_MPLS", AF_MPLS},
	{"AF_CAN", AF_CAN},
	{"AF_TIPC", AF_TIPC},
	{"AF_BLUETOOTH", AF_BLUETOOTH},
	{"AF_RXRPC", AF_RXRPC},
	{"AF_IEEE802154", AF_IEEE802154},
	{"AF_ALG", AF_ALG},
	{"AF_NFC", AF_NFC},
	{"AF_VSOCK", AF_VSOCK},
	{"AF_KCM", AF_KCM},
	{"AF_QIPCRTR", AF_QIPCRTR},
	{"AF_SMC", AF_SMC},
	{"AF_XDP", AF_XDP},
	{"AF_MCTP", AF_MCTP},
}

// Second spellings.
const (
	AF_LOCAL = AF_UNIX
	AF_ROUTE = AF_NETLINK
)

var addressFamilyAliases = []Constant{
	{"AF_LOCAL", AF_LOCAL},
	{"AF_ROUTE", AF_ROUTE},
}

// Socket types, the values of the bits SOCK_TYPE_MASK (include/linux/net.h).
const (
	SOCK_STREAM    = 1
	SOCK_DGRAM     = 2
	SOCK_RAW       = 3
	SOCK_RDM       = 4
	SOCK_SEQPACKET = 5
	SOCK_DCCP      = 6
	SOCK_PACKET    = 10
)

var socketTypes = []Constant{
	{"SOCK_STREAM", SOCK_STREAM},
	{"SOCK_DGRAM", SOCK_DGRAM},
	{"SOCK_RAW", SOCK_RAW},
	{"SOCK_RDM", SOCK_RDM},
	{"SOCK_SEQPACKET", SOCK_SEQPACKET},
	{"SOCK_DCCP", SOCK_DCCP},
	{"SOCK_PACKET", SOCK_PACKET},
}

// Flags that socket, socketpair and accept4 take along with the type.
const (
	SOCK_NONBLOCK = O_NONBLOCK
	SOCK_CLOEXEC  = O_CLOEXEC
)

var socketFlags = []Constant{
	{"SOCK_NONBLOCK", SOCK_NONBLOCK},
	{"SOCK_CLOEXEC", SOCK_CLOEXEC},
}

// SOCK_TYPE_MASK separates the type from the flags.
const (
	SOCK_TYPE_MASK = 0xf
)

var socketTypeMask = []Constant{
	{"SOCK_TYPE_MASK", SOCK_TYPE_MASK},
}

// Protocols of AF_NETLINK that every kernel with networking has or that namespace tests use.
const (
	NETLINK_ROUTE          = 0
	NETLINK_SOCK_DIAG      = 4
	NETLINK_NETFILTER      = 12
	NETLINK_KOBJECT_UEVENT = 15
	NETLINK_GENERIC        = 16
)

var netlinkProtocols = []Constant{
	{"NETLINK_ROUTE", NETLINK_ROUTE},
	{"NETLINK_SOCK_DIAG", NETLINK_SOCK_DIAG},
	{"NETLINK_NETFILTER", NETLINK_NETFILTER},
	{"NETLINK_KOBJECT_UEVENT", NETLINK_KOBJECT_UEVENT},
	{"NETLINK_GENERIC", NETLINK_GENERIC},
}

// Protocols of AF_INET and AF_INET6 (include/uapi/linux/in.h).
const (
	IPPROTO_IP   = 0
	IPPROTO_ICMP = 1
	IPPROTO_TCP  = 6
	IPPROTO_UDP  = 17
)

var inetProtocols = []Constant{
	{"IPPROTO_IP", IPPROTO_IP},
	{"IPPROTO_ICMP", IPPROTO_ICMP},
	{"IPPROTO_TCP", IPPROTO_TCP},
	{"IPPROTO_UDP", IPPROTO_UDP},
}

// SOL_SOCKET is the level of the options below.
const (
	SOL_SOCKET = 1
)

var sockoptLevels = []Constant{
	{"SOL_SOCKET", SOL_SOCKET},
}

// Options at level SOL_SOCKET (include/uapi/asm-generic/socket.h).
const (
	SO_TYPE         = 3
	SO_ERROR        = 4
	SO_PASSCRED     = 16
	SO_PEERCRED     = 17
	SO_PROTOCOL     = 38
	SO_DOMAIN       = 39
	SO_COOKIE       = 57
	SO_NETNS_COOKIE = 71
	SO_PASSPIDFD    = 76
	SO_PEERPIDFD    = 77
	SO_PASSRIGHTS   = 83
)

var sockopts = []Constant{
	{"SO_TYPE", SO_TYPE},
	{"SO_ERROR", SO_ERROR},
	{"SO_PASSCRED", SO_PASSCRED},
	{"SO_PEERCRED", SO_PEERCRED},
	{"SO_PROTOCOL", SO_PROTOCOL},
	{"SO_DOMAIN", SO_DOMAIN},
	{"SO_COOKIE", SO_COOKIE},
	{"SO_NETNS_COOKIE", SO_NETNS_COOKIE},
	{"SO_PASSPIDFD", SO_PASSPIDFD},
	{"SO_PEERPIDFD", SO_PEERPIDFD},
	{"SO_PASSRIGHTS", SO_PASSRIGHTS},
}

// Types of control message at level SOL_SOCKET.
const (
	SCM_RIGHTS      = 1
	SCM_CREDENTIALS = 2
	SCM_SECURITY    = 3
	SCM_PIDFD       = 4
)

var scmTypes = []Constant{
	{"SCM_RIGHTS", SCM_RIGHTS},
	{"SCM_CREDENTIALS", SCM_CREDENTIALS},
	{"SCM_SECURITY", SCM_SECURITY},
	{"SCM_PIDFD", SCM_PIDFD},
}

// Flags of sendmsg and recvmsg.
const (
	MSG_OOB          = 0x1
	MSG_PEEK         = 0x2
	MSG_DONTROUTE    = 0x4
	MSG_CTRUNC       = 0x8
	MSG_TRUNC        = 0x20
	MSG_DONTWAIT     = 0x40
	MSG_EOR          = 0x80
	MSG_WAITALL      = 0x100
	MSG_ERRQUEUE     = 0x2000
	MSG_NOSIGNAL     = 0x4000
	MSG_MORE         = 0x8000
	MSG_CMSG_CLOEXEC = 0x40000000
)

var msgFlags = []Constant{
	{"MSG_OOB", MSG_OOB},
	{"MSG_PEEK", MSG_PEEK},
	{"MSG_DONTROUTE", MSG_DONTROUTE},
	{"MSG_CTRUNC", MSG_CTRUNC},
	{"MSG_TRUNC", MSG_TRUNC},
	{"MSG_DONTWAIT", MSG_DONTWAIT},
	{"MSG_EOR", MSG_EOR},
	{"MSG_WAITALL", MSG_WAITALL},
	{"MSG_ERRQUEUE", MSG_ERRQUEUE},
	{"MSG_NOSIGNAL", MSG_NOSIGNAL},
	{"MSG_MORE", MSG_MORE},
	{"MSG_CMSG_CLOEXEC", MSG_CMSG_CLOEXEC},
}
