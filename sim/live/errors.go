// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"errors"
	"strings"
)

// What can be in the way of a run. Errors of this package wrap one of these.
var (
	// ErrNoQEMU says that the emulator is not installed.
	ErrNoQEMU = errors.New("no QEMU")
	// ErrNoCompiler says that the agent cannot be built: there is no C compiler, or no
	// static C library for it.
	ErrNoCompiler = errors.New("cannot build the guest's agent")
	// ErrNoKernel says that there is no such image.
	ErrNoKernel = errors.New("no kernel image")
	// ErrBoot says that the guest did not get as far as its agent.
	ErrBoot = errors.New("the guest did not boot")
	// ErrHung says that the guest no longer answers.
	ErrHung = errors.New("the guest does not answer")
	// ErrGone says that the guest has ended.
	ErrGone = errors.New("the guest has ended")
	// ErrTainted says that a program left something behind, so that the guest is not what it
	// was after it had booted.
	ErrTainted = errors.New("the guest is not as it was")
	// ErrAgent says that the agent refused a request.
	ErrAgent = errors.New("the guest's agent")
	// ErrLayout says that the kernel's type information lacks what a snapshot needs.
	ErrLayout = errors.New("cannot find the counts in this kernel")
	// ErrVersion says that no profile of the model is known for a kernel.
	ErrVersion = errors.New("no profile for this kernel")
	// ErrCannot says that a line cannot be carried out on a real kernel.
	ErrCannot = errors.New("cannot be done on a real kernel")
	// ErrBaseline says that a guest does not start as the model does.
	ErrBaseline = errors.New("not the model's start")
	// ErrEmpty says that a run made no call.
	ErrEmpty = errors.New("the program made no call")
	// ErrFetch says that a kernel image cannot be had.
	ErrFetch = errors.New("cannot fetch")
)

// GuestError is an error of a guest with the last lines of its console.
type GuestError struct {
	Err     error
	Console []string
}

// Error returns the error and the console's last lines.
func (e *GuestError) Error() string {
	if len(e.Console) == 0 {
		return e.Err.Error()
	}
	return e.Err.Error() + "\n\tconsole: " + strings.Join(e.Console, "\n\tconsole: ")
}

// Unwrap returns the error without the console.
func (e *GuestError) Unwrap() error { return e.Err }
