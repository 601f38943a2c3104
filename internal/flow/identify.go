package flow

import (
	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// identity is the who and where of an occurrence.
type identity struct {
	unit       desk.UnitCandidate
	customerID int64
	contractID int64
}

// identify applies RULES.md, "Who and where". From Mobuss cod_projeto is a unit number or a Mobuss unit id, never
// a contract code; from the house, or where Mobuss is not integrated, the contract code comes first.
func (w *work) identify(a desk.Actor, env desk.Environment, in OpenInput) (identity, error) {
	customer, err := w.namedCustomer(in)
	if err != nil {
		return identity{}, err
	}
	if a.Origin != desk.Field || !w.cfg.Method.Integrated() {
		if id, err := w.byContract(a, in, customer); err == nil || !store.NoRows(err) {
			return id, err
		}
	}
	candidates, err := w.candidates(env, in.Project)
	if err == nil && len(candidates) == 0 {
		candidates, err = w.written(in.Project)
	}
	if err != nil {
		return identity{}, err
	}
	var theirs map[int64]bool
	if customer != nil && len(candidates) > 1 {
		if theirs, err = w.unitsOf(customer.ID); err != nil {
			return identity{}, err
		}
	}
	unit, _, refused := desk.NarrowUnits(candidates, in.Development, in.Block, theirs)
	if refused != nil {
		return identity{}, refused
	}
	if refused := inReach(a, unit); refused != nil {
		return identity{}, refused
	}
	return w.withCustomer(unit, customer, in)
}

// inReach refuses a unit of a development that the actor may not touch, before anything is said of who lives there.
func inReach(a desk.Actor, unit desk.UnitCandidate) error {
	if a.MayTouch(unit.DevelopmentID) {
		return nil
	}
	return desk.Fail(desk.ErrForbidden, "motivo", "empreendimento_fora_do_token")
}

// namedCustomer finds who cpf_cnpj names: nil if the call names nobody or somebody unknown.
func (w *work) namedCustomer(in OpenInput) (*db.Customer, error) {
	if in.Document == "" {
		return nil, nil
	}
	d, ok := desk.ParseDocument(in.Document)
	if !ok {
		return nil, desk.BadField("cpf_cnpj", "cpf_cnpj_invalido")
	}
	c, err := w.CustomerByDocument(w.ctx, store.NullText(string(d)))
	if store.NoRows(err) {
		return nil, nil
	}
	return &c, err
}

// byContract answers sql.ErrNoRows where cod_projeto is no contract code.
func (w *work) byContract(a desk.Actor, in OpenInput, customer *db.Customer) (identity, error) {
	c, err := w.ContractByCode(w.ctx, in.Project)
	if err != nil {
		return identity{}, err
	}
	place, err := w.Place(w.ctx, c.UnitID)
	if err != nil {
		return identity{}, err
	}
	unit := desk.UnitCandidate{ID: c.UnitID, DevelopmentID: place.DevelopmentID, DevelopmentCode: place.DevelopmentCode,
		BlockCode: place.BlockCode, Number: place.Number, CommonArea: place.CommonArea}
	if refused := inReach(a, unit); refused != nil {
		return identity{}, refused
	}
	if in.Document == "" {
		return identity{unit: unit, customerID: c.CustomerID, contractID: c.ID}, nil
	}
	return w.withCustomer(unit, customer, in)
}

func (w *work) candidates(env desk.Environment, project string) ([]desk.UnitCandidate, error) {
	var out []desk.UnitCandidate
	add := func(u db.Unit, development, block string) {
		out = append(out, desk.UnitCandidate{ID: u.ID, DevelopmentID: u.DevelopmentID, DevelopmentCode: development,
			BlockCode: block, Number: u.Number, CommonArea: u.CommonArea})
	}
	key := desk.UnitKey(project)
	if env == desk.Production {
		rows, err := w.UnitsByKeyOrMobussProduction(w.ctx, db.UnitsByKeyOrMobussProductionParams{
			NumberKey: key, IDMobussProducao: store.NullText(project)})
		for _, r := range rows {
			add(db.Unit{ID: r.ID, DevelopmentID: r.DevelopmentID, Number: r.Number, CommonArea: r.CommonArea}, r.DevelopmentCode, r.BlockCode)
		}
		return out, err
	}
	rows, err := w.UnitsByKeyOrMobussHomologation(w.ctx, db.UnitsByKeyOrMobussHomologationParams{
		NumberKey: key, IDMobussHomologacao: store.NullText(project)})
	for _, r := range rows {
		add(db.Unit{ID: r.ID, DevelopmentID: r.DevelopmentID, Number: r.Number, CommonArea: r.CommonArea}, r.DevelopmentCode, r.BlockCode)
	}
	return out, err
}

// unitsOf is every unit that a customer has to do with: by contract, as tenant, as syndic.
func (w *work) unitsOf(customer int64) (map[int64]bool, error) {
	units := map[int64]bool{}
	contracts, err := w.ContractsOfCustomer(w.ctx, customer)
	if err != nil {
		return nil, err
	}
	for _, c := range contracts {
		units[c.UnitID] = true
	}
	others, err := w.UnitIDsOfParty(w.ctx, customer)
	for _, u := range others {
		units[u] = true
	}
	return units, err
}

func (w *work) withCustomer(unit desk.UnitCandidate, customer *db.Customer, in OpenInput) (identity, error) {
	contracts, err := w.ContractsOfUnit(w.ctx, unit.ID)
	if err != nil {
		return identity{}, err
	}
	parties, err := w.PartiesOfUnit(w.ctx, unit.ID)
	if err != nil {
		return identity{}, err
	}
	switch {
	case customer != nil:
		return tie(unit, *customer, contracts, parties)
	case in.Document == "":
		return onlyCustomer(unit, contracts, parties)
	case in.BlockNewCustomer == "F" && !w.cfg.Method.Integrated():
		return w.newCustomer(unit, in)
	}
	return identity{}, desk.Fail(desk.ErrCustomer, "motivo", "cpf_cnpj_desconhecido")
}

// tie refuses a customer who is neither on a contract of the unit, nor its registered tenant, nor the syndic.
func tie(unit desk.UnitCandidate, c db.Customer, contracts []db.Contract, parties []db.UnitParty) (identity, error) {
	id := identity{unit: unit, customerID: c.ID}
	tied := false
	for _, k := range contracts {
		if k.CustomerID == c.ID && (id.contractID == 0 || k.Current) {
			id.contractID, tied = k.ID, true
		}
	}
	for _, p := range parties {
		tied = tied || p.CustomerID == c.ID
	}
	if !tied {
		return identity{}, desk.Fail(desk.ErrNoContract)
	}
	return id, nil
}

// onlyCustomer is who is meant when nobody is named: the unit's only current contract, or the condominium of a
// common area.
func onlyCustomer(unit desk.UnitCandidate, contracts []db.Contract, parties []db.UnitParty) (identity, error) {
	var current []db.Contract
	for _, c := range contracts {
		if c.Current {
			current = append(current, c)
		}
	}
	if len(current) == 1 {
		return identity{unit: unit, customerID: current[0].CustomerID, contractID: current[0].ID}, nil
	}
	if unit.CommonArea {
		for _, p := range parties {
			if desk.Relation(p.Kind) == desk.Condominium {
				return identity{unit: unit, customerID: p.CustomerID}, nil
			}
		}
	}
	return identity{}, desk.Fail(desk.ErrCustomer, "motivo", "sem_contrato_unico", "quantos", len(current))
}

// newCustomer is what bloqueio_incluir_cliente = F allows while Mobuss is not integrated.
func (w *work) newCustomer(unit desk.UnitCandidate, in OpenInput) (identity, error) {
	if in.CustomerName == "" {
		return identity{}, desk.BadField("nome_cliente", "obrigatorio")
	}
	if w.rehearsal {
		return identity{unit: unit}, nil
	}
	d, _ := desk.ParseDocument(in.Document)
	id, err := w.InsertCustomerFromCall(w.ctx, db.InsertCustomerFromCallParams{Name: in.CustomerName,
		DocumentKey: store.NullText(string(d)), Email: in.Email, Phone: in.Phone})
	if err != nil {
		return identity{}, err
	}
	return identity{unit: unit, customerID: id}, w.indexCustomer(id, in.CustomerName, in.Phone)
}
