// SPDX-License-Identifier: GPL-2.0-only

package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nssim/nssim/nstree"
	"github.com/nssim/nssim/refcount"
)

// Config is what a machine's kernel is: composed once, immutable afterwards, and
// shared by all copies of the machine. The zero value means v6.19, active, no bug.
type Config struct {
	Kernel    string   // profile, "" for v6.19
	Semantics string   // option of the discussion, "" for active
	Bugs      []string // switches turned on besides
	Off       []string // switches turned off
	Policy    Policy   // overrides predicates; nil for the kernel's own

	Rules    Rules // composed by New
	Faults   Faults
	RefRules refcount.Rules
	TreeRule nstree.Rules
}

// Policy replaces the predicates that decide visibility. A nil function keeps the
// kernel's. The functions must depend on nothing but their arguments.
type Policy struct {
	Name string
	// Visible reports whether a namespace can be seen by anybody.
	Visible func(m *Machine, ns NS) bool
	// MayList reports whether t may see a visible namespace in a listing.
	MayList func(m *Machine, t TaskID, ns NS) bool
	// MayOpen reports whether t may open a visible namespace by handle.
	MayOpen func(m *Machine, t TaskID, ns NS) bool
	// MayReopen reports whether SIOCGSKNS may open a socket's namespace.
	MayReopen func(m *Machine, t TaskID, ns NS) bool
}

// DefaultKernel and DefaultSemantics are what an empty Config means.
const (
	DefaultKernel    = "v6.19"
	DefaultSemantics = "active"
)

// Semantics is an option of the discussion about what makes a namespace visible.
type Semantics struct {
	Name     string
	Doc      string
	Switches []string // turned on; with a leading "-" turned off
}

var semantics = []Semantics{
	{"active", "option 1 as merged: active counts, and resurrection through sockets", nil},
	{"active-v1", "option 1 as first posted: a socket cannot reopen an inactive network namespace", []string{"siocgskns-refuses-inactive"}},
	{"passive", "option 2: list and open whatever is still pinned", []string{"list-pinned"}},
	{"none", "option 3: no listns(2), handles open whatever lives, as in v6.18", []string{"no-listns", "list-pinned"}},
	{"dying", "at zero a namespace is marked dying for good, except network namespaces", []string{"dying-flag"}},
	{"list-all", "as merged, plus a flag that also returns inactive namespaces", []string{"list-all-flag"}},
}

// AllSemantics lists the semantics in the order of the discussion.
func AllSemantics() []Semantics { return slices.Clone(semantics) }

// Profiles lists the kernels, oldest first, with the switches that are on.
func Profiles() []Profile {
	var out []Profile
	for i, name := range profileNames {
		p := Profile{Name: name, Doc: profileDocs[name]}
		for _, s := range spans {
			if spanHas(s.kernels, i) {
				p.Switches = append(p.Switches, s.name)
			}
		}
		out = append(out, p)
	}
	return out
}

func spanHas(kernels string, i int) bool {
	for _, span := range strings.Fields(kernels) {
		from, to, ok := strings.Cut(span, "..")
		if !ok {
			to = from
		}
		if i >= slices.Index(profileNames, from) && i <= slices.Index(profileNames, to) {
			return true
		}
	}
	return false
}

// Compose checks the names in c and works out its rules. It is called by New; a
// caller that takes names from a person calls it first to see the error.
func (c Config) Compose() (*Config, error) {
	if c.Kernel == "" {
		c.Kernel = DefaultKernel
	}
	if c.Semantics == "" {
		c.Semantics = DefaultSemantics
	}
	kernel := slices.Index(profileNames, c.Kernel)
	if kernel < 0 {
		return nil, fmt.Errorf("unknown kernel %q, expected one of %s", c.Kernel, strings.Join(profileNames, ", "))
	}
	var r rules
	for _, s := range spans {
		if spanHas(s.kernels, kernel) {
			if err := r.turn(s.name, true); err != nil {
				return nil, err
			}
		}
	}
	sem := slices.IndexFunc(semantics, func(s Semantics) bool { return s.Name == c.Semantics })
	if sem < 0 {
		return nil, fmt.Errorf("unknown semantics %q, expected one of %s", c.Semantics, strings.Join(semanticsNames(), ", "))
	}
	on := append(slices.Clone(semantics[sem].Switches), c.Bugs...)
	for _, name := range on {
		if err := r.turn(name, true); err != nil {
			return nil, err
		}
	}
	for _, name := range c.Off {
		if err := r.turn(name, false); err != nil {
			return nil, err
		}
	}
	c.Rules, c.RefRules, c.TreeRule, c.Faults = r.kern, r.ref, r.tree, r.bad
	return &c, nil
}

func (r *rules) turn(name string, on bool) error {
	s, ok := SwitchByName(name)
	if !ok {
		return fmt.Errorf("unknown bug or switch %q; nssim lists them with: nssim switches", name)
	}
	r.set(s, on)
	return nil
}

func semanticsNames() (names []string) {
	for _, s := range semantics {
		names = append(names, s.Name)
	}
	return names
}

// SwitchOn reports whether a named switch is on in a composed Config.
func (c *Config) SwitchOn(name string) bool {
	s, ok := SwitchByName(name)
	r := rules{c.RefRules, c.TreeRule, c.Rules, c.Faults}
	return ok && r.has(s)
}

// String names the configuration as it stands at the head of every output.
func (c *Config) String() string {
	return "kernel " + c.Kernel + ", semantics " + c.Semantics + c.besides()
}

// WithoutSemantics is String for an output that is about several semantics.
func (c *Config) WithoutSemantics() string { return "kernel " + c.Kernel + c.besides() }

// WithoutKernel is String for an output that is about several kernels.
func (c *Config) WithoutKernel() string { return "semantics " + c.Semantics + c.besides() }

// besides names what a configuration has besides kernel and semantics.
func (c *Config) besides() (s string) {
	if len(c.Bugs) > 0 {
		s += ", bugs " + strings.Join(c.Bugs, "+")
	}
	if len(c.Off) > 0 {
		s += ", off " + strings.Join(c.Off, "+")
	}
	if c.Policy.Name != "" {
		s += ", policy " + c.Policy.Name
	}
	return s
}
