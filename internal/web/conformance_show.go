package web

import (
	"net/http"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// runView is the page of a run, with what was typed to sign it; never the password.
type runView struct {
	*flow.ConformancePage
	note     string
	problems map[string]string
	signed   bool // just now
	who      confirmation
}

// showRun is GET /parametrizacoes/implantacao/conformidade/{id}. With parte=1 it answers the live part alone, and nothing
// (204) while rev is still what the page has. With .pdf after the id it is the report as a PDF.
func (s *site) showRun(r *request) error {
	id, asPDF := strings.CutSuffix(r.PathValue("id"), ".pdf")
	run, err := s.flow.ConformancePage(r.Context(), r.actor(), id)
	if err != nil {
		return err
	}
	if asPDF {
		return s.runPDF(r, run)
	}
	q := r.URL.Query()
	if q.Get("parte") == "" {
		return s.run(r, http.StatusOK, runView{ConformancePage: run, signed: q.Get("assinada") != ""})
	}
	if r.unchanged(run.Rev()) {
		return nil
	}
	return r.show(http.StatusOK, runPart(r.page("", "conformidade"), runView{ConformancePage: run, who: s.confirmation(r, runPath(run.ID))}))
}

func (s *site) run(r *request, status int, v runView) error {
	p := r.conformancePage(r.l.T("conformance.run_title", "mark", v.Mark))
	p.path = runPath(v.ID)
	v.who = s.confirmation(r, p.path)
	return r.show(status, runPage(p, v))
}

func (v runView) partPath() string { return runPath(v.ID) + "?parte=1&rev=" + v.Rev() }

// signRun is POST /parametrizacoes/implantacao/conformidade/{id}/assinar. Who signs confirms who it is.
func (s *site) signRun(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	id := r.PathValue("id")
	err := s.sameWhoSignedIn(r, "senha", r.PostFormValue("senha"))
	if err == nil {
		err = s.flow.SignConformance(r.Context(), r.actor(), id, r.PostFormValue("resumo"), r.typed("nota"))
	}
	if err == nil {
		return r.redirect(runPath(id) + "?assinada=1#assinatura")
	}
	e, ok := besideForm(err)
	if !ok || e.Kind == desk.Forbidden || e.Kind == desk.NotFound {
		return err
	}
	r.retryAfter(e.RetryAfter)
	run, err := s.flow.ConformancePage(r.Context(), r.actor(), id)
	if err != nil {
		return err
	}
	return s.run(r, statusOf[e.Kind], runView{ConformancePage: run, note: r.typed("nota"), problems: problemsOf(r, e)})
}

// areaName is a point or a door, in words.
func areaName(p *page, area string) string {
	if strings.HasPrefix(area, "entrada.") {
		return p.T("conformance_area." + strings.ReplaceAll(area, ".", "_"))
	}
	return p.T("point." + area)
}

// caseWord is a message of a case: those of our doors may have one of their own.
func caseWord(p *page, group string, c flow.ConformanceCase) string {
	if id := group + "." + c.Name + "_entrada"; strings.HasPrefix(c.Area, "entrada.") && p.Has(id) {
		return p.T(id)
	}
	return p.T(group + "." + c.Name)
}

// todo is what to do about a case; empty where there is nothing.
func todo(p *page, why desk.Reason) string {
	if id := "conformance_todo." + why.Code; p.Has(id) {
		return p.T(id)
	}
	return ""
}

// resultOf is a case's result as it is shown: one that the run left behind was interrupted.
func (v runView) resultOf(c flow.ConformanceCase) string {
	if c.Result == flow.CaseGoing && v.State != flow.RunGoing {
		return flow.RunStopped
	}
	return string(c.Result)
}

func (v runView) sum(p *page) string {
	if v.State == flow.RunPassed && v.Reserved() {
		return p.T("conformance.sum_passou_ressalva")
	}
	return p.T("conformance.sum_" + v.State)
}

// whyNot is why a passed run can't be signed; empty where it can, or is.
func (v runView) whyNot(p *page) string {
	switch {
	case v.State != flow.RunPassed || !v.SignedAt.IsZero():
		return ""
	case !v.Intact:
		return p.T("conformance.digest_bad")
	case !v.Running:
		return p.T("cause.conformidade_de_outra_versao")
	}
	return ""
}

func caseID(c flow.ConformanceCase) string { return "caso-" + strconv.FormatInt(c.Seq, 10) }

// callVerdict is what a call came to, in words, with its look.
func callVerdict(p *page, c flow.ConformanceCall) (text, class, icon string) {
	switch {
	case c.Unsent:
		return p.T("conformance_result.interrompida"), "closed", "ban"
	case c.Received && c.Outcome == "recusado":
		return p.T("conformance.refused"), "wait", "ban"
	case c.Received:
		return p.T("conformance.accepted"), "done", "check"
	case c.Outcome == "":
		return p.T("conformance_result.rodando"), "send", "progress-check"
	}
	return verdict(p, c.Attempt)
}

func callWay(p *page, c flow.ConformanceCall) string {
	switch {
	case c.Received:
		return p.T("conformance.call_received")
	case c.LookUp:
		return p.T("conformance.call_look")
	}
	return p.T("conformance.call_sent")
}
