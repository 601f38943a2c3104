package flow_test

import (
	"errors"
	"flag"
	"os"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

// history is one random history of movements, comments, visits, closings, reopenings, people's decisions and changes
// of method and environment. Deliveries are settled by any verdict that fits, in any order, by workers that die and
// stall: what flow keeps must not depend on a reasonable outbox. (That the outbox is reasonable, and that the field
// then has everything once, is the property of package outbox.)
type history struct {
	*flowtest.Installation
	*rapid.T
	clock   time.Time
	configs map[desk.Method]*mapping.Config
	method  desk.Method
	phase   desk.Phase
	numbers []int64
	jobs    []flow.Job
	reports []said
	seen    map[int64]*picture
	ways    map[[2]desk.DeliveryState]int
	acts    int
	touched int64 // the only occurrence that a step can have changed; 0: it may be any
}

// said is an accepted call of the field, to be made again.
type said struct {
	number int64
	again  func() (flow.Receipt, error)
}

// ground is what histories take place on: one database for all, until a history fails and leaves its lanes behind.
type ground struct {
	t     *testing.T
	clean bool
	*history
}

func (g *ground) begin(rt *rapid.T) *history {
	if !g.clean {
		ways := map[[2]desk.DeliveryState]int{}
		if g.history != nil {
			ways = g.ways
		}
		g.history = newHistory(g.t)
		g.ways = ways
	}
	g.clean = false
	h := g.history
	h.T, h.numbers, h.jobs, h.reports, h.seen = rt, nil, nil, nil, map[int64]*picture{}
	h.configure(desk.MethodC)
	h.enter(desk.Implementing)
	_, err := h.VoidLeases(h.Context())
	h.must(err)
	for len(h.claim(100)) > 0 { // what former histories left due
		for _, j := range h.jobs {
			h.must(h.Settle(h.Context(), j, flow.Outcome{Verdict: flow.Done}))
		}
		h.jobs = nil
	}
	return h
}

func newHistory(t *testing.T) *history {
	h := &history{clock: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), method: desk.MethodC, configs: map[desk.Method]*mapping.Config{}}
	h.Installation = flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{Now: func() time.Time {
		h.clock = h.clock.Add(time.Millisecond)
		return h.clock
	}})
	for _, m := range []desk.Method{desk.NoMethod, desk.MethodA, desk.MethodB, desk.MethodC} {
		h.configs[m] = flowtest.Config(t)
		h.configs[m].Method = m
	}
	return h
}

// may lets a rule say no, and nothing else go wrong.
func (h *history) may(err error) bool {
	h.Helper()
	var refused *desk.Error
	if err != nil && !errors.As(err, &refused) {
		h.Fatal(err)
	}
	return err == nil
}

func (h *history) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *history) configure(m desk.Method) {
	if m != h.method {
		h.must(h.Configure(h.Context(), flowtest.Admin(), h.configs[m]))
		h.method = m
	}
}

// enter makes a phase begin, by no switch: the way back to homologation alone, which none leads to, lets histories go on.
func (h *history) enter(p desk.Phase) {
	h.phase = p
	h.must(h.Store.Write(h.Context(), func(tx *store.Tx) error {
		return tx.SetPhase(h.Context(), db.SetPhaseParams{ActiveEnvironment: p.Active(), ProductionPaused: p == desk.Paused})
	}))
}

// claim takes lanes of every route into the workers' hands.
func (h *history) claim(limit int) []flow.Job {
	routes, err := h.Routes(h.Context())
	h.must(err)
	for _, r := range routes {
		jobs, err := h.Claim(h.Context(), h.request(r, limit))
		h.must(err)
		for _, j := range jobs {
			if j.Environment != r.Environment || j.Request == nil {
				h.Fatalf("claimed for %s: %+v", r.Environment, j)
			}
		}
		h.jobs = append(h.jobs, jobs...)
	}
	return h.jobs
}

func (h *history) request(r flow.Route, limit int) flow.ClaimRequest {
	return flow.ClaimRequest{Owner: "history", Connection: r.Connection, Environment: r.Environment, Lease: 10 * time.Second, Limit: limit}
}

// TestFaultAnyHistoryKeepsTheRules: after every step of any history, the rows are what the rules allow (history_check_test.go).
func TestFaultAnyHistoryKeepsTheRules(t *testing.T) {
	g := &ground{t: t}
	histories, steps := 0, 0
	repeatedly(t, 6, 100, func(rt *rapid.T) {
		h := g.begin(rt)
		h.happen(rt)
		histories, steps = histories+1, steps+h.acts
		g.clean = true
	})
	t.Logf("tried: %d histories of the desk", histories)
	t.Logf("tried: %d steps of them", steps)
	for _, from := range desk.DeliveryStates {
		for _, to := range desk.DeliveryStates {
			if n := g.ways[[2]desk.DeliveryState{from, to}]; n > 0 && from != to {
				t.Logf("%s -> %s: %d times", from, to, n)
			}
		}
	}
}

// repeatedly checks a property with so many histories of about so many steps, and goes on for PONTE_SOAK, such as
// 10m, where that is set.
func repeatedly(t *testing.T, checks, steps int, property func(*rapid.T)) {
	t.Helper()
	var soak time.Duration
	if text := os.Getenv("PONTE_SOAK"); text != "" {
		var err error
		if soak, err = time.ParseDuration(text); err != nil {
			t.Fatalf("PONTE_SOAK: %v", err)
		}
	}
	for name, n := range map[string]int{"rapid.checks": checks, "rapid.steps": steps} {
		f := flag.Lookup(name)
		former := f.Value.String()
		if former != f.DefValue {
			continue // somebody asks for more, or for less
		}
		if err := f.Value.Set(strconv.Itoa(n)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Value.Set(former) })
	}
	for end := time.Now().Add(soak); ; {
		rapid.Check(t, property)
		if !time.Now().Before(end) {
			return
		}
	}
}
