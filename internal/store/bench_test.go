package store_test

import (
	"context"
	"database/sql"
	"strconv"
	"sync"
	"testing"

	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// A benchmark named XLimit measures what bounds X on this machine in the same run; scripts/bench.sh sets the two
// side by side. The write of all of them is one row.

const insertAudit = "INSERT INTO audit (at, actor_kind, actor_id, actor_name, action, subject) VALUES (0, 'sistema', '', '', 'teste', $1)"

// onEach runs a benchmark per database. f makes b.N durable writes; they are counted afterwards, and what their
// durability rests on is printed with them.
func onEach(b *testing.B, f func(b *testing.B, s *store.Store)) {
	b.Helper()
	for _, d := range storetest.Dialects {
		b.Run(string(d), func(b *testing.B) {
			s := storetest.New(b, d)
			settings, err := s.Durability(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			f(b, s)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
			b.ReportMetric(0, "ns/op")
			n := 0
			for _, rows := range auditRows(b, s) {
				n += rows
			}
			if n != b.N {
				b.Errorf("%d rows of %d acknowledged", n, b.N)
			}
			b.Logf("durability: %s; %d rows of %d acknowledged are there", settings, n, b.N)
		})
	}
}

// BenchmarkWriteParallel64 is Write under 64 callers.
func BenchmarkWriteParallel64(b *testing.B) {
	onEach(b, func(b *testing.B, s *store.Store) {
		parallel(b, 64, func(i int) error {
			return s.Write(context.Background(), func(tx *store.Tx) error { return note(tx, strconv.Itoa(i)) })
		})
	})
}

// BenchmarkWriteParallel64Limit is, on SQLite, 64 rows per commit by one goroutine; on PostgreSQL one statement
// per transaction over the same pool.
func BenchmarkWriteParallel64Limit(b *testing.B) {
	onEach(b, func(b *testing.B, s *store.Store) {
		if s.Dialect() == store.Postgres {
			pool, _ := s.Pools()
			parallel(b, 64, func(i int) error {
				_, err := pool.ExecContext(context.Background(), insertAudit, strconv.Itoa(i))
				return err
			})
			return
		}
		conn := rawConn(b, s)
		insert, err := conn.PrepareContext(b.Context(), insertAudit)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = insert.Close() }()
		var tx *sql.Tx
		for i := 0; b.Loop(); i++ {
			if i%64 == 0 {
				tx = committed(b, conn, tx)
			}
			if _, err := tx.StmtContext(b.Context(), insert).ExecContext(b.Context(), strconv.Itoa(i)); err != nil {
				b.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	})
}

// committed ends one transaction, if there is one, and begins the next.
func committed(b *testing.B, conn *sql.Conn, tx *sql.Tx) *sql.Tx {
	b.Helper()
	if tx != nil {
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	tx, err := conn.BeginTx(b.Context(), nil)
	if err != nil {
		b.Fatal(err)
	}
	return tx
}

// BenchmarkWriteAlone is Write under one caller, with nobody to share the commit.
func BenchmarkWriteAlone(b *testing.B) {
	onEach(b, func(b *testing.B, s *store.Store) {
		for i := 0; b.Loop(); i++ {
			write(b, s, func(tx *store.Tx) error { return note(tx, strconv.Itoa(i)) })
		}
	})
}

// BenchmarkWriteAloneLimit is the driver alone: one statement, one durable commit.
func BenchmarkWriteAloneLimit(b *testing.B) {
	onEach(b, func(b *testing.B, s *store.Store) {
		conn := rawConn(b, s)
		for i := 0; b.Loop(); i++ {
			if _, err := conn.ExecContext(b.Context(), insertAudit, strconv.Itoa(i)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func rawConn(b *testing.B, s *store.Store) *sql.Conn {
	b.Helper()
	pool, _ := s.Pools()
	if s.Dialect() == store.SQLite {
		pool.SetMaxOpenConns(2) // the batcher holds one
	}
	conn, err := pool.Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	return conn
}

// parallel calls f for every round of the benchmark, from so many goroutines at once.
func parallel(b *testing.B, callers int, f func(i int) error) {
	b.Helper()
	rounds := make(chan int)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for i := range rounds {
				if err := f(i); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := 0; b.Loop(); i++ {
		rounds <- i
	}
	close(rounds)
	wg.Wait()
}
