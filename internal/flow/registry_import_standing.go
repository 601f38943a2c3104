package flow

import (
	"context"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// standing is what the registry says of a chunk's rows. It is read at once, follows what the chunk decides, and what was
// decided is written at once: a chunk costs some twenty statements, however many rows it has.
type standing struct {
	many      *store.Many
	units     map[store.UnitAt][]db.Unit // as people write their numbers, by id
	customers map[desk.Document]db.Customer
	contracts map[string]db.Contract
	parties   map[db.UnitParty]bool
	byMobuss  [2]map[string][]db.Unit // in homologation and in production
	ids       struct{ unit, customer, contract []int64 }

	former *former // of a chunk of occurrences

	newUnits, changedUnits         []db.Unit
	newCustomers, changedCustomers []db.Customer
	contractsPut                   []db.Contract
	words                          []db.CustomerWord
	partiesPut                     []db.UnitParty
}

// look reads what rows name.
func look(ctx context.Context, many *store.Many, rows []RegistryRow, places []placed) (*standing, error) {
	s := &standing{many: many, units: map[store.UnitAt][]db.Unit{}, customers: map[desk.Document]db.Customer{}, contracts: map[string]db.Contract{},
		parties: map[db.UnitParty]bool{}, byMobuss: [2]map[string][]db.Unit{{}, {}}}
	want := wanted{}
	for i := range rows {
		want.row(&rows[i], places[i])
	}
	err := many.Units(ctx, want.units.list, func(u db.Unit) { s.keepUnit(u) })
	if err == nil {
		err = many.Customers(ctx, want.customers.list, func(c db.Customer) { s.customers[desk.Document(c.DocumentKey.String)] = c })
	}
	if err == nil {
		err = many.Contracts(ctx, want.contracts.list, func(c db.Contract) { s.contracts[c.Code] = c })
	}
	for i := range want.mobuss {
		if err == nil {
			err = many.UnitsOfMobuss(ctx, i == 1, want.mobuss[i].list, func(u db.Unit) { s.keepMobuss(i, u) })
		}
	}
	if err == nil && want.parties {
		var units []int64
		for _, found := range s.units {
			for _, u := range found {
				units = append(units, u.ID)
			}
		}
		err = many.Parties(ctx, units, func(p db.UnitParty) { s.parties[p] = true })
	}
	return s, err
}

// reserve takes ids for what the rows may make.
func (s *standing) reserve(ctx context.Context, rows []RegistryRow, places []placed) (err error) {
	missing := wanted{}
	for i := range rows {
		missing.row(&rows[i], places[i])
	}
	count := func(n int, there func(i int) bool) (missing int) {
		for i := range n {
			if !there(i) {
				missing++
			}
		}
		return missing
	}
	if s.ids.unit, err = s.many.NewIDs(ctx, "unit", count(len(missing.units.list), func(i int) bool { return len(s.units[missing.units.list[i]]) > 0 })); err != nil {
		return err
	}
	if s.ids.customer, err = s.many.NewIDs(ctx, "customer", count(len(missing.customers.list), func(i int) bool {
		_, ok := s.customers[desk.Document(missing.customers.list[i])]
		return ok
	})); err != nil {
		return err
	}
	s.ids.contract, err = s.many.NewIDs(ctx, "contract", count(len(missing.contracts.list), func(i int) bool {
		_, ok := s.contracts[missing.contracts.list[i]]
		return ok
	}))
	return err
}

// once is a list of which each stands there once.
type once[T comparable] struct {
	list []T
	has  map[T]bool
}

func (o *once[T]) add(one T) {
	if o.has == nil {
		o.has = map[T]bool{}
	}
	if !o.has[one] {
		o.has[one] = true
		o.list = append(o.list, one)
	}
}

// wanted is what rows name.
type wanted struct {
	units                once[store.UnitAt]
	customers, contracts once[string]
	mobuss               [2]once[string]
	parties              bool
}

func (w *wanted) row(r *RegistryRow, p placed) {
	if len(p.reasons) > 0 {
		return
	}
	if p.block != nil && p.block.id != 0 && r.Unit != "" {
		w.units.add(store.UnitAt{Block: p.block.id, Key: desk.UnitKey(r.Unit)})
	}
	if r.Document != "" {
		w.customers.add(string(r.Document))
	}
	if r.Contract != "" {
		w.contracts.add(r.Contract)
	}
	for i, id := range []string{r.MobussHomologation, r.MobussProduction} {
		if id != "" {
			w.mobuss[i].add(id)
		}
	}
	w.parties = w.parties || r.Relation != ""
}

func (s *standing) keepUnit(u db.Unit) {
	at := store.UnitAt{Block: u.BlockID, Key: u.NumberKey}
	same := func(o db.Unit) bool { return o.ID == u.ID }
	if i := slices.IndexFunc(s.units[at], same); i >= 0 {
		s.units[at][i] = u
		return
	}
	s.units[at] = append(s.units[at], u)
}

func (s *standing) keepMobuss(env int, u db.Unit) {
	id := mobussID(env, &u)
	if !slices.ContainsFunc(s.byMobuss[env][id], func(o db.Unit) bool { return o.ID == u.ID }) {
		s.byMobuss[env][id] = append(s.byMobuss[env][id], u)
	}
}

func mobussID(env int, u *db.Unit) string {
	if env == 1 {
		return u.IDMobussProducao.String
	}
	return u.IDMobussHomologacao.String
}

// otherOfMobuss is a unit that has an id and is another than the one with this unit's id.
func (s *standing) otherOfMobuss(env int, id string, unit int64) *db.Unit {
	for _, u := range s.byMobuss[env][id] {
		if u.ID != unit {
			return &u
		}
	}
	return nil
}

func taken(ids *[]int64) (id int64) {
	id, *ids = (*ids)[0], (*ids)[1:]
	return id
}

// put takes what was decided of a row over, for the rows that follow and to be written.
func (s *standing) put(r *RegistryRow, v *verdict) {
	s.putUnit(v)
	s.putCustomer(r, v)
	switch v.contractIs {
	case fresh:
		v.contract.ID, v.contract.Code = taken(&s.ids.contract), r.Contract
		fallthrough
	case altered:
		v.contract.UnitID, v.contract.CustomerID = v.unit.ID, v.customer.ID
		s.contracts[r.Contract] = v.contract
		s.contractsPut = append(s.contractsPut, v.contract)
	}
	if v.partyIs == fresh {
		p := db.UnitParty{UnitID: v.unit.ID, CustomerID: v.customer.ID, Kind: string(r.Relation)}
		s.parties[p] = true
		s.partiesPut = append(s.partiesPut, p)
	}
}

func (s *standing) putUnit(v *verdict) {
	switch v.unitIs {
	case fresh:
		v.unit.ID = taken(&s.ids.unit)
		s.newUnits = append(s.newUnits, v.unit)
	case altered:
		s.changedUnits = append(s.changedUnits, v.unit)
		for env := range s.byMobuss { // ids that it had may be another's now
			for id, units := range s.byMobuss[env] {
				s.byMobuss[env][id] = slices.DeleteFunc(units, func(o db.Unit) bool { return o.ID == v.unit.ID })
			}
		}
	default:
		return
	}
	s.keepUnit(v.unit)
	for env := range s.byMobuss {
		if mobussID(env, &v.unit) != "" {
			s.keepMobuss(env, v.unit)
		}
	}
}

func (s *standing) putCustomer(r *RegistryRow, v *verdict) {
	switch v.customerIs {
	case fresh:
		v.customer.ID = taken(&s.ids.customer)
		v.customer.PhoneKey = desk.PhoneKey(v.customer.Phone)
		s.newCustomers = append(s.newCustomers, v.customer)
	case altered:
		v.customer.PhoneKey = desk.PhoneKey(v.customer.Phone)
		s.changedCustomers = append(s.changedCustomers, v.customer)
	default:
		return
	}
	s.customers[r.Document] = v.customer
	for _, word := range desk.Words(v.customer.Name) {
		s.words = append(s.words, db.CustomerWord{Word: word, CustomerID: v.customer.ID})
	}
}

// write writes what was put. A thing that was put twice is as it was put last.
func (s *standing) write(ctx context.Context) error {
	if err := s.many.PutUnits(ctx, s.newUnits); err != nil {
		return err
	}
	if err := s.many.PutUnits(ctx, s.changedUnits); err != nil {
		return err
	}
	if err := s.many.PutCustomers(ctx, s.newCustomers); err != nil {
		return err
	}
	if err := s.many.PutCustomers(ctx, s.changedCustomers); err != nil {
		return err
	}
	changed := make([]int64, len(s.changedCustomers))
	for i := range s.changedCustomers {
		changed[i] = s.changedCustomers[i].ID
	}
	if err := s.many.ForgetWords(ctx, changed); err != nil {
		return err
	}
	if err := s.many.Unfind(ctx, changed); err != nil {
		return err
	}
	if err := s.many.PutCustomerWords(ctx, s.words); err != nil {
		return err
	}
	if err := s.many.PutContracts(ctx, s.contractsPut); err != nil {
		return err
	}
	return s.many.PutParties(ctx, s.partiesPut)
}
