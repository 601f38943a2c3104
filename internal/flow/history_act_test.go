package flow_test

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"pgregory.net/rapid"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
)

// even is a number below 256, each as likely as the other. Rapid's own numbers and samples prefer small and extreme
// ones, which finds overflows and makes poor histories.
var even = rapid.Custom(func(t *rapid.T) (n int) {
	for range 8 {
		n *= 2
		if rapid.Bool().Draw(t, "bit") {
			n++
		}
	}
	return n
})

func draw[T any](h *history, what string, from ...T) T { return from[even.Draw(h.T, what)%len(from)] }

// happen is a history: an occurrence, most often one whose opening is on its way, and what follows.
func (h *history) happen(rt *rapid.T) {
	h.acts = 0
	if h.record(); len(h.numbers) > 0 {
		h.may(h.MoveByHand(h.Context(), flowtest.Attendant(), flow.MoveInput{Number: h.numbers[0], Status: "20"}))
	}
	rt.Repeat(map[string]func(*rapid.T){"step": h.step})
}

// step is the next thing that happens; the weights are how many of 256 times. After it everything is looked at.
func (h *history) step(rt *rapid.T) {
	h.T, h.touched = rt, 0
	n := even.Draw(rt, "step")
	for _, a := range []struct {
		weight int
		do     func()
	}{
		{50, h.move}, {90, h.work}, {20, h.report}, {24, h.decide}, {34, h.time}, {10, h.record}, {8, h.note}, {8, h.repeat}, {6, h.end},
		{6, h.change},
	} {
		if n -= a.weight; n < 0 {
			a.do()
			break
		}
	}
	h.acts++
	for _, number := range h.numbers {
		if h.touched == 0 || h.touched == number {
			h.look(number)
		}
	}
}

// record opens an occurrence by the house's program, a person in the active environment, or a technician.
func (h *history) record() {
	if n := len(h.numbers); n >= 4 || n > 0 && draw(h, "not yet", true, true, false) {
		h.T.Skip()
	}
	in := flow.OpenInput{Project: draw(h, "unit", "AUR-A-101", "AUR-A-102", "AUR-B-203", "AUR-A-999"), BlockNewCustomer: "T",
		Description: "Vazamento no teto", Type: draw(h, "type", "", "hidraulica", "desconhecido")}
	by := draw(h, "by", "program", "person", "technician", "nobody")
	var number int64
	var err error
	switch by {
	case "program":
		var r flow.Receipt
		r, err = h.Flow.Open(h.Context(), h.Call("IncluirOcorrencia", flow.NewID(), "", h.House), in)
		number = r.Number
	case "person":
		number, err = h.OpenByHand(h.Context(), flowtest.Attendant(), in)
	case "technician":
		in.Project = "203"
		c := h.Call("IncluirOcorrencia", flow.NewID(), "", h.Field)
		var r flow.Receipt
		r, err = h.Flow.Open(h.Context(), c, in)
		if number = r.Number; err == nil {
			h.remember(number, c, func(c flow.Call) (flow.Receipt, error) { return h.Flow.Open(h.Context(), c, in) })
		}
	case "nobody": // refused, and no number is lost by it
		in.Project = "777"
		if _, err := h.Flow.Open(h.Context(), h.Call("IncluirOcorrencia", flow.NewID(), "", h.House), in); err == nil {
			h.Fatal("unit 777 is found")
		}
		return
	}
	h.Logf("%s opens %d: %v", by, number, err)
	if !h.may(err) {
		return
	}
	if k := len(h.numbers); k > 0 && number != h.numbers[k-1]+1 {
		h.Fatalf("number %d follows %d", number, h.numbers[k-1])
	}
	h.numbers = append(h.numbers, number)
}

func (h *history) some() int64 {
	if len(h.numbers) == 0 {
		h.T.Skip()
	}
	h.touched = draw(h, "occurrence", h.numbers...)
	return h.touched
}

// move is an attendant's or a program's, most often to where the catalogue leads. What a rule refuses changes nothing.
func (h *history) move() {
	n := h.some()
	before := h.picture(n)
	next := slices.Concat(before.status.Next, before.status.Next, []string{"20", "20", "40", "30", "80", "10", "77"})
	in := flow.MoveInput{Number: n, Status: draw(h, "status", next...), Comment: draw(h, "comment", "escrito na central", "escrito na central", "")}
	if in.Status == "90" && draw(h, "by another way", true, true, false) {
		in.Status = "80"
	}
	var err error
	if draw(h, "by", "person", "program") == "person" {
		err = h.MoveByHand(h.Context(), flowtest.Attendant(), in)
	} else {
		_, err = h.Move(h.Context(), h.Call("MovimentarOcorrencia", flow.NewID(), "", h.House), in)
	}
	h.Logf("%d is moved from %s to %s: %v", n, before.status.Code, in.Status, err)
	if !h.may(err) {
		h.unchanged(n, before)
	}
}

func (h *history) note() {
	h.must(h.CommentByHand(h.Context(), flowtest.Attendant(), flow.CommentInput{Number: h.some(), Text: "uma nota", Private: draw(h, "private", true, false)}))
}

// report is news of the field, dated now or earlier.
func (h *history) report() {
	n := h.some()
	before := h.picture(n)
	at := flow.When{Set: true, Time: h.clock.Add(-draw(h, "ago", 0, time.Hour, 48*time.Hour))}
	var c flow.Call
	var tell func(flow.Call) (flow.Receipt, error)
	kind := draw(h, "kind", "comment", "visit", "move", "close")
	switch kind {
	case "comment":
		c, tell = h.Call("IncluirComentario", flow.NewID(), "", h.Field), func(c flow.Call) (flow.Receipt, error) {
			return h.Comment(h.Context(), c, flow.CommentInput{Number: n, Text: "do campo", At: at})
		}
	case "visit":
		state := draw(h, "state", "agendada", "realizada", "cancelada")
		c, tell = h.Call("InformarVistoria", flow.NewID(), "", h.Field), func(c flow.Call) (flow.Receipt, error) {
			return h.Visit(h.Context(), c, flow.VisitInput{Number: n, Start: at, State: state})
		}
	case "move":
		to := draw(h, "status", "20", "40", "60", "60", "80", "10", "77")
		c, tell = h.Call("MovimentarOcorrencia", flow.NewID(), "", h.Field), func(c flow.Call) (flow.Receipt, error) {
			return h.Move(h.Context(), c, flow.MoveInput{Number: n, Status: to, At: at})
		}
	case "close":
		c, tell = h.Call("EncerrarOcorrencia", flow.NewID(), "", h.Field), func(c flow.Call) (flow.Receipt, error) {
			return h.Close(h.Context(), c, flow.CloseInput{Number: n, Solution: "feito", At: at})
		}
	}
	_, err := tell(c)
	h.Logf("the field tells of %d: %s: %v", n, kind, err)
	if h.may(err) {
		h.remember(n, c, tell)
	} else {
		h.unchanged(n, before)
	}
	if after := h.picture(n); len(after.deliveries) != len(before.deliveries) {
		h.Fatalf("news of the field makes a delivery: %+v", after.deliveries[len(after.deliveries)-1])
	}
}

func (h *history) remember(number int64, c flow.Call, tell func(flow.Call) (flow.Receipt, error)) {
	h.reports = append(h.reports, said{number, func() (flow.Receipt, error) { c.ID = flow.NewID(); return tell(c) }})
}

// repeat: the same call again is the first answer, and nothing is done.
func (h *history) repeat() {
	if len(h.reports) == 0 || h.method == desk.NoMethod {
		h.T.Skip()
	}
	r := draw(h, "report", h.reports...)
	before := h.picture(r.number)
	got, err := r.again()
	if h.phase.Takes(before.row.Environment) != nil {
		if code(err) != "sem_permissao" {
			h.Fatalf("%s takes a call of %s: %v", h.phase, before.row.Environment, err)
		}
		h.unchanged(r.number, before)
		return
	}
	if err != nil || !got.Repeated || got.Number != r.number {
		h.Fatalf("the same call again is answered %+v, %v", got, err)
	}
	h.unchanged(r.number, before)
}

// verdicts are what an outbox may come to, by whether it sent or looked up.
var verdicts = map[bool][]flow.Verdict{
	false: {flow.Done, flow.Done, flow.Done, flow.Rejected, flow.TryAgain, flow.Unknown, flow.Unknown, flow.AskPerson},
	true:  {flow.Done, flow.Done, flow.Rejected, flow.TryAgain, flow.NotThere, flow.LookAgain, flow.AskPerson},
}

// work is a worker's next step: it claims, or settles, perhaps with a lease that it has lost, perhaps claiming at once.
func (h *history) work() {
	if len(h.jobs) == 0 || draw(h, "claim", true, false, false) {
		h.claim(draw(h, "idle", 1, 3))
		return
	}
	i := draw(h, "job", slices.Collect(indices(len(h.jobs)))...)
	j := h.jobs[i]
	h.jobs = slices.Delete(h.jobs, i, i+1)
	out := flow.Outcome{Verdict: draw(h, "verdict", verdicts[j.LookUp]...), In: draw(h, "in", 0, 0, time.Second, time.Minute)}
	switch out.Verdict {
	case flow.Done:
		id := flow.NewID()
		out.Extracted = map[string]string{"id_mobuss": id, "numero_os": id}
	default:
		out.Reason = desk.Because("um_motivo", "http", 500)
		out.Failure = out.Verdict == flow.AskPerson && draw(h, "failure", true, false)
	}
	var err error
	if draw(h, "and claim", true, false) {
		var more []flow.Job
		route := flow.Route{Connection: j.Connection, Environment: j.Environment}
		more, err = h.SettleAndClaim(h.Context(), j, out, h.request(route, 1))
		h.jobs = append(h.jobs, more...)
	} else {
		err = h.Settle(h.Context(), j, out)
	}
	h.Logf("%s of lane %d, token %d, settles as %s: %v", j.Point, j.LaneID, j.Token, out.Verdict, err)
	if !errors.Is(err, flow.ErrLeaseLost) {
		h.must(err)
	}
}

func indices(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// end is the end of a worker, which nobody hears of, or of the only process, whose successor voids its leases.
func (h *history) end() {
	if draw(h, "all", true, false) {
		_, err := h.VoidLeases(h.Context())
		h.must(err)
	}
	h.jobs = nil
}

func (h *history) time() {
	h.clock = h.clock.Add(draw(h, "how long", time.Second, 10*time.Second, time.Minute))
}

// decide is a person who sends a message again or passes over it, also where that makes no sense.
func (h *history) decide() {
	n := h.some()
	before := h.picture(n)
	if len(before.deliveries) == 0 {
		h.T.Skip()
	}
	at := slices.Collect(indices(len(before.deliveries)))
	for i, d := range before.deliveries {
		if d.State == desk.Refused || d.NeedsPerson {
			at = append(at, i, i, i) // those above all
		}
	}
	d := before.deliveries[draw(h, "delivery", at...)]
	how := draw(h, "how", "resend", "skip", "confirm", "ask again")
	sending := h.method.Sends() && h.phase.Passage(before.row.Environment, before.row.IsTest) != desk.Shut
	unsure := d.State == desk.Uncertain && d.NeedsPerson
	want := d.State == desk.Refused || unsure
	var err error
	switch how {
	case "resend":
		want = want && sending
		err = h.Resend(h.Context(), flowtest.Attendant(), d.ID)
	case "skip":
		err = h.Flow.Skip(h.Context(), flowtest.Attendant(), d.ID, "falado por telefone "+strconv.Itoa(h.acts))
	case "confirm":
		want = unsure
		err = h.Confirm(h.Context(), flowtest.Attendant(), d.ID, "CONF-"+d.ID, "9"+strconv.Itoa(h.acts))
	default:
		err = h.AskAgain(h.Context(), flowtest.Attendant(), d.ID)
		want = unsure && sending && code(err) != "parametro_invalido/consulta" // not every point can be asked about
	}
	h.Logf("a person decides on %s of %d, %s: %s: %v", d.Point, n, d.State, how, err)
	if h.may(err) != want {
		h.Fatalf("%s of a delivery that is %s: %v", how, d.State, err)
	}
	if err != nil {
		h.unchanged(n, before)
	}
}

// change is the consultant's; what was switched off is mostly switched on again soon.
func (h *history) change() {
	if (h.method != desk.MethodC || h.phase != desk.Implementing) && draw(h, "as before", true, true, true, false) {
		h.configure(desk.MethodC)
		h.enter(desk.Implementing)
		return
	}
	if draw(h, "what", "method", "environment") == "method" {
		h.configure(draw(h, "method", desk.MethodA, desk.MethodB, desk.NoMethod))
		return
	}
	h.enter(draw(h, "phase", desk.Live, desk.Paused))
}
