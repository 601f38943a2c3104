package flow

import (
	"context"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// FindingPage is all that is shown of a finding.
type FindingPage struct {
	FindingLine
	Facts       DifferenceFacts
	Delivery    string // the one that it is about
	Point       desk.Point
	Ours        string // what we said that was lost
	Customer    string // of an order that nobody knows
	Request     WireMessage
	Response    WireMessage
	DurationMs  int64
	HTTPStatus  int
	OrderState  desk.OrderState
	Masked      bool // personal data is hidden from this reader
	MayMend     bool
	Mends       []desk.Mend // that can be done now
	OffByPolicy *desk.Error // why nothing can be sent now
}

// FindingPage answers a finding that the actor may see, as they may see it.
func (f *Flow) FindingPage(ctx context.Context, a desk.Actor, id string) (*FindingPage, error) {
	if !MaySeeFindings(a) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	w, err := f.rehearse(ctx)
	if err != nil {
		return nil, err
	}
	none := desk.Fail(desk.ErrNoFinding, "achado", id)
	row, err := w.FindingByID(ctx, id)
	if store.NoRows(err) {
		return nil, none
	}
	if err != nil {
		return nil, err
	}
	facts, err := f.openFacts(row)
	if err != nil {
		return nil, err
	}
	p := &FindingPage{FindingLine: findingLine(findingRow{ID: row.ID, Kind: row.Kind, State: row.State, Environment: row.Environment,
		MobussID: row.MobussID, RunID: row.RunID, FoundAt: row.FoundAt, SeenAt: row.SeenAt, EndedAt: row.EndedAt, EndedBy: row.EndedBy,
		EndedWhy: row.EndedWhy, Mend: row.Mend}), Facts: facts.DifferenceFacts, DurationMs: facts.TookMs, HTTPStatus: facts.HTTP,
		Masked: !a.SeesDocuments, MayMend: MayMend(a)}
	var people []person
	if row.OccurrenceID.Valid {
		o, err := w.OccurrenceByID(ctx, row.OccurrenceID.Int64)
		if err != nil {
			return nil, err
		}
		if !visible(a, o) {
			return nil, none
		}
		if err := p.ofOccurrence(w, row, o); err != nil {
			return nil, err
		}
		if people, err = w.peopleOf(o.CustomerID); err != nil {
			return nil, err
		}
	} else if !touches(a, 0, false) {
		return nil, none
	} else if people, err = w.peopleOf(row.CustomerID.Int64); err != nil {
		return nil, err
	}
	r := newRedactor(a, people...)
	if len(people) > 0 {
		p.Customer = r.text(people[0].name)
	}
	p.redact(r, facts)
	p.mends()
	return p, nil
}

func (w *work) peopleOf(customer int64) ([]person, error) {
	c, err := w.CustomerByID(w.ctx, customer)
	if store.NoRows(err) {
		return nil, nil
	}
	return []person{{name: c.Name, document: c.DocumentKey.String, phone: c.Phone, email: c.Email}}, err
}

// ofOccurrence adds what is known of the occurrence, its order and the delivery.
func (p *FindingPage) ofOccurrence(w *work, row db.Finding, o db.Occurrence) error {
	place, err := w.Place(w.ctx, o.UnitID)
	if err != nil {
		return err
	}
	zone := Zone(place.Zone)
	p.Number, p.Subject = o.Number, o.Subject
	p.FoundAt, p.SeenAt = p.FoundAt.In(zone), p.SeenAt.In(zone)
	if !p.Facts.At.IsZero() {
		p.Facts.At = p.Facts.At.In(zone)
	}
	p.OffByPolicy = w.sendingOff(o)
	if row.OrderID.Valid {
		s, err := w.OrderByID(w.ctx, row.OrderID.Int64)
		if err != nil {
			return err
		}
		p.OrderNumber, p.OrderState = s.MobussNumber.String, s.State
	}
	if !row.DeliveryID.Valid {
		return nil
	}
	d, err := w.DeliveryByID(w.ctx, row.DeliveryID.String)
	if err != nil {
		return err
	}
	p.Delivery, p.Point = d.ID, d.Point
	m, err := w.MovementByID(w.ctx, d.MovementID)
	p.Ours = m.Comment
	return err
}

func (p *FindingPage) redact(r *redactor, facts findingFacts) {
	if m, ok := readWire(facts.Exchange.Request); ok {
		p.Request = m.shownTo(r)
	}
	if m, ok := readWire(facts.Exchange.Response); ok {
		p.Response = m.shownTo(r)
	}
	p.Ours, p.Facts.Solution = r.text(p.Ours), r.text(p.Facts.Solution)
	if p.Facts.Item != nil {
		shown := *p.Facts.Item
		shown.Text, shown.Author = r.text(shown.Text), r.text(shown.Author)
		p.Facts.Item = &shown
	}
}

// mends are those that can be done now; what sends is left out while nothing is sent.
func (p *FindingPage) mends() {
	if p.State != desk.FindingOpen || !p.MayMend {
		return
	}
	for _, m := range p.Kind.Mends() {
		switch {
		case m.Sends() && p.OffByPolicy != nil:
		case m == desk.MendTie && p.Kind != desk.OrderUnknown && len(p.Facts.Others) == 0:
		default:
			p.Mends = append(p.Mends, m)
		}
	}
}
