package flow

import (
	"context"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// MendInput is what a person does about a finding.
type MendInput struct {
	Mend desk.Mend
	Why  string // of MendIgnore, mandatory
	// Number is the occurrence that an unknown order is tied to.
	Number int64
	// MobussID is the order to tie to, where the finding names several.
	MobussID string
}

// MayMend says who may mend a finding.
func MayMend(a desk.Actor) bool { return a.Has(desk.Attendant, desk.Manager) }

// Mend does something about a finding, once: what it rests on is looked at again under the occurrence's lock.
func (f *Flow) Mend(ctx context.Context, a desk.Actor, id string, in MendInput) error {
	in.Why, in.MobussID = strings.TrimSpace(in.Why), strings.TrimSpace(in.MobussID)
	if in.Mend == desk.MendIgnore && in.Why == "" {
		return desk.BadField("motivo", "obrigatorio")
	}
	return f.write(ctx, func(w *work) error {
		row, err := w.findingForUpdate(a, id, in)
		if err != nil {
			return err
		}
		if row.State != desk.FindingOpen || !row.Kind.Allows(in.Mend) {
			return desk.Fail(desk.ErrFinding, "situacao", string(row.State))
		}
		if err := w.mend(a, row, in); err != nil {
			return err
		}
		state := desk.FindingMended
		if in.Mend == desk.MendIgnore {
			state = desk.FindingIgnored
		}
		if err := w.endFinding(row, state, a.Name, in.Why, in.Mend); err != nil {
			return err
		}
		return w.audit(a, "conciliacao.corrigir", w.findingSubject(row), map[string]any{"achado": row.Kind, "conserto": in.Mend, "id": row.ID})
	})
}

// FindAgain takes a finding back that was ignored.
func (f *Flow) FindAgain(ctx context.Context, a desk.Actor, id string) error {
	return f.write(ctx, func(w *work) error {
		row, err := w.findingForUpdate(a, id, MendInput{})
		if err != nil {
			return err
		}
		n, err := w.ReopenFinding(w.ctx, row.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return desk.Fail(desk.ErrFinding, "situacao", string(row.State))
		}
		w.findingsChanged()
		if row.OccurrenceID.Valid {
			if err := w.changedByID(row.OccurrenceID.Int64); err != nil {
				return err
			}
		}
		return w.audit(a, "conciliacao.reabrir", w.findingSubject(row), map[string]any{"achado": row.Kind, "id": row.ID})
	})
}

func (w *work) findingSubject(row db.Finding) string {
	if o, err := w.OccurrenceByID(w.ctx, row.OccurrenceID.Int64); row.OccurrenceID.Valid && err == nil {
		return subjectOf(o.Number)
	}
	return "achado:" + row.ID
}

// findingForUpdate reads a finding that the actor may act on, with its occurrence locked, or that which it is to be tied
// to.
func (w *work) findingForUpdate(a desk.Actor, id string, in MendInput) (db.Finding, error) {
	none := desk.Fail(desk.ErrNoFinding, "achado", id)
	if !MayMend(a) {
		return db.Finding{}, desk.Fail(desk.ErrForbidden)
	}
	row, err := w.FindingByID(w.ctx, id)
	if store.NoRows(err) {
		return row, none
	}
	if err != nil {
		return row, err
	}
	if !row.OccurrenceID.Valid {
		if len(a.Developments) > 0 { // an order that nobody knows belongs to no development
			return row, none
		}
		if in.Mend != desk.MendTie {
			return row, nil
		}
		if in.Number == 0 {
			return row, desk.BadField("numero_ocorrencia", "obrigatorio")
		}
		_, err = w.byHand(a, in.Number)
	} else {
		var o db.Occurrence
		if o, err = w.OccurrenceByID(w.ctx, row.OccurrenceID.Int64); err == nil {
			_, err = w.byHand(a, o.Number)
		}
	}
	if err != nil {
		return row, err
	}
	return w.FindingByID(w.ctx, id) // somebody may have been first
}

func (w *work) mend(a desk.Actor, row db.Finding, in MendInput) error {
	if in.Mend == desk.MendIgnore {
		return nil
	}
	facts, err := w.flow.openFacts(row)
	if err != nil {
		return err
	}
	if row.Kind == desk.OrderUnknown {
		return w.tieUnknown(row, facts, in)
	}
	o, err := w.OccurrenceByID(w.ctx, row.OccurrenceID.Int64)
	if err != nil {
		return err
	}
	order, err := w.OrderByID(w.ctx, row.OrderID.Int64)
	if err != nil {
		return err
	}
	if in.Mend.Sends() {
		if off := w.sendingOff(o); off != nil {
			return off
		}
	}
	w.changed(o.Number)
	switch in.Mend {
	case desk.MendTakeIn, desk.MendCloseHere:
		return w.takeIn(a, o, order, row.Kind, facts.DifferenceFacts)
	case desk.MendNumber:
		return w.RenumberOrder(w.ctx, db.RenumberOrderParams{ID: order.ID, MobussNumber: store.NullText(facts.Number)})
	case desk.MendConfirm:
		d, err := w.DeliveryByID(w.ctx, row.DeliveryID.String)
		if err != nil {
			return err
		}
		return w.confirm(a, o, d, facts.OrderID, facts.Number)
	case desk.MendSendAgain:
		return w.sendAgain(o, order, row.DeliveryID.String)
	case desk.MendCloseFar:
		return w.closeFar(o, order)
	case desk.MendOpenAgain:
		return w.openAgain(o, order)
	case desk.MendTie:
		return w.tieOther(o, order, facts, in)
	}
	return desk.Fail(desk.ErrFinding, "situacao", string(row.State))
}

// voice is the field's, for what a look-up found: news, never sent back.
func voice(o db.Occurrence) desk.Actor {
	return desk.Actor{Kind: "sistema", Name: "Mobuss", Origin: desk.Field, Environment: o.Environment, Connection: o.ConnectionID}
}

// takeIn tells what the field did, by the same way as a call of theirs. by is who has it told.
func (w *work) takeIn(by desk.Actor, o db.Occurrence, order db.ServiceOrder, kind desk.FindingKind, d DifferenceFacts) error {
	if !w.cfg.Method.FieldMayReport() {
		return desk.Fail(desk.ErrMethod, "metodo", string(w.cfg.Method))
	}
	var err error
	switch kind {
	case desk.CommentUntold:
		err = w.takeComment(o, d)
	case desk.VisitUntold:
		err = w.takeVisit(o, d)
	case desk.StepUntold:
		err = w.takeStep(o, d)
	case desk.ClosedThere:
		err = w.takeClosing(o, order, d)
	}
	if err != nil {
		return err
	}
	return w.audit(by, "conciliacao.trazer", subjectOf(o.Number), map[string]any{"achado": kind})
}

// told is answered where the news came in another way meanwhile.
func errTold() error { return desk.Fail(desk.ErrFinding, "situacao", string(desk.FindingGone)) }

func (w *work) takeComment(o db.Occurrence, d DifferenceFacts) error {
	item := *d.Item
	facts, err := w.fieldFacts(o, factComment)
	if err != nil {
		return err
	}
	movements, err := w.Movements(w.ctx, o.ID)
	if err != nil {
		return err
	}
	if s := sortComments([]mapping.Item{item}, facts, movements); len(s.news) == 0 {
		return errTold()
	}
	at := When{Time: item.At, Set: !item.At.IsZero()}
	id, err := w.comment(voice(o), o, CommentInput{Number: o.Number, Text: item.Text, Author: item.Author, At: at})
	if err != nil {
		return err
	}
	news := toldComment(item.Text, item.At, at.Set)
	if !at.Set {
		news.at = w.now
	}
	return w.keepFact(o, news, facts, item.ID, id, false)
}

func (w *work) takeVisit(o db.Occurrence, d DifferenceFacts) error {
	item := *d.Item
	news := toldVisit(item.State, item.Start)
	facts, err := w.fieldFacts(o, factVisit)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(facts, news.is) {
		return errTold()
	}
	in := VisitInput{Number: o.Number, Start: When{Time: item.Start, Set: true}, End: When{Time: item.End, Set: !item.End.IsZero()},
		Technician: item.Author, State: item.State, Comment: item.Text}
	id, err := w.visit(voice(o), o, in)
	if err != nil {
		return err
	}
	seen := ""
	if item.ID != "" { // one visit has several pieces of news
		seen = item.ID + "/" + news.print
	}
	return w.keepFact(o, news, facts, seen, id, false)
}

func (w *work) takeStep(o db.Occurrence, d DifferenceFacts) error {
	news := toldStep(d.Status, d.Since, d.At)
	facts, err := w.fieldFacts(o, factStep)
	if err != nil {
		return err
	}
	movements, err := w.Movements(w.ctx, o.ID)
	if err != nil {
		return err
	}
	came := func(m db.Movement) bool {
		return m.Origin == desk.Field && m.Kind == kindMove && m.ToStatus == d.Status && !fromMillis(m.ArrivedAt).Before(d.Since)
	}
	if slices.ContainsFunc(facts, func(f db.FieldFact) bool { return strings.HasPrefix(f.Subject, news.print+":") }) || slices.ContainsFunc(movements, came) {
		return errTold()
	}
	if err := w.move(voice(o), o, MoveInput{Number: o.Number, Status: d.Status}); err != nil {
		return err
	}
	now, err := w.OccurrenceByID(w.ctx, o.ID)
	if err != nil {
		return err
	}
	return w.keepFact(o, news, facts, "", now.StatusMovementID.Int64, false)
}

// takeClosing closes the occurrence and the order. An occurrence that the house closed meanwhile keeps its solution.
func (w *work) takeClosing(o db.Occurrence, order db.ServiceOrder, d DifferenceFacts) error {
	if order.State != desk.OrderOpen {
		return errTold()
	}
	at := When{Time: d.At, Set: !d.At.IsZero()}
	if !w.cfg.IsClosed(o.StatusCode) {
		if err := w.move(voice(o), o, MoveInput{Number: o.Number, Status: w.cfg.Closed, Comment: d.Solution, At: at, solution: d.Solution}); err != nil {
			return err
		}
		if err := w.SetOccurrenceSolution(w.ctx, db.SetOccurrenceSolutionParams{ID: o.ID, Solution: d.Solution}); err != nil {
			return err
		}
		facts, err := w.fieldFacts(o, factClosing)
		if err != nil {
			return err
		}
		if err := w.keepFact(o, toldClosing(order.ID, w.now), facts, "", 0, false); err != nil {
			return err
		}
	}
	return w.SetOrderState(w.ctx, db.SetOrderStateParams{ID: order.ID, State: desk.OrderClosed, ClosedAt: store.Null(w.now.UnixMilli())})
}
