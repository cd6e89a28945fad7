// SPDX-License-Identifier: GPL-2.0-only

package check

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/nssim/nssim/sim"
)

// Verdicts is a table of what is known about each property under many configurations.
type Verdicts struct {
	rows  []string // configurations
	cells map[string][]string
}

//go:embed verdicts.tsv
var verdictsFile []byte

// Expected is the table of expected verdicts: every kernel with every semantics, and
// single switches turned on or off. It was made by running programs, and a test makes it
// anew; what deviates from it is news. It panics if the file is damaged.
var Expected = sync.OnceValue(func() *Verdicts {
	v, err := ParseVerdicts(verdictsFile)
	if err != nil {
		panic("check: verdicts.tsv: " + err.Error())
	}
	return v
})

// NewVerdicts returns an empty table.
func NewVerdicts() *Verdicts { return &Verdicts{cells: make(map[string][]string)} }

// RowName names the row of a configuration: KERNEL/SEMANTICS, then +BUG and -OFF.
func RowName(c *sim.Config) string {
	name := c.Kernel + "/" + c.Semantics
	for _, b := range c.Bugs {
		name += " +" + b
	}
	for _, b := range c.Off {
		name += " -" + b
	}
	return name
}

// The cells that are no names of programs.
const (
	cellHolds  = "holds"
	cellAbsent = "-"
)

// Cell makes a cell: what a property is broken by.
func Cell(applies bool, programs []string) string {
	switch {
	case !applies:
		return cellAbsent
	case len(programs) == 0:
		return cellHolds
	}
	return strings.Join(programs, ",")
}

// Add adds the row of a configuration, with a cell for each property.
func (v *Verdicts) Add(c *sim.Config, cells []string) {
	name := RowName(c)
	v.rows = append(v.rows, name)
	v.cells[name] = cells
}

// Rows lists the configurations.
func (v *Verdicts) Rows() []string { return append([]string(nil), v.rows...) }

// Broken returns the programs that break a property under a configuration, the shortest
// first; none where it holds or does not apply. It is false if the table does not have
// the configuration or the property.
func (v *Verdicts) Broken(row, property string) (programs []string, ok bool) {
	cells, ok := v.cells[row]
	if !ok {
		return nil, false
	}
	for i, p := range properties {
		if p.Name != property {
			continue
		}
		if cells[i] == cellHolds || cells[i] == cellAbsent {
			return nil, true
		}
		return strings.Split(cells[i], ","), true
	}
	return nil, false
}

// BrokenIn lists the properties that are broken under a configuration; it is false if the
// table does not have it.
func (v *Verdicts) BrokenIn(row string) (names []string, ok bool) {
	cells, ok := v.cells[row]
	for i, c := range cells {
		if c != cellHolds && c != cellAbsent {
			names = append(names, properties[i].Name)
		}
	}
	return names, ok
}

const verdictsHead = `# SPDX-License-Identifier: GPL-2.0-only
# Which properties hold under which configurations: "holds", "-" where there is nothing
# to hold, or the programs of testdata/options/breaks that break it, the shortest first;
# one that is nowhere the shortest is left out. +NAME and -NAME is a switch turned on or
# off. Written by: nssim options --table
`

// Format writes the table with tabs between the columns.
func (v *Verdicts) Format() []byte {
	var b bytes.Buffer
	b.WriteString(verdictsHead + "configuration")
	for _, p := range properties {
		b.WriteString("\t" + p.Name)
	}
	b.WriteByte('\n')
	for _, r := range v.rows {
		b.WriteString(r + "\t" + strings.Join(v.cells[r], "\t") + "\n")
	}
	return b.Bytes()
}

// ParseVerdicts reads what Format has written.
func ParseVerdicts(data []byte) (*Verdicts, error) {
	v := NewVerdicts()
	n, head := 0, false
	for line := range strings.Lines(string(data)) {
		n++
		line = strings.TrimSuffix(line, "\n")
		fields := strings.Split(line, "\t")
		switch {
		case strings.HasPrefix(line, "#"):
		case len(fields) != len(properties)+1:
			return nil, fmt.Errorf("line %d: found %d columns, expected %d", n, len(fields), len(properties)+1)
		case !head:
			head = true
			for i, p := range properties {
				if fields[i+1] != p.Name {
					return nil, fmt.Errorf("line %d: found column %q, expected %q", n, fields[i+1], p.Name)
				}
			}
		case v.cells[fields[0]] != nil:
			return nil, fmt.Errorf("line %d: found %q again, expected each configuration once", n, fields[0])
		default:
			v.rows = append(v.rows, fields[0])
			v.cells[fields[0]] = fields[1:]
		}
	}
	return v, nil
}
