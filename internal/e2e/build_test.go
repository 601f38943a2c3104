// Package e2e runs the real binary: stories over the wire, commands, errors, and the crash tests with their oracle.
//
// It promises that what it says of Ponte was seen from outside: over HTTP, in exit codes, in the sandbox's own books,
// and, read-only, in the database. It binds no fixed port and ends only processes that it started. It waits by
// asking again within a bound, never by sleeping and hoping.
package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	_ "ponte/internal/cli" // so that go test knows its answers depend on what the binary is built from
)

// binaries is where this run's are built.
var binaries string

func TestMain(m *testing.M) {
	registerToxics()
	os.Exit(withBinaries(m.Run))
}

func withBinaries(run func() int) int {
	dir, err := os.MkdirTemp("", "ponte-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binaries = dir
	return run()
}

// released is what people run; crashing is the same with its crash points armed (internal/crashpoint).
var (
	released = sync.OnceValues(func() (string, error) {
		if path := os.Getenv(apartVariable); path != "" {
			return path, nil
		}
		return build("ponte")
	})
	crashing = sync.OnceValues(func() (string, error) { return build("ponte-crashing", "-tags", "crashpoints") })
)

func build(name string, flags ...string) (string, error) {
	path := filepath.Join(binaries, name)
	cmd := exec.Command("go", append(append([]string{"build", "-o", path}, flags...), "ponte/cmd/ponte")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return path, nil
}

func binary(t testing.TB, built func() (string, error)) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
