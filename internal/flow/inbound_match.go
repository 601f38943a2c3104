package flow

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// NearMatch is a unit, and perhaps a customer of it, that a refused call may have meant.
type NearMatch struct {
	UnitID, CustomerID int64
	Unit               Unit
	Customer           Customer // zero where only the unit is near
	Reasons            []desk.Reason
	Score              int // the higher the likelier; only the order counts
}

// How far the search for near matches goes. Every look is along an index, so it costs the same with any registry.
const (
	nearShown     = 6
	nearUnits     = 16  // whose people are looked at
	nearCustomers = 24  // whose units are looked at
	nearRows      = 400 // of one index
)

// How much each finding says. What names one thing exactly says more than what many share.
const (
	pointsContract  = 70
	pointsWritten   = 60
	pointsMobuss    = 55
	pointsElsewhere = 50
	pointsNumber    = 20
	pointsPlace     = 20 // for the block, and for the development
	pointsDocument  = 60
	pointsTypo      = 45
	pointsName      = 30
	pointsNameTypo  = 22
	pointsPhone     = 25
	pointsTogether  = 30 // the customer has to do with the unit
)

// hit is a unit or a customer with what speaks for it.
type hit struct {
	id      int64
	score   int
	reasons []desk.Reason
}

type hits map[int64]*hit

func (h hits) add(id int64, points int, why desk.Reason) {
	x := h[id]
	if x == nil {
		x = &hit{id: id}
		h[id] = x
	}
	if slices.ContainsFunc(x.reasons, func(r desk.Reason) bool { return r.Code == why.Code }) {
		return
	}
	x.score += points
	x.reasons = append(x.reasons, why)
}

// best are the highest, at most so many; equal ones in the order of their ids.
func (h hits) best(most int) []*hit {
	var all []*hit
	for _, x := range h {
		all = append(all, x)
	}
	slices.SortFunc(all, func(a, b *hit) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.id, b.id)) })
	return all[:min(len(all), most)]
}

// matcher looks for what a refused opening may have meant.
type matcher struct {
	reader
	many      *store.Many
	env       desk.Environment
	in        map[string]string
	units     hits
	customers hits
	names     map[int64]db.Customer
	pairs     map[pair]*NearMatch
}

// near answers what an opening that was refused for its unit or customer may have meant, the likeliest first.
func (f *Flow) near(ctx context.Context, a desk.Actor, c db.InboundCall, params map[string]string) ([]NearMatch, error) {
	if c.Operation != "IncluirOcorrencia" || !slices.Contains([]string{desk.ErrUnit, desk.ErrAmbiguousUnit, desk.ErrCustomer,
		desk.ErrNoContract, desk.ErrParameter}, c.Code) {
		return nil, nil
	}
	m := &matcher{reader: reader{ctx: ctx, q: f.Store.Read(), actor: a}, many: f.Store.ReadMany(), env: c.Environment, in: params, units: hits{}, customers: hits{},
		names: map[int64]db.Customer{}, pairs: map[pair]*NearMatch{}}
	for _, look := range []func() error{m.byContract, m.byWritten, m.byMobuss, m.byDocument, m.byPhone, m.byName, m.unitsOfCustomers, m.peopleOfUnits} {
		if err := look(); err != nil {
			return nil, err
		}
	}
	return m.ranked()
}

// byContract: the contract's code is no unit number, but it is often sent for one.
func (m *matcher) byContract() error {
	k, err := m.q.ContractByCode(m.ctx, strings.ToUpper(m.in["cod_projeto"]))
	if store.NoRows(err) {
		return nil
	}
	if err == nil {
		m.units.add(k.UnitID, pointsContract, desk.Because("perto_contrato", "contrato", k.Code))
	}
	return err
}

func (m *matcher) byWritten() error {
	project := m.in["cod_projeto"]
	readings := append([]desk.Written{{Number: desk.UnitKey(project)}}, desk.ReadUnit(project)...)
	looked := map[string][]db.UnitsWrittenRow{}
	for _, w := range readings {
		rows, ok := looked[w.Number]
		if !ok && w.Number != "" {
			var err error
			if rows, err = m.q.UnitsWritten(m.ctx, w.Number); err != nil {
				return err
			}
			looked[w.Number] = rows
		}
		for _, u := range rows {
			m.written(w, u)
		}
	}
	return nil
}

func (m *matcher) written(w desk.Written, u db.UnitsWrittenRow) {
	if !m.actor.MayTouch(u.DevelopmentID) {
		return
	}
	if !w.Bare() && w.Fits(placeOf(u)) {
		m.units.add(u.ID, pointsWritten, desk.Because("perto_escrita", "texto", m.in["cod_projeto"]))
	} else {
		m.units.add(u.ID, pointsNumber, desk.Because("perto_numero", "numero", u.Number))
	}
	block, development := m.in["cod_bloco"], m.in["cod_empreendimento"]
	place := placeOf(u)
	if block != "" && (desk.Written{Words: desk.Words(block)}).Fits(desk.Place{BlockCode: place.BlockCode, BlockName: place.BlockName}) {
		m.units.add(u.ID, pointsPlace, desk.Because("perto_bloco", "bloco", u.BlockCode))
	}
	if development != "" && (desk.Written{Words: desk.Words(development)}).Fits(desk.Place{DevelopmentCode: place.DevelopmentCode, DevelopmentName: place.DevelopmentName}) {
		m.units.add(u.ID, pointsPlace, desk.Because("perto_empreendimento", "empreendimento", u.DevelopmentCode))
	}
}

// minCode is the length from which a text may be an id of Mobuss with a typo; shorter ones are near to everything.
const minCode = 5

func (m *matcher) byMobuss() error {
	code := m.in["cod_projeto"]
	own, other := m.q.UnitsByMobussHomologation, m.q.UnitsByMobussProduction
	elsewhere := desk.Production
	if m.env == desk.Production {
		own, other, elsewhere = other, own, desk.Homologation
	}
	ids, err := other(m.ctx, store.NullText(code))
	if err != nil {
		return err
	}
	for _, id := range ids {
		m.units.add(id, pointsElsewhere, desk.Because("perto_outro_ambiente", "ambiente", string(elsewhere)))
	}
	if len(code) < minCode || m.certain() {
		return nil
	}
	for _, near := range desk.NearCodes(code) {
		ids, err := own(m.ctx, store.NullText(near))
		if err != nil {
			return err
		}
		for _, id := range ids {
			m.units.add(id, pointsMobuss, desk.Because("perto_id", "id", near))
		}
	}
	return nil
}

// certain: something names a unit so well that nobody need guess at typos.
func (m *matcher) certain() bool {
	for _, u := range m.units {
		if u.score >= pointsWritten {
			return true
		}
	}
	return false
}

func (m *matcher) byDocument() error {
	text := m.in["cpf_cnpj"]
	if d, ok := desk.ParseDocument(text); ok {
		c, err := m.q.CustomerByDocument(m.ctx, store.NullText(string(d)))
		if err == nil {
			m.names[c.ID] = c
			m.customers.add(c.ID, pointsDocument, desk.Because("perto_documento"))
			return nil
		}
		if !store.NoRows(err) {
			return err
		}
	}
	for _, d := range desk.NearDocuments(text) {
		c, err := m.q.CustomerByDocument(m.ctx, store.NullText(string(d)))
		if store.NoRows(err) {
			continue
		}
		if err != nil {
			return err
		}
		m.names[c.ID] = c
		m.customers.add(c.ID, pointsTypo, desk.Because("perto_documento_errado"))
	}
	return nil
}

// minPhone is how many last digits make a phone somebody's.
const minPhone = 8

func (m *matcher) byPhone() error {
	key := desk.PhoneKey(m.in["telefone"])
	if len(key) < minPhone {
		return nil
	}
	key = key[:minPhone]
	ids, err := m.q.CustomersByPhone(m.ctx, db.CustomersByPhoneParams{FromKey: key, ToKey: above(key), Most: nearCustomers})
	for _, id := range ids {
		m.customers.add(id, pointsPhone, desk.Because("perto_telefone"))
	}
	return err
}

func (m *matcher) customer(id int64) (db.Customer, error) {
	if c, ok := m.names[id]; ok {
		return c, nil
	}
	c, err := m.q.CustomerByID(m.ctx, id)
	m.names[id] = c
	return c, err
}

func (m *matcher) unitsOfCustomers() error {
	for _, c := range m.customers.best(nearCustomers) {
		contracts, err := m.q.ContractsOfCustomer(m.ctx, c.id)
		if err != nil {
			return err
		}
		others, err := m.q.UnitIDsOfParty(m.ctx, c.id)
		if err != nil {
			return err
		}
		for _, k := range contracts[:min(len(contracts), nearRows)] {
			others = append(others, k.UnitID)
		}
		for _, unit := range others {
			m.pair(unit, c)
		}
	}
	return nil
}

func (m *matcher) pair(unit int64, c *hit) {
	score, reasons := c.score, c.reasons
	if u := m.units[unit]; u != nil {
		score, reasons = score+u.score+pointsTogether, slices.Concat(u.reasons, reasons)
	}
	p := pair{unit, c.id}
	if m.pairs[p] == nil || m.pairs[p].Score < score {
		m.pairs[p] = &NearMatch{UnitID: unit, CustomerID: c.id, Score: score, Reasons: reasons}
	}
}

// peopleOfUnits shows a near unit alone where nobody else speaks for one of its people; where the call names
// somebody whom nobody knows, the unit's people are who it may be.
func (m *matcher) peopleOfUnits() error {
	named := m.in["cpf_cnpj"] != "" && len(m.customers) == 0
	for _, u := range m.units.best(nearUnits) {
		paired := false
		for p := range m.pairs {
			paired = paired || p.unit == u.id
		}
		if paired {
			continue
		}
		m.pairs[pair{u.id, 0}] = &NearMatch{UnitID: u.id, Score: u.score, Reasons: u.reasons}
		if !named {
			continue
		}
		people, err := (&search{reader: m.reader, many: m.many}).peopleOf(u.id)
		if err != nil {
			return err
		}
		for _, id := range people {
			m.pairs[pair{u.id, id}] = &NearMatch{UnitID: u.id, CustomerID: id, Score: u.score + 1,
				Reasons: append(slices.Clone(u.reasons), desk.Because("perto_da_unidade"))}
			delete(m.pairs, pair{u.id, 0})
		}
	}
	return nil
}

func (m *matcher) ranked() ([]NearMatch, error) {
	var all []*NearMatch
	for _, p := range m.pairs {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *NearMatch) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.UnitID, b.UnitID), cmp.Compare(a.CustomerID, b.CustomerID))
	})
	placed := map[int64]bool{} // customers who have to do with a unit that is near: their other units are not meant
	for _, p := range all {
		placed[p.CustomerID] = placed[p.CustomerID] || p.CustomerID != 0 && m.units[p.UnitID] != nil
	}
	var out []NearMatch
	for _, p := range all {
		if len(out) == nearShown {
			break
		}
		if placed[p.CustomerID] && m.units[p.UnitID] == nil {
			continue
		}
		place, err := m.q.Place(m.ctx, p.UnitID)
		if err != nil {
			return nil, err
		}
		if !m.actor.MayTouch(place.DevelopmentID) {
			continue
		}
		p.Unit = Unit{ID: p.UnitID, DevelopmentCode: place.DevelopmentCode, DevelopmentName: place.DevelopmentName,
			BlockCode: place.BlockCode, BlockName: place.BlockName, Number: place.Number, CommonArea: place.CommonArea}
		if p.CustomerID != 0 {
			c, err := m.customer(p.CustomerID)
			if err != nil {
				return nil, err
			}
			p.Customer = Customer{Name: c.Name, Document: shownDocument(m.actor, c.DocumentKey.String), Email: c.Email, Phone: c.Phone}
		}
		out = append(out, *p)
	}
	return out, nil
}
