package flow

import (
	"context"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Restored is what a restore left to be known.
type Restored struct {
	TakenAt    time.Time // when the backup was taken
	Doubtful   int64     // deliveries that are looked up before they are sent
	NextNumber int64     // of the next occurrence
	Copy       bool      // it can't reach the field's tool
}

// FinishRestore makes a database that was just restored an installation that may serve: ok is false where there is nothing
// to finish. What happened since the backup was taken is not in it (docs/adr/0016), so
//
//   - whatever was not done then is in doubt: it is looked up before it is sent, as after a crash;
//   - numbers are passed over that the lost hours may have given out, because Mobuss knows orders by them;
//   - nobody is signed in, and links for new passwords are void;
//   - what was about to be told of trouble then is not told now;
//   - letters to customers that waited then are not sent: whoever wants one sent again says so;
//   - a copy forgets where the field's tool is, and who is told of trouble, and writes to no customer.
//
// Every process asks at its start, so that a restore that was interrupted after its commit is finished before anything
// is sent.
func (f *Flow) FinishRestore(ctx context.Context) (out Restored, ok bool, err error) {
	if _, err := f.Store.Read().UnfinishedRestoration(ctx); store.NoRows(err) {
		return out, false, nil
	} else if err != nil {
		return out, false, err
	}
	err = f.write(ctx, func(w *work) error {
		r, err := w.UnfinishedRestoration(w.ctx)
		if store.NoRows(err) { // another process was first
			return nil
		}
		if err != nil {
			return err
		}
		out, err = w.finishRestore(r)
		ok = err == nil
		return err
	})
	return out, ok, err
}

func (w *work) finishRestore(r db.Restoration) (out Restored, err error) {
	out = Restored{TakenAt: fromMillis(r.TakenAt), Copy: r.IsCopy}
	lost, now := max(w.now.UnixMilli()-r.TakenAt, 0), w.now.UnixMilli()
	if out.Doubtful, err = w.DoubtOpen(w.ctx, lost); err != nil {
		return out, err
	}
	looked, err := w.LookAnew(w.ctx, db.LookAnewParams{LostMs: lost, Now: w.steady().UnixMilli()})
	if err != nil {
		return out, err
	}
	out.Doubtful += looked
	// The counter may not exist yet: numbers were given out since all the same.
	last, err := w.NextCount(w.ctx, db.NextCountParams{Name: counterOccurrence, First: w.cfg.FirstNumber})
	if err != nil {
		return out, err
	}
	out.NextNumber = last + r.Skipped + 1
	steps := []func() error{
		func() error { return w.SkipCounts(w.ctx, r.Skipped) },
		func() error { return w.FreeLanes(w.ctx, w.steady().UnixMilli()) },
		func() error { return w.ForgetSessions(w.ctx) },
		func() error { return w.ForgetResets(w.ctx) },
		func() error { return w.ForgetNamelessBlobs(w.ctx) },
		func() error { return w.ForgetGoneBlobs(w.ctx) },
		func() error { return w.GiveUpAlertMessages(w.ctx, store.Null(now)) },
		func() error { _, err := w.DropLetters(w.ctx, store.Null(now)); return err },
		func() error { _, err := w.FinishRestorations(w.ctx, now); return err },
		func() error {
			return w.audit(desk.Actor{Kind: "comando", Name: r.RestoredBy}, "instalacao.restaurada", "instalacao", map[string]any{
				"copia_de": out.TakenAt.UTC().Format(time.RFC3339), "em_duvida": out.Doubtful, "proximo_numero": out.NextNumber, "copia": r.IsCopy})
		},
	}
	if r.IsCopy {
		steps = append(steps, func() error { return w.ForgetEndpoints(w.ctx) },
			func() error { return w.ForgetAlertReceivers(w.ctx, store.Null(now)) }, w.writeToNobody)
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return out, err
		}
	}
	return out, nil
}

// counterOccurrence is the name of the counter of occurrences' numbers.
const counterOccurrence = "ocorrencia"

// doubtAfterRestore makes a new opening or closing look first where its occurrence was in a backup that this installation
// was restored from: the lost hours may have opened or closed that order, and only Mobuss knows.
func (w *work) doubtAfterRestore(o db.Occurrence, d db.Delivery) error {
	if d.Point != desk.OpenOrder && d.Point != desk.CloseOrder {
		return nil // its id is new, so it can't have been sent
	}
	n, err := w.OlderThanRestore(w.ctx, o.CreatedAt)
	if err != nil || n == 0 {
		return err
	}
	return w.DoubtDelivery(w.ctx, d.ID)
}

// lookFirst makes a claimed message that is in doubt uncertain: its request is bound and stored, and not sent.
func (w *work) lookFirst(d db.Delivery, job *Job, sealed []byte) (*Job, error) {
	unknown := w.steady()
	since := store.Null(unknown.UnixMilli())
	if err := w.LookFirst(w.ctx, db.LookFirstParams{ID: d.ID, Bound: sealed, UnknownSince: since, ReasonCode: desk.WhyRestored}); err != nil {
		return nil, err
	}
	job.LookUp, job.Looks, job.UnknownSince = true, 0, unknown
	job.row.UnknownSince, job.row.Looks = since, 0
	return job, nil
}
