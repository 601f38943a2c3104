package flow

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"time"
	"unicode"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// What an occurrence is found by: the words that are written in it, and what it is, as tokens that no word can be. Words of
// internal notes are tokens of their own, so that who may not read them doesn't find by them either.
const (
	tagInternal    = "_n"
	tagStatus      = "_s"
	tagDevelopment = "_d"
	tagBlock       = "_b"
	tagType        = "_t"
	tagPriority    = "_p"
	tagAuthor      = "_a"
	tagOpened      = "_o" // followed by a year, a month or a day, there
	tagEmergency   = "_e"
	tagTrouble     = "_f" // a delivery was refused, or nobody knows what became of it
)

const (
	maxFindable = 2000 // words of an occurrence
	maxWord     = 40   // characters of a word; longer ones are no words
)

// tagOf is the token of a code or name, which may have any characters.
func tagOf(kind, value string) string { return fmt.Sprintf("%s%x", kind, value) }

func tagOfID(kind string, id int64) string { return kind + itoa(id) }

// tagAuthorOf is of who opened an occurrence.
func tagAuthorOf(kind, id string) string {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, kind, "\x00", id)
	return fmt.Sprintf("%s%x", tagAuthor, h.Sum64())
}

// eachWord cuts a text into its words as they are compared.
func eachWord(text string, do func(string)) {
	for w := range strings.FieldsFuncSeq(desk.Plain(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if r := []rune(w); len(r) > maxWord {
			w = string(r[:maxWord])
		}
		do(w)
	}
}

// findable is an occurrence on its way into the index.
type findable struct {
	store.Indexed
	rev  int64
	seen map[string]bool
}

func (f *findable) add(token string) bool {
	if f.seen[token] {
		return false
	}
	f.seen[token] = true
	f.Tokens = append(f.Tokens, token)
	return true
}

func (f *findable) words(texts ...string) {
	for _, text := range texts {
		eachWord(text, func(w string) {
			if len(f.Words) < maxFindable && f.add(w) {
				f.Words = append(f.Words, w)
			}
		})
	}
}

func (f *findable) internal(text string) {
	eachWord(text, func(w string) {
		if len(f.Words) < maxFindable && f.add(tagInternal+w) {
			f.Words = append(f.Words, w)
		}
	})
}

// readFindable reads what an occurrence is found by.
func readFindable(ctx context.Context, q *db.Queries, id int64) (*findable, error) {
	o, err := q.FindableOccurrence(ctx, id)
	if err != nil {
		return nil, err
	}
	f := &findable{Indexed: store.Indexed{ID: id}, rev: o.Rev, seen: map[string]bool{}}
	f.words(o.Subject, o.Description, o.Place, o.Solution, o.RequesterName, o.CustomerName, itoa(o.Number), o.UnitNumber, o.NumberKey, o.BlockCode, o.BlockName,
		o.DevelopmentCode, o.DevelopmentName)
	moves, err := q.FindableMovements(ctx, id)
	for _, m := range moves {
		if m.Kind == kindOpening {
			f.add(tagAuthorOf(m.ActorKind, m.ActorID))
		}
		if m.Internal {
			f.internal(m.Comment)
		} else {
			f.words(m.Comment)
		}
	}
	if err != nil {
		return nil, err
	}
	orders, err := q.OrderNumbers(ctx, id)
	for _, n := range orders {
		f.words(n.String)
	}
	if err != nil {
		return nil, err
	}
	f.what(&o)
	trouble, err := q.TroubleOfOccurrence(ctx, id)
	if trouble > 0 {
		f.add(tagTrouble)
	}
	return f, err
}

func (f *findable) what(o *db.FindableOccurrenceRow) {
	f.add(tagOf(tagStatus, o.StatusCode))
	f.add(tagOfID(tagDevelopment, o.DevelopmentID))
	f.add(tagOfID(tagBlock, o.BlockID))
	f.add(tagOf(tagType, o.Type))
	f.add(tagOf(tagPriority, o.Priority))
	if o.Emergency {
		f.add(tagEmergency)
	}
	day := fromMillis(o.OpenedAt).In(Zone(o.Zone))
	for _, layout := range openedLayouts {
		f.add(tagOpened + day.Format(layout))
	}
}

// openedLayouts let a range of days be told by few tokens.
var openedLayouts = []string{"2006", "200601", "20060102"}

// openedBetween are the tokens of the days from one to another, both included: of whole years and months where they are.
func openedBetween(from, to time.Time) (terms []store.Term) {
	last := to.Format("20060102")
	for d := from; d.Format("20060102") <= last; {
		next, layout := d.AddDate(0, 0, 1), "20060102"
		if y := d.AddDate(1, 0, 0); d.YearDay() == 1 && y.AddDate(0, 0, -1).Format("20060102") <= last {
			next, layout = y, "2006"
		} else if m := d.AddDate(0, 1, 0); d.Day() == 1 && m.AddDate(0, 0, -1).Format("20060102") <= last {
			next, layout = m, "200601"
		}
		terms = append(terms, store.Term{Text: tagOpened + d.Format(layout)})
		d = next
	}
	return terms
}
