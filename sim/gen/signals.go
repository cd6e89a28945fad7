// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"math"

	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

func (g *generator) signalNumber() program.Expr {
	if g.wild() {
		return pick[program.Expr](g, num(-1), num(65), num(64), num(33))
	}
	s := pick[uapi.Signal](g, 0, 0, uapi.SIGKILL, uapi.SIGTERM, uapi.SIGUSR1, uapi.SIGCONT, uapi.SIGCHLD, uapi.SIGHUP)
	if s == 0 {
		return num(0)
	}
	return flags(uapi.GroupSignal, uint64(s))
}

func (g *generator) kill(t *task) {
	g.run(call{t: t, name: "kill", args: []program.Expr{g.pid(t), g.signalNumber()}})
}

func (g *generator) tgkill(t *task) {
	tid := g.pid(t)
	tgid := g.pid(t)
	if n, ok := tid.(*program.Name); ok && g.chance(85) {
		if o := g.byName(n.Name); !o.gone {
			for _, l := range g.tasks {
				if !l.gone && l.id == g.m.Task(o.id).Leader {
					tgid = name(l.name)
				}
			}
		}
	}
	g.run(call{t: t, name: "tgkill", args: []program.Expr{tgid, tid, g.signalNumber()}})
}

func (g *generator) signal(t *task) {
	sig := pick[program.Expr](g, word("SIGCHLD"), word("SIGCHLD"), word("SIGCHLD"), word("SIGTERM"), word("SIGUSR1"), word("SIGKILL"), num(0), num(65))
	g.run(call{t: t, name: "signal", args: []program.Expr{sig, pick(g, ignore(), ignore(), constant("SIG_DFL", 0))}})
}

func (g *generator) pause(t *task) {
	if g.maySleep(t, true) {
		g.run(call{t: t, name: "pause", sleeps: true})
	}
}

// prctl knows what the model knows.
func (g *generator) prctl(t *task) {
	p := pick(g, prctls...)
	args := []program.Expr{word(p.option)}
	for _, choices := range p.args {
		args = append(args, unum(pick(g, choices...)))
	}
	if g.wild() {
		args = []program.Expr{pick[program.Expr](g, num(math.MaxInt32), word("PR_SET_DUMPABLE")), num(7), num(7)}
	}
	g.run(call{t: t, name: "prctl", args: args})
}

// prctls lists options with what their arguments may be.
var prctls = []struct {
	option string
	args   [][]uint64
}{
	{"PR_SET_DUMPABLE", [][]uint64{{0, 1, 1}}},
	{"PR_GET_DUMPABLE", nil},
	{"PR_SET_CHILD_SUBREAPER", [][]uint64{{0, 1, 1}}},
	{"PR_SET_CHILD_SUBREAPER", [][]uint64{{1}}},
	{"PR_SET_CHILD_SUBREAPER", [][]uint64{{1}}},
	{"PR_SET_PDEATHSIG", [][]uint64{{0, 9, 9, 15, 65}}},
	{"PR_SET_KEEPCAPS", [][]uint64{{0, 1, 1, 2}}},
	{"PR_GET_KEEPCAPS", nil},
	{"PR_SET_NO_NEW_PRIVS", [][]uint64{{0, 1, 1}, {0}, {0}, {0}}},
	{"PR_GET_NO_NEW_PRIVS", [][]uint64{{0}, {0}, {0}, {0}}},
	{"PR_CAPBSET_READ", [][]uint64{{uapi.CAP_SYS_ADMIN, uapi.CAP_SETUID, 63}}},
	{"PR_CAPBSET_DROP", [][]uint64{{uapi.CAP_SYS_ADMIN, uapi.CAP_SYS_PTRACE, uapi.CAP_NET_RAW, 63}}},
	{"PR_GET_SECUREBITS", nil},
	{"PR_SET_SECUREBITS", [][]uint64{{0, 1, 2, 4, 16, 0x30, 1 << 12}}},
	{"PR_CAP_AMBIENT", [][]uint64{{1, 2, 3, 4}, {0, uapi.CAP_SYS_ADMIN, uapi.CAP_SETUID}, {0}, {0}}},
}
