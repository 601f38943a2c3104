package flow

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// LetterFacts are what a letter says and to whom. They are frozen, sealed, in the transaction that causes it, and dropped once
// it is over. The words around them are those of when it is sent.
type LetterFacts struct {
	To          string       `json:"para,omitempty"` // empty: to the house's address for tests; the customer's is kept masked alone
	Name        string       `json:"nome"`
	Number      int64        `json:"numero"`
	Subject     string       `json:"assunto"`
	Unit        string       `json:"unidade"`
	Development string       `json:"empreendimento"`
	Zone        string       `json:"fuso"`
	OpenedAt    time.Time    `json:"aberta_em"`
	Solution    string       `json:"solucao,omitempty"`
	Cancelled   bool         `json:"cancelada,omitempty"`
	Visit       *LetterVisit `json:"vistoria,omitempty"`
	Sample      string       `json:"amostra,omitempty"` // of a trial: the kind that it shows
}

// What happened to a visit that a letter tells of.
const (
	VisitBooked    = "agendada"
	VisitChanged   = "alterada"
	VisitCancelled = "cancelada"
)

// LetterVisit is the visit that a letter tells of.
type LetterVisit struct {
	UID    string      `json:"uid"` // the appointment's, in every letter about this visit
	Seq    int64       `json:"sequencia"`
	Is     string      `json:"situacao"`
	Start  time.Time   `json:"inicio"`
	End    time.Time   `json:"fim"`              // may be zero
	Others []time.Time `json:"outras,omitempty"` // other visits that are still booked
}

// letterCause is what a letter is written for.
type letterCause struct {
	kind      desk.LetterKind
	movement  int64
	by        string
	opening   bool // the occurrence is being recorded in this very transaction
	solution  string
	cancelled bool
	visit     int64
	told      LetterVisit
}

// LetterLife is how long a letter is tried.
const LetterLife = 48 * time.Hour

// sendsLetters says whether letters of a kind are on at all. It costs nothing: the row was read anyway.
func (w *work) sendsLetters(k desk.LetterKind) bool {
	return !w.rehearsal && slices.Contains(strings.Fields(w.inst.Letters), string(k))
}

// writeLetter puts a letter beside what causes it, where somebody gets one.
func (w *work) writeLetter(o db.Occurrence, c letterCause) error {
	if !w.sendsLetters(c.kind) {
		return nil
	}
	_, err := w.letter(o, c)
	return err
}

// letter writes one, or answers why nobody gets it.
func (w *work) letter(o db.Occurrence, c letterCause) (refused string, err error) {
	is, err := letterSettings(w.LetterSettings(w.ctx))
	if err != nil {
		return "", err
	}
	place, err := w.Place(w.ctx, o.UnitID)
	if err != nil {
		return "", err
	}
	who, asked, err := w.letterFor(o)
	if err != nil {
		return "", err
	}
	test := o.IsTest || o.Environment != desk.Production
	judged := desk.LetterCase{KindOff: !is.Sends(c.kind), PlaceOff: slices.Contains(is.Without, place.DevelopmentCode), Test: test, TestAddress: is.TestAddress,
		Erased: who.ErasedAt.Valid, OptedOut: who.NoLetters, OtherAsked: !asked, Address: who.Email}
	if !c.opening {
		n, err := w.OccurrenceImported(w.ctx, o.ID)
		if err != nil {
			return "", err
		}
		judged.Former = n > 0
	}
	if refused = judged.Refusal(); refused != "" {
		return refused, nil
	}
	return "", w.putLetter(o, c, is, place, who, test)
}

// letterFor is whom letters about an occurrence go to: its customer, or who asked in the customer's place. known is false where
// somebody asked whom the unit's people don't name.
func (w *work) letterFor(o db.Occurrence) (who db.Customer, known bool, err error) {
	who, err = w.CustomerByID(w.ctx, o.CustomerID)
	asked := foldedName(o.RequesterName)
	if err != nil || asked == "" || asked == foldedName(who.Name) {
		return who, true, err
	}
	parties, err := w.PartiesOfUnit(w.ctx, o.UnitID)
	if err != nil {
		return who, false, err
	}
	for _, p := range parties {
		c, err := w.CustomerByID(w.ctx, p.CustomerID)
		if err != nil {
			return who, false, err
		}
		if foldedName(c.Name) == asked {
			return c, true, nil
		}
	}
	return who, false, nil
}

func foldedName(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

func (w *work) putLetter(o db.Occurrence, c letterCause, is desk.LetterSettings, place db.PlaceRow, who db.Customer, test bool) error {
	id := newID()
	facts := LetterFacts{To: who.Email, Name: who.Name, Number: o.Number, Subject: o.Subject, Unit: placeText(place), Development: place.DevelopmentName,
		Zone: place.Zone, OpenedAt: fromMillis(o.OpenedAt), Cancelled: c.cancelled}
	if test {
		facts.To = "" // the customer's address is not so much as written down
	}
	if is.Solution {
		facts.Solution = c.solution
	}
	row := db.InsertLetterParams{ID: id, Kind: c.kind, Test: test, DevelopmentID: store.Null(o.DevelopmentID), OccurrenceID: store.Null(o.ID),
		MovementID: store.Null(c.movement), CustomerID: store.Null(who.ID), Shown: maskMail(who.Email), CreatedAt: w.now.UnixMilli(), CreatedBy: c.by,
		DueAt: w.steady().UnixMilli(), ExpiresAt: w.now.Add(LetterLife).UnixMilli()}
	if c.visit != 0 {
		if err := w.numberVisit(&row, &c, o); err != nil {
			return err
		}
		facts.Visit = &c.told
	}
	return w.insertLetter(row, facts)
}

func (w *work) insertLetter(row db.InsertLetterParams, facts LetterFacts) error {
	plain, err := json.Marshal(facts)
	if err != nil {
		return err
	}
	row.Facts = w.flow.Keys.Seal(letterPlace(row.ID), plain)
	if err := w.InsertLetter(w.ctx, row); err != nil {
		return err
	}
	w.AfterCommit(w.flow.WakeLetters)
	w.AfterCommit(func() { w.flow.Changed(TopicLetters) })
	return nil
}

func letterPlace(id string) string { return fmt.Sprintf("letter.facts:%v", id) }

// TopicLetters is the name under which the list of letters listens for news.
const TopicLetters = "cartas"
