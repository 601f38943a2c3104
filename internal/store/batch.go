package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"ponte/internal/store/db"
)

// A batch ends when nobody waits, when it is full, or when its first caller has waited this long for the commit.
const (
	maxBatch     = 256
	maxBatchTime = 8 * time.Millisecond
)

// batcher shares one durable commit among the callers of the moment: each caller's function is a savepoint in
// it (group commit). One goroutine owns the only writing connection.
type batcher struct {
	conn  *sql.Conn
	stmts *statements
	queue chan *job
	done  chan struct{}
	held  *job // came while a batch was gathered, and wants to stand outside of one
}

type job struct {
	ctx   context.Context // it belongs to the one call that waits for this job
	f     func(*Tx) error
	tx    *Tx
	err   error
	panic any
	ended bool         // f ended the goroutine it ran in
	aside func() error // in place of f: runs between two batches
	ready chan struct{}
}

func newBatcher(conn *sql.Conn) *batcher {
	return &batcher{conn: conn, stmts: &statements{conn: conn, by: map[string]*sql.Stmt{}},
		queue: make(chan *job, maxBatch), done: make(chan struct{})}
}

// do hands f to the writer and waits for the commit that holds it. What f did to its goroutine, a panic or an
// end, is done to the caller's, where it belongs.
func (b *batcher) do(ctx context.Context, f func(*Tx) error) (*Tx, error) {
	j := &job{ctx: ctx, f: f, ready: make(chan struct{})}
	b.queue <- j
	<-j.ready
	if j.panic != nil {
		panic(j.panic)
	}
	if j.ended {
		runtime.Goexit()
	}
	return j.tx, j.err
}

// stop ends the writer; nobody writes any more.
func (b *batcher) stop() {
	close(b.queue)
	<-b.done
}

// run is the writer. It starts itself anew where a function ended its goroutine.
func (b *batcher) run() {
	over := false
	defer func() {
		if !over {
			go b.run()
		}
	}()
	for first := range b.queue {
		b.take(first)
		for held := b.held; held != nil; held = b.held {
			b.held = nil
			b.take(held)
		}
	}
	over = true
	b.stmts.close()
	_ = b.conn.Close()
	close(b.done)
}

func (b *batcher) take(j *job) {
	if j.aside == nil {
		b.batch(j)
		return
	}
	defer close(j.ready)
	j.err = errEnded
	j.err = j.aside()
}

// errEnded is what the batch hears of a function that called runtime.Goexit, as a test's FailNow does.
var errEnded = errors.New("a function of the same batch ended its goroutine")

// batch answers only after the commit: even a refusal may rest on what an earlier function of the same batch
// wrote.
func (b *batcher) batch(first *job) {
	members := []*job{first}
	err := errEnded // until it is known better
	defer func() {
		if err != nil {
			_ = b.exec("ROLLBACK") // fails where SQLite ended the transaction itself
		}
		for _, j := range members {
			if err != nil {
				j.err = fmt.Errorf("write: %w", err)
			}
			close(j.ready)
		}
	}()
	err = b.commit(&members)
}

// commit runs functions until the commit is worth making, and makes it.
func (b *batcher) commit(members *[]*job) error {
	began := time.Now()
	if err := b.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := b.one((*members)[0]); err != nil {
		return err
	}
	for j := b.next(1, began); j != nil; j = b.next(len(*members), began) {
		*members = append(*members, j)
		if err := b.one(j); err != nil {
			return err
		}
	}
	return b.exec("COMMIT")
}

func (b *batcher) next(n int, began time.Time) *job {
	if n >= maxBatch || time.Since(began) > maxBatchTime {
		return nil
	}
	select {
	case j := <-b.queue:
		if j != nil && j.aside != nil {
			b.held = j
			return nil
		}
		return j // nil once the queue is closed and empty
	default:
		return nil
	}
}

// one runs a member in its savepoint. What it returns is the failure of the whole batch; the member's own error
// goes into the job.
func (b *batcher) one(j *job) error {
	if j.err = j.ctx.Err(); j.err != nil {
		return nil
	}
	if err := b.exec("SAVEPOINT caller"); err != nil {
		return err
	}
	guard := &guard{stmts: b.stmts}
	j.tx = &Tx{Queries: db.New(guard), raw: guard, dialect: SQLite}
	func() {
		j.ended = true
		defer func() { j.panic = recover() }()
		j.err = j.f(j.tx)
		j.ended = false
	}()
	if guard.dead != nil {
		return guard.dead
	}
	if j.err != nil || j.panic != nil {
		if err := b.exec("ROLLBACK TO caller"); err != nil {
			return err
		}
	}
	return b.exec("RELEASE caller")
}

func (b *batcher) exec(query string) error {
	_, err := b.stmts.ExecContext(context.Background(), query)
	return err
}

// guard stands between a function and the shared transaction. Where SQLite ends the transaction itself
// (interrupt, disk full, I/O error), later statements would each commit alone; the guard lets none through, and
// the whole batch fails.
type guard struct {
	stmts *statements
	dead  error
}

func (g *guard) watch(err error) error {
	if g.dead == nil && endsTransaction(err) {
		g.dead = err
	}
	return err
}

func (g *guard) ExecContext(_ context.Context, query string, args ...any) (sql.Result, error) {
	if g.dead != nil {
		return nil, g.dead
	}
	r, err := g.stmts.ExecContext(context.Background(), query, args...)
	return r, g.watch(err)
}

func (g *guard) PrepareContext(context.Context, string) (*sql.Stmt, error) {
	return nil, errors.New("store: statements are prepared already")
}

func (g *guard) QueryContext(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	if g.dead != nil {
		return nil, g.dead
	}
	r, err := g.stmts.QueryContext(context.Background(), query, args...)
	return r, g.watch(err)
}

func (g *guard) QueryRowContext(_ context.Context, query string, args ...any) *sql.Row {
	ctx := context.Background()
	if g.dead != nil { // a row can't be made with an error of ours, but with that of a context
		ended, end := context.WithCancel(ctx)
		end()
		ctx = ended
	}
	row := g.stmts.QueryRowContext(ctx, query, args...)
	_ = g.watch(row.Err())
	return row
}

func endsTransaction(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CORRUPT:
		return true
	}
	return false
}

// statements prepares each text once on the writing connection: two to three times faster on point reads.
type statements struct {
	conn *sql.Conn
	by   map[string]*sql.Stmt
}

func (s *statements) prepared(query string) (*sql.Stmt, error) {
	if st, ok := s.by[query]; ok {
		return st, nil
	}
	st, err := s.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	s.by[query] = st
	return st, nil
}

func (s *statements) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	st, err := s.prepared(query)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(ctx, args...)
}

func (s *statements) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	st, err := s.prepared(query)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

func (s *statements) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	st, err := s.prepared(query)
	if err != nil {
		return s.conn.QueryRowContext(ctx, query, args...) // which fails the same way, where Scan shows it
	}
	return st.QueryRowContext(ctx, args...)
}

func (s *statements) close() {
	for _, st := range s.by {
		_ = st.Close()
	}
}
