package flow

import (
	"context"
	"errors"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// brokenUploadLife is how long an upload that broke off is kept.
const brokenUploadLife = time.Hour

// SweepUploads forgets the sheets, refused rows and reports of uploads that nobody goes on with: so many days after the
// last act (0: KeepUploads), or an hour after an upload broke off. That an import took place stays known. Every replica
// may do it.
func (f *Flow) SweepUploads(ctx context.Context, days int) (swept int, err error) {
	if days <= 0 {
		days = KeepUploads
	}
	for {
		now := f.Now()
		rows, err := f.Store.Read().SweepableRegistryJobs(ctx, db.SweepableRegistryJobsParams{IdleSince: now.AddDate(0, 0, -days).UnixMilli(),
			BrokenSince: now.Add(-brokenUploadLife).UnixMilli()})
		if err != nil || len(rows) == 0 {
			return swept, err
		}
		for _, r := range rows {
			if err := f.sweepJob(ctx, r.ID, JobState(r.State)); err != nil {
				return swept, err
			}
			swept++
		}
	}
}

// sweepJob takes away what an upload holds; of one that never came in whole, all. It is nobody's any more before a piece
// goes.
func (f *Flow) sweepJob(ctx context.Context, id string, was JobState) error {
	if was != JobDone && was != JobDiscarded {
		err := f.Store.Write(ctx, func(tx *store.Tx) error {
			return f.bare(ctx, tx).step(jobStep{id: id, was: was, now: JobDiscarded, ends: true})
		})
		var overtaken *desk.Error
		if errors.As(err, &overtaken) { // somebody went on with it
			return nil
		}
		if err != nil {
			return err
		}
	}
	for _, refused := range []bool{false, true} {
		if err := f.forgetPieces(ctx, id, refused); err != nil {
			return err
		}
	}
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		w.AfterCommit(func() { f.importChanged(id) })
		if was != JobReceiving {
			return tx.MarkRegistryJobSwept(w.ctx, id)
		}
		files, err := tx.RegistryFiles(w.ctx, id)
		for i := 0; i < len(files) && err == nil; i++ {
			err = tx.ForgetRegistryFile(w.ctx, db.ForgetRegistryFileParams{JobID: id, Seq: files[i].Seq})
		}
		if err != nil {
			return err
		}
		return tx.DeleteRegistryJob(w.ctx, id)
	})
}

// forgetPieces takes away the sheets, or the refused rows, a few pieces at a time. What the sheets were called stays known.
func (f *Flow) forgetPieces(ctx context.Context, id string, refused bool) error {
	which := db.RegistryPiecesParams{Job: id, ToSeq: refusedFrom, Most: piecesAtOnce}
	if refused {
		which.FromSeq, which.ToSeq = refusedFrom, 2*refusedFrom
	}
	for {
		rows, err := f.Store.Read().RegistryPieces(ctx, which)
		if err != nil || len(rows) == 0 {
			return err
		}
		err = f.Store.Write(ctx, func(tx *store.Tx) error {
			w := f.bare(ctx, tx)
			for _, r := range rows {
				if err := tx.ForgetRegistryPiece(w.ctx, db.ForgetRegistryPieceParams{JobID: id, Seq: r.Seq, Piece: r.Piece}); err != nil {
					return err
				}
				if !refused {
					continue
				}
				if err := tx.ForgetRegistryFile(w.ctx, db.ForgetRegistryFileParams{JobID: id, Seq: r.Seq}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}
