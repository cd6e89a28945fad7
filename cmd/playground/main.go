// SPDX-License-Identifier: GPL-2.0-only

//go:build js && wasm

// Command playground is the model as the page of `nssim play` runs it: WebAssembly that
// answers the page's calls. The page calls nssimCall(METHOD, REQUEST) with JSON and gets
// JSON back; package session says what there is to call.
package main

import (
	"syscall/js"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/session"
	"github.com/nssim/nssim/testdata"
)

func main() {
	s := &session.Server{
		Data:   testdata.FS,
		Header: func(c *sim.Config) string { return "nssim: " + c.String() },
	}
	js.Global().Set("nssimCall", js.FuncOf(func(_ js.Value, args []js.Value) any {
		if len(args) != 2 {
			return `{"error":"nssimCall takes a method and a request"}`
		}
		return s.Call(args[0].String(), args[1].String())
	}))
	if ready := js.Global().Get("nssimReady"); ready.Type() == js.TypeFunction {
		ready.Invoke()
	}
	select {} // the calls come from outside
}
