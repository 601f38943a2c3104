package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"ponte/internal/backup"
	"ponte/internal/blob"
	"ponte/internal/flow"
	"ponte/internal/seal"
	"ponte/internal/store"
)

// Place is where an installation keeps what it knows.
type Place struct {
	DatabaseURL string
	BlobURL     string // empty: as Config says
}

func (p Place) blobs(ctx context.Context) (*blob.Store, error) {
	return openBlobs(ctx, Config{DatabaseURL: p.DatabaseURL, BlobURL: p.BlobURL})
}

// ErrNoDatabase is answered where there is nothing to work on.
var ErrNoDatabase = errors.New("there is no database at database-url")

// Exists says whether a command would find a database there.
func (p Place) Exists() error {
	if !store.Exists(p.DatabaseURL) {
		return ErrNoDatabase
	}
	return nil
}

// Backup writes an installation to w, while serve may be running. It needs no secret key: what is sealed stays sealed.
func Backup(ctx context.Context, p Place, w io.Writer, progress func(backup.Progress)) (head backup.Head, m *backup.Manifest, err error) {
	if err := p.Exists(); err != nil {
		return head, nil, err
	}
	s, err := store.OpenBeside(ctx, p.DatabaseURL)
	if err != nil {
		return head, nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	blobs, err := p.blobs(ctx)
	if err != nil {
		return head, nil, err
	}
	defer func() { err = errors.Join(err, blobs.Close()) }()
	return backup.Write(ctx, w, backup.Source{Store: s, Blobs: blobs, Release: Version, Now: time.Now, KeyOf: keyOf, Progress: progress})
}

// keyOf knows the sealed columns, and the key of a value in one.
func keyOf(table, column string, value []byte) (string, bool) {
	if !slices.ContainsFunc(flow.SealedColumns, func(c store.SealedColumn) bool { return c.Table == table && c.Column == column }) {
		return "", false
	}
	return seal.KeyOf(value)
}

// MissingKeys answers those fingerprints of a backup's keys that the secrets at hand are not.
func MissingKeys(m *backup.Manifest, secrets []string) ([]string, error) {
	keys, err := seal.New(secrets...)
	if err != nil {
		return nil, err
	}
	var missing []string
	for fingerprint := range m.Keys {
		if !slices.Contains(keys.Fingerprints(), fingerprint) {
			missing = append(missing, fingerprint)
		}
	}
	slices.Sort(missing)
	return missing, nil
}

// Restore is how a backup becomes an installation.
type Restore struct {
	Place
	Secrets  []string
	By       string
	Skip     int64 // numbers of occurrences to pass over
	Copy     bool  // it must not reach the field's tool
	Log      *slog.Logger
	Progress func(backup.Progress)
}

// ErrNotEmpty is answered where a restore would write over an installation.
var ErrNotEmpty = store.ErrNotEmpty

// Empty says whether database and folder are nobody's.
func (p Place) Empty(ctx context.Context) (database, files bool, err error) {
	database = true
	if store.Exists(p.DatabaseURL) {
		s, err := store.Open(ctx, p.DatabaseURL) // which refuses while it is served
		if err != nil {
			return false, false, err
		}
		database, err = s.Empty(ctx)
		if err = errors.Join(err, s.Close()); err != nil {
			return false, false, err
		}
	}
	b, err := p.blobs(ctx)
	if err != nil {
		return false, false, err
	}
	files, err = b.Empty(ctx)
	return database, files, errors.Join(err, b.Close())
}

// SetAside gives database and folder of a former installation other names, and answers them.
func (p Place) SetAside(ctx context.Context, now time.Time) (out []string, err error) {
	name, err := store.SetAside(ctx, p.DatabaseURL, now)
	if err != nil {
		return nil, err
	}
	if name != "" {
		out = append(out, name)
	}
	b, err := p.blobs(ctx)
	if err != nil {
		return out, err
	}
	name, err = b.SetAside(now)
	if name != "" {
		out = append(out, name)
	}
	return out, errors.Join(err, b.Close())
}

// Run restores into an empty installation, and makes it one that may serve.
func (r Restore) Run(ctx context.Context, from io.Reader) (done flow.Restored, m *backup.Manifest, err error) {
	s, err := store.Open(ctx, r.DatabaseURL)
	if err != nil {
		return done, nil, err
	}
	blobs, err := r.blobs(ctx)
	if err != nil {
		return done, nil, errors.Join(err, s.Close())
	}
	_, m, err = backup.Restore(ctx, from, backup.Target{Store: s, Blobs: blobs, Mark: store.Restoration{By: r.By, Skip: r.Skip, Copy: r.Copy}, Progress: r.Progress})
	if err == nil {
		done, err = r.finish(ctx, s)
	}
	return done, m, errors.Join(err, blobs.Close(), s.Close())
}

func (r Restore) finish(ctx context.Context, s *store.Store) (done flow.Restored, err error) {
	if err := migrate(ctx, s, r.Log); err != nil {
		return done, err
	}
	keys, err := seal.New(r.Secrets...)
	if err != nil {
		return done, err
	}
	done, ok, err := flow.New(flow.Deps{Store: s, Keys: keys, Log: r.Log}).FinishRestore(ctx)
	if err == nil && !ok {
		err = errors.New("the restore was finished by somebody else")
	}
	return done, err
}

// finishRestore does at a start what an interrupted restore left undone.
func finishRestore(ctx context.Context, f *flow.Flow, log *slog.Logger) error {
	r, ok, err := f.FinishRestore(ctx)
	if err != nil {
		return fmt.Errorf("finish the restore: %w", err)
	}
	if ok {
		log.WarnContext(ctx, "finished a restore that was interrupted", "taken_at", r.TakenAt, "doubtful", r.Doubtful, "next_number", r.NextNumber)
	}
	return nil
}
