package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	gcblob "gocloud.dev/blob"
)

// Empty says whether no bytes lie in the store.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	list := s.bucket.List(&gcblob.ListOptions{})
	for {
		o, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		if s.dir != "" && filepath.Dir(o.Key) == filepath.Base(s.spool) {
			continue // a draft of an upload that was cut off
		}
		return false, nil
	}
}

// SetAside gives what lies in a folder another name beside it, and answers that; empty where the folder was, or for a
// bucket, where files of the same name have the same bytes and others harm nobody.
func (s *Store) SetAside(now time.Time) (string, error) {
	if s.dir == "" {
		return "", nil
	}
	if empty, err := s.Empty(context.Background()); err != nil || empty {
		return "", err
	}
	to := s.dir + ".before-restore-" + now.UTC().Format("20060102T150405Z")
	if err := os.Rename(s.dir, to); err != nil {
		return "", err
	}
	return to, os.MkdirAll(s.spool, 0o700)
}

// Dir is the folder; empty for a bucket.
func (s *Store) Dir() string { return s.dir }

// Sum is the hash of what r still has, as IDs write it.
func Sum(r io.Reader) (string, error) {
	h := sha256.New()
	_, err := io.Copy(h, r)
	return hex.EncodeToString(h.Sum(nil)), err
}

// TryWriting makes a small file durable and takes it away again, as an upload would.
func (s *Store) TryWriting(ctx context.Context) error {
	d, err := s.Receive(ctx, strings.NewReader("ponte"), 5)
	if err != nil {
		return err
	}
	defer d.Discard()
	id := ID{SHA256: d.SHA256}
	return errors.Join(s.Keep(ctx, d, id.Since), s.Remove(ctx, id))
}
