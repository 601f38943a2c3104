package flow

import (
	"context"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// RecordCustomer writes what the list of a customer's orders found: orders that nobody knows here, and ids of ours that
// several carry. An answer that is none writes nothing but that it was none.
func (f *Flow) RecordCustomer(ctx context.Context, r *Reconciling, look *CustomerLook, seen Seen) error {
	return f.write(ctx, func(w *work) error {
		if err := w.holdsRun(r); err != nil {
			return err
		}
		tried := db.SetCustomerLookParams{ConnectionID: r.Connection, Environment: r.Environment, CustomerID: look.Customer, TriedAt: w.now.UnixMilli()}
		if !seen.usable() {
			if err := w.SetCustomerLook(w.ctx, tried); err != nil || !seen.Asked {
				return err
			}
			return w.AddToReconcileRun(w.ctx, db.AddToReconcileRunParams{ID: r.Run, Failed: 1})
		}
		found, err := w.customerFindings(r, look, seen)
		if err != nil {
			return err
		}
		tried.OkAt = w.now.UnixMilli()
		if err := w.SetCustomerLook(w.ctx, tried); err != nil {
			return err
		}
		return w.AddToReconcileRun(w.ctx, db.AddToReconcileRunParams{ID: r.Run, Customers: 1, Found: found})
	})
}

func (w *work) customerFindings(r *Reconciling, look *CustomerLook, seen Seen) (found int64, err error) {
	own, err := w.OrdersOfCustomer(w.ctx, db.OrdersOfCustomerParams{CustomerID: look.Customer, ConnectionID: r.Connection, Environment: r.Environment})
	if err != nil {
		return 0, err
	}
	var out []difference
	about := map[string]db.ServiceOrder{} // the order of ours that a difference is about, by its subject
	for legacy, copies := range byLegacy(seen.Customers) {
		i := slices.IndexFunc(own, func(s db.ServiceOrder) bool { return s.LegacyID == legacy })
		if i < 0 || len(copies) < 2 {
			continue
		}
		facts := DifferenceFacts{Legacy: legacy, OrderID: own[i].MobussID.String, Copies: len(copies)}
		for _, c := range copies {
			if c.OrderID != facts.OrderID {
				facts.Others = append(facts.Others, c.OrderID)
			}
		}
		d := difference{kind: desk.OrderDoubled, subject: doubledSubject(legacy), mobussID: facts.OrderID, facts: facts}
		about[d.subject] = own[i]
		out = append(out, d)
	}
	for _, c := range seen.Customers {
		unknown, err := w.isUnknown(r, own, c)
		if err != nil {
			return 0, err
		}
		if unknown {
			out = append(out, difference{kind: desk.OrderUnknown, subject: "mobuss:" + c.OrderID, mobussID: c.OrderID,
				facts: DifferenceFacts{OrderID: c.OrderID, Number: c.Number, Legacy: c.LegacyID}})
		}
	}
	return w.keepCustomers(r, look, seen, own, about, out)
}

// byLegacy gathers the open ones by their id of ours: a copy that was closed over there is settled.
func byLegacy(all []mapping.CustomersOrder) map[string][]mapping.CustomersOrder {
	out := map[string][]mapping.CustomersOrder{}
	for _, c := range all {
		if c.LegacyID != "" && !c.Closed {
			out[c.LegacyID] = append(out[c.LegacyID], c)
		}
	}
	return out
}

// isUnknown: open over there, of no order of ours by its id, nor by an id of ours: that would be a copy, or an opening
// whose answer is still missing. One that a person gave up, and that is there after all, is unknown.
func (w *work) isUnknown(r *Reconciling, own []db.ServiceOrder, c mapping.CustomersOrder) (bool, error) {
	mine := func(s db.ServiceOrder) bool {
		return s.MobussID.String == c.OrderID || c.LegacyID != "" && s.LegacyID == c.LegacyID && s.State != desk.OrderAbandoned
	}
	if c.Closed || slices.ContainsFunc(own, mine) {
		return false, nil
	}
	known, err := w.OrdersByMobussID(w.ctx, db.OrdersByMobussIDParams{ConnectionID: r.Connection, Environment: r.Environment, MobussID: store.NullText(c.OrderID)})
	if err != nil || len(known) > 0 || c.LegacyID == "" {
		return len(known) == 0, err
	}
	s, err := w.OrderByLegacy(w.ctx, db.OrderByLegacyParams{ConnectionID: r.Connection, Environment: r.Environment, LegacyID: c.LegacyID})
	if store.NoRows(err) {
		return true, nil
	}
	return s.State == desk.OrderAbandoned, err
}

// keepCustomers keeps what was found and ends what was not found again.
func (w *work) keepCustomers(r *Reconciling, look *CustomerLook, seen Seen, own []db.ServiceOrder, about map[string]db.ServiceOrder, out []difference) (found int64, err error) {
	live, err := w.LiveFindingsOfCustomer(w.ctx, db.LiveFindingsOfCustomerParams{CustomerID: store.Null(look.Customer), ConnectionID: r.Connection, Environment: r.Environment})
	if err != nil {
		return 0, err
	}
	for _, s := range own { // copies are findings of an order
		more, err := w.LiveFindingsOfOrder(w.ctx, store.Null(s.ID))
		if err != nil {
			return 0, err
		}
		live = append(live, slices.DeleteFunc(more, func(f db.Finding) bool { return f.Kind != desk.OrderDoubled })...)
	}
	for _, d := range out {
		i := slices.IndexFunc(live, func(f db.Finding) bool { return f.Kind == d.kind && f.Subject == d.subject })
		if i >= 0 {
			sealed, err := w.sealFacts(live[i].ID, d.facts, seen.Exchange)
			if err == nil {
				err = w.SeeFinding(w.ctx, db.SeeFindingParams{ID: live[i].ID, SeenAt: w.now.UnixMilli(), Facts: sealed})
			}
			if err != nil {
				return 0, err
			}
			continue
		}
		row := db.Finding{CustomerID: store.Null(look.Customer)}
		if s, ok := about[d.subject]; ok {
			row = db.Finding{OccurrenceID: store.Null(s.OccurrenceID), OrderID: store.Null(s.ID)}
		}
		n, err := w.keepFinding(r, d, seen.Exchange, row)
		if err != nil {
			return 0, err
		}
		if n > 0 && row.OccurrenceID.Valid {
			if err := w.changedByID(row.OccurrenceID.Int64); err != nil {
				return 0, err
			}
		}
		found += n
	}
	for _, f := range live {
		again := slices.ContainsFunc(out, func(d difference) bool { return d.kind == f.Kind && d.subject == f.Subject })
		if !again {
			if err := w.endFinding(f, desk.FindingGone, desk.Ponte().Name, "", ""); err != nil {
				return 0, err
			}
		}
	}
	return found, nil
}
