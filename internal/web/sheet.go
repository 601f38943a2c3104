package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/sheet"
)

const sheetPath = webservicePath + "/parametros"

// sheetView is the parameter sheet, as it answers one integration.
type sheetView struct {
	sheet.Sheet
	integrations []string
	mayTry       bool
}

// maySeeSheet: managers mail it too, but don't configure.
func maySeeSheet(a desk.Actor) bool { return a.Has(desk.Consultant, desk.Manager) }

// showSheet is GET /parametrizacoes/webservice/parametros.
func (s *site) showSheet(r *request) error {
	v, err := s.sheet(r)
	if err != nil {
		return err
	}
	p := s.webservicePage(r, r.l.T("sheet.title"))
	return r.show(http.StatusOK, sheetPage(p, v))
}

// showSheetPDF is GET /parametrizacoes/webservice/parametros.pdf.
func (s *site) showSheetPDF(r *request) error {
	v, err := s.sheet(r)
	if err != nil {
		return err
	}
	pdf, err := v.PDF()
	if err != nil {
		return err
	}
	h := r.w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Length", strconv.Itoa(len(pdf)))
	h.Set("Content-Disposition", `inline; filename="parametros-webservice.pdf"`)
	_, _ = r.w.Write(pdf) // whoever left doesn't miss it
	return nil
}

// webservicePage begins a page below that of the webservices; who may not see that one gets no link to it.
func (s *site) webservicePage(r *request, title string) *page {
	p := r.page(title, "webservice")
	above := crumb{label: p.T("webservice.title")}
	if mayConfigure(r) == nil {
		above.href = webservicePath
	}
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.T("webservice.general")}, above, {label: title}}
	return p
}

// sheet is what the page and the PDF say. Without a choice it is for Mobuss: the integration of a working token of the
// field; with an empty one, for all.
func (s *site) sheet(r *request) (sheetView, error) {
	v := sheetView{mayTry: flow.MayTry(r.actor())}
	if !maySeeSheet(r.actor()) {
		return v, desk.Fail(desk.ErrForbidden)
	}
	if s.doors.Sheet == nil {
		return v, notFound()
	}
	tokens, err := s.flow.Tokens(r.Context())
	if err != nil {
		return v, err
	}
	first := ""
	for _, t := range tokens {
		if !slices.Contains(v.integrations, t.Integration) {
			v.integrations = append(v.integrations, t.Integration)
		}
		if first == "" && t.Origin == desk.Field && t.Works(r.now) {
			first = t.Integration
		}
	}
	slices.Sort(v.integrations)
	chosen := r.URL.Query().Get("integracao")
	if !r.URL.Query().Has("integracao") {
		chosen = first
	} else if !slices.Contains(v.integrations, chosen) {
		chosen = ""
	}
	v.Sheet, err = s.described(r, chosen)
	return v, err
}

// described is the sheet with what only this request knows.
func (s *site) described(r *request, integration string) (sheet.Sheet, error) {
	profiles := map[string]flow.Profile{}
	for _, op := range s.flow.Operations {
		p, err := s.flow.Profile(r.Context(), op.Name, integration)
		if err != nil {
			return sheet.Sheet{}, err
		}
		profiles[op.Name] = p
	}
	out := s.doors.Sheet(func(operation string) flow.Profile {
		if p, ok := profiles[operation]; ok {
			return p
		}
		return flow.Preset(operation, integration)
	})
	env, err := s.flow.ActiveEnvironment(r.Context())
	out.Base, out.Integration, out.At, out.Production = s.base(r), integration, r.now.In(flow.Zone("")), env == desk.Production
	out.CallsPerMinute = s.doors.CallsPerMinute
	return out, err
}

func (v sheetView) pdfPath() string { return v.at(sheetPath+".pdf", v.Integration) }

func (v sheetView) at(path, integration string) string {
	return path + "?integracao=" + url.QueryEscape(integration)
}

// exampleID names an example's text for the button that copies it.
func exampleID(op *sheet.Operation, e sheet.Example) string { return op.Name + "-" + e.ID }
