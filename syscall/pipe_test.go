// SPDX-License-Identifier: GPL-2.0-only

package syscall

import (
	"strings"
	"testing"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/syscall/uapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func write(k T, fd, n int) (int, error) { return k.Write(fd, strings.Repeat("x", n)) }

func TestPipeFlags(t *testing.T) {
	m := bootInit(t)
	for _, c := range []struct {
		flags uint32
		err   error
	}{
		{1, uapi.EINVAL}, {uapi.O_EXCL, uapi.ENOPKG}, {uapi.O_EXCL | 1, uapi.EINVAL}, {uapi.O_DIRECT | uapi.O_CLOEXEC, nil},
	} {
		fds, err := m.Pipe2(c.flags)
		if c.err != nil {
			assert.Equal(t, c.err, err)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, [2]int{3, 4}, fds)
		files := m.M.Task(m.ID).Files
		assert.True(t, m.M.FDCloExec(files, 3))
		assert.EqualValues(t, uapi.O_RDONLY|uapi.O_DIRECT, m.M.File(m.M.FDGet(files, 3)).Flags)
		assert.EqualValues(t, uapi.O_WRONLY|uapi.O_DIRECT, m.M.File(m.M.FDGet(files, 4)).Flags)
	}
}

// As 6.18.15, 6.19.8 and 7.3.4 answer.
func TestPipeNonblock(t *testing.T) {
	m := bootInit(t)
	fds, err := m.Pipe2(uapi.O_NONBLOCK)
	require.NoError(t, err)
	r, w := fds[0], fds[1]
	for i, c := range []struct {
		write bool
		n     int
		want  int
		err   error
	}{
		{true, 70000, 65536, nil},
		{true, 1, 0, uapi.EAGAIN},
		{true, 0, 0, nil},
		{false, 0, 0, nil},
		{false, 4096, 4096, nil},
		{true, 1, 1, nil},
		{false, 70000, 61441, nil},
		{false, 1, 0, uapi.EAGAIN},
	} {
		n, err := 0, error(nil)
		if c.write {
			n, err = write(m, w, c.n)
		} else {
			n, err = m.Read(r, c.n)
		}
		if c.err != nil {
			assert.Equal(t, c.err, err, "%d", i)
			continue
		}
		require.NoError(t, err, "%d", i)
		assert.Equal(t, c.want, n, "%d", i)
	}
	_, err = write(m, r, 1)
	assert.Equal(t, uapi.EBADF, err)
	_, err = m.Read(w, 1)
	assert.Equal(t, uapi.EBADF, err)
	require.NoError(t, m.Close(r))
	require.NoError(t, m.Signal(uapi.SIGPIPE, SigIgn))
	_, err = write(m, w, 1)
	assert.Equal(t, uapi.EPIPE, err)
	n, err := write(m, w, 0)
	require.NoError(t, err)
	assert.Zero(t, n)
	require.NoError(t, m.Close(w))
	assert.Zero(t, m.M.Pipes.Count())
}

func TestPipeBlocks(t *testing.T) {
	m := bootInit(t)
	fds, err := m.Pipe()
	require.NoError(t, err)
	r, w := fds[0], fds[1]
	p := forkOf(t, m)
	require.NoError(t, p.Close(w))

	_, err = p.Read(r, 10)
	require.Equal(t, ErrBlocked, err)
	n, err := write(m, w, 3)
	require.NoError(t, err)
	assert.EqualValues(t, 3, n)
	v, err := Result(m.M, p.ID)
	require.NoError(t, err)
	assert.EqualValues(t, 3, v)

	_, err = write(m, w, 100000)
	require.Equal(t, ErrBlocked, err)
	n, err = p.Read(r, 65536)
	require.NoError(t, err)
	assert.EqualValues(t, 65536, n)
	v, err = Result(m.M, m.ID)
	require.NoError(t, err)
	assert.EqualValues(t, 100000, v)
	n, err = p.Read(r, 65536)
	require.NoError(t, err)
	assert.EqualValues(t, 100000-65536, n)

	_, err = p.Read(r, 1)
	require.Equal(t, ErrBlocked, err)
	require.NoError(t, m.Close(w))
	v, err = Result(m.M, p.ID)
	require.NoError(t, err)
	assert.Zero(t, v, "the end")

	fds, err = m.Pipe()
	require.NoError(t, err)
	q := forkOf(t, m)
	_, err = q.Read(fds[0], 1)
	require.Equal(t, ErrBlocked, err)
	require.NoError(t, m.Kill(q.PidIn(m), uapi.SIGKILL))
	assert.Equal(t, sim.Zombie, stateOf(q))
}

func TestPipeEMFILE(t *testing.T) {
	m := bootInit(t)
	for range sim.RLimitNoFile - 4 {
		_, err := m.SendFD(m, 0)
		require.NoError(t, err)
	}
	_, err := m.Pipe()
	assert.Equal(t, uapi.EMFILE, err)
	assert.Zero(t, m.M.Pipes.Count())
}
