package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	_ "gocloud.dev/blob/memblob" // mem://, a bucket that is no folder

	"ponte/internal/blob"
)

// each runs f over a folder and over a bucket that is none.
func each(t *testing.T, f func(t *testing.T, s *blob.Store)) {
	t.Helper()
	folder, err := blob.URL(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, url := range map[string]string{"folder": folder, "bucket": "mem://"} {
		t.Run(name, func(t *testing.T) { f(t, open(t, url)) })
	}
}

func open(t testing.TB, url string) *blob.Store {
	t.Helper()
	s, err := blob.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func folder(t testing.TB) (*blob.Store, string) {
	t.Helper()
	dir := t.TempDir()
	url, err := blob.URL(dir)
	if err != nil {
		t.Fatal(err)
	}
	return open(t, url), dir
}

func put(t testing.TB, s *blob.Store, content []byte) blob.ID {
	t.Helper()
	d, err := s.Receive(t.Context(), bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Discard()
	if sum := sha256.Sum256(content); d.SHA256 != hex.EncodeToString(sum[:]) || d.Size != int64(len(content)) {
		t.Fatalf("received %s of %d bytes", d.SHA256, d.Size)
	}
	if err := s.Keep(t.Context(), d, 7); err != nil {
		t.Fatal(err)
	}
	return blob.ID{SHA256: d.SHA256, Since: 7}
}

func read(t testing.TB, s *blob.Store, id blob.ID) []byte {
	t.Helper()
	r, err := s.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	b, err := io.ReadAll(r)
	if err != nil || int64(len(b)) != r.Size() {
		t.Fatalf("read %d of %d bytes: %v", len(b), r.Size(), err)
	}
	return b
}

func TestKeepOpenRemove(t *testing.T) {
	each(t, func(t *testing.T, s *blob.Store) {
		content := bytes.Repeat([]byte("uma foto "), 1000)
		id := put(t, s, content)
		put(t, s, content) // again: nothing changes
		if !bytes.Equal(read(t, s, id), content) {
			t.Error("other bytes come back")
		}
		r, err := s.Open(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Seek(-6, io.SeekEnd); err != nil {
			t.Fatal(err)
		}
		if end, _ := io.ReadAll(r); string(end) != " foto " {
			t.Errorf("sought to %q", end)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Remove(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if err := s.Remove(t.Context(), id); err != nil {
			t.Errorf("removing again: %v", err)
		}
		if _, err := s.Open(t.Context(), id); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("after removal: %v", err)
		}
	})
}

// Browsers ask for pieces of a film.
func TestServedInPieces(t *testing.T) {
	each(t, func(t *testing.T, s *blob.Store) {
		r, err := s.Open(t.Context(), put(t, s, []byte("0123456789")))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		w, q := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
		q.Header.Set("Range", "bytes=3-5")
		w.Header().Set("Content-Type", "video/mp4")
		http.ServeContent(w, q, "", time.Unix(1, 0), r)
		if w.Code != http.StatusPartialContent || w.Body.String() != "345" || w.Header().Get("Content-Type") != "video/mp4" {
			t.Errorf("%d %q %v", w.Code, w.Body, w.Header())
		}
	})
}

// The same bytes stored anew are out of reach of a sweep that is late.
func TestALateRemovalTakesNothingNew(t *testing.T) {
	each(t, func(t *testing.T, s *blob.Store) {
		old := put(t, s, []byte("mesmos bytes"))
		d, err := s.Receive(t.Context(), strings.NewReader("mesmos bytes"), 100)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Keep(t.Context(), d, 8); err != nil {
			t.Fatal(err)
		}
		if err := s.Remove(t.Context(), old); err != nil {
			t.Fatal(err)
		}
		if ok, err := s.Exists(t.Context(), blob.ID{SHA256: old.SHA256, Since: 8}); !ok || err != nil {
			t.Errorf("the new ones are gone as well: %v", err)
		}
	})
}

func TestLimits(t *testing.T) {
	s, dir := folder(t)
	if _, err := s.Receive(t.Context(), strings.NewReader("12345"), 4); !errors.Is(err, blob.ErrTooLarge) {
		t.Errorf("one byte too many: %v", err)
	}
	if _, err := s.Receive(t.Context(), io.MultiReader(strings.NewReader("x"), broken{}), 100); !errors.Is(err, errBroken) {
		t.Errorf("a reader that breaks: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Receive(ctx, strings.NewReader("x"), 4); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits: %v", err)
	}
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	for _, id := range []blob.ID{{SHA256: "../../etc/passwd"}, {}, {SHA256: strings.Repeat("A", 64)}} {
		if _, err := s.Open(t.Context(), id); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%q: %v", id.SHA256, err)
		}
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }

// files are all that lie in a folder, by their paths in it.
func files(t testing.TB, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			out = append(out, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSweepDrafts(t *testing.T) {
	s, dir := folder(t)
	id := put(t, s, []byte("fica"))
	if _, err := s.Receive(t.Context(), strings.NewReader("abandonado"), 100); err != nil {
		t.Fatal(err)
	}
	if err := s.SweepDrafts(time.Hour); err != nil || len(files(t, dir)) != 2 {
		t.Errorf("swept what is young: %v %v", files(t, dir), err)
	}
	if err := s.SweepDrafts(-time.Hour); err != nil || len(files(t, dir)) != 1 {
		t.Errorf("left %v: %v", files(t, dir), err)
	}
	read(t, s, id)
}

func TestURLs(t *testing.T) {
	for _, url := range []string{"", "file://", "file:///x?metadata=skip", "file://otherhost/x", "s3://bucket", "anexos"} {
		if s, err := blob.Open(t.Context(), url); err == nil {
			t.Errorf("%q opens %v", url, s)
		}
	}
	t.Chdir(t.TempDir())
	s := open(t, "file://./aqui")
	put(t, s, []byte("x"))
	if n := len(files(t, "aqui")); n != 1 {
		t.Errorf("%d files in a relative folder", n)
	}
}

// The same bytes by many at once, with removals of older ones: every acknowledged keep can be read.
func TestConcurrentKeeps(t *testing.T) {
	each(t, func(t *testing.T, s *blob.Store) {
		var wg sync.WaitGroup
		for n := range 8 {
			wg.Go(func() {
				for i := range 20 {
					content := []byte{byte(i)}
					d, err := s.Receive(t.Context(), bytes.NewReader(content), 10)
					if err != nil {
						t.Error(err)
						return
					}
					if err := s.Keep(t.Context(), d, int64(1+n%2)); err != nil {
						t.Error(err)
						return
					}
					d.Discard()
					if ok, err := s.Exists(t.Context(), blob.ID{SHA256: d.SHA256, Since: int64(1 + n%2)}); !ok || err != nil {
						t.Errorf("kept and not there: %v", err)
					}
				}
			})
		}
		wg.Wait()
	})
}

// zeros is endless.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A file of any size takes the same little memory.
func TestMemoryIsConstant(t *testing.T) {
	s, _ := folder(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d, err := s.Receive(t.Context(), io.LimitReader(zeros{}, 64<<20), 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Keep(t.Context(), d, 1); err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(t.Context(), blob.ID{SHA256: d.SHA256, Since: 1})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, struct{ io.Reader }{r}); n != 64<<20 || err != nil {
		t.Fatal(n, err)
	}
	_ = r.Close()
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("64 MiB in and out allocated %d bytes", used)
	}
}
