package flow_test

import (
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
)

// TestForgetDeliveries: what was said is gone once it is old and done, its facts stay and its page is shown; what is
// young, or not done, is whole.
func TestForgetDeliveries(t *testing.T) {
	b := newBench(t)
	n := b.opened()
	open := b.Open(t)
	b.mustMove(open, "20")
	b.settle(b.one(desk.OpenOrder), refusedBecause("recusado_pelo_mobuss")) // old, and waits for a person
	var from flow.Forgotten
	if k, err := b.ForgetDeliveries(t.Context(), 30, &from); err != nil || k != 0 {
		t.Fatalf("young ones: %d %v", k, err)
	}
	b.clock = b.clock.AddDate(0, 0, 29)
	b.mustMove(n, "40")
	b.settle(b.one(desk.AddComment), flow.Outcome{Verdict: flow.Done, Exchange: flow.Exchange{Request: "POST", StartedAt: b.clock}})
	b.clock = b.clock.AddDate(0, 0, 2)
	if k, err := b.ForgetDeliveries(t.Context(), 30, &from); err != nil || k != 1 {
		t.Fatalf("forgot %d of one: %v", k, err)
	}
	if k, err := b.ForgetDeliveries(t.Context(), 30, new(flow.Forgotten)); err != nil || k != 0 {
		t.Errorf("again, from the beginning: %d %v", k, err)
	}
	for _, c := range []struct {
		number int64
		at     int
		gone   bool
	}{{n, 0, true}, {n, 1, false}, {open, 0, false}} {
		id := b.show(c.number).Deliveries[c.at].ID
		row, err := b.Store.Read().DeliveryByID(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		tries, err := b.Store.Read().Attempts(t.Context(), id)
		if err != nil || len(tries) != 1 {
			t.Fatalf("%d attempts: %v", len(tries), err)
		}
		if gone := row.Frozen == nil && row.Bound == nil && tries[0].Exchange == nil; gone != c.gone {
			t.Errorf("delivery %d of %d: gone %v, want %v", c.at, c.number, gone, c.gone)
		}
		if _, err := b.DeliveryPage(t.Context(), flowtest.Admin(), id); err != nil {
			t.Errorf("its page: %v", err)
		}
	}
	if err := b.Resend(t.Context(), flowtest.Attendant(), b.show(open).Deliveries[0].ID); err != nil {
		t.Errorf("what waited for a person can't be resent: %v", err)
	}
}
