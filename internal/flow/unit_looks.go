package flow

import (
	"context"
	"encoding/json"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Asking the field's tool about the units' ids: in homologation alone. Production is never asked, by nobody: there the
// imported list speaks.

// UnitLooks is how far the asking is.
type UnitLooks struct {
	// Possible: the configuration has a question, and homologation an address to ask it at.
	Possible bool
	// Begun: somebody wanted it once; what follows is of the last time.
	Begun, Running        bool
	Total, Asked, Unclear int64 // ids; Unclear are those of which no clear answer came
	By                    string
	At, Ended             time.Time
	Reason                desk.Reason // why it ended before the last id; no code: it did not, or somebody stopped it
}

// UnitLooks answers it, for consultants.
func (f *Flow) UnitLooks(ctx context.Context, a desk.Actor) (out UnitLooks, err error) {
	inst, err := f.configured(ctx, a)
	if err != nil {
		return out, err
	}
	if out.Possible, err = f.looksPossible(ctx, inst); err != nil {
		return out, err
	}
	row, err := f.Store.Read().UnitLookJob(ctx, inst.ConnectionID)
	if store.NoRows(err) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out.Begun, out.Running, out.Total, out.Asked, out.Unclear = true, row.Running, row.Total, row.Asked, row.Unclear
	out.By, out.At, out.Reason = row.AskedBy, fromMillis(row.BeganAt), desk.Reason{Code: row.ReasonCode}
	if row.EndedAt.Valid {
		out.Ended = fromMillis(row.EndedAt.Int64)
	}
	if row.ReasonArgs != "" {
		err = json.Unmarshal([]byte(row.ReasonArgs), &out.Reason.Args)
	}
	return out, err
}

func (f *Flow) looksPossible(ctx context.Context, inst db.Installation) (bool, error) {
	cfg, err := f.config(ctx, f.Store.Read(), inst.ConfigVersionID)
	if err != nil || !cfg.rules.AsksUnits() || !cfg.Method.Sends() {
		return false, err
	}
	row, err := f.Store.Read().Endpoint(ctx, db.EndpointParams{ConnectionID: inst.ConnectionID, Environment: desk.Homologation})
	if store.NoRows(err) {
		return false, nil
	}
	return row.BaseUrl != "", err
}

// AskUnits wants all ids of homologation asked about, from the first on, in the background.
func (f *Flow) AskUnits(ctx context.Context, a desk.Actor) error {
	inst, err := f.configured(ctx, a)
	if err != nil {
		return err
	}
	possible, err := f.looksPossible(ctx, inst)
	if err != nil {
		return err
	}
	if !possible {
		return desk.BadField("consulta", "sem_consulta_de_unidade")
	}
	total, err := f.Store.Read().CountMobussIDsHomologation(ctx)
	if err != nil {
		return err
	}
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		if err := tx.BeginUnitLooks(w.ctx, db.BeginUnitLooksParams{ConnectionID: inst.ConnectionID, Total: total, AskedBy: a.Name, BeganAt: w.now.UnixMilli()}); err != nil {
			return err
		}
		w.AfterCommit(f.WakeLooks)
		w.AfterCommit(func() { f.Changed(TopicUnits) })
		return w.audit(a, "unidades.consultar", "ambiente:"+string(desk.Homologation), map[string]any{"ids": total})
	})
}

// StopAskingUnits ends it; what was answered stays.
func (f *Flow) StopAskingUnits(ctx context.Context, a desk.Actor) error {
	inst, err := f.configured(ctx, a)
	if err != nil {
		return err
	}
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		n, err := tx.EndUnitLooks(w.ctx, db.EndUnitLooksParams{ConnectionID: inst.ConnectionID, EndedAt: store.Null(w.now.UnixMilli())})
		if err != nil || n == 0 {
			return err
		}
		w.AfterCommit(func() { f.Changed(TopicUnits) })
		return w.audit(a, "unidades.parar_consulta", "ambiente:"+string(desk.Homologation), nil)
	})
}

// LookWork is the asking in the hands of the one process that does it.
type LookWork struct {
	flow       *Flow
	lease      *WorkLease
	connection int64
}

// NextLooks takes the asking for owner alone; nil where there is nothing to ask, or another process is at it.
func (f *Flow) NextLooks(ctx context.Context, owner string, life time.Duration) (*LookWork, error) {
	q := f.Store.Read()
	inst, err := q.Installation(ctx)
	if store.NoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	row, err := q.UnitLookJob(ctx, inst.ConnectionID)
	if store.NoRows(err) || err == nil && !row.Running {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	lease, err := f.takeLease(ctx, lookWork, owner, life)
	if err != nil || lease == nil {
		return nil, err
	}
	return &LookWork{f, lease, inst.ConnectionID}, nil
}

// Keep holds the work until ctx ends; lost ends it when it is no longer ours.
func (l *LookWork) Keep(ctx context.Context, lost context.CancelCauseFunc) {
	l.lease.Keep(ctx, lost, func(*work) error { return nil })
}

// Leave lets go of it.
func (l *LookWork) Leave(ctx context.Context) error { return l.lease.Leave(ctx) }

// UnitToLook is an id with what may be said of its unit in the question.
type UnitToLook struct {
	ID    string
	Facts *mapping.Facts
}

// Units are the next ids to ask about; none: all were, or it was stopped.
func (l *LookWork) Units(ctx context.Context, most int) ([]UnitToLook, error) {
	q := l.flow.Store.Read()
	row, err := q.UnitLookJob(ctx, l.connection)
	if err != nil || !row.Running {
		return nil, err
	}
	rows, err := q.NextUnitsToLook(ctx, db.NextUnitsToLookParams{Above: row.Above, Most: int64(most)})
	out := make([]UnitToLook, len(rows))
	for i, u := range rows {
		out[i] = UnitToLook{u.MobussID.String, &mapping.Facts{Unit: mapping.Unit{Number: u.Number, MobussID: u.MobussID.String, CommonArea: u.CommonArea},
			Block: mapping.Block{Code: u.BlockCode, Name: u.BlockName}, Development: mapping.Development{Code: u.DevelopmentCode, Name: u.DevelopmentName},
			Occurrence: mapping.Occurrence{Environment: string(desk.Homologation)}, Zone: Zone(u.Zone)}}
	}
	return out, err
}

// Answered keeps what was said of an id; clear is false where nothing was.
func (l *LookWork) Answered(ctx context.Context, id string, clear, known bool) error {
	return l.write(ctx, func(w *work) error {
		unclear := int64(1)
		if clear {
			unclear = 0
			if err := w.PutMobussLook(w.ctx, db.PutMobussLookParams{ConnectionID: l.connection, Environment: desk.Homologation, MobussID: id, Known: known, At: w.now.UnixMilli()}); err != nil {
				return err
			}
		}
		n, err := w.StepUnitLooks(w.ctx, db.StepUnitLooksParams{ConnectionID: l.connection, Above: id, Asked: 1, Unclear: unclear})
		if err == nil && n == 0 {
			err = ErrNoLease // stopped
		}
		return err
	})
}

// Ended ends it: with the last id, or before for a reason.
func (l *LookWork) Ended(ctx context.Context, why desk.Reason) error {
	args := ""
	if len(why.Args) > 0 {
		b, err := json.Marshal(why.Args)
		if err != nil {
			return err
		}
		args = string(b)
	}
	return l.write(ctx, func(w *work) error {
		_, err := w.EndUnitLooks(w.ctx, db.EndUnitLooksParams{ConnectionID: l.connection, EndedAt: store.Null(w.now.UnixMilli()), ReasonCode: why.Code, ReasonArgs: args})
		return err
	})
}

func (l *LookWork) write(ctx context.Context, do func(*work) error) error {
	return l.flow.Store.Write(ctx, func(tx *store.Tx) error {
		w := l.flow.bare(ctx, tx)
		if err := l.lease.hold(w); err != nil {
			return err
		}
		w.AfterCommit(func() { l.flow.Changed(TopicUnits) })
		return do(w)
	})
}
