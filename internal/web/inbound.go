package web

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/url"
	"strconv"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// Inbound is what the pages of received calls need of the webservices. App supplies it: pages and programs are two
// doors that don't know each other.
type Inbound struct {
	// Operations are the names, in the order of their document.
	Operations []string
	// Fields describes an operation's parameters.
	Fields func(operation string) []flow.ParamField
	// Replay serves a kept call again. It answers the refusal.
	Replay func(ctx context.Context, k flow.TakenUp) error
}

// callsPath is the address of the list, and of what stands under it.
const callsPath = "/integracao/recebimentos"

// Views of the list of received calls.
const (
	callsOpen     = "abertos"
	callsRefused  = "recusados"
	callsRepeated = "repetidos"
	callsAccepted = "aceitos"
	callsAll      = "todos"
)

var callViews = []string{callsOpen, callsRefused, callsRepeated, callsAccepted, callsAll}

// refusals are the codes that the list can be narrowed to: those that are kept.
var refusals = []string{desk.ErrUnit, desk.ErrAmbiguousUnit, desk.ErrCustomer, desk.ErrNoContract, desk.ErrParameter,
	desk.ErrUnknownParameter, desk.ErrBlock, desk.ErrMethod, desk.ErrNotFound, desk.ErrClosed, desk.ErrTransition,
	desk.ErrForbidden, desk.ErrContent, desk.ErrTooLarge, desk.ErrUnsupported, desk.ErrInternal}

// callsAsk is the question as it stands in the URL.
type callsAsk struct {
	view, text, operation, integration, code, environment, assignee, since, until, after string
}

func (a *callsAsk) question() question {
	return question{{viewParam, &a.view}, {textParam, &a.text}, {"operacao", &a.operation}, {"integracao", &a.integration},
		{"codigo", &a.code}, {"ambiente", &a.environment}, {"responsavel", &a.assignee}, {"de", &a.since}, {"ate", &a.until}, {afterParam, &a.after}}
}

func callsAskOf(q url.Values) (a callsAsk) {
	a.question().read(q, callViews)
	return a
}

func (a callsAsk) values() url.Values { return a.question().values(callViews) }

func (a callsAsk) path(under string) string { return pathTo(callsPath+under, a.values()) }

func (a callsAsk) with(change func(*callsAsk)) string {
	a.after = ""
	change(&a)
	return a.path("")
}

func (a callsAsk) narrowed() int { return a.question().narrowed() }

func (a callsAsk) query(me int64) flow.CallsQuery {
	q := flow.CallsQuery{Open: a.view == callsOpen, Operation: a.operation, Integration: a.integration, Code: a.code,
		Environment: desk.Environment(a.environment), Text: a.text, After: a.after, Most: listed}
	q.Outcome = map[string]string{callsRefused: "recusado", callsRepeated: "repetido", callsAccepted: "aceito"}[a.view]
	switch a.assignee {
	case "":
	case "eu":
		q.Assignee = me
	case "ninguem":
		q.Assignee = -1
	default:
		q.Assignee, _ = strconv.ParseInt(a.assignee, 10, 64)
	}
	q.Since, q.Until = dayStart(a.since, 0), dayStart(a.until, 1)
	return q
}

// dayStart is the beginning of a day in the house's zone, so many days later; zero where none is written.
func dayStart(text string, later int) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, text, flow.Zone("America/Sao_Paulo"))
	if err != nil {
		return time.Time{}
	}
	return t.AddDate(0, 0, later)
}

type callsView struct {
	*flow.Calls
	callsAsk
	filters    flow.CallFilters
	operations []string
	rev        string
	mayReplay  bool
}

// listCalls is GET /integracao/recebimentos. With parte=1 it answers the live part alone, and nothing (204) while rev
// is still what the page has.
func (s *site) listCalls(r *request) error {
	q := r.URL.Query()
	v := callsView{callsAsk: callsAskOf(q), operations: s.inbound.Operations, mayReplay: flow.MayReplay(r.actor())}
	var err error
	if v.Calls, err = s.flow.ListCalls(r.Context(), r.actor(), v.query(r.user.ID)); err != nil {
		return err
	}
	if v.filters, err = s.flow.CallFilters(r.Context()); err != nil {
		return err
	}
	v.rev = v.revision()
	p := r.page(r.l.T("calls.title"), "recebimentos")
	p.crumbs = []crumb{{label: p.T("calls.integration")}, {label: p.title}}
	return r.liveList(v.rev, v.path(""), callsPage(p, v), callsParts(p, v))
}

// countCalls is GET /integracao/recebimentos/contagem: the number beside the menu's entry.
func (s *site) countCalls(r *request) error {
	n, err := s.flow.CountOpenCalls(r.Context(), r.actor())
	if err != nil {
		return err
	}
	return r.badge(n, callsBadge)
}

func (v callsView) partPath() string {
	q := v.values()
	q.Set("parte", "1")
	q.Set("rev", v.rev)
	return callsPath + "?" + q.Encode()
}

func (v callsView) nextPath() string {
	a := v.callsAsk
	a.after = v.Next
	return a.path("")
}

func (v callsView) person(id int64) string {
	for _, u := range v.filters.People {
		if u.ID == id {
			return u.Name
		}
	}
	return ""
}

// emptyKind says why there is nothing to see; it is part of message ids.
func (v callsView) emptyKind() string {
	switch {
	case v.Partial:
		return "partial"
	case v.text != "" || v.narrowed() > 0:
		return "filter"
	case v.view == callsOpen:
		return "open"
	}
	return "all"
}

func (v callsView) revision() string {
	h := fnv.New64a()
	for _, l := range v.Lines {
		fmt.Fprintf(h, "%s\x00%s\x00%s\x00%d\x00%d\n", l.ID, l.Outcome, l.Ended, l.Assignee, l.Number)
	}
	fmt.Fprint(h, v.Waiting, v.Next)
	return fmt.Sprintf("%x", h.Sum64())
}

func callPath(id string) string { return callsPath + "/" + url.PathEscape(id) }

// callState is what became of a call, as part of message ids.
func callState(l flow.CallLine) string {
	switch {
	case l.Open():
		return "aberto"
	case l.Outcome == "recusado":
		return l.Ended
	}
	return l.Outcome
}

// callKind is the colour and icon of a call's state.
func callKind(l flow.CallLine) (class, icon string) {
	switch callState(l) {
	case "aberto":
		return "fail", "alert-triangle"
	case flow.EndResolved:
		return "done", "circle-check"
	case flow.EndDismissed, "consulta", "tentativa":
		return "closed", "ban"
	case "repetido":
		return "closed", "refresh"
	}
	return "done", "check"
}

// refusalName is a refusal's short name.
func refusalName(p *page, code string) string {
	if id := "refusal." + code; p.Has(id) {
		return p.T(id)
	}
	return code
}
