package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
)

var (
	rowOf  = regexp.MustCompile(`<tr id="o-(\d+)"`)
	nextOf = regexp.MustCompile(`href="([^"]+)" rel="next"`)
)

func numbersOf(page string) (out []string) {
	for _, m := range rowOf.FindAllStringSubmatch(page, -1) {
		out = append(out, m[1])
	}
	return out
}

// TestListFiltersStandInTheURL: what a list shows is what its URL says, and its own links say the same again.
func TestListFiltersStandInTheURL(t *testing.T) {
	h := newHouse(t)
	h.busy()
	b := h.signedIn("atendente@demo")
	page := b.get("/ocorrencias?visao=todas&q=helena&status=10&status=50").body
	if got := len(numbersOf(page)); got < 1 || got > 6 {
		t.Fatalf("%d rows", got)
	}
	for _, want := range []string{`name="q" value="helena"`, `value="todas"`, `value="10" checked`, `value="50" checked`,
		`hx-get="/ocorrencias?q=helena&amp;status=10&amp;status=50&amp;visao=todas&amp;parte=1&amp;rev=`,
		`href="/ocorrencias?q=helena&amp;visao=campo"`, "Status: aberta, em atendimento no campo"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page, `value="20" checked`) {
		t.Error("a status is checked that nobody asked for")
	}
	// htmx's form sends everything that it has; the URL that is kept has nothing superfluous.
	a := b.htmx().get("/ocorrencias?visao=&q=&status=10")
	if got := a.header.Get("HX-Replace-Url"); got != "/ocorrencias?status=10" {
		t.Errorf("the kept URL is %q", got)
	}
	if !strings.HasPrefix(a.body, `<div id="lista"`) || strings.Contains(a.body, "<html") || strings.Count(a.body, "hx-swap-oob") != 4 {
		t.Errorf("the answer to the filters: %.200s", a.body)
	}
	for query, want := range map[string]string{"?visao=nada&apos=x.y&status=": "há", "?q=" + url.QueryEscape(strings.Repeat("é", 5000)): "Nada com", "?status=nada": "Nenhuma com esse status", "?q=%ff%00": "lista"} {
		if a := b.get("/ocorrencias" + query); a.status != 200 || !strings.Contains(a.body, want) {
			t.Errorf("%.40s: %d", query, a.status)
		}
	}
}

// TestListPages: the pages together are the whole list, in its order, each row once.
func TestListPages(t *testing.T) {
	h := newHouse(t)
	const many = 120
	for i := range many {
		h.open("AUR-A-101", fmt.Sprint("Nº ", i), "x")
	}
	b := h.signedIn("atendente@demo")
	var all []string
	next := "/ocorrencias"
	for pages := 0; next != "" && pages < 10; pages++ {
		page := b.get(next).body
		all = append(all, numbersOf(page)...)
		next = ""
		if m := nextOf.FindStringSubmatch(page); m != nil {
			next = strings.ReplaceAll(m[1], "&amp;", "&")
		}
	}
	if len(all) != many {
		t.Fatalf("%d rows of %d", len(all), many)
	}
	seen := map[string]bool{}
	for _, n := range all {
		if seen[n] {
			t.Errorf("%s is there twice", n)
		}
		seen[n] = true
	}
	if last := b.get("/ocorrencias?apos=1.1").body; !strings.Contains(last, "A lista acaba aqui") || !strings.Contains(last, "Voltar ao início") {
		t.Error("beyond the end there is no way back")
	}
}

// TestEmptyViewsSayWhy, each with two ways on.
func TestEmptyViewsSayWhy(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("atendente@demo")
	for view, want := range map[string]string{"precisam": "Nada precisa de você agora", "abertas": "Nenhuma ocorrência aberta", "campo": "Nada no campo",
		"falha": "Nenhuma falha de integração", "todas": "Nenhuma ocorrência ainda"} {
		page := b.get("/ocorrencias?visao=" + view).body
		_, empty, _ := strings.Cut(page, `class="empty"`)
		if !strings.Contains(empty, want) || strings.Count(empty, `class="btn`) < 2 {
			t.Errorf("%s: %.300s", view, empty)
		}
	}
	if page := b.get("/painel").body; !strings.Contains(page, "Nada precisa de você agora") {
		t.Error("a calm panel brings no good news")
	}
}

// chosen is the form for the first answer of a search.
func (h *house) chosen(text string) (path string, f flow.Found) {
	h.t.Helper()
	found, err := h.Search(h.t.Context(), h.ana, text, 5)
	h.must(err)
	if len(found.People) == 0 {
		h.t.Fatalf("nothing with %q", text)
	}
	f = found.People[0]
	return fmt.Sprintf("/ocorrencias/nova?unidade=%d&cliente=%d", f.UnitID, f.CustomerID), f
}

// TestNewOccurrenceWithoutScript, for a tenant, whom no contract code names.
func TestNewOccurrenceWithoutScript(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("atendente@demo")
	if a := b.get("/ocorrencias/nova?q=tomas"); a.status != 303 || !strings.Contains(a.header.Get("Location"), "unidade=") {
		t.Errorf("one answer: %d to %q", a.status, a.header.Get("Location"))
	}
	if a := b.get("/ocorrencias/nova?q=101"); a.status != 200 || strings.Count(a.body, "data-choice") < 3 {
		t.Errorf("an ambiguous unit: %d", a.status)
	}
	path, f := h.chosen("tomas")
	form := b.get(path).body
	if !strings.Contains(form, "Tomás Teles") || !strings.Contains(form, `value="inquilino" selected`) || strings.Contains(form, "Já existe") {
		t.Error("the form knows neither who nor what they are")
	}
	send := []string{"unidade", fmt.Sprint(f.UnitID), "cliente", fmt.Sprint(f.CustomerID), "nome_solicitante", "A filha", "telefone_solicitante", "11 9", "relacao", "outro", "local", "Sala", "emergencia", "T"}
	if a := b.post("/ocorrencias/nova", append(send, "descricao", " ", "assunto", "Fica")...); a.status != 422 || !strings.Contains(a.body, `id="erro-descricao"`) ||
		!strings.Contains(a.body, `value="Fica"`) || !strings.Contains(a.body, `value="A filha"`) || !strings.Contains(a.body, `value="outro" selected`) || !strings.Contains(a.body, `value="T" checked`) {
		t.Errorf("without a description: %d", a.status)
	}
	a := b.post("/ocorrencias/nova", append(send, "descricao", "Goteira.\r\nNa sala.")...)
	if a.status != 303 {
		t.Fatalf("opening: %d %s", a.status, a.body)
	}
	page := b.get(a.header.Get("Location")).body
	for _, want := range []string{"Goteira.\nNa sala.", "Tomás Teles", "A filha", "Emergência", "Sala"} {
		if !strings.Contains(page, want) {
			t.Errorf("the occurrence lacks %q", want)
		}
	}
	if form := b.get(path).body; !strings.Contains(form, "Já existe uma ocorrência aberta nesta unidade") {
		t.Error("the second is not warned of the first")
	}
	if a := b.htmx().post("/ocorrencias/nova", append(send, "descricao", "De novo.")...); a.status != 204 || !strings.HasPrefix(a.header.Get("HX-Redirect"), "/ocorrencias/") {
		t.Errorf("by htmx: %d to %q", a.status, a.header.Get("HX-Redirect"))
	}
	// A pair that doesn't belong together, and ids that are none.
	_, other := h.chosen("AUR-B-101")
	for _, pair := range [][2]string{{fmt.Sprint(other.UnitID), fmt.Sprint(f.CustomerID)}, {"999999", "1"}, {"x", "1"}, {fmt.Sprint(f.UnitID), "999999"}} {
		if a := b.get("/ocorrencias/nova?unidade=" + pair[0] + "&cliente=" + pair[1]); a.status != 422 || !strings.Contains(a.body, `id="quem"`) {
			t.Errorf("%v: %d", pair, a.status)
		}
		if a := b.post("/ocorrencias/nova", "unidade", pair[0], "cliente", pair[1], "descricao", "x", "relacao", "outro"); a.status != 422 {
			t.Errorf("opening for %v: %d", pair, a.status)
		}
	}
}

func TestSearchBox(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	b := h.signedIn("atendente@demo")
	for _, q := range []string{fmt.Sprint(n), "88214"} {
		if a := b.get("/busca?q=" + q); a.status != 303 || a.header.Get("Location") != path(n) {
			t.Errorf("%s: %d to %q", q, a.status, a.header.Get("Location"))
		}
	}
	for q, want := range map[string]string{"otavio": "Otávio Sá", "529982": "Marina Figueiredo Prado", "xyzzy": "Nada com “xyzzy”", "": "Procurar"} {
		if a := b.get("/busca?q=" + q); a.status != 200 || !strings.Contains(a.body, want) {
			t.Errorf("%q: %d", q, a.status)
		}
	}
}

func TestPanel(t *testing.T) {
	h := newHouse(t)
	n := h.busy()
	h.visitsToday(n)
	b := h.signedIn("gestor@demo")
	page := b.get("/").body
	for _, want := range []string{"2 esperam uma decisão", "O comentário não chegou ao técnico", "O Mobuss recusou: “Solicitação 88214 em edição por JLIMA”",
		"agendada, Jorge Lima", "Sem novidade há mais de três dias", `href="/ocorrencias?status=50"`, `href="/ocorrencias?status=90&amp;visao=todas"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the panel lacks %s", want)
		}
	}
	part := strings.ReplaceAll(regexp.MustCompile(`id="painel" data-live-part hx-get="([^"]+)"`).FindStringSubmatch(page)[1], "&amp;", "&")
	if a := b.htmx().get(part); a.status != 204 {
		t.Errorf("unchanged: %d", a.status)
	}
	h.open("AUR-A-101", "Outra", "x")
	if a := b.htmx().get(part); a.status != 200 || !strings.HasPrefix(a.body, `<div id="painel"`) {
		t.Errorf("changed: %d", a.status)
	}
}

func TestChangePassword(t *testing.T) {
	h := newHouse(t)
	b, elsewhere := h.signedIn("atendente@demo"), h.signedIn("atendente@demo")
	for _, x := range []struct{ old, new, want string }{{"errada", "uma senha nova", "A senha de hoje não confere"}, {password, "curta", "ao menos 10 caracteres"},
		{"", "uma senha nova", "Falta preencher"}, {password, strings.Repeat("x", 5000), "o máximo é"}} {
		if a := b.post("/conta/senha", "atual", x.old, "nova", x.new); a.status != 422 || !strings.Contains(a.body, x.want) || strings.Contains(a.body, x.new) && len(x.new) > 5 {
			t.Errorf("%.10q: %d", x.new, a.status)
		}
	}
	if a := b.post("/conta/senha", "atual", password, "nova", "uma senha nova"); a.status != 303 {
		t.Fatal(a.status)
	}
	if a := b.get("/conta?senha=trocada"); a.status != 200 || !strings.Contains(a.body, "A senha foi trocada") {
		t.Errorf("here: %d", a.status)
	}
	if a := elsewhere.get("/conta"); a.status != 303 {
		t.Errorf("elsewhere: %d", a.status)
	}
	if a := h.browser().post("/entrar", "login", "atendente@demo", "senha", "uma senha nova"); a.status != 303 {
		t.Errorf("with the new one: %d", a.status)
	}
	last := 0
	for range 7 {
		last = b.post("/conta/senha", "atual", "errada", "nova", "uma senha nova").status
	}
	if last != 429 {
		t.Errorf("guessing from an open session: %d", last)
	}
}

func TestUsers(t *testing.T) {
	h := newHouse(t)
	admin := h.signedIn("admin@demo")
	const users = "/parametrizacoes/usuarios"
	made := regexp.MustCompile(`class="secret">([a-z2-7-]{19})<`)
	if a := admin.post(users, "nome", "", "login", "novo@casa", "papel", "deus"); a.status != 422 || !strings.Contains(a.body, `value="novo@casa"`) || !strings.Contains(a.body, "Escolha ao menos um papel") {
		t.Errorf("a bad one: %d", a.status)
	}
	a := admin.post(users, "nome", "Nina Sá", "login", "Novo@casa", "papel", "atendente", "papel", "gestor")
	secret := made.FindStringSubmatch(a.body)
	if a.status != 200 || secret == nil {
		t.Fatalf("adding: %d", a.status)
	}
	if page := admin.get(users).body; strings.Contains(page, secret[1]) || !strings.Contains(page, "Nina Sá") || !strings.Contains(page, "Atendente, Gestor") {
		t.Error("the list has no such person, or still their password")
	}
	if a := admin.post(users, "nome", "Outra", "login", "novo@CASA", "papel", "atendente"); a.status != 422 || !strings.Contains(a.body, "Já existe") {
		t.Errorf("twice: %d", a.status)
	}
	nina := h.browser()
	if a := nina.post("/entrar", "login", "novo@casa", "senha", secret[1]); a.status != 303 {
		t.Fatalf("the new one can't sign in: %d", a.status)
	}
	u, _, err := h.UserByLogin(t.Context(), "novo@casa")
	h.must(err)
	of := func(id int64, act string) string { return fmt.Sprintf("%s/%d/%s", users, id, act) }
	if again := made.FindStringSubmatch(admin.post(of(u.ID, "senha")).body); again == nil || again[1] == secret[1] {
		t.Error("no new password")
	}
	if a := nina.get("/conta"); a.status != 303 {
		t.Errorf("after the reset the session goes on: %d", a.status)
	}
	if a := admin.post(of(u.ID, "desativar")); a.status != 303 || !strings.Contains(admin.get(users).body, "desativado") {
		t.Errorf("disabling: %d", a.status)
	}
	if a := admin.post(of(u.ID, "reativar")); a.status != 303 || strings.Contains(admin.get(users).body, "desativado") {
		t.Errorf("enabling: %d", a.status)
	}
	me, _, err := h.UserByLogin(t.Context(), "admin@demo")
	h.must(err)
	if a := admin.post(of(me.ID, "desativar")); a.status != 403 {
		t.Errorf("locking oneself out: %d", a.status)
	}
	for _, p := range []string{of(999, "senha"), of(u.ID, "apagar"), users + "/x/senha"} {
		if a := admin.post(p); a.status != 404 {
			t.Errorf("%s: %d", p, a.status)
		}
	}
}

// TestWhoMay: what somebody may not do is neither shown nor done.
func TestWhoMay(t *testing.T) {
	h := newHouse(t)
	ana, caio := h.signedIn("atendente@demo"), h.signedIn("consultor@demo")
	if page := ana.get("/painel").body; strings.Contains(page, "/parametrizacoes/usuarios") {
		t.Error("an attendant sees the way to the users")
	}
	if page := caio.get("/painel").body; strings.Contains(page, "/ocorrencias/nova") {
		t.Error("a consultant sees the way to a new occurrence")
	}
	_, f := h.chosen("AUR-A-101")
	for what, a := range map[string]answer{
		"users": ana.get("/parametrizacoes/usuarios"), "add": ana.post("/parametrizacoes/usuarios", "nome", "x", "login", "x", "papel", "admin"),
		"reset": ana.post("/parametrizacoes/usuarios/2/senha"), "disable": ana.post("/parametrizacoes/usuarios/2/desativar"),
		"new": caio.get("/ocorrencias/nova"), "open": caio.post("/ocorrencias/nova", "unidade", fmt.Sprint(f.UnitID), "cliente", fmt.Sprint(f.CustomerID), "descricao", "x", "relacao", "outro"),
	} {
		if a.status != http.StatusForbidden || !strings.Contains(a.body, "Seu papel não permite") {
			t.Errorf("%s: %d", what, a.status)
		}
	}
	if _, err := h.OpenChosen(t.Context(), desk.Actor{Kind: "usuario", Roles: []desk.Role{desk.Consultant}}, f.UnitID, f.CustomerID, flow.OpenInput{Description: "x"}); err == nil {
		t.Error("flow lets a consultant open")
	}
	elsewhere := desk.Actor{Kind: "usuario", Roles: []desk.Role{desk.Attendant}, Developments: []int64{999}}
	if _, err := h.OpenChosen(t.Context(), elsewhere, f.UnitID, f.CustomerID, flow.OpenInput{Description: "x"}); err == nil {
		t.Error("flow opens in a development that isn't the actor's")
	}
	if _, err := h.Chosen(t.Context(), elsewhere, f.UnitID, f.CustomerID); err == nil {
		t.Error("flow shows a development that isn't the actor's")
	}
	for _, p := range []string{"/ocorrencias/nova", "/conta/senha", "/parametrizacoes/usuarios", "/parametrizacoes/usuarios/2/senha"} {
		x := &browser{h, ana.Client, http.Header{"Sec-Fetch-Site": {"cross-site"}}}
		if a := x.post(p, "descricao", "x"); a.status != 403 || !strings.Contains(a.body, "outro site") {
			t.Errorf("%s from another site: %d", p, a.status)
		}
		if a := h.browser().post(p); a.status != 401 {
			t.Errorf("%s without a session: %d", p, a.status)
		}
	}
}

// TestFoundTextsAreInert: names and searches are shown as text wherever they are found.
func TestFoundTextsAreInert(t *testing.T) {
	h := newHouse(t)
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>'`
	h.must(h.PutRegistry(t.Context(), flowtest.Admin(), flow.Registry{Developments: []flow.RegistryDevelopment{{Code: "X", Name: evil, Blocks: []flow.RegistryBlock{{Code: "Q", Name: evil,
		Units: []flow.RegistryUnit{{Number: "7" + evil, Contracts: []flow.RegistryContract{{Code: "X-1", Customer: flow.RegistryCustomer{Name: "Eva " + evil, Document: flowtest.Nobody, Phone: evil}}}}}}}}}}))
	h.open("X-1", evil, evil)
	_, err := h.AddUser(t.Context(), flowtest.Admin(), flow.User{Login: evil, Name: evil, PasswordHash: "x", Roles: []desk.Role{desk.Attendant}})
	h.must(err)
	b, admin := h.signedIn("atendente@demo"), h.signedIn("admin@demo")
	form, f := h.chosen("X-1")
	q := url.QueryEscape(evil)
	for what, a := range map[string]answer{
		"list": b.get("/ocorrencias?q=eva"), "list q": b.get("/ocorrencias?q=" + q + "&status=" + q + "&visao=" + q + "&apos=" + q), "list part": b.htmx().get("/ocorrencias?q=" + q),
		"panel": b.get("/"), "finder": b.get("/ocorrencias/nova?q=" + q), "found": b.get("/ocorrencias/nova?q=X-"), "search": b.get("/busca?q=eva"), "search q": b.get("/busca?q=" + q),
		"form": b.get(form + "&q=" + q), "refused form": b.post("/ocorrencias/nova", "unidade", fmt.Sprint(f.UnitID), "cliente", fmt.Sprint(f.CustomerID), "assunto", evil, "relacao", evil, "local", evil, "nome_solicitante", evil, "q", evil),
		"users": admin.get("/parametrizacoes/usuarios"), "refused user": admin.post("/parametrizacoes/usuarios", "nome", evil, "login", evil, "papel", evil), "account": b.get("/conta?senha=" + q),
	} {
		if strings.Contains(a.body, "<script>alert") || strings.Contains(a.body, "<img") {
			t.Errorf("%s: the payload is alive", what)
		}
		if a.status >= 500 {
			t.Errorf("%s: %d", what, a.status)
		}
	}
	if a := b.get("/busca?q=eva"); !strings.Contains(a.body, "Eva &#34;&gt;&lt;script&gt;") {
		t.Error("the payload is not even shown")
	}
}

func benchmarkPage(b *testing.B, path string) {
	b.Helper()
	h := newHouse(b)
	h.busy()
	for i := range 300 {
		h.open("PDA-U-"+fmt.Sprint(i%18+1), fmt.Sprint("Mais uma ", i), "Texto de uma ocorrência como outra qualquer.")
	}
	at, _ := url.Parse(h.http.URL)
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.AddCookie(h.signedIn("atendente@demo").Jar.Cookies(at)[0])
	r.Header.Set("Accept-Encoding", "gzip")
	for b.Loop() {
		w := httptest.NewRecorder()
		h.http.Config.Handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}

func BenchmarkList(b *testing.B)     { benchmarkPage(b, "/ocorrencias") }
func BenchmarkListText(b *testing.B) { benchmarkPage(b, "/ocorrencias?q=livia") }
func BenchmarkPanel(b *testing.B)    { benchmarkPage(b, "/painel") }
func BenchmarkFinder(b *testing.B)   { benchmarkPage(b, "/ocorrencias/nova?q=livia") }
