package flow

import (
	"context"
	"errors"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/store/db"
)

// MendAll applies to each open finding that matches what is proposed for it, at most limit of them, each a transaction of
// its own; as Bulk's other walks, it can be left and taken up anywhere. Those that need a person's eye are kept.
func (f *Flow) MendAll(ctx context.Context, a desk.Actor, q FindingsQuery, limit int) (Bulk, error) {
	return f.mendAll(ctx, a, q, limit, func(l FindingLine) error {
		return f.Mend(ctx, a, l.ID, MendInput{Mend: l.Kind.Proposed()})
	})
}

// IgnoreAll ignores the open findings that match, for one reason.
func (f *Flow) IgnoreAll(ctx context.Context, a desk.Actor, why string, q FindingsQuery, limit int) (Bulk, error) {
	if strings.TrimSpace(why) == "" {
		return Bulk{}, desk.BadField("motivo", "obrigatorio")
	}
	return f.findingsWalk(ctx, a, q, limit, func(l FindingLine) (string, error) {
		return "", f.Mend(ctx, a, l.ID, MendInput{Mend: desk.MendIgnore, Why: why})
	})
}

// RehearseIgnoreAll says what IgnoreAll would do; nothing is written.
func (f *Flow) RehearseIgnoreAll(ctx context.Context, a desk.Actor, q FindingsQuery, limit int) (Bulk, error) {
	return f.findingsWalk(ctx, a, q, limit, func(FindingLine) (string, error) { return "", nil })
}

// RehearseMendAll says what MendAll would do; nothing is written.
func (f *Flow) RehearseMendAll(ctx context.Context, a desk.Actor, q FindingsQuery, limit int) (Bulk, error) {
	return f.mendAll(ctx, a, q, limit, func(l FindingLine) error { return f.wouldMend(ctx, l) })
}

// keptByEye: a finding of this kind is mended one by one.
const keptByEye = "um_a_um"

func (f *Flow) mendAll(ctx context.Context, a desk.Actor, q FindingsQuery, limit int, one func(FindingLine) error) (Bulk, error) {
	return f.findingsWalk(ctx, a, q, limit, func(l FindingLine) (string, error) {
		if !l.Kind.InBulk() {
			return keptByEye, nil
		}
		return "", one(l)
	})
}

// wouldMend asks the rules that a mend would meet, as far as they can be asked without writing.
func (f *Flow) wouldMend(ctx context.Context, l FindingLine) error {
	w, err := f.rehearse(ctx)
	if err != nil {
		return err
	}
	row, err := w.FindingByID(ctx, l.ID)
	if err != nil {
		return err
	}
	o, err := w.OccurrenceByID(ctx, row.OccurrenceID.Int64)
	if err != nil {
		return err
	}
	order, err := w.OrderByID(ctx, row.OrderID.Int64)
	if err != nil {
		return err
	}
	m := l.Kind.Proposed()
	if m.Sends() {
		if off := w.sendingOff(o); off != nil {
			return off
		}
	}
	switch {
	case m == desk.MendSendAgain && order.State != desk.OrderOpen:
		return refusedMend("ordem_nao_aberta")
	case m == desk.MendCloseFar && !w.cfg.rules.Has(desk.CloseOrder):
		return refusedMend("sem_ponto_de_encerramento")
	case m == desk.MendCloseFar:
		live, err := w.LiveOrder(ctx, db.LiveOrderParams{OccurrenceID: o.ID, ConnectionID: order.ConnectionID, Environment: order.Environment})
		if err == nil && live.ID != order.ID {
			return refusedMend("outra_ordem_aberta")
		}
	case l.Kind == desk.StepUntold && w.cfg.IsClosed(o.StatusCode):
		return desk.Fail(desk.ErrClosed)
	case l.Kind == desk.ClosedThere && order.State != desk.OrderOpen:
		return errTold()
	}
	return nil
}

// findingsWalk walks the open findings of a question. What a rule refuses is kept, and said why.
func (f *Flow) findingsWalk(ctx context.Context, a desk.Actor, q FindingsQuery, limit int, one func(FindingLine) (string, error)) (Bulk, error) {
	out := Bulk{Kept: map[string]int{}}
	if !MayMendAll(a) {
		return out, desk.Fail(desk.ErrForbidden)
	}
	q.Open, q.Most = true, limit
	page, err := f.ListFindings(ctx, a, q)
	if err != nil {
		return out, err
	}
	out.Next = page.Next
	for _, l := range page.Lines {
		kept, err := one(l)
		var refused *desk.Error
		switch {
		case errors.As(err, &refused) && refused.Code == desk.ErrFinding && refused.Reason() != "":
			kept, err = refused.Reason(), nil
		case errors.As(err, &refused) && (refused.Code == desk.ErrFinding || refused.Code == desk.ErrDelivery):
			kept, err = keptChanged, nil
		case errors.As(err, &refused) && len(refused.Fields) == 0 && refused.Kind != desk.Internal:
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
	}
	return out, nil
}
