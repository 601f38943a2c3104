package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// ErrNoThumbnail is answered where there is none and will be none: what claims to be a picture can't be decoded, or
// not within the limits.
var ErrNoThumbnail = errors.New("blob: no thumbnail")

// ThumbnailType is what every thumbnail is.
const ThumbnailType = "image/jpeg"

// Limits of decoding. A file of a few kilobytes may claim any size, so what it claims is looked at first.
const (
	maxPixels    = 50_000_000
	maxSide      = 1 << 16
	decodeMemory = 256 << 20 // of all decodings at a time; one that would need more has no thumbnail
	decodeTime   = 10 * time.Second
)

// thumbnailKey lies beside the original, so that whoever sees the one finds the other.
func thumbnailKey(id ID) string { return id.key() + ".480.jpg" }

// Thumbnail answers a picture of at most 480 pixels a side, as JPEG, turned upright and without the original's
// metadata. It is made when it is first asked for, and kept beside the original. kind is what Sniff said.
func (s *Store) Thumbnail(ctx context.Context, id ID, kind string) (Reader, error) {
	if !id.valid() {
		return nil, ErrNotFound
	}
	r, err := s.open(ctx, thumbnailKey(id))
	if errors.Is(err, ErrNotFound) {
		if err = s.makeThumbnail(ctx, id, kind); err != nil {
			return nil, err
		}
		r, err = s.open(ctx, thumbnailKey(id))
	}
	if err != nil {
		return nil, err
	}
	if r.Size() == 0 { // how "there is none" is kept: trying again would cost as much again
		_ = r.Close()
		return nil, ErrNoThumbnail
	}
	return r, nil
}

func (s *Store) makeThumbnail(ctx context.Context, id ID, kind string) error {
	original, err := s.Open(ctx, id)
	if err != nil {
		return err
	}
	defer func() { _ = original.Close() }() // it was only read
	small, err := s.small(ctx, original, kind)
	if err != nil && !errors.Is(err, errPicture) {
		return fmt.Errorf("blob: thumbnail of %s: %w", id.SHA256, err)
	}
	d, err := s.Receive(ctx, bytes.NewReader(small), int64(len(small)))
	if err != nil {
		return err
	}
	defer d.Discard()
	return s.place(ctx, d, thumbnailKey(id))
}

// small answers errPicture where it is the picture's own fault that there is no thumbnail.
func (s *Store) small(ctx context.Context, original Reader, kind string) ([]byte, error) {
	r := &watched{ReadSeeker: original, ctx: ctx}
	p, err := inspect(r, kind)
	if err == nil {
		if err := s.memory.Acquire(ctx, p.memory); err != nil {
			return nil, err
		}
		defer s.memory.Release(p.memory)
		r.until = time.Now().Add(decodeTime)
		var small []byte
		if small, err = p.shrink(r); err == nil {
			return small, nil
		}
	}
	if r.broken != nil { // the store failed, or who asked has left: that says nothing about the picture
		return nil, r.broken
	}
	return nil, err
}

// watched ends a decoding that lasts too long, or that nobody waits for any more: decoders can't be told to stop,
// but they can be told that there is no more. It remembers what went wrong below them.
type watched struct {
	io.ReadSeeker
	ctx    context.Context //nolint:containedctx // an io.Reader has no other way to get one
	until  time.Time
	broken error
}

var errLasts = errors.New("decoding takes too long")

func (w *watched) Read(p []byte) (n int, err error) {
	if w.broken = w.ctx.Err(); w.broken != nil {
		return 0, w.broken
	}
	if !w.until.IsZero() && time.Now().After(w.until) {
		return 0, errLasts
	}
	if n, err = w.ReadSeeker.Read(p); err != nil && !errors.Is(err, io.EOF) {
		w.broken = err
	}
	return n, err
}
