package flow_test

import (
	"sync"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestAPauseIsOneForAll: whoever begins it, it begins once; whoever asks, one asks; and what was changed meanwhile has it
// asked anew, whatever the one who was asking hears.
func TestAPauseIsOneForAll(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := time.UnixMilli(1_800_000_000_000)
		var topics sync.Map
		in := flowtest.New(t, s, flow.Deps{Now: func() time.Time { return now }, Changed: func(topic string) { topics.Store(topic, true) }})
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		routes, err := in.Routes(ctx)
		must(err)
		met := flow.Met{Cause: desk.PauseDown, Reason: desk.Because("tempo_esgotado"), Failing: now.Add(-time.Minute), AskIn: 5 * time.Second}
		together := func(f func() bool) (times int) {
			var mu sync.Mutex
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					if f() {
						mu.Lock()
						times++
						mu.Unlock()
					}
				})
			}
			all.Wait()
			return times
		}
		together(func() bool { must(in.BeginPause(ctx, routes[0], met)); return true })
		only := func() flow.Pause {
			t.Helper()
			all, err := in.Pauses(ctx)
			must(err)
			if len(all) != 1 {
				t.Fatalf("%d pauses", len(all))
			}
			return all[0]
		}
		p := only()
		if _, told := topics.Load(flow.TopicPause); !told || !p.Failing.Equal(met.Failing) || !p.Began.Equal(now) || p.Reason.Code != met.Reason.Code {
			t.Errorf("%+v", p)
		}
		var asking flow.Pause
		take := func() bool {
			got, mine, err := in.TakeAsk(ctx, p, time.Minute)
			must(err)
			if mine {
				asking = got
			}
			return mine
		}
		if n := together(take); n != 0 {
			t.Errorf("%d ask too early", n)
		}
		now = now.Add(5 * time.Second)
		if n := together(take); n != 1 {
			t.Errorf("%d ask at once", n)
		}
		must(in.AskPaused(ctx, flowtest.Attendant(), desk.Homologation))
		must(in.StayPaused(ctx, asking, flow.Met{Cause: desk.PauseCredential, Reason: desk.Because("credencial_recusada"), AskIn: time.Hour}))
		if p = only(); p.AskAt.After(now) || p.Cause != desk.PauseCredential {
			t.Errorf("what somebody wanted asked is not: %+v", p)
		}
		if err := in.AskPaused(ctx, desk.Actor{Kind: "usuario", Roles: []desk.Role{}}, desk.Homologation); err == nil {
			t.Error("anybody may")
		}
		now = now.Add(5 * time.Second)
		must(in.EndPause(ctx, p))
		must(in.EndPause(ctx, p))
		must(in.StayPaused(ctx, p, met)) // who asked late changes nothing
		if all, err := in.Pauses(ctx); len(all) != 0 || err != nil {
			t.Errorf("%+v, %v", all, err)
		}
		now = now.Add(time.Hour)
		if d, err := in.PausedSince(ctx, routes[0], now.Add(-24*time.Hour)); d != 10*time.Second || err != nil {
			t.Errorf("paused for %v, %v", d, err)
		}
		must(in.BeginPause(ctx, routes[0], met))
		if again := only(); again.ID == p.ID {
			t.Error("the old one again")
		}
	})
}

// TestWhatIsNewDoesNotWaitForTheBacklog: of what a claim takes, so many are those that became due last; the rest are the
// oldest. Without new ones all are the oldest, and without a share for them the new one waits.
func TestWhatIsNewDoesNotWaitForTheBacklog(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := time.UnixMilli(1_800_000_000_000)
		in := flowtest.New(t, s, flow.Deps{Now: func() time.Time { return now }})
		open := func() int64 {
			n := in.Open(t)
			if err := in.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: "20"}); err != nil {
				t.Fatal(err)
			}
			now = now.Add(time.Second)
			return n
		}
		var old []int64
		for range 6 {
			old = append(old, open())
		}
		now = now.Add(time.Hour)
		fresh := open()
		claim := func(limit, recent int) map[int64]bool {
			t.Helper()
			jobs, err := in.Claim(t.Context(), flow.ClaimRequest{Owner: "a", Connection: 1, Environment: desk.Homologation, Lease: time.Minute, Limit: limit, Recent: recent})
			if err != nil {
				t.Fatal(err)
			}
			got := map[int64]bool{}
			for _, j := range jobs {
				got[j.OccurrenceID] = true
			}
			return got
		}
		id := func(number int64) int64 {
			o, err := in.Store.Read().OccurrenceByNumber(t.Context(), number)
			if err != nil {
				t.Fatal(err)
			}
			return o.ID
		}
		if got := claim(2, 0); len(got) != 2 || !got[id(old[0])] || !got[id(old[1])] {
			t.Errorf("without a share: %v", got)
		}
		if got := claim(2, 1); len(got) != 2 || !got[id(fresh)] || !got[id(old[2])] {
			t.Errorf("with one: %v", got)
		}
		if got := claim(2, 2); len(got) != 2 || !got[id(old[3])] || !got[id(old[4])] {
			t.Errorf("with nothing new: %v", got)
		}
	})
}
