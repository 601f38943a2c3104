package flow

import (
	"context"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Chosen answers a customer at a unit that a person picked from what Search found. A pair that belongs together no
// more is unidade_sem_contrato_do_cliente; a unit that the actor may not see is unidade_nao_identificada. A
// common area's syndic is answered as who asks for the condominium.
func (f *Flow) Chosen(ctx context.Context, a desk.Actor, unit, customer int64) (Found, error) {
	s := &search{reader: reader{ctx: ctx, q: f.Store.Read(), actor: a}, many: f.Store.ReadMany()}
	var err error
	if s.cfg, err = f.current(ctx); err != nil {
		return Found{}, err
	}
	if s.env, err = f.ActiveEnvironment(ctx); err != nil {
		return Found{}, err
	}
	who, asks, err := s.asking(pair{unit, customer})
	if store.NoRows(err) {
		return Found{}, desk.Fail(desk.ErrUnit)
	}
	if err != nil {
		return Found{}, err
	}
	customer = who.customer
	found, ok, err := s.found(who)
	found.Asks = asks
	if store.NoRows(err) || err == nil && !ok {
		return Found{}, desk.Fail(desk.ErrUnit)
	}
	if err != nil {
		return Found{}, err
	}
	people, err := s.peopleOf(unit)
	for _, id := range people {
		if id == customer {
			return found, err
		}
	}
	if err == nil {
		err = desk.Fail(desk.ErrNoContract)
	}
	return Found{}, err
}

// OpenChosen is OpenByHand for exactly this customer at exactly this unit: tenants, syndics and common areas have
// no contract code that could name them.
func (f *Flow) OpenChosen(ctx context.Context, a desk.Actor, unit, customer int64, in OpenInput) (int64, error) {
	var number int64
	err := f.writeSteady(ctx, func(w *work) error {
		if !a.Has(desk.Attendant, desk.Manager) {
			return desk.Fail(desk.ErrForbidden)
		}
		env, refused := w.phase().Born(in.Test)
		if refused != nil {
			return refused
		}
		id, err := w.exactly(unit, customer)
		if err != nil {
			return err
		}
		if !a.MayTouch(id.unit.DevelopmentID) {
			return desk.Fail(desk.ErrUnit)
		}
		o, err := w.open(a, env, w.inst.ConnectionID, id, in)
		number = o.Number
		return err
	})
	return number, err
}

// exactly is identify for a pair of ids: it must still belong together.
func (w *work) exactly(unit, customer int64) (identity, error) {
	place, err := w.Place(w.ctx, unit)
	if store.NoRows(err) {
		return identity{}, desk.Fail(desk.ErrUnit)
	}
	if err != nil {
		return identity{}, err
	}
	contracts, err := w.ContractsOfUnit(w.ctx, unit)
	if err != nil {
		return identity{}, err
	}
	parties, err := w.PartiesOfUnit(w.ctx, unit)
	if err != nil {
		return identity{}, err
	}
	return tie(desk.UnitCandidate{ID: unit, DevelopmentID: place.DevelopmentID, DevelopmentCode: place.DevelopmentCode,
		BlockCode: place.BlockCode, Number: place.Number, CommonArea: place.CommonArea}, db.Customer{ID: customer}, contracts, parties)
}
