// SPDX-License-Identifier: GPL-2.0-only

package check

import (
	"fmt"

	"github.com/nssim/nssim/sim"
)

// When says at what moment a property is to hold.
type When uint8

const (
	// Always: after every atomic step.
	Always When = iota
	// Quiescent: when no call is in flight.
	Quiescent
	// AtEnd: quiescent, with all tasks reaped, descriptors closed and deferred
	// work drained.
	AtEnd
	// Probing: quiescent, but found out by making calls on copies of the
	// machine, which takes its time; asked for by itself.
	Probing
)

func (w When) String() string { return [...]string{"always", "quiescent", "at end", "probing"}[w] }

// Finding is one violation of a property.
type Finding struct {
	Property string
	NS       sim.NS // 0: not about one namespace
	Text     string
}

func (f Finding) String() string { return f.Property + ": " + f.Text }

// Property is something that every machine ought to have.
type Property struct {
	Name string
	When When
	Says string
	// Listns says that it is about listns(), and so about nothing without it.
	Listns bool
	find   func(*Checker, *sim.Machine, func(sim.NS, string))
}

// Applies reports whether a kernel has what the property is about.
func (p Property) Applies(cfg *sim.Config) bool { return !p.Listns || !cfg.Rules.Has(sim.NoListns) }

var properties = []Property{
	{Name: "holders", When: Quiescent, find: holders,
		Says: "each count equals the holders derived afresh"},
	{Name: "active-needs-passive", When: Always, find: activeNeedsPassive,
		Says: "active > 0 implies passive > 0"},
	{Name: "owner-active", When: Quiescent, find: ownerActive,
		Says: "an active namespace's owner chain is active"},
	{Name: "trees", When: Always, find: trees,
		Says: "every live namespace is in exactly its trees, in order; none that is destroyed is"},
	{Name: "initial", When: Always, find: initial,
		Says: "initial namespaces keep counts 1/1 and their ids"},
	{Name: "no-warning", When: Always, find: noWarning,
		Says: "no kernel assertion fires, nothing sleeps under RCU, no freed object is used"},
	{Name: "no-leak", When: AtEnd, find: noLeak,
		Says: "with all tasks reaped, descriptors closed and deferred work drained, only what booted remains"},
	{Name: "list-sound", When: Probing, Listns: true, find: listSound,
		Says: "listns() returns exactly what is visible and permitted, ascending, each once"},
	{Name: "list-complete", When: Probing, Listns: true, find: listComplete,
		Says: "paging with any page size returns every namespace that is visible and permitted"},
	{Name: "list-end", When: Probing, Listns: true, find: listEnd,
		Says: "the cover letter's paging loop never ends in an error"},
	{Name: "handle-agrees", When: Probing, Listns: true, find: handleAgrees,
		Says: "what listns() shows a caller, that caller can open by handle, and the reverse"},
	{Name: "reach", When: Probing, find: reach,
		Says: "nothing can be opened by id that could not be reached by a task, a file or mount, or a child"},
	{Name: "resurrect", When: Probing, find: resurrect,
		Says: "reopening through a socket reactivates the whole owner chain and no more"},
	{Name: "quiet", When: Probing, Listns: true, find: quiet,
		Says: "an unprivileged caller cannot learn whether a namespace it may not see exists"},
}

// Properties lists them.
func Properties() []Property { return append([]Property(nil), properties...) }

// Checker checks machines. It keeps scratch memory between calls and is not safe
// for use by several goroutines at once.
type Checker struct {
	derived []sim.Derived
	probe   prober
	hits    int
	hit     func(sim.NS, string) // counts hits
}

// ByName finds a property.
func ByName(name string) (Property, bool) {
	for _, p := range properties {
		if p.Name == name {
			return p, true
		}
	}
	return Property{}, false
}

// Check returns what a machine breaks of the properties due at a moment: When and
// everything that holds more often. Probing stands by itself.
func (c *Checker) Check(m *sim.Machine, when When) (found []Finding) {
	for i := range properties {
		p := &properties[i]
		if p.When > when || (when == Probing) != (p.When == Probing) || !p.Applies(m.Cfg) {
			continue
		}
		p.find(c, m, func(ns sim.NS, text string) {
			found = append(found, Finding{p.Name, ns, text})
		})
	}
	return found
}

// Holds reports whether m has a property, or it does not apply. It allocates nothing
// then.
func (p *Property) Holds(c *Checker, m *sim.Machine) bool {
	if !p.Applies(m.Cfg) {
		return true
	}
	if c.hit == nil {
		c.hit = func(sim.NS, string) { c.hits++ }
	}
	c.hits = 0
	p.find(c, m, c.hit)
	return c.hits == 0
}

// Find checks one property, whatever the moment. It finds nothing where the property
// does not apply.
func (p Property) Find(c *Checker, m *sim.Machine) (found []Finding) {
	if !p.Applies(m.Cfg) {
		return nil
	}
	p.find(c, m, func(ns sim.NS, text string) { found = append(found, Finding{p.Name, ns, text}) })
	return found
}

// name is how a finding calls a namespace.
func name(m *sim.Machine, ns sim.NS) string {
	n := m.Node(ns)
	return fmt.Sprintf("%s namespace %d (%d)", n.NSType(), n.ID, n.Inum)
}
