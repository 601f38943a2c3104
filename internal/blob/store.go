package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	gcblob "gocloud.dev/blob"
	"gocloud.dev/blob/fileblob" // file://; other kinds of bucket are one blank import away
	"gocloud.dev/gcerrors"
	"golang.org/x/sync/semaphore"
)

// ErrNotFound is answered where there are no bytes of that name.
var ErrNotFound = errors.New("blob: not found")

// ID names bytes. Since, in Unix milliseconds, tells them apart from the same bytes that were stored, swept and
// stored again: a sweep that is late can't take away what came after it.
type ID struct {
	SHA256 string // lower-case hex
	Since  int64
}

// key has a folder of its own for each of the first two digits, so that no folder holds them all.
func (id ID) key() string { return fmt.Sprintf("%s/%s.%d", id.SHA256[:2], id.SHA256, id.Since) }

func (id ID) valid() bool {
	return len(id.SHA256) == 64 && strings.Trim(id.SHA256, "0123456789abcdef") == ""
}

// Reader is bytes that lie in the store.
type Reader interface {
	io.ReadSeekCloser
	Size() int64
}

// Store is an open folder or bucket. It is safe for concurrent use, by several processes too.
type Store struct {
	bucket *gcblob.Bucket
	dir    string // of file://; empty for a bucket that is not ours to sync
	spool  string // where uploads lie until their hash is known
	memory *semaphore.Weighted
}

// Open opens file:///folder (made if need be), or whatever bucket a driver is built in for.
func Open(ctx context.Context, rawURL string) (*Store, error) {
	s := &Store{memory: semaphore.NewWeighted(decodeMemory)}
	if u, err := url.Parse(rawURL); err == nil && u.Scheme == fileblob.Scheme {
		if err := s.openFolder(u); err != nil {
			return nil, err
		}
		return s, nil
	}
	var err error
	if s.bucket, err = gcblob.OpenBucket(ctx, rawURL); err != nil {
		return nil, fmt.Errorf("blob-url: %w", err)
	}
	s.spool = os.TempDir()
	return s, nil
}

// URL is how a folder is written as one.
func URL(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	return (&url.URL{Scheme: fileblob.Scheme, Path: filepath.ToSlash(abs)}).String(), err
}

func (s *Store) openFolder(u *url.URL) error {
	if u.RawQuery != "" || u.Host != "" && u.Host != "localhost" && u.Host != "." || len(u.Path) < 2 {
		return fmt.Errorf("blob-url: want file:///folder, got %q", u)
	}
	s.dir = filepath.FromSlash(u.Path)
	if u.Host == "." { // gocloud's way to write a relative path
		s.dir = filepath.FromSlash(strings.TrimPrefix(u.Path, "/"))
	}
	s.spool = filepath.Join(s.dir, "tmp") // the same file system, so that keeping is a rename
	if err := os.MkdirAll(s.spool, 0o700); err != nil {
		return fmt.Errorf("blob-url: %w", err)
	}
	var err error
	s.bucket, err = fileblob.OpenBucket(s.dir, &fileblob.Options{Metadata: fileblob.MetadataDontWrite})
	return err
}

// Close lets go of the bucket.
func (s *Store) Close() error { return s.bucket.Close() }

// Open answers the bytes; ctx must live until they are closed.
func (s *Store) Open(ctx context.Context, id ID) (Reader, error) {
	if !id.valid() {
		return nil, ErrNotFound
	}
	return s.open(ctx, id.key())
}

func (s *Store) open(ctx context.Context, key string) (Reader, error) {
	r, err := s.bucket.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("blob: open %s: %w", key, err)
	}
	return r, nil
}

// Exists says whether the bytes are there.
func (s *Store) Exists(ctx context.Context, id ID) (bool, error) {
	if !id.valid() {
		return false, nil
	}
	return s.bucket.Exists(ctx, id.key())
}

// Remove takes bytes away, with their thumbnail. What is not there is removed already.
func (s *Store) Remove(ctx context.Context, id ID) error {
	if !id.valid() {
		return nil
	}
	for _, key := range []string{thumbnailKey(id), id.key()} {
		if err := s.bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			return fmt.Errorf("blob: remove %s: %w", key, err)
		}
	}
	return nil
}

// SweepDrafts takes away what uploads left behind when their process was killed, once it is that old by the clock of
// the file system.
func (s *Store) SweepDrafts(age time.Duration) error {
	before := time.Now().Add(-age)
	entries, err := os.ReadDir(s.spool)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !strings.HasPrefix(e.Name(), draftPrefix) || !info.ModTime().Before(before) {
			continue // gone meanwhile, or not ours: the spool of a bucket is everybody's folder
		}
		if err := os.Remove(filepath.Join(s.spool, e.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}
