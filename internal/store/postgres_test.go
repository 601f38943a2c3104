package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

func counters(t testing.TB, s *store.Store) {
	t.Helper()
	write(t, s, func(tx *store.Tx) error {
		return tx.Exec("INSERT INTO counter (name, value) VALUES ('a', 0), ('b', 0)")
	})
}

func increment(tx *store.Tx, name string) error {
	return tx.Exec("UPDATE counter SET value = value + 1 WHERE name = $1", name)
}

func wantCounters(t testing.TB, s *store.Store, want int64) {
	t.Helper()
	write(t, s, func(tx *store.Tx) error {
		n, err := tx.Count("SELECT SUM(value)::bigint FROM counter")
		if n != want {
			t.Errorf("the counters add up to %d, want %d", n, want)
		}
		return err
	})
}

func TestADeadlockIsResolvedByRunningAgain(t *testing.T) {
	s := storetest.Open(t, storetest.URL(t, store.Postgres)) // a fresh one of New's may have no deadlock
	if _, _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	counters(t, s)
	var first sync.WaitGroup // both hold their first row before either asks for its second
	first.Add(2)
	var mu sync.Mutex
	total := 0
	crossing := func(from, to string) error {
		runs := 0
		return s.Write(context.Background(), func(tx *store.Tx) error {
			runs++
			mu.Lock()
			total++
			mu.Unlock()
			if err := errors.Join(tx.Exec("SET LOCAL deadlock_timeout = '5ms'"), increment(tx, from)); err != nil {
				return err
			}
			if runs == 1 {
				first.Done()
				first.Wait()
			}
			return increment(tx, to)
		})
	}
	answers := make(chan error, 2)
	go func() { answers <- crossing("a", "b") }()
	go func() { answers <- crossing("b", "a") }()
	if err := errors.Join(<-answers, <-answers); err != nil {
		t.Error(err)
	}
	wantCounters(t, s, 4)
	if total < 3 {
		t.Errorf("%d runs: there was no deadlock", total)
	}
}

func TestASerializationFailureIsResolvedByRunningAgain(t *testing.T) {
	s := storetest.New(t, store.Postgres)
	counters(t, s)
	runs := 0
	write(t, s, func(tx *store.Tx) error {
		runs++
		if err := tx.Exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"); err != nil {
			return err
		}
		if _, err := tx.Count("SELECT value FROM counter WHERE name = 'a'"); err != nil {
			return err
		}
		if runs == 1 { // someone else is quicker
			write(t, s, func(tx *store.Tx) error { return increment(tx, "a") })
		}
		return increment(tx, "a")
	})
	wantCounters(t, s, 2)
	if runs != 2 {
		t.Errorf("ran %d times, want 2", runs)
	}
}

// A claim passes over the lanes that another replica is claiming, instead of waiting for it.
func TestAClaimPassesOverLockedLanes(t *testing.T) {
	s := storetest.New(t, store.Postgres)
	w := seed(t, s)
	lanes := w.lanes(t, s, 2)
	write(t, s, func(tx *store.Tx) error {
		if err := tx.Exec("UPDATE lane SET lease_until = 0 WHERE id = $1", lanes[0]); err != nil {
			return err
		}
		if got := w.claim(t, s, 10, 20, "other", 9); len(got) != 1 || got[0].ID != lanes[1] {
			t.Errorf("claimed %+v, want only lane %d", got, lanes[1])
		}
		return nil
	})
}
