package flow

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store/db"
)

// Line is an occurrence in the list.
type Line struct {
	Brief
	ID          int64
	Emergency   bool
	Test        bool // nobody waits for it
	Environment desk.Environment
	News        string // the latest comment, cut; empty where the news is a change of status
	NewsBy      string
	NewsAt      time.Time
	OrderNumber string
	About       string // item and failure: "Hidráulica > Torneira: Vazamento"; empty where nobody said

	item, failure string
}

// View is a saved question to the list.
type View string

const (
	ViewMine   View = "precisam" // failures, and what the field has done and nobody closed
	ViewOpen   View = "abertas"
	ViewField  View = "campo"
	ViewFailed View = "falha"
	ViewAll    View = "todas"
)

// Views in the order of the page.
var Views = []View{ViewMine, ViewOpen, ViewField, ViewFailed, ViewAll}

// ListQuery asks the list; it is what stands in the page's URL.
type ListQuery struct {
	View         View
	Statuses     []string // within the view; empty means all of it
	Developments []string // codes; empty means all
	Text         string   // words of it, its customer or unit; or its number, its order's, a CPF, a phone, a contract's code
	Span         Span     // what happened, and when
	After        string   // Next of the page before
	Most         int
	Columns      []string // of the board, that stand open; empty: those that it is about and that are not closed
	Saved        int64    // the saved view that it came from; what it asks stands in the rest
	Narrow
}

// indexed says that the question is the index's, which knows the order in which occurrences were opened and no other.
func (q ListQuery) indexed() bool { return strings.TrimSpace(q.Text) != "" || !q.Narrow.IsZero() }

// among are those of a view's statuses that are asked for.
func (q ListQuery) among(codes []string) []string {
	if len(q.Statuses) == 0 {
		return codes
	}
	return slices.DeleteFunc(codes, func(c string) bool { return !slices.Contains(q.Statuses, c) })
}

// Page of the list.
type List struct {
	Lines  []Line
	Next   string // for ListQuery.After; empty on the last page
	Counts map[View]Count
	// Statuses that the view has, for the filter.
	Statuses []desk.Status
	Choices  Choices
	// Opened: those come first that were opened last, because of what the list is narrowed to.
	Opened bool
	// Behind: so much is not indexed yet that some of it may be missing here.
	Behind bool
}

// Count is a number that is not counted further than a page can use.
type Count struct {
	N    int64
	More bool
}

const countMost = 1000

// statusesOf are the codes of a view.
func statusesOf(c *config, v View) (codes []string) {
	for _, s := range c.Statuses {
		fails := s.Code == c.Failure
		in := false
		switch v {
		case ViewMine:
			in = fails || s.Kind == desk.KindDone || s.Kind == desk.KindNew
		case ViewOpen:
			in = s.Kind != desk.KindClosed
		case ViewField:
			in = s.Kind == desk.KindField || s.Kind == desk.KindSend || s.Kind == desk.KindWait
		case ViewFailed:
			in = fails
		default:
			in = true
		}
		if in {
			codes = append(codes, s.Code)
		}
	}
	return codes
}

// List answers a page of occurrences, newest news first.
func (f *Flow) List(ctx context.Context, a desk.Actor, q ListQuery) (*List, error) {
	cfg, err := f.current(ctx)
	if err != nil {
		return nil, err
	}
	r := &reader{ctx: ctx, q: f.Store.Read(), actor: a, cfg: cfg}
	if !slices.Contains(Views, q.View) {
		q.View = ViewOpen
	}
	codes := statusesOf(cfg, q.View)
	out := &List{}
	for _, c := range codes {
		s, _ := cfg.Status(c)
		out.Statuses = append(out.Statuses, s)
	}
	codes = q.among(codes)
	if out.Counts, _, err = r.counts(); err != nil {
		return nil, err
	}
	if out.Choices, err = r.choices(q); err != nil {
		return nil, err
	}
	if q.indexed() {
		err = f.byIndex(r, q, codes, out)
	} else if q.Span.Set() {
		err = r.bySpan(q, codes, out)
	} else {
		err = r.byNews(q, codes, out)
	}
	return out, err
}

// counts asks each status no further than a page can use, so that it costs the same with any number of rows.
func (r *reader) counts() (byView map[View]Count, byStatus []StatusCount, err error) {
	each := map[string]int64{}
	for _, s := range r.cfg.Statuses {
		if each[s.Code], err = r.countStatus(s.Code); err != nil {
			return nil, nil, err
		}
		byStatus = append(byStatus, StatusCount{s, counted(each[s.Code])})
	}
	byView = map[View]Count{}
	for _, v := range Views {
		var n int64
		for _, code := range statusesOf(r.cfg, v) {
			n += each[code]
		}
		byView[v] = counted(n)
	}
	return byView, byStatus, nil
}

// countStatus counts what the actor may see.
func (r *reader) countStatus(status string) (n int64, err error) {
	return r.countUpTo(status, r.actor.Developments, countMost)
}

// countUpTo counts those of a status in some developments, none meaning all, and no further in each.
func (r *reader) countUpTo(status string, places []int64, most int64) (n int64, err error) {
	if len(places) == 0 {
		return r.q.CountStatus(r.ctx, db.CountStatusParams{StatusCode: status, Column2: most})
	}
	for _, d := range places {
		one, err := r.q.CountStatusIn(r.ctx, db.CountStatusInParams{DevelopmentID: d, StatusCode: status, Column3: most})
		if err != nil {
			return 0, err
		}
		n += one
	}
	return n, nil
}

func counted(n int64) Count {
	if n >= countMost {
		return Count{N: countMost - 1, More: true}
	}
	return Count{N: n}
}

// byNews merges the newest of each status; each is one walk along an index.
func (r *reader) byNews(q ListQuery, codes []string, out *List) error {
	places, err := r.places(q)
	if err != nil {
		return err
	}
	for _, code := range codes {
		rows, err := r.newest(q, code, places)
		if err != nil {
			return err
		}
		for _, o := range rows {
			r.take(out, q, o)
		}
	}
	slices.SortFunc(out.Lines, func(x, y Line) int {
		return cmp.Or(y.NewsAt.Compare(x.NewsAt), cmp.Compare(y.ID, x.ID))
	})
	if len(out.Lines) > q.Most {
		out.Lines = out.Lines[:q.Most]
		last := out.Lines[q.Most-1]
		out.Next = itoa(last.NewsAt.UnixMilli()) + "." + itoa(last.ID)
	}
	if err := r.emergenciesFirst(q, codes, out); err != nil {
		return err
	}
	return r.orderNumbers(out)
}

// places are the developments to walk, where the actor or the question is limited to some; nil: all.
func (r *reader) places(q ListQuery) ([]int64, error) {
	if len(q.Developments) == 0 {
		return r.actor.Developments, nil
	}
	all, err := r.q.Developments(r.ctx)
	out := []int64{}
	for _, d := range all {
		if slices.Contains(q.Developments, d.Code) && r.actor.MayTouch(d.ID) {
			out = append(out, d.ID)
		}
	}
	return out, err
}

// newest are the newest of a status below the page's beginning, of all developments or of each of some.
func (r *reader) newest(q ListQuery, status string, places []int64) (out []listRow, err error) {
	before, beforeID := cursor(q.After)
	most := int64(q.Most) + 1
	if places == nil {
		return listRows(r.q.ListByStatus(r.ctx, db.ListByStatusParams{Status: status, Before: before, BeforeID: beforeID, Most: most}))
	}
	for _, d := range places {
		rows, err := listRows(r.q.ListByStatusIn(r.ctx, db.ListByStatusInParams{Development: d, Status: status, Before: before, BeforeID: beforeID, Most: most}))
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// cursor reads where a page begins; what is not one begins at the top.
func cursor(after string) (before, id int64) {
	at, rest, _ := strings.Cut(after, ".")
	before, err1 := strconv.ParseInt(at, 10, 64)
	id, err2 := strconv.ParseInt(rest, 10, 64)
	if err1 != nil || err2 != nil {
		return math.MaxInt64, math.MaxInt64
	}
	return before, id
}

// listRow is the shape that the list's queries share.
type listRow = db.ListByStatusRow

// row converts between the list's queries, which all select the same columns.
func row[T db.ListByStatusRow | db.ListByStatusInRow | db.ListByUnitRow | db.ListByCustomerRow | db.ListByNumberRow | db.OpenEmergenciesRow | db.ListByIDRow](r T) listRow {
	return listRow(r)
}

func listRows[T db.ListByStatusRow | db.ListByStatusInRow](rows []T, err error) ([]listRow, error) {
	out := make([]listRow, len(rows))
	for i, r := range rows {
		out[i] = row(r)
	}
	return out, err
}

func (r *reader) take(out *List, q ListQuery, o listRow) {
	if !r.actor.MayTouch(o.DevelopmentID) {
		return
	}
	l := r.brief(o)
	if len(q.Developments) > 0 && !slices.Contains(q.Developments, l.Development) {
		return
	}
	out.Lines = append(out.Lines, l)
}

func (r *reader) brief(o listRow) Line {
	s, _ := r.cfg.Status(o.StatusCode)
	zone := Zone(o.Zone)
	return Line{ID: o.ID, Emergency: o.Emergency, Test: o.IsTest, Environment: o.Environment, News: o.News, NewsBy: o.NewsBy,
		NewsAt: fromMillis(o.NewsAt).In(zone), item: o.ItemCode, failure: o.FailureCode, Brief: Brief{Number: o.Number, Subject: o.Subject, Status: s,
			OpenedAt: fromMillis(o.OpenedAt).In(zone), Unit: o.DevelopmentName + " · " + o.BlockCode + " · " + o.UnitNumber,
			Development: o.DevelopmentCode, Customer: o.CustomerName}}
}

func (r *reader) orderNumbers(out *List) error {
	if err := r.about(out.Lines); err != nil {
		return err
	}
	for i := range out.Lines {
		last, err := r.q.LastOrderNumber(r.ctx, out.Lines[i].ID)
		if err != nil {
			return err
		}
		if len(last) > 0 {
			out.Lines[i].OrderNumber = last[0].String
		}
	}
	return nil
}

// OccurrencesIn counts those that are in a status now, for whoever may configure it.
func (f *Flow) OccurrencesIn(ctx context.Context, a desk.Actor, status string) (Count, error) {
	if _, err := f.configured(ctx, a); err != nil {
		return Count{}, err
	}
	n, err := f.Store.Read().CountStatus(ctx, db.CountStatusParams{StatusCode: status, Column2: countMost})
	return counted(n), err
}
