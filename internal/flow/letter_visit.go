package flow

import (
	"database/sql"
	"fmt"
	"math"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// numberVisit gives a letter its place among those that this person is written about the visit. What calendars know the
// appointment by rests on nothing that retention takes away: UID on the visit, the person and when the occurrence was recorded;
// SEQUENCE on how many seconds later the letter is written.
func (w *work) numberVisit(row *db.InsertLetterParams, c *letterCause, o db.Occurrence) error {
	row.VisitID = store.Null(c.visit)
	before, err := w.LettersOfVisit(w.ctx, db.LettersOfVisitParams{VisitID: row.VisitID, CustomerID: row.CustomerID, Before: math.MaxInt32})
	if err != nil {
		return err
	}
	row.VisitSeq = before.Next
	c.told.UID = fmt.Sprintf("vistoria-%d-%d-%d", c.visit, row.CustomerID.Int64, o.CreatedAt)
	c.told.Seq = max(w.now.UnixMilli()-o.CreatedAt, 0) / 1000
	if start := c.told.Start.UnixMilli(); start < row.ExpiresAt {
		row.ExpiresAt = start
	}
	return nil
}

// tellVisit writes the letter that news of a visit causes: nothing where it says what was said, or is past, or concerns
// a visit that nobody was told of.
func (w *work) tellVisit(a desk.Actor, o db.Occurrence, movement int64, was db.Visit, known bool, is db.Visit, all []db.Visit) error {
	if !w.sendsLetters(desk.LetterVisit) {
		return nil
	}
	told := LetterVisit{Is: visitNews(was, known, is), Start: fromMillis(is.StartsAt.Int64), End: nullMoment(is.EndsAt)}
	if told.Is == VisitCancelled { // the appointment that falls through, by the time that was said of it
		told.Start, told.End = fromMillis(was.StartsAt.Int64), nullMoment(was.EndsAt)
	} else if o.ClosedAt.Valid {
		return nil
	}
	if told.Is == "" || !told.Start.After(w.now) {
		return nil
	}
	told.Others = w.otherVisits(all, is.ID)
	return w.writeLetter(o, letterCause{kind: desk.LetterVisit, movement: movement, by: a.Name, visit: is.ID, told: told})
}

// booked says whether a visit is still to come.
func (w *work) booked(v db.Visit) bool {
	return v.State == visitBooked && v.StartsAt.Valid && v.StartsAt.Int64 > w.now.UnixMilli()
}

// otherVisits are those that are still to come beside one.
func (w *work) otherVisits(all []db.Visit, beside int64) (out []time.Time) {
	for _, v := range all {
		if v.ID != beside && w.booked(v) {
			out = append(out, fromMillis(v.StartsAt.Int64))
		}
	}
	return out
}

func nullMoment(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return fromMillis(ms.Int64)
}

// visitNews is what there is to tell of a visit; empty: nothing.
func visitNews(was db.Visit, known bool, is db.Visit) string {
	switch {
	case is.State == VisitCancelled && known && was.State == visitBooked:
		return VisitCancelled
	case is.State != visitBooked:
		return ""
	case !known || was.State != visitBooked:
		return VisitBooked
	case was.StartsAt != is.StartsAt || was.EndsAt != is.EndsAt:
		return VisitChanged
	}
	return ""
}

// tellClosedVisits: what is closed brings nobody to a home any more, so whoever was told of a visit that is still to come hears that
// it falls through, and their calendar forgets it. The field's own cancelling of it would say the same.
func (w *work) tellClosedVisits(o db.Occurrence, movement int64, by string) error {
	return w.eachBooked(o, func(v db.Visit, _ []db.Visit) error {
		return w.writeLetter(o, letterCause{kind: desk.LetterVisit, movement: movement, by: by, visit: v.ID,
			told: LetterVisit{Is: VisitCancelled, Start: fromMillis(v.StartsAt.Int64), End: nullMoment(v.EndsAt)}})
	})
}

// tellReopenedVisits: a visit that the closing took off somebody's calendar still stands. Where they know of it and the letter that
// takes it away has not left, none need leave: stillGoes drops that one.
func (w *work) tellReopenedVisits(o db.Occurrence, movement int64, by string) error {
	return w.eachBooked(o, func(v db.Visit, all []db.Visit) error {
		letters, err := w.LettersOfOccurrence(w.ctx, store.Null(o.ID))
		if err != nil {
			return err
		}
		last := letterMeta{}
		for _, l := range letters {
			if l.VisitID == store.Null(v.ID) {
				last = l
			}
		}
		if last.CreatedAt < o.ClosedAt.Int64 { // the closing took nothing away
			return nil
		}
		before, err := w.LettersOfVisit(w.ctx, db.LettersOfVisitParams{VisitID: last.VisitID, CustomerID: last.CustomerID, Before: last.VisitSeq})
		if err != nil || before.Told > 0 && last.Attempts == 0 {
			return err
		}
		return w.writeLetter(o, letterCause{kind: desk.LetterVisit, movement: movement, by: by, visit: v.ID,
			told: LetterVisit{Is: VisitBooked, Start: fromMillis(v.StartsAt.Int64), End: nullMoment(v.EndsAt), Others: w.otherVisits(all, v.ID)}})
	})
}

// eachBooked goes through the visits that are still to come, where letters tell of visits; all are the occurrence's.
func (w *work) eachBooked(o db.Occurrence, do func(v db.Visit, all []db.Visit) error) error {
	if !w.sendsLetters(desk.LetterVisit) {
		return nil
	}
	all, err := w.Visits(w.ctx, o.ID)
	for _, v := range all {
		if err == nil && w.booked(v) {
			err = do(v, all)
		}
	}
	return err
}

// tellCorrected: what waits for the wrong customer doesn't leave, and who was told of a visit hears that it isn't theirs; the right
// one is told that the occurrence is there, and what is booked.
func (w *work) tellCorrected(a desk.Actor, was, is db.Occurrence, movement int64) error {
	if _, err := w.DropLettersOfOccurrence(w.ctx, db.DropLettersOfOccurrenceParams{OccurrenceID: store.Null(was.ID),
		SettledAt: store.Null(w.now.UnixMilli()), ReasonCode: desk.LetterCorrected}); err != nil {
		return err
	}
	if is.ClosedAt.Valid {
		return nil
	}
	if err := w.writeLetter(is, letterCause{kind: desk.LetterOpened, movement: movement, by: a.Name}); err != nil || !w.sendsLetters(desk.LetterVisit) {
		return err
	}
	former, _, err := w.letterFor(was)
	if err != nil {
		return err
	}
	who, _, err := w.letterFor(is)
	if err != nil {
		return err
	}
	return w.eachBooked(is, func(v db.Visit, _ []db.Visit) error {
		return w.tellCorrectedVisit(a, was, is, movement, v, former.ID, who.ID)
	})
}

func (w *work) tellCorrectedVisit(a desk.Actor, was, is db.Occurrence, movement int64, v db.Visit, former, who int64) error {
	before, err := w.LettersOfVisit(w.ctx, db.LettersOfVisitParams{VisitID: store.Null(v.ID), CustomerID: store.Null(former), Before: math.MaxInt32})
	if err != nil {
		return err
	}
	c := letterCause{kind: desk.LetterVisit, movement: movement, by: a.Name, visit: v.ID,
		told: LetterVisit{Is: VisitBooked, Start: fromMillis(v.StartsAt.Int64), End: nullMoment(v.EndsAt)}}
	if before.Told > 0 && former == who {
		c.told.Is = VisitChanged // the same person, at another unit
	} else if before.Told > 0 {
		gone := c
		gone.told.Is = VisitCancelled
		if err := w.writeLetter(was, gone); err != nil {
			return err
		}
	}
	return w.writeLetter(is, c)
}
