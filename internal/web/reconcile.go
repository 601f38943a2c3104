package web

import (
	"fmt"
	"hash/fnv"
	"net/url"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// findingsPath is the address of the list, and of what stands under it.
const findingsPath = "/integracao/conciliacao"

// Views of the list of findings.
const (
	diffOpen    = "abertos"
	diffMended  = "corrigidos"
	diffIgnored = "ignorados"
	diffGone    = "sumiram"
	diffAll     = "todos"
)

var (
	diffViews  = []string{diffOpen, diffMended, diffIgnored, diffGone, diffAll}
	diffStates = map[string]desk.FindingState{diffMended: desk.FindingMended, diffIgnored: desk.FindingIgnored, diffGone: desk.FindingGone}
)

// diffLooks are the icons of the kinds.
var diffLooks = map[desk.FindingKind]string{
	desk.OrderMissing: "file-search", desk.OrderUnknown: "inbox", desk.OrderDoubled: "files", desk.ClosedThere: "archive", desk.ClosedHere: "circle-dot",
	desk.NumberDrifted: "adjustments-horizontal", desk.StepUntold: "tool", desk.OurCommentLost: "message", desk.CommentUntold: "message-2",
	desk.OurVisitLost: "calendar-event", desk.VisitUntold: "calendar-check", desk.DeliveryThere: "circle-check",
}

// diffAsk is the question as it stands in the URL.
type diffAsk struct {
	view, text, kind, environment, run, after string
}

func (a *diffAsk) question() question {
	return question{{viewParam, &a.view}, {textParam, &a.text}, {"tipo", &a.kind}, {"ambiente", &a.environment}, {"rodada", &a.run}, {afterParam, &a.after}}
}

func diffAskOf(q url.Values) (a diffAsk) {
	a.question().read(q, diffViews)
	return a
}

func (a diffAsk) values() url.Values { return a.question().values(diffViews) }

func (a diffAsk) path(under string) string { return pathTo(findingsPath+under, a.values()) }

func (a diffAsk) with(change func(*diffAsk)) string {
	a.after = ""
	change(&a)
	return a.path("")
}

func (a diffAsk) narrowed() int { return a.question().narrowed() }

func (a diffAsk) query() flow.FindingsQuery {
	return flow.FindingsQuery{Open: a.view == diffOpen, State: diffStates[a.view], Kind: desk.FindingKind(a.kind), Environment: desk.Environment(a.environment),
		Run: a.run, Text: a.text, After: a.after, Most: listed}
}

type diffView struct {
	*flow.Findings
	diffAsk
	status *flow.ReconcileStatus
	rev    string
	mayAll bool
	maySet bool
	wrong  map[string]string // of the settings, by field
	typed  map[string]string
}

// listFindings is GET /integracao/conciliacao. With parte=1 it answers the live part alone, and nothing (204) while rev
// is still what the page has.
func (s *site) listFindings(r *request) error {
	v, err := s.findings(r, diffAskOf(r.URL.Query()))
	if err != nil {
		return err
	}
	p := s.findingsPage(r)
	return r.liveList(v.rev, v.path(""), diffPage(p, v), diffParts(p, v))
}

func (s *site) findingsPage(r *request) *page {
	p := r.page(r.l.T("reconcile.title"), "conciliacao")
	p.path = findingsPath
	p.crumbs = []crumb{{label: p.T("calls.integration")}, {label: p.title}}
	return p
}

func (s *site) findings(r *request, a diffAsk) (v diffView, err error) {
	v = diffView{diffAsk: a, mayAll: flow.MayMendAll(r.actor()), maySet: r.actor().Has(desk.Consultant)}
	if v.Findings, err = s.flow.ListFindings(r.Context(), r.actor(), v.query()); err != nil {
		return v, err
	}
	if v.status, err = s.flow.ReconcileStatus(r.Context(), r.actor()); err != nil {
		return v, err
	}
	v.rev = v.revision()
	return v, nil
}

// askReconcile is POST /integracao/conciliacao/conferir.
func (s *site) askReconcile(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	if err := s.flow.AskReconcile(r.Context(), r.actor()); err != nil {
		return err
	}
	return r.redirect(findingsPath)
}

// countFindings is GET /integracao/conciliacao/contagem: the number beside the menu's entry.
func (s *site) countFindings(r *request) error {
	if !flow.MaySeeFindings(r.actor()) {
		return desk.Fail(desk.ErrForbidden)
	}
	n, err := s.flow.CountFindings(r.Context(), r.actor())
	if err != nil {
		return err
	}
	return r.badge(n, diffBadge)
}

func (v diffView) partPath() string {
	q := v.values()
	q.Set("parte", "1")
	q.Set("rev", v.rev)
	return findingsPath + "?" + q.Encode()
}

func (v diffView) nextPath() string {
	a := v.diffAsk
	a.after = v.Next
	return a.path("")
}

func (v diffView) running() bool {
	return v.status.Asked || len(v.status.Runs) > 0 && v.status.Runs[0].State == flow.RunRunning
}

// last is the latest run that has ended.
func (v diffView) last() (flow.Run, bool) {
	i := slices.IndexFunc(v.status.Runs, func(r flow.Run) bool { return r.State != flow.RunRunning })
	if i < 0 {
		return flow.Run{}, false
	}
	return v.status.Runs[i], true
}

// emptyKind says why there is nothing to see; it is part of message ids.
func (v diffView) emptyKind() string {
	_, looked := v.last()
	switch {
	case v.Partial:
		return "partial"
	case v.text != "" || v.narrowed() > 0:
		return "filter"
	case v.view == diffOpen && v.status.Off != "":
		return "off"
	case v.view == diffOpen && !looked:
		return "never"
	}
	return v.view
}

func (v diffView) revision() string {
	h := fnv.New64a()
	for _, l := range v.Lines {
		fmt.Fprintf(h, "%s\x00%s\n", l.ID, l.State)
	}
	for _, r := range v.status.Runs {
		fmt.Fprintf(h, "%s\x00%s\x00%d\x00%d\n", r.ID, r.State, r.Found, r.Taken)
	}
	fmt.Fprint(h, v.Waiting, v.Next, v.status.Asked, v.status.Off)
	return fmt.Sprintf("%x", h.Sum64())
}

func diffKinds() (out []string) {
	for _, k := range desk.FindingKinds {
		out = append(out, string(k))
	}
	return out
}

func findingPath(id string) string { return findingsPath + "/" + url.PathEscape(id) }

// diffState is the colour and icon of what became of a finding.
func diffState(l flow.FindingLine) (class, icon string) {
	switch l.State {
	case desk.FindingOpen:
		return "fail", "alert-triangle"
	case desk.FindingMended:
		return "done", "circle-check"
	case desk.FindingIgnored:
		return "closed", "ban"
	}
	return "closed", "check"
}

// lastRun is what the latest run came to, as sentences.
func lastRun(p *page, run flow.Run) string {
	said := []string{p.N("reconcile.orders", int(run.Orders)), p.N("reconcile.found", int(run.Found))}
	if run.Taken > 0 {
		said = append(said, p.N("reconcile.taken", int(run.Taken)))
	}
	text := p.T("reconcile.last") + ": " + strings.Join(said, ", ") + "."
	if run.Failed > 0 {
		text += " " + p.N("reconcile.failed", int(run.Failed))
	}
	if run.State == flow.RunCut {
		text += " " + p.T("reconcile.cut_"+run.Reason)
	}
	return text
}
