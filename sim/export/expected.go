// SPDX-License-Identifier: GPL-2.0-only

package export

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
)

// Expected is the table of outcomes of the selftests under every kernel and semantics:
// which pass, which skip, which fail, and why. The zero value is an empty table.
type Expected struct {
	columns []string          // KERNEL/SEMANTICS
	rows    []string          // BINARY/TEST
	cells   map[string]string // row and column, joined by a blank
}

// Column names a configuration's column, false if the table has none for it: bugs and
// policies have none.
func Column(c *sim.Config) (string, bool) {
	plain := len(c.Bugs) == 0 && len(c.Off) == 0 && c.Policy.Name == ""
	return c.Kernel + "/" + c.Semantics, plain
}

// Cell is what the table says about a test: "pass", "skip: REASON" or "fail: REASON".
func (x *Expected) Cell(test, column string) (string, bool) {
	s, ok := x.cells[test+" "+column]
	return s, ok
}

// Tests lists the tests in the order of the table.
func (x *Expected) Tests() []string { return slices.Clone(x.rows) }

// CellOf makes a cell of a report.
func CellOf(r *program.Report) string {
	switch r.Outcome {
	case program.Pass:
		return "pass"
	case program.Skip:
		return "skip: " + oneLine(r.Reason)
	}
	return fmt.Sprintf("fail: %d:%d: %s", r.At.Line, r.At.Col, oneLine(r.What()))
}

// RunAll fills a table by running every test under every kernel and semantics.
func RunAll(tests []program.Selftest) (*Expected, error) {
	x := &Expected{cells: make(map[string]string)}
	for _, k := range sim.Profiles() {
		for _, s := range sim.AllSemantics() {
			cfg := sim.Config{Kernel: k.Name, Semantics: s.Name}
			column, _ := Column(&cfg)
			x.columns = append(x.columns, column)
			for i := range tests {
				r, err := program.Run(tests[i].Program, cfg)
				if err != nil {
					return nil, err
				}
				x.cells[tests[i].Path()+" "+column] = CellOf(r)
			}
		}
	}
	for i := range tests {
		x.rows = append(x.rows, tests[i].Path())
	}
	return x, nil
}

// expectedHead is the beginning of the table's file.
const expectedHead = `# SPDX-License-Identifier: GPL-2.0-only
# Outcomes of the selftests: a column for each kernel and semantics. A number behind
# skip or fail is that of its reason; the reasons stand first, a fail's with line and
# column. Written by: nssim selftest --table
`

// Format writes the table: reasons first, then tab-separated columns.
func (x *Expected) Format() []byte {
	var reasons []string
	number := make(map[string]int)
	var rows bytes.Buffer
	for _, test := range x.rows {
		rows.WriteString(test)
		for _, c := range x.columns {
			word, reason, has := strings.Cut(x.cells[test+" "+c], ": ")
			rows.WriteString("\t" + word)
			if !has {
				continue
			}
			if number[reason] == 0 {
				reasons = append(reasons, reason)
				number[reason] = len(reasons)
			}
			rows.WriteString(" " + strconv.Itoa(number[reason]))
		}
		rows.WriteByte('\n')
	}
	var b bytes.Buffer
	b.WriteString(expectedHead)
	for i, r := range reasons {
		fmt.Fprintf(&b, "# %d: %s\n", i+1, r)
	}
	b.WriteString("test\t" + strings.Join(x.columns, "\t") + "\n")
	b.Write(rows.Bytes())
	return b.Bytes()
}

// ParseExpected reads what Format has written.
func ParseExpected(data []byte) (*Expected, error) {
	x := &Expected{cells: make(map[string]string)}
	reasons := make(map[string]string)
	sc := bufio.NewScanner(bytes.NewReader(data))
	sc.Buffer(nil, 1<<20)
	for n := 1; sc.Scan(); n++ {
		line := sc.Text()
		switch {
		case strings.HasPrefix(line, "# "):
			if num, reason, ok := strings.Cut(line[2:], ": "); ok {
				reasons[num] = reason
			}
		case x.columns == nil:
			x.columns = strings.Split(line, "\t")[1:]
		default:
			if err := x.row(strings.Split(line, "\t"), reasons); err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
		}
	}
	return x, sc.Err()
}

func (x *Expected) row(fields []string, reasons map[string]string) error {
	if len(fields) != len(x.columns)+1 {
		return fmt.Errorf("found %d columns, expected %d", len(fields), len(x.columns)+1)
	}
	x.rows = append(x.rows, fields[0])
	for i, f := range fields[1:] {
		word, num, has := strings.Cut(f, " ")
		if has {
			reason, ok := reasons[num]
			if !ok {
				return fmt.Errorf("found reason %q, expected the number of one above", num)
			}
			word += ": " + reason
		}
		x.cells[fields[0]+" "+x.columns[i]] = word
	}
	return nil
}
