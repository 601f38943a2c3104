package flow_test

import (
	"encoding/json"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
)

// TestResendKeepsTheProposedVisit: a request for an inspection that is sent again asks for the same time.
func TestResendKeepsTheProposedVisit(t *testing.T) {
	start := time.Date(2026, 11, 30, 14, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name       string
		start, end flow.When
	}{
		{"both", flow.When{Time: start, Set: true}, flow.When{Time: start.Add(time.Hour), Set: true}},
		{"a clock reading, and no end", flow.When{Time: start, Set: true, NoZone: true}, flow.When{}},
		{"none", flow.When{}, flow.When{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			n := b.opened()
			if err := b.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: "30", Comment: "À tarde.",
				VisitStart: c.start, VisitEnd: c.end}); err != nil {
				t.Fatal(err)
			}
			first := b.one(desk.AskVisit)
			b.settle(first, refusedBecause("recusado_pelo_mobuss"))
			if err := b.Resend(t.Context(), flowtest.Attendant(), first.DeliveryID); err != nil {
				t.Fatal(err)
			}
			times := func(j flow.Job) (out [2]any) {
				var body map[string]any
				if err := json.Unmarshal([]byte(j.Request.Body), &body); err != nil {
					t.Fatal(err)
				}
				return [2]any{body["dataInicioPrevisto"], body["dataFimPrevisto"]}
			}
			was, is := times(first), times(b.one(desk.AskVisit))
			if was != is || (was[0] != nil) != c.start.Set {
				t.Errorf("asked for %v, and again for %v", was, is)
			}
		})
	}
}
