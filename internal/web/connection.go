package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

const connectionPath = "/parametrizacoes/mobuss"

// connectionForm is what the page shows in its fields: the configuration's, or as it was typed.
type connectionForm struct {
	base                                         string // the version that it was made from
	method, failure, url                         string
	allowPrivate                                 bool
	auth, headers                                string
	timeout, firstRetry, maxRetry, limit, settle string
	note                                         string
}

// connectionView is the page of the connection.
type connectionView struct {
	form      connectionForm
	statuses  []desk.Status
	place     flow.EndpointState
	version   flow.Version
	problems  map[string]string
	secretBad map[string]string
	clash     *flow.Version // who published another version meanwhile
	done      string        // id of the message about what was just saved
}

// methods in the order of the page.
var methods = []desk.Method{desk.NoMethod, desk.MethodA, desk.MethodB, desk.MethodC}

// authKinds in the order of the page.
var authKinds = []mapping.AuthKind{mapping.AuthNone, mapping.AuthBearer, mapping.AuthBasic, mapping.AuthHeader}

// fieldOfPath is where on the page an error of the configuration belongs.
var fieldOfPath = map[string]string{
	"metodo": "metodo", "status_de_falha": "falha", "ambientes.homologacao.url": "url",
	"integracao.autenticacao.tipo": "autenticacao", "integracao.autenticacao.cabecalhos": "cabecalhos",
	"integracao.politica.tempo_limite": "tempo_limite", "integracao.politica.primeira_espera": "primeira_espera",
	"integracao.politica.espera_maxima": "espera_maxima", "integracao.politica.limite_total": "limite_total",
	"integracao.politica.assentamento": "assentamento", "observacao": "nota",
}

func connectionFormOf(c *mapping.Config, e flow.EndpointState, v flow.Version) connectionForm {
	p := c.Integration.Policy
	return connectionForm{base: number(v.Number), method: string(c.Method), failure: c.Failure, url: e.BaseURL, allowPrivate: e.AllowPrivate,
		auth: string(c.Integration.Auth.Kind), headers: strings.Join(c.Integration.Auth.Headers, ", "),
		timeout: p.Timeout.String(), firstRetry: p.FirstRetry.String(), maxRetry: p.MaxRetry.String(), limit: p.TotalLimit.String(),
		settle: p.Settling.String()}
}

// showConnection is GET /parametrizacoes/mobuss, for consultants and administrators.
func (s *site) showConnection(r *request) error {
	v := connectionView{}
	switch r.URL.Query().Get("salvo") {
	case "conexao":
		v.done = "connection.saved"
	case "credenciais":
		v.done = "connection.secrets_saved"
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
	v.version, v.statuses = now.Version, now.Config.Statuses
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
	f := connectionForm{base: r.typed("versao"), method: r.typed("metodo"), failure: r.typed("falha"), url: r.typed("url"),
		allowPrivate: r.PostFormValue("rede_privada") != "", auth: r.typed("autenticacao"), headers: r.typed("cabecalhos"),
		timeout: r.typed("tempo_limite"), firstRetry: r.typed("primeira_espera"), maxRetry: r.typed("espera_maxima"),
		limit: r.typed("limite_total"), settle: r.typed("assentamento"), note: r.typed("nota")}
	err := s.publish(r, f.base, f.note, f.apply)
	if err == nil {
		return r.redirect(connectionPath + "?salvo=conexao")
	}
	e, ok := besideForm(err)
	if !ok || e.Kind == desk.Forbidden {
		return err
	}
	v := connectionView{form: f, problems: placed(r, e, func(path string) string { return fieldOfPath[path] })}
	if v.clash, err = s.clash(r, e); err != nil {
		return err
	}
	if v.clash != nil {
		v.form.base = number(v.clash.Number)
	}
	return s.connection(r, statusOf[e.Kind], v)
}

// apply writes what was typed into a configuration.
func (f connectionForm) apply(d *mapping.Document) error {
	wrong := desk.Fail(desk.ErrConfig)
	d.Method, d.Failure = desk.Method(f.method), f.failure
	d.Environments.Homologation = &mapping.Place{URL: strings.TrimSuffix(f.url, "/"), AllowPrivate: f.allowPrivate}
	a := mapping.Auth{Kind: mapping.AuthKind(f.auth)}
	if a.Kind == mapping.AuthHeader {
		a.Headers = strings.FieldsFunc(f.headers, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' })
	}
	d.Integration.Auth = a
	p := &d.Integration.Policy
	for _, t := range []struct {
		path, text string
		to         *mapping.Duration
	}{{"tempo_limite", f.timeout, &p.Timeout}, {"primeira_espera", f.firstRetry, &p.FirstRetry}, {"espera_maxima", f.maxRetry, &p.MaxRetry},
		{"limite_total", f.limit, &p.TotalLimit}, {"assentamento", f.settle, &p.Settling}} {
		long, err := time.ParseDuration(strings.ReplaceAll(t.text, " ", ""))
		if err != nil {
			wrong.Fields = append(wrong.Fields, desk.FieldError{Field: "integracao.politica." + t.path, Code: "duracao_invalida"})
			continue
		}
		*t.to = mapping.Duration(long)
	}
	if len(wrong.Fields) == 0 {
		return nil
	}
	// What else is wrong is said at the same time.
	var more *desk.Error
	if errors.As(d.Check(), &more) {
		wrong.Fields = append(wrong.Fields, more.Fields...)
	}
	return wrong
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
		return s.connection(r, statusOf[e.Kind], connectionView{secretBad: problemsOf(r, e)})
	}
	return r.redirect(connectionPath + "?salvo=credenciais#credenciais")
}

// canFail are the statuses that a failed delivery may lead to: those without a point, and not the first ones.
func (v connectionView) canFail() []desk.Status {
	return slices.DeleteFunc(slices.Clone(v.statuses), func(s desk.Status) bool { return s.Point != desk.NoPoint })
}
