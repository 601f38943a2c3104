package flow

import (
	"cmp"
	"context"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/store/db"
)

// CardsShown is how many occurrences a column of the board shows; the list has the rest.
const CardsShown = 30

// Board is the list by status: each status of the catalogue is a column, in the catalogue's order.
type Board struct {
	Columns  []Column
	Counts   map[View]Count
	Statuses []desk.Status // that the view has, for the filter
	Choices  Choices
	// Behind: so much is not indexed yet that some of it may be missing here.
	Behind bool
	// Opened: those come first that were opened last, because of what the board is narrowed to.
	Opened bool
}

// Column is a status with the newest that are in it.
type Column struct {
	desk.Status
	Open  bool // its cards are shown; a folded one is its name and its count
	Cards []Card
	Count Count
	// Counted says that Count is known: what filters leave is not counted any further than it is shown.
	Counted bool
	More    bool // than are shown
}

// Card is an occurrence on the board.
type Card struct {
	Line
	Order desk.OrderState    // of the last order; empty where there was none
	Stuck desk.DeliveryState // of a delivery that waits for a person; empty where there is none
	// Next are the statuses that the actor may move it to: the very same as its page's buttons.
	Next []string
}

// Board answers the board. It walks the same ways as the list, once for each column that is open and no further than it shows.
func (f *Flow) Board(ctx context.Context, a desk.Actor, q ListQuery) (*Board, error) {
	cfg, err := f.current(ctx)
	if err != nil {
		return nil, err
	}
	r := &reader{ctx: ctx, q: f.Store.Read(), actor: a, cfg: cfg}
	if !slices.Contains(Views, q.View) {
		q.View = ViewOpen
	}
	q.After, q.Most = "", CardsShown
	out := &Board{}
	var each []StatusCount
	if out.Counts, each, err = r.counts(); err != nil {
		return nil, err
	}
	if out.Choices, err = r.choices(q); err != nil {
		return nil, err
	}
	codes := statusesOf(cfg, q.View)
	open := openColumns(cfg, q, codes)
	for i, s := range cfg.Statuses {
		out.Columns = append(out.Columns, Column{Status: s, Open: slices.Contains(open, s.Code), Count: each[i].Count})
		if slices.Contains(codes, s.Code) {
			out.Statuses = append(out.Statuses, s)
		}
	}
	if q.indexed() {
		err = f.cardsByIndex(r, q, open, out)
	} else if q.Span.Set() {
		err = r.eachOpen(out, func(c *Column) error { return r.cardsBySpan(q, c) })
	} else {
		err = r.cardsByNews(q, out)
	}
	if err != nil {
		return nil, err
	}
	return out, r.aboutCards(out)
}

// openColumns are those that the question chose; else those that it is about, without the closed ones, which are full and
// which nobody works in.
func openColumns(cfg *config, q ListQuery, codes []string) []string {
	if len(q.Columns) > 0 {
		return q.Columns
	}
	among := q.among(slices.Clone(codes))
	open := slices.DeleteFunc(slices.Clone(among), cfg.IsClosed)
	if len(open) == 0 {
		return among
	}
	return open
}

func (r *reader) eachOpen(b *Board, do func(*Column) error) error {
	for i := range b.Columns {
		if b.Columns[i].Open {
			if err := do(&b.Columns[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// cardRow is the shape that the board's queries share.
type cardRow = db.CardsByStatusRow

func cardRows[T db.CardsByStatusRow | db.CardsByStatusInRow | db.CardByIDRow](rows []T, err error) ([]cardRow, error) {
	out := make([]cardRow, len(rows))
	for i, o := range rows {
		out[i] = cardRow(o)
	}
	return out, err
}

// cardsByNews walks each column along its index, the newest news first, with the open emergencies above them.
func (r *reader) cardsByNews(q ListQuery, b *Board) error {
	places, err := r.places(q)
	if err != nil {
		return err
	}
	urgent, err := r.emergencies(emergenciesShown)
	if err != nil {
		return err
	}
	for i := range b.Columns {
		c := &b.Columns[i]
		if c.Counted = true; len(q.Developments) > 0 {
			if c.Count, err = r.countIn(c.Code, places); err != nil {
				return err
			}
		}
	}
	return r.eachOpen(b, func(c *Column) error {
		for _, o := range urgent {
			if o.StatusCode != c.Code || places != nil && !slices.Contains(places, o.DevelopmentID) {
				continue
			}
			if err := r.cardsByID(c, []int64{o.ID}); err != nil {
				return err
			}
		}
		rows, err := r.newestCards(c.Code, places)
		if err != nil {
			return err
		}
		for _, o := range rows {
			r.put(c, o)
		}
		c.cut()
		return nil
	})
}

// countIn counts a status in some developments.
func (r *reader) countIn(status string, places []int64) (Count, error) {
	var n int64
	for _, d := range places {
		one, err := r.q.CountStatusIn(r.ctx, db.CountStatusInParams{DevelopmentID: d, StatusCode: status, Column3: countMost})
		if err != nil {
			return Count{}, err
		}
		n += one
	}
	return counted(n), nil
}

func (r *reader) newestCards(status string, places []int64) (out []cardRow, err error) {
	if places == nil {
		return cardRows(r.q.CardsByStatus(r.ctx, db.CardsByStatusParams{Status: status, Most: CardsShown + 1}))
	}
	for _, d := range places {
		rows, err := cardRows(r.q.CardsByStatusIn(r.ctx, db.CardsByStatusInParams{Development: d, Status: status, Most: CardsShown + 1}))
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	slices.SortFunc(out, func(x, y cardRow) int {
		return cmp.Or(cmp.Compare(y.NewsAt, x.NewsAt), cmp.Compare(y.ID, x.ID))
	})
	return out, nil
}

// put adds a card that is not there yet.
func (r *reader) put(c *Column, o cardRow) {
	if !r.actor.MayTouch(o.DevelopmentID) || slices.ContainsFunc(c.Cards, func(x Card) bool { return x.ID == o.ID }) {
		return
	}
	card := Card{Order: desk.OrderState(o.OrderState), Stuck: desk.DeliveryState(o.StuckState), Line: r.brief(listRow{ID: o.ID, Number: o.Number, Subject: o.Subject,
		StatusCode: o.StatusCode, Emergency: o.Emergency, IsTest: o.IsTest, Environment: o.Environment, OpenedAt: o.OpenedAt, News: o.News,
		NewsBy: o.NewsBy, NewsAt: o.NewsAt, DevelopmentID: o.DevelopmentID, DevelopmentCode: o.DevelopmentCode, DevelopmentName: o.DevelopmentName,
		Zone: o.Zone, BlockCode: o.BlockCode, UnitNumber: o.UnitNumber, CustomerName: o.CustomerName, ItemCode: o.ItemCode, FailureCode: o.FailureCode})}
	card.OrderNumber = o.OrderNumber
	if r.actor.Has(desk.Attendant, desk.Manager) {
		live, opening := card.Order, desk.DeliveryState(o.OpeningState)
		if !live.Live() {
			live, opening = "", ""
		}
		for _, n := range nextFrom(r.cfg, r.actor, o.StatusCode, live, opening) {
			card.Next = append(card.Next, n.Code)
		}
	}
	c.Cards = append(c.Cards, card)
}

// cut leaves what a column shows.
func (c *Column) cut() {
	if len(c.Cards) > CardsShown {
		c.Cards, c.More = c.Cards[:CardsShown], true
	}
	if !c.Counted {
		c.Count = Count{N: int64(len(c.Cards)), More: c.More}
	}
}

// cardsByIndex asks the index once for each column; where the text is a number, what that is about.
func (f *Flow) cardsByIndex(r *reader, q ListQuery, open []string, b *Board) error {
	b.Opened = true
	keyed := &List{}
	found, err := f.byKey(r, q, slices.Clone(open), keyed)
	if err != nil {
		return err
	}
	var read []*findable // once for all the columns
	err = r.eachOpen(b, func(c *Column) error {
		var ids []int64
		if found {
			for _, l := range keyed.Lines {
				if l.Status.Code == c.Code {
					ids = append(ids, l.ID)
				}
			}
		} else {
			of := q
			of.Statuses = []string{c.Code}
			d, err := f.ask(r, of, []string{c.Code})
			if err != nil {
				return err
			}
			d.read = &read
			if ids, err = d.find(maxID, CardsShown); err != nil {
				return err
			}
		}
		if err := r.cardsByID(c, ids); err != nil {
			return err
		}
		c.cut()
		return nil
	})
	if err != nil || found {
		return err
	}
	b.Behind, err = f.indexBehind(r)
	return err
}

func (r *reader) cardsByID(c *Column, ids []int64) error {
	for _, id := range ids {
		rows, err := cardRows(r.q.CardByID(r.ctx, id))
		if err != nil {
			return err
		}
		for _, o := range rows {
			r.put(c, o)
		}
	}
	return nil
}

// cardsBySpan shows what happened in a stretch of time to those that are in the column's status now.
func (r *reader) cardsBySpan(q ListQuery, c *Column) error {
	places, err := r.places(q)
	if err != nil || places != nil && len(places) == 0 {
		return err
	}
	rows, err := r.spanRows(q, []string{c.Code}, places)
	if err != nil {
		return err
	}
	slices.SortFunc(rows, latestFirst)
	var ids []int64
	for _, o := range rows[:min(len(rows), CardsShown+1)] {
		ids = append(ids, o.ID)
	}
	if err := r.cardsByID(c, ids); err != nil {
		return err
	}
	c.cut()
	return nil
}

// aboutCards says what all of them are about, from one look at the items.
func (r *reader) aboutCards(b *Board) error {
	var lines []Line
	for _, c := range b.Columns {
		for _, card := range c.Cards {
			lines = append(lines, card.Line)
		}
	}
	if err := r.about(lines); err != nil {
		return err
	}
	for i := range b.Columns {
		cards := b.Columns[i].Cards
		for j := range cards {
			cards[j].About = lines[j].About
		}
		lines = lines[len(cards):]
	}
	return nil
}
