package outbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
	"ponte/internal/probe"
	"ponte/internal/store"
)

// world is an installation between two sinks that stand for Mobuss in homologation and in production, with the real
// outbox, the real wire and the real probe. Everything that is written for an occurrence says where it was born and is
// numbered, so that a sink can see what does not belong to it, what comes twice, and what comes out of order.
type world struct {
	*flowtest.Installation
	t      testing.TB
	mu     sync.Mutex
	clock  time.Time
	box    *Outbox
	sinks  map[desk.Environment]*sink
	tokens map[string]tokenOf // by who: "casa", "campo", each with its environment's first letter

	phase    desk.Phase // the model's
	proven   bool
	complete bool
	entries  int   // how often production went live, or on
	version  int64 // how often something was published, in settling milliseconds
	born     []bornOne
	said     int
	problems []string
	tried    struct{ calls, probes, refused, pauses, waited, dropped int }
}

type tokenOf struct {
	id    int64
	actor desk.Actor
}

// bornOne is an occurrence, and what its movements should make its sink hear, in order.
type bornOne struct {
	number int64
	env    desk.Environment
	test   bool
	should []string
	made   []int    // of each, how often production had gone live by then
	never  []string // what was said while nothing was sent for it
}

// sink is Mobuss in one environment: it answers like the model's field, and writes down what it heard.
type sink struct {
	*field
	srv     *httptest.Server
	heard   []string // marks, of the calls that were taken
	at      []int    // of each, how often production had gone live by then
	writes  int
	probes  int
	strange []string
	refuse  int           // the next so many calls get 503
	arrived chan struct{} // not nil: the next call says that it is here, and waits
	goOn    chan struct{}
}

var mark = regexp.MustCompile(`\b[om]\d+;`)

func newWorld(t testing.TB, s *store.Store) *world {
	w := &world{t: t, clock: noon, phase: desk.Implementing, sinks: map[desk.Environment]*sink{}, tokens: map[string]tokenOf{}}
	now := func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.clock = w.clock.Add(time.Millisecond)
		return w.clock
	}
	w.Installation = flowtest.New(t, s, flow.Deps{Now: now})
	w.Flow.Probe = probe.New(w.Flow).Candidate
	client := connector.New()
	for _, env := range []desk.Environment{desk.Homologation, desk.Production} {
		w.sinks[env] = w.newSink(env)
	}
	w.box = New(Options{Flow: w.Flow, Client: client, Owner: "world", Idle: 8, Now: now})
	t.Cleanup(func() {
		client.Close()
		for _, k := range w.sinks {
			k.srv.Close()
		}
	})
	w.publish()
	w.must(w.SetEndpoint(t.Context(), flowtest.Admin(), desk.Homologation, w.sinks[desk.Homologation].endpoint()))
	w.tokens["casa-h"], w.tokens["campo-h"] = tokenOf{w.HouseID, w.House}, tokenOf{w.FieldID, w.Field}
	for name, origin := range map[string]desk.Origin{"casa-p": desk.House, "campo-p": desk.Field} {
		id, actor := w.ProductionToken(t, name, origin)
		w.tokens[name] = tokenOf{id, actor}
	}
	return w
}

func (k *sink) endpoint() flow.Endpoint {
	return flow.Endpoint{BaseURL: k.srv.URL, AllowPrivate: true, Secrets: map[string]string{"token": "secret-of-" + string(k.env)}}
}

func (w *world) newSink(env desk.Environment) *sink {
	k := &sink{field: &field{env: env}}
	k.srv = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		w.mu.Lock()
		arrived, goOn := k.arrived, k.goOn
		k.arrived = nil
		w.mu.Unlock()
		if arrived != nil {
			close(arrived)
			<-goOn
		}
		w.mu.Lock()
		status, answer := k.serve(r, body)
		for len(k.at) < len(k.heard) {
			k.at = append(k.at, w.entries)
		}
		w.mu.Unlock()
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(status)
		_, _ = rw.Write(answer) // who hung up does not read it
	}))
	return k
}

// serve answers, and looks at everything that came.
func (k *sink) serve(r *http.Request, body []byte) (int, []byte) {
	if got := r.Header.Get("Authorization"); got != "Bearer secret-of-"+string(k.env) {
		k.strange = append(k.strange, "came with a credential of elsewhere: "+got)
	}
	other, unit := desk.Production, "PROD-"
	if k.env == desk.Production {
		other, unit = desk.Homologation, "MOB-"
	}
	for _, alien := range []string{"de " + string(other), unit, "SAT-" + string(other[:1])} {
		if bytes.Contains(body, []byte(alien)) {
			k.strange = append(k.strange, fmt.Sprintf("hears of %s: %s", alien, body))
		}
	}
	method := path.Base(r.URL.Path)
	if bytes.Contains(body, []byte("PONTE-TESTE-")) {
		k.probes++
	}
	if strings.HasPrefix(method, "consultar") {
		x := k.handle(flow.Job{}, &mapping.Request{Path: r.URL.Path, Body: string(body)})
		return x.Answer.Status, x.Answer.Body
	}
	if k.writes++; k.refuse > 0 {
		k.refuse--
		return http.StatusServiceUnavailable, []byte(`{}`)
	}
	found := mark.FindString(string(body))
	if found == "" {
		k.strange = append(k.strange, "hears something without a mark: "+string(body))
	}
	x := k.handle(flow.Job{}, &mapping.Request{Path: r.URL.Path, Body: string(body)})
	if x.Answer.Status >= 400 {
		k.strange = append(k.strange, fmt.Sprintf("does not know %s: %s", method, body))
	}
	k.heard = append(k.heard, found)
	return x.Answer.Status, x.Answer.Body
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) wrong(format string, args ...any) {
	w.problems = append(w.problems, fmt.Sprintf(format, args...))
}

// asExpected compares what a rule said with what the model says.
func (w *world) asExpected(what string, err error, allowed bool) bool {
	w.t.Helper()
	var refused *desk.Error
	if err != nil && !errors.As(err, &refused) {
		w.t.Fatalf("%s: %v", what, err)
	}
	if (err == nil) != allowed {
		w.wrong("%s in %s, proven %v, complete %v: %v", what, w.phase, w.proven, w.complete, err)
	}
	if err != nil {
		w.tried.refused++
	}
	return err == nil
}

// publish makes a new version; it proves nothing that the former one did.
func (w *world) publish() {
	c := flowtest.Config(w.t)
	w.version++
	c.Integration.Policy.Settling, c.Integration.Policy.Jitter = mapping.Duration(time.Second+time.Duration(w.version)*time.Millisecond), 0
	w.must(w.Configure(w.t.Context(), flowtest.Admin(), c))
	w.proven = false
}

func (w *world) prove() {
	w.Prove(w.t)
	w.proven = true
}

// enter is the form of production, by the real probe.
func (w *world) enter() {
	k := w.sinks[desk.Production]
	before, e := w.probes(k), k.endpoint()
	allowed := w.phase != desk.Implementing || w.proven
	_, err := w.SetProduction(w.t.Context(), flowtest.Admin(), flow.ProductionInput{Place: e.Place(), Secrets: e.Secrets})
	w.complete = w.asExpected("production's data", err, allowed) || w.complete
	asked := w.probes(k) - before
	if allowed != (asked == 1) || asked > 1 {
		w.wrong("the form was open: %v, and production was asked %d times", allowed, asked)
	}
	w.tried.probes += asked
}

func (w *world) probes(k *sink) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return k.probes
}

func (w *world) goLive() {
	err := w.GoLive(w.t.Context(), flowtest.Admin(), flow.SwitchInput{UnitsReason: "x"})
	if w.asExpected("go-live", err, w.phase == desk.Implementing && w.proven && w.complete) {
		w.live()
	}
}

func (w *world) switchBack() {
	if w.asExpected("switch back", w.SwitchBack(w.t.Context(), flowtest.Admin(), flow.SwitchInput{}), w.phase == desk.Live) {
		w.phase = desk.Paused
		w.tried.pauses++
	}
}

func (w *world) resume() {
	if w.asExpected("resume", w.Resume(w.t.Context(), flowtest.Admin(), flow.SwitchInput{}), w.phase == desk.Paused && w.proven) {
		w.live()
	}
}

func (w *world) live() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.phase = desk.Live
	w.entries++
}

// open records an occurrence by somebody: "pessoa", "teste", or a token's name.
func (w *world) open(by string) {
	env, allowed := w.phase.Active(), true
	switch by {
	case "pessoa":
	case "teste":
		env, allowed = desk.Homologation, w.phase != desk.Live
	default:
		env = desk.Homologation
		if strings.HasSuffix(by, "-p") {
			env = desk.Production
		}
		allowed = w.phase.Takes(env) == nil
	}
	w.said++
	in := flow.OpenInput{Project: "AUR-A-101", BlockNewCustomer: "T", Description: fmt.Sprintf("o%d; de %s", w.said, env), Test: by == "teste"}
	one := bornOne{env: env, test: by == "teste" || env == desk.Homologation && w.phase == desk.Paused}
	var err error
	if by == "pessoa" || by == "teste" {
		one.number, err = w.OpenByHand(w.t.Context(), flowtest.Attendant(), in)
	} else {
		k := w.sinks[env]
		if strings.HasPrefix(by, "campo") { // the technician opened it over there
			w.mu.Lock()
			o := k.field.open("", "x")
			w.mu.Unlock()
			in.Project, in.MobussID = "203", o.ID
		}
		token := w.tokens[by]
		c := w.Call("IncluirOcorrencia", flow.NewID(), "", token.actor)
		c.TokenID = token.id
		var r flow.Receipt
		r, err = w.Flow.Open(w.t.Context(), c, in)
		one.number = r.Number
	}
	if !w.asExpected("opening by "+by, err, allowed) {
		return
	}
	o, err := w.Show(w.t.Context(), flowtest.Attendant(), one.number)
	w.must(err)
	if o.Environment != env || o.Test != one.test {
		w.wrong("%d, opened by %s in %s, is of %s, test %v", one.number, by, w.phase, o.Environment, o.Test)
	}
	w.born = append(w.born, one)
}

// move is an attendant's; what the rules refuse tells nobody anything.
func (w *world) move(i int, status string) {
	one := &w.born[i]
	w.said++
	text := fmt.Sprintf("m%d; de %s", w.said, one.env)
	o, err := w.Show(w.t.Context(), flowtest.Attendant(), one.number)
	w.must(err)
	err = w.MoveByHand(w.t.Context(), flowtest.Attendant(), flow.MoveInput{Number: one.number, Status: status, Comment: text})
	var refused *desk.Error
	if err != nil {
		if !errors.As(err, &refused) {
			w.t.Fatal(err)
		}
		return
	}
	switch status {
	case "20":
		text = o.Description
	case "40", "80":
	default:
		return
	}
	if w.phase.Passage(one.env, one.test) == desk.Shut {
		one.never = append(one.never, mark.FindString(text))
		return
	}
	one.should, one.made = append(one.should, mark.FindString(text)), append(one.made, w.entries)
	if one.env == desk.Production && w.phase == desk.Paused {
		w.tried.waited++
	}
}

// work lets the outbox do what is due, and waits for the wire.
func (w *world) work() {
	before := w.written(desk.Production)
	w.box.round(w.t.Context())
	w.box.workers.Wait()
	if n := w.written(desk.Production) - before; n > 0 && w.phase != desk.Live {
		w.wrong("%d calls reach production in %s", n, w.phase)
	}
}

// cut switches back while a call is on the wire, which comes to its end; nothing follows it.
func (w *world) cut() {
	k := w.sinks[desk.Production]
	due, err := w.NextDue(w.t.Context(), 1, desk.Production)
	w.must(err)
	if w.phase != desk.Live || due.IsZero() || due.After(w.now()) {
		w.switchBack()
		return
	}
	arrived, goOn := make(chan struct{}), make(chan struct{})
	w.mu.Lock()
	k.arrived, k.goOn = arrived, goOn
	w.mu.Unlock()
	w.box.round(w.t.Context())
	<-arrived
	w.switchBack()
	sending := w.sending() // each of them may be on the wire
	close(goOn)
	before := w.written(desk.Production)
	w.box.workers.Wait()
	if n := w.written(desk.Production) - before; n > sending {
		w.wrong("%d calls followed a switch back that found %d on the wire", n, sending)
	}
}

func (w *world) sending() int {
	c, err := w.CountDeliveries(w.t.Context())
	w.must(err)
	return int(c[desk.Sending])
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

func (w *world) written(env desk.Environment) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sinks[env].writes
}

// finish goes live, or on, and lets everything arrive; then it looks at what each sink heard.
func (w *world) finish() {
	for _, k := range w.sinks {
		k.refuse = 0
	}
	if w.phase != desk.Live {
		if !w.proven {
			w.prove()
		}
		if w.phase == desk.Implementing {
			w.enter()
			w.goLive()
		} else {
			w.resume()
		}
	}
	for range 40 {
		w.pass(10 * time.Second)
		w.work()
	}
	w.check()
}

// check is what the issue promises.
func (w *world) check() {
	heard := map[desk.Environment][]string{}
	for env, k := range w.sinks {
		heard[env] = k.heard
		for _, s := range k.strange {
			w.wrong("%s %s", env, s)
		}
		w.tried.calls += len(k.heard)
	}
	for _, one := range w.born {
		for _, m := range one.never { // an opening may have been wanted before, or be wanted again
			if slices.Contains(heard[one.env], m) && !slices.Contains(one.should, m) {
				w.wrong("of %d %s heard %s, which was said while it was shut", one.number, one.env, m)
			}
		}
		var got []string
		for _, m := range heard[one.env] {
			if slices.Contains(one.should, m) {
				got = append(got, m)
			}
		}
		if one.env == desk.Production {
			if !slices.Equal(got, one.should) {
				w.wrong("of %d production heard %v, and should have heard %v", one.number, got, one.should)
			}
			continue
		}
		if gap := gapIn(one, w.sinks[desk.Homologation]); gap != "" {
			w.wrong("of %d homologation heard %v of %v: %s", one.number, got, one.should, gap)
		}
		w.tried.dropped += len(one.should) - len(got)
	}
}

// gapIn says what is wrong with what homologation heard of an occurrence: each message at most once and in order, and none
// passed over but by a production that went live, or on, between its making and what was heard behind it (ADR 14).
func gapIn(one bornOne, k *sink) string {
	next := 0 // of should
	for i, m := range k.heard {
		at := -1
		for j, should := range one.should { // an opening that was dropped may be wanted again: the latest of them is meant
			if should == m && one.made[j] <= k.at[i] {
				at = j
			}
		}
		switch {
		case !slices.Contains(one.should, m):
			continue
		case at < next:
			return m + " came twice, or out of order"
		}
		for ; next < at; next++ {
			if one.made[next] == k.at[i] {
				return one.should[next] + " was passed over, and production did not go live meanwhile"
			}
		}
		next++
	}
	return ""
}
