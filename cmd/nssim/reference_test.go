// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

//go:generate go test -run TestReference . -update

const referenceFile = root + "/docs/commands.md"

// docs/commands.md is the reference that the commands themselves give.
func TestReference(t *testing.T) {
	got := reference()
	if *update {
		require.NoError(t, os.WriteFile(referenceFile, []byte(got), 0o666))
	}
	want, err := os.ReadFile(referenceFile)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// reference describes every command in Markdown.
func reference() string {
	var out bytes.Buffer
	c := &cli{out: bufio.NewWriter(&out)}
	cmd := c.root()
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- SPDX-License-Identifier: GPL-2.0-only -->\n")
	fmt.Fprintf(&b, "<!-- Made from the commands by: go generate ./cmd/nssim -->\n")
	fmt.Fprintf(&b, "# Commands\n\n%s\n", cmd.Long)
	for _, s := range cmd.Commands() {
		if s.IsAvailableCommand() && s.Name() != "completion" {
			describe(&b, s)
		}
	}
	fmt.Fprintf(&b, "\n## nssim completion bash|fish|powershell|zsh\n\nPrints a script that completes commands and flags in that shell.\n")
	return b.String()
}

func describe(b *strings.Builder, cmd *cobra.Command) {
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	path := strings.TrimSuffix(cmd.CommandPath(), cmd.Name())
	fmt.Fprintf(b, "\n## %s%s\n\n%s\n", path, cmd.Use, text)
	first := true
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if first {
			fmt.Fprintf(b, "\n| flag | does |\n|---|---|\n")
			first = false
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", flagUsage(f), f.Usage)
	})
	for _, s := range cmd.Commands() {
		if s.IsAvailableCommand() {
			describe(b, s)
		}
	}
}

func flagUsage(f *pflag.Flag) string {
	s := "--" + f.Name
	if f.Shorthand != "" {
		s = "-" + f.Shorthand + ", " + s
	}
	switch f.Value.Type() {
	case "bool":
		return s
	case "int":
		return s + " N"
	}
	return s + " NAME"
}
