// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
)

// File types, the upper bits of st_mode (include/uapi/linux/stat.h).
const (
	regular   = uapi.S_IFREG
	directory = uapi.S_IFDIR
	charDev   = uapi.S_IFCHR
	symlink   = uapi.S_IFLNK
	typeMask  = uapi.S_IFMT
)

// baseNodes are the files that a program finds, with type and permissions. All
// belong to root. What is below /proc is procfs's to say.
var baseNodes = map[string]uint32{
	"/":              directory | 0o755,
	"/bin":           directory | 0o755,
	"/bin/true":      regular | 0o755,
	"/bin/sh":        regular | 0o755,
	"/dev":           directory | 0o755,
	"/dev/full":      charDev | 0o666,
	"/dev/null":      charDev | 0o666,
	"/dev/zero":      charDev | 0o666,
	"/etc":           directory | 0o755,
	"/etc/passwd":    regular | 0o644,
	"/etc/hosts":     regular | 0o644,
	"/home":          directory | 0o755,
	"/init":          regular | 0o755,
	"/mnt":           directory | 0o755,
	"/proc":          directory | 0o555,
	"/root":          directory | 0o700,
	"/run":           directory | 0o755,
	"/sys":           directory | 0o555,
	"/sys/class":     directory | 0o755,
	"/sys/devices":   directory | 0o755,
	"/sys/fs":        directory | 0o755,
	"/sys/fs/cgroup": directory | 0o755,
	"/sys/kernel":    directory | 0o755,
	"/tmp":           directory | 0o1777,
	"/usr":           directory | 0o755,
	"/var":           directory | 0o755,
}

// cgroupRoot is where the cgroup file system is mounted at boot.
const cgroupRoot = "/sys/fs/cgroup"

// baseMounts are the mount points at boot besides the root; sim.BaseMounts counts
// them.
var baseMounts = [sim.BaseMounts]string{"/proc", "/sys", "/dev", "/tmp", cgroupRoot}

// isBaseMount reports whether a path is the root of a base mount.
func isBaseMount(path string) bool {
	if path == "/" {
		return true
	}
	for _, m := range baseMounts {
		if path == m {
			return true
		}
	}
	return false
}

// baseMountOf is the base mount that a path is on.
func baseMountOf(path string) string {
	best := "/"
	for _, m := range baseMounts {
		if (path == m || isBelow(path, m)) && len(m) > len(best) {
			best = m
		}
	}
	return best
}

// superModes are the permissions of the roots of file systems that a program mounts.
var superModes = map[sim.SuperKind]uint32{
	sim.SuperTmpfs:  directory | 0o1777,
	sim.SuperProc:   directory | 0o555,
	sim.SuperMqueue: directory | 0o1777,
	sim.SuperSysfs:  directory | 0o555,
	sim.SuperOther:  directory | 0o755,
}

// cgroupFiles are the control files of every cgroup.
var cgroupFiles = map[string]bool{
	"cgroup.controllers": true, "cgroup.max.depth": true, "cgroup.max.descendants": true, "cgroup.procs": true,
	"cgroup.stat": true, "cgroup.subtree_control": true, "cgroup.threads": true, "cpu.stat": true,
}

// plainChild finishes a look-up in a directory outside procfs: n is the child of t
// but for what it is.
func (x X) plainChild(t *target, n target) (target, uapi.Errno) {
	if t.under {
		return target{}, uapi.ENOENT
	}
	s := x.superOf(t.mnt)
	if d := x.findDentry(s, n.path); d != 0 {
		n.kind, n.mode = toFile, regular|0o644
		if x.Dentries.At(d).Dir {
			n.kind, n.mode = toDir, directory|0o755
		}
		return n, 0
	}
	at := n.path
	if s != 0 {
		if x.super(s).Kind != sim.SuperSysfs {
			return target{}, uapi.ENOENT
		}
		at = "/sys" + at
	}
	if inCgroup(dirName(at)) && cgroupFiles[at[strings.LastIndexByte(at, '/')+1:]] && s == 0 {
		n.kind, n.mode = toCgroup, regular|0o644
		return n, 0
	}
	mode, ok := baseNodes[at]
	if !ok {
		return target{}, uapi.ENOENT
	}
	n.mode, n.kind = mode, toFile
	switch mode & typeMask {
	case directory:
		n.kind = toDir
	case charDev:
		n.kind = toDevice
	}
	switch {
	case s == 0 && t.mnt != 0 && isBaseMount(at) && isBelow(at, x.mountRootPath(t.mnt)):
		// A bind mount of a directory shows what the mounts in it cover.
		n.under = true
	case s != 0 && at == cgroupRoot:
		n.under = true
	case s == 0 && at == "/proc":
		n.kind, n.pidns = toProcRoot, x.Initial(uapi.PID_NS)
	}
	return n, 0
}

// inCgroup reports whether a path at boot is a directory of the cgroup file system.
func inCgroup(path string) bool { return path == cgroupRoot || isBelow(path, cgroupRoot) }

// findDentry returns the file or directory that a program made at a path of a file
// system, 0 for none.
func (x X) findDentry(s sim.SuperID, path string) int32 {
	for i := int32(1); i < x.Dentries.Cap(); i++ {
		if !x.Dentries.Live(i) {
			continue
		}
		if d := x.Dentries.At(i); d.Super == s && x.PathString(d.Path) == path {
			return i
		}
	}
	return 0
}

// isEmptyDir reports whether nothing is in a directory that a program made.
func (x X) isEmptyDir(s sim.SuperID, dir string) bool {
	for i := int32(1); i < x.Dentries.Cap(); i++ {
		if !x.Dentries.Live(i) {
			continue
		}
		if d := x.Dentries.At(i); d.Super == s && isBelow(x.PathString(d.Path), dir) {
			return false
		}
	}
	return true
}
