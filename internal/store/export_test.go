package store

import (
	"context"
	"database/sql"
	"io/fs"
	"time"
)

// Exec runs a statement of the test's own inside the transaction.
func (tx *Tx) Exec(query string, args ...any) error {
	_, err := tx.raw.ExecContext(context.Background(), query, args...)
	return err
}

// Count answers a query for one number, from inside the transaction.
func (tx *Tx) Count(query string, args ...any) (n int64, err error) {
	err = tx.raw.QueryRowContext(context.Background(), query, args...).Scan(&n)
	return n, err
}

// Pools are the connections that write and those that read.
func (s *Store) Pools() (writer, readers *sql.DB) { return s.writer, s.readers }

// SetMigrations makes the store one of a release with other migrations.
func (s *Store) SetMigrations(m fs.FS) { s.migrations = m }

// MaxTries is how often Write runs a function that asks for it.
const MaxTries = maxTries

// LookOften makes one who is about to listen notice soon who is gone.
func LookOften(n *News) { n.every = 50 * time.Millisecond }

// Vanish ends one who listens as SIGKILL would.
func Vanish(n *News) {
	n.stopListening()
	<-n.listened
}
