//go:build !unix

package sandbox

import "os"

// lockDir only opens the file: where there is no flock, two processes on one folder are the caller's own fault.
func lockDir(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
}
