package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
)

// Follower copies an embedded database elsewhere as it changes. It is opened before the first connection and closed after
// the last, both under the file's lock: closing a file takes away all locks that the process has on it.
type Follower interface {
	Open(path string) error
	Close() error
}

// ErrNotEmbedded is answered where only an embedded database can be followed.
var ErrNotEmbedded = errors.New("store: only an embedded database (sqlite:) can be followed; PostgreSQL has replication of its own")

// OpenFollowed is Open for a database that is followed. Its log is brought into its file by the follower alone.
func OpenFollowed(ctx context.Context, rawURL string, f Follower) (*Store, error) {
	path, embedded := sqlitePath(rawURL)
	if !embedded {
		return nil, ErrNotEmbedded
	}
	return openSQLite(ctx, path, lockFile, f)
}

// params are the DSN's; who is followed leaves checkpoints to the follower.
func params(f Follower) url.Values {
	if f == nil {
		return sqliteParams
	}
	p := maps.Clone(sqliteParams)
	p["_pragma"] = append(slices.DeleteFunc(slices.Clone(p["_pragma"]), func(s string) bool { return s == autoCheckpoint }), "wal_autocheckpoint(0)")
	return p
}

// Between runs f while nobody writes to an embedded database: what must have the file's lock for a moment would otherwise
// get it only by luck, where writes come without a pause.
func (s *Store) Between(f func() error) error {
	if s.batch == nil {
		return ErrNotEmbedded
	}
	if err := s.begin(); err != nil {
		return err
	}
	defer s.begun.Done()
	j := &job{aside: f, ready: make(chan struct{})}
	s.batch.queue <- j
	<-j.ready
	return j.err
}

// litestreamTables are the follower's own; they belong to a file, not to an installation.
const litestreamTables = `m.name NOT LIKE '!_litestream!_%' ESCAPE '!'`

// MarkRestored leaves in a database that came from elsewhere that it was: whoever opens it next does what a restore asks
// for. The tables of whoever followed it go.
func MarkRestored(ctx context.Context, path string, mark Restoration) (err error) {
	one, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+sqliteParams.Encode())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, one.Close()) }()
	for _, q := range []string{"DROP TABLE IF EXISTS _litestream_seq", "DROP TABLE IF EXISTS _litestream_lock"} {
		if _, err := one.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	_, err = one.ExecContext(ctx, insertRestoration, mark.TakenAt, mark.By, mark.Skip, mark.Copy)
	return err
}

// PutInPlace gives a database that nobody has open the name by which it will be served, durably. What has that name is
// replaced only if it is empty.
func PutInPlace(from, to string) error {
	if info, err := os.Stat(to); err == nil && info.Size() > 0 {
		return ErrNotEmpty
	}
	for _, beside := range []string{"-wal", "-shm"} { // of the empty one; this one has none, for its last connection took them along
		if err := os.Remove(to + beside); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	_ = os.Remove(from + ".lock") // it is nobody's any more
	dir, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
