// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"bytes"
	"fmt"
	"os"
)

// Where a bzImage says what it is (Documentation/arch/x86/boot.rst): the magic number of the
// header, and the place of the release, less the boot sector.
const (
	bzMagicAt   = 0x202
	bzReleaseAt = 0x20e
	bootSector  = 0x200
)

// ImageRelease returns the release of a kernel image that Find finds, as uname -r prints it.
func ImageRelease(kernel string) (string, error) {
	path, err := Find(kernel)
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoKernel, err)
	}
	defer f.Close()
	head := make([]byte, 1<<16)
	n, _ := f.Read(head)
	head = head[:n]
	if n < bzReleaseAt+2 || !bytes.Equal(head[bzMagicAt:bzMagicAt+4], []byte("HdrS")) {
		return "", fmt.Errorf("%w: %s is no bzImage", ErrNoKernel, path)
	}
	at := bootSector + int(order.Uint16(head[bzReleaseAt:]))
	text, _, found := bytes.Cut(head[min(at, n):], []byte(" "))
	if !found || len(text) > 100 {
		return "", fmt.Errorf("%w: %s does not say its release", ErrNoKernel, path)
	}
	return string(text), nil
}
