package flow

import (
	"context"
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// UnitPeople are who may ask for a unit.
type UnitPeople struct {
	Unit Unit
	Zone *time.Location
	Now  []UnitPerson // contracts that run, tenants, syndics, the condominium
	Past []UnitPerson // terms that the desk recorded and that are over
	// Kind is whom the desk can record here; empty where this person may record nobody.
	Kind desk.Relation
}

// UnitPerson is a person at a unit.
type UnitPerson struct {
	ID           int64
	NoLetters    bool // asked for none
	Customer     Customer
	Relation     desk.Relation
	Contract     string // its code, of an owner
	Term         int64  // of one that the desk recorded; 0: the ERP's, read-only here
	Since, Until time.Time
	By           string
}

// MaySeeUnitPeople says who sees a unit's people: whoever opens occurrences for them.
func MaySeeUnitPeople(a desk.Actor) bool { return a.Has(desk.Attendant, desk.Manager) }

// kindOf is whom the desk can record: a syndic of a common area, a tenant of any other unit.
func kindOf(common bool) desk.Relation {
	if common {
		return desk.Syndic
	}
	return desk.Tenant
}

// UnitPeople answers who may ask for a unit.
func (f *Flow) UnitPeople(ctx context.Context, a desk.Actor, unit int64) (*UnitPeople, error) {
	if !MaySeeUnitPeople(a) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	q := f.Store.Read()
	place, err := q.Place(ctx, unit)
	if store.NoRows(err) || err == nil && !a.MayTouch(place.DevelopmentID) {
		return nil, desk.Fail(desk.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	out := &UnitPeople{Zone: Zone(place.Zone), Kind: kindOf(place.CommonArea)}
	if out.Unit, err = unitAt(ctx, q, unit); err != nil {
		return nil, err
	}
	terms, err := q.TermsOfUnit(ctx, unit)
	if err != nil {
		return nil, err
	}
	r := &reader{ctx: ctx, q: q, actor: a, zone: out.Zone}
	if err := r.standing(out, unit, terms); err != nil {
		return nil, err
	}
	for _, t := range terms {
		if t.Until.Valid {
			out.Past = append(out.Past, UnitPerson{Customer: Customer{Name: t.CustomerName}, Relation: desk.Relation(t.Kind), Term: t.ID,
				Since: r.time(t.Since), Until: r.null(t.Until), By: t.EndedBy})
		}
	}
	return out, nil
}

// standing are those who may ask now.
func (r *reader) standing(out *UnitPeople, unit int64, terms []db.TermsOfUnitRow) error {
	contracts, err := r.q.ContractsOfUnit(r.ctx, unit)
	if err != nil {
		return err
	}
	for _, k := range contracts {
		if !k.Current {
			continue
		}
		one := UnitPerson{Relation: desk.Owner, Contract: k.Code}
		if err = r.unitPerson(&one, k.CustomerID); err != nil {
			return err
		}
		out.Now = append(out.Now, one)
	}
	parties, err := r.q.PartiesOfUnit(r.ctx, unit)
	if err != nil {
		return err
	}
	for _, p := range parties {
		one := UnitPerson{Relation: desk.Relation(p.Kind)}
		if err = r.unitPerson(&one, p.CustomerID); err != nil {
			return err
		}
		if i := slices.IndexFunc(terms, func(t db.TermsOfUnitRow) bool {
			return t.CustomerID == p.CustomerID && t.Kind == p.Kind && !t.Until.Valid
		}); i >= 0 {
			one.Term, one.Since, one.By = terms[i].ID, r.time(terms[i].Since), terms[i].CreatedBy
		}
		out.Now = append(out.Now, one)
	}
	return nil
}

func (r *reader) unitPerson(p *UnitPerson, id int64) error {
	c, err := r.q.CustomerByID(r.ctx, id)
	p.ID, p.NoLetters = id, c.NoLetters
	p.Customer = Customer{Name: c.Name, Document: r.document(c.DocumentKey.String), Email: c.Email, Phone: c.Phone}
	return err
}

// UnitPersonInput is a tenant or syndic whom the desk records.
type UnitPersonInput struct {
	Unit                         int64
	Document, Name, Phone, Email string
	Since                        When // zero: today
}

// AddUnitPerson records a tenant of a unit, or a syndic of a common area, from a day on. A person whom the registry knows by
// their CPF stays as the registry has them.
func (f *Flow) AddUnitPerson(ctx context.Context, a desk.Actor, in UnitPersonInput) error {
	return f.write(ctx, func(w *work) error {
		place, err := w.placeOf(a, in.Unit)
		if err != nil {
			return err
		}
		since := in.Since.in(Zone(place.Zone), w.now)
		if since.After(w.now) {
			return desk.BadField("desde", "data_no_futuro")
		}
		kind := string(kindOf(place.CommonArea))
		customer, err := w.personOf(in)
		if err != nil {
			return err
		}
		parties, err := w.PartiesOfUnit(w.ctx, in.Unit)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(parties, func(p db.UnitParty) bool { return p.CustomerID == customer && p.Kind == kind }) {
			return desk.BadField("cpf_cnpj", "ja_e_desta_unidade")
		}
		if err := w.UpsertUnitParty(w.ctx, db.UpsertUnitPartyParams{UnitID: in.Unit, CustomerID: customer, Kind: kind}); err != nil {
			return err
		}
		if err := w.InsertTerm(w.ctx, db.InsertTermParams{UnitID: in.Unit, CustomerID: customer, Kind: kind, Since: since.UnixMilli(),
			CreatedAt: w.now.UnixMilli(), CreatedBy: a.Name}); err != nil {
			return err
		}
		return w.audit(a, "unidade.pessoa_incluir", "unidade:"+itoa(in.Unit), map[string]any{"cliente": customer, "como": kind, "desde": since.Format(time.DateOnly)})
	})
}

// placeOf is a unit whose people the actor may record.
func (w *work) placeOf(a desk.Actor, unit int64) (db.PlaceRow, error) {
	if !a.Has(desk.Attendant, desk.Manager) {
		return db.PlaceRow{}, desk.Fail(desk.ErrForbidden)
	}
	place, err := w.Place(w.ctx, unit)
	if store.NoRows(err) || err == nil && !a.MayTouch(place.DevelopmentID) {
		return place, desk.Fail(desk.ErrNotFound)
	}
	return place, err
}

// personOf finds a person by their CPF, or adds them.
func (w *work) personOf(in UnitPersonInput) (int64, error) {
	d, ok := desk.ParseDocument(in.Document)
	if !ok {
		return 0, desk.BadField("cpf_cnpj", "cpf_cnpj_invalido")
	}
	c, err := w.CustomerByDocument(w.ctx, store.NullText(string(d)))
	if err == nil || !store.NoRows(err) {
		return c.ID, err
	}
	if strings.TrimSpace(in.Name) == "" {
		return 0, desk.BadField("nome", "obrigatorio")
	}
	id, err := w.InsertCustomerFromCall(w.ctx, db.InsertCustomerFromCallParams{Name: in.Name, DocumentKey: store.NullText(string(d)), Email: in.Email, Phone: in.Phone})
	if err != nil {
		return 0, err
	}
	return id, w.indexCustomer(id, in.Name, in.Phone)
}

// EndUnitPerson ends a term that the desk recorded, on a day that has come. What the person asked for stays theirs.
func (f *Flow) EndUnitPerson(ctx context.Context, a desk.Actor, unit, term int64, until When) error {
	return f.write(ctx, func(w *work) error {
		place, err := w.placeOf(a, unit)
		if err != nil {
			return err
		}
		t, err := w.TermByID(w.ctx, term)
		if store.NoRows(err) || err == nil && t.UnitID != unit {
			return desk.Fail(desk.ErrNotFound)
		}
		if err != nil {
			return err
		}
		end := until.in(Zone(place.Zone), w.now)
		switch {
		case end.After(w.now):
			return desk.BadField("ate", "fim_no_futuro")
		case end.UnixMilli() < t.Since:
			return desk.BadField("ate", "antes_do_inicio")
		}
		n, err := w.EndTerm(w.ctx, db.EndTermParams{ID: term, Until: store.Null(end.UnixMilli()), EndedBy: a.Name})
		if err != nil || n == 0 {
			return err
		}
		if err := w.DeleteUnitParty(w.ctx, db.DeleteUnitPartyParams{UnitID: unit, CustomerID: t.CustomerID, Kind: t.Kind}); err != nil {
			return err
		}
		return w.audit(a, "unidade.pessoa_encerrar", "unidade:"+itoa(unit), map[string]any{"cliente": t.CustomerID, "como": t.Kind, "ate": end.Format(time.DateOnly)})
	})
}

// asking is who asks where that is not the customer: a common area is the condominium's, and its syndic asks for it. It answers
// the pair as it is recorded.
func (s *search) asking(p pair) (pair, Requester, error) {
	place, err := s.q.Place(s.ctx, p.unit)
	if err != nil || !place.CommonArea {
		return p, Requester{}, err
	}
	parties, err := s.q.PartiesOfUnit(s.ctx, p.unit)
	if err != nil {
		return p, Requester{}, err
	}
	var owner, syndic int64
	for _, x := range parties {
		switch {
		case desk.Relation(x.Kind) == desk.Condominium && owner == 0:
			owner = x.CustomerID
		case desk.Relation(x.Kind) == desk.Syndic && (syndic == 0 || x.CustomerID == p.customer):
			syndic = x.CustomerID
		}
	}
	if owner == 0 || syndic == 0 || p.customer != owner && p.customer != syndic {
		return p, Requester{}, nil
	}
	c, err := s.q.CustomerByID(s.ctx, syndic)
	return pair{p.unit, owner}, Requester{Name: c.Name, Phone: c.Phone, Relation: string(desk.Syndic)}, err
}
