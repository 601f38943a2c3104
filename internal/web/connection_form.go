package web

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// connectionForm is what the page shows in its fields: the configuration's, or as it was typed.
type connectionForm struct {
	base                                         string // the version that it was made from
	method, failure, url, tokenURL               string
	allowPrivate, certificate                    bool
	addresses                                    map[string]string // by action
	auth, headers, params                        string
	scope, audience, style                       string
	fixed                                        string // headers of every call, one a line
	timeout, firstRetry, maxRetry, limit, settle string
	jitter, bodyCap                              string
	perSecond, perMinute, concurrent             string
	http                                         []httpRow
	lookUps                                      map[string]string // strategy by point
	note                                         string
}

// httpRow is what a status of HTTP means.
type httpRow struct{ status, action string }

// blankRows are those that wait for further statuses.
const blankRows = 2

func connectionFormOf(c *mapping.Config, e flow.EndpointState, v flow.Version) connectionForm {
	in, p := c.Integration, c.Integration.Policy
	f := connectionForm{base: number(v.Number), method: string(c.Method), failure: c.Failure, url: e.BaseURL, tokenURL: e.TokenURL,
		allowPrivate: e.AllowPrivate, certificate: in.Auth.ClientCertificate, addresses: e.URLs, auth: string(in.Auth.Kind),
		headers: strings.Join(in.Auth.Headers, ", "), params: strings.Join(in.Auth.Params, ", "),
		scope: in.Auth.OAuth.Scope, audience: in.Auth.OAuth.Audience, style: string(in.Auth.OAuth.Style),
		timeout: p.Timeout.String(), firstRetry: p.FirstRetry.String(), maxRetry: p.MaxRetry.String(), limit: p.TotalLimit.String(),
		settle: p.Settling.String(), jitter: strconv.FormatFloat(p.Jitter, 'f', -1, 64), bodyCap: number(p.BodyCap),
		perSecond: limitField(p.Limits.PerSecond), perMinute: limitField(p.Limits.PerMinute), concurrent: limitField(p.Limits.Concurrent),
		lookUps: map[string]string{}}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(in.Header)) {
		lines = append(lines, strings.TrimSpace(name+": "+in.Header[name]))
	}
	f.fixed = strings.Join(lines, "\n")
	for _, status := range slices.Sorted(maps.Keys(p.HTTP)) {
		f.http = append(f.http, httpRow{status, string(p.HTTP[status])})
	}
	for point, cfg := range in.Points {
		f.lookUps[string(point)] = cfg.LookUp
	}
	return f
}

// limitField leaves a field empty where there is no limit.
func limitField(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// connectionTyped reads what was sent.
func connectionTyped(r *request) connectionForm {
	f := connectionForm{base: r.typed("versao"), method: r.typed("metodo"), failure: r.typed("falha"), url: r.typed("url"), tokenURL: r.typed("url_do_token"),
		allowPrivate: r.PostFormValue("rede_privada") != "", certificate: r.PostFormValue("certificado_cliente") != "",
		auth: r.typed("autenticacao"), headers: r.typed("cabecalhos"), params: r.typed("parametros_url"),
		scope: r.typed("escopo"), audience: r.typed("audiencia"), style: r.typed("identificacao"), fixed: r.typed("cabecalhos_fixos"),
		timeout: r.typed("tempo_limite"), firstRetry: r.typed("primeira_espera"), maxRetry: r.typed("espera_maxima"),
		limit: r.typed("limite_total"), settle: r.typed("assentamento"), jitter: r.typed("variacao"), bodyCap: r.typed("corpo_maximo"),
		perSecond: r.typed("chamadas_por_segundo"), perMinute: r.typed("chamadas_por_minuto"), concurrent: r.typed("chamadas_simultaneas"),
		note: r.typed("nota"), addresses: typedBy(r.PostForm, "endereco."), lookUps: typedBy(r.PostForm, "consulta.")}
	actions := r.PostForm["http_acao"]
	for i, status := range r.PostForm["http_status"] {
		if status = strings.TrimSpace(status); status != "" && i < len(actions) {
			f.http = append(f.http, httpRow{status, actions[i]})
		}
	}
	return f
}

// typedBy are the fields whose names begin with a prefix, by what follows it.
func typedBy(form url.Values, prefix string) map[string]string {
	out := map[string]string{}
	for name, values := range form {
		if key, ok := strings.CutPrefix(name, prefix); ok && len(values) > 0 {
			out[key] = strings.TrimSpace(values[0])
		}
	}
	return out
}

// apply writes what was typed into a configuration. What can't be read is said together with what else is wrong.
func (f connectionForm) apply(d *mapping.Document) error {
	a := applied{Document: d, wrong: desk.Fail(desk.ErrConfig)}
	d.Method, d.Failure = desk.Method(f.method), f.failure
	d.Environments.Homologation = &mapping.Place{URL: strings.TrimSuffix(f.url, "/"), AllowPrivate: f.allowPrivate, TokenURL: f.tokenURL, URLs: filled(f.addresses)}
	d.Integration.Auth = f.scheme()
	a.headers(f.fixed)
	a.policy(f)
	for point, strategy := range f.lookUps {
		if cfg, ok := d.Integration.Points[desk.Point(point)]; ok {
			cfg.LookUp = strategy
			d.Integration.Points[desk.Point(point)] = cfg
		}
	}
	if len(a.wrong.Fields) == 0 {
		return nil
	}
	var more *desk.Error
	if errors.As(d.Check(), &more) {
		a.wrong.Fields = append(a.wrong.Fields, more.Fields...)
	}
	return a.wrong
}

func filled(all map[string]string) map[string]string {
	out := maps.Clone(all)
	maps.DeleteFunc(out, func(_, address string) bool { return address == "" })
	return out
}

// scheme is the authentication with what belongs to its kind, and nothing of what another kind would have wanted.
func (f connectionForm) scheme() mapping.Auth {
	names := func(text string) []string {
		return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",; \n", r) })
	}
	a := mapping.Auth{Kind: mapping.AuthKind(f.auth), ClientCertificate: f.certificate}
	switch a.Kind {
	case mapping.AuthHeader:
		a.Headers = names(f.headers)
	case mapping.AuthQuery:
		a.Params = names(f.params)
	case mapping.AuthOAuth:
		a.OAuth = mapping.OAuth{Scope: f.scope, Audience: f.audience, Style: mapping.ClientStyle(f.style)}
	}
	return a
}

// applied gathers what of a form can't be read.
type applied struct {
	*mapping.Document
	wrong *desk.Error
}

func (a *applied) bad(path, code string) {
	a.wrong.Fields = append(a.wrong.Fields, desk.FieldError{Field: path, Code: code})
}

// headers reads "Name: value" lines.
func (a *applied) headers(text string) {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		name = strings.TrimSpace(name)
		if _, twice := out[name]; !ok || name == "" || twice {
			a.bad("integracao.cabecalhos", "cabecalho_sem_valor")
			continue
		}
		out[name] = strings.TrimSpace(value)
	}
	if a.Integration.Header = out; len(out) == 0 {
		a.Integration.Header = nil
	}
}

func (a *applied) policy(f connectionForm) {
	const at = "integracao.politica."
	p := &a.Integration.Policy
	for _, t := range []struct {
		name, text string
		to         *mapping.Duration
	}{{"tempo_limite", f.timeout, &p.Timeout}, {"primeira_espera", f.firstRetry, &p.FirstRetry}, {"espera_maxima", f.maxRetry, &p.MaxRetry},
		{"limite_total", f.limit, &p.TotalLimit}, {"assentamento", f.settle, &p.Settling}} {
		long, err := time.ParseDuration(strings.ReplaceAll(t.text, " ", ""))
		if err != nil {
			a.bad(at+t.name, "duracao_invalida")
			continue
		}
		*t.to = mapping.Duration(long)
	}
	whole := func(name, text string, to *int) {
		if *to = 0; text == "" {
			return
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			a.bad(at+name, "numero_invalido")
			return
		}
		*to = n
	}
	whole("limites.chamadas_por_segundo", f.perSecond, &p.Limits.PerSecond)
	whole("limites.chamadas_por_minuto", f.perMinute, &p.Limits.PerMinute)
	whole("limites.chamadas_simultaneas", f.concurrent, &p.Limits.Concurrent)
	most := 0
	whole("corpo_maximo", f.bodyCap, &most)
	p.BodyCap = int64(most)
	share, err := strconv.ParseFloat(strings.Replace(f.jitter, ",", ".", 1), 64)
	if err != nil {
		a.bad(at+"variacao", "numero_invalido")
	} else {
		p.Jitter = share
	}
	p.HTTP = mapping.DefaultPolicy().HTTP // a row that was taken away is the usual one again, as in a file
	seen := map[string]bool{}
	for _, row := range f.http {
		if seen[row.status] {
			a.bad(at+"http."+row.status, "destino_repetido")
		}
		seen[row.status], p.HTTP[row.status] = true, mapping.Action(row.action)
	}
}

// fieldOfPath is where on the page an error of the configuration belongs; empty: it is said above.
func fieldOfPath(path string) string {
	if name, ok := connectionFields[path]; ok {
		return name
	}
	for prefix, name := range map[string]string{"ambientes.homologacao.enderecos.": "endereco.", "integracao.politica.limites.": ""} {
		if rest, ok := strings.CutPrefix(path, prefix); ok {
			return name + rest
		}
	}
	for prefix, name := range map[string]string{"integracao.cabecalhos": "cabecalhos_fixos", "integracao.politica.http.": "http",
		"integracao.autenticacao.cabecalhos": "cabecalhos", "integracao.autenticacao.parametros_url": "parametros_url"} {
		if strings.HasPrefix(path, prefix) {
			return name
		}
	}
	if rest, ok := strings.CutPrefix(path, "integracao.pontos."); ok {
		if point, ok := strings.CutSuffix(rest, ".consulta"); ok && !strings.Contains(point, ".") {
			return "consulta." + point
		}
	}
	return ""
}

var connectionFields = map[string]string{
	"metodo": "metodo", "status_de_falha": "falha", "ambientes.homologacao.url": "url", "ambientes.homologacao.url_do_token": "url_do_token",
	"integracao.autenticacao.tipo": "autenticacao", "integracao.autenticacao.oauth2.escopo": "escopo",
	"integracao.autenticacao.oauth2.audiencia": "audiencia", "integracao.autenticacao.oauth2.identificacao": "identificacao",
	"integracao.politica.tempo_limite": "tempo_limite", "integracao.politica.primeira_espera": "primeira_espera",
	"integracao.politica.espera_maxima": "espera_maxima", "integracao.politica.limite_total": "limite_total",
	"integracao.politica.assentamento": "assentamento", "integracao.politica.variacao": "variacao",
	"integracao.politica.corpo_maximo": "corpo_maximo", "observacao": "nota",
}

// httpActions in the order of the page.
var httpActions = []mapping.Action{mapping.ActRetry, mapping.ActLookUp, mapping.ActRefuse}

// httpAt is a row of the table; those after the last are blank.
func (f connectionForm) httpAt(i int) httpRow {
	if i < len(f.http) {
		return f.http[i]
	}
	return httpRow{action: string(mapping.ActRefuse)}
}
