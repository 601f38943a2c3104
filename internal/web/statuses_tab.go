package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// integrationView is the tab with its preview.
type integrationView struct {
	catalogue *desk.Catalogue
	status    desk.Status
	form      integrationForm
	soap      map[desk.Point]bool // the actions whose call is SOAP's
	note      string              // the action's, for the reader
	problems  map[string]string
	lines     []problemLine // the same, in the order of the page
	clash     *flow.Version
	saved     bool
	loaded    bool   // the parameters of another method of activation were just loaded
	part      string // of the form that a button was pressed in
	preview   previewView
	mayTry    bool
	trial     *trialView // nil: none was made
}

// previewView is the request beside the form, or why there is none.
type previewView struct {
	*flow.Preview
	off    bool
	none   bool // there is no occurrence to show it with
	wrong  bool // the mapping can't work
	lines  []problemLine
	about  string // what is wrong with the whole
	number string // as it was typed
	window bool
}

// showIntegration is GET /parametrizacoes/status/{codigo}/integracao.
func (s *site) showIntegration(r *request) error {
	now, st, err := s.statusNow(r)
	if err != nil {
		return err
	}
	f := integrationFormOf(now.Config, st, now.Number)
	f.number = r.URL.Query().Get("ocorrencia")
	return s.integration(r, http.StatusOK, integrationView{form: f, saved: r.URL.Query().Get("salvo") != ""})
}

func (s *site) statusNow(r *request) (flow.VersionDocument, desk.Status, error) {
	now, err := s.flow.VersionByNumber(r.Context(), r.actor(), 0)
	if err != nil {
		return now, desk.Status{}, err
	}
	st, there := now.Config.Status(r.PathValue("codigo"))
	if !there {
		return now, st, notFound()
	}
	return now, st, nil
}

func (s *site) integration(r *request, code int, v integrationView) error {
	now, st, err := s.statusNow(r)
	if err != nil {
		return err
	}
	v.catalogue, v.status, v.soap = &now.Config.Catalogue, st, map[desk.Point]bool{}
	for _, p := range desk.Points {
		x := pointConfig(now.Config, p).XML
		v.soap[p] = x != nil && (x.Envelope == mapping.SOAP11 || x.Envelope == mapping.SOAP12)
	}
	v.mayTry = s.conformance.Trial != nil
	v.note = pointConfig(now.Config, v.form.point()).Note
	if v.preview, err = s.previewOf(r, v.form); err != nil {
		return err
	}
	return r.show(code, integrationPage(r.statusPage(st), v))
}

// previewIntegration is POST /parametrizacoes/status/{codigo}/integracao/previa: the request as the form stands now.
func (s *site) previewIntegration(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	v, err := s.previewOf(r, readIntegration(r))
	if err != nil {
		return err
	}
	p := r.page(r.l.T("statuses.preview"), "status")
	return r.show(http.StatusOK, previewPart(p, v))
}

func (s *site) previewOf(r *request, f integrationForm) (previewView, error) {
	v := previewView{off: !f.on, number: f.number, window: f.isWindow()}
	now, _, err := s.statusNow(r)
	if err != nil || v.off {
		return v, err
	}
	code := r.PathValue("codigo")
	if owner := ownerOf(&now.Config.Catalogue, f.point()); owner != "" && owner != code {
		// the preview is of the call, whoever fires it; that two statuses can't is said when it is saved
		for i := range now.Config.Statuses {
			if now.Config.Statuses[i].Code == owner {
				now.Config.Statuses[i].Point = desk.NoPoint
			}
		}
	}
	in := flow.PreviewInput{Point: f.point(), Comment: r.l.T("statuses.sample_comment")}
	if v.window {
		in.Window = code
	}
	if f.number != "" {
		if in.Number, err = strconv.ParseInt(f.number, 10, 64); err != nil || in.Number < 1 {
			v.none = true
			return v, nil
		}
	}
	if err = f.apply(now.Config, code); err == nil {
		v.Preview, err = s.flow.PreviewCall(r.Context(), r.actor(), now.Config, in)
	}
	switch e, ok := understood(err); {
	case !ok:
		return v, err
	case e.Code == desk.ErrNotFound:
		v.none = true
	case e.Kind == desk.Unprocessable:
		v.wrong = true
		var problems map[string]string
		problems, v.lines = f.named(r, e)
		v.about = problems[""]
	default:
		return v, err
	}
	return v, nil
}

// saveIntegration is POST /parametrizacoes/status/{codigo}/integracao. The buttons of the parameters come here too:
// they show the form again, changed and not saved.
func (s *site) saveIntegration(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	now, _, err := s.statusNow(r)
	if err != nil {
		return err
	}
	f, code := readIntegration(r), r.PathValue("codigo")
	known := f.isWindow() || f.point().Valid()
	if f.on && known && f.way != r.typed("linhas_de") { // never the parameters of one action under another's name
		f.load(now.Config, code)
		return s.integration(r, http.StatusOK, integrationView{form: f, loaded: true})
	}
	act := r.PostFormValue("ato")
	part := f.edit(act, r.typed("pronta"))
	if act != "" && act != "salvar" { // every other button only shows the form again
		return s.integration(r, http.StatusOK, integrationView{form: f, part: part})
	}
	err = s.publish(r, f.base, f.note, func(d *mapping.Document) error { return f.apply(&d.Config, code) })
	if err == nil {
		return r.redirect(statusSettings(code) + "/integracao?salvo=1")
	}
	e, ok := besideForm(err)
	if !ok || e.Kind == desk.Forbidden {
		return err
	}
	v := integrationView{form: f}
	v.problems, v.lines = f.named(r, e)
	if v.clash, err = s.clash(r, e); err != nil {
		return err
	}
	if v.clash != nil {
		v.form.base = number(v.clash.Number)
	}
	return s.integration(r, statusOf[e.Kind], v)
}

// ownerOf is the code of the status that fires a point; empty: none.
func ownerOf(c *desk.Catalogue, p desk.Point) string {
	if p == desk.NoPoint {
		return ""
	}
	i := slices.IndexFunc(c.Statuses, func(s desk.Status) bool { return s.Point == p })
	if i < 0 {
		return ""
	}
	return c.Statuses[i].Code
}

// option is an entry of a list to choose from.
type option struct{ value, label string }

// factGroups are the facts by what they are about, for the picker of a row.
func factGroups(p desk.Point) (names []string, by map[string][]option) {
	by = map[string][]option{}
	for _, f := range mapping.FieldsOf(p) {
		group, _, _ := strings.Cut(f.Name, ".")
		if _, seen := by[group]; !seen {
			names = append(names, group)
		}
		by[group] = append(by[group], option{"campo:" + f.Name, f.Name})
	}
	return names, by
}

// references are the values that are known only at the sending; the order's are nothing that its opening can tell, and a
// window has no delivery.
func references(p desk.Point) (out []option) {
	for _, name := range mapping.ReferenceNames() {
		if name == mapping.RefFileContent || p == desk.OpenOrder && name != mapping.RefDeliveryID || p == desk.NoPoint && name == mapping.RefDeliveryID {
			continue
		}
		out = append(out, option{"ref:" + name, name})
	}
	return out
}

// formatOptions are the types and their formats; one that the row has and the list hasn't is added.
func formatOptions(p *page, has string) (out []option) {
	out = append(out, option{":", p.T("statuses.format_none")})
	for _, t := range mapping.Types {
		out = append(out, option{string(t) + ":", p.T("statuses.type_" + string(t))})
		for _, f := range mapping.Formats(t) {
			value := ":" + f
			if f == "br" { // two types have it
				value = string(t) + ":" + f
			}
			out = append(out, option{value, p.T("statuses.type_"+string(t)) + " · " + p.T("statuses.format_"+string(t)+"_"+f)})
		}
	}
	if has != "" && !slices.ContainsFunc(out, func(o option) bool { return o.value == has }) {
		out = append(out, option{has, strings.Trim(has, ":")})
	}
	return out
}
