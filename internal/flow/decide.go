package flow

import (
	"context"
	"maps"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Resend sends a blocked message again, newly frozen from what the registry and the configuration say now. Only
// a refused message, or an uncertain one that waits for a person, can be sent again, and only while something is sent
// at all.
func (f *Flow) Resend(ctx context.Context, a desk.Actor, delivery string) error {
	return f.decide(ctx, a, delivery, func(w *work, o db.Occurrence, d db.Delivery) error {
		if off := w.sendingOff(o); off != nil {
			return off
		}
		return w.resend(a, o, d, nil)
	})
}

// resend freezes anew. also is what the audit says beside the delivery's id.
func (w *work) resend(a desk.Actor, o db.Occurrence, d db.Delivery, also map[string]any) error {
	order, by, err := w.firedOnce(o, d)
	if err != nil {
		return err
	}
	if err := w.audit(a, "envio.reenviar", subjectOf(o.Number), auditOf(d, also)); err != nil {
		return err
	}
	return w.refreeze(o, d, order, by)
}

// firedOnce is the movement that a delivery was born with, and the order that it is meant for.
func (w *work) firedOnce(o db.Occurrence, d db.Delivery) (order db.ServiceOrder, by firedBy, err error) {
	if d.OrderID.Valid {
		if order, err = w.OrderByID(w.ctx, d.OrderID.Int64); err != nil {
			return order, by, err
		}
	}
	m, err := w.MovementByID(w.ctx, d.MovementID)
	if err != nil {
		return order, by, err
	}
	place, err := w.Place(w.ctx, o.UnitID)
	if err != nil {
		return order, by, err
	}
	file, err := w.fileOf(d)
	if err != nil {
		return order, by, err
	}
	start, end, err := w.wishedVisit(m.ID)
	return order, firedBy{movement: m.ID, place: place, actor: desk.Actor{Name: m.ActorName}, file: file,
		visitStart: start, visitEnd: end, m: movement{comment: m.Comment, at: fromMillis(m.At)}}, err
}

// sendingOff says why nothing of this occurrence is sent now; nil where it is (RULES.md, "Method and environment").
func (w *work) sendingOff(o db.Occurrence) *desk.Error {
	switch {
	case !w.cfg.Method.Sends():
		return desk.Fail(desk.ErrSending, "metodo", string(w.cfg.Method))
	case w.phase().Passage(o.Environment, o.IsTest) == desk.Shut:
		return desk.Fail(desk.ErrSending, "ambiente", string(o.Environment))
	}
	return nil
}

func auditOf(d db.Delivery, also map[string]any) map[string]any {
	detail := map[string]any{"envio": d.ID}
	maps.Copy(detail, also)
	return detail
}

// Skip lets the lane go on without a blocked message. The reason is kept with it.
func (f *Flow) Skip(ctx context.Context, a desk.Actor, delivery, reason string) error {
	if !MayDecide(a) {
		return desk.Fail(desk.ErrForbidden)
	}
	if reason == "" {
		return desk.BadField("motivo", "obrigatorio")
	}
	return f.decide(ctx, a, delivery, func(w *work, o db.Occurrence, d db.Delivery) error {
		return w.skip(a, o, d, reason, nil)
	})
}

func (w *work) skip(a desk.Actor, o db.Occurrence, d db.Delivery, reason string, also map[string]any) error {
	now := store.Null(w.now.UnixMilli())
	if d.Point == desk.OpenOrder && d.OrderID.Valid {
		if err := w.SetOrderState(w.ctx, db.SetOrderStateParams{ID: d.OrderID.Int64, State: desk.OrderAbandoned, ClosedAt: now}); err != nil {
			return err
		}
	}
	why := desk.Because(desk.WhyPersonSkipped, "quem", a.Name, "motivo", reason)
	if err := w.SetIgnored(w.ctx, db.SetIgnoredParams{ID: d.ID, SettledAt: now, ReasonCode: why.Code, ReasonArgs: why.ArgsJSON()}); err != nil {
		return err
	}
	if err := w.AdvanceLane(w.ctx, db.AdvanceLaneParams{ID: d.LaneID, Now: w.steady().UnixMilli()}); err != nil {
		return err
	}
	w.changed(o.Number)
	w.blockedChanged()
	w.AfterCommit(w.flow.Wake)
	return w.audit(a, "envio.pular", subjectOf(o.Number), auditOf(d, also))
}

func (f *Flow) decide(ctx context.Context, a desk.Actor, delivery string, do func(*work, db.Occurrence, db.Delivery) error) error {
	return f.write(ctx, func(w *work) error {
		d, err := w.DeliveryByID(w.ctx, delivery)
		if store.NoRows(err) {
			return desk.Fail(desk.ErrNotFound, "envio", delivery)
		}
		if err != nil {
			return err
		}
		first, err := w.OccurrenceByID(w.ctx, d.OccurrenceID)
		if err != nil {
			return err
		}
		o, err := w.byHand(a, first.Number) // the lock; what the delivery is must be read again under it
		if err != nil {
			return err
		}
		if d, err = w.DeliveryByID(w.ctx, delivery); err != nil {
			return err
		}
		if !blocked(d.State, d.NeedsPerson) {
			return desk.Fail(desk.ErrDelivery, "situacao", string(d.State))
		}
		return do(w, o, d)
	})
}
