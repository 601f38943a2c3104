package flow_test

import (
	"testing"

	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store/db"
)

// TestSteady: an occurrence that changed while it was read is read again, until it was at rest; one that never rests
// is answered all the same. What settles a delivery and moves the occurrence is seen whole or not at all.
func TestSteady(t *testing.T) {
	for _, c := range []struct{ changes, reads int }{{0, 1}, {1, 2}, {3, 4}, {100, flow.CalmAfter + 1}} {
		b := newBench(t)
		n := b.Open(t)
		reads := 0
		err := flow.Steady(b.Flow, t.Context(), flowtest.Attendant(), n, func(db.Occurrence) error {
			if reads++; reads <= c.changes {
				if err := b.CommentByHand(t.Context(), flowtest.Attendant(), flow.CommentInput{Number: n, Text: "E outra coisa."}); err != nil {
					t.Fatal(err)
				}
			}
			return nil
		})
		if err != nil || reads != c.reads {
			t.Errorf("%d changes: read %d times, want %d (%v)", c.changes, reads, c.reads, err)
		}
	}
	b := newBench(t)
	n := b.Open(t)
	b.mustMove(n, "20")
	job, status := b.one("MOBUSS_ISA"), ""
	err := flow.Steady(b.Flow, t.Context(), flowtest.Attendant(), n, func(o db.Occurrence) error {
		if status = o.StatusCode; status == "20" {
			b.settle(job, flow.Outcome{Verdict: flow.Done, Extracted: map[string]string{"id_mobuss": "SAT-1", "numero_os": "1"}})
		}
		return nil
	})
	if err != nil || status != "50" {
		t.Errorf("settled while it was read, it stands at %s (%v)", status, err)
	}
}
