package web

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
	"ponte/internal/probe"
)

const connectionPath = "/parametrizacoes/mobuss"

// connectionView is the page of the connection.
type connectionView struct {
	form      connectionForm
	statuses  []desk.Status
	place     flow.EndpointState
	version   flow.Version
	problems  map[string]string
	secretBad map[string]string
	probe     *probe.Result // of the test that was just made
	config    *mapping.Config
	clash     *flow.Version // who published another version meanwhile
	done      string        // id of the message about what was just saved
}

// methods in the order of the page.
var methods = []desk.Method{desk.NoMethod, desk.MethodA, desk.MethodB, desk.MethodC}

// showConnection is GET /parametrizacoes/mobuss, for consultants and administrators.
func (s *site) showConnection(r *request) error {
	v := connectionView{}
	switch r.URL.Query().Get("salvo") {
	case "conexao":
		v.done = "connection.saved"
	case "credenciais":
		v.done = "connection.secrets_saved"
	case "predefinicao":
		v.done = "preset.saved"
	}
	return s.connection(r, http.StatusOK, v)
}

func (s *site) connection(r *request, status int, v connectionView) error {
	now, err := s.flow.VersionByNumber(r.Context(), r.actor(), 0)
	if err != nil {
		return err
	}
	if v.place, err = s.flow.EndpointState(r.Context(), r.actor(), desk.Homologation); err != nil {
		return err
	}
	v.version, v.statuses, v.config = now.Version, now.Config.Statuses, now.Config
	if v.form.base == "" {
		v.form = connectionFormOf(now.Config, v.place, now.Version)
	}
	p := r.page(r.l.T("connection.title"), "mobuss")
	p.crumbs = []crumb{{label: "CRM"}, {label: p.T("nav.settings")}, {label: "Mega CRM"}, {label: p.title}}
	if r.Method != http.MethodGet {
		p.path = connectionPath
	}
	return r.show(status, connectionPage(p, v))
}

// saveConnection is POST /parametrizacoes/mobuss: one new version with the address, or nothing.
func (s *site) saveConnection(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	f := connectionTyped(r)
	err := s.publish(r, f.base, f.note, f.apply)
	if err == nil {
		return r.redirect(connectionPath + "?salvo=conexao")
	}
	e, ok := besideForm(err)
	if !ok || e.Kind == desk.Forbidden {
		return err
	}
	v := connectionView{form: f, problems: placed(r, e, fieldOfPath)}
	if v.clash, err = s.clash(r, e); err != nil {
		return err
	}
	if v.clash != nil {
		v.form.base = number(v.clash.Number)
	}
	return s.connection(r, statusOf[e.Kind], v)
}

// publish makes a version of the one that runs and a change to it; base is the version that the person saw.
func (s *site) publish(r *request, base, note string, change func(*mapping.Document) error) error {
	from, err := versionNumber(base)
	if err != nil {
		return err
	}
	now, err := s.flow.VersionByNumber(r.Context(), r.actor(), 0)
	if err != nil {
		return err
	}
	if now.Number != from {
		return desk.Fail(desk.ErrConfigChanged, "versao", now.Number)
	}
	d := &mapping.Document{Config: *now.Config}
	if err := change(d); err != nil {
		return err
	}
	_, err = s.flow.PublishConfig(r.Context(), r.actor(), d, flow.Publication{Note: note, Base: from})
	return err
}

// clash is the version that somebody else published meanwhile; nil where the error is another one.
func (s *site) clash(r *request, e *desk.Error) (*flow.Version, error) {
	if e.Code != desk.ErrConfigChanged {
		return nil, nil
	}
	now, err := s.flow.VersionByNumber(r.Context(), r.actor(), 0)
	return &now.Version, err
}

// placed sorts errors to the fields of a page; what has no field there is said above, with its path.
func placed(r *request, e *desk.Error, field func(path string) string) map[string]string {
	out := map[string]string{"": r.l.Error(e)}
	for _, f := range e.Fields {
		words := r.l.Field(f)
		if name := field(f.Field); name != "" {
			out[name] = strings.TrimSpace(out[name] + " " + words)
		} else {
			out[""] += " " + f.Field + ": " + words
		}
	}
	return out
}

// saveSecrets is POST /parametrizacoes/mobuss/credenciais: a value sets a credential, an empty field leaves it as it
// is, and the tick takes it away. What was typed is never shown again, not even beside an error.
func (s *site) saveSecrets(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	state, err := s.flow.EndpointState(r.Context(), r.actor(), desk.Homologation)
	if err != nil {
		return err
	}
	set := map[string]string{}
	for _, c := range state.Secrets {
		if r.PostFormValue("limpar."+c.Name) != "" {
			set[c.Name] = ""
		} else if value := r.PostFormValue("credencial." + c.Name); value != "" {
			set[c.Name] = value
		}
	}
	if len(set) == 0 {
		e := desk.BadField("", "credencial_vazia")
		return s.connection(r, statusOf[e.Kind], connectionView{secretBad: map[string]string{"": r.l.Field(e.Fields[0])}})
	}
	if err := s.flow.SetSecrets(r.Context(), r.actor(), desk.Homologation, set); err != nil {
		e, ok := besideForm(err)
		if !ok || e.Kind == desk.Forbidden {
			return err
		}
		return s.connection(r, statusOf[e.Kind], connectionView{secretBad: secretProblems(r, e)})
	}
	return r.redirect(connectionPath + "?salvo=credenciais#credenciais")
}

// secretProblems says each beside its credential.
func secretProblems(r *request, e *desk.Error) map[string]string {
	return placed(r, e, func(name string) string { return name })
}

// canFail are the statuses that a failed delivery may lead to: those without a point, and not the first ones.
func (v connectionView) canFail() []desk.Status {
	return slices.DeleteFunc(slices.Clone(v.statuses), func(s desk.Status) bool { return s.Point != desk.NoPoint })
}

// actions are the calls and windows that may have an address of their own, and what has one though nothing calls it.
func (v connectionView) actions() []string {
	out := v.config.Actions()
	for _, code := range slices.Sorted(maps.Keys(v.config.Integration.Windows)) {
		out = append(out, mapping.WindowAddress(code))
	}
	for _, action := range slices.Sorted(maps.Keys(v.form.addresses)) {
		if v.form.addresses[action] != "" && !slices.Contains(out, action) {
			out = append(out, action)
		}
	}
	return out
}

// ownAddresses is how many actions have one.
func (v connectionView) ownAddresses() int { return len(filled(v.form.addresses)) }

// points are those that are configured, in the source's order.
func (v connectionView) points() (out []desk.Point) {
	for _, p := range append(slices.Clone(desk.Points), desk.SendFile) {
		if _, ok := v.config.Integration.Points[p]; ok {
			out = append(out, p)
		}
	}
	return out
}

// strategies are the look-ups that a point's configuration has.
func (v connectionView) strategies(p desk.Point) []string {
	return slices.Sorted(maps.Keys(v.config.Integration.Points[p].LookUps))
}

// wrongIn says whether something is wrong with one of these fields, so that their part stands open.
func (v connectionView) wrongIn(names ...string) bool {
	for field := range v.problems {
		if slices.ContainsFunc(names, func(name string) bool {
			return field == name || strings.HasSuffix(name, ".") && strings.HasPrefix(field, name)
		}) {
			return true
		}
	}
	return false
}

// fresh says whether nobody has configured anything yet.
func (v connectionView) fresh() bool {
	return v.version.Number == 1 && v.config.Method == desk.NoMethod
}

// ownAddressesText counts the actions with an address of their own; nothing is said as nothing.
func ownAddressesText(p *page, n int) string {
	if n == 0 {
		return p.T("connection.addresses_none")
	}
	return p.N("connection.addresses_n", n)
}
