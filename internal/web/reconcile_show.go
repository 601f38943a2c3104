package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// diffOne is a finding's page, with what was typed into its forms and not taken.
type diffOne struct {
	*flow.FindingPage
	problems map[string]string // of the act that was refused, by field; "" is about the whole
	typed    map[string]string
}

// showFinding is GET /integracao/conciliacao/{id}.
func (s *site) showFinding(r *request) error {
	d, err := s.flow.FindingPage(r.Context(), r.actor(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.finding(r, http.StatusOK, diffOne{FindingPage: d})
}

func (s *site) finding(r *request, status int, v diffOne) error {
	p := r.page(r.l.T("reconcile.kind_"+string(v.Kind)), "conciliacao")
	p.path = findingPath(v.ID)
	p.crumbs = []crumb{{label: p.T("calls.integration")}, {p.T("reconcile.title"), findingsPath}, {label: p.title}}
	return r.show(status, diffOnePage(p, v))
}

// mendFinding is POST /integracao/conciliacao/{id}/corrigir.
func (s *site) mendFinding(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	in := flow.MendInput{Mend: desk.Mend(r.PostFormValue("conserto")), Why: r.typed("motivo"), MobussID: r.typed("id_mobuss")}
	typed := map[string]string{"motivo": in.Why, "numero_ocorrencia": r.typed("numero_ocorrencia"), "id_mobuss": in.MobussID}
	if n := typed["numero_ocorrencia"]; n != "" {
		var err error
		if in.Number, err = strconv.ParseInt(strings.ReplaceAll(n, ".", ""), 10, 64); err != nil {
			return s.mended(r, typed, desk.BadField("numero_ocorrencia", "valor_invalido"))
		}
	}
	return s.mended(r, typed, s.flow.Mend(r.Context(), r.actor(), r.PathValue("id"), in))
}

// diffAgain is POST /integracao/conciliacao/{id}/reabrir.
func (s *site) diffAgain(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	return s.mended(r, nil, s.flow.FindAgain(r.Context(), r.actor(), r.PathValue("id")))
}

// mended shows the page after an act: anew, or with what is wrong beside the form and what was typed in it.
func (s *site) mended(r *request, typed map[string]string, failed error) error {
	if failed == nil {
		return r.redirect(findingPath(r.PathValue("id")))
	}
	e, understood := understood(failed)
	beside := understood && e.Kind != desk.Unauthenticated && e.Code != desk.ErrNoFinding && e.Code != desk.ErrForbidden
	if !beside {
		return failed
	}
	v := diffOne{problems: map[string]string{}, typed: typed}
	for _, f := range e.Fields {
		v.problems[f.Field] = r.l.Field(f)
		if f.Field == "motivo" {
			v.problems[f.Field] = r.l.T("reconcile.reason_missing")
		}
	}
	switch {
	case e.Code == desk.ErrNotFound:
		v.problems["numero_ocorrencia"] = r.l.Error(e)
	case len(e.Fields) == 0:
		v.problems[""] = mendRefused(r, e)
	}
	var err error
	if v.FindingPage, err = s.flow.FindingPage(r.Context(), r.actor(), r.PathValue("id")); err != nil {
		return err
	}
	return s.finding(r, statusOf[e.Kind], v)
}

// mendRefused says why a mend can't be done as things stand.
func mendRefused(r *request, e *desk.Error) string {
	if id := "reconcile.kept_" + e.Reason(); e.Code == desk.ErrFinding && r.l.Has(id) {
		return sentence(r.l.T(id)) + "."
	}
	return r.l.Error(e)
}

func (v diffOne) word(p *page, which string) string {
	others := strings.Join(v.Facts.Others, ", ")
	return p.T("reconcile."+which+"_"+string(v.Kind), "order", v.orderText(), "number", v.Facts.Number, "step", v.Facts.Step, "others", others,
		"copies", v.Facts.Copies, "customer", v.Customer, "legacy", v.Facts.Legacy)
}

func (v diffOne) orderText() string {
	if v.OrderNumber != "" {
		return v.OrderNumber
	}
	return v.MobussID
}

func (v diffOne) took() string { return span(time.Duration(v.DurationMs) * time.Millisecond) }

func (v diffOne) heading(p *page) string {
	if v.Subject == "" {
		return p.title
	}
	return p.title + ": " + v.Subject
}
