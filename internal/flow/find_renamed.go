package flow

import (
	"context"

	"ponte/internal/store/db"
)

// A development that was renamed, or one of its blocks, stands in what is indexed of all its occurrences. There may be a
// hundred thousand, so the transaction that renames leaves a mark alone, and the indexer walks them down from the newest.

const (
	// markBegin is a mark that nobody has begun with: one that is set again while its walk is under way differs from any.
	markBegin = maxID
	// walkedAtOnce is how many ids a step looks through for a development's.
	walkedAtOnce = 20_000
)

// refind lets all occurrences of a development be indexed again.
func (w *work) refind(development int64) error {
	return w.SetSearchMark(w.ctx, db.SetSearchMarkParams{ID: -development, State: markBegin})
}

// renamed takes a step of the walk through a renamed development's occurrences, and says whether there was one.
func (k *IndexWork) renamed(ctx context.Context) (bool, error) {
	q := k.flow.Store.Read()
	marks, err := q.SearchMarks(ctx)
	if err != nil || len(marks) == 0 {
		return false, err
	}
	at := marks[0]
	if at.State == markBegin {
		last, err := q.LastOccurrence(ctx)
		if err != nil {
			return true, err
		}
		return true, k.index(ctx, nil, func(w *work) error { return w.passMark(at, last+1) })
	}
	since := max(at.State-walkedAtOnce, 0)
	rows, err := q.OccurrencesOfPlace(ctx, db.OccurrencesOfPlaceParams{Development: -at.ID, Since: since, Below: at.State, Most: indexedAtOnce})
	if err != nil {
		return true, err
	}
	if len(rows) == indexedAtOnce {
		since = rows[len(rows)-1].ID
	}
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	return true, k.index(ctx, ids, func(w *work) error { return w.passMark(at, since) })
}

// passMark says that what is above next is done, unless the development was renamed again meanwhile.
func (w *work) passMark(at db.SearchPurge, next int64) error {
	if next <= 0 {
		return w.DropSearchMark(w.ctx, db.DropSearchMarkParams{ID: at.ID, Was: at.State})
	}
	_, err := w.MoveSearchMark(w.ctx, db.MoveSearchMarkParams{ID: at.ID, Was: at.State, Next: next})
	return err
}
