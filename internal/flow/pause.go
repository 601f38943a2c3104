package flow

import (
	"context"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// TopicPause is the name under which every page listens for a route that is paused, or goes on.
const TopicPause = "pausa"

// Pause is a route on which nothing is sent for now, because the field's tool does not answer or does not accept our
// credentials (docs/adr/0018). It is one row for all processes, and outlives them. Its times are the steady clock's.
type Pause struct {
	Route
	ID     int64
	Cause  desk.PauseCause
	Reason desk.Reason // what was met last
	// Failing is when the failures began that led to it; Began is since when nothing is sent.
	Failing, Began time.Time
	// AskAt is when the tool may be asked again, by whoever is first; while somebody asks, when another may.
	AskAt time.Time
}

// Same says whether two readings are of one pause in which nothing has changed.
func (p Pause) Same(q Pause) bool {
	return p.ID == q.ID && p.Cause == q.Cause && p.Reason.Code == q.Reason.Code && p.AskAt.Equal(q.AskAt)
}

// Met is what a call met: why a route is paused, or stays so.
type Met struct {
	Cause   desk.PauseCause
	Reason  desk.Reason
	Failing time.Time
	AskIn   time.Duration
}

// Pauses are all that last, by their routes.
func (f *Flow) Pauses(ctx context.Context) ([]Pause, error) {
	rows, err := f.Store.Read().OpenPauses(ctx)
	out := make([]Pause, len(rows))
	for i, r := range rows {
		out[i] = Pause{Route: Route{r.ConnectionID, r.Environment}, ID: r.ID, Cause: r.Cause, Reason: desk.ParseReason(r.ReasonCode, r.ReasonArgs),
			Failing: fromMillis(r.FailingSince), Began: fromMillis(r.BeganAt), AskAt: fromMillis(r.AskAt)}
	}
	return out, err
}

// BeginPause pauses a route, unless it is paused already.
func (f *Flow) BeginPause(ctx context.Context, r Route, m Met) error {
	return f.write(ctx, func(w *work) error {
		n, err := w.Queries.BeginPause(w.ctx, db.BeginPauseParams{ConnectionID: r.Connection, Environment: r.Environment, Cause: m.Cause,
			ReasonCode: m.Reason.Code, ReasonArgs: m.Reason.ArgsJSON(), FailingSince: m.Failing.UnixMilli(), BeganAt: w.steady().UnixMilli(),
			AskAt: w.steady().Add(m.AskIn).UnixMilli()})
		if err != nil || n == 0 {
			return err
		}
		w.pauseChanged()
		return w.audit(desk.Ponte(), "conexao.pausada", "ambiente:"+string(r.Environment), map[string]any{"causa": m.Cause, "motivo": m.Reason.Code})
	})
}

// TakeAsk takes the right to ask for everybody whether a route works again, for a while; false: another has it, or it is
// not time. The pause that it answers is the one to give to StayPaused or EndPause.
func (f *Flow) TakeAsk(ctx context.Context, p Pause, most time.Duration) (Pause, bool, error) {
	var n int64
	err := f.Store.Write(ctx, func(tx *store.Tx) (err error) {
		w := f.bare(ctx, tx)
		p.AskAt = fromMillis(w.steady().Add(most).UnixMilli())
		n, err = tx.TakeAsk(w.ctx, db.TakeAskParams{ID: p.ID, Until: p.AskAt.UnixMilli(), Now: w.steady().UnixMilli()})
		return err
	})
	return p, n > 0, err
}

// StayPaused says that who asked met no good answer.
func (f *Flow) StayPaused(ctx context.Context, p Pause, m Met) error {
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		w.pauseChanged()
		_, err := tx.StayPaused(w.ctx, db.StayPausedParams{ID: p.ID, Cause: m.Cause, ReasonCode: m.Reason.Code, ReasonArgs: m.Reason.ArgsJSON(),
			Taken: p.AskAt.UnixMilli(), Next: w.steady().Add(m.AskIn).UnixMilli()})
		return err
	})
}

// EndPause lets a route go on.
func (f *Flow) EndPause(ctx context.Context, p Pause) error {
	return f.write(ctx, func(w *work) error {
		n, err := w.Queries.EndPause(w.ctx, db.EndPauseParams{ID: p.ID, Now: store.Null(w.steady().UnixMilli())})
		if err != nil || n == 0 {
			return err
		}
		w.pauseChanged()
		w.AfterCommit(w.flow.Wake)
		return w.audit(desk.Ponte(), "conexao.retomada", "ambiente:"+string(p.Environment),
			map[string]any{"causa": p.Cause, "segundos": int64(w.steady().Sub(p.Began).Seconds())})
	})
}

// PausedSince is for how long a route was paused since a moment: waiting that is not a delivery's failure.
func (f *Flow) PausedSince(ctx context.Context, r Route, since time.Time) (time.Duration, error) {
	ms, err := f.Store.Read().PausedSince(ctx, db.PausedSinceParams{ConnectionID: r.Connection, Environment: r.Environment,
		Since: since.UnixMilli(), Now: f.steadyNow().UnixMilli()})
	return time.Duration(ms) * time.Millisecond, err
}

// PauseSeen announces, in this process, that a pause began, changed or ended that another process wrote.
func (f *Flow) PauseSeen() { f.Changed(TopicPause) }

func (w *work) pauseChanged() {
	w.AfterCommit(func() { w.flow.Changed(TopicPause) })
}

// askPausedNow has a paused route asked at once: something was changed that may have mended it.
func (w *work) askPausedNow(env desk.Environment) error {
	n, err := w.AskPausedNow(w.ctx, db.AskPausedNowParams{ConnectionID: w.inst.ConnectionID, Environment: env, Now: w.steady().UnixMilli()})
	if n > 0 {
		w.pauseChanged()
		w.AfterCommit(w.flow.Wake)
	}
	return err
}

// pausesKept is for how long a pause that is over is remembered; no delivery's patience is longer.
const pausesKept = 90 * 24 * time.Hour

// ForgetPauses takes away what is long over.
func (f *Flow) ForgetPauses(ctx context.Context) (n int64, err error) {
	err = f.Store.Write(ctx, func(tx *store.Tx) (err error) {
		n, err = tx.ForgetPauses(context.WithoutCancel(ctx), store.Null(f.Now().Add(-pausesKept).UnixMilli()))
		return err
	})
	return n, err
}
