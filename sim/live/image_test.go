// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestImageRelease(t *testing.T) {
	image := make([]byte, 4096)
	copy(image[bzMagicAt:], "HdrS")
	order.PutUint16(image[bzReleaseAt:], 0x800)
	copy(image[0xa00:], "7.3.4+deb13-cloud-amd64 (build@host) #1\x00")
	write := func(b []byte) string {
		name := filepath.Join(t.TempDir(), "bzImage")
		require.NoError(t, os.WriteFile(name, b, 0o644))
		return name
	}
	release, err := ImageRelease(write(image))
	require.NoError(t, err)
	assert.Equal(t, "7.3.4+deb13-cloud-amd64", release)
	for _, bad := range [][]byte{nil, image[:100], make([]byte, 4096), image[:0xa10]} {
		_, err := ImageRelease(write(bad))
		assert.ErrorIs(t, err, ErrNoKernel)
	}
	_, err = ImageRelease("/nowhere")
	assert.ErrorIs(t, err, ErrNoKernel)
}
