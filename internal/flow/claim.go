package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ponte/internal/crashpoint"
	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// ClaimRequest asks for work.
type ClaimRequest struct {
	Owner       string // this worker pool; a successor voids what it left
	Connection  int64
	Environment desk.Environment
	Lease       time.Duration // longer than a call's timeout
	Limit       int           // idle workers, and no more
	// Recent is how many of them are kept for lanes that became due within the last minute, where there are any: behind a
	// backlog what is moved now would wait for all of it. The rest goes to those that have been due for longest.
	Recent int
}

// recent is how long a lane counts as newly due.
const recent = time.Minute

// Job is one thing to do for a lane: send its head's bound request, or look its outcome up.
type Job struct {
	LaneID       int64
	Token        int64 // fences: a settlement with a former token writes nothing
	OccurrenceID int64
	DeliveryID   string
	Point        desk.Point
	Connection   int64
	Environment  desk.Environment
	LookUp       bool
	Request      *mapping.Request
	Rules        *mapping.Compiled
	Policy       mapping.Policy
	Extra        time.Duration // beyond the policy's time limit, for the bytes of a file
	Attempts     int           // sends made, this one included
	Looks        int           // look-ups that found nothing since the outcome became unknown
	FirstSent    time.Time     // of this payload
	UnknownSince time.Time     // zero while the outcome is known
	Late         bool          // unknown because no answer came in time
	Trace        string        // of the call that caused it, as tracing.Traceparent; empty: nobody traced it
	Paused       time.Duration // breaker time so far

	row db.Delivery // as claimed, without its payloads; the lease keeps it from changing
}

// Claim takes due lanes, binds their heads and stores the bound requests: when it returns, each request is
// durable with state enviando, and may be sent.
func (f *Flow) Claim(ctx context.Context, r ClaimRequest) ([]Job, error) {
	var jobs []Job
	err := f.writeSteady(ctx, func(w *work) (err error) {
		jobs, err = w.claim(r)
		return err
	})
	return jobs, err
}

// claim takes nothing of an environment that waits, whoever asks: a worker that goes on with what it settled, or a
// process that looked where to send before the switch.
func (w *work) claim(r ClaimRequest) ([]Job, error) {
	if w.phase().Passage(r.Environment, true) == desk.Waits {
		return nil, nil
	}
	lanes, err := w.claimLanes(r)
	if err != nil {
		return nil, err
	}
	var jobs []Job
	for _, lane := range lanes {
		job, err := w.claimHead(lane)
		if err != nil {
			return nil, fmt.Errorf("lane %d: %w", lane.ID, err)
		}
		if job == nil {
			continue
		}
		if err := w.allowForFile(lane, job, r.Lease); err != nil {
			return nil, err
		}
		jobs = append(jobs, *job)
	}
	if len(jobs) > 0 {
		w.deliveriesChanged()
		crashpoint.Pass(crashpoint.BeforeClaim)
	}
	return jobs, nil
}

// claimLanes takes the share of the recent ones, then the oldest.
func (w *work) claimLanes(r ClaimRequest) ([]db.Lane, error) {
	now := w.steady()
	c := store.LaneClaim{Connection: r.Connection, Environment: r.Environment, Now: now.UnixMilli(), Until: now.Add(r.Lease).UnixMilli(), Owner: r.Owner}
	var lanes []db.Lane
	if c.Limit = min(r.Recent, r.Limit); c.Limit > 0 {
		c.After = now.Add(-recent).UnixMilli()
		var err error
		if lanes, err = w.ClaimLanes(c); err != nil {
			return nil, err
		}
	}
	c.After, c.Limit = 0, r.Limit-len(lanes)
	if c.Limit == 0 {
		return lanes, nil
	}
	oldest, err := w.ClaimLanes(c)
	return append(lanes, oldest...), err
}

// slowestUpload is how slow a line may be, in bytes a second, before a file runs into the time limit.
const slowestUpload = 64 << 10

// allowForFile gives a job that carries a file the time that its bytes need on a slow line, and its lane as long a
// lease.
func (w *work) allowForFile(lane db.Lane, job *Job, lease time.Duration) error {
	if job.LookUp || job.Request.File == nil {
		return nil
	}
	job.Extra = time.Duration(job.Request.File.Size) * time.Second / slowestUpload
	return w.ExtendLease(w.ctx, db.ExtendLeaseParams{ID: lane.ID, Token: lane.Token, Until: w.steady().Add(lease + job.Extra).UnixMilli()})
}

// claimHead makes a job of a lane's head, or releases the lane where there is nothing to do.
func (w *work) claimHead(lane db.Lane) (*Job, error) {
	d, err := w.LaneHead(w.ctx, lane.ID)
	if store.NoRows(err) {
		return nil, w.release(lane, lane.Pending, false)
	}
	if err != nil {
		return nil, err
	}
	if d.State == desk.Refused || d.State == desk.Uncertain && d.NeedsPerson {
		return nil, w.release(lane, 0, true)
	}
	cfg, err := w.flow.config(w.ctx, w.Queries, d.ConfigVersionID)
	if err != nil {
		return nil, err
	}
	job := &Job{LaneID: lane.ID, Token: lane.Token, OccurrenceID: d.OccurrenceID, DeliveryID: d.ID, Point: d.Point,
		Connection: lane.ConnectionID, Environment: lane.Environment, Rules: cfg.rules, Policy: cfg.Integration.Policy,
		Attempts: int(d.Attempts), Looks: int(d.Looks), FirstSent: w.steady(), Paused: time.Duration(d.PausedMs) * time.Millisecond, Trace: d.Trace}
	job.row = d
	job.row.Frozen, job.row.Bound = nil, nil
	if d.FirstSentAt.Valid {
		job.FirstSent = fromMillis(d.FirstSentAt.Int64)
	}
	switch d.State {
	case desk.Queued:
		return w.claimSend(lane, d, job)
	case desk.Sending: // its lease ran out, or its worker died: what became of it is not known
		d.UnknownSince, d.Looks, d.Late = store.Null(w.steady().UnixMilli()), 0, false
		why := desk.Because(desk.WhyCrashed)
		if err := w.SetUnknown(w.ctx, db.SetUnknownParams{ID: d.ID, ReasonCode: why.Code, UnknownSince: d.UnknownSince}); err != nil {
			return nil, err
		}
	}
	job.row.UnknownSince, job.row.Looks, job.row.Late, job.Late = d.UnknownSince, d.Looks, d.Late, d.Late
	job.LookUp = true
	job.Looks = int(d.Looks)
	job.UnknownSince = fromMillis(d.UnknownSince.Int64)
	if job.Request, err = w.openBound(d); err != nil {
		return nil, w.refuseAtClaim(lane, d, err)
	}
	return job, nil
}

func (w *work) claimSend(lane db.Lane, d db.Delivery, job *Job) (*Job, error) {
	var order db.ServiceOrder
	var err error
	if d.OrderID.Valid {
		if order, err = w.OrderByID(w.ctx, d.OrderID.Int64); err != nil {
			return nil, err
		}
	}
	if (d.Point == desk.CloseOrder || d.Point == desk.OpenOrder) && order.State == desk.OrderClosed {
		// The field closed it first, perhaps before the opening's answer was known. There is nothing left to say, and
		// saying it would be refused, or open another.
		return nil, w.dropHead(lane, d, desk.Because(desk.WhyOrderClosed))
	}
	if closed, err := w.closedFor(lane, d); err != nil || closed {
		return nil, err
	}
	sealed := d.Bound
	if sealed == nil {
		if job.Request, err = w.bind(d, order); err != nil {
			return nil, w.refuseAtClaim(lane, d, err)
		}
		plain, err := json.Marshal(job.Request)
		if err != nil {
			return nil, err
		}
		sealed = w.flow.Keys.Seal("delivery.bound:"+d.ID, plain)
	} else if job.Request, err = w.openBound(d); err != nil { // a retry sends the same request
		return nil, w.refuseAtClaim(lane, d, err)
	}
	if d.Doubt {
		return w.lookFirst(d, job, sealed)
	}
	job.Attempts++
	return job, w.SetSending(w.ctx, db.SetSendingParams{ID: d.ID, Bound: sealed, Now: store.Null(w.steady().UnixMilli())})
}

// dropHead settles a lane's head as not to be sent, with why, and lets the lane go on.
func (w *work) dropHead(lane db.Lane, d db.Delivery, why desk.Reason) error {
	if err := w.SetIgnored(w.ctx, db.SetIgnoredParams{ID: d.ID, SettledAt: store.Null(w.now.UnixMilli()), ReasonCode: why.Code, ReasonArgs: why.ArgsJSON()}); err != nil {
		return err
	}
	w.AfterCommit(w.flow.Wake)
	return w.release(lane, 1, false)
}

// closedFor drops what was queued in homologation before it was closed: it certainly was not done, and nobody waits
// for it any more (docs/adr/0014). What may be done is looked up like anything else.
func (w *work) closedFor(lane db.Lane, d db.Delivery) (bool, error) {
	if lane.Environment != desk.Homologation || w.phase() == desk.Implementing {
		return false, nil
	}
	o, err := w.OccurrenceByID(w.ctx, d.OccurrenceID)
	if err != nil || w.phase().Passage(o.Environment, o.IsTest) != desk.Shut {
		return false, err
	}
	if d.Point == desk.OpenOrder && d.OrderID.Valid {
		if err := w.SetOrderState(w.ctx, db.SetOrderStateParams{ID: d.OrderID.Int64, State: desk.OrderAbandoned, ClosedAt: store.Null(w.now.UnixMilli())}); err != nil {
			return false, err
		}
	}
	w.changed(o.Number)
	return true, w.dropHead(lane, d, desk.Because(desk.WhyOtherEnvironment, "ambiente", string(o.Environment)))
}

// bind puts in what is known only now: the order's id and number in Mobuss.
func (w *work) bind(d db.Delivery, order db.ServiceOrder) (*mapping.Request, error) {
	plain, err := w.flow.Keys.Open("delivery.frozen:"+d.ID, d.Frozen)
	if err != nil {
		return nil, fmt.Errorf("open what was frozen: %w", err)
	}
	var frozen mapping.Frozen
	if err := json.Unmarshal(plain, &frozen); err != nil {
		return nil, fmt.Errorf("read what was frozen: %w", err)
	}
	return frozen.Bind(mapping.Refs{DeliveryID: d.ID, OrderID: order.MobussID.String, OrderNumber: order.MobussNumber.String})
}

// refuseAtClaim fails a message that can't become a request: its order has no id in Mobuss (it was opened there
// without one, or its opening was skipped), or what was sealed does not open with the keys at hand. One such lane
// must not keep the others from being claimed.
func (w *work) refuseAtClaim(lane db.Lane, d db.Delivery, cause error) error {
	why := desk.Because(desk.WhyUnreadable)
	var missing *mapping.Missing
	if errors.As(cause, &missing) {
		why = lacking(missing)
	} else {
		w.flow.Log.Error("a delivery can't be read", "delivery", d.ID, "error", cause)
	}
	o, err := w.lock(d.OccurrenceID)
	if err != nil {
		return err
	}
	if d.State == desk.Queued {
		err = w.refuse(o, d, why)
	} else { // it was sent: that it can't be looked up does not make it undone
		err = w.askPerson(o, d, Outcome{Reason: why, Failure: true})
	}
	if err != nil {
		return err
	}
	return w.release(lane, 0, true)
}

func (w *work) openBound(d db.Delivery) (*mapping.Request, error) {
	plain, err := w.flow.Keys.Open("delivery.bound:"+d.ID, d.Bound)
	if err != nil {
		return nil, fmt.Errorf("open what was bound: %w", err)
	}
	r := new(mapping.Request)
	if err := json.Unmarshal(plain, r); err != nil {
		return nil, fmt.Errorf("read what was bound: %w", err)
	}
	return r, nil
}

// release gives a lane back; done messages leave it, and a blocked lane is not due until a person decides.
func (w *work) release(lane db.Lane, done int64, blocked bool) error {
	_, err := w.ReleaseLane(w.ctx, db.ReleaseLaneParams{ID: lane.ID, Token: lane.Token, Done: done,
		Blocked: flag(blocked), NextAt: w.steady().UnixMilli()})
	return err
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// VoidLeases makes every lane free at once: for the one process of an embedded database, at its start, when
// whoever held leases is certainly gone. Requests that were being sent become uncertain at their claim.
func (f *Flow) VoidLeases(ctx context.Context) (int64, error) {
	var n int64
	err := f.Store.Write(ctx, func(tx *store.Tx) (err error) {
		if n, err = tx.Queries.VoidLeases(context.WithoutCancel(ctx), f.steadyNow().UnixMilli()); err != nil {
			return err
		}
		if err = tx.AskAllPausedNow(context.WithoutCancel(ctx), f.steadyNow().UnixMilli()); err != nil { // who was asking is gone
			return err
		}
		if err = tx.VoidWorkLeases(context.WithoutCancel(ctx)); err != nil {
			return err
		}
		if err = tx.VoidLetterLeases(context.WithoutCancel(ctx), f.steadyNow().UnixMilli()); err != nil { // who was sending is gone
			return err
		}
		return tx.VoidReconcileLeases(context.WithoutCancel(ctx))
	})
	return n, err
}

// HandBack frees what an owner still holds when it stops, so that nobody waits for its leases.
func (f *Flow) HandBack(ctx context.Context, owner string) error {
	return f.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.VoidLeasesOf(context.WithoutCancel(ctx), db.VoidLeasesOfParams{Owner: owner, Now: f.steadyNow().UnixMilli()})
		return err
	})
}

// NextDue is when the earliest lane of a connection and environment is due; zero where none is.
func (f *Flow) NextDue(ctx context.Context, connection int64, env desk.Environment) (time.Time, error) {
	due, err := f.Store.Read().NextDue(ctx, db.NextDueParams{ConnectionID: connection, Environment: env})
	if err != nil || len(due) == 0 {
		return time.Time{}, err
	}
	return fromMillis(due[0]), nil
}
