package flow

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store/db"
)

// OccurrencePage is what the page of an occurrence shows to a person.
type OccurrencePage struct {
	*Occurrence
	// Rev changes whenever what the page shows changes, and only then.
	Rev string
	// Next are the statuses that this person may move to, in the catalogue's order.
	Next []NextStatus
	// MayAct says whether this person may move and comment at all.
	MayAct bool
	// LacksUnitID: a move that would open an order would fail, because the unit has no id in the occurrence's environment.
	LacksUnitID bool
	// Trouble is the blocked delivery at the head of the lane, if there is one.
	Trouble *Trouble
	// Window is what the status offers to open in a pop-up, to whoever may act; nil where there is none.
	Window *Window
	// Findings are what Mobuss holds otherwise, and nobody has settled.
	Findings []OpenFinding
	// Letters are what the customer was written, oldest first.
	Letters []LetterFact
	// Others are the unit's latest occurrences, without this one.
	Others []Brief
	// StatusName names every status that the timeline mentions.
	StatusOf func(code string) desk.Status
}

// NextStatus is a button.
type NextStatus struct {
	desk.Status
	// Tells says that moving there tells Mobuss at once.
	Tells bool
	// Resends says that moving there sends the refused opening again.
	Resends bool
	// Opens says that its page then offers a window, whose button has the status's text.
	Opens bool
}

// Trouble is a delivery that waits for a person, with its last answer.
type Trouble struct {
	Delivery
	Since time.Time
	// OrderNumber is the order that it was meant for; empty for an opening.
	OrderNumber string
}

// Brief is an occurrence in a list.
type Brief struct {
	Number   int64
	Subject  string
	Status   desk.Status
	OpenedAt time.Time
	Unit     string // "Residencial Aurora · A · 101"
	// Development is its code.
	Development string
	Customer    string
}

// Page answers the page of an occurrence.
func (f *Flow) Page(ctx context.Context, a desk.Actor, number int64) (*OccurrencePage, error) {
	cfg, err := f.current(ctx)
	if err != nil {
		return nil, err
	}
	var p *OccurrencePage
	err = f.steady(ctx, a, number, func(row db.Occurrence) error {
		r := &reader{ctx: ctx, q: f.Store.Read(), actor: a, cfg: cfg}
		o, err := r.occurrence(row)
		if err != nil {
			return err
		}
		p = &OccurrencePage{Occurrence: o, MayAct: a.Has(desk.Attendant, desk.Manager)}
		p.StatusOf = func(code string) desk.Status { s, _ := cfg.Status(code); return s }
		p.Trouble = trouble(o)
		if p.MayAct {
			p.Next = windowed(cfg, nextStatuses(cfg, a, o))
			p.LacksUnitID = o.Unit.MobussID == "" && cfg.NeedsUnitID() &&
				slices.ContainsFunc(p.Next, func(n NextStatus) bool { return n.Tells && n.Point == desk.OpenOrder })
			if p.Window, err = r.windowOf(f, row, o); err != nil {
				return err
			}
		}
		if p.Findings, err = f.FindingsOf(ctx, a, o); err != nil {
			return err
		}
		if p.Letters, err = r.lettersOf(row); err != nil {
			return err
		}
		p.Rev = rev(row.Rev, o, cfg.version, p.Window, p.Letters)
		p.Others, err = r.others(row.UnitID, number)
		return err
	})
	return p, err
}

// rev folds in what changes without touching the occurrence: a claim marks only the delivery.
func rev(row int64, o *Occurrence, version int64, w *Window, letters []LetterFact) string {
	h := fnv.New32a()
	fmt.Fprint(h, w.sum(), o.Unit.MobussID)
	for _, d := range o.Deliveries {
		fmt.Fprint(h, d.State, d.Attempts, d.NeedsPerson)
	}
	for _, l := range letters {
		fmt.Fprint(h, l.ID, l.State, l.Attempts, l.Again)
	}
	return fmt.Sprintf("%d-%d-%x", row, version, h.Sum32())
}

// trouble is the first delivery that blocks the lane.
func trouble(o *Occurrence) *Trouble {
	for _, d := range o.Deliveries {
		if d.State != desk.Refused && !(d.State == desk.Uncertain && d.NeedsPerson) {
			continue
		}
		t := &Trouble{Delivery: d, Since: d.CreatedAt}
		if last, ok := o.LastOrder(); ok {
			t.OrderNumber = last.Number
		}
		for _, m := range o.Movements {
			if m.Reason.Code == d.Reason.Code && m.Origin == desk.System {
				t.Since = m.At
			}
		}
		return t
	}
	return nil
}

// nextStatuses are the moves that would be taken now; one that its point forbids is no button.
func nextStatuses(cfg *config, a desk.Actor, o *Occurrence) []NextStatus {
	live, opening := liveOrder(o)
	return nextFrom(cfg, a, o.Status.Code, live, opening)
}

// nextFrom are they for an occurrence in a status, with its live order and how that was opened.
func nextFrom(cfg *config, a desk.Actor, status string, live desk.OrderState, opening desk.DeliveryState) (out []NextStatus) {
	for _, s := range cfg.Statuses {
		if cfg.CheckMove(a, status, s.Code) != nil {
			continue
		}
		n := NextStatus{Status: s}
		if s.Point != desk.NoPoint && cfg.Method.Sends() {
			resend, refused := desk.CheckPoint(s.Point, live, opening)
			if refused != nil {
				continue
			}
			n.Tells, n.Resends = true, resend
		}
		out = append(out, n)
	}
	return out
}

func liveOrder(o *Occurrence) (desk.OrderState, desk.DeliveryState) {
	last, ok := o.LastOrder()
	if !ok || !last.State.Live() {
		return "", ""
	}
	var opening desk.DeliveryState
	for _, d := range o.Deliveries {
		if d.Point == desk.OpenOrder && d.State != desk.Ignored {
			opening = d.State // the live order's is the last one
		}
	}
	return last.State, opening
}

func (r *reader) others(unit, number int64) ([]Brief, error) {
	rows, err := r.q.OccurrencesOfUnit(r.ctx, othersParams(unit))
	if err != nil {
		return nil, err
	}
	var out []Brief
	for _, o := range rows {
		if o.Number == number {
			continue
		}
		s, _ := r.cfg.Status(o.StatusCode)
		out = append(out, Brief{Number: o.Number, Subject: o.Subject, Status: s, OpenedAt: r.time(o.OpenedAt)})
	}
	return out, nil
}

// Recent answers the latest occurrences, newest first.
func (f *Flow) Recent(ctx context.Context, a desk.Actor, limit int) ([]Brief, error) {
	cfg, err := f.current(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := f.Store.Read().RecentOccurrences(ctx, int64(limit))
	if err != nil {
		return nil, err
	}
	var out []Brief
	for _, o := range rows {
		if !a.MayTouch(o.DevelopmentID) {
			continue
		}
		s, _ := cfg.Status(o.StatusCode)
		out = append(out, Brief{Number: o.Number, Subject: o.Subject, Status: s, OpenedAt: fromMillis(o.OpenedAt).In(Zone(o.Zone)),
			Unit: o.DevelopmentName + " · " + o.BlockCode + " · " + o.UnitNumber, Customer: o.CustomerName})
	}
	return out, nil
}

// othersShown is how many of the unit's other occurrences stand beside a page.
const othersShown = 6

func othersParams(unit int64) db.OccurrencesOfUnitParams {
	return db.OccurrencesOfUnitParams{UnitID: unit, Column2: othersShown + 1}
}
