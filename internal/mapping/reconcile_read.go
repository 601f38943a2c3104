package mapping

import (
	"context"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// Reconciles answers the block as it is used; nil where nothing is compared.
func (c *Compiled) Reconciles() *Reconcile {
	if c.reconcile == nil {
		return nil
	}
	return c.reconcile.Reconcile
}

// Theirs is what the field's tool says of an order. What it did not say is unknown, never absent.
type Theirs struct {
	OrderID   string `json:"order_id,omitempty"`
	Number    string `json:"number,omitempty"`
	LegacyID  string `json:"legacy_id,omitempty"`
	Situation string `json:"situation,omitempty"`
	// Open and Closed: at most one is true; neither where it was not said, or both were.
	Open     bool      `json:"open,omitempty"`
	Closed   bool      `json:"closed,omitempty"`
	Solution string    `json:"solution,omitempty"`
	ClosedAt time.Time `json:"closed_at,omitzero"`
	// Copies is how many orders carry the id of ours that was asked for; 0: not said.
	Copies int `json:"copies,omitempty"`
	// Comments and Visits are nil where they are not known. Whole: every item was read, so what is missing is missing.
	Comments *Items `json:"comments,omitempty"`
	Visits   *Items `json:"visits,omitempty"`
}

// Items is a list of an answer.
type Items struct {
	Items []Item `json:"items"`
	Whole bool   `json:"whole"`
	// Legacy: each item was asked for an id of ours.
	Legacy bool `json:"legacy"`
}

// Has says whether one of the items carries an id of ours.
func (l *Items) Has(legacyID string) bool {
	for _, i := range l.Items {
		if i.LegacyID == legacyID {
			return true
		}
	}
	return false
}

// Item is a comment or a visit.
type Item struct {
	ID       string    `json:"id,omitempty"`
	LegacyID string    `json:"legacy_id,omitempty"`
	Text     string    `json:"text,omitempty"`
	Author   string    `json:"author,omitempty"`
	At       time.Time `json:"at,omitzero"`
	State    string    `json:"state,omitempty"`
	Start    time.Time `json:"start,omitzero"`
	End      time.Time `json:"end,omitzero"`
}

// CustomersOrder is an order in the list of a customer's.
type CustomersOrder struct {
	OrderID  string `json:"order_id"`
	Number   string `json:"number,omitempty"`
	LegacyID string `json:"legacy_id,omitempty"`
	Closed   bool   `json:"closed,omitempty"`
}

// maxItems is how long a list may be; a longer one is read to there, and is not whole. maxItemText is of a comment, in
// characters.
const (
	maxItems    = 500
	maxItemText = 8000
)

// AskOrder is the question for an order by its id, ready to be sent. The error is a *Missing where a value is wanting.
func (c *Compiled) AskOrder(f *Facts, refs Refs) (*Request, error) {
	return ask(c.reconcile.order.call, f, refs)
}

// AskByLegacy is the question for the orders that carry an id of ours; nil where there is none.
func (c *Compiled) AskByLegacy(f *Facts) (*Request, error) {
	if c.reconcile.byLegacy == nil {
		return nil, nil
	}
	return ask(c.reconcile.byLegacy.call, f, Refs{})
}

// AskCustomer is the question for a customer's orders; nil where there is none.
func (c *Compiled) AskCustomer(f *Facts) (*Request, error) {
	if c.reconcile.ofCustomer == nil {
		return nil, nil
	}
	return ask(c.reconcile.ofCustomer.call, f, Refs{})
}

func ask(c *call, f *Facts, refs Refs) (*Request, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	z := freezer{ctx: ctx, facts: f, zone: f.Zone, inLookUp: true}
	if z.zone == nil {
		z.zone = time.UTC
	}
	frozen := z.call(c)
	if len(z.missing.Values) > 0 {
		return nil, &z.missing
	}
	return (&Frozen{LegacyID: validText(f.Occurrence.LegacyID), Call: frozen}).Bind(refs)
}

// ReadOrder reads the answer to AskOrder; zone is that of moments that name none.
func (c *Compiled) ReadOrder(a *Answer, keys Keys, zone *time.Location) (Theirs, LookVerdict) {
	return c.readOrder(c.reconcile.order, a, keys, zone)
}

// ReadByLegacy reads the answer to AskByLegacy.
func (c *Compiled) ReadByLegacy(a *Answer, keys Keys, zone *time.Location) (Theirs, LookVerdict) {
	return c.readOrder(c.reconcile.byLegacy, a, keys, zone)
}

func (c *Compiled) readOrder(q *orderQuestion, a *Answer, keys Keys, zone *time.Location) (Theirs, LookVerdict) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	j := judging{ctx, newView(a, q.call.Answer, &keys)}
	v := c.looked(j, q.found, q.notFound, q.retryIf)
	if v.Outcome != Found {
		return Theirs{}, v
	}
	open, closed := j.says(q.open), j.says(q.closed)
	t := Theirs{OrderID: j.idOf(q.id), Number: j.idOf(q.number), LegacyID: j.idOf(q.legacy), Situation: j.idOf(q.situation),
		Open: open && !closed, Closed: closed && !open, Solution: bounded(j.textOf(q.solution)), ClosedAt: j.momentOf(q.when, zone)}
	t.Copies, _ = strconv.Atoi(j.textOf(q.copies))
	t.Comments, t.Visits = j.items(q.comments, zone), j.items(q.visits, zone)
	return t, v
}

// ReadCustomer reads the answer to AskCustomer. Found is a list that was read whole; all else says nothing.
func (c *Compiled) ReadCustomer(a *Answer, keys Keys) ([]CustomersOrder, LookVerdict) {
	q := c.reconcile.ofCustomer
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	j := judging{ctx, newView(a, q.call.Answer, &keys)}
	v := c.looked(j, q.found, nil, q.retryIf)
	if v.Outcome != Found {
		return nil, v
	}
	unclear := LookVerdict{Outcome: Unclear, ReasonCode: ReasonUnclear, ReasonArgs: reason(a)}
	list, ok := j.list(q.list)
	if !ok || len(list) > maxItems {
		return nil, unclear
	}
	out := make([]CustomersOrder, 0, len(list))
	for _, item := range list {
		i := j.of(item)
		o := CustomersOrder{OrderID: i.idOf(q.id), Number: i.idOf(q.number), LegacyID: i.idOf(q.legacy), Closed: i.says(q.closed)}
		if o.OrderID == "" {
			return nil, unclear
		}
		out = append(out, o)
	}
	return out, v
}

// looked is the verdict over a question's answer, as JudgeLookUp's: neither and both are no answer.
func (c *Compiled) looked(j judging, found, notFound, retryIf *program) LookVerdict {
	a := j.answer
	again := func(code string, args map[string]any) LookVerdict {
		return LookVerdict{Outcome: LookNext, ReasonCode: code, ReasonArgs: args, RetryAfter: c.retryAfter(a)}
	}
	if a.Status >= 500 || a.Status == 408 || a.Status == 429 || c.action(a.Status) == ActRetry {
		return again(ReasonHTTP, reason(a))
	}
	if !j.readable {
		return again(ReasonUnreadable, reason(a, "motivo", unreadableBecause(a)))
	}
	yes, no := j.says(found), j.says(notFound)
	switch {
	case yes == no && j.says(retryIf):
		return again(ReasonHTTP, reason(a))
	case yes == no:
		return LookVerdict{Outcome: Unclear, ReasonCode: ReasonUnclear, ReasonArgs: reason(a)}
	case no:
		return LookVerdict{Outcome: NotFound}
	}
	return LookVerdict{Outcome: Found}
}

func (j judging) says(p *program) bool {
	if p == nil || !j.speaksOfFault(p) {
		return false
	}
	yes, failed := j.truth(p)
	return yes && !failed
}

// itemView is a view with an item of a list beside it.
type itemView struct {
	*view
	item ref.Val
}

func (v *itemView) ResolveName(name string) (any, bool) {
	if name == "item" {
		return v.item, true
	}
	return v.view.ResolveName(name)
}

// overItem evaluates rules over an item.
type overItem struct {
	ctx  context.Context
	vars cel.Activation
}

func (j judging) of(item ref.Val) overItem { return overItem{j.ctx, &itemView{j.view, item}} }

// text is an expression's; not ok where it failed. Nothing is no failure.
func (i overItem) text(p *program) (string, bool) {
	if p == nil {
		return "", true
	}
	v, err := p.eval(i.ctx, i.vars)
	if err != nil {
		return "", false
	}
	if v.Type() == types.NullType {
		return "", true
	}
	return scalarText(v), true
}

func (i overItem) idOf(p *program) string {
	s, _ := i.text(p)
	return cleanID(s)
}

func (i overItem) says(p *program) bool {
	if p == nil {
		return false
	}
	v, err := p.eval(i.ctx, i.vars)
	yes, ok := v.(types.Bool)
	return err == nil && ok && bool(yes)
}

func (j judging) idOf(p *program) string { return cleanID(j.textOf(p)) }

// cleanID is an id, or nothing: what has control characters or is of absurd length is none.
func cleanID(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > maxExtract || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return ""
	}
	return s
}

func (j judging) momentOf(p *program, zone *time.Location) time.Time {
	at, _ := momentOf(j.textOf(p), zone)
	return at
}

// list is an expression's list; null is an empty one.
func (j judging) list(p *program) ([]ref.Val, bool) {
	if p == nil {
		return nil, false
	}
	v, err := p.eval(j.ctx, j.view)
	if err != nil {
		return nil, false
	}
	if v.Type() == types.NullType {
		return nil, true
	}
	l, ok := v.(traits.Lister)
	if !ok {
		return nil, false
	}
	var out []ref.Val
	for it := l.Iterator(); it.HasNext() == types.True; {
		out = append(out, it.Next())
	}
	return out, true
}

// items reads a list; nil where there is none to be read. An item that can't be read is left out, and the list is then
// not whole.
func (j judging) items(r *listRule, zone *time.Location) *Items {
	if r == nil {
		return nil
	}
	list, ok := j.list(r.list)
	if !ok {
		return nil
	}
	out := &Items{Whole: len(list) <= maxItems, Legacy: r.legacy != nil, Items: []Item{}}
	for _, v := range list[:min(len(list), maxItems)] {
		if item, ok := j.of(v).read(r, zone); ok {
			out.Items = append(out.Items, item)
		} else {
			out.Whole = false
		}
	}
	return out
}

func (i overItem) read(r *listRule, zone *time.Location) (Item, bool) {
	whole := true
	text := func(p *program) string {
		s, ok := i.text(p)
		whole = whole && ok
		return s
	}
	moment := func(p *program) time.Time {
		s := strings.TrimSpace(text(p))
		at, ok := momentOf(s, zone)
		whole = whole && (ok || s == "")
		return at
	}
	out := Item{ID: cleanID(text(r.id)), LegacyID: cleanID(text(r.legacy)), Text: bounded(text(r.text)), Author: cleanID(text(r.author)),
		State: cleanID(text(r.state)), At: moment(r.at), Start: moment(r.start), End: moment(r.end)}
	return out, whole
}

// bounded is a text as it may be stored: valid, without control characters but line breaks, and not endless.
func bounded(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, validText(strings.ReplaceAll(s, "\r\n", "\n")))
	if r := []rune(s); len(r) > maxItemText {
		s = string(r[:maxItemText-1]) + "…"
	}
	return strings.TrimSpace(s)
}
