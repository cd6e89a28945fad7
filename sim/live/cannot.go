// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"fmt"

	"github.com/nssim/nssim/sim/program"
)

// Cannot returns why a program can run on the model only, as an ErrCannot with the
// place: a call is to stop before a kernel function or to fail in one, where no kernel
// can be told to, or is one that only the model has. nil if nothing is known to be in
// the way.
func Cannot(p *program.Program) error {
	for i := range p.Lines {
		l := &p.Lines[i]
		switch sig := program.CallByName(l.Call.Name); {
		case l.Call.Until != "":
			return fmt.Errorf("%v: %w: until %s: the kernel has no place to stop there", l.At, ErrCannot, l.Call.Until)
		case l.Call.Fail != "":
			return fmt.Errorf("%v: %w: fail %s: the kernel cannot be made to fail there", l.At, ErrCannot, l.Call.Fail)
		case sig != nil && sig.ModelOnly:
			return fmt.Errorf("%v: %w: only the model has %s", l.At, ErrCannot, sig.Name)
		}
	}
	return nil
}
