//go:build unix

package store

import (
	"fmt"
	"os"
	"syscall"
)

// lockFile takes an advisory lock that the kernel drops when the process ends, however it ends.
func lockFile(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the database's folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("another process has this database open (%s): stop it first, or use PostgreSQL for several", path)
	}
	return func() { _ = f.Close() }, nil
}
