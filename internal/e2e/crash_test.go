package e2e

import (
	"context"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"ponte/internal/crashpoint"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// The faults that leave a caller in doubt, a fifth of the calls each, look-ups included.
func doubt() []fault {
	return []fault{{Method: "*", Type: "conexao_cortada", Probability: 0.2}, {Method: "*", Type: "timeout_apos_aceitar", Probability: 0.2},
		{Method: "*", Type: "aceita_depois", Probability: 0.2, MS: late}}
}

// TestCrashOnSQLite kills the only Ponte fifty times, at random moments and at each crash point, while callers work
// and the field answers badly. Nothing is done twice, nothing is lost, nothing is stuck.
func TestCrashOnSQLite(t *testing.T) {
	crash(t, sqliteURL(t), 1, 50)
}

// TestCrashOnPostgres does the same to one of two Pontes at a time, on one database.
func TestCrashOnPostgres(t *testing.T) {
	crash(t, storetest.URL(t, store.Postgres), 2, 20)
}

// TestControlWithoutLookUps shows that the oracle can find duplicates: without look-ups they appear.
func TestControlWithoutLookUps(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	l := &load{site: newSite(t, sqliteURL(t), 1, released, "PONTE_TEST_NO_LOOKUP=1"), seed: rand.Uint64()}
	l.begin(ctx, 8, 2, doubt()...)
	l.callers.Wait()
	f := l.finish(ctx)
	if len(f.twice) == 0 {
		t.Error("no duplicate was found: the oracle is blind, or nothing was in doubt")
	}
	t.Logf("tried: %d duplicates found without look-ups", len(f.twice))
	if len(f.problems) > 0 {
		t.Errorf("beside duplicates: %s", strings.Join(f.problems, "\n"))
	}
}

// crash is the whole test: callers, faults, kills, and the judgement.
func crash(t *testing.T, databaseURL string, pontes, kills int) {
	var each time.Duration // for how long a cell goes on, beyond its number of kills
	patience := 8 * time.Minute
	if text := os.Getenv("PONTE_SOAK"); text != "" {
		soak, err := time.ParseDuration(text)
		if err != nil {
			t.Fatalf("PONTE_SOAK: %v", err)
		}
		each, patience = soak/time.Duration(1+len(crashpoint.Names)), patience+soak
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	l := &load{site: newSite(t, databaseURL, pontes, crashing, "PONTE_TEST_LEASE=2s", "PONTE_TEST_POLL=200ms"), seed: rand.Uint64()}
	t.Logf("seed %x", l.seed)
	l.begin(ctx, 40, 0, doubt()...)
	cells, killed := map[string]func(*testing.T){}, 0
	for _, where := range append([]string{atRandom}, crashpoint.Names...) {
		cells[where] = func(t *testing.T) {
			there, times := 0, kills/2 // half of them at no point in particular
			if where != atRandom {
				times = (kills/2 + len(crashpoint.Names) - 1) / len(crashpoint.Names)
			}
			until := time.Now().Add(each)
			for n := 0; n < times || time.Now().Before(until); n++ {
				killed++
				at, err := l.turn(ctx, where, killed%pontes)
				if err != nil {
					t.Fatal(err)
				}
				if at == where {
					there++
				}
			}
			if there == 0 {
				t.Errorf("no kill %s", where)
			}
			t.Logf("tried: %d SIGKILL %s", there, where)
		}
	}
	runCells(t, cells)
	for _, problem := range l.finish(ctx).all() {
		t.Error(problem)
	}
}

// begin lets the Pontes serve, the field answer badly, and the callers call.
func (l *load) begin(ctx context.Context, callers, limit int, faults ...fault) {
	l.t.Helper()
	if err := l.field.setFaults(ctx, faults...); err != nil {
		l.t.Fatal(err)
	}
	for i := range l.running {
		if err := l.serve(ctx, i, ""); err != nil {
			l.t.Fatal(err)
		}
	}
	l.start(ctx, callers, limit)
}

// finish lets the field recover and the callers end what they began, waits until nothing is due, and judges.
func (l *load) finish(ctx context.Context) *findings {
	l.t.Helper()
	l.enough.Store(true)
	l.recover(ctx, l.t)
	f, err := l.judge(ctx)
	if err != nil {
		l.t.Fatal(err)
	}
	l.count()
	return f
}

// recover lets the field be well again, and waits for the callers, and for what the field has to say.
func (l *load) recover(ctx context.Context, t testing.TB) {
	t.Helper()
	played, err := l.field.played(ctx)
	if err == nil {
		err = l.field.setFaults(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("tried: %d faults played", played)
	l.callers.Wait()
	for _, err := range l.errs {
		t.Error(err)
	}
	err = poll(ctx, func() (bool, error) {
		queued, refused, err := l.field.unheard(ctx)
		if refused > 0 {
			t.Errorf("%d calls of the field were refused", refused)
		}
		return queued == 0 || refused > 0, err
	})
	if err != nil {
		t.Fatalf("what the field had to say: %v", err)
	}
}
