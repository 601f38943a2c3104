package flow

import (
	"context"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Person is a customer as somebody whose data is held, with what still needs it.
type Person struct {
	ID       int64
	Customer Customer // the document masked
	Erased   time.Time
	Held     Held
}

// Held counts what there is of a person.
type Held struct {
	Occurrences, OpenOccurrences, CurrentContracts, OpenDeliveries, OpenCalls, OpenFindings, Files int64
}

// Why a person's data can't be erased yet.
const (
	HoldsOccurrence = "ocorrencia_aberta"
	HoldsDelivery   = "envio_em_aberto"
	HoldsCall       = "recebimento_em_aberto"
	HoldsFinding    = "achado_em_aberto"
)

// Needed are the reasons for which the data can't be erased yet: what was asked for and is not done needs to know who
// asked.
func (h Held) Needed() (why []string) {
	for _, of := range []struct {
		n    int64
		code string
	}{{h.OpenOccurrences, HoldsOccurrence}, {h.OpenDeliveries, HoldsDelivery}, {h.OpenCalls, HoldsCall}, {h.OpenFindings, HoldsFinding}} {
		if of.n > 0 {
			why = append(why, of.code)
		}
	}
	return why
}

// MayTreatPersons says who answers the requests of persons about their data.
func MayTreatPersons(a desk.Actor) bool { return a.Has(desk.Admin) }

// FoundPerson is somebody whose data are held; Unit is one of theirs, and empty where they have none.
type FoundPerson struct {
	ID   int64
	Name string
	// Document as the actor may read it.
	Document string
	Unit     Unit
}

// FindPersons finds customers as Search does, each once, and those of no unit as well; more: there are, or may be, others.
func (f *Flow) FindPersons(ctx context.Context, a desk.Actor, text string, most int) (people []FoundPerson, more bool, err error) {
	if !MayTreatPersons(a) {
		return nil, false, desk.Fail(desk.ErrForbidden)
	}
	if len(desk.Words(text)) == 0 {
		return nil, false, nil
	}
	s, end, err := f.searching(ctx, a, text)
	if err != nil {
		return nil, false, err
	}
	defer end()
	s.persons = true
	if err := s.gather(); err != nil {
		return nil, false, err
	}
	seen := map[int64]bool{}
	for _, p := range s.pairs {
		if seen[p.customer] {
			continue
		}
		if len(people) == most {
			return people, true, nil
		}
		seen[p.customer] = true
		one, err := s.person(p)
		if err != nil {
			return nil, false, err
		}
		people = append(people, one)
	}
	return people, s.cut, nil
}

func (s *search) person(p pair) (FoundPerson, error) {
	c, err := s.q.CustomerByID(s.ctx, p.customer)
	if err != nil {
		return FoundPerson{}, err
	}
	out := FoundPerson{ID: c.ID, Name: c.Name, Document: s.document(c.DocumentKey.String)}
	if p.unit == 0 {
		return out, nil
	}
	out.Unit, err = unitAt(s.ctx, s.q, p.unit)
	return out, err
}

// PersonData answers what is held of a customer, for whoever treats such requests.
func (f *Flow) PersonData(ctx context.Context, a desk.Actor, customer int64) (Person, error) {
	if !MayTreatPersons(a) {
		return Person{}, desk.Fail(desk.ErrForbidden)
	}
	return personOf(ctx, f.Store.Read(), a, customer)
}

func personOf(ctx context.Context, q *db.Queries, a desk.Actor, customer int64) (Person, error) {
	c, err := q.CustomerByID(ctx, customer)
	if store.NoRows(err) {
		return Person{}, desk.Fail(desk.ErrNoPerson)
	}
	if err != nil {
		return Person{}, err
	}
	h, err := q.HeldOfCustomer(ctx, customer)
	p := Person{ID: c.ID, Customer: Customer{Name: c.Name, Document: shownDocument(a, c.DocumentKey.String), Email: c.Email, Phone: c.Phone}, Held: Held(h)}
	if c.ErasedAt.Valid {
		p.Erased = fromMillis(c.ErasedAt.Int64).In(Zone(""))
	}
	return p, err
}

// PersonFile is everything that is held of a person, for them to have.
type PersonFile struct {
	Customer    Customer // the document whole
	Places      []PersonPlace
	Occurrences []*Occurrence
	// Letters are those that went, or were to go, to this person; NoLetters: they asked for none.
	Letters   []LetterFact
	NoLetters bool
	At        time.Time
}

// PersonPlace is a unit that a person has to do with.
type PersonPlace struct {
	Unit     Unit
	Contract string
	Current  bool
	Relation desk.Relation
}

// ExportPerson answers all that is held of a customer; that it was taken out is written down first.
func (f *Flow) ExportPerson(ctx context.Context, a desk.Actor, customer int64) (*PersonFile, error) {
	if !MayTreatPersons(a) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	cfg, err := f.current(ctx)
	if err != nil {
		return nil, err
	}
	q := f.Store.Read()
	whole := a
	whole.SeesDocuments = true // it is theirs
	p, err := personOf(ctx, q, whole, customer)
	if err != nil {
		return nil, err
	}
	err = f.Store.Write(ctx, func(tx *store.Tx) error {
		return f.bare(ctx, tx).audit(a, "pessoa.exportar", "pessoa:"+itoa(customer), nil)
	})
	if err != nil {
		return nil, err
	}
	out := &PersonFile{Customer: p.Customer, At: f.Now().In(Zone(""))}
	rows, err := q.OccurrencesOfCustomer(ctx, customer)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		o, err := (&reader{ctx: ctx, q: q, actor: whole, cfg: cfg}).occurrence(row)
		if err != nil {
			return nil, err
		}
		out.Occurrences = append(out.Occurrences, o)
	}
	if out.Letters, out.NoLetters, err = lettersTo(ctx, q, customer); err != nil {
		return nil, err
	}
	out.Places, err = placesOf(ctx, q, customer)
	return out, err
}

func lettersTo(ctx context.Context, q *db.Queries, customer int64) (out []LetterFact, none bool, err error) {
	rows, err := q.LettersOfCustomer(ctx, store.Null(customer))
	if err != nil {
		return nil, false, err
	}
	for _, r := range rows {
		l := letterFact(letterMeta{ID: r.ID, Kind: r.Kind, State: r.State, Shown: r.Shown, CreatedAt: r.CreatedAt, SettledAt: r.SettledAt}, Zone(""))
		l.Number = r.Number
		out = append(out, l)
	}
	c, err := q.CustomerByID(ctx, customer)
	return out, c.NoLetters, err
}

func placesOf(ctx context.Context, q *db.Queries, customer int64) (out []PersonPlace, err error) {
	contracts, err := q.ContractsOfCustomer(ctx, customer)
	if err != nil {
		return nil, err
	}
	for _, k := range contracts {
		u, err := unitAt(ctx, q, k.UnitID)
		if err != nil {
			return nil, err
		}
		out = append(out, PersonPlace{Unit: u, Contract: k.Code, Current: k.Current, Relation: desk.Owner})
	}
	others, err := q.UnitIDsOfParty(ctx, customer)
	if err != nil {
		return nil, err
	}
	for _, id := range others {
		u, err := unitAt(ctx, q, id)
		if err != nil {
			return nil, err
		}
		parties, err := q.PartiesOfUnit(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, of := range parties {
			if of.CustomerID == customer {
				out = append(out, PersonPlace{Unit: u, Current: true, Relation: desk.Relation(of.Kind)})
			}
		}
	}
	return out, nil
}

func unitAt(ctx context.Context, q *db.Queries, id int64) (Unit, error) {
	p, err := q.Place(ctx, id)
	return placedUnit(id, p), err
}
