package flow

import (
	"context"
	"slices"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// LetterFact is what is kept of a letter.
type LetterFact struct {
	ID         string
	Number     int64 // the occurrence's
	Subject    string
	MovementID int64
	Kind       desk.LetterKind
	State      desk.LetterState
	Test       bool
	To         string // masked
	Reason     string
	Code       int // of SMTP
	Attempts   int
	By         string
	CreatedAt  time.Time
	TriedAt    time.Time // zero: never
	SettledAt  time.Time // zero while under way
	// Again: it was not sent, nothing later says the same, and so somebody may want it to be.
	Again bool
}

// letterMeta is a letter without what it says.
type letterMeta = db.LettersOfOccurrenceRow

func letterFact(r letterMeta, zone *time.Location) LetterFact {
	at := func(ms int64) time.Time {
		if ms == 0 {
			return time.Time{}
		}
		return fromMillis(ms).In(zone)
	}
	return LetterFact{ID: r.ID, MovementID: r.MovementID.Int64, Kind: r.Kind, State: r.State, Test: r.Test, To: r.Shown, Reason: r.ReasonCode, Code: int(r.SmtpCode),
		Attempts: int(r.Attempts), By: r.CreatedBy, CreatedAt: at(r.CreatedAt), TriedAt: at(r.TriedAt.Int64), SettledAt: at(r.SettledAt.Int64)}
}

// MaySeeLetters says who sees what customers were written: whoever sees their occurrences.
func MaySeeLetters(a desk.Actor) bool { return a.Has(desk.Attendant, desk.Consultant, desk.Manager) }

// MaySendAgain says who has a letter sent again.
func MaySendAgain(a desk.Actor) bool { return a.Has(desk.Attendant, desk.Manager) }

// lettersOf are an occurrence's, oldest first.
func (r *reader) lettersOf(o db.Occurrence) ([]LetterFact, error) {
	rows, err := r.q.LettersOfOccurrence(r.ctx, store.Null(o.ID))
	out := make([]LetterFact, len(rows))
	for i, row := range rows {
		out[i] = letterFact(row, r.zone)
		out[i].Number, out[i].Again = o.Number, unsentLetter(row) && !slices.ContainsFunc(rows[i+1:], func(x letterMeta) bool { return sameLetter(row, x) })
	}
	return out, err
}

func unsentLetter(l letterMeta) bool {
	return l.State == desk.LetterFailed || l.State == desk.LetterDropped && l.ReasonCode != desk.NoLetterErased
}

// sameLetter: both are about the same thing.
func sameLetter(a, b letterMeta) bool {
	return a.Kind == b.Kind && a.VisitID == b.VisitID && a.CustomerID == b.CustomerID
}

// LettersQuery asks the list of letters; it is what stands in the page's URL.
type LettersQuery struct {
	State desk.LetterState // empty: all
	After string
	Most  int
}

// Letters is a page of them, newest first.
type Letters struct {
	Lines []LetterFact
	// Next goes on; empty at the end. Partial says that so much was looked through without filling the page that the rest is left
	// to a person's patience.
	Next    string
	Partial bool
}

// ListLetters answers a page of letters, of the developments that the actor sees.
func (f *Flow) ListLetters(ctx context.Context, a desk.Actor, q LettersQuery) (out Letters, err error) {
	if !MaySeeLetters(a) {
		return out, desk.Fail(desk.ErrForbidden)
	}
	back := lookBack[db.LettersByTimeRow, LetterFact]{after: q.After, stride: lettersStep, far: lettersLooked,
		rows: func(before int64, id string, most int64) ([]db.LettersByTimeRow, error) {
			return f.lettersAt(ctx, q.State, before, id, most)
		},
		at:   func(r db.LettersByTimeRow) (int64, string) { return r.CreatedAt, r.ID },
		fits: func(r db.LettersByTimeRow) bool { return a.MayTouch(r.DevelopmentID.Int64) },
		line: func(r db.LettersByTimeRow) (LetterFact, error) { return f.letterLine(ctx, r) }}
	out.Lines, out.Next, out.Partial, err = back.page(q.Most)
	return out, err
}

// How far a question looks, and in what steps.
const (
	lettersLooked = 5000
	lettersStep   = 100
)

func (f *Flow) letterLine(ctx context.Context, r db.LettersByTimeRow) (LetterFact, error) {
	l := letterFact(letterMeta{ID: r.ID, Kind: r.Kind, State: r.State, Test: r.Test, MovementID: r.MovementID, Shown: r.Shown, ReasonCode: r.ReasonCode,
		SmtpCode: r.SmtpCode, Attempts: r.Attempts, CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt, TriedAt: r.TriedAt, SettledAt: r.SettledAt}, Zone(r.Zone))
	l.Number, l.Subject = r.Number, r.Subject
	if r.State != desk.LetterFailed && r.State != desk.LetterDropped {
		return l, nil
	}
	all, err := f.Store.Read().LettersOfOccurrence(ctx, r.OccurrenceID)
	l.Again = laterless(all, r.ID)
	return l, err
}

// laterless says whether a letter was not sent and nothing later says the same.
func laterless(all []letterMeta, id string) bool {
	i := slices.IndexFunc(all, func(x letterMeta) bool { return x.ID == id })
	return i >= 0 && unsentLetter(all[i]) && !slices.ContainsFunc(all[i+1:], func(x letterMeta) bool { return sameLetter(all[i], x) })
}

func (f *Flow) lettersAt(ctx context.Context, state desk.LetterState, before int64, beforeID string, most int64) ([]db.LettersByTimeRow, error) {
	q := f.Store.Read()
	if state == "" {
		return q.LettersByTime(ctx, db.LettersByTimeParams{Before: before, BeforeID: beforeID, Most: most})
	}
	rows, err := q.LettersOfState(ctx, db.LettersOfStateParams{State: state, Before: before, BeforeID: beforeID, Most: most})
	out := make([]db.LettersByTimeRow, len(rows))
	for i, r := range rows {
		out[i] = db.LettersByTimeRow(r)
	}
	return out, err
}

// LastTrial answers the latest letter that somebody sent themselves to try the settings; ok: there is one.
func (f *Flow) LastTrial(ctx context.Context, a desk.Actor) (l LetterFact, ok bool, err error) {
	if !MaySetLetters(a) {
		return l, false, desk.Fail(desk.ErrForbidden)
	}
	rows, err := f.Store.Read().LastTrialLetter(ctx)
	if err != nil || len(rows) == 0 {
		return l, false, err
	}
	r := rows[0]
	return letterFact(letterMeta{ID: r.ID, Kind: r.Kind, State: r.State, Test: r.Test, Shown: r.Shown, ReasonCode: r.ReasonCode, SmtpCode: r.SmtpCode,
		Attempts: r.Attempts, CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt, TriedAt: r.TriedAt, SettledAt: r.SettledAt}, Zone("")), true, nil
}

// CountLetters is how many letters wait, and how many failed and are kept; for the metrics.
func (f *Flow) CountLetters(ctx context.Context) (map[desk.LetterState]int64, error) {
	rows, err := f.Store.Read().CountLetters(ctx)
	out := map[desk.LetterState]int64{}
	for _, r := range rows {
		out[r.State] = r.N
	}
	return out, err
}

// SendAgain writes a letter anew that was not sent, about the occurrence as it is now. Where nobody gets it any more,
// carta_sem_destino says why.
func (f *Flow) SendAgain(ctx context.Context, a desk.Actor, number int64, id string) error {
	return f.write(ctx, func(w *work) error {
		o, err := w.byHand(a, number)
		if err != nil {
			return err
		}
		all, err := w.LettersOfOccurrence(w.ctx, store.Null(o.ID))
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(x letterMeta) bool { return x.ID == id })
		if i < 0 {
			return desk.Fail(desk.ErrNotFound, "numero", number)
		}
		if !laterless(all, id) {
			return desk.Fail(desk.ErrLetter, "motivo", "carta_ja_reenviada")
		}
		c := letterCause{kind: all[i].Kind, movement: all[i].MovementID.Int64, by: a.Name}
		if refused, err := w.again(o, all[i], &c); err != nil || refused != nil {
			return firstOf(refused, err)
		}
		why, err := w.letter(o, c)
		if err == nil && why != "" {
			err = desk.Fail(desk.ErrLetter, "motivo", why)
		}
		if err != nil {
			return err
		}
		w.changed(o.Number)
		return w.audit(a, "cartas.reenviar", subjectOf(o.Number), map[string]any{"carta": id, "tipo": string(c.kind)})
	})
}

func firstOf(refused *desk.Error, err error) error {
	if err != nil {
		return err
	}
	return refused
}

// again completes the cause of a letter that is written anew.
func (w *work) again(o db.Occurrence, l letterMeta, c *letterCause) (refused *desk.Error, err error) {
	switch l.Kind {
	case desk.LetterClosed:
		return w.closingAgain(o, l, c)
	case desk.LetterVisit:
		return w.visitAgain(o, l, c)
	}
	return nil, nil
}

// closingAgain says what the letter's own movement did: an earlier closing's solution is not this one's.
func (w *work) closingAgain(o db.Occurrence, l letterMeta, c *letterCause) (*desk.Error, error) {
	if !o.ClosedAt.Valid {
		return desk.Fail(desk.ErrLetter, "motivo", "carta_de_reaberta"), nil
	}
	m, err := w.MovementByID(w.ctx, l.MovementID.Int64)
	if err != nil {
		return nil, err
	}
	if c.cancelled = m.ReasonCode == desk.WhyCancelled; !c.cancelled && m.Comment == o.Solution {
		c.solution = o.Solution
	}
	return nil, nil
}

func (w *work) visitAgain(o db.Occurrence, l letterMeta, c *letterCause) (*desk.Error, error) {
	all, err := w.Visits(w.ctx, o.ID)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(v db.Visit) bool { return v.ID == l.VisitID.Int64 })
	if i < 0 || all[i].State == "realizada" || all[i].StartsAt.Int64 <= w.now.UnixMilli() {
		return desk.Fail(desk.ErrLetter, "motivo", "carta_de_vistoria_passada"), nil
	}
	c.visit = l.VisitID.Int64
	c.told = LetterVisit{Is: VisitBooked, Start: fromMillis(all[i].StartsAt.Int64), End: nullMoment(all[i].EndsAt), Others: w.otherVisits(all, c.visit)}
	if all[i].State == VisitCancelled || o.ClosedAt.Valid {
		c.told.Is = VisitCancelled
	}
	return nil, nil
}

// ExpireLetters settles what nobody sends any more, also where there is no mail server at all: a letter doesn't wait for ever.
func (f *Flow) ExpireLetters(ctx context.Context) (n int64, err error) {
	err = f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		n, err = w.Queries.ExpireLetters(w.ctx, db.ExpireLettersParams{Now: w.now.UnixMilli(), Steady: w.steady().UnixMilli()})
		if n > 0 {
			w.AfterCommit(func() { f.Changed(TopicLetters) })
		}
		return err
	})
	return n, err
}

// ForgetLetters erases letters that are over.
func (f *Flow) ForgetLetters(ctx context.Context, days int) (erased int64, err error) {
	return f.forget(ctx, days, DefaultRetention, forgetChunk, func(ctx context.Context, tx *store.Tx, before int64) (int64, error) {
		return tx.ForgetLetters(ctx, db.ForgetLettersParams{Before: before, Most: forgetChunk})
	})
}
