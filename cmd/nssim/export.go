// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/goccy/go-graphviz"
	"github.com/nssim/nssim/sim/export"
	"github.com/nssim/nssim/sim/export/syz"
	"github.com/nssim/nssim/sim/program"
	"github.com/spf13/cobra"
)

// exporter is a form into which `nssim export` turns a program.
type exporter struct {
	name, short, long string
	write             func(*cli, *drawn) ([]byte, error)
	// text says that nothing is drawn: long is all there is to say.
	text bool
}

// description is the help of a form.
func (e *exporter) description() string {
	if e.text {
		return e.long
	}
	return `Runs a program and draws the machine as it is then: tasks, their nsproxies and
credentials, files, sockets and mounts, and every reference that these hold on
the namespaces, with both counts, and who owns whom. What the last line has
changed is highlighted.

` + e.long
}

// exporters draw a machine after a line of a program.
var exporters = []exporter{
	{"dot", "Draw a machine as a graph in the language of Graphviz",
		"Reads by dot, and by the libraries that lay it out.", (*cli).exportDOT, false},
	{"svg", "Draw a machine as an SVG picture", "Laid out by Graphviz, which is built in.", (*cli).exportSVG, false},
	{"tree", "Draw a machine as a tree in plain text",
		"Each namespace stands below its owner, with who holds it and who uses\nthose. What is new is marked with +, what has changed with *.", (*cli).exportTree, false},
	{"md", "Write a program with its results and a drawing in Markdown",
		"The program as it ran, and the tree of the machine, for a mail or a page.", (*cli).exportMarkdown, false},
	{"syz", "Write a program as a test of syzkaller",
		`Runs a program and writes the calls of its first task as a test of syzkaller,
each with the errno that it has failed with. A call by another task, and
whatever else cannot be expressed, is a mistake that names its place.
Assertions become comments. docs/syzkaller.md says more.`, (*cli).exportSyz, true},
}

// drawn is a run that stands after the line that is to be drawn.
type drawn struct {
	r     *program.Runner
	after int // line of the file, 0 for none
	text  bytes.Buffer
	seen  []program.Observed
	d     *export.Drawing
}

func (d *drawn) title(c *cli) string {
	if d.after == 0 {
		return fmt.Sprintf("%s, before the first line\n%s", d.r.Program().Name, header(d.r.Machine().Cfg))
	}
	return fmt.Sprintf("%s, after line %d\n%s", d.r.Program().Name, d.after, header(d.r.Machine().Cfg))
}

func (c *cli) exportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export FORMAT FILE",
		Short: "Turn a program into a drawing or another form",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	for _, e := range exporters {
		cmd.AddCommand(c.exportForm(e))
	}
	cmd.AddCommand(c.exportCCommand())
	return cmd
}

func exactlyOne(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("found %d arguments, expected %s", len(args), what)
		}
		return nil
	}
}

func (c *cli) exportForm(e exporter) *cobra.Command {
	line, to := 0, ""
	cmd := &cobra.Command{
		Use:   e.name + " FILE",
		Short: e.short,
		Long:  e.description(),
		Args:  exactlyOne("FILE"),
		RunE:  func(_ *cobra.Command, args []string) error { return c.export(e, args[0], line, to) },
	}
	c.machineFlags(cmd)
	cmd.Flags().IntVar(&line, "line", 0, "draw when this line of the file has been run (default: the end)")
	cmd.Flags().StringVarP(&to, "output", "o", "", "write to this file")
	return cmd
}

func (c *cli) export(e exporter, file string, line int, to string) error {
	d, err := c.draw(file, line)
	if err != nil {
		return err
	}
	out, err := e.write(c, d)
	if err != nil {
		return err
	}
	if to != "" {
		err = os.WriteFile(to, out, 0o644)
	} else {
		_, err = c.out.Write(out)
	}
	if err != nil {
		return err
	}
	if rep := d.r.Report(); rep.Outcome == program.Fail {
		fmt.Fprintln(c.errw, rep)
		return errFailed
	}
	return nil
}

// draw runs a program up to a line of its file and draws what is there then.
func (c *cli) draw(file string, line int) (*drawn, error) {
	cfg, err := c.config()
	if err != nil {
		return nil, err
	}
	if line < 0 {
		return nil, fmt.Errorf("found line %d, expected the number of a line", line)
	}
	sources, err := c.readSources([]string{file})
	if err != nil {
		return nil, err
	}
	r, err := program.NewRunner(sources[0].p, cfg)
	if err != nil {
		return nil, err
	}
	d := &drawn{r: r}
	lines := r.Program().Lines
	w := export.NewLineWriter(r.Program())
	var before *export.Drawing
	for last := lastLine(r.Program(), line); r.Line() < last && !r.Done(); {
		before = export.Draw(r.Machine(), r)
		r.Next()
		d.text.WriteString(w.Observed(r.Observed()) + "\n")
		d.seen = append(d.seen, r.Observed().Clone())
	}
	if err := r.Report().Err(); err != nil {
		return nil, err
	}
	if i := r.Line(); i > 0 {
		d.after = lines[i-1].Place().Line
	}
	d.d = export.Draw(r.Machine(), r)
	if before != nil {
		d.d.Mark(before)
	}
	return d, nil
}

// lastLine returns how many lines of a program stand on a line of its file or before;
// 0 is the end of the file.
func lastLine(p *program.Program, line int) int {
	n := 0
	for n < len(p.Lines) && (line == 0 || p.Lines[n].Place().Line <= line) {
		n++
	}
	return n
}

func (c *cli) exportDOT(d *drawn) ([]byte, error) { return []byte(d.d.DOT(d.title(c))), nil }

func (c *cli) exportSVG(d *drawn) ([]byte, error) { return renderSVG(d.d.DOT(d.title(c))) }

// renderSVG lays a drawing out.
func renderSVG(dot string) ([]byte, error) {
	ctx := context.Background()
	g, err := graphviz.New(ctx)
	if err != nil {
		return nil, err
	}
	defer g.Close()
	graph, err := graphviz.ParseBytes([]byte(dot))
	if err != nil {
		return nil, err
	}
	defer graph.Close()
	var b bytes.Buffer
	err = g.Render(ctx, graph, graphviz.SVG, &b)
	return b.Bytes(), err
}

func (c *cli) exportTree(d *drawn) ([]byte, error) {
	return fmt.Appendf(nil, "# %s\n%s", header(d.r.Machine().Cfg), d.d.Text()), nil
}

// exportSyz writes a test of syzkaller. What has failed is told by the caller.
func (c *cli) exportSyz(d *drawn) ([]byte, error) {
	f, err := syz.Export(d.r.Program(), d.seen)
	if err != nil {
		return nil, err
	}
	return f.Format(), nil
}

func (c *cli) exportMarkdown(d *drawn) ([]byte, error) {
	return fmt.Appendf(nil, "**%s**, %s\n\n```\n%s```\n\n```\n%s```\n",
		d.r.Program().Name, header(d.r.Machine().Cfg), d.text.String(), d.d.Text()), nil
}
