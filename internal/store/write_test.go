package store_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

func TestWriteCommitsOrLeavesNoTrace(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		write(t, s, func(tx *store.Tx) error { return note(tx, "kept") })
		err := s.Write(t.Context(), func(tx *store.Tx) error {
			if err := note(tx, "refused"); err != nil {
				return err
			}
			return errRefused
		})
		if !errors.Is(err, errRefused) {
			t.Errorf("Write answered %v, want the function's own error", err)
		}
		wantNotes(t, s, map[string]int{"kept": 1, "refused": 0})
	})
}

func TestWriteAnnouncesOnlyWhatIsDurable(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var heard []string
		write(t, s, func(tx *store.Tx) error {
			tx.AfterCommit(func() {
				wantNotes(t, s, map[string]int{"kept": 1})
				heard = append(heard, "first")
			})
			tx.AfterCommit(func() { heard = append(heard, "second") })
			return note(tx, "kept")
		})
		_ = s.Write(t.Context(), func(tx *store.Tx) error {
			tx.AfterCommit(func() { heard = append(heard, "never: refused") })
			return errRefused
		})
		runs := 0
		write(t, s, func(tx *store.Tx) error {
			runs++
			run := runs
			tx.AfterCommit(func() {
				if run == 1 {
					heard = append(heard, "never: of a run that was not the last")
				}
			})
			if run == 1 {
				return store.Again()
			}
			return nil
		})
		if len(heard) != 2 || heard[0] != "first" || heard[1] != "second" {
			t.Errorf("announced %q", heard)
		}
	})
}

func TestWriteMayAnnounceByWriting(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		write(t, s, func(tx *store.Tx) error {
			tx.AfterCommit(func() { write(t, s, func(tx *store.Tx) error { return note(tx, "announcement") }) })
			return nil
		})
		wantNotes(t, s, map[string]int{"announcement": 1})
	})
}

func TestWriteChecksTheContextBeforeTheFunctionOnly(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, cancel := context.WithCancel(t.Context())
		err := s.Write(ctx, func(tx *store.Tx) error {
			cancel()
			return tx.Audit(ctx, db.AuditParams{Subject: "cancelled halfway"}) // whose context is over
		})
		if err != nil {
			t.Errorf("a context that ended halfway: %v", err)
		}
		err = s.Write(ctx, func(tx *store.Tx) error { return note(tx, "cancelled before") })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a context that ended before: %v", err)
		}
		wantNotes(t, s, map[string]int{"cancelled halfway": 1, "cancelled before": 0})
	})
}

func TestWriteLetsAPanicThrough(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		func() {
			defer func() {
				if r := recover(); r != "on purpose" {
					t.Errorf("recovered %v", r)
				}
			}()
			_ = s.Write(t.Context(), func(tx *store.Tx) error {
				_ = note(tx, "panicked")
				panic("on purpose")
			})
			t.Error("Write returned")
		}()
		write(t, s, func(tx *store.Tx) error { return note(tx, "later") })
		wantNotes(t, s, map[string]int{"panicked": 0, "later": 1})
	})
}

// A test's t.FailNow inside the function ends the goroutine that runs it.
func TestWriteSurvivesAFunctionThatEndsItsGoroutine(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ended, returned := make(chan struct{}), false
		go func() {
			defer close(ended)
			_ = s.Write(t.Context(), func(tx *store.Tx) error {
				_ = note(tx, "ended")
				runtime.Goexit()
				return nil
			})
			returned = true
		}()
		<-ended
		if returned {
			t.Error("the caller went on")
		}
		write(t, s, func(tx *store.Tx) error { return note(tx, "later") })
		wantNotes(t, s, map[string]int{"ended": 0, "later": 1})
	})
}

func TestWriteRunsAgainWhenAsked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		runs := 0
		write(t, s, func(tx *store.Tx) error {
			runs++
			if err := note(tx, "again"); err != nil || runs == 3 {
				return err
			}
			return store.Again()
		})
		if runs != 3 {
			t.Errorf("ran %d times, want 3", runs)
		}
		runs = 0
		err := s.Write(t.Context(), func(tx *store.Tx) error {
			runs++
			_ = note(tx, "for ever")
			return store.Again()
		})
		if err == nil || runs != store.MaxTries {
			t.Errorf("ran %d times and answered %v, want an error after %d", runs, err, store.MaxTries)
		}
		wantNotes(t, s, map[string]int{"again": 1, "for ever": 0})
	})
}

func TestWriteFailsWhereTheCommitFails(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		deferredKey(t, s)
		announced := false
		err := s.Write(t.Context(), func(tx *store.Tx) error {
			tx.AfterCommit(func() { announced = true })
			_ = note(tx, "lost at the commit")
			return tx.Exec("INSERT INTO test_child (parent) VALUES (1)")
		})
		if err == nil || announced {
			t.Errorf("answered %v, announced: %v", err, announced)
		}
		write(t, s, func(tx *store.Tx) error { return note(tx, "later") })
		wantNotes(t, s, map[string]int{"lost at the commit": 0, "later": 1})
	})
}

// deferredKey makes a constraint that is checked at the commit.
func deferredKey(t testing.TB, s *store.Store) {
	t.Helper()
	write(t, s, func(tx *store.Tx) error {
		if err := tx.Exec("CREATE TABLE test_parent (id BIGINT PRIMARY KEY)"); err != nil {
			return err
		}
		return tx.Exec("CREATE TABLE test_child (parent BIGINT REFERENCES test_parent (id) DEFERRABLE INITIALLY DEFERRED)")
	})
}

func TestReadsSeeOnlyWhatIsCommittedAndDoNotWait(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		write(t, s, func(tx *store.Tx) error { return note(tx, "x") })
		write(t, s, func(tx *store.Tx) error {
			if err := note(tx, "x"); err != nil {
				return err
			}
			wantNotes(t, s, map[string]int{"x": 1}) // while the transaction is open
			return nil
		})
		wantNotes(t, s, map[string]int{"x": 2})
	})
}

func TestCloseWaitsForWhatWasBegun(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		s := storetest.Open(t, url)
		if _, _, err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		begun, finish := make(chan struct{}), make(chan struct{})
		written, closed := make(chan error, 1), make(chan error, 1)
		go func() {
			written <- s.Write(t.Context(), func(tx *store.Tx) error {
				close(begun)
				<-finish
				return note(tx, "begun before Close")
			})
		}()
		<-begun
		go func() { closed <- s.Close() }()
		over, cancel := context.WithCancel(t.Context())
		cancel() // so that this asks and never waits
		for !errors.Is(s.Write(over, func(*store.Tx) error { return nil }), store.ErrClosed) {
			runtime.Gosched()
		}
		select {
		case err := <-closed:
			t.Errorf("Close returned before the write was over: %v", err)
		default:
		}
		close(finish)
		if err := errors.Join(<-written, <-closed, s.Close()); err != nil {
			t.Error(err)
		}
		if err := s.Write(t.Context(), func(*store.Tx) error { return nil }); !errors.Is(err, store.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
		wantNotes(t, storetest.Open(t, url), map[string]int{"begun before Close": 1})
	})
}
