package flow

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// BulkAct is what is done with many deliveries at once.
type BulkAct string

const (
	BulkResend BulkAct = "reenviar"
	BulkSkip   BulkAct = "pular"
)

// BulkState is where an act over many is on its way. It is rehearsed first, always.
type BulkState string

const (
	BulkToRehearse BulkState = "ensaiar"
	BulkRehearsed  BulkState = "ensaiado" // waits for a person's word
	BulkToDo       BulkState = "fazer"    // goes on from where it was, whatever happens to the process
	BulkOver       BulkState = "feito"
	BulkStopped    BulkState = "parado" // by a person; what was decided before stays so
	BulkFailed     BulkState = "falhou" // something broke; what was decided before stays so
)

// Working says whether something is being done, or about to be.
func (s BulkState) Working() bool { return s == BulkToRehearse || s == BulkToDo }

// BulkJob is an act over many deliveries, in the background.
type BulkJob struct {
	ID    string
	Act   BulkAct
	State BulkState
	Asked DeliveriesQuery // the question; of After and Most nothing is said
	Why   string          // of a skip
	By    string
	At    time.Time
	Bulk
	Planned int       // what the rehearsal promised; 0 before
	Ended   time.Time // zero while it is not over
}

// KeptCount is how many stay as they are.
func (j *BulkJob) KeptCount() (n int) {
	for _, k := range j.Kept {
		n += k
	}
	return n
}

// TopicBulk is the name under which the page of an act over many listens for news.
func TopicBulk(id string) string { return "envios-em-lote-" + id }

// StartBulk wants an act over the blocked deliveries that a question finds, and begins with its rehearsal. What becomes
// blocked later than now is none of its business.
func (f *Flow) StartBulk(ctx context.Context, a desk.Actor, act BulkAct, why string, q DeliveriesQuery) (id string, err error) {
	why = strings.TrimSpace(why)
	switch {
	case !MayDecideAll(a):
		return "", desk.Fail(desk.ErrForbidden)
	case act != BulkResend && act != BulkSkip:
		return "", desk.Fail(desk.ErrContent)
	case act == BulkSkip && why == "":
		return "", desk.BadField("motivo", "obrigatorio")
	}
	q.After, q.Most = "", 0
	asked, err := json.Marshal(q)
	if err != nil {
		return "", err
	}
	who, err := json.Marshal(a)
	if err != nil {
		return "", err
	}
	id = newID()
	return id, f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		now := w.now.UnixMilli()
		if err := tx.InsertBulkJob(w.ctx, db.InsertBulkJobParams{ID: id, Act: string(act), Asked: string(asked), Why: why, Actor: string(who),
			ActorName: a.Name, CreatedAt: now, After: bulkTop(now)}); err != nil {
			return err
		}
		w.AfterCommit(f.WakeBulk)
		return w.audit(a, "envio.lote.ensaiar", "lote:"+id, map[string]any{"ato": string(act)})
	})
}

// bulkTop is the cursor of a walk that begins with what was there at a moment.
func bulkTop(now int64) string { return cursorOf(now+1, "") }

// DoBulk wants what was rehearsed to be done, by whoever says so, and in the developments in which it was rehearsed.
func (f *Flow) DoBulk(ctx context.Context, a desk.Actor, id string) error {
	return f.actOnBulk(ctx, a, id, "envio.lote.fazer", func(w *work, row db.BulkJob) (int64, error) {
		began, err := bulkActor(row)
		if err != nil {
			return 0, err
		}
		doer := a
		doer.Developments = began.Developments
		who, err := json.Marshal(doer)
		if err != nil {
			return 0, err
		}
		w.AfterCommit(f.WakeBulk)
		return w.BeginBulkJob(w.ctx, db.BeginBulkJobParams{ID: id, After: bulkTop(row.CreatedAt), Actor: string(who), ActorName: a.Name, Now: w.now.UnixMilli()})
	})
}

// StopBulk ends it on its way, or lets go of what was only rehearsed.
func (f *Flow) StopBulk(ctx context.Context, a desk.Actor, id string) error {
	return f.actOnBulk(ctx, a, id, "envio.lote.parar", func(w *work, row db.BulkJob) (int64, error) {
		if s := BulkState(row.State); !s.Working() && s != BulkRehearsed {
			return 0, nil
		}
		return w.MoveBulkJob(w.ctx, db.MoveBulkJobParams{ID: id, Was: row.State, State: string(BulkStopped), Now: w.now.UnixMilli(), EndedAt: store.Null(w.now.UnixMilli())})
	})
}

// actOnBulk is a person's act on one. Who was overtaken is told so.
func (f *Flow) actOnBulk(ctx context.Context, a desk.Actor, id, action string, do func(*work, db.BulkJob) (int64, error)) error {
	if !MayDecideAll(a) {
		return desk.Fail(desk.ErrForbidden)
	}
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		row, err := theirBulk(w.ctx, tx.Queries, a, id)
		if err != nil {
			return err
		}
		n, err := do(w, row)
		if err != nil {
			return err
		}
		if n == 0 {
			return desk.Fail(desk.ErrDelivery, "situacao", row.State)
		}
		w.AfterCommit(func() { f.Changed(TopicBulk(id)) })
		return w.audit(a, action, "lote:"+id, nil)
	})
}

// BulkJob answers one, for managers.
func (f *Flow) BulkJob(ctx context.Context, a desk.Actor, id string) (*BulkJob, error) {
	if !MayDecideAll(a) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	row, err := theirBulk(ctx, f.Store.Read(), a, id)
	if err != nil {
		return nil, err
	}
	return bulkJobOf(row)
}

// bulkActor is in whose name, and where, an act over many is done.
func bulkActor(row db.BulkJob) (a desk.Actor, err error) {
	return a, json.Unmarshal([]byte(row.Actor), &a)
}

// theirBulk finds one for who works in all the developments that it is about; for others there is no such thing.
func theirBulk(ctx context.Context, q *db.Queries, a desk.Actor, id string) (db.BulkJob, error) {
	row, err := q.BulkJob(ctx, id)
	if err != nil && !store.NoRows(err) {
		return row, err
	}
	if err == nil {
		var began desk.Actor
		if began, err = bulkActor(row); err == nil && a.Covers(began.Developments) {
			return row, nil
		}
	}
	return row, desk.Fail(desk.ErrNotFound, "lote", id)
}

// BulkJobs answers the latest, for managers.
func (f *Flow) BulkJobs(ctx context.Context, a desk.Actor, most int) (out []*BulkJob, err error) {
	if !MayDecideAll(a) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	rows, err := f.Store.Read().BulkJobs(ctx, int64(most))
	for i := 0; i < len(rows) && err == nil; i++ {
		began, failed := bulkActor(rows[i])
		if failed != nil || !a.Covers(began.Developments) {
			err = failed
			continue
		}
		var j *BulkJob
		j, err = bulkJobOf(rows[i])
		out = append(out, j)
	}
	return out, err
}

func bulkJobOf(row db.BulkJob) (*BulkJob, error) {
	j := &BulkJob{ID: row.ID, Act: BulkAct(row.Act), State: BulkState(row.State), Why: row.Why, By: row.ActorName, At: fromMillis(row.CreatedAt).In(Zone("")),
		Planned: int(row.Planned), Bulk: Bulk{Done: int(row.Done), Behind: int(row.Behind), Kept: map[string]int{}, Next: row.After}}
	if row.EndedAt.Valid {
		j.Ended = fromMillis(row.EndedAt.Int64).In(Zone(""))
	}
	if err := json.Unmarshal([]byte(row.Asked), &j.Asked); err != nil {
		return nil, err
	}
	if row.Kept == "" {
		return j, nil
	}
	return j, json.Unmarshal([]byte(row.Kept), &j.Kept)
}
