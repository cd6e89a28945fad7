// SPDX-License-Identifier: GPL-2.0-only

package gen

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/syscall/uapi"
)

// generator makes one program.
type generator struct {
	*recorder
	o      Options
	rand   *rand.Rand
	makers []maker
	total  int

	tasks   []*task
	files   []fileName
	ns      []nsName
	handles []string
	lists   []listName
	memory  []memoryName
	watches []watchName
	taken   map[string]int // how many names there are of each stem
	made    []freshName
	nets    int // network namespaces made
	settles int
	gaveUp  int  // lines in a row that came to nothing
	ending  bool // init itself is to end
}

// Generate makes the program of a seed. It panics if o.Check has something to say.
func Generate(seed uint64, o Options) *program.Program {
	if err := o.Check(); err != nil {
		panic("gen: " + err.Error())
	}
	p := &program.Program{Name: fmt.Sprintf("seed-%d", seed), License: "GPL-2.0-only", Config: configOf(o.Config)}
	return newGenerator(p, sim.MustNew(o.Config), seed, o).program()
}

// Programs makes the programs of a seed and all that follow it, one by one.
func Programs(seed uint64, o Options) iter.Seq[*program.Program] {
	return func(yield func(*program.Program) bool) {
		for yield(Generate(seed, o)) {
			seed++
		}
	}
}

// configOf is the config lines that ask for a configuration. A line cannot say what is
// turned off.
func configOf(c sim.Config) (items []program.ConfigItem) {
	for _, i := range []program.ConfigItem{
		{Key: "kernel", Value: c.Kernel}, {Key: "semantics", Value: c.Semantics}, {Key: "bug", Value: strings.Join(c.Bugs, ",")},
	} {
		if i.Value != "" {
			items = append(items, i)
		}
	}
	return items
}

func newGenerator(p *program.Program, m *sim.Machine, seed uint64, o Options) *generator {
	o = o.withDefaults()
	g := &generator{recorder: newRecorder(p, m), o: o, rand: rand.New(rand.NewPCG(seed, 0)), taken: make(map[string]int)}
	g.portable = o.Kernel
	g.tasks = []*task{{name: "init", id: m.Init()}}
	for _, k := range makers {
		if w, ok := o.Weights[k.name]; ok {
			k.weight = w
		}
		if k.weight > 0 {
			g.makers = append(g.makers, k)
			g.total += k.weight
		}
	}
	return g
}

// patience is how many draws in a row may come to nothing: there are states in which few
// calls can be made.
const patience = 200

func (g *generator) program() *program.Program {
	for len(g.p.Lines) < g.o.Lines && g.total > 0 && g.gaveUp < patience && g.found == nil {
		before := len(g.p.Lines)
		t := g.caller()
		if t == nil {
			break
		}
		g.draw()(g, t)
		g.resume(false)
		if g.gaveUp++; len(g.p.Lines) > before {
			g.gaveUp = 0
		}
	}
	if !g.o.Open && g.found == nil {
		g.cleanUp()
	}
	return g.p
}

// draw picks what to make next.
func (g *generator) draw() func(*generator, *task) {
	n := g.n(g.total)
	for i := range g.makers {
		if n -= g.makers[i].weight; n < 0 {
			return g.makers[i].make
		}
	}
	return g.makers[0].make
}

// caller picks a task that can make a call, the youngest ones a bit more often; nil if
// there is none.
func (g *generator) caller() *task {
	ts := g.callable()
	if len(ts) == 0 {
		return nil
	}
	return ts[max(g.n(len(ts)), g.n(len(ts)+1)-1)]
}

func (g *generator) n(k int) int { return g.rand.IntN(k) }

// chance is true in so many of a hundred cases.
func (g *generator) chance(percent int) bool { return g.n(100) < percent }

// wild: this argument is to make no sense.
func (g *generator) wild() bool { return g.n(12) == 0 }

func pick[T any](g *generator, of ...T) T { return of[g.n(len(of))] }

// call is a call to be made.
type call struct {
	t    *task
	name string
	args []program.Expr
	// bind is the stem of the name that the result gets; "" for what the signature says.
	bind string
	// flags are those that may make namespaces.
	flags uint64
	// sleeps: it may be left unfinished.
	sleeps bool
}

// stems of the names that results get.
var stems = map[program.Binding]string{
	program.BindsTask: "t", program.BindsFD: "fd", program.BindsAddress: "addr",
}

// run makes a call the next line, and tells whether it is, and whether the call succeeded.
func (g *generator) run(c call) (ok bool) {
	sig := program.CallByName(c.name)
	l := program.Line{Kind: program.Call, Task: c.t.name, Call: program.Syscall{Name: c.name, Args: c.args}}
	if c.bind == "" {
		c.bind = stems[sig.Binds]
	}
	if c.bind != "" {
		l.Results = equals(name(g.fresh(c.bind)))
	}
	tried := l
	f := g.try(l)
	if f == asleep && c.sleeps {
		l.Unfinished = true
		if sig.Binds != program.BindsTask {
			l.Results = nil
		}
		f = g.try(l)
	}
	return g.keep(f, c, &tried)
}

// keep takes note of a line that was recorded, or takes it back if init could not clean up
// behind it.
func (g *generator) keep(f fate, c call, tried *program.Line) (ok bool) {
	if f == recorded && g.found == nil && !g.sound() {
		g.takeBack()
		f = refused
	}
	if f != recorded {
		g.release(tried, false)
		return false
	}
	l := &g.p.Lines[len(g.p.Lines)-1]
	o := g.r.Observed()
	if l.Results == nil && !l.Unfinished && l.Kind == program.Call {
		l.Results = g.expect(l)
	}
	if o.Errno != 0 {
		l.Call.Args, _ = rewriteAll(l.Call.Args, blankOuts)
	}
	g.note(c.t, l, o)
	ok = o.Errno == 0 && o.Status != program.Ended
	if ok && c.flags&uapi.CLONE_NEWNET != 0 {
		g.nets++
	}
	g.release(tried, true)
	return ok
}

// sound reports whether init can still do what it has to do in the end.
func (g *generator) sound() bool {
	if g.o.Open || g.ending {
		return true
	}
	if g.o.Kernel && g.keepsFiles() {
		return false
	}
	k := g.m.Task(g.m.Init())
	if !k.Alive() || k.Has(sim.KillPending) || k.Leader != g.m.Init() {
		return false
	}
	cred := g.m.TaskCred(g.m.Init())
	return cred.UserNS == g.m.InitUserNS() && cred.Effective == sim.FullCaps && cred.UID == sim.IDs{} && cred.GID == sim.IDs{} &&
		g.m.Proxy(k.Proxy).NS[sim.SlotMnt] == g.m.Initial(uapi.MNT_NS) && g.m.FS(k.FS).Root == g.m.Initial(uapi.MNT_NS)
}

// keepsFiles reports whether there are files that no mount shows for certain in the end:
// those of an ipc namespace's mqueue outlive a program in the initial one.
func (g *generator) keepsFiles() bool {
	for i := int32(1); i < g.m.Dentries.Cap(); i++ {
		if !g.m.Dentries.Live(i) {
			continue
		}
		if s := g.m.Dentries.At(i).Super; s != 0 && g.m.Supers.At(int32(s)).Kind == sim.SuperMqueue {
			return true
		}
	}
	return false
}
