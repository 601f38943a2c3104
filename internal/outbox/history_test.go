package outbox

import (
	"errors"
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

// history is one random history: desks, programs and technicians do what they like, workers claim, send, look up,
// settle and die, and time passes. The next step after each answer is this package's own decide, over flow and a
// database; the wire and the field are a model's.
type history struct {
	*flowtest.Installation
	*rapid.T
	clock   time.Time
	decider *Outbox
	configs map[desk.Method]*mapping.Config
	method  desk.Method
	phase   desk.Phase
	fields  map[desk.Environment]*field
	actors  map[desk.Environment]desk.Actor // the field's tokens
	tokens  map[desk.Environment]int64
	numbers []int64
	flights []*flight
	reports []report
	again   map[string]bool // refused deliveries that a person has sent again already
	// excused are occurrences of which somebody lets Ponte and the field drift apart: a person who skips what the
	// field has, a closing that Ponte refused to hear.
	excused map[int64]bool
	tried   struct{ histories, sends, looks, troubles, twice int }
}

// flight is a claimed job that a worker has in its hands.
type flight struct {
	flow.Job
	claimed time.Time
	out     *flow.Outcome
}

// report is a call of the field as it was accepted, to be made again.
type report struct {
	number int64
	make   func() (flow.Receipt, error)
}

const (
	historyLease    = 10 * time.Second
	historyTimeout  = 2 * time.Second
	historySettling = 15 * time.Second
)

// ground is what histories take place on: one database for all, until a history fails and leaves its lanes behind.
type ground struct {
	t     *testing.T
	clean bool
	*history
}

func (g *ground) begin(rt *rapid.T, noLookUp bool) *history {
	if !g.clean {
		former := g.history
		g.history = newHistory(g.t)
		if former != nil {
			g.tried = former.tried
		}
	}
	g.clean = false
	h := g.history
	h.T, h.numbers, h.flights, h.reports, h.excused, h.again = rt, nil, nil, nil, map[int64]bool{}, map[string]bool{}
	h.fields = map[desk.Environment]*field{desk.Homologation: {env: desk.Homologation}, desk.Production: {env: desk.Production}}
	h.decider = New(Options{Now: func() time.Time { return h.clock }, NoLookUp: noLookUp})
	h.configure(desk.MethodC)
	h.enter(desk.Implementing)
	h.tried.histories++
	return h
}

func newHistory(t *testing.T) *history {
	h := &history{clock: noon, method: desk.MethodC, configs: map[desk.Method]*mapping.Config{}}
	h.Installation = flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{Now: func() time.Time {
		h.clock = h.clock.Add(time.Millisecond) // so that what comes later is later
		return h.clock
	}})
	for _, m := range []desk.Method{desk.NoMethod, desk.MethodA, desk.MethodB, desk.MethodC} {
		c := flowtest.Config(t)
		c.Method = m
		c.Integration.Policy.Settling, c.Integration.Policy.Jitter = mapping.Duration(historySettling), 0 // chance is rapid's alone
		h.configs[m] = c
	}
	if err := h.Configure(t.Context(), flowtest.Admin(), h.configs[desk.MethodC]); err != nil {
		t.Fatal(err)
	}
	id, err := h.AddToken(t.Context(), flowtest.Admin(), flow.Token{Name: "mobuss", Integration: "mobuss", Hash: "the field's, in production",
		Origin: desk.Field, Environment: desk.Production})
	if err != nil {
		t.Fatal(err)
	}
	_, actor, err := h.Authenticate(t.Context(), "the field's, in production")
	if err != nil {
		t.Fatal(err)
	}
	h.actors = map[desk.Environment]desk.Actor{desk.Homologation: h.Field, desk.Production: actor}
	h.tokens = map[desk.Environment]int64{desk.Homologation: h.FieldID, desk.Production: id}
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
	if m == h.method {
		return
	}
	h.must(h.Configure(h.Context(), flowtest.Admin(), h.configs[m]))
	h.Logf("method %s", m)
	h.method = m
}

// enter makes a phase begin, by no switch: the way back to homologation alone, which none leads to, lets histories go on.
func (h *history) enter(p desk.Phase) {
	h.Logf("phase: %s", p)
	h.phase = p
	h.must(h.Store.Write(h.Context(), func(tx *store.Tx) error {
		return tx.SetPhase(h.Context(), db.SetPhaseParams{ActiveEnvironment: p.Active(), ProductionPaused: p == desk.Paused})
	}))
}

// pass lets time pass, and the slow server act on what it can't leave for later.
func (h *history) pass(d time.Duration) {
	h.Logf("%v pass", d)
	h.clock = h.clock.Add(d)
	h.fields[desk.Homologation].settle(h.clock)
	h.fields[desk.Production].settle(h.clock)
}

// TestFaultAnyHistoryIsDeliveredOnce is the promise of the whole: whatever people and programs do and whatever comes
// between Ponte and the field, the field has each message once and in order, or the lane says why not.
func TestFaultAnyHistoryIsDeliveredOnce(t *testing.T) {
	g := &ground{t: t}
	repeatedly(t, 6, 100, func(rt *rapid.T) {
		h := g.begin(rt, false)
		h.happen(rt)
		h.calm()
		h.check()
		g.clean = true
	})
	t.Logf("tried: %d histories", g.tried.histories)
	t.Logf("tried: %d sends in histories", g.tried.sends)
	t.Logf("tried: %d look-ups in histories", g.tried.looks)
	t.Logf("tried: %d of them with trouble on the way", g.tried.troubles)
}

// The control: without look-ups the same histories make the field do things twice.
func TestControlHistoriesWithoutLookUps(t *testing.T) {
	g := &ground{t: t}
	for range 40 {
		repeatedly(t, 1, 120, func(rt *rapid.T) {
			h := g.begin(rt, true)
			h.happen(rt)
			h.calm()
			h.tried.twice += len(h.twice())
			g.clean = true
		})
		if g.tried.twice > 0 {
			return
		}
	}
	t.Error("nothing was done twice: this control controls nothing")
}
