package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"ponte/internal/store"
	"ponte/internal/store/db"
)

// panelApart is how far apart the occurrences lie beside which the panel is measured: half a million are a year's, many more
// than any desk's.
const panelApart = time.Minute

// panelPage measures the panel with its figures, of each period: the first reading, which counts, and many after it.
func panelPage(ctx context.Context, t *table, name, dbURL string, many int, bars bool) error {
	b, err := newBench(ctx, dbURL)
	if err != nil {
		return err
	}
	defer b.close()
	t.section(fmt.Sprintf("%s: the panel beside %d occurrences, one a minute until now", name, many))
	t.bars = bars
	if err := b.fill(ctx, many, panelApart, true); err != nil {
		return err
	}
	r, err := b.signedIn(ctx)
	if err != nil {
		return err
	}
	least, err := r.times(ctx, "/healthz")
	if err != nil {
		return err
	}
	for _, days := range []int{30, 90, 365} {
		path := fmt.Sprint("/painel?periodo=", days)
		began := time.Now()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+path, nil)
		if err != nil {
			return err
		}
		if err := r.read(req); err != nil {
			return err
		}
		first := time.Since(began)
		took, err := r.times(ctx, path)
		if err != nil {
			return err
		}
		p99 := took.at(.99)
		t.row(fmt.Sprintf("panel of %d days: p99 (p50; the first)", days), fmt.Sprintf("%s (%s; %s)", millis(p99), millis(took.at(.5)), millis(first)),
			millis(least.at(.99))+" /healthz", fmt.Sprintf("%.1f", float64(p99)/float64(least.at(.99))), "< 50.0 ms", p99 < 50*time.Millisecond)
	}
	return nil
}

// visitedAt has somebody there.
func visitedAt(ctx context.Context, tx *store.Tx, occurrence, at int64) error {
	if _, err := tx.InsertVisit(ctx, db.InsertVisitParams{OccurrenceID: occurrence, StartsAt: store.Null(at), State: "realizada", UpdatedAt: at}); err != nil {
		return err
	}
	return tx.SetFirstVisit(ctx, occurrence)
}
