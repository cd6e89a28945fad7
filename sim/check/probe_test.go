// SPDX-License-Identifier: GPL-2.0-only

package check_test

import (
	"math/rand/v2"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/check"
	"github.com/stretchr/testify/require"
)

// broken is what random programs find broken of the probing properties, by kernel:
// the paging that ends early was mended in v7.3.4; that the end of a listing is an
// error, and that it tells of hidden namespaces, is in every kernel with listns().
var broken = map[string][]string{
	"v6.18":   nil,
	"rfc-v1":  {"list-complete", "list-end", "quiet"},
	"v6.19":   {"list-complete", "list-end", "quiet"},
	"v6.19.9": {"list-complete", "list-end", "quiet"},
	"v7.0":    {"list-complete", "list-end", "quiet"},
	"v7.1":    {"list-complete", "list-end", "quiet"},
	"v7.2":    {"list-complete", "list-end", "quiet"},
	"v7.3":    {"list-complete", "list-end", "quiet"},
	"v7.3.4":  {"list-end", "quiet"},
}

func TestProbingProperties(t *testing.T) {
	for i, p := range sim.Profiles() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			found := map[string]string{}
			r := &randomizer{Rand: rand.New(rand.NewPCG(uint64(i), 7)), t: t}
			for n := 0; n < 60 || (n < 2000 && len(found) < len(broken[p.Name])); n++ {
				r.some(sim.Config{Kernel: p.Name}, 60)
				for _, f := range r.checker.Check(r.m, check.Probing) {
					found[f.Property] = f.Text
				}
			}
			for _, name := range broken[p.Name] {
				require.Contains(t, found, name)
				delete(found, name)
			}
			require.Empty(t, found)
		})
	}
}

// some boots a machine and makes calls, and leaves it at that.
func (r *randomizer) some(cfg sim.Config, calls int) {
	r.m = sim.MustNew(cfg)
	for range calls {
		t := r.task()
		if t == 0 {
			return
		}
		r.run(t, r.call(t))
	}
}
