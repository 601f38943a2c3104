package flow

import (
	"context"
	"errors"
	"time"

	"ponte/internal/store"
	"ponte/internal/store/db"
)

// findWork is the indexing of what changed, which one process does.
const findWork = "busca"

const (
	indexedAtOnce = 200 // occurrences in a transaction
	purgeNot      = 0
	purgeBegin    = 1
	purgeUnderWay = 2
)

// IndexWork is the right to write the index of what is found.
type IndexWork struct {
	flow  *Flow
	lease *WorkLease
}

// NextIndex takes what has changed since it was indexed, for owner alone; nil where there is nothing, or another process is
// at it. It goes on from wherever the last one stopped, because every row says itself whether it is indexed.
func (f *Flow) NextIndex(ctx context.Context, owner string, life time.Duration) (*IndexWork, error) {
	waiting, err := f.indexWaits(ctx)
	if err != nil || !waiting {
		return nil, err
	}
	lease, err := f.takeLease(ctx, findWork, owner, life)
	if err != nil || lease == nil {
		return nil, err
	}
	return &IndexWork{flow: f, lease: lease}, nil
}

func (f *Flow) indexWaits(ctx context.Context) (bool, error) {
	q := f.Store.Read()
	if n, err := q.CountUnfound(ctx, 1); err != nil || n > 0 {
		return n > 0, err
	}
	n, err := q.SearchPurge(ctx)
	return n != purgeNot, err
}

// Unfound says whether something is not indexed as it is.
func (f *Flow) Unfound(ctx context.Context) (bool, error) {
	n, err := f.Store.Read().CountUnfound(ctx, 1)
	return n > 0, err
}

// Leave lets go of it.
func (k *IndexWork) Leave(ctx context.Context) error { return k.lease.Leave(ctx) }

// Step indexes the newest of what has changed, a transaction's worth, or goes on with a purge, and says whether nothing is
// left.
func (k *IndexWork) Step(ctx context.Context) (over bool, err error) {
	rows, err := k.flow.Store.Read().UnfoundOccurrences(ctx, indexedAtOnce)
	if err != nil {
		return false, err
	}
	if len(rows) > 0 {
		return false, k.index(ctx, rows)
	}
	return k.purge(ctx)
}

// index reads before the transaction, which others wait for. What changed meanwhile keeps its old rev beside the new one,
// and is done again.
func (k *IndexWork) index(ctx context.Context, rows []db.UnfoundOccurrencesRow) error {
	f := k.flow
	q, end, err := f.Store.Reading(ctx)
	if err != nil {
		return err
	}
	defer end()
	var found []*findable
	for _, row := range rows {
		one, err := readFindable(ctx, q.Queries, row.ID)
		if err != nil {
			return err
		}
		found = append(found, one)
	}
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		if err := k.lease.hold(w); err != nil {
			return err
		}
		var put []store.Indexed
		for _, one := range found {
			n, err := w.SetFound(w.ctx, db.SetFoundParams{ID: one.ID, Rev: one.rev})
			if err != nil {
				return err
			}
			if n > 0 {
				put = append(put, one.Indexed)
			}
		}
		return tx.PutSearch(w.ctx, put)
	})
}

// purge writes the index anew after an erasure, a step at a time.
func (k *IndexWork) purge(ctx context.Context) (over bool, err error) {
	err = k.flow.Store.Write(ctx, func(tx *store.Tx) error {
		w := k.flow.bare(ctx, tx)
		if err := k.lease.hold(w); err != nil {
			return err
		}
		state, err := w.SearchPurge(w.ctx)
		if over = state == purgeNot; over || err != nil {
			return err
		}
		more, err := tx.PurgeSearch(w.ctx, state == purgeBegin)
		if err != nil {
			return err
		}
		over = !more && state != purgeBegin
		next := int64(purgeUnderWay)
		if over {
			next = purgeNot
		}
		return w.SetSearchPurge(w.ctx, next)
	})
	return over, err
}

// IndexAll indexes all that has changed; for commands, tests and the demo, where nobody waits beside.
func (f *Flow) IndexAll(ctx context.Context, owner string) error {
	k, err := f.NextIndex(ctx, owner, 0)
	if err != nil || k == nil {
		return err
	}
	for over := false; !over && err == nil; {
		over, err = k.Step(ctx)
	}
	return errors.Join(err, k.Leave(ctx))
}

// unfind takes what was indexed of a customer's occurrences out of the index at once, before their rows are emptied: the
// index's words that nobody else has, too.
func (w *work) unfind(customer int64) error {
	occurrences, err := w.OccurrencesOfCustomer(w.ctx, customer)
	if err != nil {
		return err
	}
	for _, o := range occurrences {
		was, err := readFindable(w.ctx, w.Queries, o.ID)
		if err != nil {
			return err
		}
		if err := w.ForgetSearch(w.ctx, o.ID); err != nil {
			return err
		}
		for _, word := range was.Words {
			left, err := w.Found(w.ctx, store.SearchQuery{All: [][]store.Term{{{Text: word}, {Text: tagInternal + word}}}, Below: maxID, Most: 1})
			if err != nil {
				return err
			}
			if len(left) > 0 {
				continue
			}
			if err := w.ForgetWord(w.ctx, word); err != nil {
				return err
			}
		}
	}
	if len(occurrences) == 0 {
		return nil
	}
	return w.SetSearchPurge(w.ctx, purgeBegin)
}
