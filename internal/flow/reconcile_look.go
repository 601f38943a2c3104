package flow

import (
	"context"
	"errors"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// OrderLook is a look at an order, ready to be asked. A request that is nil is not asked.
type OrderLook struct {
	Order      int64
	Occurrence int64
	MobussID   string // whose order was asked for
	Rules      *mapping.Compiled
	ByID       *mapping.Request
	ByLegacy   *mapping.Request
	// AlwaysLegacy: the question by our id is asked in any case, and not only where the order was not found.
	AlwaysLegacy bool
	Zone         *time.Location
	// AskedAt is when the first question left: nothing that became of ours since then is held against the answer.
	AskedAt time.Time
}

// CustomerLook is a look at a customer's orders.
type CustomerLook struct {
	Customer int64
	Rules    *mapping.Compiled
	Request  *mapping.Request // nil: the customer can't be asked for
	AskedAt  time.Time
}

// Seen is what came of a question: its verdict, what was read, and the exchange for the record.
type Seen struct {
	Asked     bool
	Verdict   mapping.LookVerdict
	Order     mapping.Theirs
	Customers []mapping.CustomersOrder
	Exchange  Exchange
}

// looksAtOnce is how many are read from the database at once.
const looksAtOnce = 100

// OrdersToLook are orders that the run has still to compare, the longest unseen first.
func (f *Flow) OrdersToLook(ctx context.Context, r *Reconciling) ([]int64, error) {
	cfg, err := f.current(ctx)
	if err != nil || cfg.reconciles() == nil {
		return nil, err
	}
	rows, err := f.Store.Read().OrdersToLook(ctx, db.OrdersToLookParams{ConnectionID: r.Connection, Environment: r.Environment,
		Before: r.Started.UnixMilli(), ClosedSince: f.Now().Add(-cfg.reconciles().Closed()).UnixMilli(), Most: looksAtOnce})
	out := make([]int64, len(rows))
	for i, row := range rows {
		out[i] = row.ID
	}
	return out, err
}

// CustomersToLook are customers whose orders the run has still to ask for, each by one of their orders; none where the
// configuration can't ask.
func (f *Flow) CustomersToLook(ctx context.Context, r *Reconciling) ([]db.CustomersToLookRow, error) {
	cfg, err := f.current(ctx)
	if err != nil || cfg.reconciles() == nil || cfg.reconciles().OfCustomer == nil {
		return nil, err
	}
	return f.Store.Read().CustomersToLook(ctx, db.CustomersToLookParams{ConnectionID: r.Connection, Environment: r.Environment,
		Before: r.Started.UnixMilli(), ClosedSince: f.Now().Add(-cfg.reconciles().Closed()).UnixMilli(), Most: looksAtOnce})
}

// OrderLook makes the questions about an order. Nil: there is nothing to ask now, and the order is put aside for this run.
func (f *Flow) OrderLook(ctx context.Context, r *Reconciling, order int64) (*OrderLook, error) {
	w, err := f.rehearse(ctx)
	if err != nil {
		return nil, err
	}
	s, err := w.OrderByID(ctx, order)
	if err != nil {
		return nil, err
	}
	look, err := w.orderLook(s)
	if err != nil || look != nil {
		return look, err
	}
	return nil, f.write(ctx, func(w *work) error {
		if err := w.holdsRun(r); err != nil {
			return err
		}
		return w.TryOrderLook(w.ctx, db.TryOrderLookParams{OrderID: order, TriedAt: w.now.UnixMilli()})
	})
}

func (w *work) orderLook(s db.ServiceOrder) (*OrderLook, error) {
	r := w.cfg.reconciles()
	if r == nil {
		return nil, ErrReconcileOver
	}
	o, err := w.OccurrenceByID(w.ctx, s.OccurrenceID)
	if err != nil {
		return nil, err
	}
	facts, err := w.factsToAsk(o, s.LegacyID)
	if err != nil {
		return nil, err
	}
	out := &OrderLook{Order: s.ID, MobussID: s.MobussID.String, Occurrence: o.ID, Rules: w.cfg.rules, Zone: facts.Zone, AskedAt: w.now}
	if s.MobussID.Valid && s.State != desk.OrderOpening {
		out.ByID, err = w.cfg.rules.AskOrder(facts, mapping.Refs{OrderID: s.MobussID.String, OrderNumber: s.MobussNumber.String})
		if err = lacksNothing(err); err != nil {
			return nil, err
		}
	}
	waits := false
	if s.State == desk.OrderOpening {
		d, err := w.OpeningOf(w.ctx, store.Null(s.ID))
		if err != nil && !store.NoRows(err) {
			return nil, err
		}
		waits = d.State == desk.Uncertain && d.NeedsPerson
	}
	if waits || out.ByID != nil && s.OpenedBy == desk.House {
		out.ByLegacy, err = w.cfg.rules.AskByLegacy(facts)
		if err = lacksNothing(err); err != nil {
			return nil, err
		}
	}
	out.AlwaysLegacy = waits || r.OfCustomer == nil || facts.Customer.Document == ""
	if out.ByID == nil && out.ByLegacy == nil {
		return nil, nil
	}
	return out, nil
}

// lacksNothing takes a question that lacks a value for one that can't be asked.
func lacksNothing(err error) error {
	var missing *mapping.Missing
	if errors.As(err, &missing) {
		return nil
	}
	return err
}

// factsToAsk is what a question can draw on: there is no movement behind it.
func (w *work) factsToAsk(o db.Occurrence, legacyID string) (*mapping.Facts, error) {
	place, err := w.Place(w.ctx, o.UnitID)
	if err != nil {
		return nil, err
	}
	return w.facts(o, legacyID, firedBy{place: place, m: movement{at: w.now}})
}

// CustomerLook makes the question for a customer's orders, as it stands with one of them.
func (f *Flow) CustomerLook(ctx context.Context, row db.CustomersToLookRow) (*CustomerLook, error) {
	w, err := f.rehearse(ctx)
	if err != nil {
		return nil, err
	}
	if r := w.cfg.reconciles(); r == nil || r.OfCustomer == nil {
		return nil, ErrReconcileOver
	}
	s, err := w.OrderByID(ctx, row.OrderID)
	if err != nil {
		return nil, err
	}
	o, err := w.OccurrenceByID(ctx, s.OccurrenceID)
	if err != nil {
		return nil, err
	}
	facts, err := w.factsToAsk(o, s.LegacyID)
	if err != nil {
		return nil, err
	}
	out := &CustomerLook{Customer: row.CustomerID, Rules: w.cfg.rules, AskedAt: w.now}
	out.Request, err = w.cfg.rules.AskCustomer(facts)
	return out, lacksNothing(err)
}
