// SPDX-License-Identifier: GPL-2.0-only

package sim

// MntNSData is what a mount namespace has beyond ns_common. The mounts that every
// namespace starts with are only counted; those that a program makes are records.
type MntNSData struct {
	First  MountID // explicit mounts, in the order they were made
	Base   int32   // mounts that were there at boot or were copied from there
	Root   MountID // the root, when it is an explicit mount (open_tree, fsmount)
	Anon   bool    // a detached tree's namespace
	Bare   bool    // made empty: its root is the immutable one itself
	Memory int32   // the type's own passive count: keeps the memory only
}

// MntNSOf returns the mount part of a mount namespace.
func (m *Machine) MntNSOf(ns NS) *MntNSData { return m.MntNSs.At(m.Nodes[ns].Data) }

// Mount models struct mount of an explicit mount.
type Mount struct {
	NS     NS      // mount namespace; 0 once unmounted
	Parent MountID // explicit mount it stands on; 0: one of the base mounts
	Path   PathID  // where
	Super  SuperID // its file system; 0: that of the base mounts
	Inode  InodeID // root of an nsfs bind mount
	Root   PathID  // root of another bind mount: the path it was bound from
	Refs   int32   // mnt_count: 1 while attached, open files through it
	Next   MountID // next of the namespace
	Locked bool    // MNT_LOCKED: came with a copy into a less privileged namespace
}

// Mount returns an explicit mount.
func (m *Machine) Mount(i MountID) *Mount { return m.Mounts.At(int32(i)) }

// SuperKind is the kind of a file system.
type SuperKind uint8

const (
	SuperTmpfs SuperKind = iota + 1
	SuperProc
	SuperMqueue
	SuperSysfs
	SuperOther
)

// Super models struct super_block: it holds its s_user_ns passively, and a procfs
// also its pid namespace.
type Super struct {
	Kind   SuperKind
	UserNS NS
	NS     NS     // what an instance of procfs, mqueue or sysfs shows
	Cred   CredID // of whoever mounted a procfs, where that is held
	Refs   int32
}

// Dentry is a file or directory that a program made.
type Dentry struct {
	Path  PathID
	Super SuperID // 0: the base mounts' file system
	Dir   bool
}

// Path is a path in Machine.PathBytes.
type Path struct{ Off, Len int32 }

// Intern returns the number of a path.
func (m *Machine) Intern(path string) PathID {
	for i := range m.Paths {
		p := m.Paths[i]
		if string(m.PathBytes[p.Off:p.Off+p.Len]) == path {
			return PathID(i + 1)
		}
	}
	m.Paths = append(m.Paths, Path{int32(len(m.PathBytes)), int32(len(path))})
	m.PathBytes = append(m.PathBytes, path...)
	return PathID(len(m.Paths))
}

// PathString returns the text of an interned path.
func (m *Machine) PathString(p PathID) string {
	if p == 0 {
		return ""
	}
	k := m.Paths[p-1]
	return string(m.PathBytes[k.Off : k.Off+k.Len])
}

// ReclaimPaths forgets interned paths once nothing refers to one and no call is in
// flight.
func (m *Machine) ReclaimPaths() {
	if len(m.Paths) == 0 || m.Mounts.Count() > 0 || m.Dentries.Count() > 0 || m.Frames.Count() > 0 {
		return
	}
	for i := int32(1); i < m.Files.Cap(); i++ {
		if m.Files.Live(i) && m.Files.At(i).Kind == FilePlain && m.Files.At(i).Obj != 0 {
			return
		}
	}
	m.Paths, m.PathBytes = m.Paths[:0], m.PathBytes[:0]
}
