package replica

import (
	"context"
	"errors"
	"io"
	"math"
	"time"

	"ponte/internal/blob"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

const (
	filesAtOnce = 500
	// late is how long a transaction may be on its way after its attachment got its moment.
	late = 10 * time.Minute
)

// copyFiles copies the attachments that are not there yet: all at the first round, then those that are new.
func (r *Replica) copyFiles(ctx context.Context, s *store.Store, from *blob.Store) error {
	at, sha := r.from, ""
	newest := r.from
	for {
		rows, err := s.Read().BlobsStored(ctx, db.BlobsStoredParams{StoredAt: at, Sha256: sha, Most: filesAtOnce})
		if err != nil {
			return err
		}
		for _, b := range rows {
			if err := r.copyFile(ctx, from, blob.ID{SHA256: b.Sha256, Since: b.StoredAt}); err != nil {
				return err
			}
			at, sha = b.StoredAt, b.Sha256
			newest = max(newest, b.StoredAt)
		}
		if len(rows) < filesAtOnce {
			r.from = max(r.from, newest-late.Milliseconds())
			return nil
		}
	}
}

func (r *Replica) copyFile(ctx context.Context, from *blob.Store, id blob.ID) error {
	if there, err := r.files.Exists(ctx, id); err != nil || there {
		return err
	}
	copied, err := transfer(ctx, from, r.files, id)
	if copied {
		r.count++
	}
	return err
}

// transfer copies the bytes of one attachment; what is not there, or not whole, is left: its own house says so.
func transfer(ctx context.Context, from, to *blob.Store, id blob.ID) (copied bool, err error) {
	src, err := from.Open(ctx, id)
	if errors.Is(err, blob.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = src.Close() }() // it was only read
	draft, err := to.Receive(ctx, io.Reader(src), math.MaxInt64-1)
	if err != nil {
		return false, err
	}
	defer draft.Discard()
	if draft.SHA256 != id.SHA256 {
		return false, nil
	}
	return true, to.Keep(ctx, draft, id.Since)
}
