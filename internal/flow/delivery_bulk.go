package flow

import (
	"context"
	"errors"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/store/db"
)

// Bulk is a step of deciding over many: a walk over the blocked lanes that a question finds, newest first, each
// delivery a transaction of its own. It can be left and taken up anywhere, and done again: what was decided is no
// longer blocked.
type Bulk struct {
	Done   int // decided, or would be
	Behind int // what waits behind those
	// Kept are those that stay as they are, by why: a code of this package's or of desk's errors and reasons.
	Kept map[string]int
	Next string // DeliveriesQuery.After of the next step; empty at the end
}

// Why a delivery is kept from a bulk resend.
const (
	keptUncertain = "incerto" // sending it again may double it: one by one, by whoever looked
	keptChanged   = "mudou"   // somebody decided meanwhile
)

// ResendAll sends again what is blocked and matches, at most limit of them. What is uncertain, or would be refused for
// the same lack of data, is kept.
func (f *Flow) ResendAll(ctx context.Context, a desk.Actor, q DeliveriesQuery, limit int) (Bulk, error) {
	return f.decideAll(ctx, a, q, limit, func(id string) (string, error) {
		kept := ""
		err := f.decide(ctx, a, id, func(w *work, o db.Occurrence, d db.Delivery) (err error) {
			if kept, err = w.keepsFromResend(o, d); kept != "" || err != nil {
				return err
			}
			return w.resend(a, o, d, inBulk)
		})
		return kept, err
	})
}

// SkipAll lets the lanes that match go on without their blocked message, for one reason, at most limit of them.
func (f *Flow) SkipAll(ctx context.Context, a desk.Actor, reason string, q DeliveriesQuery, limit int) (Bulk, error) {
	if strings.TrimSpace(reason) == "" {
		return Bulk{}, desk.BadField("motivo", "obrigatorio")
	}
	return f.decideAll(ctx, a, q, limit, func(id string) (string, error) {
		return "", f.decide(ctx, a, id, func(w *work, o db.Occurrence, d db.Delivery) error {
			return w.skip(a, o, d, strings.TrimSpace(reason), inBulk)
		})
	})
}

// RehearseResendAll says what ResendAll would do; nothing is written.
func (f *Flow) RehearseResendAll(ctx context.Context, a desk.Actor, q DeliveriesQuery, limit int) (Bulk, error) {
	w, err := f.rehearse(ctx)
	if err != nil {
		return Bulk{}, err
	}
	return f.decideAll(ctx, a, q, limit, func(id string) (string, error) {
		d, err := w.DeliveryByID(ctx, id)
		if err != nil {
			return "", err
		}
		o, err := w.OccurrenceByID(ctx, d.OccurrenceID)
		if err != nil {
			return "", err
		}
		return w.keepsFromResend(o, d)
	})
}

// RehearseSkipAll says what SkipAll would do; nothing is written.
func (f *Flow) RehearseSkipAll(ctx context.Context, a desk.Actor, q DeliveriesQuery, limit int) (Bulk, error) {
	return f.decideAll(ctx, a, q, limit, func(string) (string, error) { return "", nil })
}

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

// decideAll walks. one decides over a delivery and says why it is kept; a rule that refuses keeps it too.
func (f *Flow) decideAll(ctx context.Context, a desk.Actor, q DeliveriesQuery, limit int, one func(id string) (string, error)) (Bulk, error) {
	out := Bulk{Kept: map[string]int{}}
	if !MayDecideAll(a) {
		return out, desk.Fail(desk.ErrForbidden)
	}
	q.Blocked, q.Most = true, limit
	page, err := f.ListDeliveries(ctx, a, q)
	if err != nil {
		return out, err
	}
	out.Next = page.Next
	for _, l := range page.Lines {
		kept, err := one(l.ID)
		var refused *desk.Error
		switch {
		case errors.As(err, &refused) && refused.Code == desk.ErrDelivery:
			kept, err = keptChanged, nil
		case errors.As(err, &refused) && refused.Kind != desk.Internal:
			kept, err = refused.Code, nil
		}
		if err != nil {
			return out, err
		}
		if kept != "" {
			out.Kept[kept]++
			continue
		}
		out.Done++
		out.Behind += l.Behind
	}
	return out, nil
}
