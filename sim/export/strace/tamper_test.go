// SPDX-License-Identifier: GPL-2.0-only

package strace_test

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/export/strace"
	"github.com/stretchr/testify/require"
)

// tampering changes what a line says, and returns false for a line that it does not fit.
type tampering struct {
	name string
	line *regexp.Regexp
	to   func(m []string) string
}

func plus(s string, n int64) string {
	v, _ := strconv.ParseInt(s, 0, 64)
	return strconv.FormatInt(v+n, 10)
}

var tamperings = []tampering{
	{"descriptor", regexp.MustCompile(`^(\d+ +(?:openat\(AT_FDCWD, "/proc/self/ns|open_by_handle_at|SIOCGSKNS|socket\(|pidfd_open|dup\().*\) += )(\d+)$`),
		func(m []string) string { return m[1] + plus(m[2], 1) }},
	{"failure for success", regexp.MustCompile(`^(\d+ +(?:unshare|setns|listns|ioctl|close|name_to_handle_at|openat|open_by_handle_at)\(.*\) += )(\d+)$`),
		func(m []string) string { return m[1] + "-1 EXDEV (Invalid cross-device link)" }},
	{"success for failure", regexp.MustCompile(`^(\d+ +(?:setns|listns|SIOCGSKNS|open_by_handle_at).*\) += )-1 E.*$`),
		func(m []string) string { return m[1] + "0" }},
	{"errno", regexp.MustCompile(`^(\d+ +(?:setns|listns|SIOCGSKNS|open_by_handle_at).*\) += -1 )(E\w+) .*$`),
		func(m []string) string { return m[1] + "EXDEV (Invalid cross-device link)" }},
	{"number of entries", regexp.MustCompile(`^(\d+ +listns\(.*\) += )(\d+)$`),
		func(m []string) string { return m[1] + plus(m[2], -1) }},
	{"id in a listing", regexp.MustCompile(`^(\d+ +listns\(.*\[(?:.*, )?)(0x[0-9a-f]+)(\], \d+, 0\).*)$`),
		func(m []string) string { return m[1] + plus(m[2], 1000) + m[3] }},
	{"mode", regexp.MustCompile(`^(\d+ +newfstatat.*st_mode=S_IFREG\|)0444(,.*st_size=0.*)$`),
		func(m []string) string { return m[1] + "0644" + m[2] }},
	{"wait status", regexp.MustCompile(`^(\d+ +wait4.*WEXITSTATUS\(s\) == )(\d+)(.*)$`),
		func(m []string) string { return m[1] + plus(m[2], 3) + m[3] }},
	{"end of a process", regexp.MustCompile(`^(\d+ +\+\+\+ exited with )(\d+)( \+\+\+)$`),
		func(m []string) string { return m[1] + plus(m[2], 3) + m[3] }},
}

// A log that says something else than it did is found out, wherever that is.
func TestTamperedLogs(t *testing.T) {
	found := map[string]int{}
	for _, name := range []string{"siocgskns_test", "listns_test", "nsid_test", "file_handle_test"} {
		file := filepath.Join(logs, "6.19.14", name+".strace.gz")
		lines := strings.Split(string(readLog(t, file)), "\n")
		for _, x := range tamperings {
			n := 0
			for i, line := range lines {
				m := x.line.FindStringSubmatch(line)
				if m == nil {
					continue
				}
				if n++; n != 1 && n%29 != 0 {
					continue
				}
				found[x.name]++
				text := strings.Join(lines[:i], "\n") + "\n" + x.to(m) + "\n" + strings.Join(lines[i+1:], "\n")
				got, err := strace.Read(name, []byte(text), strace.Options{Config: sim.Config{Kernel: "v6.19.9"}, MaxDivergences: 1})
				if err == nil {
					require.NotEmpty(t, got.Divergences, "%s, line %d: %s\n%s\n%s", name, i+1, x.name, line, x.to(m))
				}
			}
		}
	}
	for _, x := range tamperings {
		require.Positive(t, found[x.name], x.name)
	}
}
