package store_test

import (
	"database/sql"
	"strings"
	"testing"

	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// A pragma executed once on a pool reaches one connection only; those of the DSN reach all, and this shows it.
func TestPragmasHoldOnEveryConnection(t *testing.T) {
	s := storetest.New(t, store.SQLite)
	writer, readers := s.Pools()
	writer.SetMaxOpenConns(4) // the batcher holds the pool's only one
	common := map[string]string{"busy_timeout": "5000", "journal_mode": "wal", "synchronous": "2", "foreign_keys": "1",
		"temp_store": "2", "wal_autocheckpoint": "4000"}
	for name, pool := range map[string]struct {
		db        *sql.DB
		n         int
		queryOnly string
		cache     string
	}{"writer": {writer, 3, "0", "-16000"}, "readers": {readers, 4, "1", "-4000"}} {
		conns := make([]*sql.Conn, pool.n) // all at once, so that each is another one
		for i := range conns {
			conns[i] = read[*sql.Conn](t)(pool.db.Conn(t.Context()))
			defer func() { _ = conns[i].Close() }()
		}
		common["query_only"], common["cache_size"] = pool.queryOnly, pool.cache
		for i, conn := range conns {
			for pragma, want := range common {
				var got string
				if err := conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
					t.Errorf("%s, connection %d: %s is %q, want %q (%v)", name, i, pragma, got, want, err)
				}
			}
		}
	}
	write(t, s, func(tx *store.Tx) error { // and on the one that the batcher holds
		for pragma, want := range map[string]int64{"synchronous": 2, "foreign_keys": 1, "query_only": 0} {
			if got, err := tx.Count("PRAGMA " + pragma); err != nil || got != want {
				t.Errorf("batcher: %s is %d, want %d (%v)", pragma, got, want, err)
			}
		}
		return nil
	})
}

func TestReadersCannotWrite(t *testing.T) {
	s := storetest.New(t, store.SQLite)
	_, readers := s.Pools()
	if _, err := readers.ExecContext(t.Context(), "DELETE FROM audit"); err == nil || !strings.Contains(err.Error(), "readonly") {
		t.Errorf("answered %v", err)
	}
}

// A transaction that begins as a reader and then writes can fail halfway; the writer's begin as writers.
func TestTransactionsOfTheWriterBeginImmediately(t *testing.T) {
	s := storetest.New(t, store.SQLite)
	writer, _ := s.Pools()
	writer.SetMaxOpenConns(3)
	conn := read[*sql.Conn](t)(writer.Conn(t.Context()))
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(t.Context(), "PRAGMA busy_timeout = 0"); err != nil {
		t.Fatal(err)
	}
	first := read[*sql.Tx](t)(writer.BeginTx(t.Context(), nil))
	defer func() { _ = first.Rollback() }()
	if second, err := conn.BeginTx(t.Context(), nil); err == nil {
		t.Error("two writers began")
		_ = second.Rollback()
	}
}

func TestDurabilityNamesWhatAcknowledgedRestsOn(t *testing.T) {
	want := map[store.Dialect]string{store.SQLite: "sqlite journal_mode=wal synchronous=FULL", store.Postgres: "postgresql fsync=on synchronous_commit=on"}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if got := read[string](t)(s.Durability(t.Context())); got != want[s.Dialect()] {
			t.Errorf("%q, want %q", got, want[s.Dialect()])
		}
	})
}
