package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ponte/internal/flow"
	"ponte/internal/replica"
	"ponte/internal/seal"
	"ponte/internal/store"
)

// openStore opens the database, followed into a replica's folder where one is configured.
func openStore(ctx context.Context, cfg Config, keys *seal.Keyring) (*store.Store, *replica.Replica, error) {
	if cfg.ReplicaURL == "" {
		s, err := store.Open(ctx, cfg.DatabaseURL)
		return s, nil, err
	}
	r, err := replica.New(ctx, replica.Options{URL: cfg.ReplicaURL, Keep: time.Duration(cfg.ReplicaKeep) * 24 * time.Hour, Every: cfg.ReplicaEvery,
		Key: keys.Fingerprints()[0], Release: Version, Log: cfg.Log})
	if err != nil {
		return nil, nil, err
	}
	s, err := store.OpenFollowed(ctx, cfg.DatabaseURL, r)
	if err != nil {
		return nil, nil, fmt.Errorf("replica-url: %w", err)
	}
	return s, r, nil
}

// IsReplica says whether a restore is asked for from a replica's folder.
func IsReplica(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// FromReplica restores an embedded database and its attachments as they were at a moment; zero: the last that the folder
// knows. Nothing counts until all of it is there.
func (r Restore) FromReplica(ctx context.Context, dir string, at time.Time, anyKey bool) (done flow.Restored, files, missing int, err error) {
	path, embedded := strings.CutPrefix(r.DatabaseURL, "sqlite:")
	if path = strings.TrimPrefix(path, "//"); !embedded {
		return done, 0, 0, errors.New("a replica goes back into an embedded database (sqlite:); from there ponte backup and ponte restore lead into PostgreSQL")
	}
	if err := r.isItsKey(dir, anyKey); err != nil {
		return done, 0, 0, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return done, 0, 0, err
	}
	half := path + ".restaurando"
	if err := store.Forget(half); err != nil { // what a former try left
		return done, 0, 0, err
	}
	until, err := replica.Rows(ctx, dir, at, half)
	if err != nil {
		return done, 0, 0, err
	}
	if err := store.MarkRestored(ctx, half, store.Restoration{TakenAt: until.UnixMilli(), By: r.By, Skip: r.Skip, Copy: r.Copy}); err != nil {
		return done, 0, 0, err
	}
	if files, missing, err = r.replicaFiles(ctx, dir, half); err != nil {
		return done, files, missing, err
	}
	if err := store.PutInPlace(half, path); err != nil {
		return done, files, missing, err
	}
	s, err := store.Open(ctx, r.DatabaseURL)
	if err != nil {
		return done, files, missing, err
	}
	done, err = r.finish(ctx, s)
	return done, files, missing, errors.Join(err, s.Close())
}

func (r Restore) isItsKey(dir string, anyKey bool) error {
	st, err := replica.Look(dir)
	if err != nil {
		return fmt.Errorf("%s is no replica of ponte serve: %w", dir, err)
	}
	keys, err := seal.New(r.Secrets...)
	if err != nil || anyKey || slices.Contains(keys.Fingerprints(), st.Key) {
		return err
	}
	return fmt.Errorf("this is not its key: the replica was written with %s, and secret-key has none of that fingerprint; nothing was changed. Give the key that ran then (a former one after a comma), or --any-key to lose what is sealed: credentials, queued deliveries, kept calls", st.Key)
}

func (r Restore) replicaFiles(ctx context.Context, dir, half string) (files, missing int, err error) {
	s, err := store.Open(ctx, "sqlite:"+half)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	blobs, err := r.blobs(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, blobs.Close()) }()
	return replica.Files(ctx, dir, s, blobs)
}
