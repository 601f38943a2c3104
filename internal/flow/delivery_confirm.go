package flow

import (
	"context"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// maxMobussID bounds an order's id and number, in characters.
const maxMobussID = 100

// Confirm settles an uncertain message as delivered by a person's word: they looked, and Mobuss has it. What follows
// is what follows a success. mobussID is the order's id there, which an opening can't do without; number is its number.
func (f *Flow) Confirm(ctx context.Context, a desk.Actor, delivery, mobussID, number string) error {
	return f.decide(ctx, a, delivery, func(w *work, o db.Occurrence, d db.Delivery) error {
		return w.confirm(a, o, d, strings.TrimSpace(mobussID), strings.TrimSpace(number))
	})
}

func (w *work) confirm(a desk.Actor, o db.Occurrence, d db.Delivery, mobussID, number string) error {
	if d.State != desk.Uncertain {
		return desk.Fail(desk.ErrDelivery, "situacao", string(d.State))
	}
	out := Outcome{Verdict: Done}
	if d.Point == desk.OpenOrder {
		if err := w.checkOrderID(o, d.OrderID.Int64, mobussID, number); err != nil {
			return err
		}
		out.Extracted = map[string]string{"id_mobuss": mobussID, "numero_os": number}
	}
	if err := w.audit(a, "envio.confirmar", subjectOf(o.Number), auditOf(d, map[string]any{"id_mobuss": mobussID, "numero_os": number})); err != nil {
		return err
	}
	// A blocked lane is nobody's; it goes on with the next message.
	if err := w.AdvanceLane(w.ctx, db.AdvanceLaneParams{ID: d.LaneID, Now: w.steady().UnixMilli()}); err != nil {
		return err
	}
	w.changed(o.Number)
	w.blockedChanged()
	w.AfterCommit(w.flow.Wake)
	return w.delivered(o, d, out)
}

// checkOrderID refuses an id that is missing, or that another order of Ponte's has already: two occurrences that speak
// of one order would tell each other's news.
func (w *work) checkOrderID(o db.Occurrence, order int64, mobussID, number string) error {
	e := desk.Fail(desk.ErrParameter)
	bad := func(field, code string) { e.Fields = append(e.Fields, desk.BadField(field, code).Fields...) }
	switch {
	case mobussID == "":
		bad("id_mobuss", "obrigatorio")
	case len([]rune(mobussID)) > maxMobussID:
		bad("id_mobuss", "grande_demais")
	default:
		others, err := w.OrdersByMobussID(w.ctx, db.OrdersByMobussIDParams{ConnectionID: o.ConnectionID, Environment: o.Environment, MobussID: store.NullText(mobussID)})
		if err != nil {
			return err
		}
		for _, other := range others {
			if other.ID != order {
				bad("id_mobuss", "ordem_de_outra")
				break
			}
		}
	}
	if len([]rune(number)) > maxMobussID {
		bad("numero_os", "grande_demais")
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// AskAgain has an uncertain message that waits for a person looked up anew: found, it goes on by itself; not found
// twice, it is sent again.
func (f *Flow) AskAgain(ctx context.Context, a desk.Actor, delivery string) error {
	return f.decide(ctx, a, delivery, func(w *work, o db.Occurrence, d db.Delivery) error {
		if d.State != desk.Uncertain {
			return desk.Fail(desk.ErrDelivery, "situacao", string(d.State))
		}
		if off := w.sendingOff(o); off != nil {
			return off
		}
		cfg, err := w.flow.config(w.ctx, w.Queries, d.ConfigVersionID)
		if err != nil {
			return err
		}
		if _, ok := cfg.rules.LookUp(d.Point); !ok || d.Bound == nil {
			return desk.BadField("consulta", "sem_consulta_no_ponto")
		}
		if err := w.AskAgain(w.ctx, db.AskAgainParams{ID: d.ID, Now: store.Null(w.steady().UnixMilli())}); err != nil {
			return err
		}
		w.changed(o.Number)
		w.blockedChanged()
		w.AfterCommit(w.flow.Wake)
		if err := w.audit(a, "envio.consultar", subjectOf(o.Number), auditOf(d, nil)); err != nil {
			return err
		}
		return w.WakeLane(w.ctx, db.WakeLaneParams{ID: d.LaneID, Now: store.Null(w.steady().UnixMilli())})
	})
}

// Topics under which pages listen: every delivery, and what waits for a person.
const (
	TopicDeliveries = "envios"
	TopicBlocked    = "envios-parados"
)

func (w *work) deliveriesChanged() {
	w.AfterCommit(func() { w.flow.Changed(TopicDeliveries) })
}

func (w *work) blockedChanged() {
	w.AfterCommit(func() {
		w.flow.Changed(TopicDeliveries)
		w.flow.Changed(TopicBlocked)
	})
}
