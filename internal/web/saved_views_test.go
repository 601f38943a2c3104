package web_test

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
)

var savedID = regexp.MustCompile(`salva=(\d+)`)

// savedTab is where a saved view's link leads.
func savedTab(page, name string) string {
	m := regexp.MustCompile(`(?s)<a class="saved" href="([^"]+)" title="` + regexp.QuoteMeta(html.EscapeString(name)) + `"`).FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// TestSavedViewsOfTheList: filters are kept under a name beside the fixed views, found again, shared, replaced, and one of them
// is where somebody begins.
func TestSavedViewsOfTheList(t *testing.T) {
	h := newHouse(t)
	h.open("AUR-A-101", "Infiltração no teto", "A água desce.")
	h.open("AUR-B-203", "Porta emperrada", "Não fecha.")
	ana, carla := h.signedIn("atendente@demo"), h.signedIn("gestor@demo")
	const views = "/ocorrencias/visoes"
	page := ana.get("/ocorrencias?q=agua&bloco=A&empreendimento=AUR").body
	kept := regexp.MustCompile(`name="consulta" value="([^"]+)"`).FindStringSubmatch(page)
	if kept == nil || html.UnescapeString(kept[1]) != "bloco=A&empreendimento=AUR&q=agua" {
		t.Fatalf("the form would keep %v", kept)
	}
	if strings.Contains(page, "compartilhar") {
		t.Error("an attendant is offered what only managers may")
	}
	a := ana.post(views, "nome", "Água <no> A", "consulta", "q=agua&empreendimento=AUR&bloco=A&apos=7&lixo=1", "inicio", "1")
	at := a.header.Get("Location")
	if a.status != 303 || !strings.HasPrefix(at, "/ocorrencias?salva=") {
		t.Fatalf("saved: %d %s", a.status, at)
	}
	id := savedID.FindStringSubmatch(at)[1]
	page = ana.get(at).body
	if savedTab(page, "Água <no> A") != at || !strings.Contains(page, `title="Água &lt;no&gt; A" aria-current="true"`) || len(numbersOf(page)) != 1 {
		t.Errorf("the view is not at hand: %s", savedTab(page, "Água <no> A"))
	}
	if strings.Contains(page, "alterada") || strings.Contains(page, "/trocar") {
		t.Error("an unchanged view says that it was changed")
	}
	if a := ana.get("/ocorrencias"); a.status != 303 || a.header.Get("Location") != at {
		t.Errorf("begins at %d %s", a.status, a.header.Get("Location"))
	}
	if full := ana.get("/ocorrencias?q=agua&empreendimento=AUR&bloco=A&salva=" + id).body; strings.Contains(full, "alterada") || !strings.Contains(full, `aria-current="true"`) {
		t.Error("the same question said in full is another")
	}
	if cleared := ana.htmx().get("/ocorrencias?visao=&q=&salva=" + id); cleared.header.Get("HX-Replace-Url") != "/ocorrencias?salva="+id+"&visao=abertas" || len(numbersOf(cleared.body)) != 2 {
		t.Errorf("filters taken from the view: %s", cleared.header.Get("HX-Replace-Url"))
	}
	for _, path := range []string{"/ocorrencias?visao=abertas", at + "&parte=1"} {
		if a := ana.get(path); a.status != 200 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	if a := ana.htmx().get("/ocorrencias?visao=&q=&status="); a.status != 200 || a.header.Get("HX-Replace-Url") != "/ocorrencias?visao=abertas" {
		t.Errorf("filters emptied: %d %s", a.status, a.header.Get("HX-Replace-Url"))
	}
	if tab := savedTab(carla.get("/ocorrencias").body, "Água <no> A"); tab != "" {
		t.Errorf("another sees %s", tab)
	}

	page = ana.get("/ocorrencias?q=agua&salva=" + id).body
	if !strings.Contains(page, "alterada") || !strings.Contains(page, views+"/"+id+"/trocar") {
		t.Error("a changed view can't be replaced")
	}
	if a := ana.post(views+"/"+id+"/trocar", "consulta", "q=agua"); a.header.Get("Location") != "/ocorrencias?salva="+id {
		t.Errorf("replaced: %d %s", a.status, a.header.Get("Location"))
	}

	// What is refused keeps what was typed.
	refusals := []struct{ name, query, want string }{{"agua no a", "q=x", "Já há uma visão com esse nome"}, {"", "q=x", "Falta preencher"},
		{"Fulana", "q=529.982.247-25", "não se guarda numa visão"}, {"Fulana", "q=maria+52998224725", "não se guarda numa visão"}, {strings.Repeat("a", 61), "q=x", "o máximo é 60"}}
	for _, x := range refusals {
		a := ana.post(views, "nome", x.name, "consulta", x.query)
		if a.status != 400 && a.status != 422 || !strings.Contains(a.body, x.want) || !strings.Contains(a.body, `value="`+html.EscapeString(x.name)+`"`) || !strings.Contains(a.body, `value="`+html.EscapeString(x.query)+`"`) {
			t.Errorf("%q: %d, without %q or what was typed", x.name, a.status, x.want)
		}
	}
	if a := ana.post(views, "nome", "Para todos", "consulta", "q=x", "compartilhar", "1"); a.status != 403 {
		t.Errorf("an attendant shares: %d", a.status)
	}

	shared := savedID.FindStringSubmatch(carla.post(views, "nome", "Da casa toda", "consulta", "visao=todas", "compartilhar", "1").header.Get("Location"))[1]
	page = ana.get(views).body
	if !strings.Contains(page, "Da casa toda") || strings.Contains(page, shared+"/renomear") || !strings.Contains(page, id+"/renomear") || !strings.Contains(page, shared+"/inicio") {
		t.Error("the page of views offers too much, or too little")
	}
	if a := ana.post(views+"/"+shared+"/apagar", "x", ""); a.status != 403 {
		t.Errorf("an attendant deletes the house's: %d", a.status)
	}
	if a := carla.post(views+"/"+shared+"/renomear", "nome", ""); a.status != 400 && a.status != 422 || !strings.Contains(a.body, "Falta preencher") {
		t.Errorf("no name: %d", a.status)
	}
	for _, act := range []string{"inicio", "sem-inicio", "subir", "descer", "recolher", "compartilhar", "apagar"} {
		if a := carla.post(views+"/"+shared+"/"+act, "x", ""); a.status != 303 {
			t.Errorf("%s: %d %s", act, a.status, a.body)
		}
	}
	if a := carla.post(views+"/"+shared+"/apagar", "x", ""); a.status != 404 {
		t.Errorf("deleted twice: %d", a.status)
	}
	if a := carla.post(views+"/"+id+"/nada", "x", ""); a.status != 404 {
		t.Errorf("an act that there is not: %d", a.status)
	}
}

// TestNobodyNarrowsTheHousesViewUnawares: a manager who doesn't see all that a view of the house's is about is not offered to
// replace it, and can't; who sees it is offered to do so where something was left out.
func TestNobodyNarrowsTheHousesViewUnawares(t *testing.T) {
	h := newHouse(t)
	h.must(h.PutRegistry(t.Context(), admin(), flow.Registry{Developments: []flow.RegistryDevelopment{{Code: "PDA", Name: "Parque das Águas",
		Blocks: []flow.RegistryBlock{{Code: "U", Name: "Único", Units: []flow.RegistryUnit{{Number: "1"}}}}}}}))
	_, err := h.AddUser(t.Context(), flowtest.Admin(), flow.User{Login: "pda@demo", Name: "Gestora", PasswordHash: passwordHash(), Roles: []desk.Role{desk.Manager},
		Few: true, Developments: []flow.Development{{Code: "PDA"}}})
	h.must(err)
	carla, few := h.signedIn("gestor@demo"), h.signedIn("pda@demo")
	const both = "empreendimento=AUR&empreendimento=PDA&tipo=extinto&tipo=geral"
	at := carla.post("/ocorrencias/visoes", "nome", "Dos dois", "consulta", both, "compartilhar", "1").header.Get("Location")
	replace := "/ocorrencias/visoes/" + savedID.FindStringSubmatch(at)[1] + "/trocar"
	for _, path := range []string{at, at + "&empreendimento=PDA&q=agua"} {
		if page := few.get(path).body; strings.Contains(page, replace) || strings.Contains(page, "Visões &gt; Atualizar") {
			t.Errorf("%s offers to narrow it for everybody", path)
		}
	}
	if a := few.post(replace, "consulta", "empreendimento=PDA"); a.status < 400 || !strings.Contains(a.body, "que você não vê") {
		t.Errorf("narrowed: %d", a.status)
	}
	if page := carla.get(at).body; !strings.Contains(page, replace) || !strings.Contains(page, "Tipo: Extinto") || strings.Contains(page, "alterada") {
		t.Error("who sees it all can't mend it")
	}
	if a := carla.post(replace, "consulta", "empreendimento=AUR&empreendimento=PDA&tipo=geral"); a.status != 303 || strings.Contains(carla.get(at).body, "ficou de fora") {
		t.Errorf("mended: %d", a.status)
	}
	trail := h.signedIn("admin@demo").get("/parametrizacoes/auditoria?acao=ocorrencia").body
	for _, words := range []string{"Visão da casa criada", "Filtros de uma visão da casa trocados"} {
		if !strings.Contains(trail, words) {
			t.Errorf("the trail doesn't say %q", words)
		}
	}
}

// TestSavedViewSaysWhatItLeftOut: what a view names and there is no longer, or not for this reader, does not keep it from
// opening; a development that the reader may not see is not named.
func TestSavedViewSaysWhatItLeftOut(t *testing.T) {
	h := newHouse(t)
	n := h.open("AUR-A-101", "Infiltração no teto", "A água desce.")
	carla := h.signedIn("gestor@demo")
	h.must(h.PutRegistry(t.Context(), admin(), flow.Registry{Developments: []flow.RegistryDevelopment{{Code: "PDA", Name: "Parque das Águas",
		Blocks: []flow.RegistryBlock{{Code: "U", Name: "Único", Units: []flow.RegistryUnit{{Number: "1"}}}}}}}))
	_, err := h.AddUser(t.Context(), flowtest.Admin(), flow.User{Login: "fora@demo", Name: "Fora", PasswordHash: passwordHash(), Roles: []desk.Role{desk.Attendant},
		Few: true, Developments: []flow.Development{{Code: "PDA"}}})
	h.must(err)
	at := carla.post("/ocorrencias/visoes", "nome", "Do Aurora", "consulta", "status=10&status=77&empreendimento=AUR&tipo=extinto&tipo=geral", "compartilhar", "1").header.Get("Location")
	page := carla.get(at).body
	for _, want := range []string{"ficou de fora", "Status: 77", "Tipo: Extinto", fmt.Sprintf(`href="/ocorrencias/%d"`, n)} {
		if !strings.Contains(page, want) {
			t.Errorf("the view lacks %q", want)
		}
	}
	if u, err := url.Parse(at); err != nil || strings.Contains(page, "Empreendimento: 1 de fora") || u.Query().Get("salva") == "" {
		t.Errorf("a development that is seen was left out of %s: %v", at, err)
	}
	page = h.signedIn("fora@demo").get(at).body
	if !strings.Contains(page, "Empreendimento: 1 de fora") || strings.Contains(page, "Aurora ·") || strings.Contains(page, "AUR") || len(numbersOf(page)) != 0 {
		t.Error("somebody of elsewhere is told too much, or nothing")
	}
	if part := regexp.MustCompile(`hx-get="(/ocorrencias\?[^"]+)&amp;rev=`).FindStringSubmatch(page); part == nil || !strings.Contains(h.signedIn("fora@demo").get(html.UnescapeString(part[1])).body, "Empreendimento: 1 de fora") {
		t.Error("the next news forgets what was left out")
	}
	if page := h.signedIn("atendente@demo").get("/ocorrencias?salva=99999&status=10").body; len(numbersOf(page)) != 1 || strings.Contains(page, "ficou de fora") {
		t.Error("a view that there is not keeps the list from opening")
	}
}
