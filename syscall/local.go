// SPDX-License-Identifier: GPL-2.0-only

package syscall

import "github.com/nssim/nssim/sim"

// Local reports whether t's next step can be made at once without losing an interleaving:
// it looks at and changes nothing that another task can but for raising a passive count
// that t keeps from zero anyway. Nobody ever looks at more of a count than whether it is
// zero, so such a step can change places with any step of another task.
func Local(m *sim.Machine, t sim.TaskID) bool {
	if !canStep(m.Task(t)) {
		return false
	}
	f := m.TopFrame(t)
	is := localSteps[f.Op]
	if int(f.Step) >= len(is) || is[f.Step] == nil {
		return false
	}
	return is[f.Step](f)
}

func always(*sim.Frame) bool { return true }

// localSteps is, by operation and step, when a step is local.
var localSteps = [256][]func(*sim.Frame) bool{
	opSetns: {
		2: func(f *sim.Frame) bool { // validate_ns: a type that was not asked for, or the end
			return f.L[snNS] == 0 && (f.L[snAt] == int64(len(installOrder)) ||
				f.L[snFlags]&int64(installOrder[f.L[snAt]]) == 0)
		},
		6: always, // point of no return
	},
	opCreateNewNamespaces: {
		0: always, // create_nsproxy: nobody else knows of it
		1: func(f *sim.Frame) bool { // copy: takes what the caller's nsproxy has
			return f.L[cnnAt] == int64(len(copyOrder)) ||
				uint64(f.L[cnnFlags])&uint64(copyOrder[f.L[cnnAt]].Type()) == 0
		},
		3: always, // done: takes time_ns
	},
	opUnshare: {
		9: always, // done
	},
	opSwitchNamespaces: {0: always}, // enters the function that counts
	opClone:            {cloneDone: always},
	opCleanNet:         {1: always}, // ops_exit_list: does nothing here
}
