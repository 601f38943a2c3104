package blob_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ponte/internal/blob"
)

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if url := os.Getenv("PONTE_TEST_BLOB_WRITER"); url != "" {
		fmt.Println(write(url))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// write keeps blobs and says so, until it is killed.
func write(url string) error {
	ctx := context.Background()
	s, err := blob.Open(ctx, url)
	for i := 0; err == nil; i++ {
		var d *blob.Draft
		if d, err = s.Receive(ctx, bytes.NewReader(bytes.Repeat(fmt.Append(nil, i, " "), 20_000)), 1<<20); err != nil {
			break
		}
		if err = s.Keep(ctx, d, 1); err == nil {
			fmt.Println("kept", d.SHA256)
		}
	}
	return err
}

// TestSIGKILL: what was acknowledged is there, and whatever has a hash for a name is whole.
func TestSIGKILL(t *testing.T) {
	for round := range 4 {
		dir := t.TempDir()
		url, err := blob.URL(dir)
		if err != nil {
			t.Fatal(err)
		}
		writer := exec.CommandContext(t.Context(), os.Args[0])
		writer.Env = append(os.Environ(), "PONTE_TEST_BLOB_WRITER="+url)
		out, err := writer.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := writer.Start(); err != nil {
			t.Fatal(err)
		}
		var kept []string
		for lines := bufio.NewScanner(out); lines.Scan(); {
			sum, ok := strings.CutPrefix(lines.Text(), "kept ")
			if !ok {
				t.Fatal(lines.Text())
			}
			if kept = append(kept, sum); len(kept) == 5+3*round {
				time.AfterFunc(time.Duration(round)*700*time.Microsecond, func() { _ = writer.Process.Kill() })
			}
		}
		_ = writer.Wait() // it was killed
		s := open(t, url)
		for _, sum := range kept {
			whole(t, read(t, s, blob.ID{SHA256: sum, Since: 1}), sum)
		}
		for _, path := range files(t, dir) {
			name := filepath.Base(path)
			if strings.HasPrefix(path, "tmp") {
				continue
			}
			content, err := os.ReadFile(filepath.Join(dir, path))
			if err != nil {
				t.Fatal(err)
			}
			whole(t, content, strings.TrimSuffix(name, ".1"))
		}
	}
}

func whole(t *testing.T, content []byte, sum string) {
	t.Helper()
	if got := sha256.Sum256(content); hex.EncodeToString(got[:]) != sum {
		t.Errorf("%s is torn", sum)
	}
}
