package flow_test

import (
	"errors"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// bench is an installation with a hand on the outbox's lever and on the clock.
type bench struct {
	*flowtest.Installation
	t     *testing.T
	clock time.Time
}

func newBench(t *testing.T) *bench { return newBenchOn(t, storetest.New(t, store.SQLite)) }

func newBenchOn(t *testing.T, s *store.Store) *bench {
	b := &bench{t: t, clock: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	b.Installation = flowtest.New(t, s, flow.Deps{Now: func() time.Time {
		b.clock = b.clock.Add(time.Millisecond) // so that what comes later is later
		return b.clock
	}})
	return b
}

func (b *bench) claim() []flow.Job {
	b.t.Helper()
	routes, err := b.Routes(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	jobs, err := b.Claim(b.t.Context(), flow.ClaimRequest{Owner: "test", Connection: routes[0].Connection, Environment: desk.Homologation, Lease: time.Minute, Limit: 10})
	if err != nil {
		b.t.Fatal(err)
	}
	return jobs
}

// one claims, and expects exactly one job for a point.
func (b *bench) one(p desk.Point) flow.Job {
	b.t.Helper()
	jobs := b.claim()
	if len(jobs) != 1 || jobs[0].Point != p {
		b.t.Fatalf("claimed %d jobs (%+v), want one %s", len(jobs), jobs, p)
	}
	return jobs[0]
}

func (b *bench) settle(j flow.Job, out flow.Outcome) {
	b.t.Helper()
	if err := b.Settle(b.t.Context(), j, out); err != nil {
		b.t.Fatal(err)
	}
}

var accepted = flow.Outcome{Verdict: flow.Done, Extracted: map[string]string{"id_mobuss": "SAT-1", "numero_os": "88001"}}

func refusedBecause(code string) flow.Outcome {
	return flow.Outcome{Verdict: flow.Rejected, Reason: desk.Because(code, "mensagem", "em edição")}
}

// move is an attendant's.
func (b *bench) move(number int64, status string) error {
	return b.MoveByHand(b.t.Context(), flowtest.Attendant(), flow.MoveInput{Number: number, Status: status, Comment: "para " + status})
}

func (b *bench) mustMove(number int64, status string) {
	b.t.Helper()
	if err := b.move(number, status); err != nil {
		b.t.Fatalf("to %s: %v", status, err)
	}
}

func (b *bench) show(number int64) *flow.Occurrence {
	b.t.Helper()
	o, err := b.Show(b.t.Context(), flowtest.Attendant(), number)
	if err != nil {
		b.t.Fatal(err)
	}
	return o
}

func (b *bench) want(number int64, status string, states ...desk.DeliveryState) *flow.Occurrence {
	b.t.Helper()
	o := b.show(number)
	if o.Status.Code != status {
		b.t.Errorf("status %s, want %s", o.Status.Code, status)
	}
	var got []desk.DeliveryState
	for _, d := range o.Deliveries {
		got = append(got, d.State)
	}
	if len(got) != len(states) {
		b.t.Fatalf("deliveries %v, want %v", got, states)
	}
	for i := range states {
		if got[i] != states[i] {
			b.t.Errorf("deliveries %v, want %v", got, states)
		}
	}
	return o
}

// opened is an occurrence whose order Mobuss has.
func (b *bench) opened() int64 {
	b.t.Helper()
	n := b.Open(b.t)
	b.mustMove(n, "20")
	b.settle(b.one(desk.OpenOrder), accepted)
	b.want(n, "50", desk.Delivered)
	return n
}

// TestTheStory: opening, comment, inspection, closing, each followed by its status.
func TestTheStory(t *testing.T) {
	b := newBench(t)
	n := b.opened()
	if order, _ := b.show(n).LastOrder(); order.Number != "88001" || order.MobussID != "SAT-1" || order.State != desk.OrderOpen {
		t.Errorf("order %+v", order)
	}
	b.mustMove(n, "40")
	b.mustMove(n, "40") // a comment each
	first := b.one(desk.AddComment)
	if more := b.claim(); len(more) != 0 {
		t.Fatalf("a lane went in parallel: %+v", more)
	}
	b.settle(first, flow.Outcome{Verdict: flow.Done})
	b.want(n, "40", desk.Delivered, desk.Delivered, desk.Queued) // moved since: the first comment's success moves nothing
	b.settle(b.one(desk.AddComment), flow.Outcome{Verdict: flow.Done})
	b.want(n, "50", desk.Delivered, desk.Delivered, desk.Delivered)
	b.mustMove(n, "30")
	b.settle(b.one(desk.AskVisit), flow.Outcome{Verdict: flow.Done})
	b.mustMove(n, "80")
	b.settle(b.one(desk.CloseOrder), flow.Outcome{Verdict: flow.Done})
	o := b.want(n, "90", desk.Delivered, desk.Delivered, desk.Delivered, desk.Delivered, desk.Delivered)
	if order, _ := o.LastOrder(); order.State != desk.OrderClosed || o.ClosedAt.IsZero() {
		t.Errorf("order %s, closed at %v", order.State, o.ClosedAt)
	}
	if jobs := b.claim(); len(jobs) != 0 {
		t.Errorf("left over: %+v", jobs)
	}
}

// TestFailureAndResend: S4, and RULES.md "a successful resend leaves 99 the same way".
func TestFailureAndResend(t *testing.T) {
	b := newBench(t)
	n := b.opened()
	b.mustMove(n, "40")
	b.settle(b.one(desk.AddComment), refusedBecause("recusado_pelo_mobuss"))
	o := b.want(n, "99", desk.Delivered, desk.Refused)
	last := o.Movements[len(o.Movements)-1]
	if last.Origin != desk.System || last.Reason.Code != "recusado_pelo_mobuss" || last.Reason.Args["mensagem"] != "em edição" {
		t.Errorf("the history says %+v", last)
	}
	b.mustMove(n, "40") // waits behind the refused one
	if jobs := b.claim(); len(jobs) != 0 {
		t.Fatalf("a comment overtakes a refused one: %+v", jobs)
	}
	if err := b.Resend(t.Context(), flowtest.Attendant(), o.Deliveries[0].ID); code(err) != desk.ErrDelivery {
		t.Errorf("a delivered one is resent: %v", err)
	}
	if err := b.Resend(t.Context(), flowtest.Attendant(), o.Deliveries[1].ID); err != nil {
		t.Fatal(err)
	}
	j := b.one(desk.AddComment)
	if j.DeliveryID != o.Deliveries[1].ID {
		t.Error("the resend is another row")
	}
	b.settle(j, flow.Outcome{Verdict: flow.Done})
	b.want(n, "40", desk.Delivered, desk.Delivered, desk.Queued) // moved since by the second comment
	b.settle(b.one(desk.AddComment), flow.Outcome{Verdict: flow.Done})
	b.want(n, "50", desk.Delivered, desk.Delivered, desk.Delivered)

	b.mustMove(n, "40")
	b.settle(b.one(desk.AddComment), refusedBecause("recusado_pelo_mobuss"))
	o = b.want(n, "99", desk.Delivered, desk.Delivered, desk.Delivered, desk.Refused)
	if err := b.Resend(t.Context(), flowtest.Attendant(), o.Deliveries[3].ID); err != nil {
		t.Fatal(err)
	}
	b.settle(b.one(desk.AddComment), flow.Outcome{Verdict: flow.Done})
	b.want(n, "50", desk.Delivered, desk.Delivered, desk.Delivered, desk.Delivered) // nobody moved it: it leaves 99
}

// TestResendBeforeAClosing: what was refused while a closing waited behind it goes back to the closing's status when it
// is delivered after all, and the closing closes the occurrence, as if nothing had happened in between.
func TestResendBeforeAClosing(t *testing.T) {
	b := newBench(t)
	n := b.opened()
	b.mustMove(n, "40")
	comment := b.one(desk.AddComment)
	b.mustMove(n, "80")
	b.settle(comment, refusedBecause("recusado_pelo_mobuss"))
	o := b.want(n, "99", desk.Delivered, desk.Refused, desk.Queued)
	if err := b.Resend(t.Context(), flowtest.Attendant(), o.Deliveries[1].ID); err != nil {
		t.Fatal(err)
	}
	b.settle(b.one(desk.AddComment), flow.Outcome{Verdict: flow.Done})
	b.want(n, "80", desk.Delivered, desk.Delivered, desk.Queued)
	b.settle(b.one(desk.CloseOrder), flow.Outcome{Verdict: flow.Done})
	b.want(n, "90", desk.Delivered, desk.Delivered, desk.Delivered)
}

// TestSecondOpening is RULES.md, "A second opening".
func TestSecondOpening(t *testing.T) {
	b := newBench(t)
	n := b.Open(t)
	for _, status := range []string{"30", "40", "80"} {
		if err := b.move(n, status); code(err) != desk.ErrTransition {
			t.Errorf("%s from 10: %v", status, err)
		}
	}
	b.mustMove(n, "20")
	if err := b.move(n, "20"); code(err) != desk.ErrTransition {
		t.Errorf("20 again while it is queued: %v", err)
	}
	j := b.one(desk.OpenOrder)
	b.mustMove(n, "40") // waits behind the opening
	b.settle(j, refusedBecause("recusado_pelo_mobuss"))
	b.want(n, "99", desk.Refused, desk.Queued)
	if err := b.move(n, "40"); code(err) != desk.ErrTransition {
		t.Errorf("a comment while the opening is refused: %v", err)
	}
	b.mustMove(n, "20") // sends that very row again
	o := b.want(n, "20", desk.Queued, desk.Queued)
	if len(o.Orders) != 1 {
		t.Fatalf("%d orders", len(o.Orders))
	}
	b.settle(b.one(desk.OpenOrder), accepted)
	b.want(n, "50", desk.Delivered, desk.Queued)
	b.settle(b.one(desk.AddComment), flow.Outcome{Verdict: flow.Done})
	if err := b.move(n, "20"); code(err) != desk.ErrTransition {
		t.Errorf("20 while the order is open: %v", err)
	}
	b.mustMove(n, "80")
	b.settle(b.one(desk.CloseOrder), flow.Outcome{Verdict: flow.Done})
	if err := b.move(n, "20"); code(err) != desk.ErrTransition {
		t.Errorf("20 from closed: %v", err)
	}
	b.mustMove(n, "10") // reopened by a person
	b.mustMove(n, "20")
	b.settle(b.one(desk.OpenOrder), flow.Outcome{Verdict: flow.Done, Extracted: map[string]string{"id_mobuss": "SAT-2", "numero_os": "88002"}})
	o = b.show(n)
	if len(o.Orders) != 2 || o.Orders[1].LegacyID != o.Orders[0].LegacyID+"-2" {
		t.Errorf("orders %+v", o.Orders)
	}
}

// TestUnknownOutcome: nothing is sent again before it was looked up, and a lost lease writes nothing.
func TestUnknownOutcome(t *testing.T) {
	b := newBench(t)
	n := b.Open(t)
	b.mustMove(n, "20")
	sent := b.one(desk.OpenOrder)
	b.clock = b.clock.Add(2 * time.Minute) // the worker died: its lease runs out
	look := b.one(desk.OpenOrder)
	if !look.LookUp || look.Request.Body != sent.Request.Body {
		t.Fatalf("after a crash it is not looked up: %+v", look)
	}
	if err := b.Settle(t.Context(), sent, accepted); !errors.Is(err, flow.ErrLeaseLost) {
		t.Fatalf("the first worker settles with a lost lease: %v", err)
	}
	b.settle(look, flow.Outcome{Verdict: flow.NotThere, In: time.Second})
	b.want(n, "20", desk.Uncertain)
	if jobs := b.claim(); len(jobs) != 0 {
		t.Fatal("looked again before the settling time")
	}
	b.clock = b.clock.Add(time.Second)
	second := b.one(desk.OpenOrder)
	if !second.LookUp || second.Looks != 1 {
		t.Fatalf("second look: %+v", second)
	}
	b.settle(second, flow.Outcome{Verdict: flow.TryAgain})
	again := b.one(desk.OpenOrder)
	if again.LookUp || again.Request.Body != sent.Request.Body || again.Attempts != 2 {
		t.Fatalf("the retry is not the same request: %+v", again)
	}
	b.settle(again, flow.Outcome{Verdict: flow.Unknown})
	b.settle(b.one(desk.OpenOrder), accepted) // found
	b.want(n, "50", desk.Delivered)
}

// TestPersonDecides: an outcome that can't be settled blocks the lane until someone resends or skips.
func TestPersonDecides(t *testing.T) {
	b := newBench(t)
	n := b.opened()
	b.mustMove(n, "40")
	b.settle(b.one(desk.AddComment), flow.Outcome{Verdict: flow.AskPerson, Reason: desk.Because(desk.WhyNoLookUp)})
	o := b.want(n, "40", desk.Delivered, desk.Uncertain)
	b.mustMove(n, "40")
	if jobs := b.claim(); len(jobs) != 0 {
		t.Fatalf("the lane goes on: %+v", jobs)
	}
	if err := b.Skip(t.Context(), flowtest.Attendant(), o.Deliveries[1].ID, ""); code(err) != desk.ErrParameter+"/motivo" {
		t.Errorf("skipped without a reason: %v", err)
	}
	if err := b.Skip(t.Context(), flowtest.Attendant(), o.Deliveries[1].ID, "avisado por telefone"); err != nil {
		t.Fatal(err)
	}
	b.want(n, "40", desk.Delivered, desk.Ignored, desk.Queued)
	b.settle(b.one(desk.AddComment), flow.Outcome{Verdict: flow.Done})
	b.want(n, "50", desk.Delivered, desk.Ignored, desk.Delivered)
}

// TestSkippedOpeningFreesTheLane: the order is abandoned, and a new one has a name of its own.
func TestSkippedOpeningFreesTheLane(t *testing.T) {
	b := newBench(t)
	n := b.Open(t)
	b.mustMove(n, "20")
	b.mustMove(n, "40")
	b.settle(b.one(desk.OpenOrder), refusedBecause("recusado_pelo_mobuss"))
	o := b.show(n)
	if err := b.Skip(t.Context(), flowtest.Attendant(), o.Deliveries[0].ID, "aberta por telefone"); err != nil {
		t.Fatal(err)
	}
	if jobs := b.claim(); len(jobs) != 0 { // its comment has no order to go to
		t.Fatalf("sent to an order that is not there: %+v", jobs)
	}
	o = b.want(n, "99", desk.Ignored, desk.Refused)
	if err := b.Skip(t.Context(), flowtest.Attendant(), o.Deliveries[1].ID, "idem"); err != nil {
		t.Fatal(err)
	}
	b.mustMove(n, "20")
	b.settle(b.one(desk.OpenOrder), accepted)
	if o = b.show(n); len(o.Orders) != 2 || o.Orders[0].State != desk.OrderAbandoned || o.Orders[1].State != desk.OrderOpen {
		t.Errorf("orders %+v", o.Orders)
	}
}

// TestMissingUnitID: without IdUnidade an order can't be opened; the movement stands, and says why (S7).
func TestMissingUnitID(t *testing.T) {
	b := newBench(t)
	r, err := b.Flow.Open(t.Context(), b.Call("IncluirOcorrencia", "", "", b.House), flow.OpenInput{Project: "AUR-A-999", BlockNewCustomer: "T", Description: "x"})
	if err != nil {
		t.Fatal(err)
	}
	b.mustMove(r.Number, "20")
	o := b.want(r.Number, "99", desk.Refused)
	if d := o.Deliveries[0]; d.Reason.Code != desk.WhyMissingData || d.Reason.Args["campos"] != "idUnidade" {
		t.Errorf("reason %+v", d.Reason)
	}
	if jobs := b.claim(); len(jobs) != 0 {
		t.Fatal("it is sent all the same")
	}
	reg := flowtest.Registry()
	for i := range reg.Developments[0].Blocks[0].Units {
		reg.Developments[0].Blocks[0].Units[i].MobussIDHomologation = "MOB-" + reg.Developments[0].Blocks[0].Units[i].Number
	}
	if err := b.PutRegistry(t.Context(), flowtest.Admin(), reg); err != nil {
		t.Fatal(err)
	}
	if err := b.Resend(t.Context(), flowtest.Attendant(), o.Deliveries[0].ID); err != nil {
		t.Fatal(err)
	}
	b.settle(b.one(desk.OpenOrder), accepted)
	b.want(r.Number, "50", desk.Delivered)
}

// TestFieldClosesFirst: a closing that waits has nothing left to say.
func TestFieldClosesFirst(t *testing.T) {
	b := newBench(t)
	n := b.opened()
	b.mustMove(n, "80")
	if _, err := b.Close(t.Context(), b.Call("EncerrarOcorrencia", "c-1", "", b.Field), flow.CloseInput{Number: n, Solution: "feito"}); err != nil {
		t.Fatal(err)
	}
	if jobs := b.claim(); len(jobs) != 0 {
		t.Fatalf("sent: %+v", jobs)
	}
	o := b.want(n, "90", desk.Delivered, desk.Ignored)
	if o.Deliveries[1].Reason.Code != desk.WhyOrderClosed || o.Solution != "feito" {
		t.Errorf("%+v, solution %q", o.Deliveries[1], o.Solution)
	}
	if _, err := b.Comment(t.Context(), b.Call("IncluirComentario", "c-2", "", b.Field), flow.CommentInput{Number: n, Text: "do telefone sem sinal"}); err != nil {
		t.Errorf("a comment after the closing: %v", err)
	}
	if _, err := b.Move(t.Context(), b.Call("MovimentarOcorrencia", "c-3", "", b.Field), flow.MoveInput{Number: n, Status: "60"}); code(err) != desk.ErrClosed {
		t.Errorf("a movement after the closing: %v", err)
	}
	if _, err := b.Move(t.Context(), b.Call("MovimentarOcorrencia", "c-4", "", b.House), flow.MoveInput{Number: n, Status: "10"}); code(err) != desk.ErrClosed {
		t.Errorf("a program reopens: %v", err)
	}
}

// TestCommentToTheFieldNeedsText: only its caller can give it, so the movement itself is refused.
func TestCommentToTheFieldNeedsText(t *testing.T) {
	b := newBench(t)
	n := b.opened()
	err := b.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: "40"})
	if code(err) != desk.ErrParameter+"/comentario" {
		t.Errorf("%v", err)
	}
	b.want(n, "50", desk.Delivered)
}
