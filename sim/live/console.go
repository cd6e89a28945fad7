// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"
)

// consoleLines is how many of the console's last lines an error shows.
const consoleLines = 30

// console keeps the last lines that a guest has written.
type console struct {
	copyTo io.Writer

	mu    sync.Mutex
	lines []string
	part  []byte
}

func (c *console) Write(p []byte) (int, error) {
	if c.copyTo != nil {
		c.copyTo.Write(p)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.part = append(c.part, p...)
	for {
		i := bytes.IndexByte(c.part, '\n')
		if i < 0 {
			return len(p), nil
		}
		c.add(string(c.part[:i]))
		c.part = c.part[i+1:]
	}
}

func (c *console) add(line string) {
	line = strings.TrimRight(line, "\r")
	if line == "" {
		return
	}
	if len(c.lines) == consoleLines {
		c.lines = slices.Delete(c.lines, 0, 1)
	}
	c.lines = append(c.lines, line)
}

// tail returns the last lines.
func (c *console) tail() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := slices.Clone(c.lines)
	if len(c.part) > 0 {
		out = append(out, string(c.part))
	}
	return out
}
