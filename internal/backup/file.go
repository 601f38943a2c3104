package backup

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Extension is what a backup's name ends in.
const Extension = ".tar.zst"

// NameIn is where a backup goes that was given a folder.
func NameIn(path string, now time.Time) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, "ponte-"+now.UTC().Format("20060102T150405Z")+Extension)
	}
	return path
}

// Create makes a file of what write writes, readable by its owner alone. It has its name only when it is whole and on the
// disk, and never takes the place of another.
func Create(path string, write func(io.Writer) error) (err error) {
	taken := fmt.Errorf("%s is there already; nothing was written", path)
	if _, err := os.Lstat(path); err == nil { // before an hour's work; the link below is what guarantees it
		return taken
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".partial-*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gone(os.Remove(f.Name()))) }()
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	switch err := os.Link(f.Name(), path); {
	case errors.Is(err, os.ErrExist):
		return taken
	case err != nil: // a file system without links: a rename, which is not quite as strict about a file that came meanwhile
		if _, err := os.Lstat(path); err == nil {
			return taken
		}
		if err := os.Rename(f.Name(), path); err != nil {
			return err
		}
	}
	return syncFolder(filepath.Dir(path))
}

func gone(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
