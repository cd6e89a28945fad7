// SPDX-License-Identifier: GPL-2.0-only

package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nssim/nssim/sim/program"
)

// Difference is what one configuration gains and loses against another.
type Difference struct {
	// Can and Cannot are questions that are answered yes now, or not any more.
	Can, Cannot []string
	// Mended are properties that hold now and did not; Broken those that do not hold any
	// more, or are broken by programs that did not break them before, with the shortest.
	Mended []string
	Broken []NewlyBroken
	// Less are properties that fewer programs break, with those that do not any more.
	Less []NotBroken
	// Gone and New are properties that there is nothing for any more, or something now.
	Gone, New []string
	// Selftests are those whose outcome is another.
	Selftests []Changed
}

// NewlyBroken is a property and the shortest program that breaks it now.
type NewlyBroken struct {
	Property string
	// Also says that other programs broke it before.
	Also bool
	By   Broken
}

// NotBroken is a property that is still broken, and the programs that leave it whole now.
type NotBroken struct {
	Property string
	Programs []string
}

// Changed is a selftest with its outcomes.
type Changed struct {
	Test     string
	Was, Now program.Outcome
}

// Diff says what now gains and loses against was.
func (s *Suite) Diff(was, now *Result) *Difference {
	d := &Difference{}
	for i, q := range s.Questions {
		switch {
		case now.Answers[i] && !was.Answers[i]:
			d.Can = append(d.Can, q.Text)
		case was.Answers[i] && !now.Answers[i]:
			d.Cannot = append(d.Cannot, q.Text)
		}
	}
	for i := range now.Verdicts {
		d.verdict(&was.Verdicts[i], &now.Verdicts[i])
	}
	for i := range s.Selftests {
		if was.Selftests[i] != now.Selftests[i] {
			d.Selftests = append(d.Selftests, Changed{s.Selftests[i].Path(), was.Selftests[i], now.Selftests[i]})
		}
	}
	return d
}

func (d *Difference) verdict(was, now *Verdict) {
	name := now.Property.Name
	switch {
	case was.Applies && !now.Applies:
		d.Gone = append(d.Gone, name)
		return
	case now.Applies && !was.Applies:
		d.New = append(d.New, name)
	case len(was.Broken) > 0 && len(now.Broken) == 0:
		d.Mended = append(d.Mended, name)
	}
	old, still := was.Programs(), now.Programs()
	gone := slices.DeleteFunc(slices.Clone(old), func(p string) bool { return slices.Contains(still, p) })
	if len(gone) > 0 && len(still) > 0 {
		d.Less = append(d.Less, NotBroken{name, gone})
	}
	for _, b := range now.Broken {
		if !slices.Contains(old, b.Program) {
			d.Broken = append(d.Broken, NewlyBroken{name, len(old) > 0, b})
			return
		}
	}
}

// String says it in lines, "no difference" if there is none.
func (d *Difference) String() string {
	var b strings.Builder
	list := func(head string, items []string) {
		if len(items) > 0 {
			b.WriteString(head + "\n    " + strings.Join(items, "\n    ") + "\n")
		}
	}
	list("yes now", d.Can)
	list("no now", d.Cannot)
	var broken []string
	for _, n := range d.Broken {
		more := ""
		if n.Also {
			more = " too"
		}
		broken = append(broken, fmt.Sprintf("%s, by %s%s: %s", n.By.Property, n.By.Program, more, n.By.Text))
	}
	list("broken now", broken)
	list("holds now", d.Mended)
	var less []string
	for _, n := range d.Less {
		less = append(less, n.Property+", not by "+strings.Join(n.Programs, ", ")+" any more")
	}
	list("holds more often", less)
	list("nothing to hold any more", d.Gone)
	list("something to hold now", d.New)
	list("selftests", d.counts())
	if b.Len() == 0 {
		return "no difference\n"
	}
	return b.String()
}

// counts tells how many selftests changed from what to what.
func (d *Difference) counts() (out []string) {
	for _, now := range outcomes {
		for _, was := range outcomes {
			n := 0
			for _, t := range d.Selftests {
				if t.Was == was && t.Now == now {
					n++
				}
			}
			if n > 0 {
				out = append(out, fmt.Sprintf("%d %s, was %s", n, word(now), word(was)))
			}
		}
	}
	return out
}

var outcomes = []program.Outcome{program.Pass, program.Fail, program.Skip}

func word(o program.Outcome) string { return strings.ToLower(o.String()) }
