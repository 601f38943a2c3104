package flow

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store/db"
)

// Span narrows a list to what happened to occurrences from one day to another, both of them meant. Tests are none of them:
// nobody waits for them, and figures don't count them.
type Span struct {
	Event Event
	// From and Until are days, as time.DateOnly writes them; empty: without an end.
	From, Until string
	// Type of the occurrence; empty: all.
	Type string
	// Unit is an id; 0: all. With Opened alone.
	Unit int64
}

// Event is what happened to an occurrence.
type Event string

const (
	Opened  Event = "aberta"
	Closed  Event = "encerrada"
	Visited Event = "visitada" // for the first time
	Failed  Event = "falhou"   // its integration, once or more
)

// Events in the order of a page.
var Events = []Event{Opened, Closed, Visited, Failed}

// Set says whether a list is narrowed by it.
func (s Span) Set() bool { return slices.Contains(Events, s.Event) }

// between are the moments that the days begin and end at, in the desk's zone. A day that is none is as good as absent.
func (s Span) between() (since, until int64) {
	since, until = math.MinInt64, math.MaxInt64
	if d, err := time.ParseInLocation(time.DateOnly, s.From, Zone("")); err == nil {
		since = d.UnixMilli()
	}
	if d, err := time.ParseInLocation(time.DateOnly, s.Until, Zone("")); err == nil {
		until = d.AddDate(0, 0, 1).UnixMilli()
	}
	return since, until
}

// eventRow is the shape that the queries by event share.
type eventRow = db.ListOpenedRow

func eventRows[T db.ListOpenedRow | db.ListClosedRow | db.ListVisitedRow | db.ListFailedRow | db.ListOpenedOfUnitRow](rows []T, err error) ([]eventRow, error) {
	out := make([]eventRow, len(rows))
	for i, r := range rows {
		out[i] = eventRow(r)
	}
	return out, err
}

// bySpan lists what happened in a stretch of time, the latest first.
func (r *reader) bySpan(q ListQuery, codes []string, out *List) error {
	places, err := r.places(q)
	if err != nil {
		return err
	}
	if places != nil && len(places) == 0 {
		return nil // of no development that the actor may see
	}
	rows, err := r.spanRows(q, codes, places)
	if err != nil {
		return err
	}
	slices.SortFunc(rows, latestFirst)
	if len(rows) > q.Most {
		rows = rows[:q.Most]
		out.Next = afterEvent(rows[q.Most-1])
	}
	for _, o := range rows {
		r.take(out, q, listRow{ID: o.ID, Number: o.Number, Subject: o.Subject, StatusCode: o.StatusCode, Emergency: o.Emergency, IsTest: o.IsTest,
			Environment: o.Environment, OpenedAt: o.OpenedAt, News: o.News, NewsBy: o.NewsBy, NewsAt: o.NewsAt, DevelopmentID: o.DevelopmentID,
			DevelopmentCode: o.DevelopmentCode, DevelopmentName: o.DevelopmentName, Zone: o.Zone, BlockCode: o.BlockCode,
			UnitNumber: o.UnitNumber, CustomerName: o.CustomerName})
	}
	return r.orderNumbers(out)
}

func latestFirst(x, y eventRow) int {
	return cmp.Or(cmp.Compare(y.At, x.At), cmp.Compare(y.ID, x.ID))
}

// afterEvent is where the page after a row begins.
func afterEvent(last eventRow) string { return itoa(last.At) + "." + itoa(last.ID) }

// spanRows takes one more than a page shows, of each walk.
func (r *reader) spanRows(q ListQuery, codes []string, places []int64) ([]eventRow, error) {
	since, until := q.Span.between()
	before, beforeID := cursor(q.After)
	most, where, statuses := int64(q.Most)+1, few(desk.Actor{Developments: places}), between(codes)
	switch {
	case q.Span.Event == Closed:
		return eventRows(r.q.ListClosed(r.ctx, db.ListClosedParams{Since: since, Until: until, Type: q.Span.Type, Few: where, Statuses: statuses,
			Before: nullID{Int64: before, Valid: true}, BeforeID: beforeID, Most: most}))
	case q.Span.Event == Visited:
		return eventRows(r.q.ListVisited(r.ctx, db.ListVisitedParams{Since: since, Until: until, Type: q.Span.Type, Few: where, Statuses: statuses,
			Before: nullID{Int64: before, Valid: true}, BeforeID: beforeID, Most: most}))
	case q.Span.Event == Failed:
		return eventRows(r.q.ListFailed(r.ctx, db.ListFailedParams{Since: since, Until: until, Failures: r.cfg.failures(), Type: q.Span.Type,
			Few: where, Statuses: statuses, Before: before, BeforeID: beforeID, Most: most}))
	case q.Span.Unit != 0:
		return eventRows(r.q.ListOpenedOfUnit(r.ctx, db.ListOpenedOfUnitParams{Unit: q.Span.Unit, Since: since, Until: until, Type: q.Span.Type,
			Few: where, Statuses: statuses, Before: before, BeforeID: beforeID, Most: most}))
	}
	var all []eventRow
	for _, code := range codes {
		rows, err := r.q.ListOpened(r.ctx, db.ListOpenedParams{Status: code, Since: since, Until: until, Type: q.Span.Type, Few: where,
			Before: before, BeforeID: beforeID, Most: most})
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// failures are the statuses that say that an integration failed, in any version of the catalogue.
func (c *config) failures() string {
	codes := []string{c.Failure}
	for _, s := range c.Statuses {
		if s.Kind == desk.KindFail {
			codes = append(codes, s.Code)
		}
	}
	for code, s := range c.former {
		if s.Kind == desk.KindFail {
			codes = append(codes, code)
		}
	}
	return between(codes)
}

// between writes codes between commas, with one at each end, as few does.
func between(codes []string) string { return "," + strings.Join(codes, ",") + "," }
