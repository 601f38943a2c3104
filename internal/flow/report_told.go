package flow

import (
	"slices"

	"ponte/internal/desk"
	"ponte/internal/store/db"
)

// What the field calls in may have been found by a look-up before: then the call is accepted, answered as ever, and
// tells nothing twice. What a house token writes is no such news.

// fieldComment is a comment as it is called in.
func (w *work) fieldComment(a desk.Actor, o db.Occurrence, in CommentInput) error {
	if a.Origin != desk.Field || in.Text == "" {
		_, err := w.comment(a, o, in)
		return err
	}
	place, err := w.Place(w.ctx, o.UnitID)
	if err != nil {
		return err
	}
	news := toldComment(in.Text, in.At.in(Zone(place.Zone), w.now), in.At.Set)
	facts, already, err := w.calledIn(o, news)
	if already || err != nil {
		return err
	}
	id, err := w.comment(a, o, in)
	if err != nil {
		return err
	}
	return w.keepFact(o, news, facts, "", id, true)
}

// fieldVisit is news of an inspection as it is called in.
func (w *work) fieldVisit(a desk.Actor, o db.Occurrence, in VisitInput) error {
	if a.Origin != desk.Field {
		_, err := w.visit(a, o, in)
		return err
	}
	place, err := w.Place(w.ctx, o.UnitID)
	if err != nil {
		return err
	}
	news := toldVisit(in.State, in.Start.in(Zone(place.Zone), w.now))
	facts, already, err := w.calledIn(o, news)
	if already || err != nil {
		return err
	}
	id, err := w.visit(a, o, in)
	if err != nil {
		return err
	}
	return w.keepFact(o, news, facts, "", id, true)
}

// movedAlready says whether a look-up told of this step: it saw the order there at that time or later. A step that
// happened after the look is another one.
func (w *work) movedAlready(a desk.Actor, o db.Occurrence, in MoveInput) (bool, error) {
	if a.Origin != desk.Field {
		return false, nil
	}
	place, err := w.Place(w.ctx, o.UnitID)
	if err != nil {
		return false, err
	}
	at := in.At.in(Zone(place.Zone), w.now)
	facts, err := w.fieldFacts(o, factStep)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(facts, func(f db.FieldFact) bool {
		return !f.Called && f.Gist == in.Status && (in.At.Set && !at.After(fromMillis(f.At).Add(closeInTime)) ||
			!in.At.Set && f.MovementID.Int64 == o.StatusMovementID.Int64)
	})
	if i < 0 {
		return false, nil
	}
	n, err := w.CallFieldFact(w.ctx, db.CallFieldFactParams{OccurrenceID: o.ID, Kind: factStep, Subject: facts[i].Subject})
	return n == 1, err
}

// closedAlready says whether a look-up told of this closing: the occurrence is closed by it.
func (w *work) closedAlready(a desk.Actor, o db.Occurrence) (bool, error) {
	if a.Origin != desk.Field || !w.cfg.IsClosed(o.StatusCode) {
		return false, nil
	}
	facts, err := w.fieldFacts(o, factClosing)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(facts, func(f db.FieldFact) bool { return !f.Called })
	if i < 0 {
		return false, nil
	}
	n, err := w.CallFieldFact(w.ctx, db.CallFieldFactParams{OccurrenceID: o.ID, Kind: factClosing, Subject: facts[i].Subject})
	return n == 1, err
}
