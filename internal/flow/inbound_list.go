package flow

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// CallLine is a received call in the list.
type CallLine struct {
	ID          string
	At          time.Time
	Operation   string
	Integration string
	Door        string
	Environment desk.Environment
	Outcome     string // "aceito", "repetido", "recusado"
	Code        string // why it was refused
	Reason      desk.Reason
	Number      int64 // the occurrence that it made or names; 0: none
	ExternalID  string
	Ended       string // of a refused one: "" while it is open
	Assignee    int64
	Undecoded   bool
	ReplayOf    string
	ReplayedBy  string
	Trial       bool // a person tried the operation out: ReplayedBy
}

// Open says that the call waits for a person.
func (l CallLine) Open() bool { return l.Outcome == inboundRefused && l.Ended == "" }

// CallsQuery asks the list of received calls; it is what stands in the page's URL.
type CallsQuery struct {
	Open        bool // only what waits for a person
	Outcome     string
	Operation   string
	Integration string
	Code        string
	Environment desk.Environment
	Assignee    int64 // a user; -1: nobody
	Since       time.Time
	Until       time.Time // exclusive
	Text        string    // the call's id, an occurrence's number or an id_externo, whole
	After       string
	Most        int
}

// Calls is a page of received calls, newest first.
type Calls struct {
	Lines []CallLine
	// Next goes on; empty at the end. Partial says that so much was looked through without filling the page that the
	// rest is left to a person's patience.
	Next    string
	Partial bool
	Waiting Count // all that waits for a person
}

// How far a question looks before it asks whether to go on, and in what steps.
const (
	callsLooked = 4000
	callsStep   = 300
)

// ListCalls answers a page of received calls.
func (f *Flow) ListCalls(ctx context.Context, a desk.Actor, q CallsQuery) (*Calls, error) {
	if !MaySeeCalls(a) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	out := &Calls{}
	var err error
	if out.Waiting, err = f.CountOpenCalls(ctx, a); err != nil {
		return nil, err
	}
	w := callWalk{ctx: ctx, q: f.Store.Read(), ask: q, actor: a, zone: Zone("")}
	if text := strings.TrimSpace(q.Text); text != "" {
		return out, w.byText(out, text)
	}
	return out, w.along(out)
}

// CountOpenCalls is how many refused calls wait for a person, of those that the actor may see.
func (f *Flow) CountOpenCalls(ctx context.Context, a desk.Actor) (Count, error) {
	if where := few(a); where != "" {
		n, err := f.Store.Read().CountOpenInboundIn(ctx, db.CountOpenInboundInParams{Few: where, Most: countMost})
		return counted(n), err
	}
	n, err := f.Store.Read().CountOpenInbound(ctx, countMost)
	return counted(n), err
}

// callRow is the shape that the list's queries share.
type callRow = db.InboundOpenRow

type callWalk struct {
	ctx   context.Context //nolint:containedctx // one read, from beginning to end
	q     *db.Queries
	ask   CallsQuery
	actor desk.Actor
	zone  *time.Location
}

// along walks one index, the narrowest that the question allows, and keeps what fits the rest of it.
func (w *callWalk) along(out *Calls) (err error) {
	back := lookBack[callRow, CallLine]{after: w.ask.After, until: w.ask.Until, stride: callsStep, far: callsLooked, rows: w.step,
		at: func(r callRow) (int64, string) { return r.ReceivedAt, r.ID }, fits: w.fits,
		line: func(r callRow) (CallLine, error) { return w.line(r), nil }}
	out.Lines, out.Next, out.Partial, err = back.page(w.ask.Most)
	return err
}

func (w *callWalk) step(before int64, id string, most int64) ([]callRow, error) {
	since := int64(0)
	if !w.ask.Since.IsZero() {
		since = w.ask.Since.UnixMilli()
	}
	switch {
	case w.ask.Open:
		return callRows(w.q.InboundOpen(w.ctx, db.InboundOpenParams{Since: since, Before: before, BeforeID: id, Most: most}))
	case w.ask.Code != "":
		return callRows(w.q.InboundByCode(w.ctx, db.InboundByCodeParams{Code: w.ask.Code, Since: since, Before: before, BeforeID: id, Most: most}))
	case w.ask.Outcome == inboundRefused, w.ask.Outcome == inboundRepeated:
		return callRows(w.q.InboundByOutcome(w.ctx, db.InboundByOutcomeParams{Outcome: w.ask.Outcome, Since: since, Before: before, BeforeID: id, Most: most}))
	}
	return callRows(w.q.InboundByTime(w.ctx, db.InboundByTimeParams{Since: since, Before: before, BeforeID: id, Most: most}))
}

func callRows[T db.InboundOpenRow | db.InboundByCodeRow | db.InboundByOutcomeRow | db.InboundByTimeRow | db.InboundByExternalRow |
	db.InboundOfOccurrenceRow | db.InboundByIDRow](rows []T, err error) ([]callRow, error) {
	out := make([]callRow, len(rows))
	for i, r := range rows {
		out[i] = callRow(r)
	}
	return out, err
}

// byText finds by what a caller or a page names exactly; the filters hold all the same.
func (w *callWalk) byText(out *Calls, text string) error {
	found, err := callRows(w.q.InboundByID(w.ctx, strings.ToLower(text)))
	if err != nil {
		return err
	}
	most := int64(w.ask.Most)
	more, err := callRows(w.q.InboundByExternal(w.ctx, db.InboundByExternalParams{ExternalID: text, Most: most}))
	if err != nil {
		return err
	}
	found = append(found, more...)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		o, err := w.q.OccurrenceByNumber(w.ctx, n)
		if err == nil {
			more, err = callRows(w.q.InboundOfOccurrence(w.ctx, db.InboundOfOccurrenceParams{OccurrenceID: store.Null(o.ID), Most: most}))
			found = append(found, more...)
		}
		if err != nil && !store.NoRows(err) {
			return err
		}
	}
	for _, r := range found {
		if w.fits(r) && len(out.Lines) < w.ask.Most && !slices.ContainsFunc(out.Lines, func(l CallLine) bool { return l.ID == r.ID }) {
			out.Lines = append(out.Lines, w.line(r))
		}
	}
	return nil
}

// fits holds a row against the whole question.
func (w *callWalk) fits(r callRow) bool {
	q := w.ask
	at := fromMillis(r.ReceivedAt)
	is := func(want, got string) bool { return want == "" || want == got }
	return w.sees(r) && (!q.Open || r.Outcome == inboundRefused && !r.Ended.Valid) && is(q.Outcome, r.Outcome) &&
		is(q.Operation, r.Operation) && is(q.Integration, r.Integration) && is(q.Code, r.Code) && is(string(q.Environment), string(r.Environment)) &&
		(q.Assignee == 0 || q.Assignee == r.AssigneeID.Int64 || q.Assignee < 0 && !r.AssigneeID.Valid) &&
		(q.Since.IsZero() || !at.Before(q.Since)) && (q.Until.IsZero() || at.Before(q.Until))
}

// sees hides calls about occurrences of developments that are not the actor's, and those that may be about any.
func (w *callWalk) sees(r callRow) bool {
	return touches(w.actor, r.DevelopmentID.Int64, r.DevelopmentID.Valid)
}

func (w *callWalk) line(r callRow) CallLine {
	return CallLine{ID: r.ID, At: fromMillis(r.ReceivedAt).In(w.zone), Operation: r.Operation, Integration: r.Integration, Door: r.Door,
		Environment: r.Environment, Outcome: r.Outcome, Code: r.Code, Reason: desk.ParseReason(r.Code, r.Error), Number: r.Number.Int64,
		ExternalID: r.ExternalID, Ended: r.Ended.String, Assignee: r.AssigneeID.Int64, Undecoded: r.Undecoded,
		ReplayOf: r.ReplayOf.String, ReplayedBy: r.ReplayedBy, Trial: r.Trial}
}
