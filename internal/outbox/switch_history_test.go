package outbox

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

// TestFaultNoEnvironmentHearsOfTheOther: over random histories of configuration, openings, movements, work and switches,
// no delivery made in one environment is ever sent to the other; before the go-live production hears the probe alone; and
// what queued in a pause arrives after the resumption, in order, once.
func TestFaultNoEnvironmentHearsOfTheOther(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		dialect, checks := store.SQLite, 25
		if !strings.HasPrefix(url, "sqlite:") { // each history has a database of its own, and making one takes seconds
			dialect, checks = store.Postgres, 20
		}
		var sum world
		histories := 0
		repeatedly(t, checks, 60, func(rt *rapid.T) {
			w := newWorld(t, storetest.New(t, dialect))
			if start := even.Draw(rt, "head start") % 4; start > 0 { // most of what is interesting comes after the go-live
				w.open("pessoa")
				w.move(0, "20")
				w.prove()
				w.enter()
				if start > 1 {
					w.goLive()
				}
			}
			rt.Repeat(map[string]func(*rapid.T){"step": w.step})
			w.finish()
			for _, p := range w.problems {
				rt.Error(p)
			}
			histories++
			sum.tried.calls += w.tried.calls
			sum.tried.probes += w.tried.probes
			sum.tried.refused += w.tried.refused
			sum.tried.pauses += w.tried.pauses
			sum.tried.waited += w.tried.waited
			sum.tried.dropped += w.tried.dropped
		})
		t.Logf("%d histories: %+v", histories, sum.tried)
		if !t.Failed() && (sum.tried.pauses == 0 || sum.tried.waited == 0 || sum.tried.dropped == 0 || sum.tried.probes == 0) {
			t.Error("the histories never came to what they are to show")
		}
	})
}

// step is the next thing that happens; the weights are how many of 256 times.
func (w *world) step(rt *rapid.T) {
	n := even.Draw(rt, "step")
	pick := func(what string, from ...string) string { return from[even.Draw(rt, what)%len(from)] }
	for _, a := range []struct {
		weight int
		do     func()
	}{
		{48, w.work}, {10, w.publish}, {14, w.enter}, {20, w.goLive}, {12, w.switchBack}, {12, w.cut}, {22, w.resume},
		{24, w.prove},
		{26, func() {
			if len(w.born) < 6 {
				w.open(pick("by", "pessoa", "pessoa", "teste", "casa-h", "casa-p", "campo-h", "campo-p"))
			}
		}},
		{56, func() {
			if len(w.born) > 0 {
				w.move(even.Draw(rt, "occurrence")%len(w.born), pick("to", "20", "20", "20", "40", "40", "40", "80"))
			}
		}},
		{12, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.sinks[desk.Environment(pick("sink", "homologacao", "producao"))].refuse = 1
			w.clock = w.clock.Add(time.Second)
		}},
	} {
		if n -= a.weight; n < 0 {
			a.do()
			return
		}
	}
}

// TestControlOfTheEnvironments: what histories are compared with finds each way of going wrong.
func TestControlOfTheEnvironments(t *testing.T) {
	none := func(*world, func(string)) {}
	for want, sabotage := range map[string]struct{ before, after func(*world, func(string)) }{ // the go-live
		"": {none, none}, // nothing is wrong without one
		"calls reach production in producao_pausada": {none, func(w *world, _ func(string)) { // a worker that looks at no phase
			w.switchBack()
			w.force(desk.Live)
			w.work()
			w.force(desk.Paused)
		}},
		"calls reach production in implantacao": {func(w *world, sql func(string)) {
			sql(`UPDATE lane SET environment = 'producao'`)
			w.force(desk.Live)
			w.work()
			w.force(desk.Implementing)
		}, none},
		"producao hears of de homologacao": {func(_ *world, sql func(string)) { // a lane that changes sides
			sql(`UPDATE lane SET environment = 'producao'`)
		}, none},
		"homologacao came with a credential of elsewhere": {none, func(_ *world, sql func(string)) { // an address of the other side
			sql(`UPDATE endpoint SET base_url = (SELECT base_url FROM endpoint e WHERE e.environment = 'homologacao') WHERE environment = 'producao'`)
		}},
		"and should have heard": {none, func(_ *world, sql func(string)) { // a message that is lost
			sql(`UPDATE delivery SET state = 'ignorado', settled_at = 1, reason_code = 'outro_ambiente' WHERE state = 'fila'`)
			sql(`UPDATE lane SET pending = 0, next_at = NULL`)
		}},
	} {
		url := storetest.URL(t, store.SQLite)
		s := storetest.Open(t, url)
		if _, _, err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, s)
		behind := func(statement string) {
			t.Helper()
			other, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(url, "sqlite:")+"?_pragma=busy_timeout(5000)")
			w.must(err)
			_, err = other.ExecContext(t.Context(), statement)
			w.must(err)
			w.must(other.Close())
		}
		w.prove()
		w.enter()
		w.open("pessoa")
		w.move(0, "20")
		sabotage.before(w, behind)
		w.goLive()
		w.open("pessoa")
		w.move(1, "20")
		sabotage.after(w, behind)
		w.finish()
		all := strings.Join(w.problems, "\n")
		if want == "" && all != "" || !strings.Contains(all, want) {
			t.Errorf("not found: %q; only %q", want, all)
		}
	}
}

// force sets the phase behind everybody's back.
func (w *world) force(p desk.Phase) {
	w.must(w.Store.Write(context.Background(), func(tx *store.Tx) error {
		return tx.SetPhase(context.Background(), db.SetPhaseParams{ActiveEnvironment: p.Active(), ProductionPaused: p == desk.Paused})
	}))
}
