package store

import (
	"context"
	"fmt"
	"time"
)

// Integrity reads the database for damage and answers what it found; SQLite's own quick check, and with thorough its whole
// one. PostgreSQL looks after its pages by itself.
func (s *Store) Integrity(ctx context.Context, thorough bool) (problems []string, err error) {
	if s.dialect != SQLite {
		return nil, nil
	}
	query := "PRAGMA quick_check(5)"
	if thorough {
		query = "PRAGMA integrity_check(5)"
	}
	rows, err := s.readers.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var said string
		if err := rows.Scan(&said); err != nil {
			return nil, err
		}
		if said != "ok" {
			problems = append(problems, said)
		}
	}
	if err := rows.Err(); err != nil || !thorough {
		return problems, err
	}
	return s.dangling(ctx, problems)
}

func (s *Store) dangling(ctx context.Context, problems []string) ([]string, error) {
	rows, err := s.readers.QueryContext(ctx, "SELECT \"table\", COUNT(*) FROM pragma_foreign_key_check GROUP BY 1")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var table string
		var n int64
		if err := rows.Scan(&table, &n); err != nil {
			return nil, err
		}
		problems = append(problems, fmt.Sprintf("%d rows of %s refer to rows that are not there", n, table))
	}
	return problems, rows.Err()
}

// Clock is PostgreSQL's time.
func (s *Store) Clock(ctx context.Context) (time.Time, error) {
	var ms int64
	err := s.readers.QueryRowContext(ctx, "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)").Scan(&ms)
	return time.UnixMilli(ms), err
}

// Path is the file of an embedded database; empty for PostgreSQL.
func (s *Store) Path() string { return s.path }
