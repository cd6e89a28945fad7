// SPDX-License-Identifier: GPL-2.0-only

package refcount_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nssim/nssim/refcount"
	"github.com/stretchr/testify/require"
)

// TestLifecycle runs the files of testdata, which read like the story of a few
// namespaces. testdata/examples.txt explains the notation.
func TestLifecycle(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.Len(t, files, 4)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { require.NoError(t, tell(file, 0)) })
	}
}

// TestLifecycleHasTeeth runs them on kernels that differ in one rule: each must
// change the story.
func TestLifecycleHasTeeth(t *testing.T) {
	for _, c := range []struct {
		rule refcount.Rules
		file string
	}{
		{refcount.NoActive, "examples"},
		{refcount.InitCounted, "examples"},
		{refcount.OwnerAtCreation, "examples"},
		{refcount.NoCascadeOnPut, "examples"},
		{refcount.CascadeOnEveryPut, "examples"},
		{refcount.ResurrectOneLevel, "examples"},
		{refcount.ResurrectOneLevel, "firstposting"},
		{refcount.UnderflowUnasserted, "underflow"},
		{refcount.FirstAsserts, "underflow"},
	} {
		file := "testdata/" + c.file + ".txt"
		err := tell(file, c.rule)
		require.Error(t, err, "%s with %s", file, c.rule)
		require.ErrorIs(t, err, errDiffers, "%s with %s", file, c.rule)
	}
}

var errDiffers = errors.New("another outcome")

// story is a table whose namespaces have names.
type story struct {
	t     refcount.Table
	names []string         // by handle
	told  []refcount.Entry // what was told last
	fails bool             // an operation has returned false
}

// tell runs a file. Its own rules line comes on top of the rules given.
func tell(file string, rules refcount.Rules) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	s := newStory(rules)
	lines, told := bufio.NewScanner(f), 0
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if err := s.line(text); err != nil {
			return fmt.Errorf("%s:%d: %s: %w", file, n, text, err)
		}
		told++
	}
	if told == 0 {
		return fmt.Errorf("%s: nothing told", file)
	}
	return lines.Err()
}

func newStory(rules refcount.Rules) *story {
	s := &story{names: []string{""}}
	s.t.Rules = rules
	s.t.AllocInitial(0)
	s.names = append(s.names, "init")
	s.changes()
	return s
}

func (s *story) line(text string) error {
	if names, ok := strings.CutPrefix(text, "rules "); ok {
		for name := range strings.SplitSeq(names, "|") {
			rule, err := ruleByName(name)
			if err != nil {
				return err
			}
			s.t.Rules |= rule
		}
		*s = *newStory(s.t.Rules)
		return nil
	}
	todo, want, ok := strings.Cut(text, "|")
	if !ok {
		return errors.New("no bar")
	}
	s.fails = false
	for cmd := range strings.SplitSeq(todo, ";") {
		if err := s.do(strings.Fields(cmd)); err != nil {
			return err
		}
	}
	if got := s.changes(); got != strings.TrimSpace(want) {
		return fmt.Errorf("%w: %s", errDiffers, got)
	}
	return nil
}

func ruleByName(name string) (refcount.Rules, error) {
	for r := refcount.NoActive; r <= refcount.FirstAsserts; r <<= 1 {
		if r.String() == name {
			return r, nil
		}
	}
	return 0, fmt.Errorf("unknown rule %q", name)
}

func (s *story) handle(name string) (refcount.Handle, error) {
	if h := slices.Index(s.names, name); h > 0 {
		return refcount.Handle(h), nil
	}
	return 0, fmt.Errorf("unknown namespace %q", name)
}

func (s *story) do(w []string) error {
	switch {
	case len(w) == 2 && s.ops()[w[0]] != nil:
		h, err := s.handle(w[1])
		if err == nil {
			s.ops()[w[0]](h)
		}
		return err
	case len(w) == 2:
		return s.create(w[1], "init")
	case len(w) == 4 && w[2] == "in":
		return s.create(w[1], w[3])
	}
	return fmt.Errorf("cannot read %q", w)
}

func (s *story) ops() map[string]func(refcount.Handle) {
	return map[string]func(refcount.Handle){
		"get":       s.t.ActiveGet,
		"put":       s.t.ActivePut,
		"resurrect": s.t.Resurrect,
		"enter":     s.t.GetOwner,
		"inc":       s.t.Inc,
		"drop":      func(h refcount.Handle) { s.t.Put(h) },
		"lock":      func(h refcount.Handle) { s.t.DecAndLock(h) },
		"hold":      func(h refcount.Handle) { s.fails = !s.t.Get(h) },
		"see":       func(h refcount.Handle) { s.fails = !s.t.GetUnlessInactive(h) },
	}
}

func (s *story) create(name, owner string) error {
	o, err := s.handle(owner)
	if err != nil {
		return err
	}
	s.t.SetIdentity(s.t.Alloc(o), false)
	s.names = append(s.names, name)
	return nil
}

// changes tells what has changed since it was last called.
func (s *story) changes() string {
	var counts, out []string
	for h := 1; h < len(s.t.Entries); h++ {
		if c := s.change(h); c != "" {
			counts = append(counts, s.names[h]+c)
		}
	}
	if len(counts) > 0 {
		out = append(out, strings.Join(counts, ", "))
	}
	for e := range s.t.Warnings() {
		out = append(out, s.names[e.NS]+": "+e.What.String())
	}
	if s.fails {
		out = append(out, "false")
	}
	s.told = append(s.told[:0], s.t.Entries...)
	s.t.Events = s.t.Events[:0]
	return strings.Join(out, "; ")
}

func (s *story) change(h int) (text string) {
	e, fresh := s.t.Entries[h], h >= len(s.told)
	p, a, _ := strings.Cut(e.String(), " ")
	if fresh || e.Passive != s.told[h].Passive {
		text += " " + p
	}
	if fresh || e.Active != s.told[h].Active {
		text += " " + a
	}
	return text
}
