package flow

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Found is a customer at a unit: what the attendant looks for while on the phone.
type Found struct {
	CustomerID int64
	Customer   Customer
	Relation   desk.Relation
	Contract   string // its code; empty for tenants and syndics
	UnitID     int64
	Unit       Unit
	Open       []Brief // the unit's open occurrences, so that none is opened twice
	// LacksMobussID: an order can't be opened for the unit in the active environment. Only Chosen says so.
	LacksMobussID bool
	// Asks is who asks, where that is known not to be the customer: the syndic for a common area. Only Chosen says so.
	Asks Requester
}

// Finding is what the one search box answers.
type Finding struct {
	Occurrences []Brief // by number, or by the order's number
	People      []Found
	More        bool // there is, or may be, more than was asked for: say more words
}

// How far a search goes before it asks for more words.
const (
	searchCandidates = 400
	searchOpenShown  = 3
)

// unitNoise are words that say "the next one is a unit" and nothing else.
var unitNoise = []string{"AP", "APT", "APTO", "APARTAMENTO", "UNIDADE", "UN", "CASA", "BL", "BLOCO", "TORRE", "N", "NO", "NUMERO"}

// Search finds customers and units by name, CPF or CNPJ, phone, unit, contract, or an occurrence by its number or
// its order's; with or without accents, in any order of words.
func (f *Flow) Search(ctx context.Context, a desk.Actor, text string, most int) (Finding, error) {
	if len(desk.Words(text)) == 0 {
		return Finding{}, nil
	}
	s, end, err := f.searching(ctx, a, text)
	if err != nil {
		return Finding{}, err
	}
	defer end()
	return s.run(most)
}

// searching begins a search; end lets go of what it reads with.
func (f *Flow) searching(ctx context.Context, a desk.Actor, text string) (s *search, end func(), err error) {
	cfg, err := f.current(ctx)
	if err != nil {
		return nil, nil, err
	}
	many, end, err := f.Store.Reading(ctx)
	if err != nil {
		return nil, nil, err
	}
	return &search{reader: reader{ctx: ctx, q: many.Queries, actor: a, cfg: cfg}, many: many, words: desk.Words(text), text: strings.TrimSpace(text),
		seen: map[pair]bool{}}, end, nil
}

type search struct {
	reader
	many  *store.Many
	text  string
	words []string
	// certain: what was written is a contract's whole code, which means nothing else
	certain bool
	// cut: not everything was looked at that may be meant
	cut   bool
	seen  map[pair]bool
	pairs []pair           // in the order of how sure we are
	env   desk.Environment // of which the unit's id is told; empty: of none
	// persons: whoever has no unit is somebody, too
	persons bool
}

type pair struct{ unit, customer int64 }

func (s *search) run(most int) (Finding, error) {
	var out Finding
	var err error
	if out.Occurrences, err = s.byNumber(); err != nil {
		return out, err
	}
	if err := s.gather(); err != nil {
		return out, err
	}
	out.More = s.cut
	for _, p := range s.pairs {
		if len(out.People) == most {
			out.More = true
			break
		}
		found, ok, err := s.found(p)
		if err != nil {
			return out, err
		}
		if ok {
			out.People = append(out.People, found)
		}
	}
	return out, nil
}

// gather looks in every way.
func (s *search) gather() error {
	for _, way := range []func() error{s.byContract, s.byDocument, s.byPhone, s.byUnit, s.byName} {
		if err := way(); err != nil || s.certain {
			return err
		}
	}
	return nil
}

func (s *search) add(unit, customer int64) {
	p := pair{unit, customer}
	if !s.seen[p] {
		s.seen[p] = true
		s.pairs = append(s.pairs, p)
	}
}

// full notes that a query gave as many as it was asked for, so that there may be others.
func (s *search) full(got, asked int) { s.cut = s.cut || got >= asked }

func (s *search) byNumber() ([]Brief, error) {
	n, err := strconv.ParseInt(s.text, 10, 64)
	if err != nil {
		return nil, nil //nolint:nilerr // not a number: not meant
	}
	rows, err := s.q.ListByNumber(s.ctx, db.ListByNumberParams{Number: n, MobussNumber: store.NullText(s.text)})
	if err != nil {
		return nil, err
	}
	var out []Brief
	for _, r := range rows {
		if s.actor.MayTouch(r.DevelopmentID) {
			out = append(out, s.brief(row(r)).Brief)
		}
	}
	return out, nil
}

// above is the first text that no longer begins with a prefix.
func above(prefix string) string { return prefix + "\U0010FFFF" }

func (s *search) byContract() error {
	code := strings.ToUpper(s.text)
	if len(code) < 3 {
		return nil
	}
	rows, err := s.q.ContractsByCode(s.ctx, db.ContractsByCodeParams{FromCode: code, ToCode: above(code), Most: searchCandidates})
	s.full(len(rows), searchCandidates)
	for _, r := range rows {
		s.add(r.UnitID, r.CustomerID)
		s.certain = s.certain || r.Code == code
	}
	return err
}

// minDigits is when digits are taken for the beginning of a CPF or the end of a phone.
const minDigits = 4

func (s *search) byDocument() error {
	digits := desk.Digits(s.text)
	if len(digits) < minDigits || len(s.words) > 5 {
		return nil
	}
	ids, err := s.q.CustomersByDocument(s.ctx, db.CustomersByDocumentParams{FromKey: digits, ToKey: above(digits), Most: searchCandidates})
	s.full(len(ids), searchCandidates)
	return s.units(ids, err)
}

func (s *search) byPhone() error {
	key := desk.PhoneKey(s.text)
	if len(key) < minDigits {
		return nil
	}
	ids, err := s.q.CustomersByPhone(s.ctx, db.CustomersByPhoneParams{FromKey: key, ToKey: above(key), Most: searchCandidates})
	s.full(len(ids), searchCandidates)
	return s.units(ids, err)
}

// namesOf are the words of some customers' names.
func (s *search) namesOf(customers []int64) (map[int64][]string, error) {
	names := make(map[int64][]string, len(customers))
	slices.Sort(customers)
	err := s.many.CustomerNames(s.ctx, slices.Compact(customers), func(id int64, name string) { names[id] = desk.Words(name) })
	return names, err
}

// anyBegins says whether a word begins so. One or two letters are a block's whole name, not a beginning: "bl A" is
// not Aurora's block B.
func anyBegins(words []string, prefix string) bool {
	if len(prefix) <= 2 {
		return slices.Contains(words, prefix)
	}
	return slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, prefix) })
}

// peopleOf are one unit's customers, as peopleOfAll has them.
func (s *search) peopleOf(unit int64) ([]int64, error) {
	all, err := s.peopleOfAll([]int64{unit})
	return all[unit], err
}

// peopleOfAll are the customers of units: those of contracts first, the current ones before the former.
func (s *search) peopleOfAll(units []int64) (map[int64][]int64, error) {
	var current, former, parties []pair
	err := s.many.ContractsOfUnits(s.ctx, units, func(c db.Contract) {
		if c.Current {
			current = append(current, pair{c.UnitID, c.CustomerID})
		} else {
			former = append(former, pair{c.UnitID, c.CustomerID})
		}
	})
	if err != nil {
		return nil, err
	}
	err = s.many.Parties(s.ctx, units, func(p db.UnitParty) { parties = append(parties, pair{p.UnitID, p.CustomerID}) })
	slices.SortFunc(parties, func(a, b pair) int { return cmp.Compare(a.customer, b.customer) })
	out := make(map[int64][]int64, len(units))
	for _, p := range slices.Concat(current, former, parties) {
		if !slices.Contains(out[p.unit], p.customer) {
			out[p.unit] = append(out[p.unit], p.customer)
		}
	}
	return out, err
}

// A word that begins more names than this is anybody's: who has it is read from the names that the other words leave.
const rareWord = 5 * searchCandidates

// byName wants every word to begin one of the customer's.
func (s *search) byName() error {
	var ids map[int64]bool
	var common []string
	for _, w := range s.words {
		rows, err := s.withWord(w, rareWord+1)
		if err != nil {
			return err
		}
		if len(rows) > rareWord {
			common = append(common, w)
		} else if ids = among(ids, rows); len(ids) == 0 {
			return nil
		}
	}
	if ids == nil {
		return s.byCommonWords(common)
	}
	sorted := slices.Sorted(maps.Keys(ids))
	if len(common) > 0 {
		names, err := s.namesOf(slices.Clone(sorted))
		if err != nil {
			return err
		}
		sorted = slices.DeleteFunc(sorted, func(id int64) bool {
			return slices.ContainsFunc(common, func(w string) bool {
				return !slices.ContainsFunc(names[id], func(of string) bool { return strings.HasPrefix(of, w) })
			})
		})
	}
	return s.unitsOfFirst(sorted)
}

// namesakes is how many are looked through where every word is anybody's.
const namesakes = 10 * searchCandidates

// byCommonWords looks among the first of very many: whoever wants one of the others says more.
func (s *search) byCommonWords(words []string) error {
	var ids map[int64]bool
	for _, w := range words {
		rows, err := s.withWord(w, namesakes)
		if err != nil {
			return err
		}
		s.full(len(rows), namesakes)
		if ids = among(ids, rows); len(ids) == 0 {
			return nil
		}
	}
	return s.unitsOfFirst(slices.Sorted(maps.Keys(ids)))
}

func (s *search) unitsOfFirst(customers []int64) error {
	s.full(len(customers), searchCandidates+1)
	return s.units(customers[:min(len(customers), searchCandidates)], nil)
}

// withWord are customers of whose name a word begins so.
func (s *search) withWord(w string, most int64) ([]int64, error) {
	return s.q.CustomersByWord(s.ctx, db.CustomersByWordParams{FromWord: w, ToWord: above(w), Most: most})
}

// among leaves of some those that are among others, too; nil is everybody.
func among(some map[int64]bool, others []int64) map[int64]bool {
	both := map[int64]bool{}
	for _, id := range others {
		if some == nil || some[id] {
			both[id] = true
		}
	}
	return both
}

// units adds each customer at each of their units.
func (s *search) units(customers []int64, err error) error {
	if err != nil {
		return err
	}
	for _, c := range customers {
		contracts, err := s.q.ContractsOfCustomer(s.ctx, c)
		if err != nil {
			return err
		}
		for _, k := range contracts {
			s.add(k.UnitID, c)
		}
		others, err := s.q.UnitIDsOfParty(s.ctx, c)
		if err != nil {
			return err
		}
		for _, u := range others {
			s.add(u, c)
		}
		if s.persons && len(contracts)+len(others) == 0 {
			s.add(0, c)
		}
	}
	return nil
}

// found fills in one answer; a unit that the actor may not see is none.
func (s *search) found(p pair) (Found, bool, error) {
	place, err := s.q.Place(s.ctx, p.unit)
	if err != nil || !s.actor.MayTouch(place.DevelopmentID) {
		return Found{}, false, err
	}
	c, err := s.q.CustomerByID(s.ctx, p.customer)
	if err != nil {
		return Found{}, false, err
	}
	s.zone = Zone(place.Zone)
	out := Found{CustomerID: c.ID, UnitID: p.unit, Relation: desk.Owner,
		Customer: Customer{Name: c.Name, Document: s.document(c.DocumentKey.String), Email: c.Email, Phone: c.Phone},
		Unit:     placedUnit(p.unit, place)}
	switch s.env {
	case desk.Homologation:
		out.Unit.MobussID = place.IDMobussHomologacao.String
	case desk.Production:
		out.Unit.MobussID = place.IDMobussProducao.String
	}
	out.LacksMobussID = s.env != "" && out.Unit.MobussID == "" && s.cfg.NeedsUnitID()
	if err := s.relate(&out); err != nil {
		return out, false, err
	}
	rows, err := s.q.OpenOccurrencesOfUnit(s.ctx, db.OpenOccurrencesOfUnitParams{UnitID: p.unit, Column2: searchOpenShown})
	for _, o := range rows {
		st, _ := s.cfg.Status(o.StatusCode)
		out.Open = append(out.Open, Brief{Number: o.Number, Subject: o.Subject, Status: st, OpenedAt: s.time(o.OpenedAt)})
	}
	return out, true, err
}

// placedUnit is a unit as it is told, by where it is.
func placedUnit(id int64, at db.PlaceRow) Unit {
	return Unit{ID: id, DevelopmentCode: at.DevelopmentCode, DevelopmentName: at.DevelopmentName, BlockCode: at.BlockCode, BlockName: at.BlockName,
		Number: at.Number, CommonArea: at.CommonArea}
}

// relate says what the customer is of the unit.
func (s *search) relate(f *Found) error {
	contracts, err := s.q.ContractsOfUnit(s.ctx, f.UnitID)
	if err != nil {
		return err
	}
	for _, c := range contracts {
		if c.CustomerID == f.CustomerID && (f.Contract == "" || c.Current) {
			f.Contract = c.Code
		}
	}
	if f.Contract != "" {
		return nil
	}
	parties, err := s.q.PartiesOfUnit(s.ctx, f.UnitID)
	for _, p := range parties {
		if p.CustomerID == f.CustomerID {
			f.Relation = desk.Relation(p.Kind)
		}
	}
	return err
}
