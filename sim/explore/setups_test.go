// SPDX-License-Identifier: GPL-2.0-only

package explore

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every set-up is clean, and the short ones have as many states as is written down; the
// others are searched to a small depth unless NSSIM_LONG is set.
func TestSetups(t *testing.T) {
	const short = 5000
	for _, s := range Setups() {
		long := s.Expect > short && os.Getenv("NSSIM_LONG") == ""
		if long {
			s.Bounds.Depth = 6
		}
		rep, err := Search(s, Options{Workers: 2})
		require.NoError(t, err)
		require.Empty(t, rep.Traces, s.Name)
		if long {
			require.Equal(t, "depth", rep.Cut, s.Name)
			continue
		}
		require.True(t, rep.Complete, s.Name)
		require.Equal(t, s.Expect, rep.States, s.Name)
	}
}

func TestSetupErrors(t *testing.T) {
	for _, spoil := range []func(*Setup){
		func(s *Setup) { s.Ops = []string{"frobnicate"} },
		func(s *Setup) { s.First = []string{"frobnicate"} },
		func(s *Setup) { s.Properties = []string{"nice"} },
		func(s *Setup) { s.Prelude = "init: frob()" },
		func(s *Setup) { s.Prelude = "init: getpid() = 77" },
		func(s *Setup) { s.Bounds.FDs = 99 },
		func(s *Setup) { s.Config.Kernel = "v1" },
	} {
		s := small()
		spoil(&s)
		_, err := Search(s, Options{})
		require.Error(t, err)
	}
}
