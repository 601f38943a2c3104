package web

import (
	"net/http"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// presetView is the page that puts a preset in the place of how the tool is called.
type presetView struct {
	name     string
	plan     flow.ConfigPlan
	base     string
	note     string
	own      int // addresses of single actions, which stay
	problems map[string]string
	clash    *flow.Version
}

// replaced is the running configuration with another preset: how the tool is called changes, how patient Ponte is, the
// limits, the windows and everything of the desk stay, and so does what the house filled into a header that the preset leaves
// open.
func replaced(d *mapping.Document, name string) error {
	in, err := mapping.PresetIntegration(name)
	if err != nil {
		return err
	}
	in.Policy, in.Windows = d.Integration.Policy, d.Integration.Windows
	for name, value := range in.Header {
		if value == "" { // to be filled in, and perhaps it is
			in.Header[name] = d.Integration.Header[name]
		}
	}
	d.Integration = *in
	return nil
}

// showPreset is GET /parametrizacoes/mobuss/predefinicao/{nome}: what would be replaced.
func (s *site) showPreset(r *request) error {
	return s.preset(r, http.StatusOK, presetView{})
}

func (s *site) preset(r *request, status int, v presetView) error {
	v.name = r.PathValue("nome")
	if !slices.Contains(mapping.Presets(), v.name) {
		return notFound()
	}
	now, err := s.flow.VersionByNumber(r.Context(), r.actor(), 0)
	if err != nil {
		return err
	}
	d := &mapping.Document{Config: *now.Config}
	if err := replaced(d, v.name); err != nil {
		return err
	}
	state, err := s.flow.EndpointState(r.Context(), r.actor(), desk.Homologation)
	if err != nil {
		return err
	}
	v.base, v.own = number(now.Number), len(state.URLs)
	v.plan, err = s.flow.PlanConfig(r.Context(), r.actor(), d)
	if e, ok := besideForm(err); ok && e.Kind != desk.Forbidden {
		v.problems, status = placed(r, e, func(string) string { return "" }), statusOf[e.Kind]
	} else if err != nil {
		return err
	}
	p := r.page(r.l.T("preset.title", "name", r.l.T("preset.name_"+v.name)), "mobuss")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.T("connection.title"), href: connectionPath}, {label: p.title}}
	if r.Method != http.MethodGet {
		p.path = connectionPath
	}
	return r.show(status, presetPage(p, v))
}

// usePreset is POST of the same: asked once, and done as a new version.
func (s *site) usePreset(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	name, note := r.PathValue("nome"), r.typed("nota")
	if !slices.Contains(mapping.Presets(), name) {
		return notFound()
	}
	err := s.publish(r, r.typed("versao"), note, func(d *mapping.Document) error { return replaced(d, name) })
	if err == nil {
		return r.redirect(connectionPath + "?salvo=predefinicao")
	}
	e, ok := besideForm(err)
	if !ok || e.Kind == desk.Forbidden {
		return err
	}
	v := presetView{note: note, problems: placed(r, e, func(path string) string {
		if path == "observacao" {
			return "nota"
		}
		return ""
	})}
	if v.clash, err = s.clash(r, e); err != nil {
		return err
	}
	if v.clash != nil { // what was shown is not what it would be now
		v.problems = nil
	}
	return s.preset(r, statusOf[e.Kind], v)
}
