package flow

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// News of the field comes in two ways: it is called in, or a look-up finds it. Whichever is first tells it, and the other
// is recognised by its fact, a row whose key is the news' fingerprint: the guarantee is the database's
// (docs/adr/0017-reconciliation.md).

// Kinds of facts.
const (
	factComment = "comentario"
	factVisit   = "vistoria"
	factStep    = "situacao"
	factClosing = "encerramento"
)

// closeInTime is how far the moments of one piece of news may lie apart: some call with minutes only.
const closeInTime = time.Minute

// told is a piece of news on its way in.
type told struct {
	kind  string
	print string // fingerprint, without its ordinal
	gist  string // what it says, without when
	at    time.Time
	dated bool // at was said, and is not merely when it came
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// sameText makes a text comparable: how lines end and what stands around it is lost on the way.
func sameText(s string) string { return strings.Join(strings.Fields(s), " ") }

// toldComment is a comment's fingerprint: its moment, to the second, and its text. Its author is not part of it, because
// a call may leave it out; two that say the same at the same second are told apart by their ordinals.
func toldComment(text string, at time.Time, dated bool) told {
	t := told{kind: factComment, gist: digest(sameText(text)), at: at, dated: dated}
	t.print = "?" + t.gist
	if dated {
		t.print = digest(itoa(at.Unix()), sameText(text))
	}
	return t
}

func toldVisit(state string, start time.Time) told {
	s := state + "@" + itoa(start.Unix())
	return told{kind: factVisit, print: s, gist: s, at: start, dated: true}
}

func toldStep(status string, since, at time.Time) told {
	return told{kind: factStep, print: status + "@" + itoa(since.UnixMilli()), gist: status, at: at, dated: true}
}

func toldClosing(order int64, at time.Time) told {
	return told{kind: factClosing, print: "ordem:" + itoa(order), gist: "ordem:" + itoa(order), at: at, dated: true}
}

// is says whether a fact tells of the same: the same fingerprint, or the same gist at about the same time.
func (t told) is(f db.FieldFact) bool {
	if strings.HasPrefix(f.Subject, t.print+":") {
		return true
	}
	return f.Gist == t.gist && t.kind == factComment && (!t.dated || fromMillis(f.At).Sub(t.at).Abs() <= closeInTime)
}

// calledIn is asked before news that was called in is told, with the occurrence locked: whether a look-up was first. It
// marks the fact, so that a second call of the same words is news again. facts are what was told of the kind.
func (w *work) calledIn(o db.Occurrence, t told) (facts []db.FieldFact, already bool, err error) {
	facts, err = w.fieldFacts(o, t.kind)
	if err != nil {
		return nil, false, err
	}
	i := slices.IndexFunc(facts, func(f db.FieldFact) bool { return !f.Called && strings.HasPrefix(f.Subject, t.print+":") })
	if i < 0 {
		i = slices.IndexFunc(facts, func(f db.FieldFact) bool { return !f.Called && t.is(f) })
	}
	if i < 0 {
		return facts, false, nil
	}
	n, err := w.CallFieldFact(w.ctx, db.CallFieldFactParams{OccurrenceID: o.ID, Kind: t.kind, Subject: facts[i].Subject})
	return facts, n == 1, err
}

func (w *work) fieldFacts(o db.Occurrence, kind string) ([]db.FieldFact, error) {
	return w.FieldFacts(w.ctx, db.FieldFactsParams{OccurrenceID: o.ID, Kind: kind})
}

// keepFact binds news that is told now. Two that are bound at once have one key: whoever is second runs again, and finds
// it told.
func (w *work) keepFact(o db.Occurrence, t told, facts []db.FieldFact, mobussID string, movement int64, called bool) error {
	nth := int64(1)
	for _, f := range facts {
		// a call counts the calls, a look-up all that it could not recognise: the n-th of the same words is one fact
		if strings.HasPrefix(f.Subject, t.print+":") && (!called || f.Called) {
			nth++
		}
	}
	n, err := w.InsertFieldFact(w.ctx, db.InsertFieldFactParams{OccurrenceID: o.ID, Kind: t.kind, Subject: t.print + ":" + itoa(nth),
		MobussID: mobussID, Gist: t.gist, MovementID: store.Null(movement), Called: called, Looked: !called, At: t.at.UnixMilli()})
	if err == nil && n == 0 {
		return store.Again()
	}
	return err
}

// sorted tells which items of a list are news, and which facts they are the other side of.
type sorted struct {
	news []mapping.Item
	ties []met
}

// met says that an item of a list is news that came already: by a fact, or by a movement that has none yet.
type met struct {
	item     mapping.Item
	fact     *db.FieldFact
	movement *db.Movement
}

// sortComments holds a list of comments against what was told. Each fact and movement is one comment's, and no more.
func sortComments(items []mapping.Item, facts []db.FieldFact, movements []db.Movement) (out sorted) {
	used := map[string]bool{}
	known := map[int64]bool{}
	byID := map[string]bool{}
	for _, f := range facts {
		if f.MovementID.Valid {
			known[f.MovementID.Int64] = true
		}
		if f.MobussID != "" {
			byID[f.MobussID] = true
		}
	}
	for _, item := range items {
		if item.ID != "" && byID[item.ID] {
			continue
		}
		t := toldComment(item.Text, item.At, !item.At.IsZero())
		free := func(f db.FieldFact) bool { return !used[f.Subject] && (item.ID == "" || f.MobussID == "") && t.is(f) }
		i := slices.IndexFunc(facts, func(f db.FieldFact) bool { return free(f) && strings.HasPrefix(f.Subject, t.print+":") })
		if i < 0 {
			i = slices.IndexFunc(facts, func(f db.FieldFact) bool { return free(f) || undatedFact(f, t) && !used[f.Subject] && f.MobussID == "" })
		}
		if i >= 0 {
			used[facts[i].Subject] = true
			if !facts[i].Looked {
				out.ties = append(out.ties, met{item: item, fact: &facts[i]})
			}
			continue
		}
		if i := slices.IndexFunc(movements, func(m db.Movement) bool { return !known[m.ID] && movementTells(m, t) }); i >= 0 {
			known[movements[i].ID] = true
			out.ties = append(out.ties, met{item: item, movement: &movements[i]})
			continue
		}
		out.news = append(out.news, item)
	}
	return out
}

// undatedFact: it was called in without its moment, so it came after it happened.
func undatedFact(f db.FieldFact, t told) bool {
	return f.Gist == t.gist && strings.HasPrefix(f.Subject, "?") && (!t.dated || fromMillis(f.At).After(t.at.Add(-closeInTime)))
}

// movementTells says whether a movement from the field is this news: of an older release, or called in without its moment.
func movementTells(m db.Movement, t told) bool {
	if m.Origin != desk.Field || m.Kind != kindComment || digest(sameText(m.Comment)) != t.gist {
		return false
	}
	return !t.dated || fromMillis(m.At).Sub(t.at).Abs() <= closeInTime || m.At == m.ArrivedAt && fromMillis(m.At).After(t.at.Add(-closeInTime))
}

// tieFact keeps that a look-up saw what was told.
func (w *work) tieFact(o db.Occurrence, t met) error {
	if t.fact != nil {
		_, err := w.LookFieldFact(w.ctx, db.LookFieldFactParams{OccurrenceID: o.ID, Kind: t.fact.Kind, Subject: t.fact.Subject, MobussID: t.item.ID})
		return err
	}
	news := toldComment(t.item.Text, t.item.At, !t.item.At.IsZero())
	facts, err := w.fieldFacts(o, news.kind)
	if err != nil {
		return err
	}
	nth := int64(1)
	for _, f := range facts {
		if strings.HasPrefix(f.Subject, news.print+":") {
			nth++
		}
	}
	_, err = w.InsertFieldFact(w.ctx, db.InsertFieldFactParams{OccurrenceID: o.ID, Kind: news.kind, Subject: news.print + ":" + itoa(nth), MobussID: t.item.ID,
		Gist: news.gist, MovementID: store.Null(t.movement.ID), Called: true, Looked: true, At: news.at.UnixMilli()})
	return err
}
