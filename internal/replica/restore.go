package replica

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/benbjohnson/litestream"
	"github.com/benbjohnson/litestream/file"

	"ponte/internal/blob"
	"ponte/internal/store"
)

// ErrNoMoment is answered where the replica doesn't reach back, or forth, to a moment.
var ErrNoMoment = errors.New("replica: it has nothing of that moment")

// Rows writes the database as it was at a moment (zero: the last one) to a file that is not there yet, and answers the
// moment up to which it tells of.
func Rows(ctx context.Context, dir string, at time.Time, to string) (until time.Time, err error) {
	client := file.NewReplicaClient(filepath.Join(dir, rowsDir))
	client.SetLogger(slog.New(slog.DiscardHandler))
	r := litestream.NewReplicaWithClient(nil, client)
	o := litestream.NewRestoreOptions()
	o.OutputPath, o.Timestamp, o.IntegrityCheck = to, at, litestream.IntegrityCheckFull
	first, last, err := r.TimeBounds(ctx)
	if err != nil {
		return until, fmt.Errorf("replica: %w", err)
	}
	if until = at; at.IsZero() {
		until = last
		if st, err := Look(dir); err == nil && time.UnixMilli(st.At).After(until) { // nothing was written since
			until = time.UnixMilli(st.At)
		}
	}
	if at.After(last) { // nothing was written between: the last state is that of the moment
		o.Timestamp = time.Time{}
	}
	if first.IsZero() || !at.IsZero() && at.Before(first) {
		return until, ErrNoMoment
	}
	if err := r.Restore(ctx, o); err != nil {
		return until, fmt.Errorf("replica: %w", err)
	}
	return until, os.Chmod(to, 0o600)
}

// Files copies every attachment that the database's rows name, and answers how many are not in the replica.
func Files(ctx context.Context, dir string, s *store.Store, to *blob.Store) (copied, missing int, err error) {
	from, err := openFiles(ctx, dir)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	rows, err := s.Read().BlobsNamed(ctx)
	if err != nil {
		return 0, 0, err
	}
	for _, b := range rows {
		ok, err := transfer(ctx, from, to, blob.ID{SHA256: b.Sha256, Since: b.StoredAt})
		switch {
		case err != nil:
			return copied, missing, err
		case ok:
			copied++
		default:
			missing++
		}
	}
	return copied, missing, nil
}
