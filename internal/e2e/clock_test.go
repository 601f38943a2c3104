package e2e

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestFaultClockOnSQLite sets the clock of Ponte an hour on, two hours back, another one back with a restart, and right
// again, in the midst of deliveries whose outcome is often in doubt (internal/crashpoint has the hook). Nothing waits for
// the hour to come again, no lease or settling time is over because the hands say so, and who is signed in stays so.
func TestFaultClockOnSQLite(t *testing.T) {
	t.Parallel() // it waits more than it works
	clockJumps(t, sqliteURL(t), 1)
}

// TestFaultClockOnPostgres does the same to one of two Pontes: they have to agree on leases all the same.
func TestFaultClockOnPostgres(t *testing.T) {
	t.Parallel()
	clockJumps(t, storetest.URL(t, store.Postgres), 2)
}

// clockCallers is how many tell a story after each jump; each jump comes in the middle of their work.
const clockCallers = 14

func clockJumps(t *testing.T, databaseURL string, pontes int) {
	hands := filepath.Join(t.TempDir(), "relogio")
	l := &load{site: newSite(t, databaseURL, pontes, crashing, "PONTE_TEST_POLL=200ms", "PONTE_CALLS_PER_MINUTE=60000")}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	l.clockSet = true
	l.own = map[int][]string{pontes - 1: {"PONTE_TEST_CLOCK=" + hands}}
	for i := range l.running {
		if err := l.serve(ctx, i, ""); err != nil {
			t.Fatal(err)
		}
	}
	who := l.signIn(ctx, t, "gestor@demo")
	jump := func(by string, then func() error) func(*testing.T) {
		return func(t *testing.T) {
			db := ledger(t, l.database)
			l.round(ctx, t, clockCallers, func() {
				// In the midst: some are in doubt, and wait for a moment that the clock will leap over, or never show.
				err := poll(ctx, func() (bool, error) {
					return l.silent() || count(t, db, "SELECT count(*) FROM delivery WHERE state = 'incerto'") >= clockCallers/3, nil
				})
				if err != nil || l.silent() {
					t.Fatalf("nothing was in doubt: %v", err)
				}
				if err := os.WriteFile(hands+".new", []byte(by), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(hands+".new", hands); err != nil {
					t.Fatal(err)
				}
				if err := then(); err != nil {
					t.Fatal(err)
				}
			}, append(doubt(), fault{Method: "*", Type: "lento", Probability: 0.1, MS: 300 + late}, fault{Method: "*", Type: "http_429", Probability: 0.1})...)
			if a, err := who.get(ctx, "/integracao/envios"); err != nil || a.status != http.StatusOK {
				t.Errorf("who was signed in sees %d (%v)", a.status, err)
			}
			t.Logf("tried: 1 jumps of the clock to %s", by)
		}
	}
	goOn := func() error { return nil }
	again := func() error {
		if err := l.terminate(pontes - 1); err != nil {
			return err
		}
		return l.serve(ctx, pontes-1, "")
	}
	runCells(t, map[string]func(*testing.T){"adiante_1h": jump("1h", goOn), "atras_1h": jump("-1h", goOn),
		"atras_e_reiniciada": jump("-2h", again), "de_volta": jump("0s", goOn)})
}
