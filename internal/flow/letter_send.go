package flow

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// LetterRound is the right of one process of all replicas to send letters.
type LetterRound struct {
	flow  *Flow
	lease *WorkLease
}

// TakeLetters answers nil where another process has it. A process that died is followed after life; 0: WorkLeaseLife.
func (f *Flow) TakeLetters(ctx context.Context, owner string, life time.Duration) (*LetterRound, error) {
	l, err := f.takeLease(ctx, letterWork, owner, life)
	if l == nil || err != nil {
		return nil, err
	}
	return &LetterRound{f, l}, nil
}

// Leave gives the right back, so that nobody waits for its end.
func (l *LetterRound) Leave(ctx context.Context) error { return l.lease.Leave(ctx) }

// LetterJob is a letter that is to be sent now. Its id stays the same however often it is.
type LetterJob struct {
	ID       string
	Kind     desk.LetterKind
	Test     bool
	To       string
	Shown    string // the customer's address, masked: of a test, whom it would have gone to
	Attempts int    // this one included
	Created  time.Time
	Facts    LetterFacts
	Settings desk.LetterSettings
	expires  int64
}

// LetterOutcome is what became of it.
type LetterOutcome struct {
	Taken bool
	Retry bool // it was not taken, and may be another time
	// Unknown: the server was given all of it, and nobody heard whether it took it.
	Unknown bool
	Reason  string
	Code    int    // of SMTP
	Print   string // SHA-256 of what was sent
}

const (
	// letterLease is how long one sending may last; then it is taken for interrupted, and sent again.
	letterLease = 10 * time.Minute
	// LetterReach is how long a try may take to reach the server, and LetterPatience how long the server may take from there to its
	// answer: scanners take minutes. Together they are well less than the lease, so that no two are ever under way at once.
	LetterReach    = time.Minute
	LetterPatience = 4 * time.Minute
)

// letterPauses are between tries; the last one goes on until the letter's time is over.
var letterPauses = []time.Duration{30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour}

// Due answers the letters that are to be sent now, each marked as being sent, durable before anything leaves. Those that are to go
// no more are settled in passing; more says that there may be others behind them.
func (l *LetterRound) Due(ctx context.Context, most int) (jobs []LetterJob, more bool, err error) {
	f := l.flow
	err = f.Store.Write(ctx, func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		jobs = nil
		if err := l.lease.hold(w); err != nil {
			return err
		}
		is, err := letterSettings(w.LetterSettings(w.ctx))
		if err != nil {
			return err
		}
		rows, err := w.DueLetters(w.ctx, db.DueLettersParams{Now: w.steady().UnixMilli(), Most: int64(most)})
		if err != nil {
			return err
		}
		more = len(rows) == most
		for _, row := range rows {
			j, err := w.letterJob(row, is)
			if err != nil {
				return err
			}
			if j != nil {
				jobs = append(jobs, *j)
			}
		}
		return nil
	})
	return jobs, more, err
}

// letterJob marks a letter as being sent; nil: it goes no further.
func (w *work) letterJob(row db.Letter, is desk.LetterSettings) (*LetterJob, error) {
	j := &LetterJob{ID: row.ID, Kind: row.Kind, Test: row.Test, Shown: row.Shown, Attempts: int(row.Attempts) + 1, Created: fromMillis(row.CreatedAt),
		Settings: is, expires: row.ExpiresAt}
	var state desk.LetterState
	var why string
	plain, err := w.flow.Keys.Open(letterPlace(row.ID), row.Facts)
	if err == nil {
		err = json.Unmarshal(plain, &j.Facts)
	}
	if err != nil { // sealed with a key that is not at hand; the others must not wait for it
		w.flow.Log.ErrorContext(w.ctx, "letters: what a letter says can't be read", "letter", row.ID, "error", err)
		state, why = desk.LetterFailed, desk.LetterUnreadable
	} else if state, why, err = w.stillGoes(row, j.Facts, is); err != nil {
		return nil, err
	}
	if why != "" {
		return nil, w.endLetter(row, state, LetterOutcome{Reason: why})
	}
	j.To = j.Facts.To
	if row.Test && row.Kind != desk.LetterTrial {
		j.To = is.TestAddress
	}
	n, err := w.TryLetter(w.ctx, db.TryLetterParams{ID: row.ID, TriedAt: store.Null(w.now.UnixMilli()), DueAt: w.steady().Add(letterLease).UnixMilli(), Attempts: row.Attempts})
	if err != nil || n == 0 { // somebody dropped it since it was read
		return nil, err
	}
	w.lettersChanged(row)
	return j, nil
}

// stillGoes asks once more, because much may have changed since the letter was written; an empty reason: it goes.
func (w *work) stillGoes(row db.Letter, facts LetterFacts, is desk.LetterSettings) (desk.LetterState, string, error) {
	if w.now.UnixMilli() >= row.ExpiresAt {
		if row.Attempts > 0 {
			return desk.LetterFailed, desk.LetterTooLate, nil
		}
		return desk.LetterDropped, desk.LetterTooLate, nil
	}
	if row.Kind == desk.LetterTrial {
		return "", "", nil
	}
	who, err := w.CustomerByID(w.ctx, row.CustomerID.Int64)
	if err != nil {
		return "", "", err
	}
	place, err := w.DevelopmentByID(w.ctx, row.DevelopmentID.Int64)
	if err != nil {
		return "", "", err
	}
	judged := desk.LetterCase{KindOff: !is.Sends(row.Kind), PlaceOff: slices.Contains(is.Without, place.Code), Test: row.Test, TestAddress: is.TestAddress,
		Erased: who.ErasedAt.Valid, OptedOut: who.NoLetters, Address: who.Email}
	if why := judged.Refusal(); why != "" {
		return desk.LetterDropped, why, nil
	}
	switch {
	case !row.Test && who.Email != facts.To: // the former address may be a stranger's by now
		return desk.LetterDropped, desk.LetterMoved, nil
	case row.Kind == desk.LetterClosed:
		return w.stillClosed(row)
	case !row.VisitID.Valid:
		return "", "", nil
	}
	later, err := w.LaterLettersOfVisit(w.ctx, db.LaterLettersOfVisitParams{VisitID: row.VisitID, CustomerID: row.CustomerID, VisitSeq: row.VisitSeq})
	if err != nil {
		return "", "", err
	}
	if later > 0 { // an old time must not arrive after the new one
		return desk.LetterDropped, desk.LetterReplaced, nil
	}
	if facts.Visit != nil && facts.Visit.Is == VisitCancelled {
		return w.stillCancelled(row)
	}
	return "", "", nil
}

// stillClosed: what was reopened before its customer heard of a closing has not been closed for them.
func (w *work) stillClosed(row db.Letter) (desk.LetterState, string, error) {
	o, err := w.OccurrenceByID(w.ctx, row.OccurrenceID.Int64)
	if err != nil || o.ClosedAt.Valid {
		return "", "", err
	}
	return desk.LetterDropped, desk.LetterReopened, nil
}

// stillCancelled: who was not told of a visit need not hear that it falls through, nor anybody of one that only a closing had
// taken away, which was undone.
func (w *work) stillCancelled(row db.Letter) (desk.LetterState, string, error) {
	if row.Attempts > 0 {
		return "", "", nil
	}
	before, err := w.LettersOfVisit(w.ctx, db.LettersOfVisitParams{VisitID: row.VisitID, CustomerID: row.CustomerID, Before: row.VisitSeq})
	if err != nil {
		return "", "", err
	}
	if before.Told == 0 {
		return desk.LetterDropped, desk.LetterNeverTold, nil
	}
	all, err := w.Visits(w.ctx, row.OccurrenceID.Int64)
	if err != nil || !slices.ContainsFunc(all, func(v db.Visit) bool { return v.ID == row.VisitID.Int64 && w.booked(v) }) {
		return "", "", err
	}
	o, err := w.OccurrenceByID(w.ctx, row.OccurrenceID.Int64)
	if err != nil || o.ClosedAt.Valid {
		return "", "", err
	}
	if who, _, err := w.letterFor(o); err != nil || who.ID != row.CustomerID.Int64 { // it is somebody else's by now
		return "", "", err
	}
	return desk.LetterDropped, desk.LetterReopened, nil
}

// SettleLetter writes what became of a letter. Who lost the lease meanwhile still may, unless the letter was taken up by another.
func (f *Flow) SettleLetter(ctx context.Context, j LetterJob, out LetterOutcome) error {
	return f.Store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		w := f.bare(ctx, tx)
		row, err := w.Letter(w.ctx, j.ID)
		if err != nil {
			return err
		}
		if row.Attempts != int64(j.Attempts) {
			return nil
		}
		if row.State == desk.LetterDropped && out.Taken { // it was to go no further, and had gone
			w.lettersChanged(row)
			_, err := w.LetterLeftAfterAll(w.ctx, db.LetterLeftAfterAllParams{ID: j.ID, SettledAt: store.Null(w.now.UnixMilli()), Attempts: row.Attempts})
			return err
		}
		if row.State != desk.LetterSending {
			return nil
		}
		return w.settleLetter(row, j, out)
	})
}

// settleLetter: an outcome that nobody knows is tried again once, under the same Message-ID. Whoever takes long to answer twice
// may have it twice, and gets it no third time.
func (w *work) settleLetter(row db.Letter, j LetterJob, out LetterOutcome) error {
	doubted := row.ReasonCode == desk.LetterMaybe
	if out.Unknown {
		out.Reason, out.Retry = desk.LetterMaybe, !doubted
	} else if doubted && out.Retry {
		out.Reason = desk.LetterMaybe // it stays to be remembered
	}
	pause := letterPauses[min(max(j.Attempts, 1), len(letterPauses))-1]
	switch {
	case out.Taken:
		return w.endLetter(row, desk.LetterSent, LetterOutcome{Print: out.Print})
	case out.Retry && w.now.Add(pause).UnixMilli() < j.expires:
		w.lettersChanged(row)
		_, err := w.RetryLetter(w.ctx, db.RetryLetterParams{ID: j.ID, DueAt: w.steady().Add(pause).UnixMilli(), ReasonCode: out.Reason,
			SmtpCode: int64(out.Code), Attempts: row.Attempts})
		return err
	}
	return w.endLetter(row, desk.LetterFailed, out)
}

func (w *work) endLetter(row db.Letter, state desk.LetterState, out LetterOutcome) error {
	w.lettersChanged(row)
	_, err := w.EndLetter(w.ctx, db.EndLetterParams{ID: row.ID, State: state, SettledAt: store.Null(w.now.UnixMilli()), ReasonCode: out.Reason,
		SmtpCode: int64(out.Code), Print: out.Print, Attempts: row.Attempts})
	return err
}

// lettersChanged tells the list and the occurrence's page.
func (w *work) lettersChanged(row db.Letter) {
	w.AfterCommit(func() { w.flow.Changed(TopicLetters) })
	if !row.OccurrenceID.Valid {
		return
	}
	o, err := w.OccurrenceByID(w.ctx, row.OccurrenceID.Int64)
	if err == nil {
		w.changed(o.Number)
	}
}

// NextDue is how long until the next letter is to be sent; false: none waits.
func (l *LetterRound) NextDue(ctx context.Context) (time.Duration, bool, error) {
	rows, err := l.flow.Store.Read().NextLetter(ctx)
	if err != nil || len(rows) == 0 {
		return 0, false, err
	}
	return fromMillis(rows[0]).Sub(l.flow.steadyNow()), true, nil
}
