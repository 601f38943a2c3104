package flow

import (
	"context"
	"database/sql"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

type nullID = sql.NullInt64

// CommentInput is a comment without a change of status.
type CommentInput struct {
	Number  int64
	Text    string // comentario
	Author  string // autor
	At      When   // data
	Private bool   // for the house only: never leaves
	// Files come with it; those of a private comment are for the house only as well.
	Files []Upload
}

// Comment is IncluirComentario. A comment alone never fires, though it is stored as a movement to the same
// status; comments of work before the closing are accepted after it, because phones are offline.
func (f *Flow) Comment(ctx context.Context, c Call, in CommentInput) (Receipt, error) {
	return f.receive(ctx, c, func(r *inbound) (db.Occurrence, error) {
		o, err := r.theirOccurrence(in.Number)
		if err != nil {
			return o, err
		}
		return o, r.fieldComment(c.Actor, o, in)
	})
}

// CommentByHand notes something for a person at the desk.
func (f *Flow) CommentByHand(ctx context.Context, a desk.Actor, in CommentInput) error {
	return f.write(ctx, func(w *work) error {
		o, err := w.byHand(a, in.Number)
		if err != nil {
			return err
		}
		_, err = w.comment(a, o, in)
		return err
	})
}

func (w *work) comment(a desk.Actor, o db.Occurrence, in CommentInput) (movementID int64, err error) {
	if in.Text == "" && len(in.Files) == 0 {
		return 0, desk.BadField("comentario", "obrigatorio")
	}
	place, err := w.Place(w.ctx, o.UnitID)
	if err != nil {
		return 0, err
	}
	m := movement{kind: kindComment, to: o.StatusCode, comment: in.Text, internal: in.Private,
		at: in.At.in(Zone(place.Zone), w.now), author: in.Author}
	id, err := w.tell(a, o, m)
	if err != nil {
		return 0, err
	}
	files := slices.Clone(in.Files)
	for i := range files {
		files[i].Internal = files[i].Internal || in.Private
	}
	if _, err := w.attach(a, o, id, files, m.at); err != nil {
		return 0, err
	}
	return id, w.audit(a, "ocorrencia.comentar", subjectOf(o.Number), nil)
}

// VisitInput is news of an inspection.
type VisitInput struct {
	Number     int64
	Start, End When   // inicio, fim
	Technician string // tecnico
	State      string // situacao: agendada, realizada, cancelada
	Comment    string
}

// Visit is InformarVistoria. A visit is one row that changes its state: news of a visit that is already known by
// its start, or of the one that is pending, is about that visit.
func (f *Flow) Visit(ctx context.Context, c Call, in VisitInput) (Receipt, error) {
	return f.receive(ctx, c, func(r *inbound) (db.Occurrence, error) {
		o, err := r.theirOccurrence(in.Number)
		if err != nil {
			return o, err
		}
		return o, r.fieldVisit(c.Actor, o, in)
	})
}

func (w *work) visit(a desk.Actor, o db.Occurrence, in VisitInput) (movementID int64, err error) {
	place, err := w.Place(w.ctx, o.UnitID)
	if err != nil {
		return 0, err
	}
	zone := Zone(place.Zone)
	start := in.Start.in(zone, w.now)
	var end sql.NullInt64
	if in.End.Set {
		t := in.End.in(zone, w.now)
		if t.Before(start) {
			return 0, desk.BadField("fim", "antes_do_inicio")
		}
		end = store.Null(t.UnixMilli())
	}
	known, err := w.Visits(w.ctx, o.ID)
	if err != nil {
		return 0, err
	}
	v := db.Visit{StartsAt: store.Null(start.UnixMilli()), EndsAt: end, Technician: in.Technician, State: in.State, UpdatedAt: w.now.UnixMilli()}
	old, ok := sameVisit(known, v)
	if ok {
		v.ID = old.ID
		if v.Technician == "" {
			v.Technician = old.Technician
		}
		if !v.EndsAt.Valid && old.StartsAt == v.StartsAt {
			v.EndsAt = old.EndsAt
		}
		err = w.UpdateVisit(w.ctx, db.UpdateVisitParams{ID: v.ID, StartsAt: v.StartsAt, EndsAt: v.EndsAt,
			Technician: v.Technician, State: v.State, UpdatedAt: v.UpdatedAt})
	} else {
		v.ID, err = w.InsertVisit(w.ctx, db.InsertVisitParams{OccurrenceID: o.ID, StartsAt: v.StartsAt, EndsAt: v.EndsAt,
			Technician: v.Technician, State: v.State, UpdatedAt: v.UpdatedAt})
	}
	if err != nil {
		return 0, err
	}
	if err := w.SetFirstVisit(w.ctx, o.ID); err != nil {
		return 0, err
	}
	m := movement{kind: kindVisit, to: o.StatusCode, comment: in.Comment, at: w.now, visitID: v.ID, author: in.Technician,
		reason: desk.Because("vistoria_"+in.State, "inicio", start.Format(isoOffset))}
	id, err := w.tell(a, o, m)
	if err != nil {
		return 0, err
	}
	if err := w.tellVisit(a, o, id, old, ok, v, known); err != nil {
		return 0, err
	}
	return id, w.audit(a, "ocorrencia.vistoria", subjectOf(o.Number), map[string]any{"situacao": in.State})
}

// sameVisit finds the visit that news is about: the one that starts then, or else, where it says that a visit
// took place or falls through, the latest that was still to come.
func sameVisit(known []db.Visit, news db.Visit) (db.Visit, bool) {
	for _, v := range known {
		if v.StartsAt == news.StartsAt {
			return v, true
		}
	}
	if news.State == visitBooked {
		return db.Visit{}, false
	}
	for i := len(known) - 1; i >= 0; i-- {
		if known[i].State == visitBooked {
			return known[i], true
		}
	}
	return db.Visit{}, false
}

const (
	visitBooked = "agendada"
	isoOffset   = "2006-01-02T15:04:05-07:00"
)

// CloseInput ends an occurrence.
type CloseInput struct {
	Number   int64
	Solution string // solucao
	Founded  *bool  // procedente; nil: not said
	At       When   // data
}

// Close is EncerrarOcorrencia: it moves to the closed status. From the field it also says that the order is
// closed there, which frees the lane.
func (f *Flow) Close(ctx context.Context, c Call, in CloseInput) (Receipt, error) {
	return f.receive(ctx, c, func(r *inbound) (db.Occurrence, error) {
		o, err := r.theirOccurrence(in.Number)
		if err != nil {
			return o, err
		}
		if already, err := r.closedAlready(c.Actor, o); already || err != nil {
			return o, err
		}
		if err := r.move(c.Actor, o, MoveInput{Number: in.Number, Status: r.cfg.Closed, Comment: in.Solution, At: in.At, solution: in.Solution}); err != nil {
			return o, err
		}
		founded := sql.NullBool{}
		if in.Founded != nil {
			founded = sql.NullBool{Bool: *in.Founded, Valid: true}
		}
		if err := r.SetOccurrenceSolution(r.ctx, db.SetOccurrenceSolutionParams{ID: o.ID, Solution: in.Solution, Founded: founded}); err != nil {
			return o, err
		}
		if c.Actor.Origin != desk.Field {
			return o, nil
		}
		return o, r.closeLiveOrder(o)
	})
}

// closeLiveOrder believes the field also where the opening's answer is still missing: what it closes, it has. An
// opening that was never sent can't be meant.
func (w *work) closeLiveOrder(o db.Occurrence) error {
	order, err := w.LiveOrder(w.ctx, db.LiveOrderParams{OccurrenceID: o.ID, ConnectionID: o.ConnectionID, Environment: o.Environment})
	if store.NoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if order.State == desk.OrderOpening {
		opening, err := w.OpeningOf(w.ctx, store.Null(order.ID))
		if err != nil || opening.State != desk.Sending && opening.State != desk.Uncertain {
			return err
		}
	}
	return w.SetOrderState(w.ctx, db.SetOrderStateParams{ID: order.ID, State: desk.OrderClosed, ClosedAt: store.Null(w.now.UnixMilli())})
}
