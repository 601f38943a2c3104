package flow

import (
	"context"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// BulkMoveLine is one of the chosen, with what became of it or would.
type BulkMoveLine struct {
	Line // as it is now
	Seq  int64
	Was  desk.Status // when it was chosen
	End  BulkMoveEnd
	// Tells: Mobuss is told. Why it stays, or why nobody is told.
	Tells bool
	Why   desk.Reason
}

// BulkMoveLines is a page of them.
type BulkMoveLines struct {
	Lines []BulkMoveLine
	Next  int64 // where the next page begins; 0 on the last
}

// BulkMoveQuery asks for those that came to one end, for one reason where it is named, behind another.
type BulkMoveQuery struct {
	End   BulkMoveEnd
	Why   string
	After int64
	Most  int
}

// BulkMoveLines answers those of a bulk move that the actor may see now.
func (f *Flow) BulkMoveLines(ctx context.Context, a desk.Actor, id string, q BulkMoveQuery) (*BulkMoveLines, error) {
	if !MayMove(a) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	cfg, err := f.current(ctx)
	if err != nil {
		return nil, err
	}
	r := &reader{ctx: ctx, q: f.Store.Read(), actor: a, cfg: cfg}
	row, err := theirBulkMove(ctx, r.q, a, id)
	if err != nil {
		return nil, err
	}
	items, err := r.q.BulkMoveItems(ctx, itemsOf(row, q.End, q.Why, q.After, int64(q.Most)+1))
	if err != nil {
		return nil, err
	}
	out := &BulkMoveLines{}
	if len(items) > q.Most {
		items = items[:q.Most]
		out.Next = items[q.Most-1].Seq
	}
	out.Lines, err = r.bulkMoveLines(items)
	return out, err
}

// ExportBulkMove gives each of those that came to an end, a piece held at a time. That somebody took them away is written
// down before the first: customers are named.
func (f *Flow) ExportBulkMove(ctx context.Context, a desk.Actor, id string, end BulkMoveEnd, each func(*BulkMoveLine) error) error {
	if !MayMove(a) {
		return desk.Fail(desk.ErrForbidden)
	}
	cfg, err := f.current(ctx)
	if err != nil {
		return err
	}
	r := &reader{ctx: ctx, q: f.Store.Read(), actor: a, cfg: cfg}
	row, err := theirBulkMove(ctx, r.q, a, id)
	if err != nil {
		return err
	}
	if err := f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		return w.audit(a, "ocorrencia.exportar", subjectOfMoves(id), map[string]any{"formato": "csv", "documentos": false, "fim": end})
	}); err != nil {
		return err
	}
	return eachBulkMoveItem(ctx, r.q, row, end, "", func(items []db.BulkMoveItemsRow) error {
		lines, err := r.bulkMoveLines(items)
		for i := 0; i < len(lines) && err == nil; i++ {
			err = each(&lines[i])
		}
		return err
	})
}

// BulkMoveFrom is how many were chosen in a status, and where those may go.
type BulkMoveFrom struct {
	Status desk.Status
	N      int
}

// BulkMoveTo is a status that some of the chosen may go to.
type BulkMoveTo struct {
	desk.Status
	N     int  // of the chosen, as the catalogue goes: an open order, a closed unit and the like are the plan's to see
	Tells bool // it has a point, and something is sent
}

// BulkMoveChoices answers in which statuses they were chosen, and where whoever asks may move any of them.
func (f *Flow) BulkMoveChoices(ctx context.Context, a desk.Actor, id string) (from []BulkMoveFrom, to []BulkMoveTo, err error) {
	cfg, err := f.current(ctx)
	if err != nil {
		return nil, nil, err
	}
	q := f.Store.Read()
	row, err := theirBulkMove(ctx, q, a, id)
	if err != nil {
		return nil, nil, err
	}
	rows, err := q.BulkMoveFrom(ctx, row.ID)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range rows {
		s, _ := cfg.Status(r.StatusCode)
		from = append(from, BulkMoveFrom{s, int(r.N)})
	}
	for _, s := range cfg.Statuses {
		n := 0
		for _, r := range rows {
			if cfg.CheckMove(a, r.StatusCode, s.Code) == nil {
				n += int(r.N)
			}
		}
		if n > 0 {
			to = append(to, BulkMoveTo{s, n, s.Point != desk.NoPoint && cfg.Method.Sends()})
		}
	}
	return from, to, nil
}

func itemsOf(row db.BulkMove, end BulkMoveEnd, why string, after, most int64) db.BulkMoveItemsParams {
	return db.BulkMoveItemsParams{BulkMoveID: row.ID, Round: row.Round, Outcome: string(end), AnyWhy: why == "", Why: why, After: after, Most: most}
}

// eachBulkMoveItem walks those that came to an end.
func eachBulkMoveItem(ctx context.Context, q *db.Queries, row db.BulkMove, end BulkMoveEnd, why string, each func([]db.BulkMoveItemsRow) error) error {
	for after := int64(0); ; {
		items, err := q.BulkMoveItems(ctx, itemsOf(row, end, why, after, exportedAtOnce))
		if err != nil || len(items) == 0 {
			return err
		}
		if err := each(items); err != nil {
			return err
		}
		after = items[len(items)-1].Seq
	}
}

// bulkMoveLines reads those of them that the actor may see.
func (r *reader) bulkMoveLines(items []db.BulkMoveItemsRow) (out []BulkMoveLine, err error) {
	for _, x := range items {
		rows, err := r.q.ListByID(r.ctx, x.OccurrenceID)
		if err != nil {
			return nil, err
		}
		for _, o := range rows {
			if !r.actor.MayTouch(o.DevelopmentID) {
				continue
			}
			was, _ := r.cfg.Status(x.StatusCode)
			out = append(out, BulkMoveLine{Line: r.brief(row(o)), Seq: x.Seq, Was: was, End: BulkMoveEnd(x.Outcome), Tells: x.Tells, Why: desk.ParseReason(x.Why, x.Detail)})
		}
	}
	return out, nil
}
