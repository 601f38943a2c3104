package e2e

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// former is the first release, built from its own source (testdata/releases), and what fills its databases.
var former = sync.OnceValues(func() (string, error) { return buildRelease("v0.1.0") })

func formerPonte() (string, error) { return programOf(former, "ponte") }
func formerSeed() (string, error)  { return programOf(former, "seed") }

func programOf(built func() (string, error), name string) (string, error) {
	dir, err := built()
	return filepath.Join(dir, name), err
}

// buildRelease answers where the programs of a release are. What is compiled comes from go's cache the next time, since
// trimmed paths are the same wherever the source lies.
func buildRelease(tag string) (string, error) {
	source, err := os.MkdirTemp(binaries, "source-")
	if err != nil {
		return "", err
	}
	if err := unpack(filepath.Join("testdata", "releases", tag+".tar.gz"), source); err != nil {
		return "", fmt.Errorf("unpack %s: %w", tag, err)
	}
	source = filepath.Join(source, "ponte-"+tag)
	if err := os.CopyFS(filepath.Join(source, "cmd", "seed"), os.DirFS(filepath.Join("testdata", "releases", "seed"))); err != nil {
		return "", err
	}
	out := filepath.Join(binaries, tag)
	if err := os.Mkdir(out, 0o700); err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -X ponte/internal/app.Version="+strings.TrimPrefix(tag, "v"), "-o", out, "./cmd/ponte", "./cmd/seed")
	cmd.Dir, cmd.Env = source, append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %s: %w\n%s", tag, cmd, err, text)
	}
	return out, nil
}

// unpack writes the files of an archive of ours below a folder.
func unpack(archive, into string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(into)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg {
			continue // folders are made as they are needed
		}
		b, err := io.ReadAll(r)
		if err == nil {
			err = root.MkdirAll(filepath.Dir(h.Name), 0o700)
		}
		if err == nil {
			err = root.WriteFile(h.Name, b, 0o600)
		}
		if err != nil {
			return err
		}
	}
}
