// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"errors"
	"fmt"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/export"
	"github.com/nssim/nssim/sim/program"
	"github.com/nssim/nssim/testdata"
	"github.com/spf13/cobra"
)

// selftestFlags is what `nssim selftest` is to do.
type selftestFlags struct{ list, expected, table bool }

func (c *cli) selftestCommand() *cobra.Command {
	var f selftestFlags
	cmd := &cobra.Command{
		Use:   "selftest [PATTERN...]",
		Short: "Run the kernel's namespaces selftests on the model",
		Long: `Runs the kernel's namespaces selftests, written as programs, and prints KTAP:
the results of each binary's tests, then of the binary. A PATTERN chooses tests
by their path (listns_test/listns_*), by binary, or by name.

Exit status: 1 if a test fails, or with --expected if an outcome is not the
expected one; 2 if a PATTERN fits no test.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := exclusive(cmd, "list", "expected", "table"); err != nil {
				return err
			}
			return c.selftest(args, f)
		},
	}
	c.machineFlags(cmd)
	c.jsonFlag(cmd, "one JSON object a line")
	cmd.Flags().BoolVar(&f.list, "list", false, "print the tests and run none")
	cmd.Flags().BoolVar(&f.expected, "expected", false, "compare with the table of expected outcomes: ok is an outcome as expected")
	cmd.Flags().BoolVar(&f.table, "table", false, "print that table, made anew for every kernel and semantics")
	return cmd
}

func (c *cli) selftest(patterns []string, f selftestFlags) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	tests, err := chooseTests(patterns)
	switch {
	case err != nil:
		return err
	case f.list:
		return c.listTests(tests)
	case f.table:
		x, err := export.RunAll(tests)
		if err != nil {
			return err
		}
		_, err = c.out.Write(x.Format())
		return err
	}
	m, err := sim.New(cfg)
	if err != nil {
		return err
	}
	want := (*export.Expected)(nil)
	if f.expected {
		if want, err = expectedFor(m.Cfg); err != nil {
			return err
		}
	}
	suites, err := runTests(tests, cfg, m.Cfg, want)
	if err != nil {
		return err
	}
	total, err := c.printTests(m.Cfg, suites)
	if err == nil && total.Fail > 0 {
		err = errFailed
	}
	return err
}

// chooseTests returns the tests that fit some pattern, in the kernel's order. Each
// pattern must fit one.
func chooseTests(patterns []string) ([]program.Selftest, error) {
	all, err := program.Selftests(testdata.FS)
	if err != nil || len(patterns) == 0 {
		return all, err
	}
	chosen := make([]bool, len(all))
	for _, p := range patterns {
		fits := false
		for i := range all {
			ok, err := all[i].Match(p)
			if err != nil {
				return nil, fmt.Errorf("pattern %q: %w", p, err)
			}
			chosen[i], fits = chosen[i] || ok, fits || ok
		}
		if !fits {
			return nil, fmt.Errorf("no selftest fits %q; nssim selftest --list prints them", p)
		}
	}
	var tests []program.Selftest
	for i := range all {
		if chosen[i] {
			tests = append(tests, all[i])
		}
	}
	return tests, nil
}

func (c *cli) listTests(tests []program.Selftest) error {
	for i := range tests {
		if c.json {
			if err := c.printJSON(map[string]string{"test": tests[i].Path()}); err != nil {
				return err
			}
			continue
		}
		c.printf("%s\n", tests[i].Path())
	}
	return nil
}

// expectedFor reads the table, which must have a column for the configuration.
func expectedFor(cfg *sim.Config) (*export.Expected, error) {
	data, err := testdata.FS.ReadFile("selftests/EXPECTED.tsv")
	if err != nil {
		return nil, err
	}
	if _, ok := export.Column(cfg); !ok {
		return nil, errors.New("--expected knows kernels and semantics only, without --bug and --off")
	}
	return export.ParseExpected(data)
}

// runTests runs tests and groups the results by binary.
func runTests(tests []program.Selftest, cfg sim.Config, composed *sim.Config, want *export.Expected) ([]export.Suite, error) {
	var suites []export.Suite
	for i := range tests {
		t := &tests[i]
		rep, err := program.Run(t.Program, cfg)
		if err != nil {
			return nil, err
		}
		if len(suites) == 0 || suites[len(suites)-1].Name != t.Binary {
			suites = append(suites, export.Suite{Name: t.Binary})
		}
		res := resultOf(t, rep)
		if want != nil {
			res = compared(t, rep, composed, want)
		}
		s := &suites[len(suites)-1]
		s.Tests = append(s.Tests, res)
	}
	return suites, nil
}

func resultOf(t *program.Selftest, rep *program.Report) export.TestResult {
	res := export.TestResult{Name: t.Name, Outcome: rep.Outcome}
	switch rep.Outcome {
	case program.Skip:
		res.Reason = rep.Reason
	case program.Fail, program.BadProgram:
		res.Notes = []string{fmt.Sprintf("%s: %s", rep.At, rep.What())}
		for i := len(rep.Stack) - 1; i >= 0; i-- {
			res.Notes = append(res.Notes, fmt.Sprintf("  in %s at %s", rep.Stack[i].What, rep.Stack[i].At))
		}
	}
	return res
}

// compared is the result of a comparison with the table: passed if the outcome is the
// one in the table, reason and all.
func compared(t *program.Selftest, rep *program.Report, cfg *sim.Config, want *export.Expected) export.TestResult {
	column, _ := export.Column(cfg)
	expected, ok := want.Cell(t.Path(), column)
	got := export.CellOf(rep)
	if !ok {
		expected = "nothing: the table does not have this test"
	}
	if got == expected {
		return export.TestResult{Name: t.Name, Notes: notesOf(got)}
	}
	return export.TestResult{Name: t.Name, Outcome: program.Fail, Notes: []string{"got " + got, "expected " + expected}}
}

// notesOf says which outcome was expected where it is not that the test passes.
func notesOf(cell string) []string {
	if cell == "pass" {
		return nil
	}
	return []string{"as expected: " + cell}
}

// testJSON is a result in JSON.
type testJSON struct {
	Test    string   `json:"test"`
	Outcome string   `json:"outcome"`
	Reason  string   `json:"reason,omitempty"`
	Notes   []string `json:"notes,omitempty"`
}

func (c *cli) printTests(cfg *sim.Config, suites []export.Suite) (total export.Totals, err error) {
	if !c.json {
		return export.WriteKTAP(c.out, []string{header(cfg)}, suites)
	}
	if err = c.printJSON(madeBy(cfg, "")); err != nil {
		return total, err
	}
	for i := range suites {
		for _, t := range suites[i].Tests {
			total.Add(t.Outcome)
			if err = c.printJSON(testJSON{suites[i].Name + "/" + t.Name, t.Outcome.String(), t.Reason, t.Notes}); err != nil {
				return total, err
			}
		}
	}
	return total, c.printJSON(map[string]export.Totals{"totals": total})
}
