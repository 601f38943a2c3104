package flow

import (
	"context"
	"errors"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Reconciling is one process's hold on the run of an environment.
type Reconciling struct {
	Connection  int64
	Environment desk.Environment
	Token       int64 // fences: a step with a former one writes nothing
	Run         string
	Started     time.Time
	Lease       time.Duration
}

// ErrReconcileOver is answered where a run can't go on: another environment is active, or nothing is compared any more.
var ErrReconcileOver = errors.New("flow: the run is over")

// States of a run, as the table reconcile_state has them.
const (
	RunRunning = "rodando"
	RunDone    = "concluida"
	RunCut     = "interrompida"
)

// Topics under which pages listen: findings, and runs.
const TopicFindings = "conciliacao"

// reconciles answers the block of the version that runs, if anything is compared: the method calls Mobuss, and the
// configuration says how.
func (c *config) reconciles() *mapping.Reconcile {
	if !c.Method.Sends() {
		return nil
	}
	return c.rules.Reconciles()
}

// ReconcileDue answers for how long no run is due; zero where one is, or goes on. False: nothing is compared.
func (f *Flow) ReconcileDue(ctx context.Context) (time.Duration, bool, error) {
	q := f.Store.Read()
	inst, err := q.Installation(ctx)
	if store.NoRows(err) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	cfg, err := f.config(ctx, q, inst.ConfigVersionID)
	if err != nil {
		return 0, false, err
	}
	r := cfg.reconciles()
	if r == nil {
		return 0, false, nil
	}
	row, err := q.ReconcileLease(ctx, db.ReconcileLeaseParams{ConnectionID: inst.ConnectionID, Environment: inst.ActiveEnvironment})
	if err != nil && !store.NoRows(err) {
		return 0, true, err
	}
	next, due := nextRun(row, r)
	if !due {
		return never, true, nil
	}
	if now := f.steadyNow(); row.LeaseUntil > now.UnixMilli() { // somebody is at it
		return max(fromMillis(row.LeaseUntil).Sub(now), time.Millisecond), true, nil
	}
	return max(next.Sub(f.Now()), 0), true, nil
}

// never is longer than anybody waits.
const never = 24 * time.Hour

// nextRun is when the next step is due; false where none is until somebody asks.
func nextRun(row db.ReconcileLease, r *mapping.Reconcile) (time.Time, bool) {
	switch {
	case row.RunID != "":
		return time.Time{}, true
	case row.AskedAt.Valid:
		return fromMillis(row.AskedAt.Int64), true
	case r.Every == 0:
		return time.Time{}, false
	}
	return fromMillis(row.LastAt).Add(r.Every.Std()), true
}

// AskReconcile has a run begin as soon as a process is free for it. One that is asked for or goes on already is that run.
func (f *Flow) AskReconcile(ctx context.Context, a desk.Actor) error {
	return f.write(ctx, func(w *work) error {
		if !MayReconcile(a) {
			return desk.Fail(desk.ErrForbidden)
		}
		if w.cfg.reconciles() == nil {
			return desk.Fail(desk.ErrConfig, "motivo", "nada_a_conferir")
		}
		at := db.EnsureReconcileLeaseParams{ConnectionID: w.inst.ConnectionID, Environment: w.inst.ActiveEnvironment}
		if err := w.EnsureReconcileLease(w.ctx, at); err != nil {
			return err
		}
		n, err := w.Queries.AskReconcile(w.ctx, db.AskReconcileParams{Now: store.Null(w.now.UnixMilli()), AskedBy: a.Name,
			ConnectionID: at.ConnectionID, Environment: at.Environment})
		if err != nil || n == 0 {
			return err
		}
		w.findingsChanged()
		w.AfterCommit(w.flow.WakeReconcile)
		return w.audit(a, "conciliacao.pedir", "ambiente:"+string(at.Environment), nil)
	})
}

// TakeReconcile takes the run that is due, or goes on with one that was left; nil where there is none, or another process
// has it.
func (f *Flow) TakeReconcile(ctx context.Context, owner string, lease time.Duration) (*Reconciling, error) {
	var out *Reconciling
	err := f.write(ctx, func(w *work) error {
		out = nil
		r := w.cfg.reconciles()
		if r == nil {
			return nil
		}
		conn, env := w.inst.ConnectionID, w.inst.ActiveEnvironment
		if err := w.EnsureReconcileLease(w.ctx, db.EnsureReconcileLeaseParams{ConnectionID: conn, Environment: env}); err != nil {
			return err
		}
		row, err := w.TakeReconcileLease(w.ctx, db.TakeReconcileLeaseParams{Owner: owner, Until: w.steady().Add(lease).UnixMilli(),
			ConnectionID: conn, Environment: env, Now: w.steady().UnixMilli()})
		if store.NoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		out = &Reconciling{Connection: conn, Environment: env, Token: row.Token, Run: row.RunID, Started: fromMillis(row.LastAt), Lease: lease}
		if row.RunID != "" {
			return nil
		}
		if at, due := nextRun(row, r); !due || at.After(w.now) {
			out = nil
			_, err := w.LeaveReconcile(w.ctx, db.LeaveReconcileParams{ConnectionID: conn, Environment: env, Token: row.Token})
			return err
		}
		out.Run, out.Started = newID(), w.now
		if err := w.InsertReconcileRun(w.ctx, db.InsertReconcileRunParams{ID: out.Run, ConnectionID: conn, Environment: env,
			AskedBy: row.AskedBy, StartedAt: w.now.UnixMilli()}); err != nil {
			return err
		}
		w.findingsChanged()
		return w.StartReconcile(w.ctx, db.StartReconcileParams{RunID: out.Run, Now: w.now.UnixMilli(), ConnectionID: conn, Environment: env})
	})
	return out, err
}

// holds is the first step of every write of a run: the lease is still ours, and there is still something to compare.
func (w *work) holdsRun(r *Reconciling) error {
	n, err := w.KeepReconcileLease(w.ctx, db.KeepReconcileLeaseParams{Until: w.steady().Add(r.Lease).UnixMilli(), ConnectionID: r.Connection,
		Environment: r.Environment, Token: r.Token})
	switch {
	case err != nil:
		return err
	case n == 0:
		return ErrLeaseLost
	case w.inst.ActiveEnvironment != r.Environment || w.cfg.reconciles() == nil:
		return ErrReconcileOver
	}
	return nil
}

// EndReconcile ends a run: whole, or cut off for a reason.
func (f *Flow) EndReconcile(ctx context.Context, r *Reconciling, reason string) error {
	return f.write(ctx, func(w *work) error {
		n, err := w.LeaveReconcile(w.ctx, db.LeaveReconcileParams{ConnectionID: r.Connection, Environment: r.Environment, Token: r.Token})
		if err != nil || n == 0 {
			return err
		}
		state := RunDone
		if reason != "" {
			state = RunCut
		}
		w.findingsChanged()
		if err := w.ForgetReconcileRuns(w.ctx, db.ForgetReconcileRunsParams{ConnectionID: r.Connection, Environment: r.Environment,
			StartedAt: w.now.Add(-keepRuns).UnixMilli()}); err != nil {
			return err
		}
		return w.EndReconcileRun(w.ctx, db.EndReconcileRunParams{ID: r.Run, State: state, EndedAt: store.Null(w.now.UnixMilli()), ReasonCode: reason})
	})
}

// keepRuns is for how long a run that found nothing is kept; one that found something is kept with what it found.
const keepRuns = 90 * 24 * time.Hour

// LeaveReconcile hands a run back: whoever comes next goes on with it.
func (f *Flow) LeaveReconcile(ctx context.Context, r *Reconciling) error {
	return f.write(ctx, func(w *work) error {
		_, err := w.LeaveReconcile(w.ctx, db.LeaveReconcileParams{ConnectionID: r.Connection, Environment: r.Environment, Token: r.Token, RunID: r.Run})
		return err
	})
}

// KeepReconcile holds on to a run while nothing is written: while Mobuss is slow, or down.
func (f *Flow) KeepReconcile(ctx context.Context, r *Reconciling) error {
	return f.write(ctx, func(w *work) error { return w.holdsRun(r) })
}

// MayReconcile says who may have Mobuss compared, and mend what differs.
func MayReconcile(a desk.Actor) bool { return a.Has(desk.Attendant, desk.Manager, desk.Consultant) }

// MayMendAll says who may mend many at once.
func MayMendAll(a desk.Actor) bool { return a.Has(desk.Manager) }

func (w *work) findingsChanged() {
	w.AfterCommit(func() { w.flow.Changed(TopicFindings) })
}
