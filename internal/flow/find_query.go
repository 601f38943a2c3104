package flow

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// Narrow is what a list is narrowed to beside its view, statuses and developments. Its zero value is no filter at all.
type Narrow struct {
	Blocks     []string // codes, within the developments asked for
	Types      []string
	Priorities []string
	Situations []string  // as ConsultarOcorrencia names them
	From, To   time.Time // opened on these days or between; a zero one is no limit
	OlderThan  int       // days since it was opened, at least; 0: any
	Mine       bool      // opened by who asks
	Emergency  bool
	Trouble    bool // in the failure status, or with a delivery that was refused or is unclear
}

// IsZero says that nothing is filtered.
func (n Narrow) IsZero() bool {
	return len(n.Blocks)+len(n.Types)+len(n.Priorities)+len(n.Situations)+n.OlderThan == 0 && n.From.IsZero() && n.To.IsZero() && !n.Mine && !n.Emergency && !n.Trouble
}

const (
	maxID = math.MaxInt64
	// unfoundRead is how many of the newest that are not indexed yet a question reads by itself.
	unfoundRead = 100
	// beginnings is how many words a beginning may stand for before the index is asked for the beginning itself.
	beginnings = 100
	// indexedBeginning is up to how many letters the index has beginnings as if they were words.
	indexedBeginning = 4
	maxSearchWords   = 8
)

// finder is a question to the index, as an actor may ask it.
type finder struct {
	reader
	store *store.Store
	now   time.Time
	all   [][]store.Term
	// said is the same, where a beginning is said as one: for rows whose words the index may not know
	said [][]store.Term
	// none: a filter names what there is not
	none bool
	// read is what is not indexed yet, for questions that are asked together; nil: each reads its own
	read *[]*findable
}

func (d *finder) want(terms ...store.Term) { d.wantAs(terms, terms) }

func (d *finder) wantAs(terms, said []store.Term) {
	d.none = d.none || len(terms) == 0
	d.all, d.said = append(d.all, terms), append(d.said, said)
}

// anyOf wants one of some codes.
func (d *finder) anyOf(kind string, codes []string) {
	if len(codes) == 0 {
		return
	}
	var terms []store.Term
	for _, c := range codes {
		terms = append(terms, store.Term{Text: tagOf(kind, c)})
	}
	d.want(terms...)
}

// ask makes the question of a list's.
func (f *Flow) ask(r *reader, q ListQuery, codes []string) (*finder, error) {
	d := &finder{reader: *r, store: f.Store, now: f.Now()}
	if err := d.words(q.Text); err != nil {
		return nil, err
	}
	if q.View != ViewAll || len(q.Statuses)+len(q.Situations) > 0 {
		codes = r.inSituation(codes, q.Situations)
		d.none = len(codes) == 0
		d.anyOf(tagStatus, codes)
	}
	places, err := r.places(q)
	if err != nil {
		return nil, err
	}
	if places != nil {
		d.ids(tagDevelopment, places)
	}
	if err := d.blocks(q.Blocks, places); err != nil {
		return nil, err
	}
	d.anyOf(tagType, q.Types)
	d.anyOf(tagPriority, q.Priorities)
	d.days(q.Narrow)
	if q.Mine {
		d.want(store.Term{Text: tagAuthorOf(r.actor.Kind, r.actor.ID)})
	}
	if q.Emergency {
		d.want(store.Term{Text: tagEmergency})
	}
	if q.Trouble {
		d.want(store.Term{Text: tagTrouble}, store.Term{Text: tagOf(tagStatus, r.cfg.Failure)})
	}
	return d, nil
}

func (r *reader) inSituation(codes, situations []string) []string {
	if len(situations) == 0 {
		return codes
	}
	return slices.DeleteFunc(slices.Clone(codes), func(c string) bool {
		s, _ := r.cfg.Status(c)
		return !slices.Contains(situations, s.Kind.Situation())
	})
}

func (d *finder) ids(kind string, ids []int64) {
	var terms []store.Term
	for _, id := range ids {
		terms = append(terms, store.Term{Text: tagOfID(kind, id)})
	}
	d.want(terms...)
}

func (d *finder) blocks(codes []string, places []int64) error {
	if len(codes) == 0 {
		return nil
	}
	if places == nil {
		all, err := d.q.Developments(d.ctx)
		if err != nil {
			return err
		}
		for _, p := range all {
			places = append(places, p.ID)
		}
	}
	var ids []int64
	for _, place := range places {
		for _, code := range codes {
			found, err := d.q.BlockOf(d.ctx, db.BlockOfParams{DevelopmentID: place, Code: code})
			if err != nil {
				return err
			}
			ids = append(ids, found...)
		}
	}
	d.ids(tagBlock, ids)
	return nil
}

// The days that a range without an end or a beginning has.
var firstDay, lastYears = time.Date(1990, 1, 1, 12, 0, 0, 0, time.UTC), 1

func (d *finder) days(n Narrow) {
	if n.From.IsZero() && n.To.IsZero() && n.OlderThan == 0 {
		return
	}
	noon := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC) }
	from, to := firstDay, noon(d.now).AddDate(lastYears, 0, 0)
	if !n.From.IsZero() && noon(n.From).After(from) {
		from = noon(n.From)
	}
	if !n.To.IsZero() && noon(n.To).Before(to) {
		to = noon(n.To)
	}
	if old := noon(d.now.In(Zone(""))).AddDate(0, 0, -n.OlderThan); n.OlderThan > 0 && old.Before(to) {
		to = old
	}
	d.want(openedBetween(from, to)...)
}

// words wants every word of a text, the last one by its beginning: it may not be written to its end yet.
func (d *finder) words(text string) error {
	words := desk.Words(text)
	if meant := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return slices.Contains(unitNoise, w) }); len(meant) > 0 && len(meant) < len(words) {
		words = meant
	}
	words = words[:min(len(words), maxSearchWords)]
	for i, w := range words {
		if r := []rune(w); len(r) > maxWord {
			w = string(r[:maxWord])
		}
		last := i == len(words)-1 && utf8.RuneCountInString(w) > 1
		forms := []store.Term{{Text: w}}
		if last {
			var err error
			if forms, err = d.beginning(w); err != nil {
				return err
			}
		}
		d.wantAs(d.inNotes(forms), d.inNotes([]store.Term{{Text: w, Prefix: last}}))
	}
	if len(words) == 0 && strings.TrimSpace(text) != "" {
		d.none = true // signs alone
	}
	return nil
}

// inNotes finds in internal notes, too, for who may read them.
func (d *finder) inNotes(forms []store.Term) []store.Term {
	if d.actor.Kind == "token" {
		return forms
	}
	for _, f := range forms {
		forms = append(forms, store.Term{Text: tagInternal + f.Text, Prefix: f.Prefix})
	}
	return forms
}

// beginning is the words that begin so. The index merges what it has of them before it answers the first, so it is asked
// for the words themselves, which it walks, where they are few; and for the beginning where it has it like a word.
func (d *finder) beginning(w string) ([]store.Term, error) {
	if utf8.RuneCountInString(w) <= indexedBeginning {
		return []store.Term{{Text: w, Prefix: true}}, nil
	}
	words, err := d.q.WordsBeginning(d.ctx, db.WordsBeginningParams{FromWord: w, ToWord: above(w), Most: beginnings + 1})
	if err != nil {
		return nil, err
	}
	if len(words) > beginnings {
		return []store.Term{{Text: w, Prefix: true}}, nil
	}
	terms := []store.Term{{Text: w}}
	for _, one := range words {
		if one != w {
			terms = append(terms, store.Term{Text: one})
		}
	}
	return terms, nil
}

// unfound are the newest that are not indexed as they are, and whether each is what is asked for.
func (d *finder) unfound() (map[int64]bool, error) {
	out := map[int64]bool{}
	all, err := d.readUnfound()
	for _, f := range all {
		out[f.ID] = d.meets(f)
	}
	return out, err
}

func (d *finder) readUnfound() (all []*findable, err error) {
	if d.read != nil && *d.read != nil {
		return *d.read, nil
	}
	rows, err := d.q.UnfoundOccurrences(d.ctx, unfoundRead)
	if err != nil {
		return nil, err
	}
	all = []*findable{}
	if len(rows) > 0 {
		q, end, err := d.store.Reading(d.ctx)
		if err != nil {
			return nil, err
		}
		defer end()
		for _, row := range rows {
			f, err := readFindable(d.ctx, q.Queries, row.ID)
			if err != nil {
				return nil, err
			}
			all = append(all, f)
		}
	}
	if d.read != nil {
		*d.read = all
	}
	return all, nil
}

// meets says whether an occurrence is what is asked for, as the index would.
func (d *finder) meets(f *findable) bool {
	return !slices.ContainsFunc(d.said, func(group []store.Term) bool {
		return !slices.ContainsFunc(group, func(t store.Term) bool {
			return f.seen[t.Text] || t.Prefix && slices.ContainsFunc(f.Tokens, func(token string) bool { return strings.HasPrefix(token, t.Text) })
		})
	})
}

// find answers the newest below an id, one more than most where there are.
func (d *finder) find(below int64, most int) ([]int64, error) {
	if d.none {
		return nil, nil
	}
	fresh, err := d.unfound()
	if err != nil {
		return nil, err
	}
	var out []int64
	for id, meets := range fresh {
		if meets && id < below {
			out = append(out, id)
		}
	}
	for from := below; len(d.all) > 0; {
		ids, err := d.store.Found(d.ctx, store.SearchQuery{All: d.all, Below: from, Most: most + 1})
		if err != nil {
			return nil, err
		}
		kept := 0
		for _, id := range ids {
			if _, stale := fresh[id]; !stale {
				out = append(out, id)
				kept++
			}
		}
		if len(ids) <= most || kept > most { // all there is, or enough whatever was left out
			break
		}
		from = ids[len(ids)-1]
	}
	slices.SortFunc(out, func(a, b int64) int { return cmp.Compare(b, a) })
	return out[:min(len(out), most+1)], nil
}
