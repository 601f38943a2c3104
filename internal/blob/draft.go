package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	gcblob "gocloud.dev/blob"
)

// ErrTooLarge is answered to an upload that goes on beyond its limit.
var ErrTooLarge = errors.New("blob: too large")

const draftPrefix = "ponte-rascunho-"

// Draft is an upload that was read to its end and has no name yet. Discard it when done, kept or not.
type Draft struct {
	SHA256 string
	Size   int64
	path   string // empty once it was moved to its place
}

// Receive reads to the end and answers what it read, or ErrTooLarge beyond limit bytes. ctx ends it between two reads.
func (s *Store) Receive(ctx context.Context, r io.Reader, limit int64) (*Draft, error) {
	f, err := os.CreateTemp(s.spool, draftPrefix+"*")
	if err != nil {
		return nil, err
	}
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, hash), io.LimitReader(bounded{ctx, r}, limit+1))
	err = errors.Join(err, f.Close())
	if err == nil && n > limit {
		err = ErrTooLarge
	}
	d := &Draft{SHA256: hex.EncodeToString(hash.Sum(nil)), Size: n, path: f.Name()}
	if err != nil {
		d.Discard()
		return nil, err
	}
	return d, nil
}

// Discard drops what was not kept. Dropping twice, or nothing, is harmless.
func (d *Draft) Discard() {
	if d != nil && d.path != "" {
		_ = os.Remove(d.path) // what stays is swept
	}
}

// Keep makes a draft durable under its hash. Keeping the same bytes again changes nothing.
func (s *Store) Keep(ctx context.Context, d *Draft, since int64) error {
	return s.place(ctx, d, ID{d.SHA256, since}.key())
}

// place is a rename where the store is a folder: the bytes are on the disk before the name is, and the name before
// this returns. A bucket's upload is all that by itself.
func (s *Store) place(ctx context.Context, d *Draft, key string) error {
	if s.dir == "" {
		return s.upload(ctx, d, key)
	}
	to := filepath.Join(s.dir, filepath.FromSlash(key))
	if _, err := os.Stat(to); errors.Is(err, os.ErrNotExist) {
		if err := syncPath(d.path); err != nil {
			return fmt.Errorf("blob: keep: %w", err)
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return fmt.Errorf("blob: keep: %w", err)
		}
		if err := os.Rename(d.path, to); err != nil {
			return fmt.Errorf("blob: keep: %w", err)
		}
		d.path = ""
	} else if err != nil {
		return fmt.Errorf("blob: keep: %w", err)
	}
	// Also where somebody else was first: their name may not be durable yet.
	return errors.Join(syncPath(filepath.Dir(to)), syncPath(s.dir))
}

func (s *Store) upload(ctx context.Context, d *Draft, key string) error {
	f, err := os.Open(d.path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	if err := s.bucket.Upload(ctx, key, f, &gcblob.WriterOptions{ContentType: "application/octet-stream"}); err != nil {
		return fmt.Errorf("blob: keep: %w", err)
	}
	return nil
}

// syncPath makes a file's bytes, or a folder's names, durable.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// bounded ends a reading when its context does.
type bounded struct {
	ctx context.Context //nolint:containedctx // an io.Reader has no other way to get one
	r   io.Reader
}

func (b bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	return b.r.Read(p)
}
