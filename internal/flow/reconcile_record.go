package flow

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// findingFacts is what a finding's row holds sealed: what Mobuss said, and the exchange in which it did.
type findingFacts struct {
	DifferenceFacts
	Exchange Exchange `json:"exchange"`
	TookMs   int64    `json:"took_ms"`
	HTTP     int      `json:"http"`
}

func findingPlace(id string) string { return "finding.facts:" + id }

func (s *Seen) usable() bool {
	return s.Asked && (s.Verdict.Outcome == mapping.Found || s.Verdict.Outcome == mapping.NotFound)
}

// RecordOrder writes what a look at an order found: new differences, those that are gone, and news of the field where the
// configuration has it taken in. An answer that is none writes nothing but that it was none.
func (f *Flow) RecordOrder(ctx context.Context, r *Reconciling, look *OrderLook, byID, byLegacy Seen) error {
	return f.write(ctx, func(w *work) error {
		if err := w.holdsRun(r); err != nil {
			return err
		}
		order, err := w.OrderByID(w.ctx, look.Order)
		if err != nil {
			return err
		}
		// an order that was tied to another one meanwhile was not asked for
		if order.MobussID.String != look.MobussID || !byID.usable() && !byLegacy.usable() {
			if err := w.TryOrderLook(w.ctx, db.TryOrderLookParams{OrderID: look.Order, TriedAt: w.now.UnixMilli()}); err != nil {
				return err
			}
			return w.AddToReconcileRun(w.ctx, db.AddToReconcileRunParams{ID: r.Run, Failed: 1})
		}
		rec := &recording{work: w, run: r, look: look, byID: &byID, byLegacy: &byLegacy}
		if err := rec.compare(); err != nil {
			return err
		}
		if rec.anything() {
			// what is written rests on what stands now, so it is compared again under the occurrence's lock
			if _, err := w.OccurrenceForUpdate(w.ctx, rec.us.o.Number); err != nil {
				return err
			}
			if err := rec.compare(); err != nil {
				return err
			}
			if err := rec.write(); err != nil {
				return err
			}
		}
		return rec.close()
	})
}

// recording is the record of one look at an order.
type recording struct {
	*work
	run            *Reconciling
	look           *OrderLook
	byID, byLegacy *Seen
	us             *ours
	c              *comparison
	live           []db.Finding
	found, taken   int64
}

func (r *recording) compare() error {
	order, err := r.OrderByID(r.ctx, r.look.Order)
	if err != nil {
		return err
	}
	if r.us, err = r.oursOf(order); err != nil {
		return err
	}
	r.c = compare(r.cfg, r.us, r.look.AskedAt, r.byID, r.byLegacy)
	r.live, err = r.LiveFindingsOfOrder(r.ctx, store.Null(order.ID))
	return err
}

// anything says whether more is to be written than that the order was looked at.
func (r *recording) anything() bool {
	if len(r.c.ties) > 0 || len(r.live) > 0 {
		return true
	}
	return len(r.c.out) > 0
}

func (r *recording) write() error {
	for _, t := range r.c.ties {
		if err := r.tieFact(r.us.o, t); err != nil {
			return err
		}
	}
	// News in the order in which it happened: what was said before the closing comes before it.
	slices.SortStableFunc(r.c.out, func(a, b difference) int {
		return cmp.Or(cmp.Compare(takenAs(a.kind), takenAs(b.kind)), a.facts.At.Compare(b.facts.At))
	})
	for _, d := range r.c.out {
		if err := r.one(d); err != nil {
			return err
		}
	}
	return r.gone()
}

func takenAs(k desk.FindingKind) int {
	return slices.Index([]desk.FindingKind{desk.StepUntold, desk.ClosedThere}, k)
}

// one takes a difference in, or keeps it as a finding.
func (r *recording) one(d difference) error {
	i := slices.IndexFunc(r.live, func(f db.Finding) bool { return f.Kind == d.kind && f.Subject == d.subject })
	ignored := i >= 0 && r.live[i].State == desk.FindingIgnored
	if !ignored && r.takesByItself(d.kind) {
		done, err := r.takeByItself(d)
		if err != nil {
			return err
		}
		if done {
			r.taken++
			if i >= 0 {
				return r.endFinding(r.live[i], desk.FindingMended, desk.Ponte().Name, "", desk.MendTakeIn)
			}
			return nil
		}
	}
	exchange := r.byID.Exchange
	if d.kind == desk.OrderDoubled || !r.byID.usable() {
		exchange = r.byLegacy.Exchange
	}
	if i >= 0 {
		f := r.live[i]
		sealed, err := r.sealFacts(f.ID, d.facts, exchange)
		if err != nil {
			return err
		}
		return r.SeeFinding(r.ctx, db.SeeFindingParams{ID: f.ID, SeenAt: r.now.UnixMilli(), Facts: sealed})
	}
	n, err := r.keepFinding(r.run, d, exchange, db.Finding{OccurrenceID: store.Null(r.us.o.ID), OrderID: store.Null(r.us.order.ID)})
	r.found += n
	if n > 0 {
		r.changed(r.us.o.Number)
	}
	return err
}

// takesByItself: the configuration says so, and production is not paused: then it is only read.
func (r *recording) takesByItself(k desk.FindingKind) bool {
	paused := r.run.Environment == desk.Production && r.inst.ProductionPaused
	return !paused && slices.Contains(r.c.rule.Take, k)
}

// takeByItself answers false where a rule refuses it: then it is a finding like any other.
func (r *recording) takeByItself(d difference) (bool, error) {
	o, err := r.OccurrenceByID(r.ctx, r.us.o.ID)
	if err != nil {
		return false, err
	}
	err = r.takeIn(desk.Ponte(), o, r.us.order, d.kind, d.facts)
	var refused *desk.Error
	if errors.As(err, &refused) && refused.Kind != desk.Internal {
		return false, nil
	}
	return err == nil, err
}

// keepFinding inserts a finding that is not known yet; 0 where it is.
func (w *work) keepFinding(r *Reconciling, d difference, x Exchange, about db.Finding) (int64, error) {
	id := newID()
	sealed, err := w.sealFacts(id, d.facts, x)
	if err != nil {
		return 0, err
	}
	n, err := w.InsertFinding(w.ctx, db.InsertFindingParams{ID: id, ConnectionID: r.Connection, Environment: r.Environment, Kind: d.kind,
		Subject: d.subject, State: desk.FindingOpen, OccurrenceID: about.OccurrenceID, OrderID: about.OrderID, CustomerID: about.CustomerID,
		DeliveryID: store.NullText(d.delivery), MobussID: d.mobussID, RunID: r.Run, FoundAt: w.now.UnixMilli(), Facts: sealed})
	if n > 0 {
		w.findingsChanged()
	}
	return n, err
}

func (w *work) sealFacts(id string, d DifferenceFacts, x Exchange) ([]byte, error) {
	plain, err := json.Marshal(findingFacts{DifferenceFacts: d, Exchange: x, TookMs: x.Duration.Milliseconds(), HTTP: x.HTTPStatus})
	if err != nil {
		return nil, err
	}
	return w.flow.Keys.Seal(findingPlace(id), plain), nil
}

func (f *Flow) openFacts(row db.Finding) (out findingFacts, err error) {
	plain, err := f.Keys.Open(findingPlace(row.ID), row.Facts)
	if err != nil || plain == nil {
		return out, err
	}
	err = json.Unmarshal(plain, &out)
	return out, err
}

// gone ends what this look could have found again, and did not.
func (r *recording) gone() error {
	for _, f := range r.live {
		again := slices.ContainsFunc(r.c.out, func(d difference) bool { return d.kind == f.Kind && d.subject == f.Subject })
		if again || !r.judged(f) {
			continue
		}
		if err := r.endFinding(f, desk.FindingGone, desk.Ponte().Name, "", ""); err != nil {
			return err
		}
	}
	return nil
}

// judged says whether the answers were able to tell of a finding.
func (r *recording) judged(f db.Finding) bool {
	found := r.byID.usable() && r.byID.Verdict.Outcome == mapping.Found
	t := &r.byID.Order
	switch f.Kind {
	case desk.OrderMissing:
		return r.byID.usable()
	case desk.OrderDoubled:
		return r.byLegacy.usable() && (r.byLegacy.Verdict.Outcome == mapping.NotFound || r.byLegacy.Order.Copies > 0)
	case desk.OrderUnknown:
		return false // the customer's list tells
	case desk.CommentUntold:
		return found && t.Comments != nil && t.Comments.Whole
	case desk.OurCommentLost:
		return found && t.Comments != nil
	case desk.VisitUntold:
		return found && t.Visits != nil && t.Visits.Whole
	case desk.OurVisitLost:
		return found && t.Visits != nil
	case desk.ClosedHere, desk.ClosedThere:
		return found && (t.Open || t.Closed) && !r.us.closing
	case desk.NumberDrifted:
		return found && t.Number != ""
	case desk.DeliveryThere:
		i := slices.IndexFunc(r.us.deliveries, func(d db.Delivery) bool { return d.ID == f.DeliveryID.String })
		return i < 0 || !blocked(r.us.deliveries[i].State, r.us.deliveries[i].NeedsPerson) || found
	}
	return found
}

func (w *work) endFinding(f db.Finding, state desk.FindingState, by, why string, mend desk.Mend) error {
	n, err := w.EndFinding(w.ctx, db.EndFindingParams{ID: f.ID, State: state, EndedAt: store.Null(w.now.UnixMilli()), EndedBy: by, EndedWhy: why,
		Mend: mend, FromState: f.State})
	if n > 0 {
		w.findingsChanged()
		if f.OccurrenceID.Valid {
			return w.changedByID(f.OccurrenceID.Int64)
		}
	}
	return err
}

// changedByID announces an occurrence of which only the row is known, and counts it up, so that its page shows it anew.
func (w *work) changedByID(occurrence int64) error {
	o, err := w.lock(occurrence)
	w.changed(o.Number)
	return err
}

// close counts the look, and remembers what state the order was seen in.
func (r *recording) close() error {
	if !r.byID.usable() {
		if err := r.TryOrderLook(r.ctx, db.TryOrderLookParams{OrderID: r.look.Order, TriedAt: r.now.UnixMilli()}); err != nil {
			return err
		}
	} else {
		situation := r.byID.Order.Situation
		if err := r.SetOrderLook(r.ctx, db.SetOrderLookParams{OrderID: r.look.Order, TriedAt: r.now.UnixMilli(), Situation: situation,
			Since: r.c.stepSince(situation).UnixMilli(), SeenAt: r.look.AskedAt.UnixMilli()}); err != nil {
			return err
		}
	}
	return r.AddToReconcileRun(r.ctx, db.AddToReconcileRunParams{ID: r.run.Run, Orders: 1, Found: r.found, Taken: r.taken})
}
