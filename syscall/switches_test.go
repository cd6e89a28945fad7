// SPDX-License-Identifier: GPL-2.0-only

package syscall_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// switchTest is what a switch is for: a situation, and what is seen in it with the switch
// off and on in the default kernel.
type switchTest struct {
	name          string
	with, without []string // other switches turned on or off in both cases
	see           func(w *world) string
	off, on       string
}

var (
	anyNS   = uapi.NSIDReq{}
	netNSes = uapi.NSIDReq{NSType: uapi.NET_NS}
	utsNSes = uapi.NSIDReq{NSType: uapi.UTS_NS}
)

var switchTests = []switchTest{
	{name: "no-active-count", off: "hidden", on: "listed", see: func(w *world) string {
		_, n, _ := w.deadSocket()
		return w.lists(w.init, netNSes, n)
	}},
	{name: "init-ns-counted", off: "p1 a1", on: "p4 a3", see: func(w *world) string {
		w.unshare(w.fork(w.init), uapi.CLONE_NEWNET)
		return w.counts(w.m.Initial(uapi.UTS_NS))
	}},
	{name: "owner-at-creation", off: "1 1", on: "1 0", see: func(w *world) string {
		user, net := w.setnsRace()
		return w.active(net, user)
	}},
	{name: "first-asserts", with: []string{"failed-setns-drops-active"}, off: "asserted", on: "silent",
		see: (*world).underflow},
	{name: "underflow-unasserted", with: []string{"failed-setns-drops-active"}, off: "asserted", on: "silent",
		see: (*world).underflow},
	{name: "no-cascade-on-put", off: "2", on: "3", see: func(w *world) string {
		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWUSER|uapi.CLONE_NEWNET)
		w.unshare(p, uapi.CLONE_NEWNET) // the first one is given up
		return w.active(w.ns(p, "user"))
	}},
	{name: "cascade-on-every-put", off: "2", on: "1", see: func(w *world) string {
		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWUSER|uapi.CLONE_NEWNET)
		w.ok(w.init.Close(w.open(w.init, p, "net")))
		return w.active(w.ns(p, "user"))
	}},
	{name: "resurrect-one-level", off: "1 1 1", on: "1 1 -1", see: func(w *world) string {
		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWUSER)
		w.mapRoot(p)
		outer := w.ns(p, "user")
		w.unshare(p, uapi.CLONE_NEWUSER|uapi.CLONE_NEWNET)
		inner, net := w.ns(p, "user"), w.ns(p, "net")
		sk := w.send(p, w.init, w.socket(p))
		w.end(w.init, p)
		if _, err := w.init.SIOCGSKNS(sk); err != nil {
			return says(err)
		}
		return w.active(net, inner, outer)
	}},

	{name: "no-unified-tree", off: "ok", on: "ESTALE", see: func(w *world) string {
		return saysFD(w.init.OpenByHandle(uapi.NSFSFileHandle{NSID: w.id(w.m.Initial(uapi.NET_NS))}))
	}},
	{name: "ids-per-cpu", off: "net 7, first 11", on: "net 3, first 10", see: func(w *world) string {
		p := w.fork(w.init)
		net, err := w.init.NSGetID(w.open(w.init, w.init, "net"))
		w.ok(err)
		w.unshare(p, uapi.CLONE_NEWUTS)
		return fmt.Sprintf("net %d, first %d", net, w.id(w.ns(p, "uts")))
	}},
	{name: "owner-list-unsorted", off: "mnt uts", on: "uts mnt", see: func(w *world) string {
		p, q := w.fork(w.init), w.fork(w.init)
		w.stop(p, syscall.Unshare{Flags: uapi.CLONE_NEWNS}, "ns_tree_add")
		w.unshare(q, uapi.CLONE_NEWUTS)
		w.finish(p)
		var order []string
		for ns := w.m.FirstOwned(w.m.InitUserNS()); ns != 0; ns = w.m.Next(2, ns) {
			if ns == w.ns(p, "mnt") || ns == w.ns(q, "uts") {
				order = append(order, w.m.Nodes[ns].NSType().String())
			}
		}
		return strings.Join(order, " ")
	}},
	{name: "init-active-unset", off: "listed", on: "hidden", see: func(w *world) string {
		return w.lists(w.init, netNSes, w.m.Initial(uapi.NET_NS))
	}},
	{name: "duplicate-id", off: "11 12", on: "10 11", see: func(w *world) string {
		p, q := w.fork(w.init), w.fork(w.init) // kdevtmpfs has got 10
		w.unshare(p, uapi.CLONE_NEWUTS)
		w.unshare(q, uapi.CLONE_NEWUTS)
		return fmt.Sprint(w.id(w.ns(p, "uts")), w.id(w.ns(q, "uts")))
	}},
	{name: "clear-next-on-remove", off: "goes on", on: "ends", see: func(w *world) string {
		p, q := w.fork(w.init), w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWUTS)
		w.unshare(q, uapi.CLONE_NEWUTS)
		last := w.id(w.ns(q, "uts"))
		lister := w.fork(w.init)
		if e := w.walk(lister, utsNSes, "ns_get_unless_inactive", 2); e != "" { // stands on p's
			return e
		}
		w.end(w.init, p)
		w.finish(lister)
		if slices.Contains(syscall.Stored(w.m, lister.ID), last) {
			return "goes on"
		}
		return "ends"
	}},
	{name: "unified-but-not-type", off: "listed listed", on: "hidden listed", see: func(w *world) string {
		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWUTS)
		return w.lists(w.init, utsNSes, w.ns(p, "uts")) + " " + w.lists(w.init, anyNS, w.ns(p, "uts"))
	}},

	{name: "no-listns", off: "ok", on: "ENOSYS", see: func(w *world) string {
		_, err := w.init.Listns(anyNS, 8)
		return says(err)
	}},
	{name: "handle-exact", off: "ok", on: "ESTALE", see: func(w *world) string {
		return saysFD(w.init.OpenByHandle(uapi.NSFSFileHandle{NSID: w.id(w.m.Initial(uapi.NET_NS))}))
	}},
	{name: "handle-loose", off: "ESTALE", on: "ok", see: func(w *world) string {
		h := w.handle(w.m.Initial(uapi.NET_NS))
		h.NSInum = 0
		return saysFD(w.init.OpenByHandle(h))
	}},
	{name: "handle-owner-cap", off: "ESTALE", on: "ok", see: func(w *world) string {
		p, left := w.leftBehind()
		return saysFD(p.OpenByHandle(w.handle(left)))
	}},
	{name: "listns-owner-cap", off: "hidden", on: "listed", see: func(w *world) string {
		p, left := w.leftBehind()
		return w.lists(p, utsNSes, left)
	}},
	{name: "iter-owner-cap", off: "EPERM", on: "ENOENT", see: func(w *world) string {
		p := w.fork(w.init)
		fd := w.open(p, p, "mnt")
		w.setuid(p)
		return saysRet(p.Ioctl(fd, uapi.NS_MNT_GET_NEXT, 0))
	}},
	{name: "iter-needs-info", off: "ok", on: "EFAULT", see: func(w *world) string {
		w.unshare(w.fork(w.init), uapi.CLONE_NEWNS)
		fd := w.open(w.init, w.init, "mnt")
		return w.do(w.init, syscall.Ioctl{FD: int32(fd), Cmd: uapi.NS_MNT_GET_NEXT, Null: true})
	}},
	{name: "pid-ioctl-enotty", off: "ESRCH", on: "ENOTTY", see: func(w *world) string {
		return saysRet(w.init.Ioctl(w.open(w.init, w.init, "pid"), uapi.NS_GET_PID_FROM_PIDNS, 30000))
	}},
	{name: "pid-for-children-needs-reaper", off: "ok ok", on: "ENOENT ok", see: func(w *world) string {
		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWPID)
		before := saysFD(p.Open("/proc/self/ns/pid_for_children", uapi.O_RDONLY))
		w.end(p, w.fork(p))
		return before + " " + saysFD(p.Open("/proc/self/ns/pid_for_children", uapi.O_RDONLY))
	}},
	{name: "pidfd-proxy-first", off: "EACCES", on: "ESRCH", see: func(w *world) string {
		p, fd := w.zombie(func(*world, syscall.T) {})
		return saysRet(p.Ioctl(fd, uapi.PIDFD_GET_NET_NAMESPACE, 0))
	}},
	{name: "zombie-dumpable", off: "user ok, net ENOENT, setns ESRCH", on: "user EACCES, net EACCES, setns EPERM",
		see: func(w *world) string {
			p, fd := w.zombie((*world).setuid)
			z := syscall.Task(w.m, w.m.Pid(sim.PidID(w.m.File(w.m.FDGet(w.m.Task(p.ID).Files, int32(fd))).Obj)).Task)
			return fmt.Sprintf("user %s, net %s, setns %s",
				saysFD(p.Open(nsPath(p, z, "user"), uapi.O_RDONLY)),
				saysFD(p.Open(nsPath(p, z, "net"), uapi.O_RDONLY)), says(p.Setns(fd, uapi.CLONE_NEWNET)))
		}},
	{name: "exec-state", off: "p2 a1", on: "p3 a1", see: func(w *world) string {
		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWUSER)
		w.mapRoot(p)
		w.ok(p.Execve("/init"))
		u := w.ns(p, "user")
		p.ExitGroup(0)
		return w.settled(u)
	}},
	{name: "cursor-inactive-ends", off: "listed", on: "ENOENT", see: func(w *world) string {
		_, n, p := w.deadSocket()
		w.unshare(p, uapi.CLONE_NEWUTS)
		return w.lists(w.init, uapi.NSIDReq{NSID: w.id(n) - 1}, w.ns(p, "uts"))
	}},
	{name: "cursor-wraps", off: "ENOENT", on: "listed", see: func(w *world) string {
		return w.lists(w.init, uapi.NSIDReq{NSID: ^uint64(0)}, w.m.Initial(uapi.IPC_NS))
	}},
	{name: "listns-buffered", off: "2 copied", on: "0 copied", see: func(w *world) string {
		// Two entries have been found, and the third is about to be.
		p := w.fork(w.init)
		if e := w.walk(p, anyNS, "ns_get_unless_inactive", 3); e != "" {
			return e
		}
		return fmt.Sprintf("%d copied", len(syscall.Stored(w.m, p.ID)))
	}},
	{name: "listns-get-first", off: "left alone", on: "referenced", see: func(w *world) string {
		p, q := w.fork(w.init), w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWUTS)
		w.setuid(q)
		w.m.Tracing, w.m.Events = true, nil
		w.lists(q, utsNSes, w.ns(p, "uts"))
		for _, e := range w.m.Events {
			if e.NS == w.ns(p, "uts") {
				return "referenced"
			}
		}
		return "left alone"
	}},
	{name: "put-inside-rcu", off: "quiet", on: "put_mnt_ns: sleeps inside an RCU read section", see: func(w *world) string {
		p, q := w.fork(w.init), w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWNS)
		if e := w.walk(q, uapi.NSIDReq{NSType: uapi.MNT_NS}, "rcu_read_lock", 3); e != "" { // stands on p's
			return e
		}
		w.end(w.init, p)
		w.finish(q)
		return w.warnings()
	}},
	{name: "type-cursor-unified", off: "quiet", on: "do_listns: walk on the list of another type", see: func(w *world) string {
		w.lists(w.init, uapi.NSIDReq{NSID: 6, NSType: uapi.MNT_NS}, w.m.Initial(uapi.MNT_NS)) // 7 is a network namespace
		return w.warnings()
	}},
	{name: "no-open-tree-ns", off: "ok", on: "EINVAL", see: func(w *world) string {
		return saysFD(w.init.OpenTree(uapi.AT_FDCWD, "/tmp", uapi.OPEN_TREE_NAMESPACE))
	}},
	{name: "open-tree-ns-partial", without: []string{"no-open-tree-ns"}, off: "EINVAL", on: "ok", see: func(w *world) string {
		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWUSER)
		return saysFD(p.OpenTree(uapi.AT_FDCWD, "/", uapi.OPEN_TREE_NAMESPACE))
	}},
	{name: "no-fsmount-ns", off: "ok", on: "EINVAL", see: func(w *world) string {
		return saysFD(w.init.FSMount(w.fd(w.init.FSOpen("tmpfs", 0)), uapi.FSMOUNT_NAMESPACE))
	}},
	{name: "set-tid-by-level", off: "EINVAL", on: "EEXIST", see: func(w *world) string {
		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWPID)
		w.fork(p)
		return w.setTid(p, 1, 99999)
	}},
	{name: "set-tid-init-first", without: []string{"set-tid-by-level"}, off: "EPERM", on: "EINVAL", see: func(w *world) string {
		p := w.fork(w.init)
		w.setuid(p)
		w.unshare(p, uapi.CLONE_NEWUSER|uapi.CLONE_NEWPID)
		return w.setTid(p, 2, 700)
	}},
	{name: "first-fork-closes-pidns", off: "EFAULT ok", on: "EFAULT ENOMEM", see: func(w *world) string {
		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWPID)
		bad := w.do(p, syscall.Clone{Flags: uapi.CLONE_PIDFD, ExitSignal: uapi.SIGCHLD, BadPidFD: true})
		_, err := p.Fork()
		return bad + " " + says(err)
	}},
	{name: "pidns-dying-innermost", off: "ENOMEM", on: "ok", see: func(w *world) string {
		// T2 has no process yet, T1 around it is dead.
		q := w.clone(w.init, uapi.CLONE_NEWPID)
		w.unshare(q, uapi.CLONE_NEWPID)
		t2, err := w.init.Ioctl(w.pidfd(w.init, q), uapi.PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE, 0)
		w.ok(err)
		w.end(w.init, q)
		w.ok(w.init.Setns(int(t2), 0))
		_, err = w.init.Fork()
		return says(err)
	}},
	{name: "setns-mnt-private-fs", off: "EINVAL", on: "ok", see: func(w *world) string {
		p, fd := w.sharedFS()
		return says(p.Setns(fd, uapi.CLONE_NEWNS|uapi.CLONE_NEWUTS))
	}},
	{name: "setns-mnt-ignores-sharing", off: "EINVAL", on: "ok", see: func(w *world) string {
		p, fd := w.sharedFS()
		return says(p.Setns(fd, uapi.CLONE_NEWNS))
	}},
	{name: "any-exit-signal", off: "EINVAL EINVAL", on: "ok EINVAL", see: func(w *world) string {
		return w.do(w.init, syscall.Clone{ExitSignal: 65}) + " " +
			w.do(w.init, syscall.Clone{ExitSignal: 65, Clone3: true})
	}},
	{name: "no-clone-autoreap", off: "ok ok ok ok ok", on: "EINVAL EINVAL EINVAL EINVAL EINVAL", see: func(w *world) string {
		var out []string
		for _, c := range []syscall.Clone{
			{Flags: uapi.CLONE_AUTOREAP},
			{Flags: uapi.CLONE_NNP, ExitSignal: uapi.SIGCHLD},
			{Flags: uapi.CLONE_PIDFD_AUTOKILL | uapi.CLONE_AUTOREAP | uapi.CLONE_PIDFD},
			{Flags: uapi.CLONE_EMPTY_MNTNS, ExitSignal: uapi.SIGCHLD},
		} {
			c.Clone3 = true
			out = append(out, w.do(w.init, c))
		}
		return strings.Join(append(out, says(w.init.Unshare(uapi.UNSHARE_EMPTY_MNTNS))), " ")
	}},
	{name: "no-anon-id", off: "2", on: "1", see: func(w *world) string {
		w.unshare(w.init, uapi.CLONE_NEWUTS)
		before := w.id(w.ns(w.init, "uts"))
		w.fd(w.init.OpenTree(uapi.AT_FDCWD, "/tmp", uapi.OPEN_TREE_CLONE))
		w.unshare(w.init, uapi.CLONE_NEWUTS)
		return fmt.Sprint(w.id(w.ns(w.init, "uts")) - before)
	}},
	{name: "rcu-head-overlays-id", without: []string{"rcu-head-overlays-id-and-active"},
		off: "both stay", on: "id 0", see: (*world).overlay},
	{name: "rcu-head-overlays-id-and-active", off: "both stay", on: "id 0, active overwritten", see: (*world).overlay},
	{name: "pidfd-get-unconditional", off: "EOPNOTSUPP", on: "ok", see: func(w *world) string {
		// No calls lead here: an nsproxy holds what it points at.
		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWUTS)
		w.m.Entries[w.ns(p, "uts")].Passive = 0
		return saysRet(w.init.Ioctl(w.pidfd(w.init, p), uapi.PIDFD_GET_UTS_NAMESPACE, 0))
	}},
	{name: "put-user-error-wrong-code", off: "EFAULT", on: "EINVAL", see: func(w *world) string {
		return w.do(w.init, syscall.Listns{Buf: syscall.Buf{Room: 1}, NR: 8})
	}},
	{name: "siocgskns-refuses-inactive", off: "ok", on: "EINVAL", see: func(w *world) string {
		sk, _, _ := w.deadSocket()
		return saysFD(w.init.SIOCGSKNS(sk))
	}},
	{name: "list-pinned", off: "hidden ESTALE", on: "listed ok", see: func(w *world) string {
		_, n, _ := w.deadSocket()
		return w.lists(w.init, netNSes, n) + " " + saysFD(w.init.OpenByHandle(w.handle(n)))
	}},
	{name: "dying-flag", off: "listed listed", on: "listed hidden", see: func(w *world) string {
		sk, n, _ := w.deadSocket()
		if _, err := w.init.SIOCGSKNS(sk); err != nil {
			return says(err)
		}
		return w.lists(w.init, netNSes, n) + " " + w.lists(w.init, anyNS, w.m.Entries[n].Owner)
	}},
	{name: "list-all-flag", off: "EINVAL", on: "listed", see: func(w *world) string {
		_, n, _ := w.deadSocket()
		if e := w.do(w.init, syscall.Listns{Buf: syscall.Buf{Room: syscall.Unlimited}, NR: 64, Flags: syscall.ListnsAll}); e != "ok" {
			return e
		}
		if slices.Contains(syscall.Stored(w.m, w.init.ID), w.id(n)) {
			return "listed"
		}
		return "hidden"
	}},
	{name: "failed-setns-drops-active", off: "1", on: "0", see: func(w *world) string {
		return w.active(w.failedSetns())
	}},
	{name: "fork-failure-leaks-active", off: "1", on: "2", see: func(w *world) string {
		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWUSER)
		w.do(p, syscall.Clone{Flags: uapi.CLONE_PIDFD, ExitSignal: uapi.SIGCHLD, BadPidFD: true})
		return w.active(w.ns(p, "user"))
	}},
	{name: "cgroup-added-before-owner", off: "listed quiet", see: func(w *world) string {
		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWCGROUP)
		owned := uapi.NSIDReq{UserNSID: uapi.LISTNS_CURRENT_USER, NSType: uapi.CGROUP_NS}
		return w.lists(w.init, owned, w.ns(p, "cgroup")) + " " + w.warnings()
	}, on: "hidden __ns_tree_add_raw: no owner and not the initial user namespace"},
	{name: "spare2-unchecked", off: "EINVAL", on: "ok", see: func(w *world) string {
		_, err := w.init.Listns(uapi.NSIDReq{Spare2: 1}, 8)
		return says(err)
	}},
	{name: "end-is-enoent", off: "ok", on: "ENOENT", see: func(w *world) string {
		_, err := w.init.Listns(uapi.NSIDReq{NSID: 1000}, 8)
		return says(err)
	}},
	{name: "root-mount-extra", off: "5", on: "6", see: func(w *world) string {
		_, err := w.init.Ioctl(w.open(w.init, w.init, "mnt"), uapi.NS_MNT_GET_INFO, 0)
		w.ok(err)
		return fmt.Sprint(w.m.Task(w.init.ID).Out[syscall.OutMntNrSize] >> 32)
	}},
	{name: "nsfs-dentry-cached", off: "hidden", on: "listed", see: func(w *world) string {
		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWNET)
		n := w.ns(p, "net")
		w.ok(w.init.Close(w.open(w.init, p, "net")))
		w.end(w.init, p)
		return w.lists(w.init, netNSes, n)
	}},
	{name: "ns-link-ignores-exec", off: "waits, then ok", on: "ok", see: func(w *world) string {
		return w.duringExec(func(of syscall.T) syscall.Call {
			return syscall.Open{Path: nsPath(w.init, of, "uts"), Flags: uapi.O_RDONLY}
		})
	}},
	{name: "pidfd-get-ignores-exec", off: "waits, then ok", on: "ok", see: func(w *world) string {
		return w.duringExec(func(of syscall.T) syscall.Call {
			return syscall.Ioctl{FD: int32(w.pidfd(w.init, of)), Cmd: uapi.PIDFD_GET_UTS_NAMESPACE}
		})
	}},
	{name: "exec-closes-late", off: "closed", on: "open", see: func(w *world) string {
		// A close-on-exec descriptor at the moment when the time namespace is entered.
		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWTIME)
		fd := w.fd(p.Open("/proc/self/ns/net", uapi.O_RDONLY|uapi.O_CLOEXEC))
		w.stop(p, syscall.Execve{Path: "/init"}, "exec_task_namespaces")
		if w.m.FDGet(w.m.Task(p.ID).Files, int32(fd)) == 0 {
			return "closed"
		}
		return "open"
	}},
	{name: "unshare-nsproxy-first", without: []string{"unshare-moves-root"}, off: "new root, old mnt", on: "old root, old mnt", see: func(w *world) string {
		p := w.fork(w.init)
		w.stop(p, syscall.Unshare{Flags: uapi.CLONE_NEWNS}, "switch_task_namespaces")
		which := map[bool]string{true: "old", false: "new"}
		initial := w.m.Initial(uapi.MNT_NS)
		return which[w.m.FS(w.m.Task(p.ID).FS).Root == initial] + " root, " + which[w.ns(p, "mnt") == initial] + " mnt"
	}},
	{name: "userns-drops-exec-securebits", off: "0x700", on: "0x0", see: func(w *world) string {
		p := w.fork(w.init)
		_, err := p.Prctl(uapi.PR_SET_SECUREBITS, uapi.SECBIT_EXEC_RESTRICT_FILE|
			uapi.SECBIT_EXEC_RESTRICT_FILE_LOCKED|uapi.SECBIT_EXEC_DENY_INTERACTIVE|uapi.SECBIT_NO_SETUID_FIXUP)
		w.ok(err)
		w.unshare(p, uapi.CLONE_NEWUSER)
		bits, err := p.Prctl(uapi.PR_GET_SECUREBITS)
		w.ok(err)
		return fmt.Sprintf("%#x", bits)
	}},
	{name: "unshare-error-leaks-nsproxy", off: "EAGAIN, uts p1 a1, 0 left", on: "EAGAIN, uts p2 a1, 2 left", see: (*world).uncounted},
	{name: "unshare-error-drops-active", without: []string{"unshare-error-leaks-nsproxy"}, off: "EAGAIN, uts p1 a1, 0 left", on: "EAGAIN, uts p1 a0, 0 left", see: (*world).uncounted},
	{name: "id-map-number-wraps", off: "EINVAL", on: "ok", see: func(w *world) string {
		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWUSER)
		return says(w.init.WriteFile(fmt.Sprintf("/proc/%d/uid_map", p.PidIn(w.init)), "18446744073709551616 0 1"))
	}},
	{name: "proc-pins-cred", off: "p5 a3", on: "p6 a3", see: func(w *world) string {
		p := w.fork(w.init)
		w.unshare(p, uapi.CLONE_NEWUSER)
		w.mapRoot(p)
		w.unshare(p, uapi.CLONE_NEWNS|uapi.CLONE_NEWPID)
		q := w.fork(p)
		w.ok(q.Mount("proc", "/tmp", "proc", 0))
		u := w.ns(p, "user")
		w.end(p, q)
		return w.settled(u)
	}},

	{name: "kdevtmpfs-copies-mounts", with: []string{"root-mount-extra"}, off: "1", on: "2", see: func(w *world) string {
		_, err := w.init.Ioctl(w.open(w.init, w.init, "mnt"), uapi.NS_MNT_GET_NEXT, 0)
		w.ok(err)
		return fmt.Sprint(w.m.Task(w.init.ID).Out[syscall.OutMntNrSize] >> 32)
	}},
	{name: "boot-kdevtmpfs", off: "1 mnt", on: "2 mnt", see: func(w *world) string {
		n := 0
		for ns := w.m.First(uapi.MNT_NS); ns != 0; ns = w.m.Next(1, ns) {
			n++
		}
		return fmt.Sprintf("%d mnt", n)
	}},
	{name: "userns-clone-sysctl", off: "ok EINVAL ok", on: "EPERM EPERM EPERM", see: func(w *world) string {
		p, q := w.fork(w.init), w.fork(w.init)
		w.setuid(p)
		w.setuid(q)
		unknown := says(q.Unshare(uapi.CLONE_NEWUSER | uapi.CLONE_PIDFD))
		_, err := q.Clone(uapi.CLONE_NEWUSER, uapi.SIGCHLD)
		return says(p.Unshare(uapi.CLONE_NEWUSER)) + " " + unknown + " " + says(err)
	}},
}

// deadSocket leaves a network namespace of a user namespace of its own that only a socket
// of init's holds. The third is a task of init's that was there before.
func (w *world) deadSocket() (sk int, net sim.NS, other syscall.T) {
	other = w.fork(w.init)
	p := w.fork(w.init)
	w.unshare(p, uapi.CLONE_NEWUSER|uapi.CLONE_NEWNET)
	net = w.ns(p, "net")
	sk = w.send(p, w.init, w.socket(p))
	w.end(w.init, p)
	return sk, net, other
}

// overlay lets a namespace die on which a listing stands, and says what became of its id
// and active count.
func (w *world) overlay() string {
	p, q := w.fork(w.init), w.fork(w.init)
	w.unshare(p, uapi.CLONE_NEWUTS)
	ns := w.ns(p, "uts")
	if e := w.walk(q, utsNSes, "ns_get_unless_inactive", 2); e != "" { // stands on p's
		return e
	}
	w.end(w.init, p)
	switch {
	case w.id(ns) != 0:
		return "both stay"
	case w.m.Entries[ns].Active == 0:
		return "id 0"
	}
	return "id 0, active overwritten"
}

// setnsRace joins the network namespace of a task that exits and is reaped in the middle
// of the call.
func (w *world) setnsRace() (user, net sim.NS) {
	p, q := w.clone(w.init, uapi.CLONE_NEWUSER|uapi.CLONE_NEWNET), w.fork(w.init)
	user, net = w.ns(p, "user"), w.ns(p, "net")
	w.stop(q, syscall.Setns{FD: int32(w.pidfd(q, p)), Flags: uapi.CLONE_NEWNET}, "point of no return")
	w.end(w.init, p)
	require.Equal(w.t, "ok", w.finish(q))
	return user, net
}

// failedSetns makes a setns fail after it has prepared an nsproxy, and returns the
// caller's own uts namespace.
func (w *world) failedSetns() sim.NS {
	p := w.fork(w.init)
	fd := w.open(p, p, "pid")
	w.unshare(p, uapi.CLONE_NEWUTS)
	inner := w.clone(p, uapi.CLONE_NEWPID)
	fd = w.send(p, inner, fd)
	w.unshare(inner, uapi.CLONE_NEWUTS)
	require.Equal(w.t, uapi.EINVAL, inner.Setns(fd, 0)) // not a descendant of its own
	return w.ns(inner, "uts")
}

func (w *world) underflow() string {
	w.failedSetns()
	for _, k := range []sim.TaskID{w.init.ID + 3, w.init.ID + 2} {
		if w.m.TaskLive(k) && w.m.Task(k).Alive() {
			syscall.Task(w.m, k).ExitGroup(0)
		}
	}
	if strings.Contains(w.warnings(), "__ns_ref_active_put: __ns_ref_active < 0") {
		return "asserted"
	}
	return "silent"
}

// leftBehind makes a root of a user namespace that has left a uts namespace of its own,
// which a descriptor keeps active.
func (w *world) leftBehind() (p syscall.T, uts sim.NS) {
	p = w.fork(w.init)
	w.unshare(p, uapi.CLONE_NEWUSER)
	w.unshare(p, uapi.CLONE_NEWUTS)
	uts = w.ns(p, "uts")
	w.open(p, p, "uts")
	w.unshare(p, uapi.CLONE_NEWUTS)
	return p, uts
}

// zombie makes an ordinary user with a pidfd of a zombie that is not dumpable.
func (w *world) zombie(prepare func(*world, syscall.T)) (p syscall.T, fd int) {
	p = w.fork(w.init)
	z := w.fork(w.init)
	prepare(w, z)
	fd = w.pidfd(p, z)
	z.ExitGroup(0)
	w.setuid(p)
	return p, fd
}

// sharedFS makes a task that shares its file-system context, with a pidfd of one in
// another mount and uts namespace.
func (w *world) sharedFS() (p syscall.T, fd int) {
	q := w.fork(w.init)
	w.unshare(q, uapi.CLONE_NEWNS|uapi.CLONE_NEWUTS)
	p = w.fork(w.init)
	w.clone(p, uapi.CLONE_FS)
	return p, w.pidfd(p, q)
}

// walk starts a listing and stops it before a step for the nth time; it says how the
// listing ended if that never comes.
func (w *world) walk(p syscall.T, req uapi.NSIDReq, step string, n int) string {
	w.t.Helper()
	w.ok(syscall.Start(w.m, p.ID, syscall.Listns{Req: req, Buf: syscall.Buf{Room: syscall.Unlimited}, NR: 64}))
	for ; n > 0; n-- {
		if !syscall.RunUntil(w.m, p.ID, step) {
			_, err := syscall.Result(w.m, p.ID)
			return says(err)
		}
		if n > 1 {
			syscall.Resume(w.m, p.ID)
			syscall.Step(w.m, p.ID)
		}
	}
	return ""
}

func (w *world) setTid(p syscall.T, tids ...int32) string {
	_, _, err := p.Clone3(syscall.Clone{ExitSignal: uapi.SIGCHLD, SetTid: tids})
	return says(err)
}

// duringExec makes a call about a task that is in the middle of an execve.
func (w *world) duringExec(call func(of syscall.T) syscall.Call) string {
	p := w.fork(w.init)
	c := call(p)
	w.stop(p, syscall.Execve{Path: "/init"}, "commit_creds")
	first := w.do(w.init, c)
	if first != syscall.ErrBlocked.Error() {
		return first
	}
	w.finish(p)
	_, err := syscall.Result(w.m, w.init.ID)
	return "waits, then " + says(err)
}

// uncounted makes an unshare fail when it has made everything, and says how its own uts
// namespace does and how many namespaces are left over.
func (w *world) uncounted() string {
	p := w.fork(w.init)
	w.unshare(p, uapi.CLONE_NEWUTS)
	syscall.Settle(w.m)
	before := w.m.Len()
	e := w.do(p, syscall.Failing{Call: syscall.Unshare{Flags: uapi.CLONE_NEWUSER | uapi.CLONE_NEWNET}, At: syscall.FailUCounts})
	uts := w.settled(w.ns(p, "uts"))
	return fmt.Sprintf("%s, uts %s, %d left", e, uts, w.m.Len()-before)
}

// Each switch makes a difference that can be seen.
func TestSwitches(t *testing.T) {
	for _, c := range switchTests {
		t.Run(c.name, func(t *testing.T) {
			require.NotEqual(t, c.off, c.on)
			off := newWorld(t, sim.Config{Bugs: c.with, Off: append([]string{c.name}, c.without...)})
			assert.Equal(t, c.off, c.see(off), "off")
			on := newWorld(t, sim.Config{Bugs: append([]string{c.name}, c.with...), Off: c.without})
			assert.Equal(t, c.on, c.see(on), "on")
		})
	}
}

// inKernels says what the observation of a switch's test is in each profile, where it is
// not that of the switch turned off: "on" is that of the switch turned on.
var inKernels = map[string]string{
	"no-active-count":                 "v6.18 ENOSYS",
	"init-ns-counted":                 "v6.18 p4 a2; rfc-v1 on",
	"owner-at-creation":               "v6.18 0 0; rfc-v1 on",
	"first-asserts":                   "v6.18..rfc-v1 on",
	"underflow-unasserted":            "v6.18..rfc-v1 on",
	"no-cascade-on-put":               "v6.18 0",
	"cascade-on-every-put":            "v6.18 0",
	"resurrect-one-level":             "v6.18 0 0 0; rfc-v1 EINVAL",
	"no-unified-tree":                 "v6.18 on",
	"ids-per-cpu":                     "v6.18 on",
	"init-active-unset":               "v6.18 ENOSYS", // first posting: kdevtmpfs makes it count
	"duplicate-id":                    "v6.18 10 11",
	"clear-next-on-remove":            "v6.18 ENOSYS",
	"unified-but-not-type":            "v6.18 ENOSYS ENOSYS",
	"no-listns":                       "v6.18 on",
	"handle-exact":                    "v6.18 on",
	"handle-loose":                    "rfc-v1 on",
	"handle-owner-cap":                "v6.18..v6.19 on",
	"listns-owner-cap":                "v6.18 ENOSYS; rfc-v1..v6.19 on",
	"iter-owner-cap":                  "v6.18..v6.19 on",
	"iter-needs-info":                 "rfc-v1..v7.3.4 on",
	"pid-ioctl-enotty":                "v6.18..v6.19.9 on",
	"pid-for-children-needs-reaper":   "v6.18..v7.0 on",
	"pidfd-proxy-first":               "v6.18..v7.1 on",
	"zombie-dumpable":                 "v7.0..v7.3.4 on",
	"exec-state":                      "v6.18 p2 a0; v7.2..v7.3.4 on",
	"cursor-inactive-ends":            "v6.18 ENOSYS; rfc-v1..v7.3 on",
	"cursor-wraps":                    "v6.18 ENOSYS; rfc-v1..v7.3 on",
	"listns-buffered":                 "v6.18 ENOSYS; rfc-v1 on",
	"listns-get-first":                "v6.19..v7.1 on",
	"put-inside-rcu":                  "v6.18 ENOSYS; rfc-v1 ok", // first posting: nothing is held
	"type-cursor-unified":             "rfc-v1 on",
	"no-open-tree-ns":                 "v6.18..v6.19.9 on",
	"open-tree-ns-partial":            "v7.0..v7.1 on",
	"no-fsmount-ns":                   "v6.18..v7.0 on",
	"set-tid-by-level":                "v6.18..v6.19.9 on",
	"set-tid-init-first":              "v6.18..v7.0 on",
	"first-fork-closes-pidns":         "v6.18..v7.0 on",
	"pidns-dying-innermost":           "v6.18..v7.0 on",
	"setns-mnt-private-fs":            "v6.18..v7.3 on",
	"any-exit-signal":                 "v6.18..v7.0 on",
	"no-clone-autoreap":               "v6.18..v7.0 on",
	"no-anon-id":                      "v6.18 on",
	"rcu-head-overlays-id":            "v6.18 ENOSYS; rfc-v1 on; v6.19..v7.2 id 0, active overwritten",
	"rcu-head-overlays-id-and-active": "v6.18 ENOSYS; rfc-v1 id 0; v6.19..v7.2 on",
	"pidfd-get-unconditional":         "v6.18 on",
	"put-user-error-wrong-code":       "v6.18 ENOSYS",
	"siocgskns-refuses-inactive":      "rfc-v1 on",
	"list-pinned":                     "v6.18 ENOSYS ok",
	"dying-flag":                      "v6.18 ENOSYS ENOSYS; rfc-v1 EINVAL",
	"list-all-flag":                   "v6.18 ENOSYS",
	"failed-setns-drops-active":       "v6.18 0",
	"fork-failure-leaks-active":       "v6.18 0",
	"cgroup-added-before-owner":       "v6.18 ENOSYS quiet",
	"spare2-unchecked":                "v6.18 ENOSYS; rfc-v1..v7.3.4 on",
	"end-is-enoent":                   "v6.18 ENOSYS; rfc-v1..v7.3.4 on",
	"root-mount-extra":                "v7.0..v7.3.4 on",
	"nsfs-dentry-cached":              "v6.18 ENOSYS",
	"ns-link-ignores-exec":            "v6.18..v7.0 on",
	"pidfd-get-ignores-exec":          "v6.18..v7.1 on",
	"exec-closes-late":                "v6.18..v7.1 on",
	"unshare-nsproxy-first":           "v7.0..v7.2 on", // before, the root moves earlier still
	"userns-drops-exec-securebits":    "v6.18..v7.3 on",
	"unshare-error-leaks-nsproxy":     "v6.18 EAGAIN, uts p2 a0, 2 left; rfc-v1..v6.19.9 on; v7.0..v7.1 EAGAIN, uts p1 a0, 0 left",
	"unshare-error-drops-active":      "v6.18 EAGAIN, uts p2 a0, 2 left; rfc-v1..v6.19.9 EAGAIN, uts p2 a1, 2 left; v7.0..v7.1 on",
	"id-map-number-wraps":             "v6.18..v7.1 on",
	"boot-kdevtmpfs":                  "v6.18..v7.3.4 on",
	"kdevtmpfs-copies-mounts":         "v6.18..v7.2 on",
	"proc-pins-cred":                  "v6.18 p5 a0; v7.2..v7.3.4 on",
}

// kernelsOf spells a span of profiles out.
func kernelsOf(t *testing.T, span string) []string {
	var names []string
	for _, p := range sim.Profiles() {
		names = append(names, p.Name)
	}
	from, to, ok := strings.Cut(span, "..")
	if !ok {
		to = from
	}
	i, j := slices.Index(names, from), slices.Index(names, to)
	require.True(t, i >= 0 && j >= i, span)
	return names[i : j+1]
}

// Each kernel shows what the table says.
func TestSwitchesInKernels(t *testing.T) {
	for _, c := range switchTests {
		want := map[string]string{}
		for _, part := range strings.Split(inKernels[c.name], "; ") {
			span, value, ok := strings.Cut(part, " ")
			if !ok {
				continue
			}
			if value == "on" {
				value = c.on
			}
			for _, k := range kernelsOf(t, span) {
				require.Empty(t, want[k], "%s is twice in the table of %s", k, c.name)
				want[k] = value
			}
		}
		for _, p := range sim.Profiles() {
			t.Run(c.name+"/"+p.Name, func(t *testing.T) {
				w, ok := want[p.Name]
				if !ok {
					w = c.off
				}
				assert.Equal(t, w, c.see(newWorld(t, sim.Config{Kernel: p.Name, Bugs: c.with})))
			})
		}
	}
}

// Every switch that there is has its test.
func TestSwitchesAreTested(t *testing.T) {
	var tested []string
	for _, c := range switchTests {
		tested = append(tested, c.name)
	}
	want := 0
	for _, s := range sim.Switches() {
		assert.NotEmpty(t, s.Doc, s.Name)
		if s.Layer == sim.LayerFault {
			continue // package bugs has a program for each
		}
		assert.Contains(t, tested, s.Name)
		want++
	}
	assert.Len(t, tested, want)
	for name := range inKernels {
		assert.Contains(t, tested, name)
	}
}
