// SPDX-License-Identifier: GPL-2.0-only

package sim

// Profile is a kernel: a name and the switches that are on in it.
type Profile struct {
	Name     string
	Doc      string
	Switches []string
}

// The columns of this table are kernels, newest last; a switch is on from one to
// another. It is the one place that knows what changed when.
var profileNames = []string{"v6.18", "rfc-v1", "v6.19", "v6.19.9", "v7.0", "v7.1", "v7.2", "v7.3", "v7.3.4"}

var profileDocs = map[string]string{
	"v6.18":   "6.18.15: per-type trees and file handles, before active counts and listns(2)",
	"rfc-v1":  "the series as first posted",
	"v6.19":   "6.19.0 to 6.19.8: the release that merged listns(2)",
	"v6.19.9": "6.19.9 and later: permissions tightened",
	"v7.0":    "7.0.13",
	"v7.1":    "7.1.13",
	"v7.2":    "7.2.11 and later",
	"v7.3":    "7.3.0 to 7.3.3",
	"v7.3.4":  "7.3.4",
}

// spans says in which kernels each switch is on: "a" or "a..b" by the names above,
// several separated by blanks.
var spans = []struct{ name, kernels string }{
	{"no-active-count", "v6.18"},
	{"no-unified-tree", "v6.18"},
	{"ids-per-cpu", "v6.18"},
	{"no-listns", "v6.18"},
	{"no-anon-id", "v6.18"},
	{"handle-exact", "v6.18"},
	{"pidfd-get-unconditional", "v6.18"},
	{"init-ns-counted", "v6.18..rfc-v1"},
	{"handle-owner-cap", "v6.18..v6.19"},
	{"iter-owner-cap", "v6.18..v6.19"},
	{"pid-ioctl-enotty", "v6.18..v6.19.9"},
	{"set-tid-by-level", "v6.18..v6.19.9"},
	{"unshare-error-leaks-nsproxy", "v6.18..v6.19.9"},
	{"rcu-head-overlays-id", "v6.18..rfc-v1"},
	{"rcu-head-overlays-id-and-active", "v6.19..v7.2"},
	{"pid-for-children-needs-reaper", "v6.18..v7.0"},
	{"ns-link-ignores-exec", "v6.18..v7.0"},
	{"set-tid-init-first", "v6.18..v7.0"},
	{"first-fork-closes-pidns", "v6.18..v7.0"},
	{"pidns-dying-innermost", "v6.18..v7.0"},
	{"any-exit-signal", "v6.18..v7.0"},
	{"no-clone-autoreap", "v6.18..v7.0"},
	{"pidfd-proxy-first", "v6.18..v7.1"},
	{"pidfd-get-ignores-exec", "v6.18..v7.1"},
	{"exec-closes-late", "v6.18..v7.1"},
	{"id-map-number-wraps", "v6.18..v7.1"},
	{"no-open-tree-ns", "v6.18..v6.19.9"},
	{"no-fsmount-ns", "v6.18..v7.0"},
	{"setns-mnt-private-fs", "v6.18..v7.3"},
	{"unshare-nsproxy-first", "v6.18..v7.2"},
	{"userns-drops-exec-securebits", "v6.18..v7.3"},
	{"owner-at-creation", "rfc-v1"},
	{"first-asserts", "rfc-v1"},
	{"init-active-unset", "rfc-v1"},
	{"handle-loose", "rfc-v1"},
	{"listns-buffered", "rfc-v1"},
	{"type-cursor-unified", "rfc-v1"},
	{"siocgskns-refuses-inactive", "rfc-v1"},
	{"listns-owner-cap", "rfc-v1..v6.19"},
	{"cursor-inactive-ends", "rfc-v1..v7.3"},
	{"cursor-wraps", "rfc-v1..v7.3"},
	{"listns-get-first", "rfc-v1..v7.1"},
	{"unshare-error-drops-active", "v7.0..v7.1"},
	{"open-tree-ns-partial", "v7.0..v7.1"},
	{"zombie-dumpable", "v7.0..v7.3.4"},
	{"root-mount-extra", "v7.0..v7.3.4"},
	{"exec-state", "v7.2..v7.3.4"},
	{"proc-pins-cred", "v7.2..v7.3.4"},
	{"kdevtmpfs-copies-mounts", "v6.18..v7.2"},
	{"boot-kdevtmpfs", "v6.18..v7.3.4"},

	{"creds-published-early", "rfc-v1..v7.3.4"},
	{"mark-keeps-active", "rfc-v1..v7.3.4"},
	{"pid-parent-inactive", "rfc-v1..v7.3.4"},
	{"handle-ignores-active", "v6.18"},
	{"netns-lingers", "v6.18..v7.3.4"},
	{"mnt-inum-freed-early", "v6.18..v7.3.4"},
	{"ipc-error-leaks-mqueue", "v6.18"},
	{"net-error-leaks", "v6.18..v6.19"},
	{"unshare-moves-root", "v6.18..v6.19.9"},
	{"pid-freed-before-flush", "v6.18..v7.1"},
	{"partial-page-lost", "rfc-v1..v7.3.4"},
	{"end-is-enoent", "rfc-v1..v7.3.4"},
	{"spare2-unchecked", "rfc-v1..v7.3.4"},
	{"iter-needs-info", "rfc-v1..v7.3.4"},
	{"end-tells-hidden", "rfc-v1..v7.3.4"},
	{"owner-filter-tells", "rfc-v1..v7.3.4"},
	{"owner-cannot-list", "v6.19.9..v7.3.4"},
	{"handle-error-collapsed", "v6.18..v7.3.4"},
	{"handle-tail-misread", "v6.18..v7.3.4"},
	{"iter-ignores-active", "v6.18..v7.3.4"},
	{"zombie-pidfd-needs-nsproxy", "v6.18..v7.3.4"},
}
