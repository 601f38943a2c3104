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

// sentBulk is a walk over the blocked deliveries of a question: each step is a request of its own and each delivery a
// transaction of its own, so that it can be left and taken up again anywhere.
type sentBulk struct {
	sentAsk
	act          string // "reenviar" or "pular"
	rehearsal    bool
	why, problem string
	done, behind int
	kept         map[string]int
	planned      int // what the rehearsal promised, for the bar
	begun, over  bool
	waiting      flow.Count
}

// sentStep is how many deliveries one step decides.
const sentStep = 40

// showSentBulk is GET /integracao/envios/lote, with the list's filters.
func (s *site) showSentBulk(r *request) error {
	if !flow.MayDecideAll(r.actor()) {
		return desk.Fail(desk.ErrForbidden)
	}
	v := sentBulk{sentAsk: sentAskOf(r.URL.Query()), act: "reenviar"}
	v.after = ""
	return s.sentBulk(r, http.StatusOK, v)
}

func (s *site) sentBulk(r *request, status int, v sentBulk) error {
	var err error
	if v.waiting, err = s.flow.CountBlocked(r.Context(), r.actor()); err != nil {
		return err
	}
	p := r.page(r.l.T("deliveries.bulk_title"), "envios")
	p.path = v.path("/lote")
	p.crumbs = []crumb{{label: p.T("calls.integration")}, {p.T("deliveries.title"), deliveriesPath}, {label: p.title}}
	if r.htmx() {
		return r.show(status, sentBulkPart(p, v))
	}
	return r.show(status, sentBulkPage(p, v))
}

// runSentBulk is POST /integracao/envios/lote: a step of a rehearsal (ensaio=1, which writes nothing) or of the act.
func (s *site) runSentBulk(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	if !flow.MayDecideAll(r.actor()) {
		return desk.Fail(desk.ErrForbidden)
	}
	v := sentBulk{sentAsk: sentAskOf(r.PostForm), act: r.PostFormValue("ato"), rehearsal: r.PostFormValue("ensaio") == "1", why: r.typed("motivo"), begun: true}
	if v.act != "reenviar" && v.act != "pular" {
		return desk.Fail(desk.ErrContent)
	}
	for name, n := range map[string]*int{"feitos": &v.done, "atras": &v.behind, "previstos": &v.planned} {
		*n, _ = strconv.Atoi(r.PostFormValue(name))
	}
	v.kept = keptOf(r.PostFormValue("ficaram"))
	step, err := s.sentStep(r, v)
	if e, ok := understood(err); ok && len(e.Fields) > 0 {
		v.begun, v.problem = false, r.l.T("trouble.reason_missing")
		return s.sentBulk(r, statusOf[e.Kind], v)
	}
	if err != nil {
		return err
	}
	v.done += step.Done
	v.behind += step.Behind
	for why, n := range step.Kept {
		v.kept[why] += n
	}
	v.after, v.over = step.Next, step.Next == ""
	return s.sentBulk(r, http.StatusOK, v)
}

func (s *site) sentStep(r *request, v sentBulk) (flow.Bulk, error) {
	ctx, a, q := r.Context(), r.actor(), v.query()
	switch {
	case v.act == "pular" && v.why == "":
		return flow.Bulk{}, desk.BadField("motivo", "obrigatorio")
	case v.act == "pular" && v.rehearsal:
		return s.flow.RehearseSkipAll(ctx, a, q, sentStep)
	case v.act == "pular":
		return s.flow.SkipAll(ctx, a, v.why, q, sentStep)
	case v.rehearsal:
		return s.flow.RehearseResendAll(ctx, a, q, sentStep)
	}
	return s.flow.ResendAll(ctx, a, q, sentStep)
}

// keptText carries the tally of what is kept from step to step: "incerto:3 mudou:1".
func (v sentBulk) keptText() string {
	var parts []string
	for _, why := range v.reasons() {
		parts = append(parts, why+":"+strconv.Itoa(v.kept[why]))
	}
	return strings.Join(parts, " ")
}

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

func (v sentBulk) reasons() []string { return slices.Sorted(maps.Keys(v.kept)) }

func (v sentBulk) keptCount() (n int) {
	for _, k := range v.kept {
		n += k
	}
	return n
}

// keptWords says why deliveries are kept from the walk.
func keptWords(p *page, why string) string {
	if id := "deliveries.kept_" + why; p.Has(id) {
		return p.T(id)
	}
	return why
}

// mode is part of message ids: ensaio_reenviar, reenviar, ensaio_pular, pular.
func (v sentBulk) mode() string {
	if v.rehearsal {
		return "ensaio_" + v.act
	}
	return v.act
}
