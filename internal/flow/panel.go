package flow

import (
	"cmp"
	"context"
	"slices"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store/db"
)

// Panel is what needs the desk now.
type Panel struct {
	Counts   map[View]Count
	ByStatus []StatusCount
	Failed   []Aged // occurrences in the failure status, the longest-standing first
	Blocked  []Blocked
	// Emergencies are the open ones, the latest news first.
	Emergencies     []Line
	EmergenciesOpen int64      // how many there are, shown or not
	Visits          []DayVisit // today's, in every development's own day
	Overdue         []DayVisit // booked before today, and nobody said what became of them; the latest first
	Stale           []Aged     // open and without news for the longest
}

// StatusCount is how many occurrences are in a status.
type StatusCount struct {
	desk.Status
	Count
}

// Aged is an occurrence with how long nothing has happened.
type Aged struct {
	Number  int64
	Subject string
	Status  desk.Status
	Since   time.Time
}

// Blocked is a delivery that waits for a person.
type Blocked struct {
	Number  int64
	Subject string
	Point   desk.Point
	Reason  desk.Reason
	Since   time.Time
}

// DayVisit is an inspection of a day.
type DayVisit struct {
	Visit
	Number  int64
	Subject string
	Unit    string
}

// How much the panel shows of each, and when silence is too long.
const (
	panelShown = 8
	staleAfter = 3 * 24 * time.Hour
)

// Panel answers what needs the desk now.
func (f *Flow) Panel(ctx context.Context, a desk.Actor) (*Panel, error) {
	cfg, err := f.current(ctx)
	if err != nil {
		return nil, err
	}
	r := &reader{ctx: ctx, q: f.Store.Read(), actor: a, cfg: cfg, zone: Zone("")}
	p := &Panel{}
	if p.Counts, p.ByStatus, err = r.counts(); err != nil {
		return nil, err
	}
	if err := r.aged(p, f.Now()); err != nil {
		return nil, err
	}
	if err := r.blocked(p); err != nil {
		return nil, err
	}
	if p.Emergencies, p.EmergenciesOpen, err = r.emergencyLines(); err != nil {
		return nil, err
	}
	if err := r.visitsOf(p, f.Now()); err != nil {
		return nil, err
	}
	return p, r.overdue(p, f.Now())
}

func (r *reader) aged(p *Panel, now time.Time) error {
	for _, s := range r.cfg.Statuses {
		if s.Kind == desk.KindClosed {
			continue
		}
		rows, err := r.oldest(s.Code)
		if err != nil {
			return err
		}
		for _, o := range rows {
			a := Aged{Number: o.Number, Subject: o.Subject, Status: s, Since: r.time(o.NewsAt)}
			switch {
			case s.Code == r.cfg.Failure:
				p.Failed = append(p.Failed, a)
			case now.Sub(a.Since) > staleAfter && len(p.Stale) < panelShown:
				p.Stale = append(p.Stale, a)
			}
		}
	}
	return nil
}

// oldest are those of a status that have been without news the longest, where the actor may look.
func (r *reader) oldest(status string) (out []db.OldestOfStatusRow, err error) {
	if len(r.actor.Developments) == 0 {
		return r.q.OldestOfStatus(r.ctx, db.OldestOfStatusParams{StatusCode: status, Column2: panelShown})
	}
	for _, d := range r.actor.Developments {
		rows, err := r.q.OldestOfStatusIn(r.ctx, db.OldestOfStatusInParams{DevelopmentID: d, StatusCode: status, Column3: panelShown})
		if err != nil {
			return nil, err
		}
		for _, o := range rows {
			out = append(out, db.OldestOfStatusRow(o))
		}
	}
	slices.SortFunc(out, func(x, y db.OldestOfStatusRow) int { return cmp.Compare(x.NewsAt, y.NewsAt) })
	return out[:min(len(out), panelShown)], nil
}

func (r *reader) blocked(p *Panel) error {
	rows, err := r.q.WaitForPerson(r.ctx, db.WaitForPersonParams{Few: few(r.actor), Most: panelShown})
	for _, d := range rows {
		p.Blocked = append(p.Blocked, Blocked{Number: d.Number, Subject: d.Subject, Point: d.Point,
			Reason: desk.ParseReason(d.ReasonCode, d.ReasonArgs), Since: r.time(d.CreatedAt)})
	}
	return err
}

// visitsOf takes what starts within a day of now, and keeps what is today where the visit is.
func (r *reader) visitsOf(p *Panel, now time.Time) error {
	rows, err := r.q.VisitsBetween(r.ctx, db.VisitsBetweenParams{Since: now.Add(-24 * time.Hour).UnixMilli(),
		Until: now.Add(24 * time.Hour).UnixMilli(), Few: few(r.actor), Most: 500})
	if err != nil {
		return err
	}
	for _, v := range rows {
		if d := dayVisit(v); sameDay(d.Start, now.In(d.Start.Location())) && r.actor.MayTouch(v.DevelopmentID) {
			p.Visits = append(p.Visits, d)
		}
	}
	return nil
}

// overdueSince is how far back a visit that nobody reported on is somebody's to do.
const overdueSince = 90 * 24 * time.Hour

// overdue are the visits of days before today that are still booked.
func (r *reader) overdue(p *Panel, now time.Time) error {
	rows, err := r.q.VisitsOverdue(r.ctx, db.VisitsOverdueParams{Since: now.Add(-overdueSince).UnixMilli(), Before: now.UnixMilli(), Few: few(r.actor), Most: 500})
	for _, v := range rows {
		if d := dayVisit(db.VisitsBetweenRow(v)); !sameDay(d.Start, now.In(d.Start.Location())) && len(p.Overdue) < panelShown {
			p.Overdue = append(p.Overdue, d)
		}
	}
	return err
}

func dayVisit(v db.VisitsBetweenRow) DayVisit {
	zone := Zone(v.Zone)
	out := DayVisit{Number: v.Number, Subject: v.Subject, Unit: v.DevelopmentName + " · " + v.BlockCode + " · " + v.UnitNumber,
		Visit: Visit{ID: v.ID, Start: fromMillis(v.StartsAt.Int64).In(zone), Technician: v.Technician, State: v.State}}
	if v.EndsAt.Valid {
		out.End = fromMillis(v.EndsAt.Int64).In(zone)
	}
	return out
}

func sameDay(a, b time.Time) bool {
	ay, am, ad := a.Date()
	by, bm, bd := b.Date()
	return ay == by && am == bm && ad == bd
}
