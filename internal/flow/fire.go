package flow

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/tracing"
)

// firing is what a movement's point will do, decided before anything is written.
type firing struct {
	point   desk.Point
	order   db.ServiceOrder // the lane's live order; zero where there is none
	opening db.Delivery     // its opening, where that was refused and is to be sent again
	resend  bool
	ignored desk.Reason // set: the movement is recorded and nothing is sent
}

// firedBy is the movement that fires, with what the call needs of it.
type firedBy struct {
	movement             int64
	m                    movement
	actor                desk.Actor
	place                db.PlaceRow
	visitStart, visitEnd When
	files                []db.Attachment // that go with it, one delivery each
	file                 db.Attachment   // of the delivery that is being frozen
}

func (w *work) planFiring(o db.Occurrence, p desk.Point) (firing, error) {
	plan := firing{point: p}
	switch {
	case !w.cfg.Method.Sends():
		plan.ignored = desk.Because(desk.WhyMethodSendsNothing, "metodo", string(w.cfg.Method))
		return plan, nil
	case w.phase().Passage(o.Environment, o.IsTest) == desk.Shut:
		plan.ignored = desk.Because(desk.WhyOtherEnvironment, "ambiente", string(o.Environment))
		return plan, nil
	}
	order, err := w.LiveOrder(w.ctx, db.LiveOrderParams{OccurrenceID: o.ID, ConnectionID: o.ConnectionID, Environment: o.Environment})
	if err != nil && !store.NoRows(err) {
		return plan, err
	}
	plan.order = order
	if order.State == desk.OrderOpening {
		if plan.opening, err = w.OpeningOf(w.ctx, store.Null(order.ID)); err != nil {
			return plan, fmt.Errorf("the opening of order %d: %w", order.ID, err)
		}
	}
	var refused *desk.Error
	if plan.resend, refused = desk.CheckPoint(p, order.State, plan.opening.State); refused != nil {
		return plan, refused
	}
	return plan, nil
}

// fire writes the movement's one delivery.
func (w *work) fire(o db.Occurrence, plan firing, by firedBy) error {
	d := db.Delivery{ID: newID(), OccurrenceID: o.ID, MovementID: by.movement, Point: plan.point, State: desk.Queued,
		ConfigVersionID: w.cfg.version, CreatedAt: w.now.UnixMilli()}
	if plan.ignored.Code != "" {
		if err := w.recordIgnored(o, d, plan.ignored); err != nil {
			return err
		}
		return w.ignoreFiles(o, by, plan.ignored)
	}
	if plan.resend {
		if err := w.refreeze(o, plan.opening, plan.order, by); err != nil {
			return err
		}
		return w.fireFiles(o, plan.order, by)
	}
	order := plan.order
	if plan.point == desk.OpenOrder {
		var err error
		if order, err = w.newOrder(o); err != nil {
			return err
		}
	}
	d.OrderID = store.Null(order.ID)
	frozen, missing, err := w.freeze(o, plan.point, order.LegacyID, by)
	if err != nil {
		return err
	}
	if err := w.enqueue(o, &d, frozen); err != nil {
		return err
	}
	if err := w.doubtAfterRestore(o, d); err != nil {
		return err
	}
	if err := w.fireFiles(o, order, by); err != nil {
		return err
	}
	if missing.Code == "" {
		return nil
	}
	return w.refuse(o, d, missing)
}

// enqueue gives a delivery its place in the lane.
func (w *work) enqueue(o db.Occurrence, d *db.Delivery, frozen []byte) error {
	d.Frozen = w.flow.Keys.Seal("delivery.frozen:"+d.ID, frozen)
	lane, err := w.EnqueueLane(w.ctx, db.EnqueueLaneParams{OccurrenceID: o.ID, ConnectionID: o.ConnectionID,
		Environment: o.Environment, Now: store.Null(w.steady().UnixMilli())})
	if err != nil {
		return err
	}
	d.LaneID, d.Seq = lane.ID, lane.LastSeq
	w.AfterCommit(w.flow.Wake)
	return w.insertDelivery(*d)
}

func (w *work) insertDelivery(d db.Delivery) error {
	w.deliveriesChanged()
	return w.InsertDelivery(w.ctx, db.InsertDeliveryParams{ID: d.ID, LaneID: d.LaneID, Seq: d.Seq,
		OccurrenceID: d.OccurrenceID, MovementID: d.MovementID, OrderID: d.OrderID, Point: d.Point, State: d.State,
		ConfigVersionID: d.ConfigVersionID, Frozen: d.Frozen, ReasonCode: d.ReasonCode, ReasonArgs: d.ReasonArgs,
		CreatedAt: d.CreatedAt, SettledAt: d.SettledAt, Trace: tracing.Traceparent(w.ctx)})
}

// recordIgnored keeps what would have been sent, with why it was not.
func (w *work) recordIgnored(o db.Occurrence, d db.Delivery, why desk.Reason) error {
	lane, err := w.SkippedInLane(w.ctx, db.SkippedInLaneParams{OccurrenceID: o.ID, ConnectionID: o.ConnectionID, Environment: o.Environment})
	if err != nil {
		return err
	}
	d.LaneID, d.Seq, d.State = lane.ID, lane.LastSeq, desk.Ignored
	d.ReasonCode, d.ReasonArgs, d.SettledAt = why.Code, why.ArgsJSON(), store.Null(w.now.UnixMilli())
	return w.insertDelivery(d)
}

// newOrder begins an order; what we call it over there is the occurrence's number, then number-2 and so on.
func (w *work) newOrder(o db.Occurrence) (db.ServiceOrder, error) {
	before, err := w.CountOrders(w.ctx, db.CountOrdersParams{OccurrenceID: o.ID, ConnectionID: o.ConnectionID, Environment: o.Environment})
	if err != nil {
		return db.ServiceOrder{}, err
	}
	order := db.ServiceOrder{LegacyID: nextLegacyID(o.Number, before), State: desk.OrderOpening}
	order.ID, err = w.InsertOrder(w.ctx, db.InsertOrderParams{OccurrenceID: o.ID, ConnectionID: o.ConnectionID,
		Environment: o.Environment, LegacyID: order.LegacyID, State: order.State, OpenedBy: desk.House, CreatedAt: w.now.UnixMilli()})
	return order, err
}

// nextLegacyID is what an occurrence's next order is called over there: 1234, then 1234-2.
func nextLegacyID(number, before int64) string {
	if before == 0 {
		return itoa(number)
	}
	return itoa(number) + "-" + itoa(before+1)
}

// refreeze sends a refused message again: same row, same place, newly frozen, the old payload kept.
func (w *work) refreeze(o db.Occurrence, d db.Delivery, order db.ServiceOrder, by firedBy) error {
	frozen, missing, err := w.freeze(o, d.Point, order.LegacyID, by)
	if err != nil {
		return err
	}
	if err := w.InsertFormer(w.ctx, db.InsertFormerParams{ID: d.ID, Now: w.now.UnixMilli()}); err != nil {
		return err
	}
	d.MovementID, d.State = by.movement, desk.Queued
	if err := w.Refreeze(w.ctx, db.RefreezeParams{ID: d.ID, MovementID: by.movement, ConfigVersionID: w.cfg.version,
		Frozen: w.flow.Keys.Seal("delivery.frozen:"+d.ID, frozen)}); err != nil {
		return err
	}
	w.changed(o.Number)
	w.blockedChanged()
	if missing.Code != "" {
		return w.refuse(o, d, missing)
	}
	w.AfterCommit(w.flow.Wake)
	return w.WakeLane(w.ctx, db.WakeLaneParams{ID: d.LaneID, Now: store.Null(w.steady().UnixMilli())})
}

// freeze fixes every value of the call now. What is missing is a reason to refuse, not an error: the movement
// stands, and the call can be sent again once the registry is right.
func (w *work) freeze(o db.Occurrence, p desk.Point, legacyID string, by firedBy) ([]byte, desk.Reason, error) {
	facts, err := w.facts(o, legacyID, by)
	if err != nil {
		return nil, desk.Reason{}, err
	}
	frozen, err := w.cfg.rules.Freeze(p, facts)
	var missing *mapping.Missing
	switch {
	case errors.As(err, &missing):
		if refused := askedOfCaller(missing); refused != nil {
			return nil, desk.Reason{}, refused
		}
		return nil, lacking(missing), nil
	case err != nil:
		return nil, desk.Reason{}, fmt.Errorf("freeze %s: %w", p, err)
	}
	b, err := json.Marshal(frozen)
	return b, desk.Reason{}, err
}

// askedOfCaller refuses a movement that lacks what only its caller can give: a comment to the field without text.
func askedOfCaller(m *mapping.Missing) *desk.Error {
	for _, v := range m.Values {
		if field, ok := strings.CutPrefix(v.Source, "movimentacao."); ok {
			return desk.BadField(field, "obrigatorio")
		}
	}
	return nil
}

func lacking(m *mapping.Missing) desk.Reason {
	targets := make([]string, len(m.Values))
	for i, v := range m.Values {
		targets[i] = v.Target
	}
	return desk.Because(desk.WhyMissingData, "campos", strings.Join(targets, ", "))
}

// facts is all that a mapping can ask for.
func (w *work) facts(o db.Occurrence, legacyID string, by firedBy) (*mapping.Facts, error) {
	c, err := w.CustomerByID(w.ctx, o.CustomerID)
	if err != nil {
		return nil, err
	}
	var contract string
	if o.ContractID.Valid {
		if contract, err = w.ContractCode(w.ctx, o.ContractID.Int64); err != nil {
			return nil, err
		}
	}
	book, err := w.bookOf(o)
	if err != nil {
		return nil, err
	}
	p, zone := by.place, Zone(by.place.Zone)
	mobussID := p.IDMobussHomologacao.String
	if o.Environment == desk.Production {
		mobussID = p.IDMobussProducao.String
	}
	return &mapping.Facts{Zone: zone,
		Occurrence: mapping.Occurrence{Number: o.Number, LegacyID: legacyID, Subject: o.Subject, Description: o.Description,
			Type: o.Type, Priority: o.Priority, Place: o.Place, Emergency: o.Emergency,
			OpenedAt: fromMillis(o.OpenedAt).In(zone), Environment: string(o.Environment),
			Item: o.ItemCode, ItemName: book.ItemName(o.ItemCode), ItemPath: book.Name(desk.ClassItem, o.ItemCode),
			Failure: o.FailureCode, FailureName: book.Name(desk.ClassFailure, o.FailureCode)},
		Customer:    mapping.Customer{Name: c.Name, Document: c.DocumentKey.String, Email: c.Email, Phone: c.Phone},
		Unit:        mapping.Unit{Number: p.Number, MobussID: mobussID, CommonArea: p.CommonArea},
		Block:       mapping.Block{Code: p.BlockCode, Name: p.BlockName},
		Development: mapping.Development{Code: p.DevelopmentCode, Name: p.DevelopmentName},
		Contract:    mapping.Contract{Code: contract},
		Requester:   mapping.Requester{Name: o.RequesterName, Phone: o.RequesterPhone, Relation: o.Relation},
		Movement: mapping.Movement{Comment: by.m.comment, Author: by.actor.Name, At: by.m.at.In(zone),
			VisitStart: by.visitStart.in(zone, time.Time{}), VisitEnd: by.visitEnd.in(zone, time.Time{})},
		File: mapping.File{Name: by.file.Name, Type: by.file.ContentType, Size: by.file.Size, SHA256: by.file.Sha256},
	}, nil
}
