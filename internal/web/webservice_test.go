package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ponte/internal/auth"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

const wsPath = "/parametrizacoes/webservice"

var shownKey = regexp.MustCompile(`<code class="secret" id="chave">(ponte_[A-Za-z0-9_-]{43})</code>`)

// newToken fills the form in and answers the key that the page shows.
func (b *browser) newToken(pairs ...string) string {
	b.h.t.Helper()
	a := b.post(wsPath+"/tokens", pairs...)
	m := shownKey.FindStringSubmatch(a.body)
	if a.status != http.StatusOK || m == nil {
		b.h.t.Fatalf("%v: %d, no key: %s", pairs, a.status, problems(a.body))
	}
	return m[1]
}

// problems are what a page says is wrong.
func problems(body string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`(?s)<p class="(?:bad|refused)[^"]*"[^>]*>(.*?)</p>`).FindAllStringSubmatch(body, -1) {
		out = append(out, strings.TrimSpace(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(m[1], "")))
	}
	return out
}

// works says whether a call with the key is taken.
func (h *house) works(key string) bool {
	h.t.Helper()
	_, _, err := h.Authenticate(h.t.Context(), auth.HashKey(key))
	return err == nil
}

func (h *house) lastToken() flow.Token {
	h.t.Helper()
	all, err := h.Tokens(h.t.Context())
	h.must(err)
	return all[len(all)-1]
}

// TestWebserviceIsForThoseWhoConfigure is a table of roles and acts, over HTTP.
func TestWebserviceIsForThoseWhoConfigure(t *testing.T) {
	h := newHouse(t)
	id := h.HouseID
	acts := []struct {
		method, path string
		form         []string
		want         int // for those who may
	}{
		{"GET", wsPath, nil, 200},
		{"GET", wsPath + "/exemplo/IncluirOcorrencia?forma=xml", nil, 200},
		{"POST", wsPath + "/tokens", []string{"nome", "ERP", "integracao", "erp", "origem", "casa", "ambiente", "homologacao"}, 200},
		{"POST", wsPath + "/respostas/IncluirOcorrencia", []string{"forma", "text"}, 303},
		{"POST", fmt.Sprintf("%s/tokens/%d/trocar", wsPath, id), []string{"prazo", "7"}, 200},
		{"POST", fmt.Sprintf("%s/tokens/%d/revogar", wsPath, id), nil, 303},
	}
	for _, login := range []string{"", "atendente@demo", "gestor@demo", "consultor@demo", "admin@demo"} {
		b := h.browser()
		if login != "" {
			b = h.signedIn(login)
		}
		if login == "admin@demo" { // the consultant has used the first one up
			id = h.FieldID
			for i := range acts {
				acts[i].path = strings.Replace(acts[i].path, fmt.Sprint("/tokens/", h.HouseID), fmt.Sprint("/tokens/", id), 1)
			}
		}
		for _, act := range acts {
			before, _ := h.Tokens(t.Context())
			a := answer{}
			if act.method == "GET" {
				a = b.get(act.path)
			} else {
				a = b.post(act.path, act.form...)
			}
			want := act.want
			switch login {
			case "":
				want = map[string]int{"GET": 303, "POST": 401}[act.method]
			case "atendente@demo", "gestor@demo":
				want = 403
			}
			if a.status != want {
				t.Errorf("%q %s %s: %d, want %d", login, act.method, act.path, a.status, want)
			}
			after, _ := h.Tokens(t.Context())
			if want != act.want && fmt.Sprint(before) != fmt.Sprint(after) {
				t.Errorf("%q changed tokens by %s", login, act.path)
			}
		}
		if login != "" {
			link := strings.Contains(b.get("/painel").body, `href="`+wsPath+`"`)
			if may := login == "consultor@demo" || login == "admin@demo"; link != may {
				t.Errorf("%s sees the way there: %v", login, link)
			}
		}
	}
}

func TestTokensByThePage(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("consultor@demo")
	key := b.newToken("nome", "ERP do grupo", "integracao", "erp", "origem", "casa", "ambiente", "homologacao", "operacao", "ConsultarOcorrencia",
		"operacao", "IncluirComentario", "empreendimento", "AUR", "limite", "120", "validade", "90", "ve_documentos", "1")
	made := h.lastToken()
	if made.Name != "ERP do grupo" || made.Integration != "erp" || made.Origin != desk.House || made.CallsPerMinute != 120 || !made.SeesDocuments ||
		made.IgnoresUnknown || !slices.Equal(made.Operations, []string{"ConsultarOcorrencia", "IncluirComentario"}) || !slices.Equal(made.Developments, []string{"AUR"}) ||
		made.Hint != key[len(key)-4:] || time.Until(made.ExpiresAt).Round(time.Hour) != 90*24*time.Hour {
		t.Errorf("made: %+v", made)
	}
	page := b.get(wsPath).body
	if strings.Contains(page, key) || !strings.Contains(page, "••••"+made.Hint) || !strings.Contains(page, "120 por minuto") || !strings.Contains(page, "ConsultarOcorrencia, IncluirComentario") {
		t.Error("the page shows the key again, or not what the token may")
	}
	if !strings.Contains(page, "Nunca usado") || !h.works(key) || !strings.Contains(b.get(wsPath).body, "agora") {
		t.Error("the last use is not shown")
	}

	// What is wrong is said beside its field, and what was typed stays.
	a := b.post(wsPath+"/tokens", "nome", " ", "integracao", "erp2", "origem", "lua", "ambiente", "homologacao", "operacao", "IncluirAnexo", "limite", "999999")
	for _, want := range []string{"Falta preencher.", "Escolha a origem", "Precisa ficar entre 0 e 100000", `value="erp2"`, `value="999999"`, `value="IncluirAnexo" checked`, `<details class="token-new" open`} {
		if a.status != 422 || !strings.Contains(a.body, want) {
			t.Errorf("%d, and the page doesn't say %q", a.status, want)
		}
	}
	for field, text := range map[string]string{"limite": "muitas", "validade": "amanhã"} {
		form := []string{"nome", "x", "integracao", "x", "origem", "casa", "ambiente", "homologacao", field, text}
		if a := b.post(wsPath+"/tokens", form...); a.status != 422 || len(problems(a.body)) != 2 {
			t.Errorf("%s: %d %v", field, a.status, problems(a.body))
		}
	}

	// A new key beside the old one.
	act := func(id int64, what string, form ...string) answer {
		return b.post(fmt.Sprintf("%s/tokens/%d/%s", wsPath, id, what), form...)
	}
	a = act(made.ID, "trocar", "prazo", "1")
	next := shownKey.FindStringSubmatch(a.body)
	if a.status != 200 || next == nil || !strings.Contains(a.body, "A chave antiga continua valendo até") || !h.works(key) || !h.works(next[1]) {
		t.Fatalf("rotated: %d %v", a.status, problems(a.body))
	}
	if a := act(made.ID, "trocar", "prazo", "1"); a.status != 422 || !strings.Contains(a.body, "já foi trocada") || shownKey.MatchString(a.body) {
		t.Errorf("a second time: %d %v", a.status, problems(a.body))
	}
	if a := act(h.lastToken().ID, "trocar", "prazo", "91"); a.status != 422 || !strings.Contains(a.body, "entre 0 e 90") {
		t.Errorf("91 days: %d %v", a.status, problems(a.body))
	}
	if a := act(h.lastToken().ID, "revogar"); a.status != 303 || h.works(next[1]) || !h.works(key) {
		t.Errorf("revoked: %d", a.status)
	}
	if page := b.get(wsPath).body; !strings.Contains(page, "Trocado: a chave antiga vale até") || !strings.Contains(page, "Revogado: hoje") || !strings.Contains(page, "1 token encerrado") {
		t.Error("the states are not told")
	}
	if a := act(h.lastToken().ID, "revogar"); a.status != 422 {
		t.Errorf("revoked twice: %d", a.status)
	}
	for _, p := range []string{"/tokens/x/trocar", "/tokens/1/apagar", "/respostas/Nada", "/tokens/99999999999999999999/revogar"} {
		if a := b.post(wsPath+p, "forma", "json"); a.status != 404 {
			t.Errorf("%s: %d", p, a.status)
		}
	}
	if a := b.get(wsPath + "/exemplo/Nada"); a.status != 404 {
		t.Errorf("an example of nothing: %d", a.status)
	}
}

func TestAnswersByThePage(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("consultor@demo")
	example := func(op string, pairs ...string) string {
		t.Helper()
		q := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			q.Add(pairs[i], pairs[i+1])
		}
		a := b.htmx().get(wsPath + "/exemplo/" + op + "?" + q.Encode())
		if a.status != 200 {
			t.Fatalf("%s: %d", op, a.status)
		}
		m := regexp.MustCompile(`(?s)<p class="wire num">(.*?)</p>.*<pre tabindex="0">(.*)</pre>`).FindStringSubmatch(a.body)
		if m == nil {
			return strings.Join(problems(a.body), " ")
		}
		return m[1] + " | " + strings.Join(strings.Fields(m[2]), " ")
	}
	for _, c := range []struct{ op, form, want string }{
		{"IncluirOcorrencia", "forma=json", `HTTP 201 · application/json | { &#34;numero_ocorrencia&#34;: 1234 }`},
		{"IncluirOcorrencia", "forma=text&sempre_200=1", `HTTP 200 · text/plain | 1234`},
		{"IncluirComentario", "forma=xml", `HTTP 201 · application/xml | &lt;?xml version=&#34;1.0&#34; encoding=&#34;UTF-8&#34;?&gt; &lt;IncluirComentarioResponse&gt; &lt;numero_ocorrencia&gt;1234&lt;/numero_ocorrencia&gt; &lt;/IncluirComentarioResponse&gt;`},
		{"ConsultarOcorrencia", "forma=json&campo=cliente.nome&campo=status", `HTTP 200 · application/json | { &#34;status&#34;: &#34;em atendimento no campo&#34;, &#34;cliente&#34;: { &#34;nome&#34;: &#34;Marina Figueiredo Prado&#34; } }`},
		{"ConsultarOcorrencia", "forma=json", "Marque ao menos um campo."},
		{"ConsultarOcorrencia", "forma=json&campo=senha", "A operação não responde o campo senha. Escolha um da lista."},
		{"ConsultarOcorrencia", "forma=yaml&campo=status", "A forma yaml não existe: use json, text ou xml."},
	} {
		q, _ := url.ParseQuery(c.form)
		var pairs []string
		for name, values := range q {
			for _, v := range values {
				pairs = append(pairs, name, v)
			}
		}
		if got := example(c.op, pairs...); got != c.want {
			t.Errorf("%s?%s:\n%s\nwant\n%s", c.op, c.form, got, c.want)
		}
	}
	if all, err := h.Profiles(t.Context()); err != nil || len(all) > 0 {
		t.Error("looking at an example kept something", all, err)
	}

	is := func(integration, want string) {
		t.Helper()
		p, err := h.Profile(t.Context(), "ConsultarOcorrencia", integration)
		if got := p.Form + " " + strings.Join(p.Fields, ","); err != nil || got != want {
			t.Errorf("%s: %q, want %q", integration, got, want)
		}
	}
	a := b.post(wsPath+"/respostas/ConsultarOcorrencia", "integracao", "casa", "campo", "cliente.nome", "campo", "status", "forma", "xml")
	if a.status != 303 || a.header.Get("Location") != wsPath+"?aberta=ConsultarOcorrencia&integracao=casa#resposta-ConsultarOcorrencia" {
		t.Errorf("%d to %s", a.status, a.header.Get("Location"))
	}
	is("casa", "xml status,cliente.nome")
	is("mobuss", "json ")
	page := b.get(wsPath + "?integracao=casa").body
	for _, want := range []string{`value="cliente.nome" checked`, `value="status" checked`, `value="cliente.cpf_cnpj">`, fmt.Sprintf("2 de %d campos", len(h.Flow.Operations[len(h.Flow.Operations)-1].Leaves())), "só desta integração", "como todas"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of casa doesn't say %q", want)
		}
	}
	if a := b.post(wsPath+"/respostas/ConsultarOcorrencia", "integracao", "casa", "forma", "text"); a.status != 422 || !strings.Contains(a.body, "Marque ao menos um campo") || !strings.Contains(a.body, `value="text" checked`) {
		t.Errorf("nothing ticked: %d %v", a.status, problems(a.body))
	}
	is("casa", "xml status,cliente.nome")
	if a := b.post(wsPath+"/respostas/ConsultarOcorrencia", "integracao", "casa", "ato", "padrao"); a.status != 303 {
		t.Errorf("back: %d", a.status)
	}
	is("casa", "json ")
}

// TestWebserviceShowsOnlyText: what people typed is never markup.
func TestWebserviceShowsOnlyText(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("admin@demo")
	const evil = `"><script>alert(1)</script>`
	b.newToken("nome", evil, "integracao", evil, "origem", "casa", "ambiente", "homologacao")
	q := url.QueryEscape(evil)
	for name, a := range map[string]answer{
		"page": b.get(wsPath + "?integracao=" + q + "&aberta=" + q), "refused": b.post(wsPath+"/tokens", "nome", evil, "integracao", evil, "origem", evil, "operacao", evil, "limite", evil),
		"example": b.get(wsPath + "/exemplo/ConsultarOcorrencia?campo=" + q + "&forma=" + q), "answer": b.post(wsPath+"/respostas/ConsultarOcorrencia", "campo", evil, "forma", evil, "integracao", evil),
	} {
		if strings.Contains(a.body, "<script>alert") || a.status >= 500 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
}
