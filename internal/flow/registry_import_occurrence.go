package flow

import (
	"context"
	"strconv"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// ImportedOccurrence is an open occurrence of the system that was used before. It keeps its number, and is tied to the
// order that it has in Mobuss already, so that the field's news reaches it and comments reach the field.
type ImportedOccurrence struct {
	Number                            int64
	Status, Subject, Description      string
	Type, Priority                    string
	OpenedAt                          When
	MobussID, OrderNumber             string // of its order; empty: it has none
	RequesterName, RequesterTelephone string
}

// former is what occurrences of the former system are checked against.
type former struct {
	work  *work           // with the configuration that runs; of a plan, for reading alone
	there map[int64]bool  // numbers that are there: true where they were imported
	order map[string]bool // ids of orders that others have
}

// formerWork readies a transaction, or a plan, for occurrences.
func (im *RegistryImport) formerWork(w *work, q *db.Queries) (err error) {
	if w.inst, err = q.Installation(w.ctx); err == nil {
		w.cfg, err = im.flow.config(w.ctx, q, w.inst.ConfigVersionID)
	}
	return err
}

// lookFormer reads what rows name of occurrences.
func (im *RegistryImport) lookFormer(w *work, s *standing, rows []RegistryRow) error {
	if err := im.formerWork(w, s.many.Queries); err != nil {
		return err
	}
	s.former = &former{work: w, there: map[int64]bool{}, order: map[string]bool{}}
	for i := range rows {
		r := &rows[i].Occurrence
		o, err := s.many.OccurrenceByNumber(w.ctx, r.Number)
		if err == nil {
			n, err := s.many.OccurrenceImported(w.ctx, o.ID)
			if err != nil {
				return err
			}
			s.former.there[r.Number] = n > 0
		} else if !store.NoRows(err) {
			return err
		}
		if r.MobussID == "" {
			continue
		}
		orders, err := s.many.OrdersByMobussID(w.ctx, db.OrdersByMobussIDParams{ConnectionID: w.inst.ConnectionID, Environment: w.phase().Active(), MobussID: store.NullText(r.MobussID)})
		if err != nil {
			return err
		}
		for _, other := range orders {
			s.former.order[r.MobussID] = s.former.order[r.MobussID] || other.OccurrenceID != o.ID
		}
	}
	return nil
}

// decideOccurrence: one that was imported before is left as it is, because by now people work on it here.
func (im *RegistryImport) decideOccurrence(s *standing, r *RegistryRow, b *importedBlock, v *verdict) {
	o, cfg := &r.Occurrence, s.former.work.cfg
	number := strconv.FormatInt(o.Number, 10)
	_, twice := im.claim(v, im.hash("ocorrencia", number), r, true, func() uint32 {
		return im.print(o.Status, o.Subject, o.Description, o.MobussID, o.OrderNumber, string(r.Document), b.code, r.Unit)
	})
	if twice != nil {
		v.contradicts("numero_ocorrencia", r, *twice)
		return
	}
	imported, there := s.former.there[o.Number]
	if there && !imported {
		v.bad("numero_ocorrencia", "numero_em_uso")
		return
	}
	if there {
		v.occurrenceIs = same
		return
	}
	if o.Number >= cfg.FirstNumber {
		v.bad("numero_ocorrencia", "numero_da_ponte", "primeiro", cfg.FirstNumber)
	}
	switch status, ok := cfg.Status(o.Status); {
	case !ok:
		v.bad("cod_status", "status_desconhecido")
	case status.Kind == desk.KindClosed:
		v.bad("cod_status", "so_ocorrencias_abertas")
	}
	if o.MobussID != "" {
		if s.former.order[o.MobussID] {
			v.bad("id_mobuss", "ordem_de_outra_ocorrencia")
		}
		_, twice := im.claim(v, im.hash("ordem", o.MobussID), r, true, func() uint32 { return im.print(number) })
		if twice != nil {
			v.bad("id_mobuss", "id_mobuss_repetido", "linha", twice.line())
		}
	}
	v.occurrenceIs = fresh
	v.changed("ocorrencia", number, "", "", shorten(o.Subject, maxSubject))
}

// putFormer inserts an occurrence, its opening and its order. The numbering goes on above it.
func (s *standing) putFormer(a desk.Actor, r *RegistryRow, v *verdict) error {
	if v.occurrenceIs != fresh {
		return nil
	}
	w, in := s.former.work, &r.Occurrence
	place, err := w.Place(w.ctx, v.unit.ID)
	if err != nil {
		return err
	}
	kind, _ := known(in.Type, w.cfg.Types, desk.WhyUnknownType)
	priority, _ := known(in.Priority, w.cfg.Priorities, desk.WhyUnknownPriority)
	at := in.OpenedAt.in(Zone(place.Zone), w.now)
	description := in.Description
	if description == "" {
		description = in.Subject
	}
	o := db.Occurrence{Number: in.Number, Environment: w.phase().Active(), ConnectionID: w.inst.ConnectionID}
	if o.ID, err = w.InsertOccurrence(w.ctx, db.InsertOccurrenceParams{Number: o.Number, Environment: o.Environment, ConnectionID: o.ConnectionID, Origin: desk.House,
		Subject: in.Subject, Description: description, Type: kind, Priority: priority, StatusCode: in.Status, DevelopmentID: place.DevelopmentID,
		UnitID: v.unit.ID, CustomerID: v.customer.ID, RequesterName: in.RequesterName, RequesterPhone: in.RequesterTelephone, OpenedAt: at.UnixMilli(),
		CreatedAt: w.now.UnixMilli(), CreatedBy: a.Name, News: shorten(description, maxNews), NewsBy: a.Name, NewsAt: at.UnixMilli()}); err != nil {
		return err
	}
	a.Origin = desk.House // a command has none
	if _, err := w.insertMovement(a, o, movement{kind: kindOpening, to: in.Status, at: at, reason: desk.Because(desk.WhyImported)}); err != nil {
		return err
	}
	if in.MobussID != "" {
		if _, err := w.InsertOrder(w.ctx, db.InsertOrderParams{OccurrenceID: o.ID, ConnectionID: o.ConnectionID, Environment: o.Environment,
			LegacyID: itoa(o.Number), State: desk.OrderOpen, OpenedBy: desk.House, MobussID: store.NullText(in.MobussID),
			MobussNumber: store.NullText(in.OrderNumber), CreatedAt: w.now.UnixMilli()}); err != nil {
			return err
		}
	}
	s.former.there[in.Number] = true
	w.changed(o.Number)
	w.AfterCommit(func() { w.flow.Changed(TopicList) })
	return w.RaiseCount(w.ctx, db.RaiseCountParams{Name: counterOccurrence, Value: in.Number})
}

// formerOf says whether rows are of occurrences; a chunk is of one kind.
func formerOf(rows []RegistryRow) bool { return len(rows) > 0 && rows[0].Kind == OfOccurrences }

// reader is a work that reads only, for a plan.
func (im *RegistryImport) reader(ctx context.Context) *work {
	return &work{ctx: ctx, flow: im.flow, now: im.flow.Now()}
}
