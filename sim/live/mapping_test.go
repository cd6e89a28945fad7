// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestPairs(t *testing.T) {
	p := newPairs("pid")
	assert.True(t, p.match(2, 90))
	assert.True(t, p.match(2, 90), "again")
	assert.False(t, p.match(2, 91), "another of the guest")
	assert.False(t, p.match(3, 90), "another of the model")
	assert.True(t, p.match(3, 91))
	assert.True(t, p.match(0, 0))
	assert.False(t, p.match(0, 5))
	assert.False(t, p.match(5, 0))
	assert.Equal(t, "pid 2 of the model is 90 on the guest, not 91", p.explain(2, 91))
	assert.Equal(t, "pid 90 of the guest is 2 of the model, not 7", p.explain(7, 90))
}

// TestPairsAreOneToOne: whatever is asked, what has been accepted is a bijection.
func TestPairsAreOneToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPairs("number")
		var accepted [][2]uint64
		for range 30 {
			m, g := rapid.Uint64Range(1, 8).Draw(t, "m"), rapid.Uint64Range(1, 8).Draw(t, "g")
			fits := true
			for _, a := range accepted {
				fits = fits && (a[0] == m) == (a[1] == g)
			}
			if got := p.match(m, g); got != fits {
				t.Fatalf("match(%d, %d) is %v after %v", m, g, got, accepted)
			}
			if fits {
				accepted = append(accepted, [2]uint64{m, g})
			}
		}
	})
}

func TestIDs(t *testing.T) {
	mp := newMapping(11, 40)
	assert.True(t, mp.id(11, 40))
	assert.True(t, mp.id(15, 44))
	assert.False(t, mp.id(15, 45))
	assert.False(t, mp.id(10, 40), "an old one of the model, a new one of the guest")
	assert.True(t, mp.id(10, 12))
	assert.False(t, mp.id(9, 12))
	g, ok := mp.toGuest(13)
	assert.True(t, ok)
	assert.Equal(t, uint64(42), g)
	m, ok := mp.toModel(12)
	assert.True(t, ok)
	assert.Equal(t, uint64(10), m)
	_, ok = mp.toModel(13)
	assert.False(t, ok)
}

func TestTexts(t *testing.T) {
	mp := newMapping(11, 40)
	mp.pids.match(2, 90)
	mp.inums.match(4026531900, 4026532100)
	for _, c := range []struct {
		model, guest string
		same         bool
	}{
		{"net:[4026531900]", "net:[4026532100]", true},
		{"net:[4026531900]", "net:[4026532101]", false},
		{"net:[4026531900]", "uts:[4026532100]", false},
		{"/proc/2/task/2", "/proc/90/task/90", true},
		{"/proc/2", "/proc/91", false},
		{"/tmp/x1", "/tmp/x1", true},
		{"socket:[7]", "socket:[1234]", true},
		{"socket:[7]", "socket:[1235]", false},
	} {
		assert.Equal(t, c.same, mp.text(c.model, c.guest), "%s and %s", c.model, c.guest)
	}
}
