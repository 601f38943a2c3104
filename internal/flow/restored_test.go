package flow_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"ponte/internal/backup"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/seal"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// restore makes another installation of a backup that is taken now, an hour later, and finishes it.
func (b *bench) restore(mark store.Restoration) (*bench, flow.Restored) {
	b.t.Helper()
	var file bytes.Buffer
	if _, _, err := backup.Write(b.t.Context(), &file, backup.Source{Store: b.Store, Blobs: b.Blobs, Now: func() time.Time { return b.clock }}); err != nil {
		b.t.Fatal(err)
	}
	s := storetest.Open(b.t, storetest.URL(b.t, store.SQLite))
	if _, _, err := backup.Restore(b.t.Context(), &file, backup.Target{Store: s, Blobs: b.Blobs, Mark: mark}); err != nil {
		b.t.Fatal(err)
	}
	keys, err := seal.New(flowtest.Secret)
	if err != nil {
		b.t.Fatal(err)
	}
	out := &bench{t: b.t, clock: b.clock.Add(time.Hour)}
	out.Installation = &flowtest.Installation{Store: s, Field: b.Field, House: b.House, FieldID: b.FieldID, HouseID: b.HouseID,
		Flow: flow.New(flow.Deps{Store: s, Keys: keys, Blobs: b.Blobs, Now: func() time.Time {
			out.clock = out.clock.Add(time.Millisecond)
			return out.clock
		}})}
	done, ok, err := out.FinishRestore(b.t.Context())
	if err != nil || !ok {
		b.t.Fatalf("finish: %v %v", ok, err)
	}
	return out, done
}

// TestWhatWasOpenIsLookedUpAfterARestore: the very request that would have been sent is bound and looked up first, in
// the lane's order; found, it is delivered without being sent, and what follows is bound to the order that was found.
func TestWhatWasOpenIsLookedUpAfterARestore(t *testing.T) {
	old := newBench(t)
	n := old.Open(t)
	old.mustMove(n, "20")
	old.mustMove(n, "40")
	b, done := old.restore(store.Restoration{Skip: 1000})
	if done.Doubtful != 2 || done.Copy {
		t.Errorf("%+v", done)
	}
	j := b.one(desk.OpenOrder)
	if !j.LookUp || j.Request == nil || j.Request.LookUp == nil || j.Attempts != 0 {
		t.Fatalf("%+v", j)
	}
	if d := b.show(n).Deliveries[0]; d.State != desk.Uncertain || d.Reason.Code != desk.WhyRestored {
		t.Errorf("%+v", d)
	}
	b.settle(j, flow.Outcome{Verdict: flow.Done, Extracted: map[string]string{"id_mobuss": "M-9", "numero_os": "9"}})
	c := b.one(desk.AddComment)
	if !c.LookUp {
		t.Errorf("the comment is sent unseen: %+v", c)
	}
	b.settle(c, flow.Outcome{Verdict: flow.NotThere, In: time.Second})
	b.clock = b.clock.Add(time.Minute)
	b.settle(b.one(desk.AddComment), flow.Outcome{Verdict: flow.TryAgain})
	c = b.one(desk.AddComment)
	if c.LookUp || c.Attempts != 1 {
		t.Errorf("what is certainly not there is sent: %+v", c)
	}
	b.settle(c, flow.Outcome{Verdict: flow.Done})
	if o := b.show(n); o.Deliveries[0].State != desk.Delivered || o.Deliveries[1].State != desk.Delivered {
		t.Errorf("%+v", o.Deliveries)
	}
}

// TestWhatTheLostHoursDidIsLookedUpToo: an occurrence that was in the backup may have been opened or closed in Mobuss
// since; a movement that says so again looks first. One that is younger is sent at once.
func TestWhatTheLostHoursDidIsLookedUpToo(t *testing.T) {
	old := newBench(t)
	n, opened := old.Open(t), old.opened()
	b, _ := old.restore(store.Restoration{})
	b.mustMove(n, "20")
	j := b.one(desk.OpenOrder)
	if !j.LookUp {
		t.Errorf("the opening is sent unseen: %+v", j)
	}
	b.settle(j, flow.Outcome{Verdict: flow.Done, Extracted: map[string]string{"id_mobuss": "M-9"}})
	b.mustMove(opened, "40")
	if j := b.one(desk.AddComment); j.LookUp {
		t.Errorf("a new comment has a new id: %+v", j)
	} else {
		b.settle(j, flow.Outcome{Verdict: flow.Done})
	}
	b.mustMove(opened, "80")
	if j := b.one(desk.CloseOrder); !j.LookUp {
		t.Errorf("the closing is sent unseen: %+v", j)
	}
	young := b.Open(t)
	b.mustMove(young, "20")
	if j := b.one(desk.OpenOrder); j.LookUp {
		t.Errorf("what is younger than the backup can't have been sent: %+v", j)
	}
}

// TestARefusedDeliveryStaysInDoubt: resent after the restore, it is looked up first.
func TestARefusedDeliveryStaysInDoubt(t *testing.T) {
	old := newBench(t)
	n := old.opened()
	old.mustMove(n, "40")
	old.settle(old.one(desk.AddComment), refusedBecause("recusado_pelo_mobuss"))
	b, _ := old.restore(store.Restoration{})
	if jobs := b.claim(); len(jobs) != 0 {
		t.Fatalf("a blocked lane moves: %+v", jobs)
	}
	if err := b.Resend(t.Context(), flowtest.Attendant(), b.show(n).Deliveries[1].ID); err != nil {
		t.Fatal(err)
	}
	if j := b.one(desk.AddComment); !j.LookUp {
		t.Errorf("%+v", j)
	}
}

// TestNumbersAreNotGivenOutTwice: neither those of the lost hours nor where the backup had none yet; a copy knows
// nobody's address; nobody stays signed in.
func TestNumbersAreNotGivenOutTwice(t *testing.T) {
	old := newBench(t)
	last := old.Open(t)
	b, done := old.restore(store.Restoration{Skip: 500, Copy: true, By: "quem restaura"})
	if got := b.Open(t); got <= last+500 || got != done.NextNumber {
		t.Errorf("the next number is %d, told %d, after %d", got, done.NextNumber, last)
	}
	if _, err := b.Endpoint(context.Background(), 1, desk.Homologation); err == nil {
		t.Error("a copy knows where Mobuss is")
	}
	if rows, err := b.Store.Read().AuditOf(t.Context(), "instalacao"); err != nil || len(rows) == 0 || rows[len(rows)-1].Action != "instalacao.restaurada" || rows[len(rows)-1].ActorName != "quem restaura" {
		t.Errorf("audit: %+v %v", rows, err)
	}
	empty := newBench(t)
	e, _ := empty.restore(store.Restoration{Skip: 500})
	if got := e.Open(t); got <= 1500 {
		t.Errorf("with no occurrence in the backup the first is %d", got)
	}
}
