package flow

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// RegistryWork is an upload in the hands of the one who plans or imports it. Everything that it writes asks first whether
// it still is: another process may have taken over, or a person stopped it.
type RegistryWork struct {
	*RegistryJob
	flow  *Flow
	lease *WorkLease
	actor desk.Actor
}

// NextUpload takes the upload that has waited longest, for owner alone; nil where none waits or another process is at
// one. life is how long that holds without a sign of life; 0: WorkLeaseLife.
func (f *Flow) NextUpload(ctx context.Context, owner string, life time.Duration) (*RegistryWork, error) {
	if _, err := f.Store.Read().NextRegistryJob(ctx); err != nil {
		if store.NoRows(err) {
			err = nil
		}
		return nil, err
	}
	lease, err := f.takeLease(ctx, registryWork, owner, life)
	if err != nil || lease == nil {
		return nil, err
	}
	w, err := f.nextUpload(ctx, lease)
	if err != nil || w == nil {
		return nil, errors.Join(err, lease.Leave(ctx))
	}
	return w, nil
}

func (f *Flow) nextUpload(ctx context.Context, lease *WorkLease) (*RegistryWork, error) {
	q := f.Store.Read()
	id, err := q.NextRegistryJob(ctx)
	if store.NoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	row, err := q.RegistryJob(ctx, id)
	if err != nil {
		return nil, err
	}
	j, err := f.registryJob(ctx, q, id)
	if err != nil {
		return nil, err
	}
	// The right to import was theirs when they asked for it.
	actor := desk.Actor{Kind: row.ActorKind, ID: row.ActorID, Name: row.ActorName, Origin: desk.House, Roles: []desk.Role{desk.Consultant}}
	return &RegistryWork{RegistryJob: j, flow: f, lease: lease, actor: actor}, nil
}

// Actor is who wanted it.
func (r *RegistryWork) Actor() desk.Actor { return r.actor }

// Keep holds the upload until ctx ends; lost ends the work when it is no longer ours.
func (r *RegistryWork) Keep(ctx context.Context, lost context.CancelCauseFunc) {
	r.lease.Keep(ctx, lost, r.fence)
}

// Leave lets go of it, done or not.
func (r *RegistryWork) Leave(ctx context.Context) error { return r.lease.Leave(ctx) }

// fence: the lease is ours and nobody stopped the upload.
func (r *RegistryWork) fence(w *work) error {
	if err := r.lease.hold(w); err != nil {
		return err
	}
	state, err := w.RegistryJobState(w.ctx, r.ID)
	if err == nil && JobState(state) != r.State {
		err = ErrNoLease
	}
	return err
}

func (r *RegistryWork) write(ctx context.Context, do func(*work) error) error {
	return r.flow.Store.Write(ctx, func(tx *store.Tx) error {
		w := r.flow.bare(ctx, tx)
		if err := r.fence(w); err != nil {
			return err
		}
		return do(w)
	})
}

// Open opens one of its sheets.
func (r *RegistryWork) Open(ctx context.Context, seq int) io.ReadCloser {
	return &pieceReader{ctx: ctx, flow: r.flow, id: r.ID, seq: seq}
}

// Refuse opens where the refused rows of a sheet go, in place of what lay there.
func (r *RegistryWork) Refuse(ctx context.Context, seq int, name string) io.WriteCloser {
	return r.flow.pieces(ctx, r.ID, refusedFrom+seq, name, r.fence)
}

// WholePlan opens where all that a plan comes to goes, as a sheet.
func (r *RegistryWork) WholePlan(ctx context.Context) io.WriteCloser {
	return r.flow.pieces(ctx, r.ID, wholePlan, "plano.csv", r.fence)
}

// ForgetRefused takes the refused rows of an earlier walk away.
func (r *RegistryWork) ForgetRefused(ctx context.Context) error {
	return r.flow.forgetPieces(ctx, r.ID, true)
}

// Plan begins a plan, Import the import itself, List the taking over of a list of Mobuss's units.
func (r *RegistryWork) Plan(ctx context.Context) (*RegistryImport, error) {
	return r.flow.PlanRegistry(ctx, r.actor)
}

// Import begins to write.
func (r *RegistryWork) Import(ctx context.Context) (*RegistryImport, error) {
	im, err := r.flow.ImportRegistry(ctx, r.actor)
	if err != nil {
		return nil, err
	}
	im.fence = r.fence
	return im, r.write(ctx, func(w *work) error { return w.BeginRegistryImport(w.ctx, r.ID) })
}

// List begins the list.
func (r *RegistryWork) List(ctx context.Context) (*MobussList, error) {
	m, err := r.flow.ImportMobussUnits(ctx, r.actor, r.ListOf, r.Sheets[0].Name)
	if err == nil {
		m.fence = r.fence
	}
	return m, err
}

// Progress tells how far the step is.
func (r *RegistryWork) Progress(ctx context.Context, done, total int64) error {
	err := r.flow.Store.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.SetRegistryJobProgress(context.WithoutCancel(ctx), db.SetRegistryJobProgressParams{ID: r.ID, Done: done, Total: total,
			ChangedAt: r.flow.Now().UnixMilli(), State: string(r.State)})
		if err == nil && n == 0 {
			err = ErrNoLease
		}
		return err
	})
	if err == nil {
		r.flow.importChanged(r.ID)
	}
	return err
}

// Planned shows a plan. Where it was wanted already, and print is that of the plan that was shown, it goes on to the
// import instead, which is a work of its own.
func (r *RegistryWork) Planned(ctx context.Context, report *RegistryReport, print string) error {
	now, reason := JobPlanned, desk.FieldError{}
	switch {
	case r.State == JobToCheck && print == r.Print:
		now = JobImporting
	case r.State == JobToCheck:
		reason.Code = "cadastro_mudou"
	}
	return r.end(ctx, jobStep{now: now, reason: reason}, report, print)
}

// NotUnderstood shows why nothing can be made of the sheets; the report says how far each was understood.
func (r *RegistryWork) NotUnderstood(ctx context.Context, why desk.FieldError, report *RegistryReport) error {
	return r.end(ctx, jobStep{now: JobRefused, reason: why}, report, "")
}

// Imported ends it, and forgets the sheets; the refused rows stay for a week.
func (r *RegistryWork) Imported(ctx context.Context, report *RegistryReport) error {
	if err := r.end(ctx, jobStep{now: JobDone, ends: true}, report, r.Print); err != nil {
		return err
	}
	r.flow.Changed(TopicUnits)
	return r.flow.forgetPieces(ctx, r.ID, false)
}

// Broke says that something failed that nobody who reads it can mend; what was imported before stays.
func (r *RegistryWork) Broke(ctx context.Context) error {
	return r.write(ctx, func(w *work) error {
		return w.step(jobStep{id: r.ID, was: r.State, now: JobFailed, reason: desk.FieldError{Code: desk.ErrInternal}})
	})
}

func (r *RegistryWork) end(ctx context.Context, s jobStep, report *RegistryReport, print string) error {
	plain, err := json.Marshal(report)
	if err != nil {
		return err
	}
	s.id, s.was = r.ID, r.State
	return r.write(ctx, func(w *work) error {
		if err := w.step(s); err != nil {
			return err
		}
		if err := w.SetRegistryJobReport(w.ctx, db.SetRegistryJobReportParams{ID: r.ID, Report: r.flow.Keys.Seal(reportPlace(r.ID), plain), Print: print}); err != nil {
			return err
		}
		detail := map[string]any{"situacao": string(s.now), "linhas": report.Rows, "recusadas": report.Refused()}
		return w.audit(r.actor, "cadastro.importacao", "importacao:"+r.ID, detail)
	})
}
