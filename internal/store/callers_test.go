package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

// ledger is what callers were told: true for acknowledged, false for refused.
type ledger struct {
	mu   sync.Mutex
	told map[string]bool
}

func (l *ledger) tell(subject string, acknowledged bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told[subject] = acknowledged
}

// disagreements compares what callers were told with the rows: each acknowledged write has both of its rows,
// each refused one has none, and nobody else wrote.
func (l *ledger) disagreements(rows map[string]int) (out []string) {
	for subject, acknowledged := range l.told {
		want := 0
		if acknowledged {
			want = 2
		}
		if rows[subject] != want {
			out = append(out, fmt.Sprintf("%s: acknowledged=%v, %d rows", subject, acknowledged, rows[subject]))
		}
	}
	for subject := range rows {
		if _, ok := l.told[subject]; !ok {
			out = append(out, subject+": nobody wrote it")
		}
	}
	return out
}

// caller makes one write whose fate is drawn: it is kept, refused by itself, refused by the database, panics,
// asks to run again, or sees its context end before or in the middle.
func caller(s *store.Store, subject string, fate int) (err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panicked: %v", r)
		}
	}()
	if fate == 0 {
		cancel()
	}
	runs := 0
	return s.Write(ctx, func(tx *store.Tx) error {
		runs++
		if err := tx.Audit(ctx, db.AuditParams{Subject: subject}); err != nil {
			return err
		}
		switch {
		case fate == 1:
			go cancel() // during what follows, or after it
		case fate == 2:
			return errRefused
		case fate == 3:
			return tx.Exec("INSERT INTO environment (code) VALUES ('producao')")
		case fate == 4:
			panic("on purpose")
		case fate == 5 && runs < 3:
			return store.Again()
		}
		return tx.Audit(ctx, db.AuditParams{Subject: subject})
	})
}

func TestFault64CallersAreToldTheTruth(t *testing.T) {
	const callers, rounds = 64, 40
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := &ledger{told: map[string]bool{}}
		var wg sync.WaitGroup
		for who := range callers {
			wg.Go(func() {
				for round := range rounds {
					subject := subjectOf(who, round)
					l.tell(subject, caller(s, subject, rand.IntN(12)) == nil)
				}
			})
		}
		wg.Wait()
		rows := auditRows(t, s)
		if d := l.disagreements(rows); len(d) > 0 {
			t.Errorf("%d disagreements:\n%s", len(d), strings.Join(d, "\n"))
		}
		acknowledged := 0
		for _, ok := range l.told {
			if ok {
				acknowledged++
			}
		}
		if acknowledged == 0 || acknowledged == len(l.told) {
			t.Errorf("%d of %d acknowledged: the fates were not mixed", acknowledged, len(l.told))
		}
		t.Logf("tried: %d writes of %d callers", callers*rounds, callers)
		t.Logf("tried: %d refused writes", len(l.told)-acknowledged)
	})
}

func auditRows(t testing.TB, s *store.Store) map[string]int {
	t.Helper()
	_, readers := s.Pools()
	rows, err := readers.QueryContext(t.Context(), "SELECT subject, COUNT(*) FROM audit GROUP BY subject")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string]int{}
	for rows.Next() {
		var subject string
		var n int
		if err := rows.Scan(&subject, &n); err != nil {
			t.Fatal(err)
		}
		out[subject] = n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// The control: a group commit without savepoints, which a first attempt would write, is found out.
func TestControlWithoutSavepointsTheLedgerDisagrees(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := &ledger{told: map[string]bool{}}
		write(t, s, func(tx *store.Tx) error {
			for who, fails := range []bool{false, true, false} {
				err := func() error {
					if err := note(tx, subjectOf(who, 0)); err != nil || fails {
						return errors.Join(err, errRefused)
					}
					return note(tx, subjectOf(who, 0))
				}()
				l.tell(subjectOf(who, 0), err == nil)
			}
			return nil
		})
		if d := l.disagreements(auditRows(t, s)); len(d) != 1 || !strings.HasPrefix(d[0], "1/0: acknowledged=false, 1 rows") {
			t.Errorf("found %q, want the refused caller's row", d)
		}
		l.tell("lost", true)
		delete(l.told, subjectOf(2, 0))
		if d := l.disagreements(auditRows(t, s)); len(d) != 3 {
			t.Errorf("found %q, want a lost row and one that nobody wrote as well", d)
		}
	})
}
