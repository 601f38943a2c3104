package web_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// sheets posts a form with sheets, as a browser does from a page of ours.
func (b *browser) sheets(path string, files []part, pairs ...string) answer {
	b.h.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		b.h.must(w.WriteField(pairs[i], pairs[i+1]))
	}
	for _, f := range files {
		p, err := w.CreateFormFile("planilhas", f.name)
		b.h.must(err)
		_, err = io.WriteString(p, f.content)
		b.h.must(err)
	}
	b.h.must(w.Close())
	r, err := http.NewRequestWithContext(b.h.t.Context(), http.MethodPost, b.h.http.URL+path, &body)
	b.h.must(err)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

// TestRegistryIsForConsultants: nobody else sees or does anything of it.
func TestRegistryIsForConsultants(t *testing.T) {
	r := newRegistry(t)
	at := r.signedIn("consultor@demo").sheets("/cadastros/importacao", []part{{"a.csv", erp}}).header.Get("Location")
	r.work()
	for _, login := range []string{"atendente@demo", "gestor@demo"} {
		b := r.signedIn(login)
		for _, path := range []string{"/cadastros", "/cadastros/empreendimentos/1", "/cadastros/blocos/1", "/cadastros/importacao", at, at + "/recusadas/1000",
			"/cadastros/unidades-no-mobuss", "/cadastros/unidades-no-mobuss/sem-id.csv?ambiente=producao"} {
			if a := b.get(path); a.status != http.StatusForbidden {
				t.Errorf("%s reads %s: %d", login, path, a.status)
			}
		}
		for _, act := range []string{"importar", "planejar", "parar", "descartar"} {
			if a := b.post(at+"/"+act, "plano", "x"); a.status != http.StatusForbidden {
				t.Errorf("%s: %s: %d", login, act, a.status)
			}
		}
		for _, path := range []string{"/cadastros/importacao", "/cadastros/unidades-no-mobuss?ambiente=producao"} {
			if a := b.sheets(path, []part{{"a.csv", erp}}); a.status != http.StatusForbidden {
				t.Errorf("%s sends to %s: %d", login, path, a.status)
			}
		}
		if strings.Contains(b.get("/painel").body, `href="/cadastros"`) {
			t.Errorf("%s is shown the way", login)
		}
	}
	if a := r.signedIn("admin@demo").get("/cadastros"); a.status != http.StatusOK {
		t.Errorf("an administrator reads the registry: %d", a.status)
	}
}

// TestSheetsThatAreRefused: what is wrong is said beside the field, and what was chosen stays.
func TestSheetsThatAreRefused(t *testing.T) {
	r := newRegistry(t)
	b := r.signedIn("consultor@demo")
	many := make([]part, flow.MaxSheets+1)
	for i := range many {
		many[i] = part{fmt.Sprintf("%d.csv", i), "a;b\n"}
	}
	for name, c := range map[string]struct {
		files  []part
		status int
		want   string
	}{
		"none":     {nil, 422, "Escolha ao menos uma planilha"},
		"empty":    {[]part{{"vazia.csv", ""}}, 422, "vazia.csv"},
		"too many": {many, 422, "Envie no máximo 20 por vez"},
		"too much": {[]part{{"a.csv", strings.Repeat("a;b\n", flow.MaxSheetBytes/8)}, {"b.csv", strings.Repeat("a;b\n", flow.MaxSheetBytes/8+1)}}, 422, "As planilhas passam de 160 MB"},
	} {
		a := b.sheets("/cadastros/importacao", c.files, "tipo", "unidades", "completo", "1")
		if a.status != c.status || !strings.Contains(a.body, c.want) || !strings.Contains(a.body, `id="erro-planilhas"`) {
			t.Errorf("%s: %d, %.300s", name, a.status, a.body)
		}
		if !strings.Contains(a.body, `value="unidades" selected`) || !strings.Contains(a.body, `name="completo" value="1" checked`) {
			t.Errorf("%s: what was chosen is lost", name)
		}
	}
	if jobs, err := r.RegistryJobs(t.Context(), desk.Actor{Roles: []desk.Role{desk.Admin}}, 10); err != nil || len(jobs) != 0 {
		t.Errorf("left over: %+v, %v", jobs, err)
	}
	if a := b.get("/cadastros/importacao/none"); a.status != http.StatusNotFound {
		t.Errorf("an import that is none: %d", a.status)
	}
}

// TestUnitsByPage: what is wrong with the ids, as a page and as a sheet that comes back filled in; and the list of Mobuss's.
func TestUnitsByPage(t *testing.T) {
	r := newRegistry(t)
	b := r.signedIn("consultor@demo")
	const page = "/cadastros/unidades-no-mobuss?ambiente=homologacao"
	facts := func(want ...string) {
		t.Helper()
		a := b.get(page)
		for i, id := range []string{"unidades", "com-id", "sem-id", "repetidos", "desconhecidos"} {
			if !strings.Contains(a.body, fmt.Sprintf(`data-fact="%s">%s<`, id, want[i])) {
				t.Errorf("%s is not %s", id, want[i])
			}
		}
	}
	facts("6", "5", "1", "0", "0")
	a := b.get("/cadastros/unidades-no-mobuss/sem-id.csv?ambiente=homologacao")
	const want = "\ufeffcod_empreendimento;cod_bloco;numero;area_comum;id_mobuss_homologacao\r\nAUR;A;999;N;\r\n"
	if a.body != want || !strings.Contains(a.header.Get("Content-Disposition"), "unidades-sem-id-homologacao.csv") {
		t.Fatalf("the sheet: %q %s", a.body, a.header)
	}
	at := b.sheets("/cadastros/importacao", []part{{"sem-id.csv", strings.Replace(a.body, "999;N;", "999;N;=MOB-9", 1)}}).header.Get("Location")
	r.work()
	_, rest, _ := strings.Cut(b.get(at).body, `name="plano" value="`)
	print, _, _ := strings.Cut(rest, `"`)
	b.post(at+"/importar", "plano", print)
	r.work()
	facts("6", "6", "0", "0", "0")
	b.sheets(page, []part{{"lista.csv", "IdUnidade;Nome\nMOB-AUR-A-101;101\nMOB-AUR-A-102;102\n=HYPERLINK(0);formula\n"}})
	r.work()
	facts("6", "6", "0", "0", "4")
	if a := b.get("/cadastros/unidades-no-mobuss/desconhecidos.csv?ambiente=homologacao"); !strings.Contains(a.body, "AUR;A;999;N;'=MOB-9\r\n") { // inert in a spreadsheet
		t.Errorf("the unknown ones: %q", a.body)
	}
	if a := b.get("/cadastros/unidades-no-mobuss/so-no-mobuss.csv?ambiente=homologacao"); a.body != "\ufeffid_mobuss;nome\r\n'=HYPERLINK(0);formula\r\n" {
		t.Errorf("only there: %q", a.body)
	}
	for _, path := range []string{"/cadastros/unidades-no-mobuss/sem-id.csv", "/cadastros/unidades-no-mobuss/nada.csv?ambiente=producao", "/cadastros/unidades-no-mobuss/sem-id?ambiente=producao"} {
		if a := b.get(path); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	if a := b.sheets("/cadastros/unidades-no-mobuss?ambiente=homologacao", nil); a.status != 422 || !strings.Contains(a.body, "Escolha ao menos uma planilha") {
		t.Errorf("a list that is none: %d", a.status)
	}
	if a := b.post("/cadastros/unidades-no-mobuss/consultar"); a.status != 422 {
		t.Errorf("asked, without a question: %d", a.status)
	}
}

// TestUnitWithoutID: before it is tried, both pages say that no order can be opened for the unit, and what to do.
func TestUnitWithoutID(t *testing.T) {
	r := newRegistry(t)
	b := r.signedIn("atendente@demo")
	const says = "AUR-A-999 não tem id no Mobuss em homologação: enviar ao campo vai falhar."
	n := r.open("AUR-A-999", "Pia pingando", "Pinga.")
	for unit, want := range map[string]bool{"AUR-A-999": true, "AUR-A-102": false} {
		chosen, _ := r.chosen(unit)
		if got := strings.Contains(b.get(chosen).body, says); got != want {
			t.Errorf("new, %s: says %t", unit, got)
		}
	}
	if !strings.Contains(b.get(path(n)).body, says) || strings.Contains(b.get(path(r.open("AUR-A-102", "x", "y"))).body, "não tem id no Mobuss") {
		t.Error("the occurrence's page says it of the wrong one, or not at all")
	}
	if strings.Contains(b.get(path(n)).body, "/cadastros/unidades-no-mobuss") {
		t.Error("an attendant is sent where only consultants may go")
	}
	at := r.signedIn("consultor@demo").sheets("/cadastros/importacao", []part{{"a.csv", erp}}).header.Get("Location")
	r.work()
	_, rest, _ := strings.Cut(r.signedIn("consultor@demo").get(at).body, `name="plano" value="`)
	print, _, _ := strings.Cut(rest, `"`)
	r.signedIn("consultor@demo").post(at+"/importar", "plano", print)
	r.work()
	if strings.Contains(b.get(path(n)).body, says) {
		t.Error("with its id it is said still")
	}
}
