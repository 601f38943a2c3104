package flow

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// BulkWork is an act over many in the hands of the one who does it. Each delivery is a transaction of its own, which also
// says how far the walk is and asks whether the act is still theirs: so it is left and taken up anywhere, each delivery is
// decided once, and the tally is what was done.
type BulkWork struct {
	*BulkJob
	heldWork
	actor desk.Actor
}

// NextBulk takes the act that has waited longest, for owner alone; nil where none waits or another process is at one. life
// is how long that holds without a sign of life; 0: WorkLeaseLife.
func (f *Flow) NextBulk(ctx context.Context, owner string, life time.Duration) (*BulkWork, error) {
	row, lease, err := takeNext(ctx, f, bulkWork, owner, life, f.Store.Read().NextBulkJob)
	if lease == nil || err != nil {
		return nil, err
	}
	b := &BulkWork{}
	b.heldWork = heldWork{f, lease, func(w *work) (string, error) { return w.BulkJobState(w.ctx, b.ID) }, row.State}
	b.BulkJob, err = bulkJobOf(row)
	if err == nil {
		b.actor, err = bulkActor(row)
	}
	if err != nil {
		return nil, errors.Join(err, lease.Leave(ctx))
	}
	return b, nil
}

// Step goes on with at most so many, and says whether that was the last.
func (b *BulkWork) Step(ctx context.Context, most int) (over bool, err error) {
	q := b.Asked
	q.After, q.Most = b.Next, most
	page, err := b.flow.bulkPage(ctx, b.actor, q)
	if err != nil {
		return false, err
	}
	if b.State == BulkToRehearse {
		err = b.rehearse(ctx, page)
	} else {
		err = b.decide(ctx, page)
	}
	if err != nil {
		return false, err
	}
	if page.Next != "" {
		b.flow.Changed(TopicBulk(b.ID))
		return false, nil
	}
	return true, b.end(ctx)
}

func (b *BulkWork) rehearse(ctx context.Context, page *Deliveries) error {
	step := Bulk{Kept: map[string]int{}, Next: b.Next}
	for _, l := range page.Lines {
		step.Next = DeliveryCursor(l)
		kept, err := b.flow.rehearseInBulk(ctx, b.Act, l.ID)
		if err != nil {
			return err
		}
		step.count(kept, l.Behind)
	}
	if page.Next != "" { // what was walked over without a line is walked over for good
		step.Next = page.Next
	}
	return b.write(ctx, func(w *work) error { return b.advance(w, step) })
}

func (b *BulkWork) decide(ctx context.Context, page *Deliveries) error {
	for _, l := range page.Lines {
		if err := b.one(ctx, l); err != nil {
			return err
		}
	}
	if page.Next == "" || page.Next == b.Next {
		return nil
	}
	return b.write(ctx, func(w *work) error { return b.advance(w, Bulk{Next: page.Next}) })
}

// one decides over a delivery. What a rule refuses wrote nothing, and is counted in a transaction of its own.
func (b *BulkWork) one(ctx context.Context, l DeliveryLine) error {
	step := func(kept string) (s Bulk) {
		s = Bulk{Kept: map[string]int{}, Next: DeliveryCursor(l)}
		s.count(kept, l.Behind)
		return s
	}
	var done Bulk
	err := b.flow.decide(ctx, b.actor, l.ID, func(w *work, o db.Occurrence, d db.Delivery) error {
		if err := b.fence(w); err != nil {
			return err
		}
		kept, err := w.decideInBulk(b.actor, b.Act, b.Why, o, d)
		if err != nil {
			return err
		}
		done = step(kept)
		return b.record(w, done)
	})
	if err == nil {
		b.add(done)
		return nil
	}
	kept, err := keptBecause(err)
	if err != nil {
		return err
	}
	return b.write(ctx, func(w *work) error { return b.advance(w, step(kept)) })
}

func (b *Bulk) count(kept string, behind int) {
	if kept != "" {
		b.Kept[kept]++
		return
	}
	b.Done++
	b.Behind += behind
}

// advance records a step and takes it over once it is durable.
func (b *BulkWork) advance(w *work, step Bulk) error {
	w.AfterCommit(func() { b.add(step) })
	return b.record(w, step)
}

// record writes how far the walk is after a step. The function may run twice, so it changes nothing here.
func (b *BulkWork) record(w *work, step Bulk) error {
	kept, err := json.Marshal(sums(b.Kept, step.Kept))
	if err != nil {
		return err
	}
	n, err := w.AdvanceBulkJob(w.ctx, db.AdvanceBulkJobParams{ID: b.ID, After: step.Next, Done: int64(step.Done), Behind: int64(step.Behind), Kept: string(kept),
		Now: w.now.UnixMilli(), Was: string(b.State)})
	if err == nil && n == 0 {
		err = ErrNoLease
	}
	return err
}

func (b *BulkWork) add(step Bulk) {
	b.Done, b.Behind, b.Kept, b.Next = b.Done+step.Done, b.Behind+step.Behind, sums(b.Kept, step.Kept), step.Next
}

func sums(a, b map[string]int) map[string]int {
	out := map[string]int{}
	for _, m := range []map[string]int{a, b} {
		for k, n := range m {
			out[k] += n
		}
	}
	return out
}

// end says that the walk is over.
func (b *BulkWork) end(ctx context.Context) error {
	now := BulkRehearsed
	if b.State == BulkToDo {
		now = BulkOver
	}
	return b.leaveState(ctx, now, "envio.lote.fim")
}

// Broke says that something failed that nobody who reads it can mend.
func (b *BulkWork) Broke(ctx context.Context) error {
	return b.leaveState(ctx, BulkFailed, "envio.lote.falhou")
}

func (b *BulkWork) leaveState(ctx context.Context, now BulkState, action string) error {
	return b.write(ctx, func(w *work) error {
		p := db.MoveBulkJobParams{ID: b.ID, Was: string(b.State), State: string(now), Now: w.now.UnixMilli()}
		if now != BulkRehearsed {
			p.EndedAt = store.Null(p.Now)
		}
		n, err := w.MoveBulkJob(w.ctx, p)
		if err == nil && n == 0 {
			err = ErrNoLease
		}
		if err != nil {
			return err
		}
		w.AfterCommit(func() { b.flow.Changed(TopicBulk(b.ID)) })
		if now == BulkRehearsed {
			return nil
		}
		return w.audit(b.actor, action, "lote:"+b.ID, map[string]any{"ato": string(b.Act), "feitos": b.Done, "ficaram": b.KeptCount()})
	})
}
