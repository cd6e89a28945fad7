// SPDX-License-Identifier: GPL-2.0-only

package refcount

// Rules is the set of switches that act in this layer: what differs between
// kernels, and the catalogued bugs. The zero value is mainline v6.19.
type Rules uint32

const (
	// NoActive is a kernel without active counts (v6.18): every active
	// operation does nothing and a namespace is visible while it lives.
	NoActive Rules = 1 << iota
	// InitCounted counts references on initial namespaces like on any other,
	// and nobody asks whether an id is an initial one (v6.18, the first posting,
	// and the bug init-ns-counted).
	InitCounted
	// OwnerAtCreation takes the owner's active reference once, when the
	// namespace enters the trees, and never on a plain get (first posting, and
	// the bug setns-pidfd-no-owner-resurrection: installing an nsproxy then
	// raises a count from zero without the owner chain).
	OwnerAtCreation
	// UnderflowUnasserted is the bug active-underflow-unasserted: only the
	// transition to exactly zero is looked at.
	UnderflowUnasserted
	// NoCascadeOnPut, CascadeOnEveryPut and ResurrectOneLevel are mutations
	// that show the tests have teeth.
	NoCascadeOnPut
	CascadeOnEveryPut
	ResurrectOneLevel
	// FirstAsserts makes the active count's assertions those of the first
	// posting: a get looks at its result and not at the value it found, a put
	// never sees an underflow, and GetUnlessInactive doubts what is active but
	// dead instead of an initial namespace that is inactive.
	FirstAsserts
)

var ruleNames = []string{
	"NoActive", "InitCounted", "OwnerAtCreation", "UnderflowUnasserted",
	"NoCascadeOnPut", "CascadeOnEveryPut", "ResurrectOneLevel", "FirstAsserts",
}

// Has reports whether the switch is on.
func (r Rules) Has(s Rules) bool { return r&s != 0 }

// String names the switches that are on; none is "mainline".
func (r Rules) String() string {
	if r == 0 {
		return "mainline"
	}
	return BitNames(uint64(r), ruleNames)
}
