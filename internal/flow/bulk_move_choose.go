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
// those of an earlier act: what it moved, or what it did not.
type BulkChoice struct {
	Numbers []int64
	All     bool
	Asked   ListQuery
	Of      string
	Moved   bool
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
func (f *Flow) writeChosen(ctx context.Context, id string, chosen []chosenRow) error {
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

// chosenRow is an occurrence as it stands when it is chosen.
type chosenRow = db.ChosenByNumberRow

// choosing gathers them: each once, what the actor may see, and not too many.
type choosing struct {
	actor desk.Actor
	many  *store.Many
	seen  map[int64]bool
	out   []chosenRow
}

func (c *choosing) take(o chosenRow) {
	if !c.seen[o.ID] && c.actor.MayTouch(o.DevelopmentID) {
		c.seen[o.ID] = true
		c.out = append(c.out, o)
	}
}

// takeIDs reads a piece in their order; codes are the statuses that they must be in, nil: any.
func (c *choosing) takeIDs(ctx context.Context, ids []int64, codes []string) error {
	rows := make(map[int64]chosenRow, len(ids))
	if err := c.many.Chosen(ctx, ids, func(o chosenRow) { rows[o.ID] = o }); err != nil {
		return err
	}
	for _, id := range ids {
		if o, there := rows[id]; there && (codes == nil || slices.Contains(codes, o.StatusCode)) {
			c.take(o)
		}
	}
	if len(c.out) > BulkMoveMost {
		return errChosenMany()
	}
	return nil
}

// chosen finds them.
func (f *Flow) chosen(ctx context.Context, a desk.Actor, choice BulkChoice) ([]chosenRow, error) {
	many, end, err := f.Store.Reading(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	c := &choosing{actor: a, many: many, seen: map[int64]bool{}}
	switch {
	case choice.Of != "":
		err = f.chosenOf(ctx, c, choice)
	case choice.All:
		err = f.chosenAll(ctx, a, choice.Asked, func(ids []int64, codes []string) error { return c.takeIDs(ctx, ids, codes) })
	default:
		for i := 0; i < len(choice.Numbers) && err == nil; i++ {
			var rows []chosenRow
			rows, err = many.ChosenByNumber(ctx, choice.Numbers[i])
			for _, o := range rows {
				c.take(o)
			}
		}
	}
	return c.out, err
}

// chosenAll walks all that a question finds. Where it is the statuses that narrow it, too many are not even looked for.
func (f *Flow) chosenAll(ctx context.Context, a desk.Actor, asked ListQuery, each func([]int64, []string) error) error {
	cfg, err := f.current(ctx)
	if err != nil {
		return err
	}
	r := &reader{ctx: ctx, q: f.Store.Read(), actor: a, cfg: cfg}
	if asked.plain() {
		if _, err := r.fewEnough(asked); err != nil {
			return err
		}
	}
	return f.eachListed(r, asked, BulkMoveMost, each)
}

// plain says that nothing but view, statuses and developments narrows the question.
func (q ListQuery) plain() bool { return !q.indexed() && !q.Span.Set() }

// CountChosen is how many a question finds to be moved together, counted no further than that may be, and without reading
// one of them.
func (f *Flow) CountChosen(ctx context.Context, a desk.Actor, q ListQuery) (Count, error) {
	if !MayMove(a) {
		return Count{}, desk.Fail(desk.ErrForbidden)
	}
	n, err := f.countChosen(ctx, a, q)
	var many *desk.Error
	if errors.As(err, &many) && len(many.Fields) > 0 {
		return Count{N: BulkMoveMost, More: true}, nil
	}
	return Count{N: n}, err
}

func (f *Flow) countChosen(ctx context.Context, a desk.Actor, q ListQuery) (n int64, err error) {
	cfg, err := f.current(ctx)
	if err != nil {
		return 0, err
	}
	r := &reader{ctx: ctx, q: f.Store.Read(), actor: a, cfg: cfg}
	if q.plain() {
		return r.fewEnough(q)
	}
	err = f.eachListed(r, q, BulkMoveMost, func(ids []int64, _ []string) error {
		if n += int64(len(ids)); n > BulkMoveMost {
			return errChosenMany()
		}
		return nil
	})
	return n, err
}

// fewEnough counts along the statuses, and no further than it must.
func (r *reader) fewEnough(q ListQuery) (sum int64, err error) {
	places, err := r.places(q)
	if err != nil || places != nil && len(places) == 0 {
		return 0, err
	}
	for _, code := range q.among(statusesOf(r.cfg, q.View)) {
		n, err := r.countUpTo(code, places, BulkMoveMost+1)
		if err != nil {
			return 0, err
		}
		if sum += n; sum > BulkMoveMost {
			return sum, errChosenMany()
		}
	}
	return sum, nil
}

// chosenOf are those of an earlier act, as they stand now.
func (f *Flow) chosenOf(ctx context.Context, c *choosing, choice BulkChoice) error {
	row, err := theirBulkMove(ctx, c.many.Queries, c.actor, choice.Of)
	if err != nil {
		return err
	}
	for after := int64(0); ; {
		ids, last, err := ofBulkMove(ctx, c.many.Queries, row, choice.Moved, after)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := c.takeIDs(ctx, ids, nil); err != nil {
			return err
		}
		after = last
	}
}

// ofBulkMove is a piece of what an act moved, or of what it did not.
func ofBulkMove(ctx context.Context, q *db.Queries, row db.BulkMove, moved bool, after int64) (ids []int64, last int64, err error) {
	if !moved {
		rows, err := q.BulkMoveUnmoved(ctx, db.BulkMoveUnmovedParams{BulkMoveID: row.ID, After: after, Most: exportedAtOnce})
		for _, x := range rows {
			ids, last = append(ids, x.OccurrenceID), x.Seq
		}
		return ids, last, err
	}
	rows, err := q.BulkMoveItems(ctx, itemsOf(row, Moved, "", after, exportedAtOnce))
	for _, x := range rows {
		ids, last = append(ids, x.OccurrenceID), x.Seq
	}
	return ids, last, err
}
