package web_test

import (
	"net/http"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
)

const (
	wayPath  = "/parametrizacoes/implantacao"
	realPath = wayPath + "/producao"
)

// realData is what a consultant types into the form of production.
var realData = []string{"url", "http://127.0.0.1:2", "rede_privada", "1", "credencial.token", "segredo-da-producao"}

// TestTheWayIntoProduction over HTTP: the steps, the locked form, the data, the go-live, the switch back, the resumption.
func TestTheWayIntoProduction(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("consultor@demo")
	has := func(a answer, status int, all ...string) {
		t.Helper()
		if a.status != status {
			t.Errorf("HTTP %d, want %d", a.status, status)
		}
		for _, text := range all {
			if !strings.Contains(a.body, text) {
				t.Errorf("no %q in the page", text)
			}
		}
		if strings.Contains(a.body, "segredo-da-producao") {
			t.Error("the page shows a credential")
		}
	}
	has(b.get(wayPath), 200, "Em implantação", "Falta confirmar", "Ainda não há relatório de conformidade", "sem id")
	a := b.post(wayPath+"/passos/metodo", "ato", "confirmar", "nota", "")
	has(a, 422, "Falta preencher")
	has(b.post(wayPath+"/passos/metodo", "ato", "confirmar", "nota", "com a Carla, por e-mail"), http.StatusSeeOther)
	has(b.get(wayPath), 200, "com a Carla, por e-mail", "Desfazer a confirmação")
	has(b.post(wayPath+"/passos/unidades", "ato", "confirmar", "nota", "x"), 404)

	has(b.get(realPath), 200, "Os dados de produção estão trancados", "Ainda não há nenhum")
	asked := h.Probing(true)
	has(b.post(realPath, realData...), http.StatusConflict, "trancados")
	if len(*asked) != 0 {
		t.Error("production was asked while the form was locked")
	}
	h.Prove(t)
	h.Probing(false)
	has(b.post(realPath, realData...), 422, "nada foi guardado", "a credencial foi recusada", "http://127.0.0.1:2")
	asked = h.Probing(true)
	has(b.post(realPath, "url", "ftp://x"), 422, "URL", "Falta preencher")
	has(b.post(realPath, realData...), http.StatusSeeOther)
	if len(*asked) != 1 || (*asked)[0].Secrets["token"] != "segredo-da-producao" {
		t.Errorf("asked %+v", *asked)
	}
	has(b.get(realPath+"?feito=dados"), 200, "os dados foram guardados", "HTTP 200 em 12 ms", "Falta um token de produção")
	h.ProductionToken(t, "mobuss-producao", desk.Field)
	page := b.get(realPath)
	has(page, 200, "Entrar em produção agora", "2 tokens de homologação param de valer", "Por que entrar com")
	version := fieldOf(page.body, "versao")
	has(b.post(realPath+"/entrada", "versao", version, "motivo", "x", "senha", "errada"), 422, "A senha de hoje não confere")
	has(b.post(realPath+"/entrada", "versao", version, "senha", password), http.StatusConflict, "Diga por que")
	has(b.post(realPath+"/entrada", "versao", version, "motivo", "bloco C não entregue", "senha", password), http.StatusSeeOther)
	has(b.get(realPath+"?feito=entrada"), 200, "Em produção desde", "por Caio Prates", "bloco C não entregue", "Voltar à homologação")
	has(b.get(wayPath), 200, "Em produção desde", "Entrada em produção, versão 1")
	has(b.post(realPath+"/entrada", "versao", version, "motivo", "x", "senha", password), http.StatusConflict, "outra pessoa")

	ana := h.signedIn("atendente@demo")
	has(ana.get("/painel"), 200, ">Produção</span>")
	has(ana.get(wayPath), 403)
	has(ana.post(realPath+"/volta", "versao", version), 403)
	cfg := flowtest.Config(t)
	cfg.Integration.Policy.Settling++
	h.must(h.Configure(t.Context(), flowtest.Admin(), cfg))
	has(b.get("/painel"), 200, "nenhum relatório assinado prova")
	if strings.Contains(ana.get("/painel").body, "nenhum relatório assinado prova") {
		t.Error("an attendant is told of versions")
	}
	has(b.post(realPath+"/volta", "versao", version, "observacao", "Mobuss fora do ar"), http.StatusSeeOther)
	has(ana.get("/painel"), 200, "Produção pausada", "o campo ainda não recebe")
	has(b.get(realPath), 200, "Produção pausada desde", "Mobuss fora do ar", "O relatório é de outra versão")
	has(b.post(realPath+"/retomada", "versao", "2"), http.StatusConflict)
	h.Prove(t)
	has(b.get(realPath), 200, "Retomar a produção")
	has(b.post(realPath+"/retomada", "versao", "2"), http.StatusSeeOther)
	if p, err := h.Phase(t.Context()); err != nil || p != desk.Live {
		t.Errorf("%s, %v", p, err)
	}
	if strings.Contains(h.log.String(), "segredo-da-producao") {
		t.Error("the log holds a credential")
	}
}

// TestATestIsAskedForInAPause alone, and is born in homologation.
func TestATestIsAskedForInAPause(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("atendente@demo")
	form := func() answer { return b.get("/ocorrencias/nova?q=AUR-A-101") }
	follow := func(a answer) answer { return b.get(a.header.Get("Location")) }
	if a := follow(form()); strings.Contains(a.body, `name="teste"`) {
		t.Error("a test is offered where there is no production")
	}
	h.Live(t)
	if a := follow(form()); strings.Contains(a.body, `name="teste"`) {
		t.Error("a test is offered while live")
	}
	h.must(h.SwitchBack(t.Context(), flowtest.Admin(), flow.SwitchInput{}))
	a := follow(form())
	if !strings.Contains(a.body, `name="teste"`) {
		t.Fatal("no test is offered in a pause")
	}
	made := b.post("/ocorrencias/nova", "unidade", fieldOf(a.body, "unidade"), "cliente", fieldOf(a.body, "cliente"), "descricao", "Só um teste", "relacao", "proprietario", "teste", "T")
	if shown := follow(made); !strings.Contains(shown.body, "env inline") || !strings.Contains(shown.body, "from test") {
		t.Errorf("HTTP %d: neither homologation nor the test is marked", shown.status)
	}
}

// TestMethodBNeedsNoAddress: what it excludes says so.
func TestMethodBNeedsNoAddress(t *testing.T) {
	h := newHouse(t)
	cfg := flowtest.Config(t)
	cfg.Method = desk.MethodB
	for i := range cfg.Statuses {
		cfg.Statuses[i].Point, cfg.Statuses[i].AfterSuccess = desk.NoPoint, ""
	}
	h.must(h.Configure(t.Context(), flowtest.Admin(), cfg))
	b := h.signedIn("consultor@demo")
	if a := b.get(wayPath); strings.Count(a.body, "Não se aplica ao método B") != 6 {
		t.Errorf("%d steps don't apply", strings.Count(a.body, "Não se aplica ao método B"))
	}
	if a := b.get(realPath); !strings.Contains(a.body, "a Ponte não chama o Mobuss") {
		t.Error("the form of production is there")
	}
}

// fieldOf is the value of a page's hidden field; the first of that name.
func fieldOf(page, name string) string {
	_, rest, _ := strings.Cut(page, `name="`+name+`" value="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}
