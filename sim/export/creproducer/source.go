// SPDX-License-Identifier: GPL-2.0-only

package creproducer

import (
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
)

//go:embed runtime/runtime.c
var runtime string

// headers are what the source includes.
var headers = []string{
	"errno.h", "fcntl.h", "limits.h", "sched.h", "signal.h", "stdarg.h", "stdio.h", "stdlib.h", "string.h", "unistd.h",
	"arpa/inet.h", "sys/inotify.h", "sys/ioctl.h", "sys/mman.h", "sys/mount.h", "sys/prctl.h", "sys/socket.h", "sys/stat.h",
	"sys/syscall.h", "sys/types.h", "sys/uio.h", "sys/wait.h", "linux/capability.h", "linux/futex.h", "linux/nsfs.h", "linux/sched.h",
	"linux/securebits.h", "linux/sockios.h",
}

// structs are those that older headers lack, by what newer ones define with them.
const structs = `#ifndef NS_ID_REQ_SIZE_VER0
struct ns_id_req {
	__u32 size, spare;
	__u64 ns_id;
	__u32 ns_type, spare2;
	__u64 user_ns_id;
};
#endif
#ifndef MNT_NS_INFO_SIZE_VER0
struct mnt_ns_info { __u32 size, nr_mounts; __u64 mnt_ns_id; };
#endif
#ifndef NS_GET_ID
#define NS_GET_ID _IOR(0xb7, 13, __u64)
#endif

typedef unsigned long long u64;
typedef long long s64;

struct ids { long n; u64 id[4096]; };
struct caps { u64 effective, permitted, inheritable; };

/* struct file_handle with the struct nsfs_file_handle that nsfs puts into it. */
struct handle {
	unsigned int handle_bytes;
	int handle_type;
	u64 ns_id;
	unsigned int ns_type, ns_inum;
	unsigned char rest[112];
};
`

// syscalls are the numbers that older headers lack; they are the same everywhere.
var syscalls = map[string]int{"listns": 470, "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432,
	"pidfd_open": 434, "clone3": 435, "pidfd_getfd": 438, "pidfd_send_signal": 424}

// ErrCannot says that a line cannot be written in C.
var ErrCannot = errors.New("cannot be written in C")

// Source writes a program in C. What its names stand for is found by running it on the
// model under cfg. Errors have the place of a line.
func Source(p *program.Program, cfg sim.Config, madeBy string) (_ []byte, err error) {
	s, err := newSource(p, cfg)
	if err != nil {
		return nil, err
	}
	for i := range p.Lines {
		if err := s.line(&p.Lines[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Lines[i].Place(), err)
		}
	}
	return []byte(s.text(madeBy)), nil
}

// source is a C source that is being written.
type source struct {
	p      *program.Program
	kinds  map[string]symbol
	tasks  map[string]int // index of each task
	names  []string       // that are variables, in the order of their appearance
	consts map[string]uint64

	body  strings.Builder // functions
	table strings.Builder // entries of lines
	n     int             // of them
	begun map[string]*program.Line
	// now is the line that is written.
	now *program.Line
}

// symbol is what a name stands for.
type symbol struct {
	kind  program.ValueKind
	ctype string
}

func (s *source) text(madeBy string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "// SPDX-License-Identifier: GPL-2.0-only\n/*\n * %s\n", filepath.Base(s.p.Name))
	for _, l := range s.p.Doc {
		fmt.Fprintf(&b, " * %s\n", strings.ReplaceAll(l, "*/", "* /"))
	}
	fmt.Fprintf(&b, " *\n * Written by %s.\n * Build: cc -o reproducer FILE.c; run as root. Exit status 0: every line did what it\n * states, 1: one did not, 2: it could not be run.\n */\n", madeBy)
	b.WriteString("#define _GNU_SOURCE\n")
	for _, h := range headers {
		fmt.Fprintf(&b, "#include <%s>\n", h)
	}
	b.WriteString("\n" + structs)
	for _, name := range slices.Sorted(maps.Keys(syscalls)) {
		fmt.Fprintf(&b, "#ifndef SYS_%[1]s\n#define SYS_%[1]s %[2]d\n#endif\n", name, syscalls[name])
	}
	for _, name := range slices.Sorted(maps.Keys(s.consts)) {
		value := fmt.Sprintf("%#x", s.consts[name])
		if n := int64(s.consts[name]); n < 0 {
			value = fmt.Sprintf("(%d)", n)
		}
		fmt.Fprintf(&b, "#ifndef %[1]s\n#define %[1]s %[2]s\n#endif\n", name, value)
	}
	fmt.Fprintf(&b, "\nenum { ")
	tasks := make([]string, len(s.tasks))
	for name, i := range s.tasks {
		tasks[i] = name
	}
	for _, t := range tasks {
		fmt.Fprintf(&b, "%s, ", taskID(t))
	}
	fmt.Fprintf(&b, "NTASKS };\n#define NLINES %d\n\n/* The names of the program. */\nstruct vars {\n", s.n)
	for _, name := range s.names {
		k := s.kinds[name]
		base, array, _ := strings.Cut(k.ctype, "[")
		if array != "" {
			array = "[" + array
		}
		fmt.Fprintf(&b, "\t%s %s%s;\n", base, variable(name), array)
	}
	b.WriteString("\tlong unused_;\n};\n\n" + strings.TrimPrefix(runtime, "// SPDX-License-Identifier: GPL-2.0-only\n") + "\n/* ---- the program ---- */\n\n" + s.body.String())
	fmt.Fprintf(&b, "static const struct line lines[NLINES] = {\n%s};\n", s.table.String())
	return b.String()
}

func taskID(name string) string { return "T_" + name }

// reserved are words that are no names of fields in C, or may be macros.
var reserved = strings.Fields(`auto break case char const continue default do double else enum extern float for goto if inline int
	long register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while asm typeof
	errno stdin stdout stderr unix linux major minor makedev assert bool true false unused_ sa_handler sa_sigaction si_pid si_uid
	si_status st_atime st_mtime st_ctime`)

// variable is the C name of a name.
func variable(name string) string {
	if slices.Contains(reserved, name) {
		return name + "_"
	}
	return name
}

// newSource runs the program on the model to see what its names are.
func newSource(p *program.Program, cfg sim.Config) (*source, error) {
	s := &source{p: p, kinds: make(map[string]symbol), tasks: map[string]int{"init": 0}, consts: make(map[string]uint64),
		begun: make(map[string]*program.Line)}
	r, err := program.NewRunner(p, cfg)
	if err != nil {
		return nil, err
	}
	open := make(map[string]*program.Line)
	for !r.Done() {
		l := &p.Lines[r.Line()]
		r.Next()
		o := r.Observed()
		from := l
		switch {
		case l.Kind == program.Call && l.Unfinished:
			open[l.Task] = l
		case l.Kind == program.Resume:
			from = open[l.Task]
		}
		if name := bound(l); name != "" && o.Errno == 0 && from != nil {
			s.add(name, o.Ret.Kind, from)
		}
		for _, out := range o.Outs {
			s.add(out.Name, out.Value.Kind, from)
		}
	}
	if err := r.Report().Err(); err != nil {
		return nil, err
	}
	s.addUnseen()
	return s, nil
}

// bound is the name that stands alone as a line's result.
func bound(l *program.Line) string {
	for _, r := range l.Results {
		if n, ok := r.X.(*program.Name); ok && r.Kind == program.Value {
			return n.Name
		}
	}
	return ""
}

// makesTask reports whether a call makes one.
func makesTask(l *program.Line) bool {
	sig := program.CallByName(l.Call.Name)
	return sig != nil && sig.Binds == program.BindsTask
}

func (s *source) add(name string, kind program.ValueKind, l *program.Line) {
	if _, ok := s.tasks[name]; ok {
		return
	}
	if _, ok := s.kinds[name]; ok {
		return
	}
	if kind == program.TaskValue && makesTask(l) {
		s.tasks[name] = len(s.tasks)
		return
	}
	s.kinds[name] = symbol{kind, ctypeOf(kind, l)}
	s.names = append(s.names, name)
}

// addUnseen adds the names that lines behind the end of the run would bind.
func (s *source) addUnseen() {
	for i := range s.p.Lines {
		l := &s.p.Lines[i]
		if name := bound(l); name != "" {
			kind := program.Number
			if l.Kind == program.Call && makesTask(l) {
				kind = program.TaskValue
			}
			s.add(name, kind, l)
		}
		for _, a := range l.Call.Args {
			program.Walk(a, func(x program.Expr) bool {
				if o, ok := x.(*program.Out); ok {
					s.add(o.Name, unseenKind(l), l)
				}
				return true
			})
		}
	}
}

// unseenKind is what the output of a call is that has not been made.
func unseenKind(l *program.Line) program.ValueKind {
	switch l.Call.Name {
	case "stat", "lstat", "fstat", "capget":
		return program.RecordValue
	case "readlink":
		return program.StringValue
	case "listns", "pages":
		return program.ListValue
	case "name_to_handle_at":
		return program.HandleValue
	}
	return program.Number
}

func ctypeOf(kind program.ValueKind, l *program.Line) string {
	switch kind {
	case program.StringValue:
		return "char[4096]"
	case program.ListValue:
		return "struct ids"
	case program.HandleValue:
		return "struct handle"
	case program.NSID, program.Inum, program.Address:
		return "u64"
	case program.RecordValue:
		switch l.Call.Name {
		case "capget":
			return "struct caps"
		case "ioctl":
			return "struct mnt_ns_info"
		}
		return "struct stat"
	}
	return "long"
}
