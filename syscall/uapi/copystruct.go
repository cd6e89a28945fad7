// SPDX-License-Identifier: GPL-2.0-only

package uapi

// copyStruct copies an extensible struct from user memory, size bytes as this package knows
// it, least bytes in its first version. It joins the size checks that every such call makes
// to include/linux/uaccess.h: copy_struct_from_user, v6.19, in their order: E2BIG for more
// than a page, EINVAL for less than the first version, E2BIG for set bytes past the end.
func copyStruct(user []byte, least, size int) ([]byte, error) {
	switch {
	case len(user) > PAGE_SIZE:
		return nil, E2BIG
	case len(user) < least:
		return nil, EINVAL
	}
	out := make([]byte, size)
	n := copy(out, user)
	for _, b := range user[n:] {
		if b != 0 {
			return nil, E2BIG
		}
	}
	return out, nil
}
