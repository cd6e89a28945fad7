// SPDX-License-Identifier: GPL-2.0-only

package gen

import "github.com/nssim/nssim/sim/program"

// rename gives short names in the order of their appearance: t1, t2 for tasks, fd, fd2 for
// descriptors, and so on.
func (s *shrinker) rename() {
	to := make(map[string]string)
	count := make(map[string]int)
	q := *s.best
	for i := range q.Lines {
		l := &q.Lines[i]
		for _, a := range l.Call.Args {
			nameOuts(a, l.Call.Name, to, count)
		}
		if n := binds(l.Results); n != "" && n != "init" && to[n] == "" {
			to[n] = next(resultStem(l), count)
		}
	}
	q.Lines = nil
	for _, l := range s.best.Lines {
		if n := to[l.Task]; n != "" {
			l.Task = n
		}
		l = rewriteLine(l, func(x program.Expr) program.Expr { return renamed(x, to) })
		if i := openFlagsArg[l.Call.Name]; i > 0 && i < len(l.Call.Args) && constOf(l.Call.Args[i]) == 0 {
			l.Call.Args[i] = word("O_RDONLY")
		}
		q.Lines = append(q.Lines, l)
	}
	s.take(&q)
}

// openFlagsArg is which argument of a call is the flags of an open file: 0 has a name there.
var openFlagsArg = map[string]int{"open": 1, "openat": 2, "open_by_handle_at": 2}

func renamed(x program.Expr, to map[string]string) program.Expr {
	switch e := x.(type) {
	case *program.Name:
		if n := to[e.Name]; n != "" {
			return name(n)
		}
	case *program.Out:
		if n := to[e.Name]; n != "" {
			return &program.Out{Name: n, Fields: e.Fields}
		}
	}
	return x
}

// next is the next name of a stem.
func next(stem string, count map[string]int) string {
	count[stem]++
	return numbered(stem, count[stem])
}

// resultStem is what the name of a result begins with.
func resultStem(l *program.Line) string {
	sig := program.CallByName(l.Call.Name)
	switch {
	case l.Call.Name == "socket":
		return "sk"
	case l.Call.Name == "pidfd_open":
		return "pfd"
	case sig.Binds == program.BindsAny:
		return "fd"
	}
	if stem := stems[sig.Binds]; stem != "" {
		return stem
	}
	return "n"
}

// outStems is what the names of outputs begin with, by call.
var outStems = map[string]string{
	"name_to_handle_at": "h", "listns": "ids", "pages": "ids", "wait4": "st", "waitid": "st", "stat": "s", "lstat": "s", "fstat": "s",
	"readlink": "link", "socketpair": "sk", "pipe": "fd", "recvmsg": "fd", "clone3": "pfd", "capget": "caps", "getsockopt": "id", "ioctl": "id",
}

func nameOuts(x program.Expr, call string, to map[string]string, count map[string]int) {
	program.Walk(x, func(x program.Expr) bool {
		if o, ok := x.(*program.Out); ok && to[o.Name] == "" {
			to[o.Name] = next(outStems[call], count)
		}
		return true
	})
}
