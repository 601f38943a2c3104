package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ponte/internal/browsertest"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/i18n"
	"ponte/internal/importer"
	"ponte/internal/web"
	"ponte/internal/webservice"
)

// TestWhatIsWrittenIsInert: payloads in every field that a person, a program, the field tool or a sheet can fill; then
// every page is read and parsed. What was written is told as text, and nothing of it is an element, an attribute, a
// handler or an address. The forms are those that the pages show, so that a new one is filled, too.
func TestWhatIsWrittenIsInert(t *testing.T) {
	w := newWorld(t)
	r := webservice.NewRegistry(webservice.Operations(w.Flow, nil)...)
	r.Keep, r.Replayed = webservice.KeepWith(w.Flow, func(err error) { t.Error(err) }), webservice.ReplayedWith(w.Flow, func(err error) { t.Error(err) })
	mux := http.NewServeMux()
	mux.Handle("/ws/", w.door(r))
	mux.Handle("/", web.New(w.options()))
	w.http = httptest.NewServer(mux)
	t.Cleanup(w.http.Close)
	p := newPlanter(w)
	p.importPage = p.sheet()
	start := append(p.programs(), p.importPage)
	start = append(start, p.heard()...)
	addresses := []string{}
	for _, r := range w.rules() {
		if strings.HasPrefix(r.route, "GET ") && r.path != "/novidades" {
			addresses = append(addresses, r.path)
		}
	}
	p.always, start = len(start), append(start, addresses...)
	admin := p.b
	p.b = p.browser()
	forms := p.crawl("/entrar", "/entrar/esqueci")
	p.b = admin
	for _, form := range append(forms, p.crawl(start...)...) {
		p.fill(form, true)
		p.fill(form, false)
	}
	p.read, p.visits = map[string]bool{}, map[string]int{}
	p.crawl(start...)
	p.reflected()
	p.stated(t)
	p.covered()
	p.inBrowser(t, start)
}

// inBrowser opens pages full of payloads: nothing asks, runs, or breaks the policy, which forbids whatever a payload does.
func (p *planter) inBrowser(t *testing.T, pages []string) {
	t.Helper()
	x := p.tab(browsertest.Start(t), desktop)
	x.signIn("admin@demo")
	telling := 0
	for _, at := range []string{pages[0], pages[1], pages[3], p.importPage, "/ocorrencias?ver=todas", "/parametrizacoes/usuarios", "/parametrizacoes/auditoria", "/parametrizacoes/status", "/integracao/envios", findings} {
		x.Open(at)
		x.Until("a page", `document.querySelector("h1") && !window.ran`)
		if browsertest.Eval[bool](x.Tab, `/xq[0-9]+z/.test(document.body.innerHTML)`) {
			telling++
		}
	}
	if telling < 7 {
		t.Errorf("only %d pages told of payloads", telling)
	}
	x.Quiet()
}

// heard are the pages of all calls received and of all differences found until now.
func (p *planter) heard() (pages []string) {
	p.t.Helper()
	l, err := p.ListCalls(p.t.Context(), flowtest.Admin(), flow.CallsQuery{Most: 100})
	p.must(err)
	for _, c := range l.Lines {
		pages = append(pages, callAt(c.ID))
	}
	all, err := p.ListFindings(p.t.Context(), p.ana, flow.FindingsQuery{Most: 100})
	p.must(err)
	for _, f := range all.Lines {
		pages = append(pages, findings+"/"+f.ID)
	}
	return pages
}

// stated are forms that only show in a state that this house is not in: they are sent as if it were.
func (p *planter) stated(t *testing.T) {
	t.Helper()
	for path, fields := range map[string][]string{
		"/parametrizacoes/implantacao/producao/entrada": {"versao", "motivo", "observacao", "senha"}, "/parametrizacoes/implantacao/producao/volta": {"versao", "observacao"},
		path(p.number) + "/corrigir": {"unidade", "cliente", "plano", "como", "motivo"}, "/ocorrencias/nova": {"unidade", "cliente", "descricao", "item", "falha", "relacao"},
		runsPath + "/" + p.run + "/assinar": {"resumo", "senha", "nota"}, "/integracao/envios/" + p.delivery + "/confirmar": {"id_mobuss", "numero_os", "pagina", "motivo"},
	} {
		var form []string
		for _, f := range fields {
			p.typed[f] = true
			form = append(form, f, p.text("POST "+path+" "+f, 0))
		}
		p.look("POST "+path, p.b.post(path, form...))
	}
	// occurrences that are chosen together: where to and what is said of them stands on their page
	p.typed["todas"], p.typed["rodada"], p.typed["ver"] = true, true, true
	chosen := p.b.post("/mover", "todas", p.text("POST /mover todas", 0), "ocorrencia", p.text("POST /mover ocorrencia", 0))
	together := chosen.header.Get("Location")
	p.look("POST planejar", p.b.post(together+"/planejar", "status", "90", "comentario", p.text("POST /mover comentario", 0)))
	p.look("POST fazer", p.b.post(together+"/fazer", "rodada", p.text("POST /mover rodada", 0)))
	p.look("POST de-novo", p.b.post(together+"/de-novo", "ver", p.text("POST /mover ver", 0)))
	if plan := p.b.get(together); !strings.Contains(plan.body, `<blockquote class="said">`) {
		t.Errorf("what is said of many is not shown: %d", plan.status)
	} else {
		p.look("the plan for many", plan)
	}
	// what is kept of a form as it is written, and stands in it again
	p.typed["lugar"] = true
	p.look("POST /rascunhos", p.b.post("/rascunhos", "lugar", p.text("POST /rascunhos lugar", 0), "comentario", "x"))
	place, shown := fmt.Sprint("ocorrencia:", p.number), p.text("POST /rascunhos comentario", 0)
	if a := p.b.post("/rascunhos", "lugar", place, "comentario", shown); a.status != http.StatusNoContent {
		t.Errorf("nothing is kept of what is written: %d", a.status)
	}
	page := p.b.get(fmt.Sprint("/ocorrencias/", p.number))
	if !strings.Contains(page.body, `class="unsent"`) {
		t.Error("what was written is not there again")
	}
	p.look("what was written, again", page)
}

// programs are the calls of the webservice and the answers of the field tool; it answers pages that tell of them.
func (p *planter) programs() (pages []string) {
	p.t.Helper()
	x := func(name string, most int) string { return p.text("ws "+name, most) }
	for i := range corpus {
		number := p.opened(i)
		if number == 0 {
			p.t.Fatal("a call with payloads was not taken")
		}
		at := path(number)
		pages = append(pages, at)
		n := fmt.Sprint(number)
		p.taken(p.calls("mobuss", "IncluirComentario", "numero_ocorrencia", n, "id_externo", x("id_externo", 120), "comentario", x("comentario", 0), "autor", x("autor", 200)))
		p.taken(p.calls("mobuss", "InformarVistoria", "numero_ocorrencia", n, "id_externo", x("id_externo", 120), "inicio", fmt.Sprintf("2031-01-%02dT14:00:00-03:00", i+1), "situacao", "agendada",
			"tecnico", x("tecnico", 200), "comentario", x("vistoria", 0)))
		p.taken(p.calls("mobuss", "IncluirAnexo", "numero_ocorrencia", n, "id_externo", x("id_externo", 120), "nome", x("nome do anexo", 200)+".txt", "tipo_conteudo", "text/plain", "conteudo", "b2k="))
		if i%2 == 1 {
			p.toField(number)
		}
		p.taken(p.calls("mobuss", "MovimentarOcorrencia", "numero_ocorrencia", n, "id_externo", x("id_externo", 120), "cod_status", "60", "comentario", x("movimentacao", 0)))
		refused := p.calls("mobuss", "IncluirOcorrencia", opens("id_externo", x("refused id", 120), "cod_projeto", x("refused cod_projeto", 120), "cod_bloco", x("refused cod_bloco", 60),
			"nome_cliente", x("refused nome", 200), "descricao", x("refused descricao", 0), x("unknown parameter", 60), x("its value", 0))...)
		pages = append(pages, callAt(refused.Kept))
		pages = append(pages, callAt(p.sends("casa", "IncluirOcorrencia", `{"cod_projeto": `+x("broken body", 0)).Kept))
		if i%2 == 0 {
			p.taken(p.calls("mobuss", "EncerrarOcorrencia", "numero_ocorrencia", n, "id_externo", x("id_externo", 120), "solucao", x("solucao", 0)))
		}
	}
	p.answers()
	return pages
}

func (p *planter) taken(c called) {
	p.t.Helper()
	if c.status >= 300 {
		p.t.Errorf("a call with payloads was refused: %+v", c)
	}
}

// opened is an occurrence of which every parameter of IncluirOcorrencia is a payload, as far as it may be.
func (p *planter) opened(i int) int64 {
	p.t.Helper()
	x := func(name string, most int) string { return p.text("ws IncluirOcorrencia "+name, most) }
	token, unit := "casa", "AUR-A-102"
	more := []string{"cod_projeto", unit}
	if i%2 == 0 {
		token, more = "mobuss", []string{"cod_projeto", "102", "id_mobuss", x("id_mobuss", 120), "numero_os", x("numero_os", 60)}
	}
	c := p.calls(token, "IncluirOcorrencia", append(more, "bloqueio_incluir_cliente", "T", "id_externo", x("id_externo", 120), "descricao", x("descricao", 0), "assunto", x("assunto", 200),
		"nome_cliente", x("nome_cliente", 200), "email", x("email", 200), "telefone", x("telefone", 60), "nome_solicitante", x("nome_solicitante", 200),
		"telefone_solicitante", x("telefone_solicitante", 60), "local", x("local", 200), "tipo", x("tipo", 60), "prioridade", x("prioridade", 60))...)
	p.taken(c)
	return c.Number
}

// toField sends an occurrence to the field, which takes the order and refuses a comment.
func (p *planter) toField(number int64) {
	p.t.Helper()
	p.move(number, "20", p.text("flow comentario", 0))
	p.settle(flow.Outcome{Verdict: flow.Done, Extracted: map[string]string{"id_mobuss": p.text("sandbox idMobuss", 0), "numero_os": p.text("sandbox numSolicitacao", 0)}})
	p.move(number, "40", p.text("flow comentario", 0))
	p.settle(rejected(p.text("sandbox mensagem", 0)))
}

// answers is what Mobuss holds of an order, as it says when it is asked.
func (p *planter) answers() {
	p.t.Helper()
	x := func(name string) string { return p.text("sandbox "+name, 0) }
	p.compare(says{"SAT-88188": {"idMobuss": "SAT-88188", "numSolicitacao": x("numSolicitacao"), "idLegado": x("idLegado"), "situacao": x("situacao"), "solucao": x("solucao"),
		"comentarios": []any{map[string]any{"idComentario": x("idComentario"), "texto": x("texto"), "autor": x("autor"), "data": "2026-11-20T09:12:00-03:00"}},
		"visitas":     []any{map[string]any{"idVisita": x("idVisita"), "situacao": "agendada", "inicio": "2026-11-26T09:00:00-03:00", "tecnico": x("tecnico")}}},
		"cliente": {"solicitacaoAtendimento": []any{map[string]any{"id": x("id"), "numSolicitacao": x("numSolicitacao"), "situacao": x("situacao")}}}})
}

// sheet imports what an ERP's sheet can say; it answers the import's page.
func (p *planter) sheet() string {
	p.t.Helper()
	words, err := i18n.Load()
	p.must(err)
	r := &registry{p.house, importer.NewWorker(importer.WorkerOptions{Flow: p.Flow, Owner: "test", Words: words.In(i18n.Portuguese).Field})}
	cell := func(name string, most int) string {
		return `"` + strings.ReplaceAll(p.text("sheet "+name, most), `"`, `""`) + `"`
	}
	var b strings.Builder
	b.WriteString("Obra;Nome da obra;Torre;Apto;Mobuss homologação;CPF;Cliente;Contrato;" + cell("column", 0) + "\r\n")
	for i := range corpus {
		row := []string{fmt.Sprintf("X%d", i), cell("Nome da obra", 120), cell("Torre", 0), cell("Apto", 0), cell("Mobuss", 0), flowtest.Nobody, cell("Cliente", 120), cell("Contrato", 0), cell("note", 0)}
		if i == 0 {
			row[5] = cell("CPF", 0) // refused, and told why
		}
		b.WriteString(strings.Join(row, ";") + "\r\n")
	}
	at := p.signedIn("consultor@demo").sheets("/cadastros/importacao", []part{{p.text("sheet's name", 200) + ".csv", b.String()}}).header.Get("Location")
	if at == "" {
		p.t.Fatal("the sheet was not taken")
	}
	r.work()
	job, err := p.RegistryJob(p.t.Context(), flowtest.Admin(), strings.TrimPrefix(at, "/cadastros/importacao/"))
	p.must(err)
	p.b.post(at+"/importar", "plano", fmt.Sprint(job.Plan.Seq))
	r.work()
	return at
}

var wildcard = regexp.MustCompile(`\{[a-z]+\}`)

// asked are the names that pages read from their addresses.
var asked = []string{"q", "ver", "status", "mostrar", "texto", "quem", "acao", "objeto", "de", "ate", "depois", "ambiente", "integracao", "operacao", "campo", "forma", "volta", "aberta",
	"unidade", "cliente", "ato", "parte", "rev", "situacao", "ponto", "motivo", "estado", "exemplo", "chave"}

// reflected asks pages with payloads in their addresses and headers.
func (p *planter) reflected() {
	p.t.Helper()
	nobody := p.browser()
	nobody.header.Set("Accept-Language", p.text("Accept-Language", 0))
	nobody.header.Set("User-Agent", p.text("User-Agent", 0))
	for _, route := range web.Patterns() {
		at, ok := strings.CutPrefix(route, "GET ")
		if !ok || at == "/novidades" {
			continue
		}
		at = strings.ReplaceAll(at, "/{$}", "/")
		x := func(name string) string { return url.QueryEscape(p.text("address "+name, 0)) }
		filled := wildcard.ReplaceAllStringFunc(at, func(string) string { return strings.ReplaceAll(x("path"), "%2F", "") })
		var query []string
		for _, name := range asked {
			query = append(query, name+"="+x(name))
		}
		filled += "?" + strings.Join(query, "&")
		p.look("GET "+filled, p.get(filled))
		if strings.HasPrefix(at, "/entrar") {
			p.look("nobody's GET "+filled, nobody.get(filled))
		}
	}
	p.look("no route", p.get("/"+url.PathEscape(p.text("no route", 0))))
}

// What programs say that no page tells, and what people's forms bring that they don't write.
var (
	untold  = []string{"sheet Mobuss", "sheet note"}
	untyped = []string{"teste"} // a tick, and only in production
	taken   = regexp.MustCompile(`\.(?:typed|PostFormValue)\("([^"]+)"\)`)
)

// covered: nothing that can be typed was left out, and what was planted is seen.
func (p *planter) covered() {
	p.t.Helper()
	pages := 0
	for _, n := range p.visits {
		pages += n
	}
	for name, field := range p.marks {
		if program, _, _ := strings.Cut(field, " "); p.shown[name] || !slices.Contains([]string{"ws", "sandbox", "sheet", "flow"}, program) {
			continue
		}
		p.hidden[field] = true
	}
	for field := range p.hidden {
		if !slices.Contains(untold, field) {
			p.t.Errorf("%s is told nowhere: is it a payload that nobody looked at?", field)
		}
	}
	names, _ := filepath.Glob("*.go")
	for _, name := range names {
		b, err := os.ReadFile(name)
		p.must(err)
		for _, m := range taken.FindAllStringSubmatch(string(b), -1) {
			if !p.typed[m[1]] && !slices.Contains(untyped, m[1]) {
				p.t.Errorf("%s reads %q, which no form took a payload in", name, m[1])
			}
		}
	}
	p.t.Logf("%d payloads in %d forms and calls; %d pages of %d routes; told: %d", len(p.marks), len(p.forms), pages, len(p.visits), len(p.shown))
}
