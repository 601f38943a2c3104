package flow

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store/db"
)

// facts are what the figures of a period are counted from, of all developments: read along indexes of their own, within the
// period alone, and kept for a moment, because many people look at the panel and few things change meanwhile (ADR 28).
type facts struct {
	at          time.Time
	from, until time.Time // days
	bands       []Band
	backlog     map[string][]banded // by status
	opened      []event             // what: the unit
	closed      []event             // the shortest first
	visited     []event             // the shortest first
	failed      []event             // what: the occurrence
	stale       time.Time           // when they are read anew
	version     int64               // of the configuration
	views       sync.Map            // factsKey -> *Figures: what was counted of them
	kept        atomic.Int64        // how many, mostViews of them at the most: whose and of what stand in an address
}

// mostViews bounds what one period keeps.
const mostViews = 1000

// factsKey is what makes two people see the same figures: the developments that they may see, and what they ask.
type factsKey struct{ few, development, typ string }

// kind is what figures can be narrowed to.
type kind struct {
	development int64
	typ         string
}

type banded struct {
	kind
	band int
	n    int64
}

type event struct {
	kind
	at, took, what int64
}

// The facts of large installations are kept as long as keeps their reading below one part in factsShare of one core's time.
const (
	factsShare    = 50
	factsKeptMost = time.Minute
)

// keptFacts are those of one period.
type keptFacts struct {
	reading sync.Mutex
	mu      sync.Mutex
	facts   *facts
}

func (k *keptFacts) get() *facts {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.facts
}

func (k *keptFacts) put(f *facts) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.facts = f
}

// factsOf answers a period's facts. One reader at a time reads them anew; others have the former ones meanwhile.
func (f *Flow) factsOf(ctx context.Context, cfg *config, days int) (*facts, error) {
	v, _ := f.figures.LoadOrStore(days, &keptFacts{})
	kept := v.(*keptFacts)
	good := func() *facts {
		if x := kept.get(); x != nil && f.Now().Before(x.stale) && x.version == cfg.version && sameDay(f.Now().In(Zone("")), x.until) {
			return x
		}
		return nil
	}
	if x := good(); x != nil {
		return x, nil
	}
	if !kept.reading.TryLock() {
		if x := kept.get(); x != nil && x.version == cfg.version {
			return x, nil
		}
		kept.reading.Lock()
	}
	defer kept.reading.Unlock()
	if x := good(); x != nil {
		return x, nil
	}
	x, err := f.readFacts(ctx, cfg, days)
	if err == nil {
		kept.put(x)
	}
	return x, err
}

func (f *Flow) readFacts(ctx context.Context, cfg *config, days int) (*facts, error) {
	began, now := time.Now(), f.Now()
	y, m, d := now.In(Zone("")).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, Zone(""))
	x := &facts{at: now, from: today.AddDate(0, 0, 1-days), until: today, version: cfg.version, backlog: map[string][]banded{}}
	r := &factReader{ctx: ctx, q: f.Store.Read(), facts: x, since: x.from.UnixMilli(), end: today.AddDate(0, 0, 1).UnixMilli()}
	for _, read := range []func(*config) error{r.backlog, r.opened, r.lasted, r.failed} {
		if err := read(cfg); err != nil {
			return nil, err
		}
	}
	x.stale = now.Add(min(time.Since(began)*factsShare, factsKeptMost))
	return x, nil
}

type factReader struct {
	ctx        context.Context //nolint:containedctx // of one reading
	q          *db.Queries
	facts      *facts
	since, end int64
}

// backlog is of whole days: up to two days old, a week, a month, a quarter, and what is older.
func (r *factReader) backlog(cfg *config) error {
	today := r.facts.until
	begin := [4]time.Time{today.AddDate(0, 0, -2), today.AddDate(0, 0, -7), today.AddDate(0, 0, -30), today.AddDate(0, 0, -90)}
	var until time.Time
	for i, code := range []string{"2", "7", "30", "90", "mais"} {
		b := Band{Code: code, Until: until}
		if i < len(begin) {
			b.From, until = begin[i], begin[i].AddDate(0, 0, -1)
		}
		r.facts.bands = append(r.facts.bands, b)
	}
	for _, s := range cfg.Statuses {
		if s.Kind == desk.KindClosed {
			continue
		}
		rows, err := r.q.FactsBacklog(r.ctx, db.FactsBacklogParams{Status: s.Code, B1: begin[0].UnixMilli(), B2: begin[1].UnixMilli(),
			B3: begin[2].UnixMilli(), B4: begin[3].UnixMilli()})
		if err != nil {
			return err
		}
		for _, b := range rows {
			r.facts.backlog[s.Code] = append(r.facts.backlog[s.Code], banded{kind{b.DevelopmentID, b.Type}, int(b.Band), b.N})
		}
	}
	return nil
}

func (r *factReader) opened(*config) error {
	rows, err := r.q.FactsOpened(r.ctx, db.FactsOpenedParams{Since: r.since, Until: r.end})
	for _, o := range rows {
		r.facts.opened = append(r.facts.opened, event{kind: kind{o.DevelopmentID, o.Type}, at: o.OpenedAt, what: o.UnitID})
	}
	return err
}

func (r *factReader) lasted(*config) error {
	closed, err := r.q.FactsClosed(r.ctx, db.FactsClosedParams{Since: r.since, Until: r.end})
	if err != nil {
		return err
	}
	for _, o := range closed {
		r.facts.closed = append(r.facts.closed, took(o))
	}
	visited, err := r.q.FactsVisited(r.ctx, db.FactsVisitedParams{Since: r.since, Until: r.end})
	for _, o := range visited {
		r.facts.visited = append(r.facts.visited, took(db.FactsClosedRow(o)))
	}
	for _, list := range [][]event{r.facts.closed, r.facts.visited} {
		slices.SortFunc(list, func(x, y event) int { return cmp.Compare(x.took, y.took) })
	}
	return err
}

// took: what the field dates before the opening took no time.
func took(o db.FactsClosedRow) event {
	return event{kind: kind{o.DevelopmentID, o.Type}, at: o.DoneAt, took: max(o.DoneAt-o.OpenedAt, 0)}
}

func (r *factReader) failed(cfg *config) error {
	rows, err := r.q.FactsFailed(r.ctx, db.FactsFailedParams{Since: r.since, Until: r.end, Statuses: cfg.failures()})
	for _, o := range rows {
		r.facts.failed = append(r.facts.failed, event{kind: kind{o.DevelopmentID, o.Type}, at: o.At, what: o.OccurrenceID})
	}
	return err
}
