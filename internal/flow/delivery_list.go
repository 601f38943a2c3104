package flow

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// DeliveryPoints is what a delivery can be for.
var DeliveryPoints = []desk.Point{desk.OpenOrder, desk.AddComment, desk.AskVisit, desk.CloseOrder, desk.SendFile}

// DeliveryLine is a delivery in the list.
type DeliveryLine struct {
	ID          string
	Number      int64 // the occurrence's
	Subject     string
	Point       desk.Point
	State       desk.DeliveryState
	NeedsPerson bool
	Attempts    int
	Reason      desk.Reason
	CreatedAt   time.Time
	SettledAt   time.Time // zero while unsettled
	Environment desk.Environment
	Version     int64  // of the configuration that it was frozen with
	OrderNumber string // empty while Mobuss has not said it
	// Behind is how many wait behind it, of one that blocks its lane; Waits says that it waits behind such a one.
	Behind int
	Waits  bool
}

// Blocked says that the delivery waits for a person.
func (l DeliveryLine) Blocked() bool { return blocked(l.State, l.NeedsPerson) }

func blocked(s desk.DeliveryState, needsPerson bool) bool {
	return s == desk.Refused || s == desk.Uncertain && needsPerson
}

// DeliveriesQuery asks the list of deliveries; it is what stands in the page's URL.
type DeliveriesQuery struct {
	Blocked     bool // only the heads of lanes that wait for a person
	States      []desk.DeliveryState
	Point       desk.Point
	Environment desk.Environment
	Version     int64
	Since       time.Time
	Until       time.Time // exclusive
	Reason      string    // its code
	// Text is an occurrence's number, an order's, a delivery's id, a customer, a unit, or words of what is told of it.
	Text string
	// Codes are those reasons that the reader's language words so that Text stands in them.
	Codes []string
	After string
	Most  int
}

// Deliveries is a page of them, newest first.
type Deliveries struct {
	Lines []DeliveryLine
	// Next goes on; empty at the end. Partial says that so much was looked through without filling the page that the
	// rest is left to a person's patience.
	Next    string
	Partial bool
	Waiting Count // all that waits for a person
}

// MaySeeDeliveries says who sees the console.
func MaySeeDeliveries(a desk.Actor) bool {
	return a.Has(desk.Attendant, desk.Consultant, desk.Manager)
}

// MayDecide says who may resend, skip and confirm a delivery.
func MayDecide(a desk.Actor) bool { return a.Has(desk.Attendant, desk.Manager) }

// MayDecideAll says who may do so with many at once.
func MayDecideAll(a desk.Actor) bool { return a.Has(desk.Manager) }

// How far a question looks before it asks whether to go on, and in what steps.
const (
	deliveriesLooked = 10000
	deliveriesStep   = 500
)

// ListDeliveries answers a page of deliveries.
func (f *Flow) ListDeliveries(ctx context.Context, a desk.Actor, q DeliveriesQuery) (*Deliveries, error) {
	w, err := f.deliveryWalk(ctx, a, q)
	if err != nil {
		return nil, err
	}
	out := &Deliveries{}
	if out.Waiting, err = f.CountBlocked(ctx, a); err != nil {
		return nil, err
	}
	return out, w.along(out)
}

// CountBlocked is how many lanes wait for a person, of those that the actor may see.
func (f *Flow) CountBlocked(ctx context.Context, a desk.Actor) (Count, error) {
	if where := few(a); where != "" {
		n, err := f.Store.Read().CountBlockedIn(ctx, db.CountBlockedInParams{Few: where, Most: countMost})
		return counted(n), err
	}
	n, err := f.Store.Read().CountBlocked(ctx, countMost)
	return counted(n), err
}

// ConfigVersion is a version that deliveries can have been frozen with.
type ConfigVersion struct {
	Number int64
	At     time.Time
}

// versionsShown is how many versions a list can be narrowed to; older ones by their number in the URL.
const versionsShown = 30

// ConfigVersions answers the latest versions of the configuration, newest first.
func (f *Flow) ConfigVersions(ctx context.Context) (out []ConfigVersion, err error) {
	rows, err := f.Store.Read().ConfigVersions(ctx, versionsShown)
	for _, r := range rows {
		out = append(out, ConfigVersion{r.Number, fromMillis(r.CreatedAt).In(Zone(""))})
	}
	return out, err
}

// deliveryRow is the shape that the list's queries share.
type deliveryRow = db.DeliveriesByTimeRow

func deliveryRows[T db.DeliveriesByTimeRow | db.DeliveriesBlockedRow | db.DeliveriesOfStateRow | db.DeliveriesIgnoredRow |
	db.DeliveriesByReasonRow | db.DeliveriesByVersionRow | db.DeliveryLinesRow | db.DeliveriesOfOccurrenceRow |
	db.DeliveriesOfOrderRow | db.DeliveriesOfLaneRow | db.DeliveriesOfKindRow | db.DeliveriesToldRow |
	db.DeliveriesOfUnitRow | db.DeliveriesOfCustomerRow](rows []T, err error) ([]deliveryRow, error) {
	out := make([]deliveryRow, len(rows))
	for i, r := range rows {
		out[i] = deliveryRow(r)
	}
	return out, err
}

type deliveryWalk struct {
	ctx     context.Context //nolint:containedctx // one read, from beginning to end
	q       *db.Queries
	many    *store.Many
	ask     DeliveriesQuery
	actor   desk.Actor
	version int64 // the asked version's row; -1: there is none
	zone    *time.Location
	text    *deliveryText // nil: no text is looked for
}

func (f *Flow) deliveryWalk(ctx context.Context, a desk.Actor, q DeliveriesQuery) (*deliveryWalk, error) {
	if !MaySeeDeliveries(a) {
		return nil, desk.Fail(desk.ErrForbidden)
	}
	w := &deliveryWalk{ctx: ctx, q: f.Store.Read(), many: f.Store.ReadMany(), ask: q, actor: a, zone: Zone("")}
	if w.ask.Text = strings.TrimSpace(q.Text); w.ask.Text != "" {
		var err error
		if w.text, err = w.meant(); err != nil {
			return nil, err
		}
	}
	if q.Version == 0 {
		return w, nil
	}
	all, err := w.q.ConfigVersions(ctx, math.MaxInt32)
	w.version = -1
	if i := slices.IndexFunc(all, func(v db.ConfigVersionsRow) bool { return v.Number == q.Version }); i >= 0 {
		w.version = all[i].ID
	}
	return w, err
}

// along walks one index, the narrowest that the question allows, and keeps what fits the rest of it.
func (w *deliveryWalk) along(out *Deliveries) (err error) {
	back := lookBack[deliveryRow, DeliveryLine]{after: w.ask.After, until: w.ask.Until, stride: deliveriesStep, far: deliveriesLooked,
		rows: w.step, at: func(r deliveryRow) (int64, string) { return r.CreatedAt, r.ID }, fits: w.fits, line: w.line}
	out.Lines, out.Next, out.Partial, err = back.page(w.ask.Most)
	return err
}

// DeliveryCursor is DeliveriesQuery.After behind a line.
func DeliveryCursor(l DeliveryLine) string { return cursorOf(l.CreatedAt.UnixMilli(), l.ID) }

// step is the next rows of the narrowest index, newest first.
func (w *deliveryWalk) step(before int64, id string, most int64) ([]deliveryRow, error) {
	since := int64(0)
	if !w.ask.Since.IsZero() {
		since = w.ask.Since.UnixMilli()
	}
	switch {
	case w.version < 0:
		return nil, nil
	case w.text != nil:
		return w.texts(since, before, id, most)
	case w.ask.Blocked:
		return deliveryRows(w.q.DeliveriesBlocked(w.ctx, db.DeliveriesBlockedParams{Since: since, Before: before, BeforeID: id, Most: most}))
	case w.ask.Reason != "":
		return deliveryRows(w.q.DeliveriesByReason(w.ctx, db.DeliveriesByReasonParams{ReasonCode: w.ask.Reason, Since: since, Before: before, BeforeID: id, Most: most}))
	case slices.Equal(w.ask.States, []desk.DeliveryState{desk.Ignored}):
		return deliveryRows(w.q.DeliveriesIgnored(w.ctx, db.DeliveriesIgnoredParams{Since: since, Before: before, BeforeID: id, Most: most}))
	case len(w.ask.States) > 0 && !slices.ContainsFunc(w.ask.States, desk.DeliveryState.Done):
		return w.open(since, before, id, most)
	case w.version > 0:
		return deliveryRows(w.q.DeliveriesByVersion(w.ctx, db.DeliveriesByVersionParams{VersionID: w.version, Since: since, Before: before, BeforeID: id, Most: most}))
	case w.ask.Point != "" || w.ask.Environment != "":
		return w.kinds(since, before, id, most)
	}
	return deliveryRows(w.q.DeliveriesByTime(w.ctx, db.DeliveriesByTimeParams{Since: since, Before: before, BeforeID: id, Most: most}))
}

// open merges the newest of each state; each is one walk along an index.
func (w *deliveryWalk) open(since, before int64, id string, most int64) (all []deliveryRow, err error) {
	for _, s := range w.ask.States {
		rows, err := deliveryRows(w.q.DeliveriesOfState(w.ctx, db.DeliveriesOfStateParams{State: s, Since: since, Before: before, BeforeID: id, Most: most}))
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return newestOf(all, most), nil
}

// kinds merges the newest of each point in each environment that is asked for, so that the rare one is found without
// walking the common one. What the previous release wrote in a rolling upgrade lacks its environment for a while.
func (w *deliveryWalk) kinds(since, before int64, id string, most int64) (all []deliveryRow, err error) {
	points, environments := DeliveryPoints, []desk.Environment{desk.Homologation, desk.Production, ""}
	if w.ask.Point != "" {
		points = []desk.Point{w.ask.Point}
	}
	if w.ask.Environment != "" {
		environments = []desk.Environment{w.ask.Environment, ""}
	}
	for _, environment := range environments {
		for _, p := range points {
			rows, err := deliveryRows(w.q.DeliveriesOfKind(w.ctx, db.DeliveriesOfKindParams{Environment: environment, Point: p, Since: since,
				Before: before, BeforeID: id, Most: most}))
			if err != nil {
				return nil, err
			}
			all = append(all, rows...)
		}
	}
	return newestOf(all, most), nil
}

// newestOf puts walks together again, in the order of each.
func newestOf(all []deliveryRow, most int64) []deliveryRow {
	slices.SortFunc(all, func(x, y deliveryRow) int {
		return cmp.Or(cmp.Compare(y.CreatedAt, x.CreatedAt), cmp.Compare(y.ID, x.ID))
	})
	return all[:min(len(all), int(most))]
}

// fits holds a row against the whole question.
func (w *deliveryWalk) fits(r deliveryRow) bool {
	q := w.ask
	at := fromMillis(r.CreatedAt)
	is := func(want, got string) bool { return want == "" || want == got }
	return w.actor.MayTouch(r.DevelopmentID) && w.text.says(r) && (!q.Blocked || blocked(r.State, r.NeedsPerson)) &&
		(len(q.States) == 0 || slices.Contains(q.States, r.State)) && is(string(q.Point), string(r.Point)) &&
		is(string(q.Environment), string(r.Environment)) && is(q.Reason, r.ReasonCode) && (q.Version == 0 || q.Version == r.Version) &&
		(q.Since.IsZero() || !at.Before(q.Since)) && (q.Until.IsZero() || at.Before(q.Until))
}

func (w *deliveryWalk) line(r deliveryRow) (DeliveryLine, error) {
	l := DeliveryLine{ID: r.ID, Number: r.Number, Subject: r.Subject, Point: r.Point, State: r.State, NeedsPerson: r.NeedsPerson,
		Attempts: int(r.Attempts), Reason: desk.ParseReason(r.ReasonCode, r.ReasonArgs), CreatedAt: fromMillis(r.CreatedAt).In(w.zone),
		Environment: r.Environment, Version: r.Version, OrderNumber: r.MobussNumber.String}
	if r.SettledAt.Valid {
		l.SettledAt = fromMillis(r.SettledAt.Int64).In(w.zone)
	}
	if r.State.Done() || r.Pending < 2 {
		return l, nil
	}
	head, err := w.q.LaneHead(w.ctx, r.LaneID)
	if store.NoRows(err) { // delivered between two looks
		return l, nil
	}
	l.Waits = head.ID != r.ID && blocked(head.State, head.NeedsPerson)
	if head.ID == r.ID && l.Blocked() {
		l.Behind = int(r.Pending) - 1
	}
	return l, err
}
