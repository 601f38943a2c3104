package flow

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// BulkChoice is what somebody wants to move together: occurrences by their numbers, or all that a list's question finds, or
// those of an earlier act that came to these ends.
type BulkChoice struct {
	Numbers []int64
	All     bool
	Asked   ListQuery
	Of      string
	Ends    []BulkMoveEnd
}

// ChooseBulkMove writes down which occurrences are meant and how each stands now: what somebody moves after that is not
// moved over them. Only those that the actor may see are taken; more than BulkMoveMost are none.
func (f *Flow) ChooseBulkMove(ctx context.Context, a desk.Actor, c BulkChoice) (id string, err error) {
	user, err := strconv.ParseInt(a.ID, 10, 64)
	if !MayMove(a) || a.Kind != "usuario" || err != nil {
		return "", desk.Fail(desk.ErrForbidden)
	}
	chosen, err := f.chosen(ctx, a, c)
	switch {
	case err != nil:
		return "", err
	case len(chosen) == 0:
		return "", desk.BadField("ocorrencia", "obrigatorio")
	}
	reach, err := json.Marshal(a.Developments)
	if err != nil {
		return "", err
	}
	id = newID()
	if err := f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		return tx.InsertBulkMove(w.ctx, db.InsertBulkMoveParams{ID: id, UserID: user, UserName: a.Name, Reach: string(reach), CreatedAt: w.now.UnixMilli()})
	}); err != nil {
		return "", err
	}
	return id, f.writeChosen(ctx, id, chosen)
}

// gatheredAtOnce bounds a transaction, so that calls get in between.
const gatheredAtOnce = 100

// writeChosen writes the chosen down, a piece at a time; before the last of them nothing can be done with the act.
func (f *Flow) writeChosen(ctx context.Context, id string, chosen []db.ChosenOccurrenceRow) error {
	seq := int64(0)
	for piece := range slices.Chunk(chosen, gatheredAtOnce) {
		items := make([]db.BulkMoveItem, len(piece))
		for i, o := range piece {
			seq++
			items[i] = db.BulkMoveItem{BulkMoveID: id, Seq: seq, OccurrenceID: o.ID, StatusCode: o.StatusCode, StatusMovementID: o.StatusMovementID}
		}
		if err := f.Store.Write(ctx, func(tx *store.Tx) error {
			w := f.bare(ctx, tx)
			if err := tx.Many().PutBulkMoveItems(w.ctx, items); err != nil || seq < int64(len(chosen)) {
				return err
			}
			_, err := tx.GatheredBulkMove(w.ctx, db.GatheredBulkMoveParams{ID: id, Chosen: seq, ChangedAt: w.now.UnixMilli()})
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// errChosenMany stops a walk that finds more than is moved together.
func errChosenMany() *desk.Error {
	return desk.BadField("ocorrencia", "muitas_de_uma_vez", "maximo", BulkMoveMost)
}

// chosen finds them, each once.
func (f *Flow) chosen(ctx context.Context, a desk.Actor, c BulkChoice) (out []db.ChosenOccurrenceRow, err error) {
	q := f.Store.Read()
	seen := map[int64]bool{}
	take := func(rows []db.ChosenOccurrenceRow) error {
		for _, o := range rows {
			if !seen[o.ID] && a.MayTouch(o.DevelopmentID) {
				seen[o.ID] = true
				out = append(out, o)
			}
		}
		if len(out) > BulkMoveMost {
			return errChosenMany()
		}
		return nil
	}
	switch {
	case c.Of != "":
		err = f.chosenOf(ctx, a, c, take)
	case c.All:
		err = f.chosenAll(ctx, a, c.Asked, take)
	default:
		for i := 0; i < len(c.Numbers) && err == nil; i++ {
			var rows []db.ChosenByNumberRow
			if rows, err = q.ChosenByNumber(ctx, c.Numbers[i]); err == nil && len(rows) > 0 {
				err = take([]db.ChosenOccurrenceRow{db.ChosenOccurrenceRow(rows[0])})
			}
		}
	}
	return out, err
}

// chosenAll are all that a question finds. Where it is the statuses that narrow it, too many are not even looked for.
func (f *Flow) chosenAll(ctx context.Context, a desk.Actor, asked ListQuery, take func([]db.ChosenOccurrenceRow) error) error {
	cfg, err := f.current(ctx)
	if err != nil {
		return err
	}
	r := &reader{ctx: ctx, q: f.Store.Read(), actor: a, cfg: cfg}
	if !asked.indexed() && !asked.Span.Set() {
		if err := r.fewEnough(asked); err != nil {
			return err
		}
	}
	return f.eachListed(r, asked, func(ids []int64, codes []string) error {
		for _, id := range ids {
			rows, err := r.q.ChosenOccurrence(ctx, id)
			if err != nil {
				return err
			}
			if codes != nil {
				rows = slices.DeleteFunc(rows, func(o db.ChosenOccurrenceRow) bool { return !slices.Contains(codes, o.StatusCode) })
			}
			if err := take(rows); err != nil {
				return err
			}
		}
		return nil
	})
}

// CountChosen is how many a question finds to be moved together, counted no further than that may be.
func (f *Flow) CountChosen(ctx context.Context, a desk.Actor, q ListQuery) (Count, error) {
	if !MayMove(a) {
		return Count{}, desk.Fail(desk.ErrForbidden)
	}
	n := int64(0)
	err := f.chosenAll(ctx, a, q, func(rows []db.ChosenOccurrenceRow) error {
		for _, o := range rows {
			if a.MayTouch(o.DevelopmentID) {
				n++
			}
		}
		if n > BulkMoveMost {
			return errChosenMany()
		}
		return nil
	})
	var many *desk.Error
	if errors.As(err, &many) && len(many.Fields) > 0 {
		return Count{N: BulkMoveMost, More: true}, nil
	}
	return Count{N: n}, err
}

// fewEnough counts along the statuses, and no further than it must.
func (r *reader) fewEnough(q ListQuery) error {
	places, err := r.places(q)
	if err != nil || places != nil && len(places) == 0 {
		return err
	}
	sum := int64(0)
	for _, code := range q.among(statusesOf(r.cfg, q.View)) {
		n, err := r.countUpTo(code, places, BulkMoveMost+1)
		if err != nil {
			return err
		}
		if sum += n; sum > BulkMoveMost {
			return errChosenMany()
		}
	}
	return nil
}

// chosenOf are those of an earlier act.
func (f *Flow) chosenOf(ctx context.Context, a desk.Actor, c BulkChoice, take func([]db.ChosenOccurrenceRow) error) error {
	q := f.Store.Read()
	row, err := theirBulkMove(ctx, q, a, c.Of)
	if err != nil {
		return err
	}
	for _, end := range c.Ends {
		err := eachBulkMoveItem(ctx, q, row, end, "", func(items []db.BulkMoveItemsRow) error {
			for _, x := range items {
				rows, err := q.ChosenOccurrence(ctx, x.OccurrenceID)
				if err = errors.Join(err, take(rows)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
