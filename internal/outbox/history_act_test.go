package outbox

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
)

// fromField marks what a technician writes. Nothing of it may ever be sent to the field.
const fromField = "escrito no campo"

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

func draw[T any](h *history, what string, from ...T) T {
	return from[even.Draw(h.T, what)%len(from)]
}

// step is the next thing that happens; the weights are how many of 256 times.
func (h *history) step(rt *rapid.T) {
	h.T = rt
	n := even.Draw(rt, "step")
	for _, a := range []struct {
		weight int
		do     func()
	}{
		{90, h.work}, {48, h.move}, {20, h.report}, {36, h.time}, {20, h.person}, {10, h.run}, {6, h.end}, {10, h.record}, {6, h.repeat},
		{4, h.note}, {6, h.change},
	} {
		if n -= a.weight; n < 0 {
			a.do()
			return
		}
	}
}

// happen is a history from its beginning: an occurrence whose opening is on its way, and what follows.
func (h *history) happen(rt *rapid.T) {
	h.record()
	if len(h.numbers) > 0 {
		h.may(h.MoveByHand(h.Context(), flowtest.Attendant(), flow.MoveInput{Number: h.numbers[0], Status: "20"}))
	}
	rt.Repeat(map[string]func(*rapid.T){"step": h.step})
}

// record opens an occurrence by the house's program, a person in the active environment, or a technician.
func (h *history) record() {
	if n := len(h.numbers); n > 0 && (n >= 4 || draw(h, "not yet", true, true, false)) {
		h.T.Skip()
	}
	in := flow.OpenInput{Project: draw(h, "unit", "AUR-A-101", "AUR-A-102", "AUR-A-999"), BlockNewCustomer: "T", Description: "Vazamento no teto"}
	switch draw(h, "by", "program", "person", "technician") {
	case "program":
		r, err := h.Flow.Open(h.Context(), h.Call("IncluirOcorrencia", flow.NewID(), "", h.House), in)
		if !h.may(err) {
			return // homologation takes no calls now
		}
		h.numbers = append(h.numbers, r.Number)
	case "person":
		n, err := h.OpenByHand(h.Context(), flowtest.Attendant(), in)
		h.must(err)
		h.numbers = append(h.numbers, n)
	case "technician":
		f := h.fields[desk.Homologation]
		o := f.open("", "MOB-AUR-B-203")
		in.Project, in.MobussID, in.Description = "203", o.ID, fromField
		c := h.Call("IncluirOcorrencia", flow.NewID(), "", h.Field)
		r, err := h.Flow.Open(h.Context(), c, in)
		if !h.may(err) {
			return // method A: the field may not open, and its order stays its own
		}
		o.number, o.Legacy = r.Number, strconv.FormatInt(r.Number, 10)
		h.numbers = append(h.numbers, r.Number)
		h.remember(r.Number, c, func(c flow.Call) (flow.Receipt, error) { return h.Flow.Open(h.Context(), c, in) })
	}
}

func (h *history) some() int64 {
	if len(h.numbers) == 0 {
		h.record()
	}
	if len(h.numbers) == 0 {
		h.T.Skip()
	}
	return draw(h, "occurrence", h.numbers...)
}

// move is an attendant's or a program's, most often to where the catalogue leads; the rules say no where they must.
func (h *history) move() {
	n := h.some()
	o, err := h.Show(h.Context(), flowtest.Attendant(), n)
	h.must(err)
	if len(o.Deliveries) == 0 && o.Status.Code == "10" && draw(h, "send", true, true, true, false) {
		o.Status.Next = []string{"20"}
	}
	next := slices.Concat(o.Status.Next, o.Status.Next, []string{"40", "30", "80", "40", "20", "10", "50"})
	in := flow.MoveInput{Number: n, Status: draw(h, "status", next...), Comment: "escrito na central"}
	if in.Status == "90" && draw(h, "by another way", true, true, true, false) {
		in.Status = "80"
	}
	if in.Status == "30" {
		in.VisitStart = flow.When{Set: true, Time: h.clock.Add(24 * time.Hour)}
	}
	if draw(h, "by", "person", "program") == "person" {
		err = h.MoveByHand(h.Context(), flowtest.Attendant(), in)
	} else {
		_, err = h.Move(h.Context(), h.Call("MovimentarOcorrencia", flow.NewID(), "", h.House), in)
	}
	h.Logf("%d is moved from %s to %s: %v", n, o.Status.Code, in.Status, err)
	h.may(err)
}

func (h *history) note() {
	h.must(h.CommentByHand(h.Context(), flowtest.Attendant(), flow.CommentInput{Number: h.some(), Text: "uma nota", Private: draw(h, "private", true, false)}))
}

// number is the occurrence of an order, as the field knows it: by the name that Ponte gave.
func (o *order) occurrence() int64 {
	if o.number != 0 {
		return o.number
	}
	text, _, _ := strings.Cut(o.Legacy, "-")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// report is a technician's work on an order, told to Ponte.
func (h *history) report() {
	f := h.fields[draw(h, "environment", desk.Homologation, desk.Production)]
	if len(f.orders) == 0 {
		h.T.Skip()
	}
	o := draw(h, "order", f.orders...)
	n := o.occurrence()
	if n == 0 {
		h.T.Skip()
	}
	call := func(operation string) flow.Call {
		c := h.Call(operation, flow.NewID(), "", h.actors[f.env])
		c.TokenID = h.tokens[f.env]
		return c
	}
	var c flow.Call
	var make func(flow.Call) (flow.Receipt, error)
	kind := draw(h, "kind", "comment", "visit", "repaired", "closed")
	switch kind {
	case "comment":
		c, make = call("IncluirComentario"), func(c flow.Call) (flow.Receipt, error) {
			return h.Comment(h.Context(), c, flow.CommentInput{Number: n, Text: fromField, Author: "técnico"})
		}
	case "visit":
		state, at := draw(h, "state", "agendada", "realizada", "cancelada"), flow.When{Set: true, Time: h.clock}
		c, make = call("InformarVistoria"), func(c flow.Call) (flow.Receipt, error) {
			return h.Visit(h.Context(), c, flow.VisitInput{Number: n, Start: at, State: state, Comment: fromField})
		}
	case "repaired":
		c, make = call("MovimentarOcorrencia"), func(c flow.Call) (flow.Receipt, error) {
			return h.Move(h.Context(), c, flow.MoveInput{Number: n, Status: "60", Comment: fromField})
		}
	case "closed":
		if o.closed {
			h.T.Skip()
		}
		o.closed = true
		c, make = call("EncerrarOcorrencia"), func(c flow.Call) (flow.Receipt, error) {
			return h.Close(h.Context(), c, flow.CloseInput{Number: n, Solution: fromField})
		}
	}
	_, err := make(c)
	h.Logf("the field reports of %d: %s: %v", n, kind, err)
	if h.may(err) {
		h.remember(n, c, make)
	} else if kind == "closed" {
		h.excused[n] = true
	}
}

func (h *history) remember(number int64, c flow.Call, make func(flow.Call) (flow.Receipt, error)) {
	h.reports = append(h.reports, report{number, func() (flow.Receipt, error) { c.ID = flow.NewID(); return make(c) }})
}

// repeat: the same call again is the first answer, and nothing is done.
func (h *history) repeat() {
	if len(h.reports) == 0 || h.method == desk.NoMethod {
		h.T.Skip()
	}
	r := draw(h, "report", h.reports...)
	got, err := r.make()
	if o, _ := h.Show(h.Context(), flowtest.Attendant(), r.number); h.phase.Takes(o.Environment) != nil && !h.may(err) {
		return
	}
	if err != nil || !got.Repeated || got.Number != r.number {
		h.Fatalf("the same call again is answered %+v, %v", got, err)
	}
}

// end is the end of a process: of a worker with what it has in its hands, or of all, as an embedded database's only
// process does.
func (h *history) end() {
	if draw(h, "how", "one", "all") == "all" {
		_, err := h.VoidLeases(h.Context())
		h.must(err)
		h.flights = nil
		return
	}
	if len(h.flights) == 0 {
		h.T.Skip()
	}
	h.drop(draw(h, "flight", h.flights...))
}

func (h *history) time() {
	h.pass(draw(h, "how long", 100*time.Millisecond, time.Second, 5*time.Second, historyLease, historySettling, historySettling, 25*time.Hour))
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

// person looks at what blocks a lane, asks the field by telephone whether it has it, and decides.
func (h *history) person() { h.decide(h.some(), draw(h, "decision", "resend", "skip")) }

// decide acts on the blocked messages of an occurrence, and answers how many there were.
func (h *history) decide(number int64, how string) (n int) {
	o, err := h.Show(h.Context(), flowtest.Attendant(), number)
	h.must(err)
	f := h.fields[o.Environment]
	sending := h.method.Sends() && h.phase.Passage(o.Environment, o.Test) != desk.Shut
	for _, d := range o.Deliveries {
		if d.State != desk.Refused && !d.NeedsPerson || f.waits(d.ID) {
			continue
		}
		n++
		h.Logf("a person decides on %s of %d, %s, the field has it: %v: %s", d.Point, number, d.State, f.has(d.ID), how)
		if how == "resend" && !f.has(d.ID) {
			err := h.Resend(h.Context(), flowtest.Attendant(), d.ID)
			var off *desk.Error
			if !sending && errors.As(err, &off) && off.Code == desk.ErrSending { // it waits, or is skipped another time
				continue
			}
			if h.must(err); !sending {
				h.Fatal("sent again while nothing is sent")
			}
			continue
		}
		if f.has(d.ID) {
			h.excused[number] = true
		}
		h.must(h.Flow.Skip(h.Context(), flowtest.Attendant(), d.ID, fmt.Sprint("decidido em ", h.clock)))
	}
	return n
}
