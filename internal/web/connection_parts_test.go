package web_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
)

func (h *house) state() flow.EndpointState {
	h.t.Helper()
	e, err := h.EndpointState(h.t.Context(), flowtest.Admin(), desk.Homologation)
	h.must(err)
	return e
}

// TestTheWholeConnectionIsEdited: every field of the page is kept, and shown again as it is.
func TestTheWholeConnectionIsEdited(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("consultor@demo")
	a := b.sendForm(connPath, b.form(b.get(connPath).body, connPath), map[string][]string{
		"url": {""}, "rede_privada": {}, "url_do_token": {"https://login.exemplo/token"}, "autenticacao": {"oauth2"}, "escopo": {"ordens anexos"},
		"audiencia": {"https://campo"}, "identificacao": {"corpo"}, "certificado_cliente": {"1"}, "cabecalhos_fixos": {"idObra: 7\ncompanyID:\n\n X-Origem : ponte : sim "},
		"variacao": {"0,35"}, "corpo_maximo": {"2048"}, "http_status": {"409", "429", ""}, "http_acao": {"consultar", "recusar", "recusar"},
		"chamadas_por_segundo": {"5"}, "chamadas_por_minuto": {"60"}, "chamadas_simultaneas": {"2"}, "consulta.MOBUSS_ISA": {"requisicoes_do_cliente"}, "consulta.MOBUSS_ANEXO": {""},
		"endereco.MOBUSS_ISA": {"https://campo.exemplo/rpc?m=abrir"}, "endereco.MOBUSS_ISA.consulta": {"https://campo.exemplo/rpc"}, "endereco.MOBUSS_ICSA": {" https://outro.exemplo/c "},
	})
	if a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problems(a.body))
	}
	in, e := h.config().Integration, h.state()
	if want := (mapping.Auth{Kind: mapping.AuthOAuth, OAuth: mapping.OAuth{Scope: "ordens anexos", Audience: "https://campo", Style: mapping.ClientInBody}, ClientCertificate: true}); fmt.Sprint(in.Auth) != fmt.Sprint(want) {
		t.Errorf("authentication %+v", in.Auth)
	}
	if fmt.Sprint(in.Header) != "map[X-Origem:ponte : sim companyID: idObra:7]" {
		t.Errorf("headers %v", in.Header)
	}
	p := in.Policy
	if p.Jitter != 0.35 || p.BodyCap != 2048 || fmt.Sprint(p.HTTP) != "map[408:consultar 409:consultar 429:recusar 500:consultar 502:consultar 503:repetir 504:consultar]" || p.Limits != (mapping.Limits{PerSecond: 5, PerMinute: 60, Concurrent: 2}) {
		t.Errorf("policy %+v", p)
	}
	if in.Points[desk.OpenOrder].LookUp != "requisicoes_do_cliente" || in.Points[desk.SendFile].LookUp != "" || in.Points[desk.AddComment].LookUp != "comentarios_da_ordem" {
		t.Error("look-ups")
	}
	if e.BaseURL != "" || e.AllowPrivate || e.TokenURL != "https://login.exemplo/token" || fmt.Sprint(e.URLs) !=
		"map[MOBUSS_ICSA:https://outro.exemplo/c MOBUSS_ISA:https://campo.exemplo/rpc?m=abrir MOBUSS_ISA.consulta:https://campo.exemplo/rpc]" {
		t.Errorf("place %+v", e)
	}
	if e.Complete() || !slices.Contains(e.Lacks, "MOBUSS_IVV") || slices.Contains(e.Lacks, "MOBUSS_ISA") {
		t.Errorf("lacks %v", e.Lacks)
	}
	before := h.versionCount()
	if a := b.sendForm(connPath, b.form(b.get(connPath).body, connPath), nil); a.status != http.StatusSeeOther || h.versionCount() != before {
		t.Errorf("saved again as shown: %d, %d versions more", a.status, h.versionCount()-before)
	}
}

// TestWhatCannotBeIsSaidBesideItsField, and what was typed stays.
func TestWhatCannotBeIsSaidBesideItsField(t *testing.T) {
	h := newHouse(t)
	c := h.config()
	p := c.Integration.Points[desk.AddComment]
	p.Path = "/ordens/{ordem}/comentarios"
	p.Params = append(p.Params, mapping.Param{Target: "caminho:ordem", Ref: mapping.RefOrderID})
	c.Integration.Points[desk.AddComment] = p
	h.must(h.Configure(t.Context(), flowtest.Admin(), c))
	b := h.signedIn("consultor@demo")
	f, before := b.form(b.get(connPath).body, connPath), h.versionCount()
	for _, c := range []struct {
		field, value, says string
		more               map[string][]string
	}{
		{"endereco.MOBUSS_ICSA", "https://campo.exemplo/c", "caminho:ordem", nil},
		{"endereco.MOBUSS_ISA", "campo.exemplo", "endereço completo", nil},
		{"endereco.MOBUSS_ISA", "https://campo.exemplo/?api_key=1", "credencial", nil},
		{"endereco.XYZ", "https://campo.exemplo", "", nil},
		{"url_do_token", "login", "endereço completo", map[string][]string{"autenticacao": {"oauth2"}}},
		{"parametros_url", "a b&c", "letras", map[string][]string{"autenticacao": {"parametro_url"}}},
		{"parametros_url", "", "", map[string][]string{"autenticacao": {"parametro_url"}}},
		{"cabecalhos", "token, Authorization", "", map[string][]string{"autenticacao": {"cabecalho"}}},
		{"cabecalhos_fixos", "sem valor", "um cabeçalho por linha", nil},
		{"cabecalhos_fixos", "a: 1\na: 2", "um cabeçalho por linha", nil},
		{"cabecalhos_fixos", "Authorization: Bearer x", "", nil},
		{"cabecalhos_fixos", "X-Api-Key: abc", "credencial", nil},
		{"variacao", "muita", "não é um número", nil},
		{"variacao", "3", "", nil},
		{"corpo_maximo", "10", "", nil},
		{"chamadas_por_minuto", "-1", "", nil},
		{"chamadas_simultaneas", "duas", "não é um número", nil},
		{"http_status", "4xx", "", map[string][]string{"http_acao": {"recusar"}}},
		{"consulta.MOBUSS_ISA", "bola_de_cristal", "", nil},
	} {
		t.Run(c.field+" "+c.value, func(t *testing.T) {
			changes := map[string][]string{c.field: {c.value}}
			for name, v := range c.more {
				changes[name] = v
			}
			a := b.sendForm(connPath, f, changes)
			id := map[string]string{"http_status": "http"}[c.field]
			if id == "" {
				id = `id="erro-` + c.field + `"`
			} else {
				id = `<p class="bad">`
			}
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, id) || !strings.Contains(a.body, c.says) {
				t.Errorf("%d, %s missing or not %q: %v", a.status, id, c.says, problems(a.body))
			}
			if again := b.form(a.body, connPath); c.field != "consulta.MOBUSS_ISA" && !slices.Contains(again[c.field], c.value) { // a list can't show what is not in it
				t.Errorf("typed %q, shown %q", c.value, again[c.field])
			}
		})
	}
	if h.versionCount() != before || len(h.state().URLs) > 0 {
		t.Error("something was saved")
	}
	// and the other way round: an address that is there, and then a hole
	h.must(h.SetPlace(t.Context(), flowtest.Admin(), desk.Homologation, mapping.Place{URL: "http://127.0.0.1:1", AllowPrivate: true, URLs: map[string]string{"MOBUSS_IVV": "https://campo.exemplo/v"}}))
	now := h.config()
	v := now.Integration.Points[desk.AskVisit]
	v.Path, v.Params = "/v/{ordem}", append(v.Params, mapping.Param{Target: "caminho:ordem", Ref: mapping.RefOrderID})
	now.Integration.Points[desk.AskVisit] = v
	if err := h.Configure(t.Context(), flowtest.Admin(), now); !hasField(err, "endereco_com_lacuna") {
		t.Errorf("a hole under a complete address: %v", err)
	}
}

func hasField(err error, code string) bool {
	var e *desk.Error
	return errors.As(err, &e) && slices.ContainsFunc(e.Fields, func(f desk.FieldError) bool { return f.Code == code && f.Args["linha_da_chamada"] == "caminho:ordem" })
}

// TestAnotherServerForgets is a table of what makes credentials be forgotten: a server that they were not entrusted to.
func TestAnotherServerForgets(t *testing.T) {
	old := mapping.Place{URL: "https://a.exemplo/base", TokenURL: "https://t.exemplo/token", URLs: map[string]string{"MOBUSS_ISA": "https://b.exemplo/abrir"}}
	change := func(f func(*mapping.Place)) mapping.Place {
		p := old
		p.URLs = map[string]string{"MOBUSS_ISA": "https://b.exemplo/abrir"}
		f(&p)
		return p
	}
	for name, c := range map[string]struct {
		to      mapping.Place
		forgets bool
	}{
		"another path":             {change(func(p *mapping.Place) { p.URL = "https://a.exemplo/outra" }), false},
		"fewer":                    {mapping.Place{URL: "https://b.exemplo"}, false},
		"one more, known":          {change(func(p *mapping.Place) { p.URLs["MOBUSS_IVV"] = "https://a.exemplo/v?x=y" }), false},
		"a window elsewhere":       {change(func(p *mapping.Place) { p.URLs["janela.70"] = "https://qualquer.exemplo" }), false},
		"another base":             {change(func(p *mapping.Place) { p.URL = "https://c.exemplo" }), true},
		"another scheme":           {change(func(p *mapping.Place) { p.URL = "http://a.exemplo" }), true},
		"another port":             {change(func(p *mapping.Place) { p.URL = "https://a.exemplo:8443" }), true},
		"an action elsewhere":      {change(func(p *mapping.Place) { p.URLs["MOBUSS_IVV"] = "https://c.exemplo/v" }), true},
		"a look-up elsewhere":      {change(func(p *mapping.Place) { p.URLs["MOBUSS_ISA.consulta"] = "https://c.exemplo/v" }), true},
		"the token server":         {change(func(p *mapping.Place) { p.TokenURL = "https://c.exemplo/token" }), true},
		"nothing at all":           {mapping.Place{}, false},
		"the host in capitals, no": {change(func(p *mapping.Place) { p.URL = "https://A.exemplo/base" }), false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.must(h.SetPlace(t.Context(), flowtest.Admin(), desk.Homologation, mapping.Place{}))
			h.must(h.SetPlace(t.Context(), flowtest.Admin(), desk.Homologation, old))
			h.must(h.SetSecrets(t.Context(), flowtest.Admin(), desk.Homologation, map[string]string{"token": "entregue ao antigo"}))
			d, err := h.ExportConfig(t.Context(), flowtest.Admin())
			h.must(err)
			d.Environments.Homologation = &c.to
			plan, err := h.PlanConfig(t.Context(), flowtest.Admin(), d)
			h.must(err)
			h.must(h.SetPlace(t.Context(), flowtest.Admin(), desk.Homologation, c.to))
			if kept := h.state().Secrets[0].Set; kept == c.forgets || plan.Forgets != c.forgets {
				t.Errorf("kept %v, the plan says forgotten %v", kept, plan.Forgets)
			}
		})
	}
}

// TestAPresetIsChosenOnce: what is replaced is shown, and becomes one version; the house's patience, limits and addresses
// stay.
func TestAPresetIsChosenOnce(t *testing.T) {
	h := newHouse(t)
	c := h.config()
	c.Integration.Policy.Limits.PerMinute, c.Integration.Policy.Timeout = 30, mapping.Duration(7*time.Second)
	h.must(h.Configure(t.Context(), flowtest.Admin(), c))
	b := h.signedIn("consultor@demo")
	path := connPath + "/predefinicao/mobuss-legado"
	if !strings.Contains(b.get(connPath).body, `href="`+path+`"`) {
		t.Error("the page doesn't offer the other preset")
	}
	a := b.get(path)
	if a.status != 200 || !strings.Contains(a.body, "integracao.pontos.MOBUSS_ISA.caminho") || h.versionCount() != 2 {
		t.Fatalf("%d", a.status)
	}
	f := b.form(a.body, path)
	if a := b.sendForm(path, f, map[string][]string{"versao": {"1"}}); a.status != http.StatusConflict {
		t.Errorf("from an old page: %d", a.status)
	}
	if a := b.sendForm(path, f, map[string][]string{"nota": {"O Mobuss deles é o antigo"}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problems(a.body))
	}
	now := h.config()
	if now.Integration.Preset != "mobuss-legado" || now.Integration.Policy.Limits.PerMinute != 30 || now.Integration.Policy.Timeout != mapping.Duration(7*time.Second) ||
		now.Integration.Points[desk.OpenOrder].Answer != mapping.AnswerJSONList || h.versionCount() != 3 || h.state().BaseURL != "http://127.0.0.1:1" || !h.state().Secrets[0].Set {
		t.Errorf("%s, %d versions", now.Integration.Preset, h.versionCount())
	}
	if a := b.get(path); !strings.Contains(a.body, "Nada mudaria") || strings.Contains(a.body, `name="versao"`) {
		t.Error("the same preset again is offered")
	}
	if s := b.get(connPath + "/predefinicao/outro").status; s != http.StatusNotFound {
		t.Errorf("an unknown one: %d", s)
	}
	if s := h.signedIn("atendente@demo").get(path).status; s != http.StatusForbidden {
		t.Errorf("an attendant: %d", s)
	}
}

// TestAFreshInstallationIsOfferedPresets, and one with a version of its own is not asked again.
func TestAFreshInstallationIsOfferedPresets(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("consultor@demo")
	if a := b.get(connPath); strings.Contains(a.body, `id="comeco"`) || !strings.Contains(a.body, `id="predefinicao"`) {
		t.Error("a house at work is asked where to begin")
	}
	a := b.sendForm(connPath, b.form(b.get(connPath).body, connPath), map[string][]string{"metodo": {"B"}})
	if a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problems(a.body))
	}
	if body := b.get(connPath).body; !strings.Contains(body, "Falta apenas um token para o Mobuss chamar a Ponte") || !strings.Contains(body, "desligado neste método") {
		t.Error("the page doesn't say what method B needs")
	}
}

// TestTheTestOfTheConnection asks once, reads only, and says how far it came, in words.
func TestTheTestOfTheConnection(t *testing.T) {
	var asked []string
	status, answer := http.StatusNotFound, `{"codigoInterno":"SAT-AT002"}`
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Echo", r.Header.Get("Authorization"))
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, answer)
	}))
	defer srv.Close()
	h := newHouse(t)
	h.must(h.SetEndpoint(t.Context(), flowtest.Admin(), desk.Homologation, flow.Endpoint{BaseURL: srv.URL, AllowPrivate: true, Secrets: map[string]string{"token": "chave-do-teste"}}))
	b := h.signedIn("consultor@demo")
	for _, c := range []struct {
		status       int
		answer, says string
	}{
		{404, `{"codigoInterno":"SAT-AT002"}`, "A conexão funciona."},
		{401, `{}`, "O Mobuss recusou a credencial."},
		{200, `<html>`, "algo que as regras não entendem"},
		{503, `{}`, "com um erro dele"},
		{200, `{"idMobuss":"1"}`, "uma ordem que não existe"},
	} {
		status, answer = c.status, c.answer
		a := b.post(connPath + "/teste")
		if a.status != 200 || !strings.Contains(a.body, c.says) || strings.Contains(a.body, "chave-do-teste") || !strings.Contains(a.body, "•••") && c.status == 404 {
			t.Errorf("%d %s: %d, says not %q", c.status, c.answer, a.status, c.says)
		}
	}
	if len(asked) != 5 || strings.Count(strings.Join(asked, " "), "consultarSolicitacaoAtendimento") != 5 {
		t.Errorf("asked %v", asked)
	}
	if s := h.signedIn("atendente@demo").post(connPath + "/teste").status; s != http.StatusForbidden || len(asked) != 5 {
		t.Errorf("an attendant: %d", s)
	}
	h.must(h.SetEndpoint(t.Context(), flowtest.Admin(), desk.Homologation, flow.Endpoint{BaseURL: srv.URL, AllowPrivate: true}))
	if a := b.post(connPath + "/teste"); !strings.Contains(a.body, "Guarde em Credenciais: token.") || len(asked) != 5 {
		t.Error("a missing credential is not named")
	}
}

// TestCertificatesAreChecked: parsed, paired, in time; told of by their facts and never by their text.
func TestCertificatesAreChecked(t *testing.T) {
	h := newHouse(t)
	c := h.config()
	c.Integration.Auth.ClientCertificate = true
	h.must(h.Configure(t.Context(), flowtest.Admin(), c))
	b := h.signedIn("consultor@demo")
	good, key := flowtest.Certificate(t, "ponte.casa", 20*24*time.Hour)
	_, otherKey := flowtest.Certificate(t, "outro", time.Hour)
	old, oldKey := flowtest.Certificate(t, "velho", -time.Hour)
	for _, c := range []struct{ name, certificate, key, field, says string }{
		{"another's key", good, otherKey, "chave_privada", "não é a deste certificado"},
		{"run out", old, oldKey, "certificado", "venceu em"},
		{"no certificate", "-----BEGIN X-----", key, "certificado", "não é um certificado PEM"},
		{"no key", good, "abc", "chave_privada", "não é uma chave privada PEM"},
		{"the key as certificate", key, key, "certificado", "não é um certificado PEM"},
	} {
		a := b.post(connPath+"/credenciais", "credencial.certificado", c.certificate, "credencial.chave_privada", c.key)
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="erro-`+c.field+`"`) || !strings.Contains(a.body, c.says) {
			t.Errorf("%s: %d %v", c.name, a.status, problems(a.body))
		}
		if strings.Contains(a.body, "BEGIN PRIVATE KEY-----\n") || strings.Contains(a.body, strings.Split(key, "\n")[1]) {
			t.Errorf("%s: the page shows the key", c.name)
		}
	}
	if s := h.state(); s.Complete() || s.Certificate != nil {
		t.Fatal("something was kept")
	}
	if a := b.post(connPath+"/credenciais", "credencial.certificado", good, "credencial.chave_privada", key, "credencial.autoridade", good); a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problems(a.body))
	}
	a := b.get(connPath)
	if s := h.state(); !s.Complete() || s.Certificate.Subject != "ponte.casa" || s.Authority == nil || !strings.Contains(a.body, "ponte.casa, emitido por ponte.casa") || !strings.Contains(a.body, "Vence em menos de 30 dias") ||
		strings.Contains(a.body, "BEGIN CERTIFICATE") {
		t.Errorf("%+v", s)
	}
}
