package flow

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"ponte/internal/desk"
)

// FiguresAsk chooses what the panel's figures are of.
type FiguresAsk struct {
	Days        int    // the period, which ends today
	Development string // code; empty: all that the actor may see
	Type        string // empty: all
}

// Periods are those that can be chosen, in days; the first is the usual one.
var Periods = []int{30, 90, 365}

// Figures say how the desk does. Tests count in none of them. Days are the desk's (Zone("")): from midnight to midnight.
type Figures struct {
	FiguresAsk
	At          time.Time // when they were counted
	From, Until time.Time // first and last day of the period
	// Developments and Types are what can be chosen.
	Developments []PlaceLine
	Types        []string

	Bands   []Band // of the backlog's age, the youngest first
	Backlog []BacklogLine

	Opened, Closed, Failed int64
	Visit, Close           Lasting
	Weeks                  []Week
	ByDevelopment, ByType  []Share

	Repeats []Repeat // the units that called most often
	Repeat  int64    // how many units called more than once
}

// Band is a stretch of ages: opened from one day to another; zero: without an end.
type Band struct {
	Code        string // of the message that names it
	From, Until time.Time
}

// BacklogLine is a status that isn't closed, and how many of each band stand in it.
type BacklogLine struct {
	desk.Status
	Bands []int64
	Total int64
}

// Lasting is how long something took: the least time in which half of them, and nine of ten, had it.
type Lasting struct {
	N           int64
	Median, P90 time.Duration
}

// Week from its first to its last day within the period.
type Week struct {
	From, Until            time.Time
	Opened, Closed, Failed int64
}

// Share is a development's or a type's.
type Share struct {
	Code, Name     string
	Opened, Closed int64
	Visit, Close   Lasting
}

// Repeat is a unit that called more than once.
type Repeat struct {
	Unit int64
	Name string
	N    int64
}

// repeatsShown is how many units are named.
const repeatsShown = 10

// Figures answers them for what the actor may see. They are shared with others who ask: nobody changes them.
func (f *Flow) Figures(ctx context.Context, a desk.Actor, ask FiguresAsk) (*Figures, error) {
	cfg, err := f.current(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(Periods, ask.Days) {
		ask.Days = Periods[0]
	}
	facts, err := f.factsOf(ctx, cfg, ask.Days)
	if err != nil {
		return nil, err
	}
	whose := factsKey{few(a), ask.Development, ask.Type}
	if v, ok := facts.views.Load(whose); ok {
		return v.(*Figures), nil
	}
	v := &figureView{facts: facts, out: &Figures{FiguresAsk: ask, At: facts.at, From: facts.from, Until: facts.until, Types: slices.Clone(cfg.Types)}}
	if err := v.places(ctx, f, a); err != nil {
		return nil, err
	}
	v.backlog(cfg)
	v.happened()
	v.lasted()
	if err := v.repeats(ctx, f); err != nil {
		return nil, err
	}
	if facts.kept.Add(1) <= mostViews {
		facts.views.Store(whose, v.out)
	}
	return v.out, nil
}

// figureView takes of the facts what somebody may see and asks about.
type figureView struct {
	facts *facts
	out   *Figures
	names map[int64]PlaceLine // the developments that count
}

func (v *figureView) places(ctx context.Context, f *Flow, a desk.Actor) error {
	all, err := f.Store.Read().Developments(ctx)
	v.names = map[int64]PlaceLine{}
	for _, d := range all {
		if !a.MayTouch(d.ID) {
			continue
		}
		line := PlaceLine{ID: d.ID, Code: d.Code, Name: d.Name}
		v.out.Developments = append(v.out.Developments, line)
		if v.out.Development == "" || v.out.Development == d.Code {
			v.names[d.ID] = line
		}
	}
	return err
}

func (v *figureView) counts(k kind) bool {
	_, ok := v.names[k.development]
	return ok && (v.out.Type == "" || v.out.Type == k.typ)
}

func (v *figureView) backlog(cfg *config) {
	v.out.Bands = v.facts.bands
	for _, s := range cfg.Statuses {
		if s.Kind == desk.KindClosed {
			continue
		}
		line := BacklogLine{Status: s, Bands: make([]int64, len(v.facts.bands))}
		for _, b := range v.facts.backlog[s.Code] {
			if v.counts(b.kind) {
				line.Bands[b.band] += b.n
				line.Total += b.n
			}
		}
		v.out.Backlog = append(v.out.Backlog, line)
	}
}

// happened counts by week.
func (v *figureView) happened() {
	v.out.Weeks = weeks(v.facts.from, v.facts.until)
	for _, e := range v.facts.opened {
		if v.counts(e.kind) {
			v.out.Opened++
			v.out.Weeks[v.weekOf(e.at)].Opened++
		}
	}
	for _, e := range v.facts.closed {
		if v.counts(e.kind) {
			v.out.Closed++
			v.out.Weeks[v.weekOf(e.at)].Closed++
		}
	}
	ever, weekly := map[int64]bool{}, map[[2]int64]bool{} // a week counts an occurrence once, and so does the period
	for _, e := range v.facts.failed {
		w := v.weekOf(e.at)
		if !v.counts(e.kind) || weekly[[2]int64{int64(w), e.what}] {
			continue
		}
		weekly[[2]int64{int64(w), e.what}] = true
		v.out.Weeks[w].Failed++
		if !ever[e.what] {
			ever[e.what] = true
			v.out.Failed++
		}
	}
}

// weekOf finds the week that a moment lies in.
func (v *figureView) weekOf(at int64) int {
	i, found := slices.BinarySearchFunc(v.out.Weeks, at, func(w Week, at int64) int { return cmp.Compare(w.From.UnixMilli(), at) })
	if !found {
		i--
	}
	return max(i, 0)
}

// lasted sorts each duration to its development and its type; they come the shortest first and stay so.
func (v *figureView) lasted() {
	places, types := map[string]*tally{}, map[string]*tally{}
	all := &tally{}
	each := func(k kind, add func(*tally)) {
		if v.counts(k) {
			add(all)
			add(tallyOf(places, v.names[k.development].Code))
			add(tallyOf(types, k.typ))
		}
	}
	for _, e := range v.facts.opened {
		each(e.kind, func(t *tally) { t.opened++ })
	}
	for _, e := range v.facts.closed {
		each(e.kind, func(t *tally) { t.closed = append(t.closed, e.took) })
	}
	for _, e := range v.facts.visited {
		each(e.kind, func(t *tally) { t.visited = append(t.visited, e.took) })
	}
	v.out.Visit, v.out.Close = lasting(all.visited), lasting(all.closed)
	for _, d := range v.out.Developments {
		if t := places[d.Code]; t != nil {
			v.out.ByDevelopment = append(v.out.ByDevelopment, t.share(d.Code, d.Name))
		}
	}
	for _, code := range slices.Sorted(maps.Keys(types)) {
		v.out.ByType = append(v.out.ByType, types[code].share(code, code))
	}
}

type tally struct {
	opened          int64
	closed, visited []int64
}

func tallyOf(of map[string]*tally, key string) *tally {
	t := of[key]
	if t == nil {
		t = &tally{}
		of[key] = t
	}
	return t
}

func (t *tally) share(code, name string) Share {
	return Share{Code: code, Name: name, Opened: t.opened, Closed: int64(len(t.closed)), Visit: lasting(t.visited), Close: lasting(t.closed)}
}

// lasting is of durations in milliseconds, the shortest first.
func lasting(took []int64) Lasting {
	n := len(took)
	if n == 0 {
		return Lasting{}
	}
	at := func(share float64) time.Duration {
		return time.Duration(took[int(math.Ceil(share*float64(n)))-1]) * time.Millisecond
	}
	return Lasting{N: int64(n), Median: at(.5), P90: at(.9)}
}

// repeats finds the units that called more than once in the period.
func (v *figureView) repeats(ctx context.Context, f *Flow) error {
	calls := map[int64]int64{}
	for _, e := range v.facts.opened {
		if v.counts(e.kind) {
			calls[e.what]++
		}
	}
	for unit, n := range calls {
		if n > 1 {
			v.out.Repeats = append(v.out.Repeats, Repeat{Unit: unit, N: n})
		}
	}
	v.out.Repeat = int64(len(v.out.Repeats))
	slices.SortFunc(v.out.Repeats, func(x, y Repeat) int { return cmp.Or(cmp.Compare(y.N, x.N), cmp.Compare(x.Unit, y.Unit)) })
	v.out.Repeats = v.out.Repeats[:min(len(v.out.Repeats), repeatsShown)]
	for i := range v.out.Repeats {
		u, err := f.Store.Read().UnitNames(ctx, v.out.Repeats[i].Unit)
		if err != nil {
			return err
		}
		v.out.Repeats[i].Name = u.DevelopmentName + " · " + u.BlockCode + " · " + u.Number
	}
	return nil
}

// weeks from Monday to Sunday, cut to the period.
func weeks(from, until time.Time) (out []Week) {
	for day := from; !day.After(until); {
		last := day.AddDate(0, 0, (7-int(day.Weekday()))%7)
		if last.After(until) {
			last = until
		}
		out = append(out, Week{From: day, Until: last})
		day = last.AddDate(0, 0, 1)
	}
	return out
}
