package web

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// diffBulk is a walk over the open findings of a question: each step is a request of its own and each finding a
// transaction of its own, so that it can be left and taken up again anywhere.
type diffBulk struct {
	diffAsk
	act          string // "corrigir" or "ignorar"
	rehearsal    bool
	why, problem string
	done         int
	kept         map[string]int
	planned      int // what the rehearsal promised, for the bar
	begun, over  bool
	waiting      flow.Count
}

// diffStep is how many findings one step decides.
const diffStep = 40

const (
	actMend   = "corrigir"
	actIgnore = "ignorar"
)

// showFindBulk is GET /integracao/conciliacao/lote, with the list's filters.
func (s *site) showFindBulk(r *request) error {
	if !flow.MayMendAll(r.actor()) {
		return desk.Fail(desk.ErrForbidden)
	}
	v := diffBulk{diffAsk: diffAskOf(r.URL.Query()), act: actMend}
	v.after = ""
	return s.diffBulk(r, http.StatusOK, v)
}

func (s *site) diffBulk(r *request, status int, v diffBulk) error {
	var err error
	if v.waiting, err = s.flow.CountFindings(r.Context(), r.actor()); err != nil {
		return err
	}
	p := r.page(r.l.T("reconcile.bulk_title"), "conciliacao")
	p.path = v.path("/lote")
	p.crumbs = []crumb{{label: p.T("calls.integration")}, {p.T("reconcile.title"), findingsPath}, {label: p.title}}
	if r.htmx() {
		return r.show(status, diffBulkPart(p, v))
	}
	return r.show(status, diffBulkPage(p, v))
}

// runFindBulk is POST /integracao/conciliacao/lote: a step of a rehearsal (ensaio=1, which writes nothing) or of the act.
func (s *site) runFindBulk(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	if !flow.MayMendAll(r.actor()) {
		return desk.Fail(desk.ErrForbidden)
	}
	v := diffBulk{diffAsk: diffAskOf(r.PostForm), act: r.PostFormValue("ato"), rehearsal: r.PostFormValue("ensaio") == "1", why: r.typed("motivo"), begun: true}
	if v.act != actMend && v.act != actIgnore {
		return desk.Fail(desk.ErrContent)
	}
	if v.act == actIgnore && v.why == "" {
		v.begun, v.problem = false, r.l.T("reconcile.reason_missing")
		return s.diffBulk(r, http.StatusUnprocessableEntity, v)
	}
	v.done, _ = strconv.Atoi(r.PostFormValue("feitos"))
	v.planned, _ = strconv.Atoi(r.PostFormValue("previstos"))
	v.kept = keptOf(r.PostFormValue("ficaram"))
	step, err := s.diffStep(r, v)
	if err != nil {
		return err
	}
	v.done += step.Done
	for why, n := range step.Kept {
		v.kept[why] += n
	}
	v.after, v.over = step.Next, step.Next == ""
	return s.diffBulk(r, http.StatusOK, v)
}

func (s *site) diffStep(r *request, v diffBulk) (flow.Bulk, error) {
	ctx, a, q := r.Context(), r.actor(), v.query()
	switch {
	case v.act == actIgnore && v.rehearsal:
		return s.flow.RehearseIgnoreAll(ctx, a, q, diffStep)
	case v.act == actIgnore:
		return s.flow.IgnoreAll(ctx, a, v.why, q, diffStep)
	case v.rehearsal:
		return s.flow.RehearseMendAll(ctx, a, q, diffStep)
	}
	return s.flow.MendAll(ctx, a, q, diffStep)
}

func (v diffBulk) reasons() []string { return slices.Sorted(maps.Keys(v.kept)) }

func (v diffBulk) keptText() string {
	var parts []string
	for _, why := range v.reasons() {
		parts = append(parts, why+":"+strconv.Itoa(v.kept[why]))
	}
	return strings.Join(parts, " ")
}

func (v diffBulk) keptCount() (n int) {
	for _, k := range v.kept {
		n += k
	}
	return n
}

// diffKept says why findings are kept from the walk.
func diffKept(p *page, why string) string {
	for _, id := range []string{"reconcile.kept_" + why, "deliveries.kept_" + why} {
		if p.Has(id) {
			return p.T(id)
		}
	}
	return why
}

// mode is part of message ids: ensaio_corrigir, corrigir, ensaio_ignorar, ignorar.
func (v diffBulk) mode() string {
	if v.rehearsal {
		return "ensaio_" + v.act
	}
	return v.act
}

// keptOf reads the tally that keptText wrote.
func keptOf(text string) map[string]int {
	out := map[string]int{}
	for _, part := range strings.Fields(text) {
		why, n, _ := strings.Cut(part, ":")
		if k, err := strconv.Atoi(n); err == nil && len(out) < 50 {
			out[why] = k
		}
	}
	return out
}
