package outbox

import (
	"errors"
	"slices"

	"ponte/internal/connector"
	"ponte/internal/flow"
)

// claim takes lanes of a route, as many as there are idle workers.
func (h *history) claim() {
	routes, err := h.Routes(h.Context())
	h.must(err)
	r := draw(h, "route", routes...)
	jobs, err := h.Claim(h.Context(), flow.ClaimRequest{Owner: draw(h, "process", "one", "two"), Connection: r.Connection,
		Environment: r.Environment, Lease: historyLease, Limit: draw(h, "idle", 1, 3)})
	h.must(err)
	for _, j := range jobs {
		if j.Environment != r.Environment {
			h.Fatalf("claimed for %s: %+v", r.Environment, j)
		}
		h.Logf("claimed %s of lane %d, token %d, look-up %v", j.Point, j.LaneID, j.Token, j.LookUp)
		h.flights = append(h.flights, &flight{Job: j, claimed: h.clock})
	}
}

// work is a worker's next step: it claims, or it goes on with what it has in its hands.
func (h *history) work() {
	if len(h.flights) == 0 || draw(h, "claim", true, false, false, false) {
		h.claim()
		return
	}
	f := draw(h, "flight", h.flights...)
	if f.out == nil {
		h.act(f)
		return
	}
	h.drop(f)
	h.settled(f)
}

func (h *history) drop(f *flight) {
	h.flights = slices.DeleteFunc(h.flights, func(other *flight) bool { return other == f })
}

// act sends or looks up, if the lease still stands.
func (h *history) act(f *flight) {
	if h.clock.Sub(f.claimed) >= historyLease {
		h.drop(f)
		return
	}
	troubles := sendTroubles
	if f.LookUp {
		troubles = lookTroubles
	}
	if h.decider.NoLookUp {
		troubles = []trouble{answerLost}
	}
	h.exchange(f, draw(h, "trouble", troubles...))
}

func (h *history) exchange(f *flight, t trouble) {
	began := h.clock
	x := connector.Exchange{StartedAt: began}
	if !f.LookUp || f.Request.LookUp != nil {
		x = h.fields[f.Environment].call(f.Job, t, began.Add(historyTimeout+historySettling/2))
	}
	switch {
	case f.LookUp:
		h.tried.looks++
	default:
		h.tried.sends++
	}
	if t != fine {
		h.tried.troubles++
		h.pass(historyTimeout)
	}
	out := h.decider.decide(f.Job, x, began)
	f.out = &out
	h.Logf("%s of lane %d, token %d, look-up %v: %s, so %s in %v", f.Point, f.LaneID, f.Token, f.LookUp, t, out.Verdict, out.In)
}

func (h *history) settled(f *flight) {
	err := h.Settle(h.Context(), f.Job, *f.out)
	h.Logf("settled lane %d, token %d: %s: %v", f.LaneID, f.Token, f.out.Verdict, err)
	if !errors.Is(err, flow.ErrLeaseLost) {
		h.must(err)
	}
}

// run lets a worker do one job from its claim to its settlement.
func (h *history) run() {
	before := len(h.flights)
	h.claim()
	for len(h.flights) > before {
		f := h.flights[before]
		h.drop(f)
		h.exchange(f, fine)
		h.settled(f)
	}
}
