package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"ponte/internal/store/db"
	"ponte/internal/tracing"
)

// Tx is one transaction's view of the database.
type Tx struct {
	*db.Queries
	raw     db.DBTX
	dialect Dialect
	after   []func()
}

// AfterCommit registers an announcement: it is made once the transaction is durable, and never if it failed.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// ErrClosed is answered to writes that come after Close.
var ErrClosed = errors.New("store: closed")

// maxTries bounds how often PostgreSQL may ask for a transaction again.
const maxTries = 8

// Write runs f as one transaction and returns once it is durable. It is the only way to write.
//
// f touches nothing but the database and may run twice. ctx is checked before f starts and is never given to
// its statements: a context that ends during an INSERT would roll back everybody's batch on SQLite. An error of
// f means that nothing of it was written. So does an error of the commit, but for one case: where the connection to
// PostgreSQL breaks while the commit is on its way, nobody here knows. The caller's own repetition then finds out,
// by its key.
func (s *Store) Write(ctx context.Context, f func(*Tx) error) error {
	tx, err := s.write(ctx, f)
	if err != nil {
		return err
	}
	for _, announce := range tx.after {
		announce()
	}
	return nil
}

func (s *Store) write(ctx context.Context, f func(*Tx) error) (tx *Tx, err error) {
	ctx, span := tracing.Start(ctx, "store.write")
	span.Text("db.system", string(s.dialect))
	defer func() { span.End(err) }()
	if err := s.begin(); err != nil {
		return nil, err
	}
	defer s.begun.Done()
	for range maxTries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if s.batch != nil {
			tx, err = s.batch.do(ctx, f)
		} else {
			tx, err = s.tryPostgres(ctx, f)
		}
		if err == nil || !errors.Is(err, errAgain) && !asksAgain(err) {
			return tx, err
		}
	}
	return nil, fmt.Errorf("transaction refused %d times: %w", maxTries, err)
}

// begin counts a write that Close will wait for.
func (s *Store) begin() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.begun.Add(1)
	return nil
}

func (s *Store) tryPostgres(ctx context.Context, f func(*Tx) error) (*Tx, error) {
	raw, err := s.writer.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = raw.Rollback() }() // after a commit this does nothing
	if err := ctx.Err(); err != nil {     // it may have waited for a connection
		return nil, err
	}
	tx := &Tx{Queries: db.New(patient{raw}), raw: patient{raw}, dialect: Postgres}
	if err := f(tx); err != nil {
		return nil, err
	}
	if err := raw.Commit(); err != nil {
		return nil, err
	}
	return tx, nil
}

// patient keeps the caller's context from ending a statement, as guard does on SQLite.
type patient struct{ tx *sql.Tx }

func (p patient) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return p.tx.ExecContext(context.WithoutCancel(ctx), query, args...)
}

func (p patient) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return p.tx.PrepareContext(context.WithoutCancel(ctx), query)
}

func (p patient) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return p.tx.QueryContext(context.WithoutCancel(ctx), query, args...)
}

func (p patient) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return p.tx.QueryRowContext(context.WithoutCancel(ctx), query, args...)
}

// errAgain is returned by a transaction that lost a race which a second run will see.
var errAgain = errors.New("store: run again")

// Again makes Write run the function once more, from a fresh snapshot: for a unique key that someone else took
// between the look and the insert.
func Again() error { return errAgain }

// asksAgain knows PostgreSQL's two ways of saying "run it again": serialization failure and deadlock.
func asksAgain(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// Taken says whether an insert met a key that another transaction took meanwhile; within SQLite's only writer that is
// nobody's doing but its own.
func Taken(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505"
}

// NoRows says whether a query found nothing.
func NoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }
