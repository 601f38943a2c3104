package flow

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

// deliveryText is what a text may mean: those that it names (by a number, an id, a customer or a unit), and those of which
// something is told in which it stands.
type deliveryText struct {
	named []deliveryRow // newest first, none twice
	ids   map[string]bool
	plain string // the text, as it is compared
	codes []string
	exact bool // it is a number or an id, and means nothing else
}

// How many one text names at the most, of each thing that it can be.
const (
	ordersLooked = 20 // that have one number: of several environments, or by mistake
	placesLooked = 30 // units and customers, before it takes more words
)

// meant finds what the text names.
func (w *deliveryWalk) meant() (*deliveryText, error) {
	t := &deliveryText{ids: map[string]bool{}, plain: desk.Plain(w.ask.Text), codes: w.ask.Codes}
	text := w.ask.Text
	add := func(rows []deliveryRow, err error) error {
		for _, r := range rows {
			if !t.ids[r.ID] {
				t.ids[r.ID], t.named = true, append(t.named, r)
			}
		}
		return err
	}
	if err := add(deliveryRows(w.q.DeliveryLines(w.ctx, strings.ToLower(text)))); err != nil {
		return nil, err
	}
	most := int64(deliveriesStep)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		o, err := w.q.OccurrenceByNumber(w.ctx, n)
		if err == nil {
			err = add(deliveryRows(w.q.DeliveriesOfOccurrence(w.ctx, db.DeliveriesOfOccurrenceParams{OccurrenceID: o.ID, Column2: most})))
		}
		if err != nil && !store.NoRows(err) {
			return nil, err
		}
	}
	orders, err := w.q.OrdersNumbered(w.ctx, db.OrdersNumberedParams{MobussNumber: store.NullText(text), Column2: ordersLooked})
	if err != nil {
		return nil, err
	}
	for _, order := range orders {
		if err := add(deliveryRows(w.q.DeliveriesOfOrder(w.ctx, db.DeliveriesOfOrderParams{OrderID: store.Null(order), Column2: most}))); err != nil {
			return nil, err
		}
	}
	if t.exact = len(t.named) > 0; !t.exact { // a number that is one of these is hardly meant as a unit's
		if err := w.textPlaces(add); err != nil {
			return nil, fmt.Errorf("what %d letters name: %w", len(text), err)
		}
	}
	t.named = newestOf(t.named, int64(len(t.named)))
	return t, nil
}

// textPlaces takes the text for a customer (by name, document, phone or contract) or a unit, as the search box does.
func (w *deliveryWalk) textPlaces(add func([]deliveryRow, error) error) error {
	s := &search{reader: reader{ctx: w.ctx, q: w.q, actor: w.actor}, many: w.many, words: desk.Words(w.ask.Text), text: w.ask.Text, seen: map[pair]bool{}}
	if len(s.words) == 0 {
		return nil
	}
	if err := s.byUnit(); err != nil {
		return err
	}
	var units, customers []int64
	for _, p := range s.pairs {
		if !slices.Contains(units, p.unit) {
			units = append(units, p.unit)
		}
	}
	s.pairs = nil
	for _, way := range []func() error{s.byContract, s.byDocument, s.byPhone, s.byName} {
		if err := way(); err != nil {
			return err
		}
	}
	for _, p := range s.pairs {
		if !slices.Contains(customers, p.customer) {
			customers = append(customers, p.customer)
		}
	}
	for _, u := range units[:min(len(units), placesLooked)] {
		if err := add(deliveryRows(w.q.DeliveriesOfUnit(w.ctx, db.DeliveriesOfUnitParams{UnitID: u, Column2: deliveriesStep}))); err != nil {
			return err
		}
	}
	for _, c := range customers[:min(len(customers), placesLooked)] {
		if err := add(deliveryRows(w.q.DeliveriesOfCustomer(w.ctx, db.DeliveriesOfCustomerParams{CustomerID: c, Column2: deliveriesStep}))); err != nil {
			return err
		}
	}
	return nil
}

// texts is the next rows of those that are named and those of which something is told, newest first.
func (w *deliveryWalk) texts(since, before int64, id string, most int64) ([]deliveryRow, error) {
	var told []deliveryRow
	var err error
	switch {
	case w.text.exact:
	case w.ask.Blocked: // of those something is always told, and they are fewer
		told, err = deliveryRows(w.q.DeliveriesBlocked(w.ctx, db.DeliveriesBlockedParams{Since: since, Before: before, BeforeID: id, Most: most}))
	default:
		told, err = deliveryRows(w.q.DeliveriesTold(w.ctx, db.DeliveriesToldParams{Since: since, Before: before, BeforeID: id, Most: most}))
	}
	if err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(told, func(r deliveryRow) bool { return w.text.ids[r.ID] })
	for _, r := range w.text.named {
		if r.CreatedAt >= since && (r.CreatedAt < before || r.CreatedAt == before && r.ID < id) {
			all = append(all, r)
		}
	}
	// A row of the walk that was left out stands further back than the last one that the walk told of, so nothing between is lost.
	return newestOf(all, most), nil
}

// says tells whether a row is meant; without a text all are.
func (t *deliveryText) says(r deliveryRow) bool {
	if t == nil || t.ids[r.ID] {
		return true
	}
	if r.ReasonCode == "" {
		return false
	}
	return slices.Contains(t.codes, r.ReasonCode) || strings.Contains(desk.Plain(r.ReasonCode), t.plain) || argSays(r.ReasonArgs, t.plain)
}

// argSays looks into what is told, and not into the names under which it is kept.
func argSays(args, plain string) bool {
	var all map[string]any
	if args == "" || !strings.Contains(desk.Plain(args), plain) || json.Unmarshal([]byte(args), &all) != nil {
		return false
	}
	for _, v := range all {
		if s, ok := v.(string); ok && strings.Contains(desk.Plain(s), plain) {
			return true
		}
	}
	return false
}
