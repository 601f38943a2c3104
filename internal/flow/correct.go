package flow

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// CorrectInput puts an occurrence under another unit or customer.
type CorrectInput struct {
	Number         int64
	Unit, Customer int64
	Way            desk.CorrectionWay
	Note           string // why; it goes to the field with a comment or a closing
	// Refreeze gives what waits in the lane, and has never been sent, the new values. Otherwise it keeps those of then.
	Refreeze bool
}

// Correction is what a correction would do, said before it is done.
type Correction struct {
	Standing desk.OrderStanding
	// Waiting is how many calls wait with the values of then.
	Waiting int
	// Tell and Anew are the statuses that the ways move to; empty where they can't be gone now.
	Tell, Anew desk.Status
	// LacksMobussID: the right unit has no id over there, so no order can be opened for it.
	LacksMobussID bool
	// Here are those of now, There those of then.
	Now, Then Found
}

// Correction says what putting an occurrence under a unit and customer would do.
func (f *Flow) Correction(ctx context.Context, a desk.Actor, number, unit, customer int64) (*Correction, error) {
	if !a.Has(desk.Attendant, desk.Manager) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	to, err := f.Chosen(ctx, a, unit, customer)
	if err != nil {
		return nil, err
	}
	cfg, err := f.current(ctx)
	if err != nil {
		return nil, err
	}
	out := &Correction{Then: to}
	err = f.steady(ctx, a, number, func(o db.Occurrence) error {
		s := &search{reader: reader{ctx: ctx, q: f.Store.Read(), actor: a, cfg: cfg}, env: o.Environment}
		var ok bool
		if out.Now, ok, err = s.found(pair{o.UnitID, o.CustomerID}); err != nil || !ok {
			return err
		}
		right, _, err := s.found(pair{unit, customer})
		if err != nil {
			return err
		}
		out.LacksMobussID = right.LacksMobussID
		st, err := standingOf(ctx, s.q, o)
		if err != nil {
			return err
		}
		out.Standing, out.Waiting = st.is, len(st.unsent)
		out.Tell, out.Anew = wayOut(cfg, a, o, st, desk.AddComment), wayOut(cfg, a, o, st, desk.CloseOrder)
		return nil
	})
	return out, err
}

// orderStanding is where an occurrence's order is, with what waits for it.
type orderStanding struct {
	is      desk.OrderStanding
	order   db.ServiceOrder
	opening db.Delivery
	unsent  []db.Delivery
}

func standingOf(ctx context.Context, q *db.Queries, o db.Occurrence) (st orderStanding, err error) {
	st.order, err = q.LiveOrder(ctx, db.LiveOrderParams{OccurrenceID: o.ID, ConnectionID: o.ConnectionID, Environment: o.Environment})
	if err != nil && !store.NoRows(err) {
		return st, err
	}
	all, err := q.DeliveriesOf(ctx, o.ID)
	if err != nil {
		return st, err
	}
	closing := false
	for _, d := range all {
		if neverSent(d) && d.State == desk.Queued {
			st.unsent = append(st.unsent, d)
		}
		if !d.OrderID.Valid || d.OrderID.Int64 != st.order.ID {
			continue
		}
		if d.Point == desk.OpenOrder {
			st.opening = d
		}
		closing = closing || d.Point == desk.CloseOrder && (d.State == desk.Queued || d.State == desk.Sending || d.State == desk.Uncertain)
	}
	opening := st.opening.State
	if st.opening.Doubt && opening == desk.Refused {
		opening = desk.Queued // whoever sent it again since the backup may have opened the order
	}
	st.is = desk.Standing(st.order.State, st.order.OpenedBy, opening, neverSent(st.opening), closing)
	return st, nil
}

// neverSent: the field can't know of it. What is in doubt since a restore may have been sent by what was lost.
func neverSent(d db.Delivery) bool { return len(d.Bound) == 0 && d.Attempts == 0 && !d.Doubt }

// wayOut is the status whose point would tell the field, where this actor may move there now.
func wayOut(cfg *config, a desk.Actor, o db.Occurrence, st orderStanding, p desk.Point) desk.Status {
	if !cfg.Method.Sends() || !st.is.InField() || st.is == desk.OrderClosing {
		return desk.Status{}
	}
	for _, s := range cfg.Statuses {
		if s.Point != p || cfg.CheckMove(a, o.StatusCode, s.Code) != nil {
			continue
		}
		if _, refused := desk.CheckPoint(p, st.order.State, st.opening.State); refused == nil {
			return s
		}
	}
	return desk.Status{}
}

// Correct puts an occurrence under another unit or customer: the record, the line on the timeline, the calls that wait, and what
// the field is told, in one transaction. The order's ids stay what they are: it is the same order, or it is closed by a movement.
func (f *Flow) Correct(ctx context.Context, a desk.Actor, in CorrectInput) error {
	return f.write(ctx, func(w *work) error {
		o, err := w.byHand(a, in.Number)
		if err != nil {
			return err
		}
		if o.UnitID == in.Unit && o.CustomerID == in.Customer {
			return desk.BadField("unidade", "nada_a_corrigir")
		}
		id, err := w.exactly(in.Unit, in.Customer)
		if err != nil {
			return err
		}
		if !a.MayTouch(id.unit.DevelopmentID) {
			return desk.Fail(desk.ErrUnit)
		}
		if err := w.holdLane(o); err != nil {
			return err
		}
		st, err := standingOf(w.ctx, w.Queries, o)
		if err != nil {
			return err
		}
		to, err := w.correctionStatus(a, o, st, in.Way)
		if err != nil {
			return err
		}
		right, said, err := w.correct(a, o, id, in)
		if err != nil {
			return err
		}
		if in.Refreeze {
			for _, d := range st.unsent {
				if err := w.freezeAnew(right, d); err != nil {
					return err
				}
			}
		}
		if to == "" {
			return nil
		}
		return w.move(a, right, MoveInput{Number: in.Number, Status: to, Comment: said})
	})
}

// holdLane keeps what waits from being claimed until the transaction ends.
func (w *work) holdLane(o db.Occurrence) error {
	_, err := w.LockLane(w.ctx, db.LockLaneParams{OccurrenceID: o.ID, ConnectionID: o.ConnectionID, Environment: o.Environment})
	if store.NoRows(err) {
		return nil // nothing was ever sent
	}
	return err
}

// correctionStatus is where the way moves to; empty: nowhere.
func (w *work) correctionStatus(a desk.Actor, o db.Occurrence, st orderStanding, way desk.CorrectionWay) (string, error) {
	point := map[desk.CorrectionWay]desk.Point{desk.CorrectTell: desk.AddComment, desk.CorrectAnew: desk.CloseOrder}[way]
	switch {
	case point != desk.NoPoint:
		if s := wayOut(w.cfg, a, o, st, point); s.Code != "" {
			return s.Code, nil
		}
		return "", desk.BadField("como", "caminho_fechado")
	case way == desk.CorrectHere || way == "" && !st.is.InField():
		return "", nil
	}
	return "", desk.BadField("como", "obrigatorio")
}

// correct changes the record and says so. It answers the record as it is then, and what the field is told.
func (w *work) correct(a desk.Actor, o db.Occurrence, id identity, in CorrectInput) (right db.Occurrence, said string, err error) {
	from, err := w.Place(w.ctx, o.UnitID)
	if err != nil {
		return o, "", err
	}
	to, err := w.Place(w.ctx, id.unit.ID)
	if err != nil {
		return o, "", err
	}
	was, err := w.CustomerByID(w.ctx, o.CustomerID)
	if err != nil {
		return o, "", err
	}
	is, err := w.CustomerByID(w.ctx, id.customerID)
	if err != nil {
		return o, "", err
	}
	right = o
	right.UnitID, right.DevelopmentID, right.CustomerID, right.ContractID = id.unit.ID, to.DevelopmentID, id.customerID, store.Null(id.contractID)
	if o.RequesterName == was.Name && was.ID != is.ID { // who asked was taken to be the customer
		right.RequesterName, right.RequesterPhone = is.Name, is.Phone
	}
	if err := w.CorrectOccurrence(w.ctx, db.CorrectOccurrenceParams{ID: o.ID, UnitID: right.UnitID, DevelopmentID: right.DevelopmentID,
		CustomerID: right.CustomerID, ContractID: right.ContractID, RequesterName: right.RequesterName, RequesterPhone: right.RequesterPhone}); err != nil {
		return o, "", err
	}
	// The line names people by their rows, so that the erasure of one of them reaches it.
	args := []any{"como", string(in.Way)}
	if o.UnitID != id.unit.ID {
		args = append(args, "de", placeText(from), "para", placeText(to))
	}
	if was.ID != is.ID {
		args = append(args, "de_cliente", was.ID, "para_cliente", is.ID)
	}
	why := desk.Because(desk.WhyCorrected, args...)
	line, err := w.insertMovement(a, o, movement{kind: kindRemark, to: o.StatusCode, comment: in.Note, internal: true, at: w.now, reason: why})
	if err != nil {
		return o, "", err
	}
	if err := w.tellCorrected(a, o, right, line); err != nil {
		return o, "", err
	}
	w.changed(o.Number)
	w.AfterCommit(func() { w.flow.Changed(TopicList) })
	return right, correctionText(from, to, was.ID != is.ID, in), w.audit(a, "ocorrencia.corrigir", subjectOf(o.Number), map[string]any{"de_unidade": o.UnitID,
		"para_unidade": right.UnitID, "de_cliente": was.ID, "para_cliente": is.ID, "como": string(in.Way), "refeitos": in.Refreeze})
}

func placeText(p db.PlaceRow) string {
	return p.DevelopmentName + " · " + p.BlockCode + " · " + p.Number
}

// correctionText is what the technician reads. It names no person: the right unit leads to whoever lives there.
func correctionText(from, to db.PlaceRow, customer bool, in CorrectInput) string {
	text := "Correção do cadastro: "
	if placeText(from) != placeText(to) {
		text += "a unidade certa é " + placeText(to) + ", e não " + placeText(from) + "."
	} else if customer {
		text += "o cliente desta solicitação é outro, na mesma unidade."
	}
	if in.Way == desk.CorrectAnew {
		text += " Esta solicitação é encerrada e outra será aberta."
	}
	if in.Note != "" {
		text += " " + in.Note
	}
	return text
}

// freezeAnew gives a call that waits the values of now: same row, same place, the former payload kept.
func (w *work) freezeAnew(o db.Occurrence, d db.Delivery) error {
	order, by, err := w.firedOnce(o, d)
	if err != nil {
		return err
	}
	facts, err := w.facts(o, order.LegacyID, by)
	if err != nil {
		return err
	}
	frozen, err := w.cfg.rules.Freeze(d.Point, facts)
	var missing *mapping.Missing
	if errors.As(err, &missing) {
		return w.refuse(o, d, lacking(missing))
	}
	if err != nil {
		return err
	}
	plain, err := json.Marshal(frozen)
	if err != nil {
		return err
	}
	if err := w.InsertFormer(w.ctx, db.InsertFormerParams{ID: d.ID, Now: w.now.UnixMilli()}); err != nil {
		return err
	}
	w.deliveriesChanged()
	return w.FreezeAnew(w.ctx, db.FreezeAnewParams{ID: d.ID, ConfigVersionID: w.cfg.version, Frozen: w.flow.Keys.Seal("delivery.frozen:"+d.ID, plain)})
}

// CancelInput ends an occurrence that the field knows nothing of.
type CancelInput struct {
	Number int64
	Reason string
}

// Cancellation says whether an occurrence can be cancelled, and what closes its order otherwise.
type Cancellation struct {
	Standing desk.OrderStanding
	Waiting  int         // calls that would not be sent
	Close    desk.Status // the status that closes the order in the field; empty where this person can't move there now
}

// Cancellation says what cancelling would do.
func (f *Flow) Cancellation(ctx context.Context, a desk.Actor, number int64) (*Cancellation, error) {
	if !a.Has(desk.Attendant, desk.Manager) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	cfg, err := f.current(ctx)
	if err != nil {
		return nil, err
	}
	var out *Cancellation
	err = f.steady(ctx, a, number, func(o db.Occurrence) error {
		if cfg.IsClosed(o.StatusCode) {
			return desk.Fail(desk.ErrClosed)
		}
		st, err := standingOf(ctx, f.Store.Read(), o)
		out = &Cancellation{Standing: st.is, Waiting: len(st.unsent), Close: wayOut(cfg, a, o, st, desk.CloseOrder)}
		return err
	})
	return out, err
}

// Cancel closes with a reason. Once the field has the order, or may have it, the order has to be closed there first: that is
// transicao_invalida. What waits and was never sent is not sent any more.
func (f *Flow) Cancel(ctx context.Context, a desk.Actor, in CancelInput) error {
	return f.write(ctx, func(w *work) error {
		o, err := w.byHand(a, in.Number)
		if err != nil {
			return err
		}
		if in.Reason == "" {
			return desk.BadField("motivo", "obrigatorio")
		}
		if refused := w.cfg.CheckMove(a, o.StatusCode, w.cfg.Closed); refused != nil {
			return refused
		}
		if err := w.holdLane(o); err != nil {
			return err
		}
		st, err := standingOf(w.ctx, w.Queries, o)
		if err != nil {
			return err
		}
		if st.is.InField() {
			return desk.Fail(desk.ErrTransition, "motivo", "cancelar_com_ordem")
		}
		drop := st.unsent
		if st.is == desk.OrderRefused {
			drop = append(drop, st.opening)
		}
		for _, d := range drop {
			if err := w.dropCancelled(d); err != nil {
				return err
			}
		}
		if len(drop) > 0 {
			w.blockedChanged()
		}
		id, err := w.setStatus(a, o, movement{kind: kindMove, to: w.cfg.Closed, comment: in.Reason, at: w.now, reason: desk.Because(desk.WhyCancelled)})
		if err != nil {
			return err
		}
		return w.audit(a, "ocorrencia.cancelar", subjectOf(o.Number), map[string]any{"de": o.StatusCode, "para": w.cfg.Closed, "movimentacao": id, "nao_enviados": len(drop)})
	})
}

// dropCancelled takes a call out of its lane that will not be sent, with the order that it would have opened.
func (w *work) dropCancelled(d db.Delivery) error {
	now := store.Null(w.now.UnixMilli())
	if d.Point == desk.OpenOrder && d.OrderID.Valid {
		if err := w.SetOrderState(w.ctx, db.SetOrderStateParams{ID: d.OrderID.Int64, State: desk.OrderAbandoned, ClosedAt: now}); err != nil {
			return err
		}
	}
	if err := w.SetIgnored(w.ctx, db.SetIgnoredParams{ID: d.ID, SettledAt: now, ReasonCode: desk.WhyCancelledFirst, ReasonArgs: "{}"}); err != nil {
		return err
	}
	w.deliveriesChanged()
	return w.AdvanceLane(w.ctx, db.AdvanceLaneParams{ID: d.LaneID, Now: w.steady().UnixMilli()})
}

// personNames puts names in place of the rows that a line of a correction names.
func (r *reader) personNames(m *Movement) error {
	if m.Reason.Code != desk.WhyCorrected || r.actor.Kind == "token" {
		return nil
	}
	for arg, as := range map[string]string{"de_cliente": "cliente_de", "para_cliente": "cliente_para"} {
		id, ok := m.Reason.Args[arg].(float64)
		if !ok {
			continue
		}
		c, err := r.q.CustomerByID(r.ctx, int64(id))
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		m.Reason.Args[as] = c.Name
	}
	return nil
}

// AnewStep says what is left of a correction that opens the order anew: "fechar" while the former order lives, "reabrir" once
// the occurrence is closed, "enviar" then; empty where nothing is.
func AnewStep(o *Occurrence) string {
	var since Movement
	for _, m := range o.Movements {
		if m.Reason.Code == desk.WhyCorrected {
			since = m // the last one counts
		}
	}
	if how, _ := since.Reason.Args["como"].(string); how != string(desk.CorrectAnew) {
		return ""
	}
	for _, d := range o.Deliveries {
		if d.Point == desk.OpenOrder && !d.CreatedAt.Before(since.ArrivedAt) {
			return ""
		}
	}
	last, _ := o.LastOrder()
	switch {
	case last.State.Live():
		return "fechar"
	case o.Status.Kind == desk.KindClosed:
		return "reabrir"
	}
	return "enviar"
}
