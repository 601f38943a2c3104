package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ponte/internal/crashpoint"
	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/tracing"
)

// Verdict is what became of a job; docs/delivery-states.md draws where each leads.
type Verdict int

const (
	// Done: Mobuss has it, by its answer or by a look-up.
	Done Verdict = iota + 1
	// Rejected: Mobuss said no, or the policy's limit was reached. It is a failure.
	Rejected
	// TryAgain: certainly not done; the same request goes out again after In.
	TryAgain
	// Unknown: it may be done. A look-up follows after In, before anything is sent.
	Unknown
	// NotThere: a look-up found nothing; the next one, which will count, follows after In.
	NotThere
	// LookAgain: a look-up had no usable answer; another follows after In.
	LookAgain
	// AskPerson: it can't be settled by itself; the lane waits for a person.
	AskPerson
)

// Outcome is the outbox's report on a job.
type Outcome struct {
	Verdict Verdict
	Reason  desk.Reason
	In      time.Duration // until the next step
	// Failure says that AskPerson is also a failure: the policy's limit was reached.
	Failure bool
	// Extracted are the values found in the answer: "id_mobuss", "numero_os".
	Extracted map[string]string
	Paused    time.Duration // breaker time since the last attempt
	// Late says that Unknown is so because no answer came in time: the call may be accepted long after it.
	Late     bool
	Exchange Exchange
}

// Exchange is one request with its answer, for the record: without credentials and file bytes.
type Exchange struct {
	StartedAt  time.Time     `json:"-"`
	Duration   time.Duration `json:"-"`
	HTTPStatus int           `json:"-"`
	Request    string        `json:"pedido"`
	Response   string        `json:"resposta"`
}

// ErrLeaseLost is answered where the lane was claimed anew meanwhile; nothing was written.
var ErrLeaseLost = errors.New("flow: the lease was lost")

// Settle writes what became of a job, in one transaction with its consequences for the occurrence.
func (f *Flow) Settle(ctx context.Context, j Job, out Outcome) (err error) {
	ctx, span := tracing.Start(ctx, "flow.settle")
	defer func() { span.End(err) }()
	record, err := f.record(j, out)
	if err != nil {
		return err
	}
	return f.write(ctx, func(w *work) error { return w.settleJob(j, out, record) })
}

// SettleAndClaim settles, and claims for the worker that becomes idle by it, in one durable commit instead of
// two.
func (f *Flow) SettleAndClaim(ctx context.Context, j Job, out Outcome, r ClaimRequest) (jobs []Job, err error) {
	ctx, span := tracing.Start(ctx, "flow.settle")
	defer func() { span.End(err) }()
	record, err := f.record(j, out)
	if err != nil {
		return nil, err
	}
	err = f.writeSteady(ctx, func(w *work) error {
		if err := w.settleJob(j, out, record); err != nil {
			return err
		}
		var err error
		jobs, err = w.claim(r)
		return err
	})
	return jobs, err
}

func (w *work) settleJob(j Job, out Outcome, record db.InsertAttemptParams) error {
	// Locks are taken in the order occurrence, lane, delivery, order; movements do the same.
	o, err := w.lock(j.OccurrenceID)
	if err != nil {
		return err
	}
	blocks := out.Verdict == Rejected || out.Verdict == AskPerson
	next := w.steady().Add(out.In).UnixMilli()
	if out.Verdict == Done { // its next message has waited too: it keeps the lane's place among the others
		next = min(next, j.row.CreatedAt)
	}
	n, err := w.ReleaseLane(w.ctx, db.ReleaseLaneParams{ID: j.LaneID, Token: j.Token, Done: flag(out.Verdict == Done),
		Blocked: flag(blocks), NextAt: next})
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrLeaseLost
	}
	if err := w.InsertAttempt(w.ctx, record); err != nil {
		return err
	}
	w.changed(o.Number)
	w.deliveriesChanged()
	if out.Verdict == Done || out.In == 0 && !blocks {
		w.AfterCommit(w.flow.Wake)
	}
	if err := w.settle(o, j.row, out); err != nil {
		return err
	}
	crashpoint.Pass(crashpoint.BeforeSettle)
	return nil
}

func (w *work) settle(o db.Occurrence, d db.Delivery, out Outcome) error {
	why, args := out.Reason.Code, out.Reason.ArgsJSON()
	paused := out.Paused.Milliseconds()
	switch out.Verdict {
	case Done:
		return w.delivered(o, d, out)
	case Rejected:
		return w.refuse(o, d, out.Reason)
	case TryAgain:
		return w.SetRetry(w.ctx, db.SetRetryParams{ID: d.ID, ReasonCode: why, ReasonArgs: args, PausedMs: paused})
	case Unknown:
		return w.SetUnknown(w.ctx, db.SetUnknownParams{ID: d.ID, ReasonCode: why, ReasonArgs: args,
			UnknownSince: store.Null(w.steady().UnixMilli()), Late: out.Late, Paused: paused})
	case NotThere, LookAgain:
		looks := d.Looks
		if out.Verdict == NotThere {
			looks++
		}
		return w.SetUnknown(w.ctx, db.SetUnknownParams{ID: d.ID, ReasonCode: why, ReasonArgs: args,
			UnknownSince: d.UnknownSince, Looks: looks, Late: d.Late, Paused: paused})
	default:
		return w.askPerson(o, d, out)
	}
}

// delivered marks the message, tells the order, and takes the status that follows success.
func (w *work) delivered(o db.Occurrence, d db.Delivery, out Outcome) error {
	if err := w.SetDelivered(w.ctx, db.SetDeliveredParams{ID: d.ID, SettledAt: store.Null(w.now.UnixMilli())}); err != nil {
		return err
	}
	switch d.Point {
	case desk.OpenOrder:
		if err := w.SetOrderOpen(w.ctx, db.SetOrderOpenParams{ID: d.OrderID.Int64,
			MobussID: store.NullText(out.Extracted["id_mobuss"]), MobussNumber: store.NullText(out.Extracted["numero_os"])}); err != nil {
			return err
		}
	case desk.CloseOrder:
		if err := w.SetOrderState(w.ctx, db.SetOrderStateParams{ID: d.OrderID.Int64, State: desk.OrderClosed,
			ClosedAt: store.Null(w.now.UnixMilli())}); err != nil {
			return err
		}
	}
	if err := w.audit(desk.Ponte(), "envio.entregue", subjectOf(o.Number), map[string]any{"envio": d.ID, "ponto": d.Point}); err != nil {
		return err
	}
	if d.Point == desk.SendFile {
		return w.leaveFailure(o, d)
	}
	return w.afterSuccess(o, d)
}

// afterSuccess moves on unless someone moved the occurrence since; what the system did with earlier messages of the lane
// is nobody's move. A successful resend leaves the failure status, if it was this message's failure that led there:
// to what follows success, or to where someone had moved on.
func (w *work) afterSuccess(o db.Occurrence, d db.Delivery) error {
	if o.ClosedAt.Valid {
		return nil
	}
	from, last := o.StatusCode, o.StatusMovementID.Int64
	if last != d.MovementID {
		moved, err := w.LastMoved(w.ctx, o.ID)
		if err != nil {
			return err
		}
		if moved.ID != d.MovementID {
			if d.FailureMovementID.Valid && last == d.FailureMovementID.Int64 && moved.ToStatus != o.StatusCode {
				_, err = w.setStatus(desk.Ponte(), o, movement{kind: kindMove, to: moved.ToStatus, at: w.now})
			}
			return err
		}
		from = moved.ToStatus
	}
	s, _ := w.cfg.Status(from)
	if s.AfterSuccess == "" {
		return nil
	}
	_, err := w.setStatus(desk.Ponte(), o, movement{kind: kindMove, to: s.AfterSuccess, at: w.now})
	return err
}

// refuse blocks the lane and moves the occurrence to the failure status, with the reason in its history (S4).
func (w *work) refuse(o db.Occurrence, d db.Delivery, why desk.Reason) error {
	w.blockedChanged()
	failure, err := w.failureMovement(o, d, why)
	if err != nil {
		return err
	}
	return w.SetRefused(w.ctx, db.SetRefusedParams{ID: d.ID, ReasonCode: why.Code, ReasonArgs: why.ArgsJSON(), FailureMovementID: failure})
}

// askPerson leaves the message uncertain and blocks the lane until a person decides.
func (w *work) askPerson(o db.Occurrence, d db.Delivery, out Outcome) error {
	w.blockedChanged()
	failure := d.FailureMovementID
	if out.Failure {
		var err error
		if failure, err = w.failureMovement(o, d, out.Reason); err != nil {
			return err
		}
	}
	return w.SetNeedsPerson(w.ctx, db.SetNeedsPersonParams{ID: d.ID, ReasonCode: out.Reason.Code,
		ReasonArgs: out.Reason.ArgsJSON(), FailureMovementID: failure})
}

func (w *work) failureMovement(o db.Occurrence, d db.Delivery, why desk.Reason) (none nullID, err error) {
	if err := w.audit(desk.Ponte(), "envio.falhou", subjectOf(o.Number),
		map[string]any{"envio": d.ID, "ponto": d.Point, "motivo": why.Code}); err != nil {
		return none, err
	}
	if w.cfg.Failure == "" {
		return none, nil
	}
	id, err := w.setStatus(desk.Ponte(), o, movement{kind: kindMove, to: w.cfg.Failure, at: w.now, reason: why})
	return store.Null(id), err
}

// lock takes the occurrence for a settlement, with the little that one needs of it.
func (w *work) lock(occurrence int64) (db.Occurrence, error) {
	r, err := w.LockOccurrence(w.ctx, occurrence)
	return db.Occurrence{ID: r.ID, Number: r.Number, StatusCode: r.StatusCode, StatusMovementID: r.StatusMovementID, ClosedAt: r.ClosedAt}, err
}

// record makes the attempt's row before the transaction, which others wait for.
func (f *Flow) record(j Job, out Outcome) (db.InsertAttemptParams, error) {
	kind := "envio"
	if j.LookUp {
		kind = "consulta"
	}
	x := out.Exchange
	rule, version, err := judgedBy(j, out)
	if err != nil {
		return db.InsertAttemptParams{}, err
	}
	plain, err := json.Marshal(x)
	return db.InsertAttemptParams{DeliveryID: j.DeliveryID, Token: j.Token, Kind: kind, Rule: rule, ConfigVersionID: version,
		StartedAt:  x.StartedAt.UnixMilli(),
		DurationMs: x.Duration.Milliseconds(), Outcome: out.Verdict.String(), HttpStatus: int64(x.HTTPStatus),
		ReasonCode: out.Reason.Code, ReasonArgs: out.Reason.ArgsJSON(),
		Exchange: f.Keys.Seal(fmt.Sprintf("attempt.exchange:%s/%d", j.DeliveryID, j.Token), plain)}, err
}

// String is how an attempt's outcome is kept.
func (v Verdict) String() string {
	return [...]string{"", "entregue", "recusado", "repetir", "incerto", "nao_achado", "consulta_falhou", "pessoa_decide"}[v]
}
