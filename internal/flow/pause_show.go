package flow

import (
	"context"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// PauseNotice is a pause as everybody is told of it, its times as the wall clock shows them.
type PauseNotice struct {
	Pause
	Waiting Count // occurrences that have something to send
	// Active says that occurrences are born in its environment now; the other one concerns those who configure.
	Active bool
	// MayAsk says that the reader may have the tool asked at once; MayMend, that they may change the connection.
	MayAsk, MayMend bool
}

// PauseNotices are the pauses that a reader has to know of: of the active environment everybody, of another to which
// something goes those who configure. The active one comes first.
func (f *Flow) PauseNotices(ctx context.Context, a desk.Actor) ([]PauseNotice, error) {
	all, err := f.Pauses(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	q := f.Store.Read()
	inst, err := q.Installation(ctx)
	if store.NoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []PauseNotice
	for _, p := range all {
		active := p.Connection == inst.ConnectionID && p.Environment == inst.ActiveEnvironment
		if !active && (!a.Has(desk.Consultant) || !f.goesTo(inst, p.Route)) || active && !f.goesTo(inst, p.Route) {
			continue
		}
		n, err := q.CountWaitingLanes(ctx, db.CountWaitingLanesParams{ConnectionID: p.Connection, Environment: p.Environment, Column3: countMost})
		if err != nil {
			return nil, err
		}
		for _, at := range []*time.Time{&p.Failing, &p.Began, &p.AskAt} {
			*at = f.onTheWall(at.UnixMilli())
		}
		notice := PauseNotice{Pause: p, Waiting: counted(n), Active: active, MayAsk: mayAskPaused(a), MayMend: a.Has(desk.Consultant)}
		if active {
			out = append([]PauseNotice{notice}, out...)
		} else {
			out = append(out, notice)
		}
	}
	return out, nil
}

// goesTo says whether deliveries go that way now.
func (f *Flow) goesTo(inst db.Installation, r Route) bool {
	return r.Environment == desk.Homologation || phaseOf(inst) == desk.Live
}

// mayAskPaused says who may have a paused route asked at once.
func mayAskPaused(a desk.Actor) bool { return MayDecide(a) || a.Has(desk.Consultant) }

// AskPaused has a paused route asked at once instead of at its time.
func (f *Flow) AskPaused(ctx context.Context, a desk.Actor, env desk.Environment) error {
	return f.write(ctx, func(w *work) error {
		switch {
		case !mayAskPaused(a):
			return desk.Fail(desk.ErrForbidden)
		case !env.Valid():
			return desk.BadField("ambiente", "ambiente_desconhecido")
		}
		if err := w.askPausedNow(env); err != nil {
			return err
		}
		return w.audit(a, "conexao.perguntar", "ambiente:"+string(env), nil)
	})
}
