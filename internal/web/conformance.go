package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

const conformancePath = "/parametrizacoes/implantacao/conformidade"

// Conformance makes runs through homologation, and single trials; app supplies it.
type Conformance struct {
	// Start begins a run in the background and answers its id. Unit 0: the first that will do.
	Start func(ctx context.Context, a desk.Actor, unit, customer int64) (string, error)
	Stop  func(ctx context.Context, a desk.Actor, id string) error
	// Trial sends one call with a configuration that may not be saved.
	Trial func(context.Context, desk.Actor, *mapping.Config, flow.PreviewInput) (*flow.TrialShown, error)
}

// conformanceView is the page of all runs.
type conformanceView struct {
	runs     []flow.ConformanceRun
	live     string // id of the run that goes on
	key      flow.ConformanceProof
	chosen   *flow.Found // whom a run is made with
	text     string      // what was searched for
	found    []flow.Found
	searched bool
	problems map[string]string
}

// showConformance is GET /parametrizacoes/implantacao/conformidade. With parte=1 it answers the list alone.
func (s *site) showConformance(r *request) error {
	return s.conformancePage(r, http.StatusOK, conformanceView{})
}

func (s *site) conformancePage(r *request, status int, v conformanceView) error {
	if s.conformance.Start == nil {
		return notFound()
	}
	ctx, a := r.Context(), r.actor()
	var err error
	if v.runs, err = s.flow.ConformanceRuns(ctx, a); err != nil {
		return err
	}
	if v.live, err = s.flow.LiveConformance(ctx); err != nil {
		return err
	}
	if v.key, err = s.flow.ConformanceKey(ctx); err != nil {
		return err
	}
	if err := s.chooseUnit(r, &v); err != nil {
		return err
	}
	p := r.conformancePage(r.l.T("conformance.title"))
	if r.Method != http.MethodGet {
		p.path = conformancePath
	}
	if r.URL.Query().Get("parte") != "" {
		return r.show(status, conformanceRuns(p, v))
	}
	return r.show(status, conformanceMain(p, v))
}

func (r *request) conformancePage(title string) *page {
	p := r.page(title, "conformidade")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.T("nav.implementation")}, {label: p.T("conformance.title"), href: conformancePath}}
	if title != p.T("conformance.title") {
		p.crumbs = append(p.crumbs, crumb{label: title})
	}
	return p
}

// chooseUnit is whom a run is made with: who was picked, or the first that will do; and what was searched for.
func (s *site) chooseUnit(r *request, v *conformanceView) error {
	if err := r.ParseForm(); err != nil {
		return desk.Fail(desk.ErrContent)
	}
	const most = 8
	if v.text = strings.TrimSpace(r.Form.Get("q")); v.text != "" {
		found, err := s.flow.Search(r.Context(), r.actor(), v.text, most)
		if err != nil {
			return err
		}
		v.found, v.searched = found.People, true
	}
	one, there, err := flow.Found{}, false, error(nil)
	if r.Form.Get("unidade") != "" {
		one, err = s.chosen(r, r.Form)
		there = err == nil
	}
	if _, ok := understood(err); ok || !there {
		one, there, err = s.flow.ConformanceUnit(r.Context(), r.actor())
	}
	if there {
		v.chosen = &one
	}
	return err
}

// startConformance is POST /parametrizacoes/implantacao/conformidade.
func (s *site) startConformance(r *request) error {
	if s.conformance.Start == nil {
		return notFound()
	}
	if err := r.form(); err != nil {
		return err
	}
	unit, _ := strconv.ParseInt(r.PostFormValue("unidade"), 10, 64) // 0: the first that will do
	customer, _ := strconv.ParseInt(r.PostFormValue("cliente"), 10, 64)
	id, err := s.conformance.Start(r.Context(), r.actor(), unit, customer)
	if err == nil {
		return r.redirect(runPath(id))
	}
	e, ok := besideForm(err)
	if !ok || e.Kind == desk.Forbidden {
		return err
	}
	return s.conformancePage(r, statusOf[e.Kind], conformanceView{problems: problemsOf(r, e)})
}

// stopConformance is POST /parametrizacoes/implantacao/conformidade/{id}/interromper.
func (s *site) stopConformance(r *request) error {
	if s.conformance.Stop == nil {
		return notFound()
	}
	err := s.conformance.Stop(r.Context(), r.actor(), r.PathValue("id"))
	if e, ok := understood(err); ok && e.Code == desk.ErrConformance { // it has ended meanwhile: that is what was wanted
		err = nil
	}
	if err != nil {
		return err
	}
	return r.redirect(runPath(r.PathValue("id")))
}

func runPath(id string) string { return conformancePath + "/" + id }

// pickPath chooses a unit with its customer for a run.
func pickPath(f flow.Found) string {
	return conformancePath + "?" + url.Values{"unidade": {number(f.UnitID)}, "cliente": {number(f.CustomerID)}}.Encode() + "#comecar"
}

// resultLook is a result's icon and kind: never a colour alone.
func resultLook(result string) (class, icon string) {
	switch result {
	case string(flow.CasePassed):
		return "done", "circle-check"
	case string(flow.CaseReserved):
		return "wait", "alert-triangle"
	case string(flow.CaseFailed):
		return "fail", "circle-x"
	case string(flow.CaseGoing):
		return "send", "progress-check"
	case flow.RunStopped:
		return "closed", "ban"
	}
	return "closed", "circle-dashed"
}

// countsText are a run's results in words.
func countsText(p *page, r flow.ConformanceRun) string {
	var parts []string
	for _, one := range flow.CaseResults {
		if n := r.Counts[one]; n > 0 {
			parts = append(parts, p.N("conformance.counts_"+string(one), n))
		}
	}
	return strings.Join(parts, " · ")
}
