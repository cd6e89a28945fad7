// SPDX-License-Identifier: GPL-2.0-only

package syscall_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/nssim/nssim/refcount"
	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall"
	"github.com/stretchr/testify/require"
)

// plainForm is the canonical form of a machine written for reading: every object is
// named by kind and by when it was met, and every field is spelled out. It is what
// sim.Canon has to be equivalent to: slow, and with nothing left out because it is
// usual.
type plainForm struct {
	strings.Builder
	m     *sim.Machine
	names map[string]string
}

func (p *plainForm) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// name returns an object's canonical name, after having it described when it is met for
// the first time.
func (p *plainForm) name(kind string, i int32, describe func()) string {
	if i == 0 {
		return "-"
	}
	key := fmt.Sprint(kind, "#", i)
	n, ok := p.names[key]
	if !ok {
		n = fmt.Sprint(kind, len(p.names))
		p.names[key] = n
		p.line("%s is", n)
		describe()
	}
	return n
}

func formOf(m *sim.Machine) string {
	p := &plainForm{m: m, names: map[string]string{}}
	for h := m.First(0); h != 0; h = m.Next(0, h) {
		p.ns(h)
	}
	for h := range m.Handles() {
		if !m.Nodes[h].Is(sim.NodeOnTree) {
			p.ns(h)
			for _, l := range m.Nodes[h].Links {
				p.line("left between %s and %s", p.ns(l.Prev), p.ns(l.Next))
			}
		}
	}
	m.EachTask(func(t sim.TaskID, k *sim.Task) bool {
		if t > sim.Pid1 || k.Top != 0 || k.Flags&(sim.Driven|sim.Exiting|sim.KillPending) != 0 {
			p.task(t, k)
		}
		return true
	})
	for w := m.Deferred; w != 0; w = m.Work(w).Next {
		p.work(m.Work(w))
	}
	for i := int32(1); i < m.Inodes.Cap(); i++ {
		if m.Inodes.Live(i) {
			p.inode(sim.InodeID(i))
		}
	}
	p.line("memory %v fired %d", m.UserMem, m.Fired)
	return p.String()
}

func (p *plainForm) ns(h sim.NS) string {
	m := p.m
	return p.name("ns", int32(h), func() {
		e, n := m.Entries[h], m.Nodes[h]
		p.line("%v counts %d %d flags %d %d owner %s", n.NSType(), e.Passive, e.Active, e.Flags&^refcount.Live, n.Flags, p.ns(e.Owner))
		if n.Data == 0 {
			return
		}
		switch n.NSType().String() {
		case "user":
			u := *m.UserNSOf(h)
			for _, at := range []*int32{&u.UIDMap, &u.GIDMap, &u.ProjMap} {
				for i := *at; i != 0; i = m.Mappings.At(i).Next {
					p.line("maps %v", m.Mappings.At(i).Extent)
				}
				*at = min(*at, 1)
			}
			p.line("%+v", u)
		case "pid":
			d := *m.PidNSOf(h)
			p.line("parent %s count %d closed %v child %v reaper %d", p.ns(d.Parent), d.Count, d.Closed, d.HadChild, d.Reaper)
		case "mnt":
			p.line("%+v", *m.MntNSOf(h))
		}
	})
}

func (p *plainForm) task(t sim.TaskID, k *sim.Task) {
	m := p.m
	p.line("task %d state %v signal %d code %d death %d flags %d leader %d parent %d sibling %d", t, k.State, k.ExitSignal,
		k.ExitCode, k.PDeathSig, k.Flags&^sim.Driven, k.Leader, k.Parent, k.Sibling)
	p.line("pids %s %s %s %s cred %s", p.pid(k.Pid), p.pid(k.Tgid), p.pid(k.Pgid), p.pid(k.Sid), p.cred(k.Cred))
	p.line("nsproxy %s", p.name("nsproxy", int32(k.Proxy), func() {
		for _, ns := range m.Proxy(k.Proxy).NS {
			p.line("has %s", p.ns(ns))
		}
		p.line("count %d active %v", m.Proxy(k.Proxy).Count, m.Proxy(k.Proxy).Active)
	}))
	p.line("files %s", p.name("files", int32(k.Files), func() {
		p.line("users %d", m.FDs(k.Files).Users)
		m.EachFD(k.Files, func(fd int32, f sim.FileID) {
			p.line("%d is %s %v", fd, p.file(f), m.FDCloExec(k.Files, fd))
		})
	}))
	p.line("fs %s", p.name("fs", int32(k.FS), func() {
		p.line("users %d root %s chroot %v", m.FS(k.FS).Users, p.ns(m.FS(k.FS).Root), m.FS(k.FS).Chroot)
	}))
	p.line("sighand %s", p.name("sighand", k.SigHand, func() { p.line("%+v", *m.SigHands.At(k.SigHand)) }))
	p.line("mm %s", p.mm(k.MM))
	for f := k.Top; f != 0; f = m.Frame(f).Prev {
		o := *m.Frame(f)
		o.Prev = 0
		p.line("%+v", o)
	}
}

func (p *plainForm) mm(i sim.MMID) string {
	return p.name("mm", int32(i), func() {
		o := p.m.MM(i)
		p.line("users %d count %d dumpable %v", o.Users, o.Count, o.Dumpable)
		p.line("exe %s ns %s", p.file(o.Exe), p.ns(o.UserNS))
	})
}

func (p *plainForm) pid(i sim.PidID) string {
	return p.name("pid", int32(i), func() {
		k := p.m.Pid(i)
		p.line("refs %d uses %d task %d freed %v", k.Refs, k.Uses, k.Task, k.Freed)
		for u := k.UPid; u != 0; u = p.m.UPids.At(u).Outer {
			p.line("in %s init %v", p.ns(p.m.UPids.At(u).NS), p.m.UPids.At(u).Nr == 1)
		}
	})
}

func (p *plainForm) cred(i sim.CredID) string {
	return p.name("cred", int32(i), func() {
		k := *p.m.Cred(i)
		ns, u := p.ns(k.UserNS), k.UCounts
		uc := p.name("ucounts", int32(u), func() {
			p.line("of %s uid %d", p.ns(p.m.UCounts.At(int32(u)).NS), p.m.UCounts.At(int32(u)).UID)
		})
		k.UserNS, k.UCounts = 0, 0
		p.line("in %s charged %s %+v", ns, uc, k)
	})
}

func (p *plainForm) file(i sim.FileID) string {
	return p.name("file", int32(i), func() {
		k := *p.m.File(i)
		obj := fmt.Sprint(k.Obj)
		switch k.Kind {
		case sim.FileNSFS:
			obj = p.inode(sim.InodeID(k.Obj))
		case sim.FileSocket:
			s := p.m.Socket(sim.SocketID(k.Obj))
			obj = p.name("socket", k.Obj, func() {
				p.line("net %s family %d type %d proto %d refs %d closed %v", p.ns(s.NetNS), s.Family, s.Type, s.Proto, s.Refs, s.Closed)
			})
		}
		ns, cred := p.ns(k.NS), p.cred(k.Cred)
		k.NS, k.Cred, k.Obj = 0, 0, 0
		p.line("opened by %s on %s object %s %+v", cred, ns, obj, k)
	})
}

func (p *plainForm) inode(i sim.InodeID) string {
	return p.name("inode", int32(i), func() {
		k := p.m.Inode(i)
		p.line("of %s dentry %d marks %d stashed %v evicted %v", p.ns(k.NS), k.Dentry, k.Marks,
			p.m.Nodes[k.NS].Stashed == int32(i), k.Evicted)
	})
}

func (p *plainForm) work(w *sim.Work) {
	obj := ""
	switch w.Kind {
	case sim.RCUPutCred:
		obj = p.cred(sim.CredID(w.Obj))
	case sim.RCUPutPid:
		obj = p.pid(sim.PidID(w.Obj))
	case sim.RCUPutTask:
		obj = fmt.Sprint(w.Obj)
	case sim.LazyTLB:
		k := p.m.MM(sim.MMID(w.Obj))
		obj = fmt.Sprint(k.Users, k.Count, p.ns(k.UserNS))
	}
	p.line("deferred %v %s %s %d", w.Kind, p.ns(w.NS), obj, w.Readers)
}

// TestFingerprintIsCanonical walks at random through machines that a search meets, some
// of them made in ways that number things differently, and compares: fingerprints are
// equal exactly where the forms written for reading are.
func TestFingerprintIsCanonical(t *testing.T) {
	forms, prints := map[sim.Fingerprint]string{}, map[string]sim.Fingerprint{}
	var c sim.Canon
	r := &mover{Rand: rand.New(rand.NewPCG(3, 4)), calls: searchCalls()}
	met := 0
	visit := func(m *sim.Machine) {
		if m.Frames.Count() != 0 {
			return
		}
		met++
		form, print := formOf(m), c.Fingerprint(m)
		if was, ok := forms[print]; ok {
			require.Equal(t, was, form, "one fingerprint")
		}
		if was, ok := prints[form]; ok {
			require.Equal(t, was, print, "one form:\n%s", form)
		}
		forms[print], prints[form] = form, print
	}
	for i := range 200 {
		m := sim.MustNew(sim.Config{Off: []string{"boot-kdevtmpfs"}})
		init := syscall.Task(m, m.Init())
		for range i % 3 { // uses up ids, pids and inode numbers, and shuffles free lists
			child, err := init.Clone(mix[1].(syscall.Clone).Flags, 17)
			require.NoError(t, err)
			child.ExitGroup(0)
			_, err = init.WaitTask(child)
			require.NoError(t, err)
			syscall.Settle(m)
		}
		for range 12 {
			task, call := r.pick(m)
			transit(m, task, call)
			visit(m)
			if r.IntN(2) == 0 {
				syscall.Settle(m)
				visit(m)
			}
		}
	}
	require.Less(t, len(forms), met*3/4, "machines have to come again")
	require.Greater(t, len(forms), met/10, "machines have to differ")
}
