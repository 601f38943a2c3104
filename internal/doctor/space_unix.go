//go:build linux || darwin

package doctor

import "syscall"

// Room is how many bytes an ordinary user may still write below a folder.
func Room(dir string) (free uint64, known bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return s.Bavail * uint64(s.Bsize), true //nolint:gosec // a block's size is positive
}
