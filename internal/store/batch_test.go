package store_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

var (
	errNotAnswered = errors.New("no answer")
	errPanicked    = errors.New("panic")
)

// inOneBatch gives SQLite's writer all of the functions at once and answers what Write answered to each. The
// bubble's clock stands still, so the batch can't end early; the first function is held until all others wait.
func inOneBatch(t *testing.T, prepare func(*store.Store), functions []func(*store.Store, *store.Tx) error, check func(*store.Store, []error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := storetest.New(t, store.SQLite)
		prepare(s)
		held, release := make(chan struct{}), make(chan struct{})
		answers := make([]error, len(functions)+1)
		ask := func(i int, f func(*store.Store, *store.Tx) error) {
			answers[i] = errNotAnswered
			defer func() {
				if recover() != nil {
					answers[i] = errPanicked
				}
			}()
			answers[i] = s.Write(t.Context(), func(tx *store.Tx) error { return f(s, tx) })
		}
		go ask(0, func(_ *store.Store, tx *store.Tx) error {
			close(held)
			<-release
			return note(tx, "first")
		})
		<-held
		for i, f := range functions {
			go ask(i+1, f)
			synctest.Wait()
		}
		close(release)
		synctest.Wait()
		check(s, answers)
	})
}

func nothing(*store.Store) {}

func noting(subject string) func(*store.Store, *store.Tx) error {
	return func(_ *store.Store, tx *store.Tx) error { return note(tx, subject) }
}

func TestBatchSharesOneCommit(t *testing.T) {
	inOneBatch(t, nothing, []func(*store.Store, *store.Tx) error{
		noting("second"),
		func(s *store.Store, tx *store.Tx) error {
			wantNotes(t, s, map[string]int{"first": 0, "second": 0}) // to the others
			n, err := tx.Count("SELECT COUNT(*) FROM audit")
			if n != 2 {
				t.Errorf("the third caller sees %d rows of its batch, want 2", n)
			}
			return err
		},
	}, func(s *store.Store, answers []error) {
		if err := errors.Join(answers...); err != nil {
			t.Error(err)
		}
		wantNotes(t, s, map[string]int{"first": 1, "second": 1})
	})
}

func TestBatchLeavesMatesOfAFailureUntouched(t *testing.T) {
	inOneBatch(t, nothing, []func(*store.Store, *store.Tx) error{
		noting("before"),
		func(_ *store.Store, tx *store.Tx) error { return errors.Join(note(tx, "refused"), errRefused) },
		func(_ *store.Store, tx *store.Tx) error { return tx.Exec("INSERT INTO nowhere VALUES (1)") },
		func(_ *store.Store, tx *store.Tx) error {
			_ = note(tx, "constraint")
			return tx.Exec("INSERT INTO environment (code) VALUES ('producao')")
		},
		noting("after"),
	}, func(s *store.Store, answers []error) {
		if err := errors.Join(answers[0], answers[1], answers[5]); err != nil {
			t.Error(err)
		}
		if !errors.Is(answers[2], errRefused) || answers[3] == nil || answers[4] == nil {
			t.Errorf("answers: %v", answers)
		}
		wantNotes(t, s, map[string]int{"before": 1, "refused": 0, "constraint": 0, "after": 1})
	})
}

func TestBatchLeavesMatesOfAPanicUntouched(t *testing.T) {
	inOneBatch(t, nothing, []func(*store.Store, *store.Tx) error{
		noting("before"),
		func(_ *store.Store, tx *store.Tx) error { _ = note(tx, "panicked"); panic("on purpose") },
		noting("after"),
	}, func(s *store.Store, answers []error) {
		if err := errors.Join(answers[0], answers[1], answers[3]); err != nil || !errors.Is(answers[2], errPanicked) {
			t.Errorf("answers: %v", answers)
		}
		wantNotes(t, s, map[string]int{"before": 1, "panicked": 0, "after": 1})
	})
}

// A function that ends the writer's goroutine costs its batch, and everybody is told.
func TestBatchOfAFunctionThatEndsItsGoroutineIsRefused(t *testing.T) {
	inOneBatch(t, nothing, []func(*store.Store, *store.Tx) error{
		noting("before"),
		func(_ *store.Store, tx *store.Tx) error { _ = note(tx, "ended"); runtime.Goexit(); return nil },
		noting("after"),
	}, func(s *store.Store, answers []error) {
		if answers[0] == nil || answers[1] == nil || !errors.Is(answers[2], errNotAnswered) || answers[3] != nil {
			t.Errorf("answers: %v", answers)
		}
		wantNotes(t, s, map[string]int{"first": 0, "before": 0, "ended": 0, "after": 1})
	})
}

func TestBatchTellsEveryCallerThatTheCommitFailed(t *testing.T) {
	inOneBatch(t, func(s *store.Store) { deferredKey(t, s) }, []func(*store.Store, *store.Tx) error{
		noting("before"),
		func(_ *store.Store, tx *store.Tx) error { return tx.Exec("INSERT INTO test_child (parent) VALUES (1)") },
		func(*store.Store, *store.Tx) error { return errRefused }, // on what it saw in this batch, so it too is told
		noting("after"),
	}, func(s *store.Store, answers []error) {
		for i, err := range answers {
			if err == nil || !strings.Contains(err.Error(), "FOREIGN KEY") {
				t.Errorf("caller %d got %v, want the commit's failure", i, err)
			}
		}
		wantNotes(t, s, map[string]int{"first": 0, "before": 0, "after": 0})
		write(t, s, func(tx *store.Tx) error { return note(tx, "later") })
		wantNotes(t, s, map[string]int{"later": 1})
	})
}

// full lets the file grow no more, from inside the transaction; the setting belongs to the writing connection.
func full(tx *store.Tx) error {
	pages, err := tx.Count("PRAGMA page_count")
	if err != nil {
		return err
	}
	_, err = tx.Count(fmt.Sprintf("PRAGMA max_page_count = %d", pages))
	return err
}

func freed(s *store.Store, t testing.TB) {
	t.Helper()
	write(t, s, func(tx *store.Tx) error { _, err := tx.Count("PRAGMA max_page_count = 1000000"); return err })
}

// fill writes until the disk is full, by a statement that shows its error at once or by one that hides it.
func fill(tx *store.Tx, hidden bool) (err error) {
	big := strings.Repeat("x", 1<<16)
	for range 1000 {
		if hidden {
			_, err = tx.Count("INSERT INTO audit (at, actor_kind, actor_id, actor_name, action, subject) VALUES (0, '', '', '', '', $1) RETURNING id", big)
		} else {
			err = note(tx, big)
		}
		if err != nil {
			return err
		}
	}
	return errors.New("the disk never filled")
}

func TestBatchOnAFullDiskWritesNothing(t *testing.T) {
	for _, hidden := range []bool{false, true} {
		inOneBatch(t, func(s *store.Store) { write(t, s, full) }, []func(*store.Store, *store.Tx) error{
			noting("before"),
			func(_ *store.Store, tx *store.Tx) error { return fill(tx, hidden) },
			noting("after"),
		}, func(s *store.Store, answers []error) {
			for i, err := range answers[:3] {
				if err == nil || !strings.Contains(err.Error(), "full") {
					t.Errorf("caller %d got %v, want the full disk", i, err)
				}
			}
			freed(s, t)
			wantNotes(t, s, map[string]int{"first": 0, "before": 0})
			if n := notes(t, s, "after"); (n == 1) != (answers[3] == nil) { // it came after the batch had failed
				t.Errorf("after: %d rows, and Write answered %v", n, answers[3])
			}
			write(t, s, func(tx *store.Tx) error { return note(tx, "later") })
			wantNotes(t, s, map[string]int{"later": 1})
		})
	}
}

// SQLite ends the transaction when the disk is full; a statement after that would commit alone.
func TestNothingIsWrittenByAFunctionThatGoesOnAfterAFullDisk(t *testing.T) {
	for _, hidden := range []bool{false, true} {
		s := storetest.New(t, store.SQLite)
		write(t, s, full)
		err := s.Write(t.Context(), func(tx *store.Tx) error {
			_ = fill(tx, hidden)
			_ = note(tx, "ghost")
			_, _ = tx.Count("INSERT INTO connection (code, name) VALUES ('ghost', '') RETURNING id")
			_ = tx.Exec("INSERT INTO connection (code, name) VALUES ('ghost 2', '')")
			return nil
		})
		if err == nil {
			t.Error("the write was acknowledged")
		}
		freed(s, t)
		wantNotes(t, s, map[string]int{"ghost": 0})
		for _, code := range []string{"ghost", "ghost 2"} {
			if _, err := s.Read().ConnectionByCode(t.Context(), code); !store.NoRows(err) {
				t.Errorf("connection %q is there (%v)", code, err)
			}
		}
	}
}
