package flow

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// OpenInput is a request to record an occurrence. The names in the comments are CONTRACT.md's.
type OpenInput struct {
	MobussID    string // id_mobuss
	OrderNumber string // numero_os
	Project     string // cod_projeto
	Development string // cod_empreendimento
	Block       string // cod_bloco

	Document     string // cpf_cnpj, any punctuation
	CustomerName string // nome_cliente
	Email        string
	Phone        string // telefone

	RequesterName  string // nome_solicitante
	RequesterPhone string // telefone_solicitante
	Relation       string // relacao
	Place          string // local
	Emergency      bool   // emergencia

	BlockNewCustomer string // bloqueio_incluir_cliente: "T", "F" or empty
	Description      string // descricao
	Subject          string // assunto; empty: the description's first words
	Type             string // tipo: a type, or the code of a failure type or an item
	Item, Failure    string // codes that a person chose
	Priority         string // prioridade
	OpenedAt         When   // data_abertura; zero: now
	// Files come with the opening, by hand only. They are sent when somebody chooses them with a movement.
	Files []Upload
	// Test marks the occurrence as a test: it is born in homologation, also beside a production.
	Test bool
}

// When is a moment that may lack a zone; then it is told in the development's.
type When struct {
	Time time.Time // in UTC where NoZone
	Set  bool
	// NoZone: the clock reading is meant, not the instant.
	NoZone bool
}

func (t When) in(zone *time.Location, otherwise time.Time) time.Time {
	switch {
	case !t.Set:
		return otherwise
	case t.NoZone:
		u := t.Time.UTC()
		return time.Date(u.Year(), u.Month(), u.Day(), u.Hour(), u.Minute(), u.Second(), u.Nanosecond(), zone)
	}
	return t.Time
}

// Open is IncluirOcorrencia: records an occurrence and answers its number.
func (f *Flow) Open(ctx context.Context, c Call, in OpenInput) (Receipt, error) {
	return f.receive(ctx, c, func(r *inbound) (db.Occurrence, error) {
		field := c.Actor.Origin == desk.Field
		switch {
		case field && !r.cfg.Method.FieldMayOpen():
			return db.Occurrence{}, desk.Fail(desk.ErrMethod, "metodo", string(r.cfg.Method))
		case in.BlockNewCustomer != "T" && r.cfg.Method.Integrated():
			return db.Occurrence{}, desk.Fail(desk.ErrBlock)
		case in.BlockNewCustomer == "":
			return db.Occurrence{}, desk.BadField("bloqueio_incluir_cliente", "obrigatorio")
		}
		id, err := r.identify(c.Actor, c.Actor.Environment, in)
		if err != nil {
			return db.Occurrence{}, err
		}
		if field && c.ExternalID == "" && in.OrderNumber != "" {
			if err := r.same("numero_os:" + in.OrderNumber + "@" + itoa(id.unit.ID)); err != nil {
				return db.Occurrence{}, err
			}
		}
		in.Test = c.Trial != nil || r.phase().Marks(c.Actor.Environment)
		o, err := r.open(c.Actor, c.Actor.Environment, c.Actor.Connection, id, in)
		if err != nil || !field {
			return o, err
		}
		return o, r.tieOrder(o, c, in)
	})
}

// OpenByHand records an occurrence for a person at the desk, where desk.Phase.Born says.
func (f *Flow) OpenByHand(ctx context.Context, a desk.Actor, in OpenInput) (int64, error) {
	var number int64
	err := f.writeSteady(ctx, func(w *work) error {
		if !a.Has(desk.Attendant, desk.Manager) {
			return desk.Fail(desk.ErrForbidden)
		}
		env, refused := w.phase().Born(in.Test)
		if refused != nil {
			return refused
		}
		id, err := w.identify(a, env, in)
		if err != nil {
			return err
		}
		o, err := w.open(a, env, w.inst.ConnectionID, id, in)
		number = o.Number
		return err
	})
	return number, err
}

// open inserts the occurrence with its first movement.
func (w *work) open(a desk.Actor, env desk.Environment, connection int64, id identity, in OpenInput) (db.Occurrence, error) {
	if strings.TrimSpace(in.Description) == "" {
		return db.Occurrence{}, desk.BadField("descricao", "obrigatorio")
	}
	place, err := w.Place(w.ctx, id.unit.ID)
	if err != nil {
		return db.Occurrence{}, err
	}
	number, err := w.NextCount(w.ctx, db.NextCountParams{Name: counterOccurrence, First: w.cfg.FirstNumber})
	if err != nil {
		return db.Occurrence{}, err
	}
	is, err := w.classify(in)
	if err != nil {
		return db.Occurrence{}, err
	}
	status := w.cfg.Initial
	if a.Origin == desk.Field {
		status = w.cfg.FieldInitial
	}
	at := in.OpenedAt.in(Zone(place.Zone), w.now)
	o := db.Occurrence{Number: number, Environment: env, ConnectionID: connection, IsTest: in.Test, Origin: a.Origin,
		Subject: subject(in), Description: in.Description, Type: is.kind, Priority: is.priority, Emergency: is.emergency, ItemCode: is.item, FailureCode: is.failure,
		Place: in.Place, StatusCode: status, DevelopmentID: place.DevelopmentID, UnitID: id.unit.ID, CustomerID: id.customerID,
		ContractID: store.Null(id.contractID), RequesterName: in.RequesterName, RequesterPhone: in.RequesterPhone,
		Relation: in.Relation, OpenedAt: at.UnixMilli(), CreatedAt: w.now.UnixMilli(), CreatedBy: a.Name}
	o.ID, err = w.InsertOccurrence(w.ctx, db.InsertOccurrenceParams{Number: o.Number, Environment: o.Environment,
		ConnectionID: o.ConnectionID, IsTest: o.IsTest, Origin: o.Origin, Subject: o.Subject, Description: o.Description,
		Type: o.Type, Priority: o.Priority, Emergency: o.Emergency, Place: o.Place, StatusCode: o.StatusCode,
		DevelopmentID: o.DevelopmentID, UnitID: o.UnitID, CustomerID: o.CustomerID, ContractID: o.ContractID,
		RequesterName: o.RequesterName, RequesterPhone: o.RequesterPhone, Relation: o.Relation, OpenedAt: o.OpenedAt,
		CreatedAt: o.CreatedAt, CreatedBy: o.CreatedBy, News: shorten(o.Description, maxNews), NewsBy: o.CreatedBy, NewsAt: o.OpenedAt,
		ItemCode: o.ItemCode, FailureCode: o.FailureCode})
	if err != nil {
		return o, err
	}
	opening, err := w.insertMovement(a, o, movement{kind: kindOpening, to: status, at: at})
	if err != nil {
		return o, err
	}
	if _, err := w.attach(a, o, opening, in.Files, at); err != nil {
		return o, err
	}
	for _, note := range is.notes {
		if note.Code == "" {
			continue
		}
		if _, err := w.insertMovement(desk.Ponte(), o, movement{kind: kindRemark, to: status, at: w.now, reason: note}); err != nil {
			return o, err
		}
	}
	if err := w.writeLetter(o, letterCause{kind: desk.LetterOpened, movement: opening, by: a.Name, opening: true}); err != nil {
		return o, err
	}
	w.changed(o.Number)
	w.AfterCommit(func() { w.flow.Changed(TopicList) })
	if o.Emergency {
		w.AfterCommit(w.flow.WakeAlerts)
	}
	return o, w.audit(a, "ocorrencia.abrir", subjectOf(o.Number), nil)
}

// tieOrder binds an occurrence that Mobuss opened to its order there, so that it can be commented and closed from
// here. Mobuss renumbers its order with our answer, so our number is its number from now on (S11).
func (in *inbound) tieOrder(o db.Occurrence, c Call, i OpenInput) error {
	mobussID := i.MobussID
	if mobussID == "" {
		mobussID = c.ExternalID
	}
	if mobussID == "" {
		return nil // nothing to tie: it is recorded, and nothing can be sent to it
	}
	_, err := in.InsertOrder(in.ctx, db.InsertOrderParams{OccurrenceID: o.ID, ConnectionID: o.ConnectionID,
		Environment: o.Environment, LegacyID: itoa(o.Number), State: desk.OrderOpen, OpenedBy: desk.Field,
		MobussID: store.NullText(mobussID), MobussNumber: store.NullText(itoa(o.Number)),
		FormerNumber: store.NullText(i.OrderNumber), CreatedAt: in.now.UnixMilli()})
	return err
}

// known answers the value if the catalogue has it, else the default with a note of what happened.
func known(value string, all []string, why string) (string, desk.Reason) {
	if value == "" {
		return all[0], desk.Reason{}
	}
	for _, v := range all {
		if strings.EqualFold(v, value) {
			return v, desk.Reason{}
		}
	}
	return all[0], desk.Because(why, "recebido", value, "padrao", all[0])
}

// maxSubject is how long a subject made of the description's first words may be, in characters.
const maxSubject = 80

func subject(in OpenInput) string {
	if in.Subject != "" {
		return in.Subject
	}
	s, _, _ := strings.Cut(strings.TrimSpace(in.Description), "\n")
	return shorten(s, maxSubject)
}

// shorten cuts a text to a number of characters, at a word where there is one.
func shorten(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	cut := string([]rune(s)[:most-1])
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)/2 {
		cut = cut[:i]
	}
	return cut + "…"
}
