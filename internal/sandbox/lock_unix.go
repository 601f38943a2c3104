//go:build unix

package sandbox

import (
	"fmt"
	"os"
	"syscall"
)

// lockDir keeps a second process out of the folder. The lock goes with the process, however it ends.
func lockDir(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("sandbox: a pasta já está em uso por outro processo: %w", err)
	}
	return f, nil
}
