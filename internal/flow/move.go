package flow

import (
	"context"
	"strconv"
	"sync"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Kinds of movement, as the table movement_kind has them.
const (
	kindOpening = "abertura"
	kindMove    = "movimentacao"
	kindComment = "comentario"
	kindVisit   = "vistoria"
	kindRemark  = "nota"
)

// movement is what is about to be recorded.
type movement struct {
	kind     string
	to       string
	comment  string
	internal bool
	at       time.Time
	reason   desk.Reason
	visitID  int64
	author   string // who said it in the field, where the call tells
	solution string // of a closing; the customer may read it
}

// MovedBefore is why a move is refused whose occurrence is no longer where the person saw it.
const MovedBefore = "movida_antes"

// MoveInput is a change of status.
type MoveInput struct {
	Number  int64
	Status  string // cod_status
	From    string // the status that it was seen in; empty: whichever it is in
	Comment string
	At      When
	Author  string
	// Files are new, Attachments of this occurrence already. Where the movement fires, both follow it to Mobuss.
	Files       []Upload
	Attachments []int64
	// solution is what a closing says was done, in words that the customer may read.
	solution string
	// VisitStart and VisitEnd are the wish that goes with a movement to the inspection's status.
	VisitStart, VisitEnd When

	together string // the bulk move that it is part of
}

// Move is MovimentarOcorrencia.
func (f *Flow) Move(ctx context.Context, c Call, in MoveInput) (Receipt, error) {
	return f.receive(ctx, c, func(r *inbound) (db.Occurrence, error) {
		o, err := r.theirOccurrence(in.Number)
		if err != nil {
			return o, err
		}
		if already, err := r.movedAlready(c.Actor, o, in); already || err != nil {
			return o, err
		}
		return o, r.move(c.Actor, o, in)
	})
}

// MoveByHand moves for a person at the desk.
func (f *Flow) MoveByHand(ctx context.Context, a desk.Actor, in MoveInput) error {
	return f.write(ctx, func(w *work) error {
		o, err := w.byHand(a, in.Number)
		if err != nil {
			return err
		}
		if in.From != "" && in.From != o.StatusCode {
			return desk.Fail(desk.ErrTransition, "motivo", MovedBefore, "de", o.StatusCode, "para", in.Status)
		}
		return w.move(a, o, in)
	})
}

// byHand finds and locks the occurrence that a person acts on.
func (w *work) byHand(a desk.Actor, number int64) (db.Occurrence, error) {
	if !a.Has(desk.Attendant, desk.Manager) {
		return db.Occurrence{}, desk.Fail(desk.ErrForbidden)
	}
	o, err := w.OccurrenceForUpdate(w.ctx, number)
	if store.NoRows(err) || err == nil && !visible(a, o) {
		return o, desk.Fail(desk.ErrNotFound, "numero", number)
	}
	return o, err
}

// move checks and records a change of status, and fires the status's point.
func (w *work) move(a desk.Actor, o db.Occurrence, in MoveInput) error {
	if refused := w.cfg.CheckMove(a, o.StatusCode, in.Status); refused != nil {
		return refused
	}
	if refused := w.cfg.CheckComment(a, in.Status, in.Comment); refused != nil {
		return refused
	}
	place, err := w.Place(w.ctx, o.UnitID)
	if err != nil {
		return err
	}
	zone := Zone(place.Zone)
	m := movement{kind: kindMove, to: in.Status, comment: in.Comment, at: in.At.in(zone, w.now), author: in.Author, solution: in.solution}
	point := w.cfg.Fires(a, in.Status)
	var plan firing
	if point != desk.NoPoint {
		if plan, err = w.planFiring(o, point); err != nil {
			return err
		}
	}
	id, err := w.setStatus(a, o, m)
	if err != nil {
		return err
	}
	if err := w.wishVisit(id, in.VisitStart, in.VisitEnd, Zone(place.Zone)); err != nil {
		return err
	}
	files, err := w.attach(a, o, id, in.Files, m.at)
	if err != nil {
		return err
	}
	chosen, err := w.chosenFiles(o, in.Attachments)
	if err != nil {
		return err
	}
	told := map[string]any{"de": o.StatusCode, "para": in.Status}
	if in.together != "" {
		told["lote"] = in.together
	}
	if err := w.audit(a, "ocorrencia.mover", subjectOf(o.Number), told); err != nil {
		return err
	}
	if point == desk.NoPoint {
		return nil
	}
	o.StatusCode = in.Status // where a failure that follows at once begins
	return w.fire(o, plan, firedBy{movement: id, m: m, actor: a, place: place,
		visitStart: in.VisitStart, visitEnd: in.VisitEnd, files: append(sendable(files), chosen...)})
}

// setStatus records a movement that changes (or confirms) the status.
func (w *work) setStatus(a desk.Actor, o db.Occurrence, m movement) (int64, error) {
	id, err := w.insertMovement(a, o, m)
	if err != nil {
		return 0, err
	}
	closed := o.ClosedAt
	switch ends := w.cfg.IsClosed(m.to); {
	case !ends && closed.Valid:
		closed.Valid = false
		err = w.tellReopenedVisits(o, id, m.by(a))
	case ends && !closed.Valid:
		closed = store.Null(m.at.UnixMilli())
		if err = w.writeLetter(o, letterCause{kind: desk.LetterClosed, movement: id, by: m.by(a), solution: m.solution, cancelled: m.reason.Code == desk.WhyCancelled}); err == nil {
			err = w.tellClosedVisits(o, id, m.by(a))
		}
	}
	if err != nil {
		return 0, err
	}
	w.changed(o.Number)
	w.AfterCommit(func() { w.flow.Changed(TopicList) })
	return id, w.SetOccurrenceStatus(w.ctx, db.SetOccurrenceStatusParams{ID: o.ID, StatusCode: m.to,
		StatusMovementID: store.Null(id), ClosedAt: closed, News: shorten(m.comment, maxNews), NewsBy: m.by(a), NewsAt: m.at.UnixMilli()})
}

// maxNews is how much of a comment stands in a list, in characters.
const maxNews = 160

// tell records a movement that leaves the status alone, and makes it the occurrence's news.
func (w *work) tell(a desk.Actor, o db.Occurrence, m movement) (int64, error) {
	id, err := w.insertMovement(a, o, m)
	if err != nil {
		return 0, err
	}
	w.changed(o.Number)
	w.AfterCommit(func() { w.flow.Changed(TopicList) })
	return id, w.SetNews(w.ctx, db.SetNewsParams{ID: o.ID, News: shorten(m.comment, maxNews), NewsBy: m.by(a), NewsAt: m.at.UnixMilli()})
}

// by is who said it: the field's person, where the call names one.
func (m movement) by(a desk.Actor) string {
	if m.author != "" {
		return m.author
	}
	return a.Name
}

func (w *work) insertMovement(a desk.Actor, o db.Occurrence, m movement) (int64, error) {
	return w.InsertMovement(w.ctx, db.InsertMovementParams{OccurrenceID: o.ID, Kind: m.kind,
		FromStatus: store.NullText(o.StatusCode), ToStatus: m.to, Comment: m.comment, Internal: m.internal,
		ReasonCode: m.reason.Code, ReasonArgs: m.reason.ArgsJSON(), VisitID: store.Null(m.visitID), Origin: a.Origin,
		ActorKind: a.Kind, ActorID: a.ID, ActorName: m.by(a), At: m.at.UnixMilli(), ArrivedAt: w.now.UnixMilli()})
}

var zones sync.Map // name -> *time.Location

// Zone finds a time zone by its IANA name; an unknown one is São Paulo's, where most of the desks are.
func Zone(name string) *time.Location {
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location)
	}
	if name == "" { // which time would take for UTC
		return Zone("America/Sao_Paulo")
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		if z, err = time.LoadLocation("America/Sao_Paulo"); err != nil {
			z = time.FixedZone("-03", -3*3600)
		}
	}
	zones.Store(name, z)
	return z
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
