package e2e

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestFaultGracefulStop: SIGTERM in the middle of work ends with exit code 0, nothing is left on its way, and what
// was held is handed back, so that nobody has to wait for a lease or look anything up.
func TestFaultGracefulStop(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { gracefulStop(t, sqliteURL(t), 1) })
	t.Run("postgres", func(t *testing.T) { gracefulStop(t, storetest.URL(t, store.Postgres), 2) })
}

func gracefulStop(t *testing.T, databaseURL string, pontes int) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	l := &load{site: newSite(t, databaseURL, pontes, released), seed: rand.Uint64()}
	l.begin(ctx, 16, 0, append(doubt(), fault{Method: "*", Type: "lento", Probability: 0.5, MS: 100})...)
	db := ledger(t, databaseURL)
	const sending = "SELECT count(*) FROM delivery WHERE state = 'enviando'"
	const rounds = 3
	for range rounds {
		err := poll(ctx, func() (bool, error) { return count(t, db, sending) >= 4, nil })
		if err != nil {
			t.Fatalf("there is no load: %v", err)
		}
		for i := range l.running {
			if err := l.terminate(i); err != nil {
				t.Fatal(err)
			}
		}
		if n := count(t, db, sending); n > 0 {
			t.Errorf("%d deliveries are still enviando", n)
		}
		if n := count(t, db, "SELECT count(*) FROM lane WHERE lease_owner <> '' OR lease_until > 0"); n > 0 {
			t.Errorf("%d lanes are still held", n)
		}
		for i := range l.running {
			if err := l.serve(ctx, i, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, problem := range l.finish(ctx).all() {
		t.Error(problem)
	}
	t.Logf("tried: %d graceful stops under load", rounds*pontes)
}
