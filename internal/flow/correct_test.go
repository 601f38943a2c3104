package flow_test

import (
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// at finds a unit with its customer by contract or name.
func (b *bench) at(text string) flow.Found {
	b.t.Helper()
	found, err := b.Search(b.t.Context(), flowtest.Attendant(), text, 1)
	if err != nil || len(found.People) == 0 {
		b.t.Fatalf("%s: %v", text, err)
	}
	return found.People[0]
}

func (b *bench) correct(number int64, to flow.Found, way desk.CorrectionWay, refreeze bool) error {
	return b.Correct(b.t.Context(), flowtest.Attendant(), flow.CorrectInput{Number: number, Unit: to.UnitID, Customer: to.CustomerID, Way: way, Note: "Engano ao telefone", Refreeze: refreeze})
}

func (b *bench) standing(number int64, to flow.Found) *flow.Correction {
	b.t.Helper()
	c, err := b.Correction(b.t.Context(), flowtest.Attendant(), number, to.UnitID, to.CustomerID)
	b.must(err)
	return c
}

func live(o *flow.Occurrence) (n int) {
	for _, x := range o.Orders {
		if x.State.Live() {
			n++
		}
	}
	return n
}

// TestAWrongUnitIsCorrected at every stage: before sending it just is; what waits goes with the values that were chosen; once
// the order is out, the field is told by a movement, or the order is closed and the next one opened. Never are there two.
func TestAWrongUnitIsCorrected(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBenchOn(t, s)
		right := b.at("AUR-B-101")
		corrected := func(n int64, order desk.OrderStanding) {
			t.Helper()
			o := b.show(n)
			line := o.Movements[len(o.Movements)-1]
			for _, m := range o.Movements {
				if m.Reason.Code == desk.WhyCorrected {
					line = m
				}
			}
			if o.Unit.ID != right.UnitID || o.Customer.Name != right.Customer.Name || o.Contract != right.Contract || live(o) > 1 {
				t.Errorf("%s: %+v of %s, %d orders live", order, o.Unit, o.Customer.Name, live(o))
			}
			if !line.Internal || line.Reason.Args["de"] != "Residencial Aurora · A · 101" || line.Reason.Args["cliente_para"] != right.Customer.Name || line.Actor == "" {
				t.Errorf("%s: the line is %+v", order, line)
			}
			if r, err := b.Show(t.Context(), b.Field, n); err != nil || len(r.Movements) >= len(o.Movements) {
				t.Errorf("%s: a program reads the line (%v)", order, err)
			}
		}
		check := func(n int64, want desk.OrderStanding, waiting int) *flow.Correction {
			t.Helper()
			c := b.standing(n, right)
			if c.Standing != want || c.Waiting != waiting {
				t.Fatalf("%s, %d waiting; want %s, %d", c.Standing, c.Waiting, want, waiting)
			}
			return c
		}

		n := b.Open(t) // AUR-A-101
		check(n, desk.NoOrder, 0)
		b.must(b.correct(n, right, "", false))
		corrected(n, desk.NoOrder)
		if err := b.correct(n, right, "", false); code(err) != desk.ErrParameter+"/unidade" {
			t.Errorf("the same again: %v", err)
		}

		for _, anew := range []bool{true, false} { // the control keeps what was frozen
			n = b.Open(t)
			b.mustMove(n, "20")
			check(n, desk.OrderWaits, 1)
			b.must(b.correct(n, right, "", anew))
			corrected(n, desk.OrderWaits)
			job := b.one(desk.OpenOrder)
			if got := strings.Contains(string(job.Request.Body), "MOB-AUR-B-101"); got != anew {
				t.Errorf("refrozen %v, and the body is %s", anew, job.Request.Body)
			}
			b.settle(job, accepted)
		}

		n = b.Open(t)
		b.mustMove(n, "20")
		job := b.one(desk.OpenOrder)
		check(n, desk.OrderLeaving, 0) // what was claimed keeps what it is
		if err := b.correct(n, right, "", true); code(err) != desk.ErrParameter+"/como" {
			t.Errorf("without saying how: %v", err)
		}
		b.settle(job, refusedBecause("recusado_pelo_mobuss"))
		check(n, desk.OrderRefused, 0)
		b.must(b.correct(n, right, "", true))
		corrected(n, desk.OrderRefused)
		b.mustMove(n, "20") // resends that very row
		if job = b.one(desk.OpenOrder); !strings.Contains(string(job.Request.Body), "MOB-AUR-B-101") {
			t.Errorf("resent %s", job.Request.Body)
		}
		b.settle(job, accepted)

		n = b.opened()
		if c := check(n, desk.OrderThere, 0); c.Tell.Code != "40" || c.Anew.Code != "80" {
			t.Fatalf("ways %q and %q", c.Tell.Code, c.Anew.Code)
		}
		b.must(b.correct(n, right, desk.CorrectTell, false))
		corrected(n, desk.OrderThere)
		job = b.one(desk.AddComment)
		if body := string(job.Request.Body); !strings.Contains(body, "a unidade certa é Residencial Aurora · B · 101") || strings.Contains(body, right.Customer.Name) {
			t.Errorf("told %s", body)
		}
		b.settle(job, flow.Outcome{Verdict: flow.Done})

		n = b.opened()
		b.must(b.correct(n, right, desk.CorrectHere, false))
		corrected(n, desk.OrderThere)
		if jobs := b.claim(); len(jobs) != 0 {
			t.Errorf("here alone sends %d", len(jobs))
		}

		n = b.opened()
		b.must(b.correct(n, right, desk.CorrectAnew, false))
		if step := flow.AnewStep(b.show(n)); step != "fechar" {
			t.Errorf("step %q", step)
		}
		check(n, desk.OrderClosing, 1)
		b.settle(b.one(desk.CloseOrder), flow.Outcome{Verdict: flow.Done})
		if step := flow.AnewStep(b.show(n)); step != "reabrir" {
			t.Errorf("step %q", step)
		}
		reopener := desk.Actor{Kind: "usuario", ID: "7", Name: "Gilda", Origin: desk.House, Roles: []desk.Role{desk.Manager}}
		b.must(b.MoveByHand(t.Context(), reopener, flow.MoveInput{Number: n, Status: "10"}))
		b.mustMove(n, "20")
		job = b.one(desk.OpenOrder)
		if body := string(job.Request.Body); !strings.Contains(body, "MOB-AUR-B-101") || !strings.Contains(body, "-2") || flow.AnewStep(b.show(n)) != "" {
			t.Errorf("the next order: %s", body)
		}
		b.settle(job, accepted)
		corrected(n, desk.OrderThere)
		if o := b.show(n); len(o.Orders) != 2 || o.Orders[0].State != desk.OrderClosed {
			t.Errorf("orders %+v", o.Orders)
		}
	})
}

// TestWhoMayCorrect: the pair must belong together, and lie where the actor may touch.
func TestWhoMayCorrect(t *testing.T) {
	b := newBench(t)
	n, right := b.Open(t), b.at("AUR-B-101")
	strange := right
	strange.CustomerID = b.at("AUR-A-102").CustomerID
	if err := b.correct(n, strange, "", false); code(err) != desk.ErrNoContract {
		t.Errorf("somebody else's unit: %v", err)
	}
	here := flowtest.Attendant()
	here.Developments = []int64{99}
	for name, a := range map[string]desk.Actor{"elsewhere": here, "a consultant": {Kind: "usuario", Origin: desk.House, Roles: []desk.Role{desk.Consultant}}} {
		in := flow.CorrectInput{Number: n, Unit: right.UnitID, Customer: right.CustomerID}
		if err := b.Correct(t.Context(), a, in); err == nil {
			t.Errorf("%s corrected", name)
		}
		if err := b.Cancel(t.Context(), a, flow.CancelInput{Number: n, Reason: "x"}); err == nil {
			t.Errorf("%s cancelled", name)
		}
	}
}

// TestCancelling ends what the field knows nothing of, with what waits; once it may know, the order is closed there first.
func TestCancelling(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBenchOn(t, s)
		cancel := func(n int64, reason string) error {
			return b.Cancel(t.Context(), flowtest.Attendant(), flow.CancelInput{Number: n, Reason: reason})
		}
		n := b.Open(t)
		if err := cancel(n, ""); code(err) != desk.ErrParameter+"/motivo" {
			t.Errorf("without a reason: %v", err)
		}
		b.must(cancel(n, "Era da vizinha"))
		o := b.show(n)
		if last := o.Movements[len(o.Movements)-1]; o.Status.Code != "90" || last.Reason.Code != desk.WhyCancelled || last.Comment != "Era da vizinha" {
			t.Errorf("%s, %+v", o.Status.Code, last)
		}
		if err := cancel(n, "de novo"); code(err) != desk.ErrClosed {
			t.Errorf("twice: %v", err)
		}

		n = b.Open(t)
		b.mustMove(n, "20")
		b.must(cancel(n, "Desistiu"))
		if jobs := b.claim(); len(jobs) != 0 {
			t.Errorf("%d calls leave for what was cancelled", len(jobs))
		}
		if o = b.show(n); live(o) != 0 || o.Deliveries[0].State != desk.Ignored || o.Deliveries[0].Reason.Code != desk.WhyCancelledFirst {
			t.Errorf("%+v %+v", o.Orders, o.Deliveries)
		}
		reopener := desk.Actor{Kind: "usuario", ID: "7", Name: "Gilda", Origin: desk.House, Roles: []desk.Role{desk.Manager}}
		b.must(b.MoveByHand(t.Context(), reopener, flow.MoveInput{Number: n, Status: "10"}))
		b.mustMove(n, "20") // and the lane is free
		job := b.one(desk.OpenOrder)
		if err := cancel(n, "no meio"); code(err) != desk.ErrTransition {
			t.Errorf("while it is being sent: %v", err)
		}
		b.settle(job, refusedBecause("recusado_pelo_mobuss"))
		b.must(cancel(n, "O Mobuss não quis"))
		if o = b.show(n); live(o) != 0 || o.Status.Code != "90" {
			t.Errorf("after a refusal: %s %+v", o.Status.Code, o.Orders)
		}

		n = b.opened()
		if err := cancel(n, "tarde"); code(err) != desk.ErrTransition {
			t.Errorf("with an order in the field: %v", err)
		}
		c, err := b.Cancellation(t.Context(), flowtest.Attendant(), n)
		if err != nil || c.Standing != desk.OrderThere || c.Close.Code != "80" {
			t.Errorf("%+v, %v", c, err)
		}

		n = b.Open(t)
		b.mustMove(n, "20")
		b.must(s.Write(t.Context(), func(tx *store.Tx) error { return tx.DoubtDelivery(t.Context(), b.show(n).Deliveries[0].ID) }))
		if err := cancel(n, "restaurada"); code(err) != desk.ErrTransition {
			t.Errorf("what was lost since the backup may have sent it: %v", err)
		}
	})
}
