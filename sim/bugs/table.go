// SPDX-License-Identifier: GPL-2.0-only

package bugs

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
)

// Seeds is how many seeds a row of the table is the median of by default, and MaxCalls how
// many calls each of them makes at most.
const (
	Seeds    = 20
	MaxCalls = 12_000
)

// Row is one bug of the table.
type Row struct {
	Bug     Bug
	Caught  string // what catches it in its program
	Random  string // what catches it most often in random programs; "" if nothing does
	Median  int    // random calls until it is caught; 0: more than half the seeds did not
	Nothing int    // seeds that did not catch it
}

// Table makes the rows of the given bugs. It uses all processors.
func Table(all []Bug, seeds, calls int) ([]Row, error) {
	rows := make([]Row, len(all))
	errs := make([]error, len(all))
	work := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range work {
				rows[i], errs[i] = all[i].row(seeds, calls)
			}
		})
	}
	for i := range all {
		work <- i
	}
	close(work)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func (b *Bug) row(seeds, calls int) (Row, error) {
	c, err := b.Catch()
	if err != nil {
		return Row{}, err
	}
	r := Row{Bug: *b, Caught: c.By()}
	var found []int
	by := make(map[string]int)
	for seed := range seeds {
		h, err := b.Hunt(uint64(seed+1), calls)
		if err != nil {
			return r, err
		}
		if !h.Found {
			if r.Nothing++; r.Nothing > seeds/2 {
				break // no median any more
			}
			continue
		}
		found = append(found, h.Calls)
		by[h.By]++
	}
	slices.Sort(found)
	if middle := (seeds - 1) / 2; len(found) > middle {
		r.Median = found[middle]
	}
	r.Random = mostOften(by)
	return r, nil
}

func mostOften(by map[string]int) string {
	names := make([]string, 0, len(by))
	for n := range by {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(by[b]-by[a], cmp.Compare(a, b)) })
	if len(names) == 0 {
		return ""
	}
	return names[0]
}
