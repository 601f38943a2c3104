package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// ErrNotEmpty is answered where a database already is an installation's.
var ErrNotEmpty = errors.New("store: the database is not empty")

// Empty says whether the database is nobody's: it has no tables, or a schema in which no installation was ever set up.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	schema, err := readSchema(ctx, s.readers, s.dialect)
	if err != nil || len(schema.tables) == 0 {
		return err == nil, err
	}
	if !slices.ContainsFunc(schema.tables, func(t Table) bool { return t.Name == "installation" }) {
		return false, nil
	}
	var n int64
	err = s.readers.QueryRowContext(ctx, "SELECT (SELECT COUNT(*) FROM installation) + (SELECT COUNT(*) FROM app_user) + (SELECT COUNT(*) FROM occurrence)").Scan(&n)
	return n == 0, err
}

// Restoration is what a restored installation remembers of its restore.
type Restoration struct {
	TakenAt int64 // when the backup was taken, Unix milliseconds
	By      string
	Skip    int64 // how many numbers the installation passes over
	Copy    bool  // it must not reach the field's tool
}

// insertRestoration leaves restored_at 0: whoever opens the database next does what a restore asks for, and sets it. It
// must run on every schema from 18 on.
const insertRestoration = `INSERT INTO restoration (taken_at, restored_at, restored_by, skipped, is_copy) VALUES ($1, 0, $2, $3, $4)`

// Loader fills an empty database within one transaction.
type Loader struct {
	ctx     context.Context //nolint:containedctx // it lives as long as the transaction's function
	conn    *sql.Conn
	dialect Dialect
	schema  schema
	inserts map[string]*sql.Stmt
}

// Load brings an empty database to a version of the schema and lets f fill it, in one transaction that is durable when
// Load returns and leaves nothing if it fails. It is no Write: its function reads a whole archive, and runs once. Nobody
// serves an empty database.
func (s *Store) Load(ctx context.Context, version int64, mark Restoration, f func(*Loader) error) error {
	if empty, err := s.Empty(ctx); err != nil || !empty {
		return errors.Join(err, ErrNotEmpty)
	}
	if err := s.migrateTo(ctx, version); err != nil {
		return err
	}
	if s.batch != nil { // its writer holds the pool's only place
		s.writer.SetMaxOpenConns(2)
		defer s.writer.SetMaxOpenConns(1)
	}
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	begin := "BEGIN IMMEDIATE"
	if s.dialect == Postgres {
		begin = "BEGIN"
	}
	if _, err := conn.ExecContext(ctx, begin); err != nil {
		return err
	}
	l := &Loader{ctx: ctx, conn: conn, dialect: s.dialect, inserts: map[string]*sql.Stmt{}}
	if err = l.fill(f); err == nil {
		_, err = conn.ExecContext(ctx, insertRestoration, mark.TakenAt, mark.By, mark.Skip, mark.Copy)
	}
	for _, st := range l.inserts {
		err = errors.Join(err, st.Close())
	}
	end := "COMMIT"
	if err != nil {
		end = "ROLLBACK"
	}
	_, ended := conn.ExecContext(context.WithoutCancel(ctx), end)
	return errors.Join(err, ended)
}

func (l *Loader) fill(f func(*Loader) error) (err error) {
	if l.schema, err = readSchema(l.ctx, l.conn, l.dialect); err != nil {
		return err
	}
	if err := l.deferReferences(); err != nil {
		return err
	}
	for _, t := range slices.Backward(l.schema.tables) { // what the migrations wrote comes with the rows again
		if err := l.exec("DELETE FROM " + quoted(t.Name)); err != nil {
			return err
		}
	}
	if err := f(l); err != nil {
		return err
	}
	if err := l.forgetFound(); err != nil {
		return err
	}
	return l.check()
}

func (l *Loader) exec(query string) error {
	_, err := l.conn.ExecContext(l.ctx, query)
	if err != nil {
		return fmt.Errorf("%s: %w", query, err)
	}
	return nil
}

// deferReferences lets rows refer to what comes later; check then finds what is not there.
func (l *Loader) deferReferences() error {
	if l.dialect == SQLite {
		return l.exec("PRAGMA defer_foreign_keys = ON")
	}
	for _, r := range l.schema.ahead() {
		if err := l.exec("ALTER TABLE " + quoted(r.from) + " ALTER CONSTRAINT " + quoted(r.name) + " DEFERRABLE INITIALLY DEFERRED"); err != nil {
			return err
		}
	}
	return nil
}

// Has says whether the schema has just such a table.
func (l *Loader) Has(t Table) bool {
	return slices.ContainsFunc(l.schema.tables, func(o Table) bool {
		return o.Name == t.Name && slices.Equal(slices.SortedFunc(slices.Values(o.Columns), byName), slices.SortedFunc(slices.Values(t.Columns), byName))
	})
}

func byName(a, b Column) int { return strings.Compare(a.Name, b.Name) }

// Insert adds rows, their values as Snapshot gives them.
func (l *Loader) Insert(t Table, rows [][]any) error {
	if l.dialect == Postgres {
		return l.copyRows(t, rows)
	}
	st := l.inserts[t.Name]
	if st == nil {
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(t.Columns)), ", ")
		var err error
		if st, err = l.conn.PrepareContext(l.ctx, "INSERT INTO "+quoted(t.Name)+" ("+t.list()+") VALUES ("+marks+")"); err != nil {
			return err
		}
		l.inserts[t.Name] = st
	}
	for _, row := range rows {
		if _, err := st.ExecContext(l.ctx, row...); err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
	}
	return nil
}

func (l *Loader) copyRows(t Table, rows [][]any) error {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return l.conn.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().CopyFrom(l.ctx, pgx.Identifier{t.Name}, names, pgx.CopyFromRows(rows))
		if err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		return nil
	})
}

// Count answers how many rows a table has.
func (l *Loader) Count(t Table) (n int64, err error) {
	err = l.conn.QueryRowContext(l.ctx, "SELECT COUNT(*) FROM "+quoted(t.Name)).Scan(&n)
	return n, err
}

// check wants every reference kept, and lets new rows come after those that are there.
func (l *Loader) check() error {
	if l.dialect == SQLite {
		return l.checkSQLite()
	}
	if err := l.exec("SET CONSTRAINTS ALL IMMEDIATE"); err != nil {
		return err
	}
	for _, r := range l.schema.ahead() {
		if err := l.exec("ALTER TABLE " + quoted(r.from) + " ALTER CONSTRAINT " + quoted(r.name) + " NOT DEFERRABLE"); err != nil {
			return err
		}
	}
	return l.moveSequences()
}

func (l *Loader) checkSQLite() error {
	rows, err := l.conn.QueryContext(l.ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	if rows.Next() {
		var table, parent string
		var row, key sql.NullInt64
		if err := rows.Scan(&table, &row, &parent, &key); err != nil {
			return err
		}
		return fmt.Errorf("store: row %d of %s refers to a row of %s that is not there", row.Int64, table, parent)
	}
	return rows.Err()
}

const identities = `SELECT table_name, column_name, pg_get_serial_sequence(quote_ident(table_name), column_name)
FROM information_schema.columns WHERE table_schema = current_schema() AND is_identity = 'YES' AND table_name <> 'goose_db_version'`

func (l *Loader) moveSequences() error {
	var moves []string
	err := triples(l.ctx, l.conn, identities, func(table, column, sequence string) error {
		c := quoted(column)
		moves = append(moves, fmt.Sprintf("SELECT setval('%s', COALESCE(MAX(%s), 1), MAX(%s) IS NOT NULL) FROM %s", sequence, c, c, quoted(table)))
		return nil
	})
	for _, move := range moves {
		if err != nil {
			return err
		}
		err = l.exec(move)
	}
	return err
}

// forgetFound lets everything be indexed again: an index of words is in no backup.
func (l *Loader) forgetFound() error {
	for _, t := range l.schema.tables {
		if t.Name == "occurrence" && slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Name == "found_rev" }) {
			return l.exec("UPDATE occurrence SET found_rev = 0 WHERE found_rev <> 0")
		}
	}
	return nil
}
