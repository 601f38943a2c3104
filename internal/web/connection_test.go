package web_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
)

const (
	connPath = "/parametrizacoes/mobuss"
	stPath   = "/parametrizacoes/status"
	verPath  = "/parametrizacoes/versoes"
)

// TestTheConfigurationIsForThoseWhoConfigure is a table of roles and acts, over HTTP.
func TestTheConfigurationIsForThoseWhoConfigure(t *testing.T) {
	h := newHouse(t)
	h.Open(t)
	type act struct {
		method, path string
		allowed      int
	}
	acts := []act{
		{http.MethodGet, connPath, 200}, {http.MethodGet, stPath, 200}, {http.MethodGet, stPath + "/20", 200},
		{http.MethodGet, stPath + "/20/integracao", 200}, {http.MethodGet, verPath, 200}, {http.MethodGet, verPath + "/1/arquivo", 200},
		{http.MethodGet, verPath + "?de=1&ate=1", 200}, {http.MethodGet, stPath + "/77", 404}, {http.MethodGet, verPath + "/77/arquivo", 422},
		{http.MethodPost, connPath, 422}, {http.MethodPost, connPath + "/credenciais", 422}, {http.MethodPost, stPath + "/20", 422},
		{http.MethodPost, stPath + "/20/integracao", 422}, {http.MethodPost, stPath + "/20/integracao/previa", 200},
		{http.MethodPost, verPath + "/1/restaurar", 422},
	}
	for login, may := range map[string]bool{"atendente@demo": false, "gestor@demo": false, "consultor@demo": true, "admin@demo": true} {
		b := h.signedIn(login)
		for _, a := range acts {
			want := a.allowed
			if !may {
				want = http.StatusForbidden
			}
			got := b.get
			if a.method == http.MethodPost {
				got = func(path string) answer { return b.post(path) }
			}
			if s := got(a.path).status; s != want {
				t.Errorf("%s %s %s: %d, want %d", login, a.method, a.path, s, want)
			}
		}
		if seen := strings.Contains(b.get("/painel").body, `href="`+connPath+`"`); seen != may {
			t.Errorf("%s: the menu shows the connection: %v", login, seen)
		}
	}
	if all, err := h.Versions(t.Context(), flowtest.Admin()); err != nil || len(all) != 1 {
		t.Errorf("%d versions after nothing was saved, %v", len(all), err)
	}
}

var (
	fieldTag  = regexp.MustCompile(`(?s)<(input|select|textarea)\b([^>]*)>(.*?)(?:</(?:select|textarea)>|\n|$|<)`)
	attribute = regexp.MustCompile(`([a-z-]+)(?:="([^"]*)")?`)
	formTag   = regexp.MustCompile(`(?s)<form[^>]*method="post"[^>]*action="([^"]*)"[^>]*>(.*?)</form>`)
)

// form is what a browser would send if a person pressed save in the form with this action.
func (b *browser) form(page, action string) url.Values {
	b.h.t.Helper()
	for _, m := range formTag.FindAllStringSubmatch(page, -1) {
		if m[1] != action {
			continue
		}
		return fields(m[2])
	}
	b.h.t.Fatalf("no form %s", action)
	return nil
}

var option = regexp.MustCompile(`<option([^>]*)>`)

func fields(body string) url.Values {
	out := url.Values{}
	rest := body
	for {
		at := fieldTag.FindStringSubmatchIndex(rest)
		if at == nil {
			return out
		}
		kind, attrs := rest[at[2]:at[3]], attributes(rest[at[4]:at[5]])
		after := rest[at[5]+1:]
		name := attrs["name"]
		_, checked := attrs["checked"]
		switch {
		case name == "":
		case kind == "select":
			inside, _, _ := strings.Cut(after, "</select>")
			value, first := "", true
			for _, o := range option.FindAllStringSubmatch(inside, -1) {
				oa := attributes(o[1])
				if _, selected := oa["selected"]; selected || first {
					value, first = oa["value"], false
					if selected {
						break
					}
				}
			}
			out.Add(name, value)
		case kind == "textarea":
			inside, _, _ := strings.Cut(after, "</textarea>")
			out.Add(name, html.UnescapeString(inside))
		case attrs["type"] == "checkbox" || attrs["type"] == "radio":
			if checked {
				out.Add(name, attrs["value"])
			}
		default:
			out.Add(name, attrs["value"])
		}
		rest = after
	}
}

func attributes(s string) map[string]string {
	out := map[string]string{}
	for _, m := range attribute.FindAllStringSubmatch(s, -1) {
		out[m[1]] = html.UnescapeString(m[2])
	}
	return out
}

// send posts a form with changes; a name with an empty change is sent empty, one with nil not at all.
func (b *browser) sendForm(path string, f url.Values, changes map[string][]string) answer {
	b.h.t.Helper()
	var pairs []string
	for name, values := range f {
		if _, changed := changes[name]; !changed {
			for _, v := range values {
				pairs = append(pairs, name, v)
			}
		}
	}
	for name, values := range changes {
		for _, v := range values {
			pairs = append(pairs, name, v)
		}
	}
	return b.post(path, pairs...)
}

func (h *house) config() *mapping.Config {
	h.t.Helper()
	return flowtest.Own(h.t, h.Flow)
}

func (h *house) versionCount() int {
	h.t.Helper()
	all, err := h.Versions(h.t.Context(), flowtest.Admin())
	h.must(err)
	return len(all)
}

// TestSavingWithoutAChangeChangesNothing: every form of the configuration, sent as it was shown, is the configuration.
func TestSavingWithoutAChangeChangesNothing(t *testing.T) {
	h := newHouse(t)
	c := h.config()
	p := c.Integration.Points[desk.OpenOrder]
	p.Params = append(p.Params, mapping.Param{Target: "origem.sistema", Fixed: mapping.Fixed(7), Note: "combinado"},
		mapping.Param{Target: "origem.taxa", Fixed: mapping.Fixed(0.5)}, mapping.Param{Target: "origem.ativo", Fixed: mapping.Fixed(true)},
		mapping.Param{Target: "origem.texto", Fixed: mapping.Fixed("7")}, mapping.Param{Target: "origem.quando", Field: "ocorrencia.aberta_em", Type: mapping.TypeMoment, Format: "br", IfEmpty: mapping.EmptyNull},
		mapping.Param{Target: "origem.doc", Field: "cliente.cpf_cnpj", Type: mapping.TypeText, Format: "pontuado"})
	c.Integration.Points[desk.OpenOrder] = p
	h.must(h.Configure(t.Context(), flowtest.Admin(), c))
	before := h.versionCount()
	b := h.signedIn("consultor@demo")
	paths := []string{connPath}
	for _, s := range c.Statuses {
		paths = append(paths, stPath+"/"+s.Code, stPath+"/"+s.Code+"/integracao")
	}
	for _, path := range paths {
		f := b.form(b.get(path).body, path)
		if a := b.sendForm(path, f, nil); a.status != http.StatusSeeOther {
			t.Errorf("%s: %d %v", path, a.status, problems(a.body))
		}
	}
	if after := h.versionCount(); after != before {
		all, _ := h.CompareVersions(t.Context(), flowtest.Admin(), int64(before), int64(after))
		t.Errorf("%d versions were made: %v", after-before, all)
	}
}

// TestTheConnectionSavesWholeOrNotAtAll: what is wrong is said beside its field, what was typed stays, and nothing of
// it counts.
func TestTheConnectionSavesWholeOrNotAtAll(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("consultor@demo")
	f := b.form(b.get(connPath).body, connPath)
	for _, c := range []struct {
		name, says string
		changes    map[string][]string
	}{
		{"no failure status", `id="erro-falha"`, map[string][]string{"falha": {""}, "tempo_limite": {"7s"}}},
		{"a time that is none", `id="erro-tempo_limite"`, map[string][]string{"tempo_limite": {"depressa"}, "metodo": {"A"}}},
		{"too long a time", `id="erro-tempo_limite"`, map[string][]string{"tempo_limite": {"5m"}, "limite_total": {"7h"}}},
		{"an address that is none", `id="erro-url"`, map[string][]string{"url": {"mobuss"}, "metodo": {"A"}}},
		{"a password in the address", `id="erro-url"`, map[string][]string{"url": {"https://a:b@mobuss.exemplo"}}},
		{"headers without a name", `id="erro-cabecalhos"`, map[string][]string{"autenticacao": {"cabecalho"}, "cabecalhos": {""}}},
		{"too long a note", `id="erro-nota"`, map[string][]string{"nota": {strings.Repeat("x", 501)}, "metodo": {"A"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := b.sendForm(connPath, f, c.changes)
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, c.says) {
				t.Errorf("%d, want 422 with %s: %v", a.status, c.says, problems(a.body))
			}
			again := b.form(a.body, connPath)
			for name, values := range c.changes {
				if got := again[name]; !slices.Equal(got, values) {
					t.Errorf("%s is %q in the form again, was typed as %q", name, got, values)
				}
			}
		})
	}
	if n := h.versionCount(); n != 1 {
		t.Errorf("%d versions", n)
	}
	if e, err := h.EndpointState(t.Context(), flowtest.Admin(), desk.Homologation); err != nil || e.BaseURL != "http://127.0.0.1:1" {
		t.Errorf("the address became %q, %v", e.BaseURL, err)
	}
	a := b.sendForm(connPath, f, map[string][]string{"metodo": {"A"}, "url": {"http://127.0.0.1:1/teste/"}, "primeira_espera": {"3s"}, "nota": {"Combinado na reunião"}})
	if a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problems(a.body))
	}
	now, err := h.VersionByNumber(t.Context(), flowtest.Admin(), 0)
	h.must(err)
	e, err := h.EndpointState(t.Context(), flowtest.Admin(), desk.Homologation)
	h.must(err)
	if now.Config.Method != desk.MethodA || now.Note != "Combinado na reunião" || now.By != "Caio Prates" || e.BaseURL != "http://127.0.0.1:1/teste" || !e.Complete() {
		t.Errorf("saved: %s %q %s %q, credentials kept: %v", now.Config.Method, now.Note, now.By, e.BaseURL, e.Complete())
	}
}

// TestCredentialsAreWriteOnly: set, kept, replaced and cleared, and in no page ever.
func TestCredentialsAreWriteOnly(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("consultor@demo")
	const secret = "segredo-que-ninguem-ve"
	set := func() bool {
		e, err := h.EndpointState(t.Context(), flowtest.Admin(), desk.Homologation)
		h.must(err)
		return e.Complete()
	}
	if a := b.post(connPath+"/credenciais", "credencial.token", secret); a.status != http.StatusSeeOther || !set() {
		t.Fatalf("%d, set: %v", a.status, set())
	}
	if a := b.post(connPath+"/credenciais", "credencial.token", ""); a.status != http.StatusUnprocessableEntity || !set() {
		t.Errorf("an empty form: %d, still set: %v", a.status, set())
	}
	h.Open(t)
	for _, path := range []string{connPath, verPath, verPath + "/1/arquivo", stPath + "/20/integracao"} {
		a := b.get(path)
		if strings.Contains(a.body, secret) {
			t.Errorf("%s shows the credential", path)
		}
		if path == connPath && !strings.Contains(a.body, "por Caio Prates") {
			t.Error("the page doesn't say who set it")
		}
	}
	a := b.sendForm(connPath, b.form(b.get(connPath).body, connPath), map[string][]string{"tempo_limite": {"nada"}, "credencial.token": {secret}})
	if strings.Contains(a.body, secret) {
		t.Error("a refused form shows the credential")
	}
	if a := b.post(connPath+"/credenciais", "limpar.token", "1"); a.status != http.StatusSeeOther || set() {
		t.Errorf("cleared: %d, still set: %v", a.status, set())
	}
}

// TestTwoConsultantsAtOnce: the second one is told who was first, keeps what was typed, and wins only by saying so.
func TestTwoConsultantsAtOnce(t *testing.T) {
	h := newHouse(t)
	first, second := h.signedIn("consultor@demo"), h.signedIn("admin@demo")
	for _, c := range []struct {
		path, field string
	}{{connPath, "tempo_limite"}, {stPath + "/10", "botao"}, {stPath + "/20/integracao", "botao"}} {
		t.Run(c.path, func(t *testing.T) {
			mine, theirs := first.form(first.get(c.path).body, c.path), second.form(second.get(c.path).body, c.path)
			if a := first.sendForm(c.path, mine, map[string][]string{c.field: {"3s"}}); a.status != http.StatusSeeOther {
				t.Fatalf("first: %d %v", a.status, problems(a.body))
			}
			n := h.versionCount()
			a := second.sendForm(c.path, theirs, map[string][]string{c.field: {"4s"}})
			if a.status != http.StatusConflict || !strings.Contains(a.body, "Caio Prates salvou a versão") {
				t.Fatalf("second: %d %v", a.status, problems(a.body))
			}
			again := second.form(a.body, c.path)
			if again.Get(c.field) != "4s" || h.versionCount() != n {
				t.Errorf("typed: %q; versions %d, were %d", again.Get(c.field), h.versionCount(), n)
			}
			if a := second.sendForm(c.path, again, nil); a.status != http.StatusSeeOther || h.versionCount() != n+1 {
				t.Errorf("again: %d %v", a.status, problems(a.body))
			}
		})
	}
}

// TestVersionsGoBack: compared, restored once by a button, downloaded as the file that import takes.
func TestVersionsGoBack(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("consultor@demo")
	f := b.form(b.get(stPath+"/20").body, stPath+"/20")
	if a := b.sendForm(stPath+"/20", f, map[string][]string{"botao": {"Chamar o campo"}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problems(a.body))
	}
	if a := b.get(verPath + "?de=1&ate=2"); !strings.Contains(a.body, "status.20.botao") || !strings.Contains(a.body, "Chamar o campo") {
		t.Errorf("the comparison doesn't say what changed: %d", a.status)
	}
	a := b.get(verPath + "/1/arquivo")
	d, err := mapping.ParseDocument([]byte(a.body))
	if err != nil || !strings.Contains(a.header.Get("Content-Disposition"), "ponte-v1.yaml") {
		t.Fatalf("the file: %v, %s", err, a.header.Get("Content-Disposition"))
	}
	if st, _ := d.Status("20"); st.Button != "Enviar ao campo" {
		t.Errorf("the old version's button is %q", st.Button)
	}
	if a := b.post(verPath+"/1/restaurar", "versao", "1"); a.status != http.StatusConflict {
		t.Errorf("from a page that is old: %d", a.status)
	}
	if a := b.post(verPath+"/1/restaurar", "versao", "2"); a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problems(a.body))
	}
	if st, _ := h.config().Status("20"); st.Button != "Enviar ao campo" || h.versionCount() != 3 {
		t.Errorf("restored: %q, %d versions", st.Button, h.versionCount())
	}
}
