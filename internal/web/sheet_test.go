package web_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/sheet"
	"ponte/internal/webservice"
	"ponte/internal/webservice/rest"
)

func TestWhoSeesTheSheetAndWhoTries(t *testing.T) {
	h := newSheet(t)
	for _, c := range []struct {
		login              string
		sheet, try, posted int
	}{
		{"", 303, 303, 401},
		{"atendente@demo", 403, 403, 403},
		{"gestor@demo", 200, 403, 403},
		{"consultor@demo", 200, 200, 200},
		{"admin@demo", 200, 200, 200},
	} {
		b := h.browser()
		if c.login != "" {
			b = h.signedIn(c.login)
		}
		for path, want := range map[string]int{sheetAt: c.sheet, sheetAt + ".pdf": c.sheet, tryAt: c.try} {
			if got := b.get(path); got.status != want {
				t.Errorf("%q %s: %d, want %d", c.login, path, got.status, want)
			}
		}
		before := h.received()
		if got := b.post(tryAt, "operacao", "IncluirOcorrencia", "token", fmt.Sprint(h.FieldID), "p.cod_projeto", "x"); got.status != c.posted {
			t.Errorf("%q tries: %d, want %d", c.login, got.status, c.posted)
		}
		if n := len(h.received()) - len(before); (n > 0) != (c.posted == 200) {
			t.Errorf("%q left %d calls", c.login, n)
		}
		if c.login == "gestor@demo" && !strings.Contains(b.get("/painel").body, `href="`+sheetAt+`"`) {
			t.Error("a manager finds no way to the sheet")
		}
	}
	body := h.signedIn("consultor@demo").get(wsPath).body
	for _, path := range []string{sheetAt, tryAt} {
		if !strings.Contains(body, `href="`+path+`"`) {
			t.Errorf("the page of the webservices doesn't lead to %s", path)
		}
	}
}

// received are the kept calls, newest first.
func (h *house) received() []flow.CallLine {
	h.t.Helper()
	calls, err := h.ListCalls(h.t.Context(), flowtest.Admin(), flow.CallsQuery{Most: 100})
	h.must(err)
	return calls.Lines
}

var tags = regexp.MustCompile(`(?s)<script.*?</script>|<[^>]*>`)

// words are what a page says, without its marks.
func words(body string) string { return html.UnescapeString(tags.ReplaceAllString(body, "")) }

type warrantyIn struct {
	Warranty string `ws:"garantia_extra,obrigatorio,enum=sim|talvez" doc:"Se a garantia <estendida> & tal vale." exemplo:"talvez"`
}

type warrantyOut struct {
	Number int64 `ws:"numero_ocorrencia,obrigatorio" exemplo:"1234"`
}

// TestThePageSaysEverything: each operation, parameter, error, address and call; what is defined beside them stands there
// without another edit.
func TestThePageSaysEverything(t *testing.T) {
	h := newSheet(t, webservice.Define(webservice.Operation{Name: "EstenderGarantia", Doc: "Estende a garantia. Só um teste."},
		func(context.Context, *webservice.Call, *warrantyIn) (*warrantyOut, bool, error) {
			return nil, false, nil
		}))
	h.must(h.SetProfile(t.Context(), flowtest.Admin(), flow.Profile{Operation: "IncluirComentario", Integration: "mobuss", Form: "text", AlwaysOK: true}))
	r := webservice.NewRegistry(webservice.Operations(h.Flow, nil)...)
	s := r.Sheet(rest.Status, func(op string) flow.Profile { return flow.Preset(op, "") })
	s.Base, s.MaxBody = "https://ponte.construtora.com.br", 1<<20
	page := h.signedIn("consultor@demo").get(sheetAt + "?integracao=")
	got := words(page.body)
	want := func(where, text string) {
		t.Helper()
		if !strings.Contains(got, text) {
			t.Errorf("%s: the page lacks %q", where, text)
		}
	}
	for i := range s.Operations {
		op := &s.Operations[i]
		want(op.Name, op.Doc)
		want(op.Name, strings.Join(s.Called(op), "\n"))
		want(op.Name, sheet.Pretty(op.Type, op.Answer))
		for _, p := range op.Params {
			for _, text := range []string{p.Name, p.Needed(), p.Type(), p.Doc, p.Example} {
				want(op.Name+"."+p.Name, text)
			}
		}
		for _, e := range s.Examples(op) {
			want(op.Name+" "+e.ID, e.Code)
		}
	}
	for _, c := range s.Codes {
		want(c.Code, c.Code)
		want(c.Code, c.Title)
		want(c.Code, c.Detail)
	}
	for _, a := range s.Addresses() {
		want(a.Name, a.URL)
	}
	for _, text := range []string{"EstenderGarantia", "garantia_extra", "um de: sim, talvez", "Se a garantia <estendida> & tal vale."} {
		want("the new one", text)
	}
	if strings.Contains(page.body, "<estendida>") {
		t.Error("what an operation says of itself is not escaped")
	}
	if own := words(h.signedIn("consultor@demo").get(sheetAt).body); !strings.Contains(own, "HTTP 200 · text/plain; charset=utf-8") || strings.Contains(got, "text/plain; charset=utf-8") {
		t.Error("the answers are not those of the integration's profile")
	}
}

func TestTheSheetAsAFile(t *testing.T) {
	h := newSheet(t)
	a := h.signedIn("gestor@demo").get(sheetAt + ".pdf?integracao=mobuss")
	if a.header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(a.body, "%PDF-") || !strings.Contains(a.header.Get("Content-Disposition"), "parametros-webservice.pdf") {
		t.Errorf("%v %.20q", a.header, a.body)
	}
}

// openingTried is a form that opens an occurrence.
func (h *house) openingTried(token int64, more ...string) []string {
	return append([]string{"operacao", "IncluirOcorrencia", "token", fmt.Sprint(token), "p.cod_projeto", "MOB-AUR-A-101",
		"p.bloqueio_incluir_cliente", "T", "p.descricao", "Uma tentativa de <b>abrir</b>."}, more...)
}

// TestATrialIsRealAndMarked: the occurrence exists and is a test; the call is kept as a trial; the program's own call of
// the same id_externo is neither answered by it nor ended.
func TestATrialIsRealAndMarked(t *testing.T) {
	h := newSheet(t)
	b := h.signedIn("consultor@demo")
	// What the program sent was refused, and waits for a person.
	_, err := h.Flow.Open(t.Context(), h.Call("IncluirOcorrencia", "SAT-1", "", h.Field), flow.OpenInput{Project: "9999", BlockNewCustomer: "T", Description: "x"})
	if err == nil {
		t.Fatal("an unknown unit was taken")
	}
	page := b.post(tryAt, h.openingTried(h.FieldID, "p.id_externo", "SAT-1")...)
	m := regexp.MustCompile(`href="/ocorrencias/(\d+)"`).FindStringSubmatch(page.body)
	if page.status != 200 || m == nil || !strings.Contains(words(page.body), "HTTP 201 Created") {
		t.Fatalf("%d %v: %s", page.status, m, words(page.body))
	}
	var n int64
	_, _ = fmt.Sscan(m[1], &n)
	o, err := h.Page(t.Context(), flowtest.Admin(), n)
	h.must(err)
	calls := h.received()
	if !o.Test || o.Environment != desk.Homologation || o.Origin != desk.Field || !calls[0].Trial || calls[0].ReplayedBy != "Caio Prates" || calls[0].Number != n {
		t.Errorf("test %v in %s from %s; kept %+v", o.Test, o.Environment, o.Origin, calls[0])
	}
	if got := words(b.get("/ocorrencias?visao=todas").body + h.signedIn("atendente@demo").get(fmt.Sprint("/ocorrencias/", n)).body); strings.Count(got, "Teste") < 2 {
		t.Error("the list or the page doesn't say that it is a test")
	}
	if got := words(b.get(callAt(calls[0].ID)).body); !strings.Contains(got, "Tentativa") || !strings.Contains(got, "Uma tentativa de Caio Prates") {
		t.Error("the call's page doesn't say that it is a trial")
	}
	for _, text := range []string{"-H 'Authorization: Bearer SEU_TOKEN'", `"descricao": "Uma tentativa de <b>abrir</b>."`, "Content-Type: application/json"} {
		if !strings.Contains(words(page.body), text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	if strings.Contains(page.body, "<b>abrir</b>") {
		t.Error("what was typed is not escaped")
	}
	if waiting, err := h.CountOpenCalls(t.Context(), flowtest.Admin()); err != nil || waiting.N != 1 {
		t.Errorf("the program's refused call: %d wait, %v", waiting.N, err)
	}
	// The same trial again is the same; the program's own call is its own.
	if again := b.post(tryAt, h.openingTried(h.FieldID, "p.id_externo", "SAT-1")...); !strings.Contains(words(again.body), "HTTP 200 OK") || !strings.Contains(again.body, m[0]) {
		t.Errorf("again: %s", words(again.body))
	}
	own, err := h.Flow.Open(t.Context(), h.Call("IncluirOcorrencia", "SAT-1", "", h.Field), flow.OpenInput{Project: "MOB-AUR-A-101", BlockNewCustomer: "T", Description: "x"})
	if err != nil || own.Repeated || own.Number == n {
		t.Errorf("the program's own: %+v %v", own, err)
	}
	if o, err := h.Page(t.Context(), flowtest.Admin(), own.Number); err != nil || o.Test {
		t.Errorf("the program's own is a test: %v %v", o, err)
	}
	// A trial asks for its own id_externo; a program doesn't see it by that.
	asked := b.post(tryAt, "operacao", "ConsultarOcorrencia", "token", fmt.Sprint(h.FieldID), "p.id_externo", "SAT-1")
	if !strings.Contains(asked.body, m[0]) || !h.received()[0].Trial {
		t.Errorf("asked: %s", words(asked.body))
	}
	if found, err := h.FindByExternalID(t.Context(), h.Field, "SAT-1"); err != nil || found != own.Number {
		t.Errorf("the program finds %d, %v; its own is %d", found, err, own.Number)
	}
}

// TestARefusedTrial: beside the parameters, kept, and nobody's work; the form stays as it was.
func TestARefusedTrial(t *testing.T) {
	h := newSheet(t)
	b := h.signedIn("consultor@demo")
	h.must(h.SetProfile(t.Context(), flowtest.Admin(), flow.Profile{Operation: "InformarVistoria", Form: "text"}))
	n := h.open("AUR-A-101", "Vazamento", "Pinga.")
	page := b.post(tryAt, "operacao", "InformarVistoria", "token", fmt.Sprint(h.FieldID), "p.numero_ocorrencia", fmt.Sprint(n), "p.inicio", `amanhã "cedo"`, "p.situacao", "")
	for _, id := range []string{"erro-inicio", "erro-situacao"} {
		if !strings.Contains(page.body, `id="`+id+`"`) || !strings.Contains(page.body, `aria-describedby="`+id+`"`) {
			t.Errorf("no %s beside its input", id)
		}
	}
	got := words(page.body)
	for _, text := range []string{"HTTP 422 Unprocessable Entity", "parametro_invalido: ", "text/plain"} { // as the profile has it
		if !strings.Contains(got, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	if !strings.Contains(page.body, `value="amanhã &#34;cedo&#34;"`) {
		t.Error("what was typed is gone")
	}
	call := h.received()[0]
	waiting, err := h.CountOpenCalls(t.Context(), flowtest.Admin())
	if !call.Trial || call.Open() || err != nil || waiting.N != 0 || !strings.Contains(page.body, `href="`+callAt(call.ID)+`"`) {
		t.Errorf("kept %+v, %d wait: %v", call, waiting.N, err)
	}
	if got := words(b.get(callAt(call.ID)).body); !strings.Contains(got, "Ninguém espera por ela.") {
		t.Error("the call's page doesn't say what became of it")
	}
}

// TestNoTrialInProduction, nor as a token that has ended, nor beyond what the token may do.
func TestNoTrialInProduction(t *testing.T) {
	h := newSheet(t)
	b := h.signedIn("admin@demo")
	add := func(name string, env desk.Environment, operations ...string) int64 {
		id, err := h.AddToken(t.Context(), flowtest.Admin(), flow.Token{Name: name, Integration: "erp", Hash: name, Origin: desk.House, Environment: env, Operations: operations})
		h.must(err)
		return id
	}
	production, ended, few := add("de produção", desk.Production), add("revogado", desk.Homologation), add("pouco", desk.Homologation, "ConsultarOcorrencia")
	h.must(h.RevokeToken(t.Context(), flowtest.Admin(), ended))
	body := b.get(tryAt).body
	for _, id := range []int64{production, ended} {
		if strings.Contains(body, fmt.Sprintf(`<option value="%d"`, id)) {
			t.Errorf("token %d is offered", id)
		}
		if a := b.post(tryAt, h.openingTried(id)...); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="erro-token"`) {
			t.Errorf("token %d: %d", id, a.status)
		}
	}
	if n := len(h.received()); n != 0 {
		t.Errorf("%d calls were kept", n)
	}
	if a := b.post(tryAt, h.openingTried(few)...); !strings.Contains(words(a.body), "HTTP 403 Forbidden") {
		t.Errorf("an operation that the token may not call: %s", words(a.body))
	}
	if a := b.post(tryAt, "operacao", "Apagar", "token", fmt.Sprint(few)); a.status != 404 {
		t.Errorf("an operation that there is not: %d", a.status)
	}
	h.must(h.RevokeToken(t.Context(), flowtest.Admin(), few))
	h.must(h.RevokeToken(t.Context(), flowtest.Admin(), h.FieldID))
	h.must(h.RevokeToken(t.Context(), flowtest.Admin(), h.HouseID))
	if got := words(b.get(tryAt).body); !strings.Contains(got, "Nenhum token de homologação vale agora") {
		t.Error("without a token the page doesn't say so")
	}
}

// TestAFileIsTried: it goes in as bytes and stands in the printed call by its name.
func TestAFileIsTried(t *testing.T) {
	h := newSheet(t)
	n := h.open("AUR-A-101", "Vazamento", "Pinga.")
	a := h.signedIn("consultor@demo").sendTo(tryAt, "p.conteudo", part{name: "laudo; final.pdf", content: "%PDF-1.4\n%âãÏÓ\n1 0 obj<<>>endobj\n"},
		"operacao", "IncluirAnexo", "token", fmt.Sprint(h.FieldID), "p.numero_ocorrencia", fmt.Sprint(n), "p.nome", "laudo.pdf")
	got := words(a.body)
	if !strings.Contains(got, "HTTP 201 Created") || !strings.Contains(got, `-F 'conteudo=@"laudo; final.pdf"'`) {
		t.Fatalf("%d: %s", a.status, got)
	}
	o, err := h.Page(t.Context(), flowtest.Admin(), n)
	if err != nil || len(o.Attachments) != 1 || o.Attachments[0].Name != "laudo.pdf" {
		t.Errorf("%+v %v", o.Attachments, err)
	}
}
