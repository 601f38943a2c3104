package flow

import (
	"slices"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Mends that call Mobuss: each a further delivery in the lane, born of the movement that the lost one was born of.

// refusedMend says why a mend can't be done as things stand.
func refusedMend(why string) *desk.Error { return desk.Fail(desk.ErrFinding, "motivo", why) }

// sendAgain sends a delivered comment or request for a visit once more.
func (w *work) sendAgain(o db.Occurrence, order db.ServiceOrder, delivery string) error {
	if order.State != desk.OrderOpen {
		return refusedMend("ordem_nao_aberta")
	}
	lost, err := w.DeliveryByID(w.ctx, delivery)
	if err != nil {
		return err
	}
	_, by, err := w.firedOnce(o, lost)
	if err != nil {
		return err
	}
	return w.further(o, order, lost.Point, by)
}

// closeFar sends the closing of an order that is open there and closed here. Until it has arrived the order is open.
func (w *work) closeFar(o db.Occurrence, order db.ServiceOrder) error {
	if !w.cfg.rules.Has(desk.CloseOrder) {
		return refusedMend("sem_ponto_de_encerramento")
	}
	live, err := w.LiveOrder(w.ctx, db.LiveOrderParams{OccurrenceID: o.ID, ConnectionID: order.ConnectionID, Environment: order.Environment})
	if err != nil && !store.NoRows(err) {
		return err
	}
	if live.ID != 0 && live.ID != order.ID {
		return refusedMend("outra_ordem_aberta")
	}
	if order.State == desk.OrderClosed {
		if err := w.BelieveOrderOpen(w.ctx, order.ID); err != nil {
			return err
		}
	}
	by, err := w.lastOf(o, order, desk.CloseOrder, o.StatusMovementID.Int64)
	if err != nil {
		return err
	}
	return w.further(o, order, desk.CloseOrder, by)
}

// openAgain gives up the order that Mobuss does not know, and opens another for the occurrence. What waits in the lane is
// meant for the former one: it has to be settled first.
func (w *work) openAgain(o db.Occurrence, order db.ServiceOrder) error {
	all, err := w.DeliveriesOf(w.ctx, o.ID)
	if err != nil {
		return err
	}
	switch {
	case order.State != desk.OrderOpen:
		return refusedMend("ordem_nao_aberta")
	case slices.ContainsFunc(all, func(d db.Delivery) bool { return !d.State.Done() }):
		return refusedMend("fila_com_envios")
	}
	movements, err := w.Movements(w.ctx, o.ID)
	if err != nil {
		return err
	}
	by, err := w.lastOf(o, order, desk.OpenOrder, movements[0].ID)
	if err != nil {
		return err
	}
	if err := w.SetOrderState(w.ctx, db.SetOrderStateParams{ID: order.ID, State: desk.OrderAbandoned, ClosedAt: store.Null(w.now.UnixMilli())}); err != nil {
		return err
	}
	another, err := w.newOrder(o)
	if err != nil {
		return err
	}
	return w.further(o, another, desk.OpenOrder, by)
}

// lastOf is the movement that the order's last delivery of a point was born of; where there was none, another one.
func (w *work) lastOf(o db.Occurrence, order db.ServiceOrder, p desk.Point, otherwise int64) (firedBy, error) {
	all, err := w.DeliveriesOf(w.ctx, o.ID)
	if err != nil {
		return firedBy{}, err
	}
	d := db.Delivery{MovementID: otherwise}
	for _, one := range all {
		if one.OrderID.Int64 == order.ID && one.Point == p {
			d = one
		}
	}
	d.Point = p
	_, by, err := w.firedOnce(o, d)
	return by, err
}

// further puts one more delivery into the lane.
func (w *work) further(o db.Occurrence, order db.ServiceOrder, p desk.Point, by firedBy) error {
	frozen, missing, err := w.freeze(o, p, order.LegacyID, by)
	if err != nil {
		return err
	}
	d := db.Delivery{ID: newID(), OccurrenceID: o.ID, MovementID: by.movement, OrderID: store.Null(order.ID), Point: p, State: desk.Queued,
		ConfigVersionID: w.cfg.version, CreatedAt: w.now.UnixMilli()}
	if err := w.enqueue(o, &d, frozen); err != nil {
		return err
	}
	if missing.Code == "" {
		return nil
	}
	return w.refuse(o, d, missing)
}

// tieUnknown believes that an order that nobody knew is an occurrence's. The field opened it, as far as anybody can tell.
func (w *work) tieUnknown(row db.Finding, facts findingFacts, in MendInput) error {
	o, err := w.OccurrenceByNumber(w.ctx, in.Number)
	if err != nil {
		return err
	}
	if o.ConnectionID != row.ConnectionID || o.Environment != row.Environment {
		return desk.BadField("numero_ocorrencia", "outro_ambiente")
	}
	if row.CustomerID.Valid && row.CustomerID.Int64 != o.CustomerID {
		return desk.BadField("numero_ocorrencia", "outro_cliente")
	}
	if w.cfg.IsClosed(o.StatusCode) {
		return desk.BadField("numero_ocorrencia", "ocorrencia_encerrada")
	}
	at := db.LiveOrderParams{OccurrenceID: o.ID, ConnectionID: o.ConnectionID, Environment: o.Environment}
	if _, err := w.LiveOrder(w.ctx, at); err == nil {
		return desk.BadField("numero_ocorrencia", "ja_tem_ordem")
	} else if !store.NoRows(err) {
		return err
	}
	if err := w.checkOrderID(o, 0, facts.OrderID, facts.Number); err != nil {
		return err
	}
	before, err := w.CountOrders(w.ctx, db.CountOrdersParams(at))
	if err != nil {
		return err
	}
	w.changed(o.Number)
	_, err = w.InsertOrder(w.ctx, db.InsertOrderParams{OccurrenceID: o.ID, ConnectionID: o.ConnectionID, Environment: o.Environment,
		LegacyID: nextLegacyID(o.Number, before), State: desk.OrderOpen, OpenedBy: desk.Field, MobussID: store.NullText(facts.OrderID),
		MobussNumber: store.NullText(facts.Number), CreatedAt: w.now.UnixMilli()})
	return err
}

// tieOther believes that the occurrence's order is another one than was thought: one that the finding names.
func (w *work) tieOther(o db.Occurrence, order db.ServiceOrder, facts findingFacts, in MendInput) error {
	if order.State != desk.OrderOpen {
		return refusedMend("ordem_nao_aberta")
	}
	id := in.MobussID
	if id == "" && len(facts.Others) == 1 {
		id = facts.Others[0]
	}
	if !slices.Contains(facts.Others, id) {
		return desk.BadField("id_mobuss", "obrigatorio")
	}
	if err := w.checkOrderID(o, order.ID, id, ""); err != nil {
		return err
	}
	return w.TieOrder(w.ctx, db.TieOrderParams{ID: order.ID, MobussID: store.NullText(id), MobussNumber: order.MobussNumber, State: desk.OrderOpen})
}
