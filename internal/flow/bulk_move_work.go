package flow

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// BulkMoveWork is a bulk move in the hands of the one who does it. Each occurrence is a transaction of its own, which moves
// it, writes down that it was moved and asks whether the act is still theirs: so it is left and taken up anywhere, and each
// is moved once.
type BulkMoveWork struct {
	heldWork
	row   db.BulkMove
	after int64 // behind which the next are looked for; whoever takes over begins at 0 and meets what is left
}

// chosenItem is one of those that were chosen, as it was then.
type chosenItem struct {
	Seq              int64
	OccurrenceID     int64
	StatusCode       string
	StatusMovementID sql.NullInt64
	Tells            bool   // what the plan said of it
	Detail           string // and by which point, as foreseen.kept wrote it
}

// NextBulkMove takes the bulk move that has waited longest, as NextBulk does.
func (f *Flow) NextBulkMove(ctx context.Context, owner string, life time.Duration) (*BulkMoveWork, error) {
	row, lease, err := takeNext(ctx, f, bulkMoveWork, owner, life, f.Store.Read().NextBulkMove)
	if lease == nil || err != nil {
		return nil, err
	}
	state := func(w *work) (string, error) { return w.HoldBulkMove(w.ctx, row.ID) }
	return &BulkMoveWork{heldWork: heldWork{f, lease, state, row.State}, row: row}, nil
}

// Step goes on with at most so many, and says whether that was the last.
func (b *BulkMoveWork) Step(ctx context.Context, most int) (over bool, err error) {
	items, err := b.next(ctx, int64(most))
	switch {
	case err != nil:
		return false, err
	case len(items) == 0:
		return true, b.end(ctx)
	case b.planning():
		err = b.plan(ctx, items)
	default:
		for i := 0; i < len(items) && err == nil; i++ {
			err = b.one(ctx, items[i])
		}
	}
	if err != nil {
		return false, err
	}
	b.after = items[len(items)-1].Seq
	b.flow.Changed(TopicBulkMove(b.row.ID))
	return false, nil
}

func (b *BulkMoveWork) planning() bool { return BulkState(b.was) == BulkToRehearse }

func (b *BulkMoveWork) next(ctx context.Context, most int64) (items []chosenItem, err error) {
	q := b.flow.Store.Read()
	if b.planning() {
		rows, err := q.BulkMoveUnplanned(ctx, db.BulkMoveUnplannedParams{BulkMoveID: b.row.ID, Round: b.row.Round, After: b.after, Most: most})
		for _, r := range rows {
			items = append(items, chosenItem{Seq: r.Seq, OccurrenceID: r.OccurrenceID, StatusCode: r.StatusCode, StatusMovementID: r.StatusMovementID})
		}
		return items, err
	}
	rows, err := q.BulkMovePlanned(ctx, db.BulkMovePlannedParams{BulkMoveID: b.row.ID, After: b.after, Most: most})
	for _, r := range rows {
		items = append(items, chosenItem(r))
	}
	return items, err
}

func (b *BulkMoveWork) input(o db.Occurrence) MoveInput {
	return MoveInput{Number: o.Number, Status: b.row.ToStatus, Comment: b.row.Comment, together: b.row.ID}
}

// plan foresees each, and writes what it saw.
func (b *BulkMoveWork) plan(ctx context.Context, items []chosenItem) error {
	look, err := b.flow.rehearse(ctx)
	if err != nil {
		return err
	}
	a, err := look.asNow(b.row.UserID)
	if err != nil {
		return err
	}
	seen := make([]foreseen, len(items))
	for i, x := range items {
		o, err := look.OccurrenceByID(ctx, x.OccurrenceID)
		if err != nil {
			return err
		}
		if seen[i], err = b.foresee(look, a, o, x); err != nil {
			return err
		}
	}
	return b.write(ctx, func(w *work) error {
		for i, x := range items {
			p := db.SetBulkMovePlanParams{BulkMoveID: b.row.ID, Seq: x.Seq, Round: b.row.Round}
			p.Outcome, p.Tells, p.Why, p.Detail = seen[i].kept(WouldMove)
			if err := w.SetBulkMovePlan(w.ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *BulkMoveWork) foresee(w *work, a desk.Actor, o db.Occurrence, x chosenItem) (foreseen, error) {
	if !asChosen(o, x.StatusCode, x.StatusMovementID) {
		return stay(stayedChanged), nil
	}
	return w.foresee(a, o, b.input(o))
}

// kept is how it is written down: with the end of what is not refused.
func (s foreseen) kept(end BulkMoveEnd) (outcome string, tells bool, why, detail string) {
	if s.stays.Code != "" {
		return string(Stays), false, s.stays.Code, s.stays.ArgsJSON()
	}
	if s.tells {
		detail = desk.Because("", "ponto", string(s.point)).ArgsJSON()
	}
	return string(end), s.tells, s.quiet, detail
}

// asPlanned says whether it tells what the plan said, by a configuration and in an environment that may be others since.
func (s foreseen) asPlanned(x chosenItem) bool {
	_, tells, _, detail := s.kept(WouldMove)
	return tells == x.Tells && detail == x.Detail
}

// one moves an occurrence. What a rule refuses wrote nothing, and is written down in a transaction of its own.
func (b *BulkMoveWork) one(ctx context.Context, x chosenItem) error {
	var seen foreseen
	err := b.flow.write(ctx, func(w *work) (err error) {
		if err := b.fence(w); err != nil {
			return err
		}
		if seen, err = b.move(w, x); err != nil || seen.stays.Code != "" {
			return errors.Join(err, seen.refusal())
		}
		return b.settle(w, x, seen)
	})
	if err == nil {
		return nil
	}
	if !errors.Is(err, errStays) {
		if seen, err = staysBecause(err); err != nil {
			return err
		}
	}
	return b.write(ctx, func(w *work) error { return b.settle(w, x, seen) })
}

// errStays takes back a transaction in which an occurrence turned out to stay.
var errStays = errors.New("flow: it stays as it is")

func (s foreseen) refusal() error {
	if s.stays.Code == "" {
		return nil
	}
	return errStays
}

// move is MoveByHand's, by the person as they are now, of what stands as it was chosen.
func (b *BulkMoveWork) move(w *work, x chosenItem) (foreseen, error) {
	a, err := w.asNow(b.row.UserID)
	if err != nil {
		return foreseen{}, err
	}
	o, err := w.OccurrenceByID(w.ctx, x.OccurrenceID)
	if err != nil {
		return foreseen{}, err
	}
	if o, err = w.byHand(a, o.Number); err != nil { // the lock
		return foreseen{}, err
	}
	seen, err := b.foresee(w, a, o, x)
	switch {
	case err != nil || seen.stays.Code != "":
		return seen, err
	case !seen.asPlanned(x):
		return stay(stayedPlan), nil
	}
	return seen, w.move(a, o, b.input(o))
}

// settle writes down what became of one, once.
func (b *BulkMoveWork) settle(w *work, x chosenItem, seen foreseen) error {
	p := db.SetBulkMoveDoneParams{BulkMoveID: b.row.ID, Seq: x.Seq}
	p.Outcome, p.Tells, p.Why, p.Detail = seen.kept(Moved)
	n, err := w.SetBulkMoveDone(w.ctx, p)
	if err == nil && n == 0 {
		err = ErrNoLease
	}
	return err
}

// end says that it was the last.
func (b *BulkMoveWork) end(ctx context.Context) error {
	if b.planning() {
		return b.leaveState(ctx, BulkRehearsed, "")
	}
	return b.leaveState(ctx, BulkOver, "ocorrencia.lote.fim")
}

// Broke says that something failed that nobody who reads it can mend.
func (b *BulkMoveWork) Broke(ctx context.Context) error {
	return b.leaveState(ctx, BulkFailed, "ocorrencia.lote.falhou")
}

func (b *BulkMoveWork) leaveState(ctx context.Context, now BulkState, action string) error {
	return b.write(ctx, func(w *work) error {
		p := db.ShiftBulkMoveParams{ID: b.row.ID, Was: b.was, State: string(now), Now: w.now.UnixMilli()}
		if now != BulkRehearsed {
			p.EndedAt = store.Null(p.Now)
		}
		n, err := w.ShiftBulkMove(w.ctx, p)
		if err == nil && n == 0 {
			err = ErrNoLease
		}
		if err != nil {
			return err
		}
		w.AfterCommit(func() { b.flow.Changed(TopicBulkMove(b.row.ID)) })
		if action == "" {
			return nil
		}
		return b.auditEnd(w, action)
	})
}

func (b *BulkMoveWork) auditEnd(w *work, action string) error {
	rows, err := w.BulkMoveTally(w.ctx, b.row.ID)
	if err != nil {
		return err
	}
	m := &BulkMove{Round: b.row.Round, Tally: map[BulkMoveEnd]int{}, Quiet: map[string]int{}, Kept: map[string]int{}}
	for _, t := range rows {
		m.count(t)
	}
	a := desk.Actor{Kind: "usuario", ID: itoa(b.row.UserID), Name: b.row.UserName}
	return w.audit(a, action, subjectOfMoves(b.row.ID), map[string]any{"para": b.row.ToStatus, "movidas": m.Tally[Moved], "ficaram": m.Tally[Stays]})
}
