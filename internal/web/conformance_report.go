package web

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"ponte/internal/flow"
	"ponte/internal/i18n"
	"ponte/internal/sheet"
)

// runPDF is a run's report as a PDF, in the reader's language and with what the reader may see.
func (s *site) runPDF(r *request, run *flow.ConformancePage) error {
	report := ConformanceReport(r.l, run)
	pdf, err := report.PDF()
	if err != nil {
		return err
	}
	h := r.w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Length", strconv.Itoa(len(pdf)))
	h.Set("Content-Disposition", `inline; filename="conformidade-`+run.Mark+`.pdf"`)
	_, _ = r.w.Write(pdf) // whoever left doesn't miss it
	return nil
}

// resultMarks stand before a result on paper.
var resultMarks = map[string]string{string(flow.CasePassed): "+", string(flow.CaseReserved): "!", string(flow.CaseFailed): "×", string(flow.CaseNotForUs): "–"}

// ConformanceReport words a run for paper.
func ConformanceReport(l *i18n.Localizer, run *flow.ConformancePage) *sheet.Report {
	p, v := &page{Localizer: l}, runView{ConformancePage: run}
	at := run.EndedAt
	if at.IsZero() {
		at = run.At
	}
	out := &sheet.Report{Title: p.T("conformance.report_title"), Subtitle: p.T("conformance.report_sub", "version", run.Version),
		Subject: run.Digest, Lang: p.Lang, At: at.In(run.Zone), Foot: "Ponte · " + p.T("conformance.report_title") + " " + run.Mark,
		Page: p.T("conformance.report_page"), Of: p.T("conformance.report_of"), TableTitle: p.T("conformance.table"),
		Head:       [4]string{"", p.T("conformance.case"), p.T("conformance.result"), p.T("conformance.came")},
		CallsTitle: p.T("conformance.calls"), Request: p.T("conformance.report_request"), Response: p.T("conformance.report_response"),
		Nothing: p.T("conformance.report_nothing")}
	out.Facts = v.reportFacts(p)
	out.Statement = p.T("conformance.report_unsigned")
	if !run.SignedAt.IsZero() {
		out.Signed = true
		out.Statement = p.T("conformance.report_signature", "who", run.SignedBy, "when", p.Exact(run.SignedAt.In(run.Zone)), "digest", run.Digest)
		if run.Note != "" {
			out.Statement += "\n" + p.T("conformance.sign_note") + ": " + run.Note
		}
	}
	for _, area := range run.Areas() {
		a := sheet.ReportArea{Name: areaName(p, area)}
		for _, c := range run.Of(area) {
			a.Cases = append(a.Cases, v.reportCase(p, c))
		}
		out.Areas = append(out.Areas, a)
	}
	return out
}

func (v runView) reportFacts(p *page) []sheet.Fact {
	out := []sheet.Fact{
		{Name: p.T("conformance.result"), Text: p.T("conformance.state_"+v.State) + " · " + countsText(p, v.ConformanceRun)},
		{Name: p.T("conformance.version"), Text: number(v.Version)},
		{Name: p.T("conformance.method"), Text: p.T("method." + string(v.Method))},
		{Name: p.T("conformance.when"), Text: p.Exact(v.At.In(v.Zone))},
		{Name: p.T("conformance.by"), Text: v.By},
		{Name: p.T("conformance.unit_label"), Text: unitText(v.Unit) + " · " + v.Customer},
		{Name: p.T("conformance.occurrence"), Text: number(v.Number)},
	}
	if v.Address != "" {
		out = append(out, sheet.Fact{Name: p.T("conformance.addresses"), Text: v.Address, Code: true})
	}
	for _, action := range slices.Sorted(maps.Keys(v.URLs)) {
		out = append(out, sheet.Fact{Name: action, Text: v.URLs[action], Code: true})
	}
	if v.TokenURL != "" {
		out = append(out, sheet.Fact{Name: p.T("conformance.token_url"), Text: v.TokenURL, Code: true})
	}
	if v.Digest != "" {
		out = append(out, sheet.Fact{Name: p.T("conformance.digest"), Text: v.Digest, Code: true})
	}
	return out
}

func (v runView) reportCase(p *page, c flow.ConformanceCase) sheet.ReportCase {
	result := v.resultOf(c)
	out := sheet.ReportCase{Name: caseWord(p, "conformance_case", c), Result: p.T("conformance_result." + result), Mark: resultMarks[result],
		Words: []sheet.Fact{{Name: p.T("conformance.expected"), Text: caseWord(p, "conformance_expect", c)}}}
	if c.Reason.Code != "" {
		out.Came = p.Reason(c.Reason)
		out.Words = append(out.Words, sheet.Fact{Name: p.T("conformance.came"), Text: out.Came})
	}
	if t := todo(p, c.Reason); t != "" {
		out.Words = append(out.Words, sheet.Fact{Name: p.T("conformance.todo"), Text: t})
	}
	for _, x := range c.Calls {
		out.Calls = append(out.Calls, reportCall(p, x))
	}
	return out
}

func reportCall(p *page, x flow.ConformanceCall) sheet.ReportCall {
	text, _, _ := callVerdict(p, x)
	out := sheet.ReportCall{Head: fmt.Sprintf("%s · %s · %s · %s", callWay(p, x), text, decimal(p, span(x.Duration)), x.At.Format("15:04:05")),
		Request: wireText(x.Request), Response: wireText(x.Response)}
	if x.Reason.Code != "" {
		out.Head += "\n" + p.Reason(x.Reason)
	}
	return out
}

func wireText(m *flow.WireMessage) string {
	if m == nil {
		return ""
	}
	return m.First + "\n" + heads(m) + m.Body
}
