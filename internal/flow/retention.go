package flow

import (
	"context"

	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Keep is for how many days each kind of thing is kept, counted from when it was over. 0 is its default. What is not over
// is kept however old, and so are occurrences with their movements, the audit, orders, that deliveries were made and with
// what outcome, and signed conformance reports: they are the order's proof.
type Keep struct {
	Calls      int // received calls
	Deliveries int // what was said in deliveries
	Trials     int // single calls to homologation that somebody made while configuring
	Runs       int // conformance runs that nobody signed
	Findings   int // what reconciliation found, and what the field told of occurrences that are closed
	Uploads    int // sheets of imports, and the reports of what became of them
	Acts       int // the tallies of what was done with many deliveries
	Letters    int // that letters to customers were sent; what they said goes when they are over
}

// Defaults of Keep, in days.
const (
	DefaultRetention = 180
	KeepTrials       = 90
	KeepFindings     = 365
	KeepUploads      = 7
	KeepActs         = 365
)

// forgetChunk bounds a transaction, so that calls get in between.
const forgetChunk = 500

// forget erases a chunk at a time what is older than so many days. Every replica may do it: what one has erased the other
// doesn't find.
func (f *Flow) forget(ctx context.Context, days, usual, chunk int, one func(context.Context, *store.Tx, int64) (int64, error)) (erased int64, err error) {
	if days <= 0 {
		days = usual
	}
	before := f.Now().AddDate(0, 0, -days).UnixMilli()
	for {
		var n int64
		err := f.Store.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = one(context.WithoutCancel(ctx), tx, before)
			return err
		})
		if err != nil {
			return erased, err
		}
		if erased += n; n < int64(chunk) {
			return erased, nil
		}
	}
}

// ForgetCalls erases received calls. A refused call that nobody settled is kept however old; a settled one counts from its
// settling.
func (f *Flow) ForgetCalls(ctx context.Context, days int) (erased int64, err error) {
	return f.forget(ctx, days, DefaultRetention, forgetChunk, func(ctx context.Context, tx *store.Tx, before int64) (int64, error) {
		return tx.ForgetInbound(ctx, db.ForgetInboundParams{Before: before, Most: forgetChunk})
	})
}

// ForgetTrialCalls erases trials.
func (f *Flow) ForgetTrialCalls(ctx context.Context, days int) (erased int64, err error) {
	return f.forget(ctx, days, KeepTrials, forgetChunk, func(ctx context.Context, tx *store.Tx, before int64) (int64, error) {
		return tx.ForgetTrialCalls(ctx, db.ForgetTrialCallsParams{Before: before, Most: forgetChunk})
	})
}

// runsChunk bounds a transaction: a run holds all its calls.
const runsChunk = 5

// ForgetRuns erases conformance runs that nobody signed, with their calls. A signed one is proof, and the key of a go-live.
func (f *Flow) ForgetRuns(ctx context.Context, days int) (erased int64, err error) {
	return f.forget(ctx, days, DefaultRetention, runsChunk, func(ctx context.Context, tx *store.Tx, before int64) (n int64, err error) {
		old, err := tx.OldConformanceRuns(ctx, db.OldConformanceRunsParams{Before: before, Most: runsChunk})
		for i := 0; i < len(old) && err == nil; i++ {
			if err = tx.DeleteConformanceCases(ctx, old[i]); err != nil {
				break
			}
			var k int64
			k, err = tx.DeleteConformanceRun(ctx, old[i])
			n += k
		}
		return n, err
	})
}

// ForgetFindings erases findings that were mended or went away by themselves. Ignored ones stay: they keep what is known
// from being found again.
func (f *Flow) ForgetFindings(ctx context.Context, days int) (erased int64, err error) {
	return f.forget(ctx, days, KeepFindings, forgetChunk, func(ctx context.Context, tx *store.Tx, before int64) (int64, error) {
		return tx.ForgetFindings(ctx, db.ForgetFindingsParams{Before: before, Most: forgetChunk})
	})
}

// ForgetFacts erases the fingerprints of what the field told, of occurrences that were closed as long ago. Should the field
// tell it once more, the movement itself is recognised.
func (f *Flow) ForgetFacts(ctx context.Context, days int) (erased int64, err error) {
	return f.forget(ctx, days, KeepFindings, forgetChunk, func(ctx context.Context, tx *store.Tx, before int64) (int64, error) {
		return tx.ForgetFieldFacts(ctx, db.ForgetFieldFactsParams{Before: before, Most: forgetChunk})
	})
}

// ForgetBulk erases the tallies of acts over many that are over.
func (f *Flow) ForgetBulk(ctx context.Context, days int) (erased int64, err error) {
	return f.forget(ctx, days, KeepActs, forgetChunk, func(ctx context.Context, tx *store.Tx, before int64) (int64, error) {
		return tx.ForgetBulkJobs(ctx, db.ForgetBulkJobsParams{Before: before, Most: forgetChunk})
	})
}

// keepUnbegun is for how many days occurrences that somebody chose to move, and never did, are kept.
const keepUnbegun = 7

// ForgetBulkMoves erases what became of occurrences that were moved together, as ForgetBulk does, and sooner what was chosen
// and never begun. The movements stay.
func (f *Flow) ForgetBulkMoves(ctx context.Context, days int) (erased int64, err error) {
	unbegun := f.Now().AddDate(0, 0, -keepUnbegun).UnixMilli()
	return f.forget(ctx, days, KeepActs, 1, func(ctx context.Context, tx *store.Tx, before int64) (int64, error) {
		old, err := tx.OldBulkMoves(ctx, db.OldBulkMovesParams{Unbegun: unbegun, Before: before})
		if err != nil || len(old) == 0 {
			return 0, err
		}
		if err := tx.LeaveBulkMove(ctx, old[0]); err != nil {
			return 0, err
		}
		n, err := tx.ForgetBulkMoveItems(ctx, db.ForgetBulkMoveItemsParams{BulkMoveID: old[0], Most: forgetChunk})
		if err != nil || n == forgetChunk {
			return n, err
		}
		gone, err := tx.ForgetBulkMove(ctx, old[0])
		return n + gone, err
	})
}
