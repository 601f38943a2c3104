package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"
)

// SetAside makes room for a restore without destroying anything: an SQLite file gets another name, and PostgreSQL's tables
// go to a schema of that name. It answers the name, or empty where there was nothing. A database that others have open
// is refused.
func SetAside(ctx context.Context, rawURL string, now time.Time) (string, error) {
	stamp := now.UTC().Format("20060102T150405Z")
	if path, embedded := sqlitePath(rawURL); embedded {
		return setFileAside(path, path+".before-restore-"+stamp)
	}
	s, err := OpenBeside(ctx, rawURL)
	if err != nil {
		return "", err
	}
	name, err := s.setTablesAside(ctx, "before_restore_"+stamp)
	return name, errors.Join(err, s.Close())
}

func setFileAside(path, to string) (string, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	unlock, err := lockFile(path + ".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	for _, part := range []string{"", "-wal", "-shm"} { // a file keeps its log by the name that they share
		if err := os.Rename(path+part, to+part); err != nil && (part == "" || !errors.Is(err, os.ErrNotExist)) {
			return "", err
		}
	}
	return to, nil
}

// others counts the connections of other programs to this database.
const others = `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`

func (s *Store) setTablesAside(ctx context.Context, name string) (string, error) {
	s.writer.SetMaxOpenConns(1) // so that others are really others
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return "", err
	}
	defer func() { _ = tx.Rollback() }() // after a commit this does nothing
	var n int
	if err := tx.QueryRowContext(ctx, others).Scan(&n); err != nil {
		return "", err
	}
	if n > 0 {
		return "", fmt.Errorf("%d other connections to this database: stop every ponte serve (and psql) first", n)
	}
	tables, err := names(ctx, tx)
	if err != nil || len(tables) == 0 {
		return "", err
	}
	if _, err := tx.ExecContext(ctx, "CREATE SCHEMA "+quoted(name)); err != nil {
		return "", err
	}
	for _, t := range tables {
		if _, err := tx.ExecContext(ctx, "ALTER TABLE "+quoted(t)+" SET SCHEMA "+quoted(name)); err != nil {
			return "", err
		}
	}
	return name, tx.Commit()
}

func names(ctx context.Context, tx *sql.Tx) (out []string, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	return out, rows.Err()
}

// Exists says whether a command would find a database: opening an SQLite file that is not there would make one.
func Exists(rawURL string) bool {
	path, embedded := sqlitePath(rawURL)
	if !embedded {
		return true
	}
	_, err := os.Stat(path)
	return err == nil
}
