package app_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"ponte/internal/app"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

// TestTheDoorAnswersAsItWasChosen: form, fields and status are those of the caller's integration, from the next call
// on; what the caller asks for by its Accept header comes before the form.
func TestTheDoorAnswersAsItWasChosen(t *testing.T) {
	h := newHouse(t)
	admin := desk.Actor{Kind: "comando", Name: "teste", Roles: []desk.Role{desk.Admin}}
	choose := func(p flow.Profile) {
		t.Helper()
		if err := h.app.Flow.SetProfile(t.Context(), admin, p); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(method, path, token, accept, body string) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+h.app.Addr()+"/ws/rest/v1"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", accept)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.Status[:3] + " " + string(b)
	}
	const opening = `{"cod_projeto": "MOB-AUR-A-101", "bloqueio_incluir_cliente": "T", "descricao": "Porta empenada."}`
	open := func(token, accept string) string { return ask("POST", "/ocorrencias", token, accept, opening) }
	want := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %s\nwant %s", what, got, want)
		}
	}
	want("the preset", open(app.DemoToken, "*/*"), `201 {"numero_ocorrencia":1000}`)
	choose(flow.Profile{Operation: "IncluirOcorrencia", Integration: "mobuss", Form: "text", AlwaysOK: true})
	want("Mobuss's own", open(app.DemoToken, "*/*"), "200 1001")
	want("what Accept asks for", open(app.DemoToken, "application/json"), `200 {"numero_ocorrencia":1002}`)
	want("another integration", open(app.DemoDeskToken, "*/*"), `201 {"numero_ocorrencia":1003}`)
	choose(flow.Profile{Operation: "IncluirOcorrencia", Form: "xml"})
	want("that of all", open(app.DemoDeskToken, "*/*"), "201 <?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<IncluirOcorrenciaResponse><numero_ocorrencia>1004</numero_ocorrencia></IncluirOcorrenciaResponse>")
	want("Mobuss's own is still its own", open(app.DemoToken, "*/*"), "200 1005")
	if got := ask("POST", "/ocorrencias", app.DemoToken, "*/*", `{}`); !strings.HasPrefix(got, "422 bloqueio_incluir_cliente_obrigatorio: ") && !strings.HasPrefix(got, "422 parametro_invalido: ") {
		t.Errorf("an error in the form of the profile: %s", got)
	}
	choose(flow.Profile{Operation: "ConsultarOcorrencia", Integration: "casa", Fields: []string{"situacao", "cliente.nome", "numero_ocorrencia"}})
	shown := ask("GET", "/ocorrencias/1003", app.DemoDeskToken, "*/*", "")
	if !strings.HasPrefix(shown, `200 {"numero_ocorrencia":1003,"situacao":"aberta","cliente":{"nome":"`) || strings.Contains(shown, "cpf_cnpj") || strings.Contains(shown, "movimentacoes") {
		t.Errorf("chosen fields: %s", shown)
	}
	if err := h.app.Flow.DropProfile(t.Context(), admin, "ConsultarOcorrencia", "casa"); err != nil {
		t.Fatal(err)
	}
	if shown := ask("GET", "/ocorrencias/1003", app.DemoDeskToken, "*/*", ""); !strings.Contains(shown, "movimentacoes") {
		t.Errorf("everything again: %s", shown)
	}
}
