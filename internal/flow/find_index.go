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
	// What is left to do after an erasure: an erasure sets the first, whatever was under way.
	purgeNot      = 0
	purgeBegin    = 1
	purgeWords    = 3 // words that nobody has any more leave the list
	purgeIndex    = 4 // the index is written anew
	purgeUnderWay = 2
	prunedAtOnce  = 200 // words
)

// IndexWork is the right to write the index of what is found.
type IndexWork struct {
	flow  *Flow
	lease *WorkLease
	// pruned is the last word that was looked at; whoever takes over begins at the first.
	pruned string
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
	if marks, err := q.SearchMarks(ctx); err != nil || len(marks) > 0 {
		return len(marks) > 0, err
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
		ids := make([]int64, len(rows))
		for i := range rows {
			ids[i] = rows[i].ID
		}
		return false, k.index(ctx, ids, func(*work) error { return nil })
	}
	if did, err := k.renamed(ctx); did || err != nil {
		return false, err
	}
	return k.purge(ctx)
}

// index reads before the transaction, which others wait for. What changed meanwhile keeps its old rev beside the new one,
// and is done again. also is done in the same transaction.
func (k *IndexWork) index(ctx context.Context, ids []int64, also func(*work) error) error {
	f := k.flow
	found, err := f.findables(ctx, ids)
	if err != nil {
		return err
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
		if err := tx.PutSearch(w.ctx, put); err != nil {
			return err
		}
		return also(w)
	})
}

func (f *Flow) findables(ctx context.Context, ids []int64) ([]*findable, error) {
	q, end, err := f.Store.Reading(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	found := make([]*findable, len(ids))
	for i := 0; i < len(ids) && err == nil; i++ {
		found[i], err = readFindable(ctx, q.Queries, ids[i])
	}
	return found, err
}

// purge takes a step after an erasure: words first, because they are few letters away from whom they were about.
func (k *IndexWork) purge(ctx context.Context) (over bool, err error) {
	state, err := k.flow.Store.Read().SearchPurge(ctx)
	switch {
	case err != nil:
		return false, err
	case state == purgeBegin:
		k.pruned = ""
		return false, k.move(ctx, purgeBegin, purgeWords, func(*store.Tx) error { return nil })
	case state == purgeWords:
		return false, k.prune(ctx)
	}
	return k.rewrite(ctx)
}

// move goes from one state of a purge to the next, unless there was another erasure, which begins anew.
func (k *IndexWork) move(ctx context.Context, was, next int64, do func(*store.Tx) error) error {
	return k.flow.Store.Write(ctx, func(tx *store.Tx) error {
		w := k.flow.bare(ctx, tx)
		if err := k.lease.hold(w); err != nil {
			return err
		}
		if n, err := w.MoveSearchMark(w.ctx, db.MoveSearchMarkParams{ID: 1, Was: was, Next: next}); err != nil || n == 0 {
			return err
		}
		return do(tx)
	})
}

// prune takes those of the next words away that no occurrence has. They are asked for before the transaction: nobody but
// who holds the lease adds one.
func (k *IndexWork) prune(ctx context.Context) error {
	words, err := k.flow.Store.Read().WordsAfter(ctx, db.WordsAfterParams{After: k.pruned, Most: prunedAtOnce})
	if err != nil {
		return err
	}
	var orphans []string
	for _, word := range words {
		has, err := k.flow.Store.Finds(ctx, store.Term{Text: word}, store.Term{Text: tagInternal + word})
		if err != nil {
			return err
		}
		if !has {
			orphans = append(orphans, word)
		}
	}
	next := int64(purgeWords)
	if len(words) < prunedAtOnce {
		next = purgeIndex
	}
	if len(orphans) > 0 || next != purgeWords {
		err = k.move(ctx, purgeWords, next, func(tx *store.Tx) error { return tx.Many().ForgetFound(ctx, orphans) })
	}
	if err == nil && len(words) > 0 {
		k.pruned = words[len(words)-1]
	}
	return err
}

// rewrite writes the index anew, a step at a time.
func (k *IndexWork) rewrite(ctx context.Context) (over bool, err error) {
	err = k.flow.Store.Write(ctx, func(tx *store.Tx) error {
		w := k.flow.bare(ctx, tx)
		if err := k.lease.hold(w); err != nil {
			return err
		}
		state, err := w.SearchPurge(w.ctx)
		if over = state == purgeNot; over || err != nil || state != purgeIndex && state != purgeUnderWay {
			return err
		}
		more, err := tx.PurgeSearch(w.ctx, state == purgeIndex)
		if err != nil {
			return err
		}
		next := int64(purgeUnderWay)
		if !more && state != purgeIndex {
			next = purgeNot
		}
		n, err := w.MoveSearchMark(w.ctx, db.MoveSearchMarkParams{ID: 1, Was: state, Next: next})
		over = next == purgeNot && n > 0
		return err
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

// unfind takes what was indexed of a customer's occurrences out of the index at once; words that nobody else has leave its
// list soon after. They wait for whoever is just indexing them, so that nothing is put back.
func (w *work) unfind(customer int64) error {
	if err := w.UnfindCustomer(w.ctx, customer); err != nil {
		return err
	}
	occurrences, err := w.OccurrencesOfCustomer(w.ctx, customer)
	if err != nil || len(occurrences) == 0 {
		return err
	}
	for _, o := range occurrences {
		if err := w.ForgetSearch(w.ctx, o.ID); err != nil {
			return err
		}
	}
	return w.SetSearchPurge(w.ctx, purgeBegin)
}
