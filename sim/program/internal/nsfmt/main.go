// SPDX-License-Identifier: GPL-2.0-only

// Command nsfmt checks programs and, with -w, rewrites them in the canonical layout.
// -d prints the canonical layout, -x the program without loops and macros.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"

	"github.com/nssim/nssim/sim/program"
)

func main() {
	write := flag.Bool("w", false, "rewrite the files in the canonical layout")
	show := flag.Bool("d", false, "print the canonical layout")
	expand := flag.Bool("x", false, "print the program without loops and macros")
	flag.Parse()
	bad := false
	for _, name := range flag.Args() {
		if err := check(name, *write, *show, *expand); err != nil {
			fmt.Fprintln(os.Stderr, err)
			bad = true
		}
	}
	if bad {
		os.Exit(1)
	}
}

func check(name string, write, show, expand bool) error {
	src, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	p, err := program.Parse(name, src)
	if err != nil {
		return err
	}
	if expand {
		os.Stdout.Write(p.Expanded())
	}
	out := program.Format(p)
	if show {
		os.Stdout.Write(out)
	}
	if write && !bytes.Equal(src, out) {
		return os.WriteFile(name, out, 0o644)
	}
	return nil
}
