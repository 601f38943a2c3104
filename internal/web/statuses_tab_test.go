package web_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/mapping"
)

const ivvPath = stPath + "/30/integracao"

// TestRulesAreEdited: what is wrong is said beside the rule and in the list above, in the part that then stands open;
// what was typed stays; mended, it is saved, and saving once more is no change.
func TestRulesAreEdited(t *testing.T) {
	h := newHouse(t)
	h.Open(t)
	b := h.signedIn("consultor@demo")
	f := b.form(b.get(isaPath).body, isaPath)
	if a := b.sendForm(isaPath, f, map[string][]string{"ato": {"salvar"}}); a.status != http.StatusSeeOther || h.versionCount() != 1 {
		t.Fatalf("saving without a change: %d, %d versions %v", a.status, h.versionCount(), problems(a.body))
	}
	for _, c := range []struct{ name, value, id, part, says string }{
		{"sucesso", "http ==", "sucesso", "parte-resposta", "Sucesso: "},
		{"sucesso", "", "sucesso", "parte-resposta", "Sucesso: "},
		{"sucesso", "http + 1", "sucesso", "parte-resposta", "Sucesso: "},
		{"mensagem", "cliente.nome", "mensagem", "parte-resposta", "Motivo da recusa: "},
		{"recusar_se", "falha.", "recusar_se", "parte-resposta", "Recusa: "},
		{"extrair_expr", "corpo.(", "extrair-0", "parte-resposta", "o que se tira (id_mobuss): "},
		{"consulta", "outra", "consulta", "parte-duvida", "Consulta em uso: "},
		{"c0-achado", "http = 1", "c0-achado", "parte-duvida", "Achado, na consulta por_id_legado: "},
		{"c0-caminho", "sem barra", "c0-caminho", "parte-duvida", "Caminho, na consulta por_id_legado: "},
		{"c0-destino", "", "c0-linha-0", "parte-duvida", "linha 1, na consulta por_id_legado: "},
		{"c1-nome", "Não vale", "c1-nome", "parte-duvida", "Nome da consulta, na consulta Não vale: "},
	} {
		t.Run(c.name+" "+c.value, func(t *testing.T) {
			h.t = t
			changed := append([]string{c.value}, f[c.name][min(1, len(f[c.name])):]...)
			a := b.sendForm(isaPath, f, map[string][]string{"ato": {"salvar"}, c.name: changed})
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="erro-`+c.id+`"`) {
				t.Fatalf("%d, want 422 at %s: %v", a.status, c.id, problems(a.body))
			}
			if !strings.Contains(a.body, `<a href="#`+c.id+`">`+c.says) {
				t.Errorf("the list above doesn't lead to %s as %q", c.id, c.says)
			}
			if !strings.Contains(a.body, `id="`+c.part+`" open`) {
				t.Errorf("%s is folded away", c.part)
			}
			if again := b.form(a.body, isaPath); !slices.Equal(again[c.name], changed) && c.name != "consulta" {
				t.Errorf("typed %q, shown %q", changed, again[c.name])
			}
		})
	}
	h.t = t
	if h.versionCount() != 1 {
		t.Fatal("something that can't work was saved")
	}
	press := func(act string, changes map[string][]string) {
		t.Helper()
		if changes == nil {
			changes = map[string][]string{}
		}
		changes["ato"] = []string{act}
		a := b.sendForm(isaPath, f, changes)
		if a.status != http.StatusOK {
			t.Fatalf("%s: %d %v", act, a.status, problems(a.body))
		}
		f = b.form(a.body, isaPath)
	}
	press("pronta", map[string][]string{"pronta": {"status_ok"}})
	press("pronta", map[string][]string{"pronta": {"id_location"}})
	press("cab_incluir", nil)
	f["cab_nome"], f["cab_valor"] = []string{"X-Empresa"}, []string{"42"}
	press("consulta_retirar-1", nil) // requisicoes_do_cliente
	press("c0-incluir", nil)
	last := len(f["c0-destino"]) - 1
	f["c0-destino"][last], f["c0-texto"][last] = "completo", "S"
	press("c0-extrair_retirar-1", nil)
	press("c7-incluir", nil) // there is no such look-up: nothing happens
	if a := b.sendForm(isaPath, f, map[string][]string{"ato": {"salvar"}, "nota": {"Regras do cliente"}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problems(a.body))
	}
	c := h.config().Integration.Points[desk.OpenOrder]
	l := c.LookUps["por_id_legado"]
	if c.Success != `http == 200 && texto_de(corpo.?status) == "OK"` || !strings.Contains(c.Extract["id_mobuss"], "location") || c.Header["X-Empresa"] != "42" ||
		len(c.LookUps) != 1 || c.LookUp != "por_id_legado" || l.Params[len(l.Params)-1].Target != "completo" || len(l.Extract) != 1 || !slices.Equal(c.Required, []string{"id_mobuss"}) {
		t.Errorf("saved %+v", c)
	}
	f = b.form(b.get(isaPath).body, isaPath)
	if a := b.sendForm(isaPath, f, map[string][]string{"ato": {"salvar"}}); a.status != http.StatusSeeOther || h.versionCount() != 2 {
		t.Errorf("saving it again: %d, %d versions", a.status, h.versionCount())
	}
}

// TestASOAPAction: a body in an envelope, its preview as XML, and the list of methods of activation says SOAP.
func TestASOAPAction(t *testing.T) {
	h := newHouse(t)
	n := h.open("AUR-A-101", "Vazamento", "Pinga < 2 gotas & mancha.")
	b := h.signedIn("consultor@demo")
	f := b.form(b.get(ivvPath).body, ivvPath)
	soap := map[string][]string{"corpo": {"xml"}, "xml_raiz": {"ws:Agendar"}, "xml_envelope": {"soap11"}, "xml_acao": {"urn:agendar"},
		"xml_prefixo": {"ws"}, "xml_espaco": {"urn:campo"}, "resposta": {"xml"}, "ocorrencia": {fmt.Sprint(n)},
		"destino": {"ws:ordem", "ws:texto"}, "origem": {"ref:ordem.id_mobuss", "campo:ocorrencia.descricao"}, "texto": {"", ""}, "formato": {":", ":"},
		"vazio": {"", ""}, "nota_linha": {"", ""}, "especie": {"", ""}, "obrigatorio": {"0"}, "ato": {"salvar"}}
	preview := b.htmx().sendForm(ivvPath+"/previa", f, soap).body
	for _, says := range []string{"&lt;ws:texto&gt;Pinga &amp;lt; 2 gotas &amp;amp; mancha.&lt;/ws:texto&gt;", "urn:agendar", "text/xml", "ocorrencia.descricao", "conhecido só no envio"} {
		if !strings.Contains(preview, says) {
			t.Errorf("%q is not in %s", says, preview)
		}
	}
	if a := b.sendForm(ivvPath, f, soap); a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problems(a.body))
	}
	x := h.config().Integration.Points[desk.AskVisit].XML
	if x == nil || x.Root != "ws:Agendar" || x.Envelope != mapping.SOAP11 || x.Namespaces["ws"] != "urn:campo" {
		t.Errorf("saved %+v", x)
	}
	page := b.get(ivvPath).body
	if !strings.Contains(page, "MOBUSS_IVV · SOAP") || !strings.Contains(page, "MOBUSS_ISA · REST") {
		t.Error("what the actions are is not said")
	}
	wrong := map[string][]string{}
	for name, v := range soap {
		wrong[name] = v
	}
	wrong["versao"], wrong["xml_raiz"] = []string{"2"}, []string{"outro:Agendar"}
	if a := b.sendForm(ivvPath, f, wrong); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="erro-xml_raiz"`) {
		t.Errorf("a prefix that nobody declared: %d %v", a.status, problems(a.body))
	}
	wrong["xml_raiz"], wrong["xml_prefixo"], wrong["xml_espaco"] = []string{"ws:Agendar"}, []string{"ws", "ws"}, []string{"urn:campo", "urn:outro"}
	if a := b.sendForm(ivvPath, f, wrong); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "duas vezes") {
		t.Errorf("a prefix twice: %d %v", a.status, problems(a.body))
	}
}

// TestAPopUpStatus is made on the tab and used on the occurrence's page; it sends nothing, under no method at all.
func TestAPopUpStatus(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("consultor@demo")
	const path = stPath + "/60/integracao"
	f := b.form(b.get(path).body, path)
	choose := map[string][]string{"ativar": {"1"}, "ponto": {"janela"}, "ato": {"trocar"}, "linhas_de": {"MOBUSS_ISA"}}
	f = b.form(b.sendForm(path, f, choose).body, path)
	f = b.form(b.sendForm(path, f, map[string][]string{"ato": {"incluir"}}).body, path)
	f = b.form(b.sendForm(path, f, map[string][]string{"ato": {"incluir"}}).body, path)
	f["caminho"], f["botao"] = []string{"/ficha"}, []string{"Abrir ficha da unidade"}
	f["destino"], f["origem"], f["obrigatorio"] = []string{"unidade", "cliente"}, []string{"campo:unidade.id_mobuss", "campo:cliente.nome"}, []string{"0"}
	bare, good := h.open("AUR-A-999", "Vazamento", "Pinga."), h.open("AUR-A-101", "Vazamento", "Pinga.")
	preview := b.htmx().sendForm(path+"/previa", f, map[string][]string{"ocorrencia": {fmt.Sprint(good)}}).body
	if !strings.Contains(preview, "GET http://127.0.0.1:1/ficha?unidade=MOB-AUR-A-101&amp;cliente=M•••") || strings.Contains(preview, "Authorization") || strings.Contains(preview, "Marina") {
		t.Errorf("the preview: %s", preview)
	}
	if a := b.sendForm(path, f, map[string][]string{"destino": {"cabecalho:X", "cliente"}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="erro-linha-0"`) {
		t.Errorf("a header: %d %v", a.status, problems(a.body))
	}
	if a := b.sendForm(path, f, map[string][]string{"ato": {"salvar"}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problems(a.body))
	}
	if w := h.config().Integration.Windows["60"]; w.Name != "Abrir ficha da unidade" || len(w.Params) != 2 {
		t.Errorf("saved %+v", w)
	}
	cat := b.form(b.get(catPath).body, catPath)
	if a := b.sendForm(catPath, cat, map[string][]string{"ato": {"salvar"}, "para-10": append(cat["para-10"], "60")}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %v", a.status, problems(a.body))
	}
	desk := h.signedIn("atendente@demo")
	for n, want := range map[int64]string{good: `href="http://127.0.0.1:1/ficha?unidade=MOB-AUR-A-101&amp;cliente=`, bare: "ainda não tem o id do Mobuss"} {
		at := fmt.Sprintf("/ocorrencias/%d", n)
		before := desk.get(at).body
		if strings.Contains(before, "data-window") || !strings.Contains(before, "Reparo executado") {
			t.Error("before the movement: a window, or no button that moves")
		}
		if a := desk.post(at+"/movimentacoes", "status", "60"); a.status != http.StatusSeeOther {
			t.Fatalf("%d", a.status)
		}
		after := desk.get(at).body
		if !strings.Contains(after, want) || n == good && (!strings.Contains(after, `target="_blank" rel="noopener noreferrer"`) || !strings.Contains(after, "Abrir ficha da unidade")) {
			t.Errorf("after the movement: %q is not there", want)
		}
		if o, err := h.Show(t.Context(), h.ana, n); err != nil || len(o.Deliveries) != 0 {
			t.Errorf("it sent something: %+v %v", o.Deliveries, err)
		}
	}
	// Switched off, the window goes; the status stays.
	f = b.form(b.get(path).body, path)
	if a := b.sendForm(path, f, map[string][]string{"ativar": nil, "ato": {"salvar"}}); a.status != http.StatusSeeOther || len(h.config().Integration.Windows) != 0 {
		t.Errorf("off: %d, %v", a.status, h.config().Integration.Windows)
	}
}

// TestAnOpeningWithoutTheUnit says what becomes of it.
func TestAnOpeningWithoutTheUnit(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("consultor@demo")
	page := b.get(isaPath).body
	if strings.Contains(page, "Nenhum parâmetro leva o IdUnidade") {
		t.Error("it is said of a call that has it")
	}
	f := b.form(page, isaPath)
	if a := b.sendForm(isaPath, f, map[string][]string{"ato": {"retirar-0"}}); !strings.Contains(a.body, "Nenhum parâmetro leva o IdUnidade") {
		t.Error("it is not said")
	}
}
