// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/nssim/nssim/syscall/uapi"
)

// randomInputs is how many random texts, and how many random sets of arguments, the two
// tests of this file try: few, or what NSSIM_INPUTS says (make million).
func randomInputs(few int) int {
	if n, err := strconv.Atoi(os.Getenv("NSSIM_INPUTS")); err == nil {
		return n
	}
	return few
}

// inParallel splits n inputs among the processors. Each part has a source of its own.
func inParallel(n int, part func(seed uint64, n int)) {
	var wg sync.WaitGroup
	parts := runtime.GOMAXPROCS(0)
	for i := range parts {
		wg.Go(func() { part(uint64(i), n/parts+b2i(i < n%parts)) })
	}
	wg.Wait()
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestRandomTexts: no text makes Parse panic. Some are pieces of programs with damage, some
// tokens in any order, some any bytes.
func TestRandomTexts(t *testing.T) {
	var pieces []string
	for _, src := range append(docPrograms(t), grammarSeeds...) {
		pieces = append(pieces, strings.SplitAfter(src, "\n")...)
	}
	for _, test := range selftests(t)[:20] {
		for i := range test.Program.Lines[:min(20, len(test.Program.Lines))] {
			pieces = append(pieces, test.Program.Lines[i].String()+"\n")
		}
	}
	n, sound := randomInputs(1500), 0
	var mu sync.Mutex
	inParallel(n, func(seed uint64, n int) {
		w := wildText{rand.New(rand.NewPCG(seed, 2)), pieces}
		good := 0
		for range n {
			src := w.text()
			func() {
				defer func() {
					if e := recover(); e != nil {
						panic(fmt.Sprintf("%v\nof the text %q", e, src))
					}
				}()
				if checkText(t, src) != nil {
					good++
				}
			}()
		}
		mu.Lock()
		defer mu.Unlock()
		sound += good
	})
	t.Logf("%d texts, of which %d are programs", n, sound)
	assert.Greater(t, sound, n/100)
	assert.Less(t, sound, n*9/10)
}

type wildText struct {
	*rand.Rand
	pieces []string
}

const someTokens = "init: t1 fork( ) = == != <= >> & | ~ - + , { } [ ] ? skip if for in .. macro $x $TASK $( \" \\ # config " +
	"kernel=v6.19 settle until <unfinished ...> <... resumed> -EPERM 0 0x 1e9 18446744073709551616 _ &ids not and or has lacks CLONE_NEWUSER é \x00"

func (w wildText) text() []byte {
	var b []byte
	switch w.IntN(8) {
	case 0: // any bytes
		for range w.IntN(60) {
			b = append(b, byte(w.Uint32()))
		}
		return b
	case 1: // tokens
		tokens := strings.Split(someTokens, " ")
		for range w.IntN(20) {
			b = append(append(b, tokens[w.IntN(len(tokens))]...), " \n"[w.IntN(10)/9])
		}
		return b
	}
	at, together := w.IntN(len(w.pieces)), w.IntN(2) == 0
	for range 1 + w.IntN(5) {
		b = append(b, w.pieces[at]...)
		if at++; !together || at == len(w.pieces) {
			at = w.IntN(len(w.pieces))
		}
	}
	for range w.IntN(4) {
		if len(b) == 0 {
			break
		}
		at := w.IntN(len(b))
		to := min(len(b), at+w.IntN(12))
		switch w.IntN(4) {
		case 0:
			b[at] = byte(w.Uint32())
		case 1:
			b = slices.Delete(b, at, to)
		case 2:
			b = slices.Insert(b, at, b[at:to]...)
		default:
			other := w.pieces[w.IntN(len(w.pieces))]
			b = slices.Insert(b, at, []byte(other[:w.IntN(len(other)+1)])...)
		}
	}
	return b
}

// argKinds is what the arguments of each call are, so that random ones get past the
// runner: flags, a number, a descriptor, a pid, a path, text, a structure, an output (in
// brackets if it may be left out), outputs, memory, a list, the name of a task.
var argKinds = map[string]string{
	"fork": "", "vfork": "", "clone": "flags", "clone3": "struct", "unshare": "flags", "setns": "fd flags",
	"exit_group": "num", "exit": "num", "wait4": "pid [out] [flags]", "waitid": "few pid [out] [flags]", "execve": "path",
	"kill": "pid sig", "tgkill": "pid pid sig", "pidfd_send_signal": "fd sig", "signal": "sig handler", "pause": "",
	"prctl": "few [num] [num] [num] [num]", "getpid": "", "gettid": "", "getppid": "", "setsid": "",
	"open": "path mode [num]", "openat": "fd path mode [num]", "close": "fd", "dup": "fd", "dup2": "fd fd",
	"dup3": "fd fd flags", "fcntl": "fd few [num]", "read": "fd few", "write": "file text", "readlink": "path out",
	"stat": "path out", "lstat": "path out", "fstat": "fd out", "access": "path few", "mkdir": "path [num]",
	"unlink": "path", "rmdir": "path", "chdir": "path", "chroot": "path", "ioctl": "fd cmd [memory]",
	"name_to_handle_at": "fd path out [out] [at]", "open_by_handle_at": "root struct mode",
	"socket": "family type proto", "socketpair": "family type proto outs", "pipe": "outs", "getsockopt": "fd level opt out",
	"sendmsg": "fd struct", "recvmsg": "fd struct", "sendfd": "task fd", "pidfd_open": "pid [flags]", "pidfd_getfd": "fd fd",
	"mount": "path path text mount", "umount2": "path few", "open_tree": "fd path tree", "fsopen": "text",
	"fsmount": "fd few", "move_mount": "fd path", "inotify_init": "", "inotify_add_watch": "fd path flags",
	"inotify_rm_watch": "fd few", "setuid": "num", "setgid": "num", "setreuid": "num num", "setregid": "num num",
	"setresuid": "num num num", "setresgid": "num num num", "setfsuid": "num", "setfsgid": "num", "setgroups": "list",
	"getuid": "", "geteuid": "", "getgid": "", "getegid": "", "capset": "struct", "capget": "out",
	"mmap": "page page", "munmap": "page page", "listns": "struct memory few", "pages": "struct few", "walk": "struct",
}

// wildSets are values that mean something for a kind of argument; half of the arguments of
// the kind are among them.
var wildSets = map[string][]uint64{
	"sig":    {0, uapi.SIGTERM, uapi.SIGKILL, uapi.SIGCHLD, 64},
	"family": {uapi.AF_UNIX, uapi.AF_UNIX, uapi.AF_INET, uapi.AF_INET6, uapi.AF_NETLINK, uapi.AF_PACKET},
	"type":   {uapi.SOCK_STREAM, uapi.SOCK_DGRAM, uapi.SOCK_SEQPACKET, uapi.SOCK_DGRAM | uapi.SOCK_CLOEXEC},
	"proto":  {0},
	"level":  {uapi.SOL_SOCKET},
	"opt":    {uapi.SO_NETNS_COOKIE, uapi.SO_TYPE},
	"mode":   {uapi.O_RDONLY, uapi.O_RDWR, uapi.O_PATH, uapi.O_RDONLY | uapi.O_CLOEXEC, uapi.O_CREAT | uapi.O_RDWR},
	"few":    {0, 1, 2, 3, 4, 5, 8, 36, 64},
	"page":   {0, 4096, 8192, 65536},
	"tree":   {0, uapi.OPEN_TREE_CLONE, uapi.OPEN_TREE_NAMESPACE, uapi.OPEN_TREE_CLONE | uapi.AT_RECURSIVE},
	"mount":  {0, uapi.MS_BIND, uapi.MS_BIND | uapi.MS_REC, uapi.MS_PRIVATE | uapi.MS_REC},
	"at":     {0, uapi.AT_EMPTY_PATH, uapi.AT_SYMLINK_FOLLOW},
	"root":   {1<<64 - 10003, 1<<64 - 100},
	"size":   {32, 40, 64},
	"ids":    {0, 1, 3, 4, 7, 8, 10, 11, 12, 13, 1<<64 - 1},
}

// rareFields are fields that most calls leave out, lest nothing succeeds.
const rareFields = " size spare spare2 tail handle_bytes handle_type ns_inum stack stack_size cgroup tls set_tid exit_signal "

// wildProgram makes lines for a machine, one after the other.
type wildProgram struct {
	*rand.Rand
	r     *Runner
	names int
}

// TestRandomArguments: whatever the arguments of a call are, it ends in a value, an errno or
// an error of the program's, and no property is broken. Every call gets its share.
func TestRandomArguments(t *testing.T) {
	for i := range Calls {
		require.Contains(t, argKinds, Calls[i].Name)
	}
	n := randomInputs(5000)
	made := make(map[string]int) // the call was made
	failed := make(map[string]int)
	total := 0
	var mu sync.Mutex
	inParallel(n, func(seed uint64, n int) {
		w := &wildProgram{Rand: rand.New(rand.NewPCG(seed, 3))}
		var c check.Checker
		profiles := sim.Profiles()
		for done := 0; done < n && !t.Failed(); {
			kernel := profiles[w.IntN(len(profiles))].Name
			w.r = NewRunnerOn(&Program{Name: "random"}, sim.MustNew(sim.Config{Kernel: kernel}))
			for range 80 {
				if done == n || !w.line() {
					break
				}
				l := &w.r.p.Lines[len(w.r.p.Lines)-1]
				if !w.run(l) {
					continue // the program's own mistake
				}
				done++
				mu.Lock()
				made[l.Call.Name]++
				failed[l.Call.Name] += b2i(w.r.obs.Errno != 0)
				total++
				mu.Unlock()
				if f := broken(&c, w.r.m); f != "" {
					t.Errorf("%s\nafter\n%s", f, Format(w.r.p))
					break
				}
			}
		}
	})
	if t.Failed() {
		return
	}
	require.Equal(t, n, total)
	for i := range Calls {
		name := Calls[i].Name
		assert.Greater(t, made[name], n/len(Calls)/4, name)
	}
	t.Logf("%d sets of arguments; of each call made (and failed):", total)
	for i := range Calls {
		t.Logf("  %-18s %6d %6d", Calls[i].Name, made[Calls[i].Name], failed[Calls[i].Name])
	}
}

// broken says which property a machine breaks. The counts of the kernels before active
// counts are not looked at.
func broken(c *check.Checker, m *sim.Machine) string {
	old := m.Cfg.Kernel == "v6.18" || m.Cfg.Kernel == "rfc-v1"
	for _, f := range c.Check(m, check.Quiescent) {
		if !old || f.Property == "trees" {
			return m.Cfg.Kernel + ": " + f.String()
		}
	}
	return ""
}

// run makes a line's call and reports whether it came to that.
func (w *wildProgram) run(l *Line) bool {
	defer func() {
		if e := recover(); e != nil {
			panic(fmt.Sprintf("%v\nafter\n%s", e, Format(w.r.p)))
		}
	}()
	w.r.obs.Status = NoCall
	return w.r.goOn() != BadProgram || w.r.obs.Status != NoCall
}

// line appends a line: any call, by any task that can make one. It returns false when
// there is none.
func (w *wildProgram) line() bool {
	var tasks []string
	for i := range w.r.names {
		n := &w.r.names[i]
		if n.v.Kind != TaskValue {
			continue
		}
		if t := w.r.task(n.v.ref); t != 0 && w.r.m.Task(t).Alive() && w.r.m.Task(t).Top == 0 {
			tasks = append(tasks, n.name)
		}
	}
	if len(tasks) == 0 {
		return false
	}
	sig := &Calls[w.IntN(len(Calls))]
	l := Line{Kind: Call, Task: tasks[w.IntN(len(tasks))], Call: Syscall{Name: sig.Name}}
	for i, kind := range strings.Fields(argKinds[sig.Name]) {
		if kind[0] == '[' && w.IntN(2) == 0 {
			break
		}
		x := w.arg(strings.Trim(kind, "[]"), sig, tasks)
		if !slices.Contains(sig.Outs, i) && hasOut(x) {
			x = w.number()
		}
		l.Call.Args = append(l.Call.Args, x)
	}
	switch {
	case sig.Binds == BindsNothing:
	case sig.Binds == BindsTask, sig.Binds == BindsFD && w.IntN(3) > 0:
		l.Results = []Result{{Kind: Value, X: &Name{Name: w.newName()}}}
	default:
		l.Results = []Result{{Kind: Any}}
	}
	w.r.p.Lines = append(w.r.p.Lines, l)
	return true
}

func hasOut(x Expr) (found bool) {
	Walk(x, func(x Expr) bool {
		switch x.(type) {
		case *Out, *Blank:
			found = true
		}
		return true
	})
	return found
}

func (w *wildProgram) newName() string {
	w.names++
	return fmt.Sprintf("n%d", w.names)
}

var (
	wildConstants = uapi.Constants()
	wildCmds      = ioctlCmds()
)

// ioctlCmds is the commands that some file knows.
func ioctlCmds() (cmds []uint64) {
	for _, c := range wildConstants {
		for _, prefix := range []string{"NS_GET_", "NS_MNT_GET_", "PIDFD_GET_", "SIOCGSKNS"} {
			if strings.HasPrefix(c.Name, prefix) {
				cmds = append(cmds, c.Value)
			}
		}
	}
	return cmds
}

// number is small, a bit or some, a constant, or anything.
func (w *wildProgram) number() Expr {
	v := w.Uint64()
	switch w.IntN(8) {
	case 0, 1:
		v = w.Uint64N(16)
	case 2:
		v = -w.Uint64N(16)
	case 3:
		v = 1 << w.IntN(64)
	case 4:
		v = 0
		for range 3 {
			v |= 1 << w.IntN(64)
		}
	case 5:
		v >>= w.IntN(64)
	case 6:
		return &Num{Value: wildConstants[w.IntN(len(wildConstants))].Value}
	}
	return &Num{Value: v, Base: 16}
}

// flags is some bits that mean something to some call, seldom anything.
func (w *wildProgram) flags() Expr {
	switch w.IntN(6) {
	case 0:
		return w.number()
	case 1:
		return &Num{}
	}
	types := uapi.NSTypes()
	v := uint64(0)
	for range 1 + w.IntN(3) {
		v |= uint64(types[w.IntN(len(types))])
		if w.IntN(4) == 0 {
			v |= 1 << w.IntN(40)
		}
	}
	if w.IntN(2) == 0 {
		v = 1 << w.IntN(24)
	}
	return &Num{Value: v, Base: 16}
}

var wildPaths = []string{
	"/", "/tmp", "/tmp/a", "/proc/self/ns/net", "/proc/self/ns/uts", "/proc/self/ns/pid", "/proc/2/ns/mnt", "/proc/3/ns/user", "/tmp/b", "/tmp/a/b", "/dev/null", "/proc", "/proc/self/ns/net", "/proc/self/ns/user", "/proc/self/ns/mnt",
	"/proc/1/ns/uts", "/proc/2/ns/pid", "/proc/3/ns/pid_for_children", "/proc/self/uid_map", "/proc/self/gid_map",
	"/proc/self/setgroups", "/proc/self/mountinfo", "/proc/self/ns", "/proc/self/fd/3", "/sys/fs/cgroup", "/proc/net/unix",
	"/bin/true", "/init", "", ".", "..", "tmp", "/proc/self/../../tmp", "/proc/thread-self/ns/time", "/proc/99999999999999999999/ns",
}

var wildTexts = []string{"tmpfs", "proc", "mqueue", "sysfs", "cgroup2", "0 0 1", "0 1000 1", "0 0 4294967295", "deny", "allow", "", "\x00", "0 18446744073709551616 1"}

func (w *wildProgram) str(from []string) Expr {
	if w.IntN(10) > 0 {
		s := from[w.IntN(len(from))]
		return &Str{Parts: []Part{{Text: s}}}
	}
	var b []byte
	for range w.IntN(300) {
		b = append(b, "/.\x00a0\xff"[w.IntN(6)])
	}
	return &Str{Parts: []Part{{Text: string(b)}}}
}

// named is a name of a kind that the program has bound, or a number.
func (w *wildProgram) named(kind ValueKind) Expr {
	for range 4 {
		if n := &w.r.names[w.IntN(len(w.r.names))]; n.v.Kind == kind && w.IntN(5) > 0 {
			return &Name{Name: n.name}
		}
	}
	if w.IntN(3) > 0 {
		return &Num{Value: w.Uint64N(12)}
	}
	return w.number()
}

func (w *wildProgram) out() Expr {
	if w.IntN(2) == 0 {
		return &Blank{}
	}
	return &Out{Name: w.newName()}
}

// arg makes an argument of a kind.
func (w *wildProgram) arg(kind string, sig *Signature, tasks []string) Expr {
	if set := wildSets[kind]; set != nil {
		if w.IntN(2) == 0 {
			return w.number()
		}
		return &Num{Value: set[w.IntN(len(set))], Base: 16}
	}
	switch kind {
	case "num":
		return w.number()
	case "handler":
		name := []string{"SIG_DFL", "SIG_IGN"}[w.IntN(2)]
		return &Const{Name: name, Value: uint64(b2i(name == "SIG_IGN"))}
	case "flags":
		return w.flags()
	case "cmd":
		if w.IntN(4) == 0 {
			return w.number()
		}
		return &Num{Value: wildCmds[w.IntN(len(wildCmds))], Base: 16}
	case "fd":
		return w.named(Descriptor)
	case "pid":
		return w.named(TaskValue)
	case "task":
		return &Name{Name: tasks[w.IntN(len(tasks))]}
	case "path":
		return w.str(wildPaths)
	case "text":
		return w.str(wildTexts)
	case "file":
		if w.IntN(2) == 0 {
			return w.str(wildPaths)
		}
		return w.named(Descriptor)
	case "out":
		return w.out()
	case "outs":
		return &List{Elems: []Expr{w.out(), w.out()}}
	case "memory":
		switch w.IntN(4) {
		case 0:
			return w.number()
		case 1:
			return &CallExpr{Func: "room", Args: []Expr{&Num{Value: w.Uint64N(6)}}}
		case 2:
			return &CallExpr{Func: "kernel"}
		}
		return w.out()
	case "list":
		return &List{Elems: w.numbers()}
	}
	s := &Struct{}
	for _, name := range sig.Fields {
		rare := strings.Contains(rareFields, " "+name+" ")
		if rare && w.IntN(8) == 0 || !rare && w.IntN(3) > 0 {
			s.Fields = append(s.Fields, FieldValue{Name: name, X: w.field(name)})
		}
	}
	return s
}

func (w *wildProgram) numbers() (xs []Expr) {
	for range w.IntN(10) {
		xs = append(xs, w.number())
	}
	return xs
}

func (w *wildProgram) field(name string) Expr {
	switch name {
	case "pidfd":
		if w.IntN(3) > 0 {
			return w.out()
		}
	case "set_tid":
		return &List{Elems: w.numbers()}
	case "fds":
		var xs []Expr
		for range w.IntN(4) {
			xs = append(xs, w.named(Descriptor))
		}
		return &List{Elems: xs}
	case "tail":
		return w.str([]string{"00", "0000000000000000", "ff", "", "x"})
	case "flags", "ns_type":
		return w.flags()
	case "ns_id", "user_ns_id":
		return w.arg("ids", nil, nil)
	case "size":
		return w.arg("size", nil, nil)
	case "exit_signal":
		if w.IntN(2) == 0 {
			return &Num{Value: uapi.SIGCHLD}
		}
	}
	if w.IntN(3) == 0 {
		return &Num{Value: w.Uint64N(40)}
	}
	return w.number()
}
