package outbox

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
)

// paused is a site with a clock that the test moves, and two outboxes on its database: replicas.
type paused struct {
	*site
	ahead atomic.Int64
	other *Outbox
	told  []bool // what the first replica announced
}

func newPaused(t *testing.T, change func(*mapping.Config)) *paused {
	t.Helper()
	p := &paused{}
	clock := func() time.Time { return noon.Add(time.Duration(p.ahead.Load())) }
	watch := Watcher{Breaker: func(_ flow.Route, open bool) { p.told = append(p.told, open) }}
	p.site = newSite(t, Options{Now: clock, Idle: 8, Poll: time.Hour, Watch: watch}, change)
	o := p.box.Options
	o.Owner, o.Watch = "another process", Watcher{}
	p.other = New(o)
	return p
}

func (p *paused) later(d time.Duration) { p.ahead.Add(int64(d)) }

// fail lets so many calls of a replica fail.
func (s *site) fail(b *Outbox, n int) {
	s.t.Helper()
	for range n {
		b.breaker(s.route).record(s.t.Context(), Down, desk.Because("tempo_esgotado"), nil)
	}
}

// rounds claims in a replica until its workers have nothing more to do, and answers how often the tool was asked.
func (s *site) rounds(b *Outbox) int64 {
	s.t.Helper()
	before := s.asked.Load()
	for again := true; again; {
		asked := s.asked.Load()
		_, err := b.claim(s.t.Context(), s.route)
		s.must(err)
		b.workers.Wait()
		again = s.asked.Load() > asked
	}
	return s.asked.Load() - before
}

func (s *site) pause() *flow.Pause {
	s.t.Helper()
	p, err := s.box.breaker(s.route).look(s.t.Context())
	s.must(err)
	return p
}

// TestThePauseIsShared: it begins after enough failures in a row, holds for every replica and after a restart, is asked
// about by one call of one of them when it is time, and ends for all.
func TestThePauseIsShared(t *testing.T) {
	p := newPaused(t, nil)
	var status atomic.Int64
	status.Store(http.StatusInternalServerError)
	p.answer(func(call) (int, string) { return int(status.Load()), okOpen })
	for range 4 {
		p.opening()
	}
	p.fail(p.box, breakerFailures-1)
	p.box.breaker(p.route).record(t.Context(), Works, desk.Reason{}, nil) // not in a row
	p.fail(p.box, breakerFailures-1)
	if p.pause() != nil {
		t.Fatal("too early")
	}
	p.fail(p.box, 1)
	restarted := New(p.other.Options)
	all := []*Outbox{p.box, p.other, restarted}
	for i, b := range all {
		if n := p.rounds(b); n != 0 {
			t.Errorf("replica %d makes %d calls on a paused route", i, n)
		}
	}
	p.later(askDown - time.Millisecond)
	if n := p.rounds(p.other); n != 0 {
		t.Errorf("%d calls before it is time", n)
	}
	p.later(time.Millisecond)
	if a, b := p.rounds(p.other), p.rounds(p.box); a+b != 1 {
		t.Errorf("%d calls ask", a+b)
	}
	if now := p.pause(); now == nil || now.Cause != desk.PauseDown || !now.Failing.Equal(noon) || !now.AskAt.Equal(p.clock().Add(askDown)) || now.Reason.Code != mapping.ReasonHTTP {
		t.Fatalf("after a question that failed: %+v", now)
	}
	status.Store(http.StatusOK)
	p.later(askDown)
	if n := p.rounds(p.box); n < 4 || p.count(desk.Delivered) != 4 { // the first was in doubt, and is looked up
		t.Errorf("%d calls, %d delivered", n, p.count(desk.Delivered))
	}
	if p.pause() != nil {
		t.Error("still paused")
	}
	p.rounds(p.other)
	for i, b := range all[:2] {
		if b.breaker(p.route).open() != nil {
			t.Errorf("replica %d has not heard", i)
		}
	}
	if !slices.Equal(p.told, []bool{true, false}) {
		t.Errorf("announced open: %v", p.told)
	}
}

// TestLateAnswersEndNothing: calls that were on their way when the pause began come back afterwards.
func TestLateAnswersEndNothing(t *testing.T) {
	p := newPaused(t, nil)
	p.fail(p.box, breakerFailures)
	br := p.box.breaker(p.route)
	br.record(t.Context(), Works, desk.Reason{}, nil)
	if p.pause() == nil {
		t.Fatal("a late answer ends the pause")
	}
	began := p.pause()
	p.fail(p.other, 3*breakerFailures)
	if now := p.pause(); now.ID != began.ID || !now.AskAt.Equal(began.AskAt) {
		t.Errorf("late failures change it: %+v", now)
	}
}

// TestWhoAsksAndDies: the right to ask runs out, so that another process asks; what the first one hears later is heard.
func TestWhoAsksAndDies(t *testing.T) {
	p := newPaused(t, nil)
	p.fail(p.box, breakerFailures)
	p.later(askDown)
	ask, mine, err := p.TakeAsk(t.Context(), *p.pause(), askLease)
	if p.must(err); !mine {
		t.Fatal("nobody asks")
	}
	p.opening()
	if n := p.rounds(p.other); n != 0 {
		t.Errorf("%d calls while somebody asks", n)
	}
	p.later(askLease)
	if n := p.rounds(p.other); n == 0 || p.pause() != nil {
		t.Errorf("nobody took over: %d calls", n)
	}
	p.box.breaker(p.route).record(t.Context(), Down, desk.Because("tempo_esgotado"), &ask) // of the pause that is over
	if p.pause() != nil {
		t.Error("what is over begins again")
	}
}

// TestAQuestionWhereNoLaneIsDue: the pause ends though there is nothing to send. Without a question it waits for a lane.
func TestAQuestionWhereNoLaneIsDue(t *testing.T) {
	p := newPaused(t, nil)
	var asked int
	says := Down
	p.box.Question = func(context.Context, flow.Route) (Health, desk.Reason) {
		asked++
		return says, desk.Because("tempo_esgotado")
	}
	p.fail(p.box, breakerFailures)
	p.later(askDown)
	p.rounds(p.other)
	if p.pause() == nil || asked != 0 {
		t.Fatal("ended without a question")
	}
	p.rounds(p.box)
	p.rounds(p.box)
	if p.pause() == nil || asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	says = Works
	p.later(askDown)
	if p.rounds(p.box); p.pause() != nil || asked != 2 {
		t.Errorf("asked %d times, and still paused", asked)
	}
}

// TestPausedTime is what a route was paused for between two moments.
func TestPausedTime(t *testing.T) {
	p := newPaused(t, nil)
	want := func(from, to, paused time.Duration) {
		t.Helper()
		p.ahead.Store(int64(to))
		if got, err := p.PausedSince(t.Context(), p.route, noon.Add(from)); got != paused || err != nil {
			t.Errorf("from %v to %v: %v, want %v (%v)", from, to, got, paused, err)
		}
	}
	open := func(from, to time.Duration) {
		p.ahead.Store(int64(from))
		p.fail(p.box, breakerFailures)
		p.ahead.Store(int64(to))
		p.must(p.EndPause(t.Context(), *p.pause()))
		p.pause()
	}
	want(0, time.Hour, 0)
	open(time.Hour, 2*time.Hour)
	open(3*time.Hour, 3*time.Hour+10*time.Minute)
	want(0, 4*time.Hour, 70*time.Minute)
	want(90*time.Minute, 4*time.Hour, 40*time.Minute) // begun within a pause
	want(150*time.Minute, 4*time.Hour, 10*time.Minute)
	want(4*time.Hour, 5*time.Hour, 0)
	p.fail(p.box, breakerFailures) // at 5:00, and still paused
	want(4*time.Hour, 6*time.Hour, time.Hour)
	p.ahead.Add(int64(100 * 24 * time.Hour))
	if n, err := p.ForgetPauses(t.Context()); n != 2 || err != nil {
		t.Errorf("%d of those that are over are forgotten: %v", n, err)
	}
}

// TestTheRampAfterAPause: one call, then more as calls succeed and fewer as they fail, until there is no ramp any more; and
// never more than the connection allows.
func TestTheRampAfterAPause(t *testing.T) {
	r := ramp{}
	if r.worked(true, 8) || r.worked(false, 8) || r.at != 0 {
		t.Error("a ramp without a pause")
	}
	r.at = 1
	var seen []int
	for _, ok := range []bool{true, true, true, true, false, false, false, true, true, true, true, true, true, true, true} {
		r.worked(ok, 4)
		seen = append(seen, r.at)
	}
	if want := []int{1, 2, 2, 3, 2, 1, 1, 1, 2, 2, 3, 3, 0, 0, 0}; !slices.Equal(seen, want) {
		t.Errorf("at once: %v, want %v", seen, want)
	}
	for _, c := range []struct{ concurrent, at, want int }{{0, 0, 0}, {5, 0, 5}, {0, 3, 3}, {5, 3, 3}, {2, 3, 2}} {
		if got := (&allowance{is: mapping.Limits{Concurrent: c.concurrent}, ramp: ramp{at: c.at}}).most(); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

// TestABacklogDrainsGently: after a pause the calls on the wire grow from one; the oldest lane is first, and one that was
// moved just now does not wait for all of them.
func TestABacklogDrainsGently(t *testing.T) {
	const lanes, workers = 60, 8
	p := newPaused(t, nil)
	var mu sync.Mutex
	var came []int64 // numbers, in the order of their calls
	var together []int
	now := 0
	p.answer(func(c call) (int, string) {
		mu.Lock()
		now++
		number, _ := strconv.ParseInt(fmt.Sprint(c.fields["idLegado"]), 10, 64)
		came, together = append(came, number), append(together, now)
		mu.Unlock()
		defer func() { mu.Lock(); now--; mu.Unlock() }()
		return http.StatusOK, okOpen
	})
	var numbers []int64
	for range lanes {
		numbers = append(numbers, p.opening())
		p.later(time.Second)
	}
	p.fail(p.box, breakerFailures)
	p.later(10 * time.Minute)
	fresh := p.opening()
	p.box.Start()
	await(t, "deliveries", p.settled, lanes+1)
	p.must(p.box.Stop(t.Context()))
	if slices.Max(together[:3]) > 1 || slices.Max(together) > workers || p.box.allowances[p.route].ramp.at != 0 {
		t.Errorf("calls at once: %v", together)
	}
	if i := slices.Index(came, fresh); i < 0 || i > 2 {
		t.Errorf("what was moved now is call number %d", i)
	}
	came = slices.DeleteFunc(came, func(n int64) bool { return n == fresh })
	for i, n := range came {
		if at := slices.Index(numbers, n); at < i-workers || at > i+workers {
			t.Errorf("lane %d of them is call %d: %v", at, i, came)
		}
	}
}

// TestALaneKeepsItsPlace: the second message of a lane that has waited is as old as its first; younger lanes don't pass it.
func TestALaneKeepsItsPlace(t *testing.T) {
	p := newPaused(t, nil)
	old := p.opening()
	p.move(old, "40")
	p.later(time.Second)
	p.opening()
	p.later(time.Hour)
	var methods []string
	p.answer(func(c call) (int, string) {
		methods = append(methods, c.method)
		return http.StatusOK, okOpen
	})
	p.box.slots = make(chan struct{}, 1)
	p.rounds(p.box)
	if want := []string{"incluirSolicitacaoAtendimento", "incluirComentarioSolicitacaoAtendimento", "incluirSolicitacaoAtendimento"}; !slices.Equal(methods, want) {
		t.Errorf("%v, want %v", methods, want)
	}
}

// TestARefusedCredentialPauses: whoever we are not for Mobuss, no delivery pays for it. A question says whether it is our
// credential or this call alone; where none can be asked, 401 is the credential and 403 the call.
func TestARefusedCredentialPauses(t *testing.T) {
	for _, c := range []struct {
		name    string
		status  int
		says    Health // Silent: there is no question
		pauses  bool
		state   desk.DeliveryState
		reason  string
		counted int // failures in a row
	}{
		{"ours, by 401", 401, Denied, true, desk.Queued, mapping.ReasonCredential, 0},
		{"ours, by 403", 403, Denied, true, desk.Queued, mapping.ReasonCredential, 0},
		{"only this call", 403, Works, false, desk.Refused, mapping.ReasonCredential, 0},
		{"only this call, by 401", 401, Works, false, desk.Refused, mapping.ReasonCredential, 0},
		{"nobody can say now", 401, Down, false, desk.Queued, mapping.ReasonCredential, 1},
		{"no question, 401", 401, Silent, true, desk.Queued, mapping.ReasonCredential, 0},
		{"no question, 403", 403, Silent, false, desk.Refused, mapping.ReasonCredential, 0},
		{"the control: another refusal", 422, Denied, false, desk.Refused, mapping.ReasonHTTP, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPaused(t, nil)
			p.answer(func(call) (int, string) { return c.status, "" })
			p.box.Question = func(context.Context, flow.Route) (Health, desk.Reason) { return c.says, desk.Because("tempo_esgotado") }
			p.box.slots = make(chan struct{}, 1)
			n := p.opening()
			p.opening()
			_, err := p.box.claim(t.Context(), p.route)
			p.must(err)
			p.box.workers.Wait()
			d := p.last(n)
			if d.State != c.state || d.Reason.Code != c.reason || p.box.breaker(p.route).failed < c.counted {
				t.Errorf("%s because of %s", d.State, d.Reason.Code)
			}
			now := p.pause()
			if (now != nil) != c.pauses {
				t.Fatalf("paused: %+v", now)
			}
			if c.pauses && (now.Cause != desk.PauseCredential || !now.AskAt.Equal(noon.Add(askDenied)) || p.asked.Load() != 1) {
				t.Errorf("%+v after %d calls", now, p.asked.Load())
			}
		})
	}
}

// TestTheWaysOutOfARefusedCredential: its time, a credential that is saved, a person who asks, a connection that was tested.
func TestTheWaysOutOfARefusedCredential(t *testing.T) {
	admin := flowtest.Admin()
	for name, out := range map[string]func(*paused) error{
		"its time": func(p *paused) error { p.later(askDenied); return nil },
		"a saved credential": func(p *paused) error {
			return p.SetSecrets(p.t.Context(), admin, desk.Homologation, map[string]string{"token": "another"})
		},
		"a person":            func(p *paused) error { return p.AskPaused(p.t.Context(), flowtest.Attendant(), desk.Homologation) },
		"a test that is well": func(p *paused) error { return p.Probed(p.t.Context(), admin, desk.Homologation, "entendida", true) },
		"a new configuration": func(p *paused) error { return p.Configure(p.t.Context(), admin, flowtest.Config(p.t)) },
		"a restart":           func(p *paused) error { _, err := p.VoidLeases(p.t.Context()); return err },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPaused(t, nil)
			says, asked := Denied, 0
			p.box.Question = func(context.Context, flow.Route) (Health, desk.Reason) { asked++; return says, desk.Reason{} }
			n := p.opening()
			p.box.breaker(p.route).record(t.Context(), Denied, desk.Because(mapping.ReasonCredential, "http", 401), nil)
			p.later(time.Minute)
			if p.rounds(p.box); asked != 0 || p.asked.Load() != 0 {
				t.Fatal("it asks too early")
			}
			p.must(p.Probed(t.Context(), admin, desk.Homologation, "credencial_recusada", false)) // no way out
			p.rounds(p.box)
			p.must(out(p))
			p.rounds(p.box)
			if p.pause() == nil || asked != 1 || p.asked.Load() != 0 {
				t.Fatalf("still refused: asked %d times, %d calls of lanes", asked, p.asked.Load())
			}
			says = Works
			p.must(out(p))
			p.rounds(p.box) // asks
			p.rounds(p.box) // and goes on
			if p.pause() != nil || p.last(n).State != desk.Delivered || p.last(n).Attempts != 1 {
				t.Errorf("%+v", p.last(n))
			}
		})
	}
}

// TestALookUpIsSparedToo: a credential that is refused says nothing about what was done; nobody is asked to decide.
func TestALookUpIsSparedToo(t *testing.T) {
	p := newPaused(t, nil)
	n := p.opening()
	if jobs := p.successor(); len(jobs) != 1 {
		t.Fatal("not claimed")
	}
	p.later(time.Hour) // and it died
	p.answer(func(call) (int, string) { return http.StatusUnauthorized, "" })
	p.rounds(p.box)
	if d := p.last(n); d.State != desk.Uncertain || d.NeedsPerson || p.pause() == nil {
		t.Errorf("%+v, paused %v", d, p.pause())
	}
}

// TestReached: what a server answers below 500, even a refusal, is reaching it.
func TestReached(t *testing.T) {
	for _, c := range []struct {
		x    connector.Exchange
		want bool
	}{
		{answer(200, `{}`), true}, {answer(204, ``), true}, {answer(302, ``), true}, {answer(401, ``), true}, {answer(404, ``), true},
		{answer(422, `{}`), true}, {answer(429, ``), true}, {answer(500, ``), false}, {answer(503, ``), false}, {answer(599, ``), false},
		{unanswered(connector.ReasonTimeout, false), false}, {unanswered(connector.ReasonRefused, true), false},
	} {
		if got := reached(c.x); got != c.want {
			t.Errorf("%d %s: %v", c.x.Status(), c.x.ErrCode, got)
		}
	}
}
