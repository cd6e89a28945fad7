// SPDX-License-Identifier: GPL-2.0-only

package program

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// dump writes a value with the types of everything in it and without places, so that two
// texts of the same program can be compared.
func dump(v any) string {
	var b strings.Builder
	dumpValue(&b, reflect.ValueOf(v), "")
	return b.String()
}

// leftOut is the fields that say where something came from.
var leftOut = map[string]bool{"At": true, "Stack": true, "frame": true, "taskFrame": true}

func dumpValue(b *strings.Builder, v reflect.Value, indent string) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			b.WriteString("nil\n")
			return
		}
		dumpValue(b, v.Elem(), indent)
	case reflect.Slice:
		fmt.Fprintf(b, "%d\n", v.Len())
		for i := range v.Len() {
			b.WriteString(indent + "- ")
			dumpValue(b, v.Index(i), indent+"  ")
		}
	case reflect.Struct:
		b.WriteString(v.Type().Name() + "\n")
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; !leftOut[name] {
				b.WriteString(indent + "  " + name + ": ")
				dumpValue(b, v.Field(i), indent+"    ")
			}
		}
	default:
		fmt.Fprintf(b, "%#v\n", v)
	}
}

// mustParse reads a program that has no mistakes.
func mustParse(t require.TestingT, src string) *Program {
	p, err := Parse("test.ns", []byte(src))
	require.NoError(t, err, src)
	return p
}

// roundTrip checks that the canonical layout and the expanded text of a program read back
// as the same program.
func roundTrip(t require.TestingT, p *Program) {
	lines := dump(p.Lines)
	formatted := Format(p)
	again, err := Parse("formatted.ns", formatted)
	require.NoError(t, err, "%s", formatted)
	require.Equal(t, lines, dump(again.Lines), "%s", formatted)
	require.Equal(t, dump(p.Config), dump(again.Config))
	require.Equal(t, string(formatted), string(Format(again)), "formatting twice")

	expanded := p.Expanded()
	flat, err := Parse("expanded.ns", expanded)
	require.NoError(t, err, "%s", expanded)
	require.Equal(t, lines, dump(flat.Lines), "%s", expanded)
	require.Equal(t, dump(p.Config), dump(flat.Config))
	require.Equal(t, p.Doc, flat.Doc)
	require.Equal(t, p.License, flat.License)
}

const formatDoc = "../../docs/program-format.md"

// docPrograms returns the programs in the format's description.
func docPrograms(t testing.TB) []string {
	text, err := os.ReadFile(formatDoc)
	require.NoError(t, err)
	var programs []string
	for i, block := range strings.Split(string(text), "```") {
		if i%2 == 1 {
			programs = append(programs, strings.TrimPrefix(strings.TrimPrefix(block, "ns"), "\n"))
		}
	}
	require.NotEmpty(t, programs)
	return programs
}

// savedPrograms returns every program of the repository by its path.
func savedPrograms(t testing.TB) map[string]string {
	programs := make(map[string]string)
	err := filepath.WalkDir("../../testdata", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".ns" {
			return err
		}
		text, err := os.ReadFile(path)
		programs[path] = string(text)
		return err
	})
	require.NoError(t, err)
	require.NotEmpty(t, programs)
	return programs
}
