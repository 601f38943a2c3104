package flow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

func (b *bench) startBulk(act flow.BulkAct, why string) string {
	b.t.Helper()
	id, err := b.StartBulk(b.t.Context(), manager, act, why, flow.DeliveriesQuery{})
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

// nextBulk takes the act that waits.
func (b *bench) nextBulk() *flow.BulkWork {
	b.t.Helper()
	w, err := b.NextBulk(b.t.Context(), "eu", time.Hour)
	if err != nil || w == nil {
		b.t.Fatal("nothing to do:", err)
	}
	return w
}

// ranBulk works at the act until its step is over, two at a time.
func (b *bench) ranBulk(id string) *flow.BulkJob {
	b.t.Helper()
	w := b.nextBulk()
	for over := false; !over; {
		var err error
		if over, err = w.Step(b.t.Context(), 2); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := w.Leave(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	return b.bulk(id)
}

func (b *bench) bulk(id string) *flow.BulkJob {
	b.t.Helper()
	j, err := b.BulkJob(b.t.Context(), manager, id)
	if err != nil {
		b.t.Fatal(err)
	}
	return j
}

func (b *bench) doBulk(id string) {
	b.t.Helper()
	if err := b.DoBulk(b.t.Context(), manager, id); err != nil {
		b.t.Fatal(err)
	}
}

// TestBulk: a rehearsal writes nothing and says what the act then does.
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
		for _, a := range []desk.Actor{flowtest.Attendant(), {Kind: "usuario", Roles: []desk.Role{desk.Consultant}}} {
			if _, err := b.StartBulk(t.Context(), a, flow.BulkResend, "", flow.DeliveriesQuery{}); code(err) != desk.ErrForbidden {
				t.Errorf("%v resends in bulk: %v", a.Roles, err)
			}
		}
		id := b.startBulk(flow.BulkResend, "")
		rehearsed := b.ranBulk(id)
		if rehearsed.Done != 5 || rehearsed.Behind != 2 || rehearsed.Kept["incerto"] != 1 || rehearsed.Kept[desk.WhyMissingData] != 1 || rehearsed.State != flow.BulkRehearsed {
			t.Fatalf("rehearsed %+v", rehearsed)
		}
		if jobs := b.claim(); len(jobs) != 0 || b.audited(numbers[0], "envio.reenviar") != 0 {
			t.Fatalf("a rehearsal wakes %d lanes", len(jobs))
		}
		if w, err := b.NextBulk(t.Context(), "eu", 0); w != nil || err != nil {
			t.Fatal("what nobody wants yet is done:", w, err)
		}
		b.doBulk(id)
		late, _ := b.refused(0) // blocked after it was asked for
		done := b.ranBulk(id)
		if fmt.Sprint(done.Done, done.Behind, done.Kept) != fmt.Sprint(rehearsed.Done, rehearsed.Behind, rehearsed.Kept) || done.Planned != 5 || done.State != flow.BulkOver {
			t.Errorf("done %+v, rehearsed %+v", done, rehearsed)
		}
		for _, n := range numbers {
			if b.audited(n, "envio.reenviar") != 1 {
				t.Errorf("%d: not audited once", n)
			}
		}
		if b.audited(lacking, "envio.reenviar")+b.audited(late, "envio.reenviar") != 0 {
			t.Error("what would be refused for the same lack of data, or came later, was resent")
		}
		for jobs := b.claim(); len(jobs) > 0; jobs = b.claim() {
			for _, j := range jobs {
				b.settle(j, flow.Outcome{Verdict: flow.Done})
			}
		}
		b.want(numbers[0], "50", desk.Delivered, desk.Delivered)

		if _, err := b.StartBulk(t.Context(), manager, flow.BulkSkip, " ", flow.DeliveriesQuery{}); code(err) != "parametro_invalido/motivo" {
			t.Error("skipped without a reason:", err)
		}
		id = b.startBulk(flow.BulkSkip, "Obra parada")
		b.ranBulk(id)
		b.doBulk(id)
		if skipped := b.ranBulk(id); skipped.Done != 3 || len(skipped.Kept) != 0 {
			t.Errorf("skipped %+v", skipped)
		}
		b.want(unsure, "99", desk.Ignored)
		if n, err := b.CountBlocked(t.Context(), flowtest.Admin()); err != nil || n.N != 0 {
			t.Error("left blocked:", n, err)
		}
	})
}

// TestBulkOutlivesItsProcess: whoever takes over goes on behind the last decision; what a former holder still writes is
// refused, and what was decided is decided once. The control lets the former holder write on without its lease.
func TestBulkOutlivesItsProcess(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		var numbers []int64
		for range 5 {
			n, _ := b.refused(0)
			numbers = append(numbers, n)
		}
		id := b.startBulk(flow.BulkResend, "")
		b.ranBulk(id)
		b.doBulk(id)
		dead := b.nextBulk()
		if over, err := dead.Step(t.Context(), 2); over || err != nil {
			t.Fatal("the first two:", over, err)
		}
		if w, err := b.NextBulk(t.Context(), "outro", 0); w != nil || err != nil {
			t.Fatal("two work at it:", w, err)
		}
		b.voidLeases() // as a process that starts after a crash does; elsewhere the lease ends by itself
		// Two were resent and are refused again before anybody goes on: the walk has passed them.
		for _, j := range b.claim() {
			b.settle(j, refusedBecause("recusado_pelo_mobuss"))
		}
		done := b.ranBulk(id)
		if done.Done != 5 || done.State != flow.BulkOver {
			t.Errorf("in all: %+v", done)
		}
		if _, err := dead.Step(t.Context(), 2); !errors.Is(err, flow.ErrNoLease) {
			t.Errorf("the former holder: %v", err)
		}
		for _, n := range numbers {
			if k := b.audited(n, "envio.reenviar"); k != 1 {
				t.Errorf("%d was decided %d times", n, k)
			}
		}
		// The control: without the cursor in the decisions' transactions the next one begins at the top again.
		id = b.startBulk(flow.BulkResend, "")
		b.ranBulk(id)
		b.doBulk(id)
		dead = b.nextBulk()
		if _, err := dead.Step(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		b.rewindBulk(id)
		for _, j := range b.claim() {
			b.settle(j, refusedBecause("recusado_pelo_mobuss"))
		}
		b.ranBulk(id)
		twice := 0
		for _, n := range numbers {
			if b.audited(n, "envio.reenviar") > 2 {
				twice++
			}
		}
		if twice == 0 {
			t.Error("the control decides nothing twice")
		}
	})
}

func (b *bench) voidLeases() {
	b.t.Helper()
	if err := b.Store.Write(b.t.Context(), func(tx *store.Tx) error { return tx.VoidWorkLeases(context.Background()) }); err != nil {
		b.t.Fatal(err)
	}
}

// rewindBulk forgets how far the act was.
func (b *bench) rewindBulk(id string) {
	b.t.Helper()
	b.voidLeases()
	row, err := b.Store.Read().BulkJob(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.Store.Write(b.t.Context(), func(tx *store.Tx) error {
		_, err := tx.AdvanceBulkJob(context.Background(), db.AdvanceBulkJobParams{ID: id, After: fmt.Sprintf("%d.", row.CreatedAt+1), Was: row.State, Now: row.ChangedAt})
		return err
	}); err != nil {
		b.t.Fatal(err)
	}
}

// TestBulkIsStopped: what was decided stays so, the rest is left, and nobody goes on.
func TestBulkIsStopped(t *testing.T) {
	b := newBench(t)
	for range 3 {
		b.refused(0)
	}
	id := b.startBulk(flow.BulkSkip, "Obra parada")
	b.ranBulk(id)
	b.doBulk(id)
	w := b.nextBulk()
	if over, err := w.Step(t.Context(), 1); over || err != nil {
		t.Fatal(over, err)
	}
	if err := b.StopBulk(t.Context(), manager, id); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Step(t.Context(), 1); !errors.Is(err, flow.ErrNoLease) {
		t.Errorf("goes on: %v", err)
	}
	if j := b.bulk(id); j.State != flow.BulkStopped || j.Done != 1 || j.Ended.IsZero() {
		t.Errorf("stopped: %+v", j)
	}
	if err := b.DoBulk(t.Context(), manager, id); code(err) != desk.ErrDelivery {
		t.Errorf("done after it was stopped: %v", err)
	}
	if err := b.StopBulk(t.Context(), flowtest.Attendant(), id); code(err) != desk.ErrForbidden {
		t.Errorf("an attendant stops: %v", err)
	}
}
