package flow_test

import (
	"fmt"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
)

// unsure is an occurrence whose opening may have arrived, and nobody can tell but a person.
func (b *bench) unsure() (number int64, delivery string) {
	b.t.Helper()
	n := b.Open(b.t)
	b.mustMove(n, "20")
	j := b.one(desk.OpenOrder)
	b.settle(j, flow.Outcome{Verdict: flow.AskPerson, Reason: desk.Because(desk.WhyUnclear), Failure: true})
	return n, j.DeliveryID
}

func (b *bench) audited(number int64, action string) (n int) {
	b.t.Helper()
	rows, err := b.Store.Read().AuditOf(b.t.Context(), fmt.Sprintf("ocorrencia:%d", number))
	if err != nil {
		b.t.Fatal(err)
	}
	for _, r := range rows {
		if r.Action == action {
			n++
		}
	}
	return n
}

// TestConfirm: by a person's word the order is known, the status follows as after a success, and the lane goes on.
func TestConfirm(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		n, id := b.unsure()
		b.want(n, "99", desk.Uncertain)
		other := b.opened()
		if err := b.Confirm(t.Context(), flowtest.Attendant(), id, " ", ""); code(err) != "parametro_invalido/id_mobuss" {
			t.Error("an opening without an id:", err)
		}
		if err := b.Confirm(t.Context(), flowtest.Attendant(), id, "SAT-1", ""); code(err) != "parametro_invalido/id_mobuss" {
			t.Error("the order of", other, "is taken:", err)
		}
		consultant := desk.Actor{Kind: "usuario", Name: "Caio", Origin: desk.House, Roles: []desk.Role{desk.Consultant}}
		if err := b.Confirm(t.Context(), consultant, id, "SAT-9", ""); code(err) != desk.ErrForbidden {
			t.Error("a consultant confirms:", err)
		}
		if err := b.Confirm(t.Context(), flowtest.Attendant(), id, " SAT-9 ", "88009"); err != nil {
			t.Fatal(err)
		}
		o := b.want(n, "50", desk.Delivered)
		if order, _ := o.LastOrder(); order.MobussID != "SAT-9" || order.Number != "88009" || order.State != desk.OrderOpen {
			t.Errorf("order %+v", order)
		}
		if b.audited(n, "envio.confirmar") != 1 || b.audited(n, "envio.entregue") != 1 {
			t.Error("what a person said is not in the audit")
		}
		if err := b.Confirm(t.Context(), flowtest.Attendant(), id, "SAT-10", ""); code(err) != desk.ErrDelivery {
			t.Error("confirmed twice:", err)
		}
		b.mustMove(n, "40") // the lane goes on, and the comment goes to that order
		j := b.one(desk.AddComment)
		if j.Request.Keys.OrderID != "SAT-9" {
			t.Errorf("the comment goes to %q", j.Request.Keys.OrderID)
		}
		b.settle(j, flow.Outcome{Verdict: flow.AskPerson, Reason: desk.Because(desk.WhyNoLookUp)})
		b.mustMove(n, "80") // waits behind it
		if jobs := b.claim(); len(jobs) != 0 {
			t.Fatalf("the lane is not blocked: %+v", jobs)
		}
		if err := b.Confirm(t.Context(), manager, j.DeliveryID, "", ""); err != nil {
			t.Fatal(err)
		}
		b.settle(b.one(desk.CloseOrder), flow.Outcome{Verdict: flow.Done})
		b.want(n, "90", desk.Delivered, desk.Delivered, desk.Delivered)
	})
}

// TestARefusedOneIsNotConfirmed: Mobuss said no, and nobody's word makes a yes of it.
func TestARefusedOneIsNotConfirmed(t *testing.T) {
	b := newBench(t)
	_, id := b.refused(0)
	for what, err := range map[string]error{"confirmed": b.Confirm(t.Context(), manager, id, "SAT-9", ""), "looked up": b.AskAgain(t.Context(), manager, id)} {
		if code(err) != desk.ErrDelivery {
			t.Errorf("a refused one is %s: %v", what, err)
		}
	}
}

// TestAskAgain: the next claim looks, and only what was not found twice is sent again.
func TestAskAgain(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		n, id := b.unsure()
		if err := b.AskAgain(t.Context(), flowtest.Attendant(), id); err != nil {
			t.Fatal(err)
		}
		j := b.one(desk.OpenOrder)
		if !j.LookUp || j.Looks != 0 || j.UnknownSince.IsZero() || j.UnknownSince.Year() < 2026 {
			t.Fatalf("it is not looked up: %+v", j)
		}
		b.settle(j, flow.Outcome{Verdict: flow.NotThere, In: time.Minute})
		if jobs := b.claim(); len(jobs) != 0 {
			t.Fatalf("sent before the second look: %+v", jobs)
		}
		b.clock = b.clock.Add(time.Minute)
		j = b.one(desk.OpenOrder)
		if !j.LookUp || j.Looks != 1 {
			t.Fatalf("the second look: %+v", j)
		}
		b.settle(j, accepted)
		b.want(n, "50", desk.Delivered)
		if b.audited(n, "envio.consultar") != 1 {
			t.Error("who asked is not in the audit")
		}
	})
}

// TestNothingIsResentWhileNothingIsSent: with method B, or in the other environment, a resend would lead nowhere.
func TestNothingIsResentWhileNothingIsSent(t *testing.T) {
	b := newBench(t)
	n, id := b.refused(0)
	unsure, unsureID := b.unsure()
	b.configure(t, func(c *mapping.Config) {
		c.Method = desk.MethodB
		for i := range c.Statuses {
			c.Statuses[i].Point = ""
		}
	})
	for what, err := range map[string]error{"resend": b.Resend(t.Context(), flowtest.Attendant(), id), "look": b.AskAgain(t.Context(), flowtest.Attendant(), unsureID)} {
		if code(err) != desk.ErrSending {
			t.Errorf("%s with method B: %v", what, err)
		}
	}
	b.want(n, "99", desk.Delivered, desk.Refused)
	p, err := b.DeliveryPage(t.Context(), flowtest.Attendant(), id)
	if err != nil || p.Off == nil || p.Off.Args["metodo"] != "B" {
		t.Errorf("the page doesn't say so: %+v, %v", p.Off, err)
	}
	r, err := b.RehearseResendAll(t.Context(), manager, flow.DeliveriesQuery{}, 10)
	if err != nil || r.Done != 0 || r.Kept[desk.ErrSending] != 2 {
		t.Errorf("in bulk: %+v, %v", r, err)
	}
	if err := b.Confirm(t.Context(), flowtest.Attendant(), unsureID, "SAT-9", ""); err != nil { // saying what is, sends nothing
		t.Error(err)
	}
	b.want(unsure, "50", desk.Delivered)
	if err := b.Skip(t.Context(), flowtest.Attendant(), id, "por telefone"); err != nil {
		t.Error(err)
	}
}

// configure changes what runs.
func (b *bench) configure(t *testing.T, change func(*mapping.Config)) {
	t.Helper()
	c := flowtest.Config(t)
	change(c)
	if err := b.Configure(t.Context(), flowtest.Admin(), c); err != nil {
		t.Fatal(err)
	}
}

// TestBulk: a rehearsal writes nothing and says what the act then does, in steps that can be left anywhere.
func TestBulk(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		var numbers []int64
		for i := range 5 {
			n, _ := b.refused(i % 2)
			numbers = append(numbers, n)
		}
		unsure, _ := b.unsure()
		lacking, err := b.Flow.OpenByHand(t.Context(), flowtest.Attendant(), flow.OpenInput{Project: "999", Block: "A", BlockNewCustomer: "T", Description: "Vazamento"})
		if err != nil {
			t.Fatal(err)
		}
		b.mustMove(lacking, "20") // the unit has no id in Mobuss
		q := flow.DeliveriesQuery{}
		all := func(step func(flow.DeliveriesQuery) (flow.Bulk, error)) (sum flow.Bulk) {
			t.Helper()
			sum.Kept = map[string]int{}
			for q := q; ; {
				r, err := step(q)
				if err != nil {
					t.Fatal(err)
				}
				sum.Done, sum.Behind = sum.Done+r.Done, sum.Behind+r.Behind
				for why, k := range r.Kept {
					sum.Kept[why] += k
				}
				if q.After = r.Next; r.Next == "" {
					return sum
				}
			}
		}
		for _, a := range []desk.Actor{flowtest.Attendant(), {Kind: "usuario", Roles: []desk.Role{desk.Consultant}}} {
			if _, err := b.ResendAll(t.Context(), a, q, 9); code(err) != desk.ErrForbidden {
				t.Errorf("%v resends in bulk: %v", a.Roles, err)
			}
		}
		rehearsed := all(func(q flow.DeliveriesQuery) (flow.Bulk, error) {
			return b.RehearseResendAll(t.Context(), manager, q, 2)
		})
		if rehearsed.Done != 5 || rehearsed.Behind != 2 || rehearsed.Kept["incerto"] != 1 || rehearsed.Kept[desk.WhyMissingData] != 1 {
			t.Fatalf("rehearsed %+v", rehearsed)
		}
		if jobs := b.claim(); len(jobs) != 0 || b.audited(numbers[0], "envio.reenviar") != 0 {
			t.Fatalf("a rehearsal wakes %d lanes", len(jobs))
		}
		done := all(func(q flow.DeliveriesQuery) (flow.Bulk, error) { return b.ResendAll(t.Context(), manager, q, 2) })
		if fmt.Sprint(done) != fmt.Sprint(rehearsed) {
			t.Errorf("done %+v, rehearsed %+v", done, rehearsed)
		}
		for _, n := range numbers {
			if b.audited(n, "envio.reenviar") != 1 {
				t.Errorf("%d: not audited once", n)
			}
		}
		if b.audited(lacking, "envio.reenviar") != 0 {
			t.Error("what would be refused for the same lack of data was resent")
		}
		again := all(func(q flow.DeliveriesQuery) (flow.Bulk, error) { return b.ResendAll(t.Context(), manager, q, 2) })
		if again.Done != 0 {
			t.Errorf("done again: %+v", again)
		}
		for jobs := b.claim(); len(jobs) > 0; jobs = b.claim() {
			for _, j := range jobs {
				b.settle(j, flow.Outcome{Verdict: flow.Done})
			}
		}
		b.want(numbers[0], "50", desk.Delivered, desk.Delivered)

		if _, err := b.SkipAll(t.Context(), manager, " ", q, 2); code(err) != "parametro_invalido/motivo" {
			t.Error("skipped without a reason:", err)
		}
		skipped := all(func(q flow.DeliveriesQuery) (flow.Bulk, error) {
			return b.SkipAll(t.Context(), manager, "Obra parada", q, 2)
		})
		if skipped.Done != 2 || len(skipped.Kept) != 0 {
			t.Errorf("skipped %+v", skipped)
		}
		b.want(unsure, "99", desk.Ignored)
		if n, err := b.CountBlocked(t.Context(), flowtest.Admin()); err != nil || n.N != 0 {
			t.Error("left blocked:", n, err)
		}
	})
}
