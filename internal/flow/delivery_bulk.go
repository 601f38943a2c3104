package flow

import (
	"context"
	"errors"

	"ponte/internal/desk"
	"ponte/internal/store/db"
)

// Bulk is what a step of deciding over many, or all of it, came to.
type Bulk struct {
	Done   int // decided, or would be
	Behind int // what waits behind those
	// Kept are those that stay as they are, by why: a code of this package's or of desk's errors and reasons.
	Kept map[string]int
	Next string // where the next step begins; empty at the end
}

// Why a delivery is kept from a bulk resend.
const (
	keptUncertain = "incerto" // sending it again may double it: one by one, by whoever looked
	keptChanged   = "mudou"   // somebody decided meanwhile
)

var inBulk = map[string]any{"em_lote": true}

// keepsFromResend is why a blocked message would rather not be sent again with many others; empty: it may go.
func (w *work) keepsFromResend(o db.Occurrence, d db.Delivery) (string, error) {
	if off := w.sendingOff(o); off != nil {
		return off.Code, nil
	}
	if d.State == desk.Uncertain {
		return keptUncertain, nil
	}
	order, by, err := w.firedOnce(o, d)
	if err != nil {
		return "", err
	}
	_, missing, err := w.freeze(o, d.Point, order.LegacyID, by)
	return missing.Code, err
}

// decideInBulk decides over one of many and says why it is kept.
func (w *work) decideInBulk(a desk.Actor, act BulkAct, why string, o db.Occurrence, d db.Delivery) (kept string, err error) {
	if act == BulkSkip {
		return "", w.skip(a, o, d, why, inBulk)
	}
	if kept, err = w.keepsFromResend(o, d); kept != "" || err != nil {
		return kept, err
	}
	return "", w.resend(a, o, d, inBulk)
}

// rehearseInBulk says why one of many would be kept; nothing is written.
func (f *Flow) rehearseInBulk(ctx context.Context, act BulkAct, id string) (string, error) {
	if act == BulkSkip {
		return "", nil
	}
	w, err := f.rehearse(ctx)
	if err != nil {
		return "", err
	}
	d, err := w.DeliveryByID(ctx, id)
	if err != nil {
		return "", err
	}
	o, err := w.OccurrenceByID(ctx, d.OccurrenceID)
	if err != nil {
		return "", err
	}
	return w.keepsFromResend(o, d)
}

// keptBecause takes a rule's refusal for a reason to keep one of many; any other error is one.
func keptBecause(err error) (string, error) {
	var refused *desk.Error
	switch {
	case errors.As(err, &refused) && refused.Code == desk.ErrDelivery:
		return keptChanged, nil
	case errors.As(err, &refused) && refused.Kind != desk.Internal:
		return refused.Code, nil
	}
	return "", err
}

// bulkPage is the next blocked ones that a question finds, newest first.
func (f *Flow) bulkPage(ctx context.Context, a desk.Actor, q DeliveriesQuery) (*Deliveries, error) {
	if !MayDecideAll(a) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	q.Blocked = true
	w, err := f.deliveryWalk(ctx, a, q)
	if err != nil {
		return nil, err
	}
	out := &Deliveries{}
	return out, w.along(out)
}
