package flow

import (
	"database/sql"
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// ours is what Ponte believes of an order, as it is compared.
type ours struct {
	o          db.Occurrence
	order      db.ServiceOrder
	closing    bool          // our own closing of it is queued or on its way
	deliveries []db.Delivery // of this order
	movements  []db.Movement
	visits     []db.Visit
	comments   []db.FieldFact
	visitFacts []db.FieldFact
	steps      []db.FieldFact
	look       db.OrderLook // the last usable one; zero: none
	closedHere time.Time    // since when the occurrence is closed; zero while it is open
}

// believed is when Ponte came to believe that the order is there, by Ponte's clock.
func (u *ours) believed() time.Time {
	at := u.order.CreatedAt
	for _, d := range u.deliveries {
		if d.Point == desk.OpenOrder && d.SettledAt.Valid {
			at = max(at, d.SettledAt.Int64)
		}
	}
	return fromMillis(at)
}

// difference is one that a look found.
type difference struct {
	kind     desk.FindingKind
	subject  string
	delivery string
	mobussID string
	facts    DifferenceFacts
}

// DifferenceFacts is what Mobuss said of a difference; sealed, because it may quote people.
type DifferenceFacts struct {
	Item     *mapping.Item `json:"item,omitempty"`
	Solution string        `json:"solution,omitempty"`
	At       time.Time     `json:"at,omitzero"`
	OrderID  string        `json:"order_id,omitempty"`
	Number   string        `json:"number,omitempty"`
	Legacy   string        `json:"legacy,omitempty"`
	Status   string        `json:"status,omitempty"` // where a step leads here
	Since    time.Time     `json:"since,omitzero"`
	Step     string        `json:"step,omitempty"` // what they call it
	Others   []string      `json:"others,omitempty"`
	Copies   int           `json:"copies,omitempty"`
}

// comparison holds what was seen against what is believed. It is pure: the same arguments, the same differences.
//
// Two rules keep it from finding what is not there. What was not said is unknown. And nothing that became true here after
// the question left, or so shortly before it that a slow server may not have known it (settling), is held against the
// answer.
type comparison struct {
	cfg   *config
	rule  *mapping.Reconcile
	asked time.Time
	us    *ours
	out   []difference
	ties  []met
}

func compare(cfg *config, us *ours, asked time.Time, byID, byLegacy *Seen) *comparison {
	c := &comparison{cfg: cfg, rule: cfg.reconciles(), asked: asked, us: us}
	switch {
	case byID.Asked && byID.Verdict.Outcome == mapping.NotFound:
		c.missing(byLegacy)
	case byID.Asked && byID.Verdict.Outcome == mapping.Found:
		c.state(&byID.Order)
		c.number(&byID.Order)
		c.step(&byID.Order)
		c.commentsOf(&byID.Order)
		c.visitsOf(&byID.Order)
		c.arrived(&byID.Order)
	}
	if byLegacy.Asked && byLegacy.Verdict.Outcome == mapping.Found {
		c.legacy(&byLegacy.Order)
	}
	return c
}

// settledBefore says whether something of ours was true long enough before the question.
func (c *comparison) settledBefore(at time.Time) bool {
	return !at.IsZero() && at.Before(c.asked.Add(-c.cfg.Integration.Policy.Settling.Std()))
}

// overdue says whether news of theirs is old enough to be missed. Of an unknown age, it is.
func (c *comparison) overdue(at time.Time) bool {
	return at.IsZero() || !at.After(c.asked.Add(-c.rule.Grace.Std()))
}

func (c *comparison) find(kind desk.FindingKind, subject string, facts DifferenceFacts) *difference {
	c.out = append(c.out, difference{kind: kind, subject: "ordem:" + itoa(c.us.order.ID) + subject, facts: facts, mobussID: c.us.order.MobussID.String})
	return &c.out[len(c.out)-1]
}

// missing: nobody misses an order whose occurrence is over.
func (c *comparison) missing(byLegacy *Seen) {
	if c.us.order.State != desk.OrderOpen || !c.us.closedHere.IsZero() || !c.settledBefore(c.us.believed()) {
		return
	}
	facts := DifferenceFacts{OrderID: c.us.order.MobussID.String, Number: c.us.order.MobussNumber.String, Legacy: c.us.order.LegacyID}
	if other := byLegacy.Order.OrderID; byLegacy.Verdict.Outcome == mapping.Found && other != "" && other != facts.OrderID {
		facts.Others = []string{other}
	}
	c.find(desk.OrderMissing, "", facts)
}

// state compares open and closed. Our own closing may be closing it at this moment.
func (c *comparison) state(t *mapping.Theirs) {
	live := c.us.order.State == desk.OrderOpen
	switch {
	case c.us.closing:
	case t.Closed && live && c.overdue(t.ClosedAt):
		c.find(desk.ClosedThere, "", DifferenceFacts{Solution: t.Solution, At: t.ClosedAt})
	case t.Open && c.us.order.State == desk.OrderClosed && c.us.order.ClosedAt.Valid && c.settledBefore(fromMillis(c.us.order.ClosedAt.Int64)),
		t.Open && live && c.settledBefore(c.us.closedHere):
		c.find(desk.ClosedHere, "", DifferenceFacts{Step: t.Situation})
	}
}

func (c *comparison) number(t *mapping.Theirs) {
	if t.Number == "" || t.Number == c.us.order.MobussNumber.String || !c.overdue(c.us.believed()) || !c.settledBefore(c.us.believed()) {
		return
	}
	c.find(desk.NumberDrifted, ":"+t.Number, DifferenceFacts{Number: t.Number})
}

// step is a state of the order that means a status here, and was not told since the last look saw another one.
func (c *comparison) step(t *mapping.Theirs) {
	status, means := c.rule.Steps[t.Situation]
	if !means || t.Closed || c.us.order.State != desk.OrderOpen || !c.us.closedHere.IsZero() {
		return
	}
	since := c.stepSince(t.Situation)
	for _, m := range c.us.movements {
		if m.Origin == desk.Field && m.ToStatus == status && m.Kind == kindMove && !fromMillis(m.ArrivedAt).Before(since) {
			return
		}
	}
	told := toldStep(status, since, c.asked)
	if slices.ContainsFunc(c.us.steps, func(f db.FieldFact) bool { return strings.HasPrefix(f.Subject, told.print+":") }) {
		return
	}
	if fresh := c.us.look.Situation != t.Situation; fresh && c.rule.Grace > 0 {
		return // its call-back may be on its way: the next look sees whether it came
	}
	c.find(desk.StepUntold, ":"+told.print, DifferenceFacts{Status: status, Since: since, Step: t.Situation, At: c.asked})
}

// stepSince is a moment at which the order was not yet in the state that it is in now.
func (c *comparison) stepSince(situation string) time.Time {
	switch {
	case c.us.look.OkAt == 0:
		return fromMillis(c.us.order.CreatedAt)
	case c.us.look.Situation == situation:
		return fromMillis(c.us.look.Since)
	}
	return fromMillis(c.us.look.SeenAt)
}

// sent are our deliveries of a point that Mobuss has accepted; of those that say the same movement, the last.
func (u *ours) sent(p desk.Point) (out []db.Delivery) {
	for i, d := range u.deliveries {
		again := slices.ContainsFunc(u.deliveries[i+1:], func(l db.Delivery) bool { return l.Point == p && l.MovementID == d.MovementID })
		if d.Point == p && d.State == desk.Delivered && !again {
			out = append(out, d)
		}
	}
	return out
}

func (u *ours) commentOf(d db.Delivery) string {
	for _, m := range u.movements {
		if m.ID == d.MovementID {
			return m.Comment
		}
	}
	return ""
}

func (c *comparison) commentsOf(t *mapping.Theirs) {
	if t.Comments == nil {
		return
	}
	theirs, plain := c.notOurs(t.Comments)
	for _, d := range c.us.sent(desk.AddComment) {
		if t.Comments.Has(d.ID) || !t.Comments.Whole || !t.Comments.Legacy || !c.settledBefore(millisOf(d.SettledAt)) {
			continue
		}
		text := sameText(c.us.commentOf(d))
		// a tool that drops our id still shows our words: they have arrived
		if i := slices.IndexFunc(plain, func(i mapping.Item) bool { return sameText(i.Text) == text }); i >= 0 {
			plain = slices.Delete(slices.Clone(plain), i, i+1)
			theirs = without(theirs, text)
			continue
		}
		c.find(desk.OurCommentLost, ":"+d.ID, DifferenceFacts{}).delivery = d.ID
	}
	theirs = slices.DeleteFunc(theirs, func(i mapping.Item) bool { return sameText(i.Text) == "" })
	s := sortComments(theirs, c.us.comments, c.us.movements)
	c.ties = append(c.ties, s.ties...)
	for _, item := range s.news {
		if c.overdue(item.At) {
			c.find(desk.CommentUntold, ":"+itemKey(item, toldComment(item.Text, item.At, !item.At.IsZero())), DifferenceFacts{Item: &item, At: item.At})
		}
	}
}

// notOurs are the items that carry no id of ours, nor of anybody else; twice, for two uses.
func (c *comparison) notOurs(l *mapping.Items) (theirs, plain []mapping.Item) {
	for _, i := range l.Items {
		if i.LegacyID == "" {
			theirs = append(theirs, i)
		}
	}
	return theirs, theirs
}

func without(items []mapping.Item, text string) []mapping.Item {
	i := slices.IndexFunc(items, func(i mapping.Item) bool { return sameText(i.Text) == text })
	if i < 0 {
		return items
	}
	return slices.Delete(slices.Clone(items), i, i+1)
}

// itemKey tells an item's finding from another's: by the field's own id, or else by what it says.
func itemKey(i mapping.Item, t told) string {
	if i.ID != "" {
		return i.ID
	}
	return t.print
}

func millisOf(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return fromMillis(n.Int64)
}

func (c *comparison) visitsOf(t *mapping.Theirs) {
	if t.Visits == nil {
		return
	}
	for _, d := range c.us.sent(desk.AskVisit) {
		if !t.Visits.Has(d.ID) && t.Visits.Whole && t.Visits.Legacy && c.settledBefore(millisOf(d.SettledAt)) && c.keepsIDs(t) {
			c.find(desk.OurVisitLost, ":"+d.ID, DifferenceFacts{}).delivery = d.ID
		}
	}
	for _, item := range t.Visits.Items {
		if item.Start.IsZero() || !slices.Contains([]string{visitBooked, visitMade, visitCancelled}, item.State) {
			continue
		}
		t := toldVisit(item.State, item.Start)
		if c.us.knowsVisit(item) || slices.ContainsFunc(c.us.visitFacts, t.is) {
			continue
		}
		c.find(desk.VisitUntold, ":"+itemKey(item, t)+"/"+t.print, DifferenceFacts{Item: &item, At: item.Start})
	}
}

// keepsIDs says whether the tool is known to give ids of ours back: a visit has no words by which to know it again.
func (c *comparison) keepsIDs(t *mapping.Theirs) bool {
	named := func(l *mapping.Items) bool {
		return l != nil && slices.ContainsFunc(l.Items, func(i mapping.Item) bool { return i.LegacyID != "" })
	}
	return len(t.Visits.Items) == 0 || t.LegacyID == c.us.order.LegacyID || named(t.Visits) || named(t.Comments)
}

// knowsVisit says whether a visit stands here as it stands there, or further. One that was cancelled before it was ever
// heard of is no news.
func (u *ours) knowsVisit(i mapping.Item) bool {
	heard := false
	for _, v := range u.visits {
		if !v.StartsAt.Valid || fromMillis(v.StartsAt.Int64).Unix() != i.Start.Unix() {
			continue
		}
		heard = true
		if v.State == i.State || i.State == visitBooked {
			return true
		}
	}
	return i.State == visitCancelled && !heard
}

// arrived finds what waits for a person here and is there.
func (c *comparison) arrived(t *mapping.Theirs) {
	for _, d := range c.us.deliveries {
		if d.State != desk.Uncertain || !d.NeedsPerson {
			continue
		}
		there := d.Point == desk.AddComment && t.Comments != nil && t.Comments.Has(d.ID) ||
			d.Point == desk.AskVisit && t.Visits != nil && t.Visits.Has(d.ID) || d.Point == desk.CloseOrder && t.Closed
		if there {
			c.find(desk.DeliveryThere, ":"+d.ID, DifferenceFacts{}).delivery = d.ID
		}
	}
}

// legacy is what the question by our id says: an opening that waits for a person is there after all, or it is there more
// than once.
func (c *comparison) legacy(t *mapping.Theirs) {
	order := c.us.order
	facts := DifferenceFacts{OrderID: t.OrderID, Number: t.Number, Legacy: order.LegacyID}
	if order.State == desk.OrderOpening {
		for _, d := range c.us.deliveries {
			if d.Point == desk.OpenOrder && d.State == desk.Uncertain && d.NeedsPerson && t.OrderID != "" {
				c.find(desk.DeliveryThere, ":"+d.ID, facts).delivery = d.ID
			}
		}
	}
	if t.Copies > 1 {
		facts.Copies = t.Copies
		if t.OrderID != order.MobussID.String {
			facts.Others = []string{t.OrderID}
		}
		d := c.find(desk.OrderDoubled, "", facts)
		d.subject = doubledSubject(order.LegacyID)
	}
}

func doubledSubject(legacy string) string { return "legado:" + legacy }

// States of a visit beside visitBooked.
const (
	visitMade      = "realizada"
	visitCancelled = "cancelada"
)

// oursOf reads what is believed of an order.
func (w *work) oursOf(order db.ServiceOrder) (*ours, error) {
	u := &ours{order: order}
	var err error
	if u.o, err = w.OccurrenceByID(w.ctx, order.OccurrenceID); err != nil {
		return nil, err
	}
	all, err := w.DeliveriesOf(w.ctx, u.o.ID)
	if err != nil {
		return nil, err
	}
	for _, d := range all {
		if d.OrderID.Int64 == order.ID {
			u.deliveries = append(u.deliveries, d)
			u.closing = u.closing || d.Point == desk.CloseOrder && !d.State.Done() && !blocked(d.State, d.NeedsPerson)
		}
	}
	if u.movements, err = w.Movements(w.ctx, u.o.ID); err != nil {
		return nil, err
	}
	if u.visits, err = w.Visits(w.ctx, u.o.ID); err != nil {
		return nil, err
	}
	for kind, to := range map[string]*[]db.FieldFact{factComment: &u.comments, factVisit: &u.visitFacts, factStep: &u.steps} {
		if *to, err = w.fieldFacts(u.o, kind); err != nil {
			return nil, err
		}
	}
	if u.look, err = w.Queries.OrderLook(w.ctx, order.ID); err != nil && !store.NoRows(err) {
		return nil, err
	}
	if w.cfg.IsClosed(u.o.StatusCode) {
		u.closedHere = fromMillis(u.o.CreatedAt)
		for _, m := range u.movements {
			if m.ID == u.o.StatusMovementID.Int64 {
				u.closedHere = fromMillis(m.ArrivedAt)
			}
		}
	}
	return u, nil
}
