package store

import (
	"context"
	"database/sql"
	"fmt"
)

// Snapshot is the whole database as it was at one moment, while others go on writing.
type Snapshot struct {
	Dialect Dialect
	Version int64   // of the schema
	Tables  []Table // each after those that it refers to
	tx      *sql.Tx
}

// Snapshot gives f a view of one moment: on SQLite a read transaction (its log grows meanwhile), on PostgreSQL one of
// REPEATABLE READ. Nobody is kept from writing.
func (s *Store) Snapshot(ctx context.Context, f func(*Snapshot) error) error {
	o := &sql.TxOptions{ReadOnly: true}
	if s.dialect == Postgres {
		o.Isolation = sql.LevelRepeatableRead
	} else {
		o = nil // the readers are query_only already
	}
	tx, err := s.readers.BeginTx(ctx, o)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // it has nothing to keep
	snap := &Snapshot{Dialect: s.dialect, tx: tx}
	// The first read fixes the moment.
	if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version").Scan(&snap.Version); err != nil {
		return fmt.Errorf("the database has no schema of Ponte: %w", err)
	}
	schema, err := readSchema(ctx, tx, s.dialect)
	if err != nil {
		return err
	}
	snap.Tables = schema.tables
	return f(snap)
}

// Rows gives each row of a table, its values int64, bool, string, []byte, float64 or nil by the columns' kinds. The slice
// is used again for the next row.
func (s *Snapshot) Rows(ctx context.Context, t Table, each func([]any) error) error {
	return s.query(ctx, t, "SELECT "+t.list()+" FROM "+quoted(t.Name), each)
}

// NamedBlobs gives the hash and the moment of storing (Unix milliseconds) of all bytes that an attachment names.
func (s *Snapshot) NamedBlobs(ctx context.Context, each func(sha256 string, storedAt int64) error) error {
	t := Table{Name: "blob", Columns: []Column{{"sha256", Text}, {"stored_at", Int}}}
	return s.query(ctx, t, "SELECT b.sha256, b.stored_at FROM blob b WHERE EXISTS (SELECT 1 FROM attachment a WHERE a.sha256 = b.sha256) ORDER BY b.sha256",
		func(row []any) error { return each(row[0].(string), row[1].(int64)) })
}

func (s *Snapshot) query(ctx context.Context, t Table, query string, each func([]any) error) error {
	rows, err := s.tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	values, into := make([]any, len(t.Columns)), make([]any, len(t.Columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, c := range t.Columns {
			if values[i], err = c.Kind.of(values[i]); err != nil {
				return fmt.Errorf("%s.%s: %w", t.Name, c.Name, err)
			}
		}
		if err := each(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

// of makes what a driver answered a value of this kind.
func (k Kind) of(v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case int64:
		switch k {
		case Int:
			return v, nil
		case Bool:
			return v != 0, nil
		case Real:
			return float64(v), nil
		}
	case bool:
		if k == Bool {
			return v, nil
		}
	case float64:
		if k == Real {
			return v, nil
		}
	case string:
		switch k {
		case Text:
			return v, nil
		case Bytes:
			return []byte(v), nil
		}
	case []byte:
		switch k {
		case Bytes:
			return v, nil
		case Text:
			return string(v), nil
		}
	}
	return nil, fmt.Errorf("store: %T in a column of %s", v, k)
}
