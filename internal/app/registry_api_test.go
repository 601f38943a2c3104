package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ponte/internal/app"
	"ponte/internal/auth"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

// TestRegistryByTheERP: a program of the house whose scope names it keeps the registry up to date in batches, each row
// with its own verdict; the same batch again changes nothing, a plan writes nothing, and nobody else comes in.
func TestRegistryByTheERP(t *testing.T) {
	h := newHouse(t)
	admin := desk.Actor{Kind: "comando", Name: "teste", Roles: []desk.Role{desk.Admin}}
	token := func(name string, origin desk.Origin, developments []string, operations ...string) string {
		t.Helper()
		key := auth.NewKey()
		if _, err := h.app.Flow.AddToken(t.Context(), admin, flow.Token{Name: name, Integration: name, Hash: auth.HashKey(key), Origin: origin,
			Environment: desk.Homologation, Operations: operations, Developments: developments}); err != nil {
			t.Fatal(err)
		}
		return key
	}
	erp := token("erp", desk.House, nil, desk.ScopeRegistry)
	narrow := token("erp-pda", desk.House, []string{"PDA"}, desk.ScopeRegistry)
	put := func(key, kind, body string) (int, string, map[string]any) {
		t.Helper()
		status, text := h.call(http.MethodPut, "http://"+h.app.Addr()+"/ws/rest/v1/cadastro/"+kind, key, "application/json", strings.NewReader(body))
		var a map[string]any
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return status, text, a
	}
	const batch = `"registros":[
		{"cod_empreendimento":"IPE","nome_empreendimento":"Ipê","cod_bloco":"A","numero":101,"cod_contrato":"IPE-1","cpf_cnpj":"529.982.247-25","nome_cliente":"Marina Prado","email":"m@exemplo.com.br"},
		{"cod_empreendimento":"IPE","cod_bloco":"A","numero":"102","cod_contrato":null,"cpf_cnpj":null},
		{"cod_empreendimento":"IPE","cod_bloco":"A","numero":"103","cod_contrato":"IPE-3","cpf_cnpj":"529.982.247-26","nome_cliente":"Quem"},
		{"cod_empreendimento":"IPE","cod_bloco":"A","numero":"104","andar":"1"}]`
	for i, c := range []struct{ body, want string }{
		{`{"simular":true,` + batch + `}`, "map[erro:2 novo:2]"},
		{`{` + batch + `}`, "map[erro:2 novo:2]"}, // the plan wrote nothing
		{`{` + batch + `}`, "map[erro:2 igual:2]"},
	} {
		status, text, a := put(erp, "completo", c.body)
		if got := fmt.Sprint(a["totais"]); status != 200 || got != c.want {
			t.Fatalf("%d: %d %s, want %s", i, status, text, c.want)
		}
		if i == 0 && (!strings.Contains(text, `"codigo":"cpf_cnpj_invalido"`) || !strings.Contains(text, `"campo":"andar"`)) {
			t.Errorf("reasons: %s", text)
		}
	}
	if _, text, a := put(erp, "clientes", `{"registros":[{"cpf_cnpj":"52998224725","nome_cliente":"Marina F. Prado"}]}`); fmt.Sprint(a["totais"]) != "map[alterado:1]" ||
		!strings.Contains(text, `"antes":"Marina Prado","agora":"Marina F. Prado"`) {
		t.Errorf("a change: %s", text)
	}
	if _, text, a := put(narrow, "unidades", `{"registros":[{"cod_empreendimento":"AUR","cod_bloco":"A","numero":"999"},{"cod_empreendimento":"PDA","cod_bloco":"U","numero":"999"}]}`); fmt.Sprint(a["totais"]) != "map[conflito:1 novo:1]" || !strings.Contains(text, "fora_do_alcance") {
		t.Errorf("a scope of developments: %s", text)
	}
	for name, c := range map[string]struct{ key, kind, body, want string }{
		"Mobuss":               {app.DemoToken, "unidades", `{"registros":[{}]}`, "403 sem_permissao"},
		"the house, all of it": {app.DemoDeskToken, "unidades", `{"registros":[{}]}`, "403 sem_permissao"},
		"nobody":               {"x", "unidades", `{"registros":[{}]}`, "401 nao_autenticado"},
		"no such kind":         {erp, "pessoas", `{"registros":[{}]}`, "404 rota_nao_encontrada"},
		"no rows":              {erp, "unidades", `{"registros":[]}`, "422 parametro_invalido"},
		"too many":             {erp, "unidades", `{"registros":[` + strings.Repeat(`{},`, 500) + `{}]}`, "422 parametro_invalido"},
		"nested":               {erp, "unidades", `{"registros":[{"numero":{}}]}`, "422 parametro_invalido"},
		"no JSON":              {erp, "unidades", `numero=1`, "400 conteudo_invalido"},
	} {
		status, text, a := put(c.key, c.kind, c.body)
		if got := fmt.Sprint(status, " ", a["codigo"]); got != c.want {
			t.Errorf("%s: %s, want %s (%s)", name, got, c.want, text)
		}
	}
	if status, text := h.rest("/ocorrencias", erp, map[string]any{"cod_projeto": "IPE-1", "descricao": "x", "bloqueio_incluir_cliente": "T"}); status != 403 {
		t.Errorf("the registry's token opens an occurrence: %d %s", status, text)
	}
	if _, err := h.app.Flow.AddToken(t.Context(), admin, flow.Token{Name: "m", Integration: "m", Hash: "x", Origin: desk.Field, Environment: desk.Homologation,
		Operations: []string{desk.ScopeRegistry}}); err == nil {
		t.Error("a token of Mobuss's may be given the registry")
	}
	status, text := h.call(http.MethodGet, "http://"+h.app.Addr()+"/ws/rest/v1/cadastro/openapi.json", "", "", nil)
	var doc struct {
		OpenAPI string         `json:"openapi"`
		Paths   map[string]any `json:"paths"`
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil || status != 200 || doc.OpenAPI != "3.1.0" || len(doc.Paths) != len(flow.RegistryKinds)-1 {
		t.Errorf("the document: %d %.200s %v", status, text, err)
	}
	if _, seven := h.call(http.MethodGet, "http://"+h.app.Addr()+"/ws/rest/v1/openapi.json", "", "", nil); strings.Contains(seven, "/cadastro") {
		t.Error("Mobuss's document speaks of the registry")
	}
}
