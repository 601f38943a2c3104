package web

import (
	"fmt"
	"hash/fnv"
	"net/url"
	"slices"
	"strconv"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// deliveriesPath is the address of the list, and of what stands under it.
const deliveriesPath = "/integracao/envios"

// Views of the list of deliveries.
const (
	sentBlocked = "parados"
	sentWaiting = "andamento"
	sentDone    = "entregues"
	sentIgnored = "ignorados"
	sentAll     = "todos"
)

var sentViews = []string{sentBlocked, sentWaiting, sentDone, sentIgnored, sentAll}

// sentStates are the states that a view has; none means all.
var sentStates = map[string][]desk.DeliveryState{
	sentWaiting: {desk.Queued, desk.Sending, desk.Uncertain}, sentDone: {desk.Delivered}, sentIgnored: {desk.Ignored},
}

// sentPoints are what a delivery can be for.
var sentPoints = []string{string(desk.OpenOrder), string(desk.AddComment), string(desk.AskVisit), string(desk.CloseOrder), string(desk.SendFile)}

// sentAsk is the question as it stands in the URL.
type sentAsk struct {
	view, text, state, point, environment, version, reason, since, until, after string
}

func (a *sentAsk) question() question {
	return question{{viewParam, &a.view}, {textParam, &a.text}, {"situacao", &a.state}, {"ponto", &a.point},
		{"ambiente", &a.environment}, {"versao", &a.version}, {"motivo_codigo", &a.reason}, {"de", &a.since}, {"ate", &a.until}, {afterParam, &a.after}}
}

func sentAskOf(q url.Values) (a sentAsk) {
	a.question().read(q, sentViews)
	return a
}

func (a sentAsk) values() url.Values { return a.question().values(sentViews) }

func (a sentAsk) path(under string) string { return pathTo(deliveriesPath+under, a.values()) }

func (a sentAsk) with(change func(*sentAsk)) string {
	a.after = ""
	change(&a)
	return a.path("")
}

func (a sentAsk) narrowed() int { return a.question().narrowed() }

func (a sentAsk) query() flow.DeliveriesQuery {
	q := flow.DeliveriesQuery{Blocked: a.view == sentBlocked, States: sentStates[a.view], Point: desk.Point(a.point),
		Environment: desk.Environment(a.environment), Reason: a.reason, Text: a.text, After: a.after, Most: listed,
		Since: dayStart(a.since, 0), Until: dayStart(a.until, 1)}
	if a.version != "" {
		n, err := strconv.ParseInt(a.version, 10, 64)
		if q.Version = n; err != nil || n <= 0 {
			q.Version = -1 // there is no such version
		}
	}
	if a.state != "" {
		q.States = []desk.DeliveryState{desk.DeliveryState(a.state)}
		if in := sentStates[a.view]; in != nil && !slices.Contains(in, q.States[0]) {
			q.Version = -1 // nothing is both
		}
	}
	return q
}

// sentQuery is the question, with those reasons whose words, as this reader sees them, have the text in them.
func (s *site) sentQuery(r *request, a sentAsk) flow.DeliveriesQuery {
	q := a.query()
	if a.text != "" {
		q.Codes = r.l.Saying("reason.", a.text, desk.Plain)
	}
	return q
}

type sentView struct {
	*flow.Deliveries
	sentAsk
	versions []flow.ConfigVersion
	rev      string
	mayAll   bool
}

// listDeliveries is GET /integracao/envios. With parte=1 it answers the live part alone, and nothing (204) while rev
// is still what the page has.
func (s *site) listDeliveries(r *request) error {
	q := r.URL.Query()
	v := sentView{sentAsk: sentAskOf(q), mayAll: flow.MayDecideAll(r.actor())}
	var err error
	if v.Deliveries, err = s.flow.ListDeliveries(r.Context(), r.actor(), s.sentQuery(r, v.sentAsk)); err != nil {
		return err
	}
	if v.versions, err = s.flow.ConfigVersions(r.Context()); err != nil {
		return err
	}
	v.rev = v.revision()
	p := r.page(r.l.T("deliveries.title"), "envios")
	p.crumbs = []crumb{{label: p.T("calls.integration")}, {label: p.title}}
	return r.liveList(v.rev, v.path(""), sentPage(p, v), sentParts(p, v))
}

// countDeliveries is GET /integracao/envios/contagem: the number beside the menu's entry.
func (s *site) countDeliveries(r *request) error {
	if !flow.MaySeeDeliveries(r.actor()) {
		return desk.Fail(desk.ErrForbidden)
	}
	n, err := s.flow.CountBlocked(r.Context(), r.actor())
	if err != nil {
		return err
	}
	return r.badge(n, sentBadge)
}

func (v sentView) partPath() string {
	q := v.values()
	q.Set("parte", "1")
	q.Set("rev", v.rev)
	return deliveriesPath + "?" + q.Encode()
}

func (v sentView) nextPath() string {
	a := v.sentAsk
	a.after = v.Next
	return a.path("")
}

// emptyKind says why there is nothing to see; it is part of message ids.
func (v sentView) emptyKind() string {
	switch {
	case v.Partial:
		return "partial"
	case v.text != "" || v.narrowed() > 0:
		return "filter"
	case v.after != "":
		return "end"
	}
	return v.view
}

func (v sentView) revision() string {
	h := fnv.New64a()
	for _, l := range v.Lines {
		fmt.Fprintf(h, "%s\x00%s\x00%v\x00%d\x00%s\x00%s\x00%d\x00%v\n", l.ID, l.State, l.NeedsPerson, l.Attempts, l.Reason.Code, l.OrderNumber, l.Behind, l.Waits)
	}
	fmt.Fprint(h, v.Waiting, v.Next)
	return fmt.Sprintf("%x", h.Sum64())
}

func (v sentView) versionNames() (out []string) {
	for _, c := range v.versions {
		out = append(out, number(c.Number))
	}
	if v.version != "" && !slices.Contains(out, v.version) {
		out = append(out, v.version)
	}
	return out
}

func stateNames() (out []string) {
	for _, s := range desk.DeliveryStates {
		out = append(out, string(s))
	}
	return out
}

func sentPath(id string) string { return deliveriesPath + "/" + url.PathEscape(id) }

// sentState is where a delivery stands, in words.
func sentState(p *page, l flow.DeliveryLine) string {
	switch {
	case l.Waits:
		return p.T("deliveries.waits")
	case l.State == desk.Uncertain && l.NeedsPerson:
		return p.T("deliveries.undecided")
	case l.State == desk.Uncertain:
		return p.T("deliveries.looking")
	case l.State == desk.Queued && l.Attempts > 0:
		return p.T("deliveries.again")
	}
	return sentence(p.T("state." + string(l.State)))
}

// sentKind is the colour and icon of where a delivery stands; what waits for a person is loud.
func sentKind(l flow.DeliveryLine) (class, icon string) {
	look := deliveryLooks[l.State]
	switch {
	case l.Waits:
		return "wait", "hourglass"
	case l.State == desk.Uncertain && l.NeedsPerson:
		return "fail", "alert-triangle"
	}
	return look[0], look[1]
}
