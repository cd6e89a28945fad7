// SPDX-License-Identifier: GPL-2.0-only

package uapi

import (
	"testing"
	"testing/quick"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestIoctlParts(t *testing.T) {
	require.NoError(t, quick.Check(func(dir, typ, nr, size uint32) bool {
		c := IOC(dir, typ, nr, size)
		return c.Dir() == dir&3 && c.Type() == typ&0xff && c.Nr() == nr&0xff && c.Size() == size&0x3fff &&
			IOC(c.Dir(), c.Type(), c.Nr(), c.Size()) == c
	}, nil))
	assert.Equal(t, IO(NSIO, 1), Ioctl(NS_GET_USERNS))
	assert.Equal(t, IOR(NSIO, 10, MNT_NS_INFO_SIZE_VER0), Ioctl(NS_MNT_GET_INFO))
	assert.Equal(t, IOWR(PIDFS_IOCTL_MAGIC, 11, PIDFD_INFO_SIZE_VER3), Ioctl(PIDFD_GET_INFO))
	assert.EqualValues(t, 0x40044900, IOW('I', 0, 4))
}

// Numbers 1 to 13 of nsfs and 1 to 11 of pidfs are all taken, once.
func TestIoctlNumbers(t *testing.T) {
	for typ, last := range map[uint32]uint32{NSIO: 13, PIDFS_IOCTL_MAGIC: 11} {
		seen := map[uint32]string{}
		for _, c := range join(nsIoctls, pidfdIoctls) {
			if cmd := Ioctl(c.Value); cmd.Type() == typ {
				assert.Empty(t, seen[cmd.Nr()], c.Name)
				seen[cmd.Nr()] = c.Name
			}
		}
		for nr := uint32(1); nr <= last; nr++ {
			assert.NotEmpty(t, seen[nr], "type %#x number %d", typ, nr)
		}
		assert.Len(t, seen, int(last))
	}
}

func TestIoctlNames(t *testing.T) {
	for _, c := range join(nsIoctls, pidfdIoctls, socketIoctls) {
		cmd, ok := IoctlByName(c.Name)
		assert.True(t, ok)
		assert.EqualValues(t, c.Value, cmd)
		assert.Equal(t, c.Name, cmd.String())
	}
	_, ok := IoctlByName("TCGETS")
	assert.False(t, ok)
	_, ok = IoctlByName("CLONE_NEWNS")
	assert.False(t, ok, "a constant, no ioctl")
	assert.Equal(t, "_IOC(_IOC_READ, 0xb7, 0xa, 0x20)", IOR(NSIO, 10, 32).String())
	assert.Equal(t, "_IOC(_IOC_NONE, 0xb7, 0x1f, 0)", IO(NSIO, 31).String())
}

func TestPidfdNamespace(t *testing.T) {
	opened := map[string]bool{}
	for _, c := range pidfdIoctls {
		e, ok := Ioctl(c.Value).PidfdNamespace()
		assert.Equal(t, c.Value != PIDFD_GET_INFO, ok, c.Name)
		opened[e.Name] = true
	}
	for _, e := range ProcNSEntries() {
		assert.True(t, opened[e.Name], e.Name)
	}
	_, ok := Ioctl(NS_GET_USERNS).PidfdNamespace()
	assert.False(t, ok)
}
