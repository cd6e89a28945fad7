// SPDX-License-Identifier: GPL-2.0-only

package bugs

import (
	"slices"

	"github.com/nssim/nssim/sim/gen"
)

// only restricts the random programs that hunt a bug to what matters to it, for bugs that
// take too long otherwise. Names are those of gen.Weights.
var only = map[string][]string{
	"unshare-error-leaks-nsproxy":     {"fork", "unshare", "enter-user"},
	"unshare-error-drops-active":      {"fork", "unshare", "enter-user"},
	"creds-published-early":           {"fork", "unshare", "enter-user", "listns"},
	"handle-ignores-active":           {"fork", "enter-user", "leave", "learn", "open_by_handle_at", "name_to_handle_at", "wait4"},
	"pid-parent-inactive":             {"fork", "clone", "unshare", "open-ns", "leave", "exit_group", "kill", "wait4", "listns"},
	"rcu-head-overlays-id-and-active": {"fork", "clone", "unshare", "listns", "exit_group", "wait4"},
	"put-inside-rcu":                  {"fork", "clone", "unshare", "listns", "exit_group", "wait4"},
	"listns-get-first":                {"fork", "clone", "unshare", "drop", "listns", "exit_group", "wait4"},
	"clear-next-on-remove":            {"fork", "clone", "unshare", "listns", "exit_group", "wait4"},
	"mnt-inum-freed-early":            {"fork", "clone", "unshare", "exit_group", "wait4", "readlink", "open-ns", "fstat"},
	"unshare-moves-root":              {"fork", "unshare", "mount", "mkdir", "create", "umount2"},
	"pid-freed-before-flush":          {"fork", "setsid", "exit_group", "wait4", "settle"},
	"cursor-inactive-ends":            {"fork", "clone", "leave", "learn", "listns", "pages", "exit_group", "wait4"},
	"handle-owner-cap":                {"fork", "clone", "enter-user", "unshare", "learn", "open-ns", "open_by_handle_at", "name_to_handle_at"},
	"handle-tail-misread":             {"fork", "open-ns", "learn", "open_by_handle_at", "name_to_handle_at"},
	"iter-ignores-active":             {"fork", "clone", "leave", "open-ns", "ioctl", "exit_group", "wait4"},
	"zombie-pidfd-needs-nsproxy":      {"fork", "clone", "pidfd_open", "ioctl", "exit_group"},
	"setns-mnt-ignores-sharing":       {"fork", "clone", "unshare", "open-ns", "pidfd_open", "setns"},
	"setns-mnt-private-fs":            {"fork", "clone", "unshare", "pidfd_open", "setns"},
	"pid-ioctl-enotty":                {"fork", "open-ns", "ioctl"},
	"pid-for-children-needs-reaper":   {"fork", "unshare", "open-ns"},
	"iter-needs-info":                 {"fork", "unshare", "open-ns", "ioctl"},
	"siocgskns-refuses-inactive":      {"fork", "clone", "leave", "socket", "sendfd", "ioctl", "exit_group", "wait4"},
	"mark-keeps-active":               {"fork", "clone", "leave", "inotify_init", "inotify_add_watch", "listns", "exit_group", "wait4"},
}

// Only lists what the random programs that hunt the bug draw; nil for everything.
func (b *Bug) Only() []string { return slices.Clone(only[b.Name]) }

// weights are those of a mixture for what is drawn, and 0 for the rest.
func (b *Bug) weights(mix map[string]int) map[string]int {
	allowed := only[b.Name]
	if allowed == nil {
		return mix
	}
	out := make(map[string]int)
	for name, w := range gen.Weights() {
		if !slices.Contains(allowed, name) {
			w = 0
		} else if m, ok := mix[name]; ok {
			w = m
		}
		out[name] = w
	}
	return out
}
