package sandbox

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
)

// submit sends a form as a browser without scripts does; pairs of name and value, files as name and content after "@".
func (r *rig) submit(want int, path string, pairs ...string) reply {
	r.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		if name, isFile := strings.CutPrefix(pairs[i], "@"); isFile {
			p, _ := m.CreateFormFile("fotos", name)
			_, _ = p.Write([]byte(pairs[i+1]))
			continue
		}
		_ = m.WriteField(pairs[i], pairs[i+1])
	}
	m.Close()
	r.web.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return r.call(want, "POST", path, b.String(), "Content-Type", m.FormDataContentType())
}

func (r *rig) page(path string) string {
	r.t.Helper()
	return r.call(200, "GET", path, "").raw
}

const jpegBytes = "\xff\xd8\xff\xe0 bytes of a photo"

// wantIn checks what a page says; a leading "!" means that it must not.
func wantIn(t *testing.T, where, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		text, not := strings.CutPrefix(text, "!")
		if strings.Contains(page, text) == not {
			t.Errorf("%s: %q is there: %v", where, text, !not)
		}
	}
}

func TestPageIsGuardedAndFingerprinted(t *testing.T) {
	r := newRig(t)
	id := r.openFor("1")
	for _, path := range []string{"/", "/ordens/" + id, "/console", "/ordens/nova"} {
		out := r.call(200, "GET", path, "")
		if csp := out.header.Get("Content-Security-Policy"); csp != policy || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if regexp.MustCompile(`<script>|<style|\son\w+=|\sstyle=`).MatchString(out.raw) {
			t.Errorf("%s holds an inline script or style", path)
		}
		if again := r.call(304, "GET", path, "", "If-None-Match", out.header.Get("ETag")); again.raw != "" {
			t.Errorf("%s: 304 with a body", path)
		}
	}
	old := r.call(200, "GET", "/", "").header.Get("ETag")
	r.openFor("2")
	r.call(200, "GET", "/", "", "If-None-Match", old)
	for _, path := range []string{"/ordens/" + id + "/comentar", "/console/zerar", "/console/falhas", "/idioma"} {
		r.call(403, "POST", path, "", "Sec-Fetch-Site", "cross-site")
	}
	if n := len(r.orders()); n != 2 {
		t.Errorf("%d orders", n)
	}
}

func TestPagesShowOnlyIconsThatExist(t *testing.T) {
	r, p := newRig(t), newPonte(t)
	p.answer = func(n int, h heard) (int, string, map[string]string) { return 422, refusal422, nil }
	id := r.openFor("1")
	field := r.fieldOpen(`{"acao":"abrir","unidade":"1","texto":"x","emergencia":"T"}`).IDMobuss
	paths := []string{"/", "/ordens/nova", "/ordens/" + field, "/console", "/ordens/" + id}
	seen := map[string]bool{}
	look := func() {
		for _, path := range append(paths, "/ordens/"+id+"/executar") {
			out, _ := r.try("GET", path, "")
			for _, m := range regexp.MustCompile(`icons\.svg#([\w-]+)`).FindAllStringSubmatch(out.raw, -1) {
				seen[m[1]] = true
			}
		}
	}
	look()
	r.ring(p, "rest")
	r.awaitResults(1)
	look()
	for _, act := range []string{`{"acao":"agendar","inicio":"2026-02-02T09:00"}`, `{"acao":"vistoriar"}`, `{"acao":"comentar"}`,
		`{"acao":"executar"}`, `{"acao":"encerrar"}`} {
		r.act(id, act)
		look()
	}
	sprite := string(newAssets().files["icons.svg"])
	for name := range seen {
		if !strings.Contains(sprite, `<symbol id="`+name+`"`) {
			t.Errorf("no icon %q", name)
		}
	}
	if len(seen) < 18 {
		t.Errorf("only %d icons were seen: %v", len(seen), seen)
	}
}

// Every step by forms alone; each page that follows says what was done, once.
func TestFormsDoWhatTheButtonsDo(t *testing.T) {
	r := newRig(t)
	id := r.openFor("7")
	to := "/ordens/" + id
	steps := []struct {
		act  string
		form []string
		now  situation
	}{
		{"comentar", []string{"texto", " Cheguei.\r\nSem chave. "}, orderOpen},
		{"agendar", []string{"dia", "2099-02-02", "inicio", "09:00", "fim", "10:30", "texto", ""}, orderScheduled},
		{"vistoriar", []string{"texto", "Sifão trincado.", "@a.jpg", jpegBytes}, orderInspected},
		{"executar", []string{"texto", "Sifão trocado.", "@a.jpg", jpegBytes, "@b.png", "\x89PNG\r\n\x1a\n", "@", ""}, orderRepaired},
		{"encerrar", []string{"texto", "Trocado.", "procedente", "F"}, orderClosed},
	}
	for _, s := range steps {
		r.page(to + "/" + s.act)
		out := r.submit(303, to+"/"+s.act, s.form...)
		if want := to + "?feito=" + s.act; out.header.Get("Location") != want {
			t.Errorf("%s: went to %s", s.act, out.header.Get("Location"))
		}
		wantIn(t, s.act, r.page(out.header.Get("Location")), catalogue["done."+s.act].pt)
		if o := r.orders()[0]; o.Situacao != s.now {
			t.Errorf("%s: %s", s.act, o.Situacao)
		}
	}
	o := r.orders()[0]
	if v := o.Visitas[0]; v.Inicio != "2099-02-02T09:00:00-03:00" || v.Fim != "2099-02-02T10:30:00-03:00" || v.Tecnico != fieldTechnician {
		t.Errorf("visit: %+v", v)
	}
	if o.Comentarios[0].Texto != "Cheguei.\nSem chave." || len(o.Anexos) != 3 || o.Anexos[2].TipoConteudo != "image/png" || o.Solucao != "Trocado." {
		t.Errorf("order: %+v", o)
	}
	if c := r.calls(); c[len(c)-1].Parametros["procedente"] != "F" {
		t.Errorf("closing: %+v", c[len(c)-1])
	}
	page := r.again().page(to) // as well after a restart
	wantIn(t, "order", page, "Cheguei.", "Sifão trocado.", `alt="Foto 2: b.png"`, "Encerrada: ", "!Recado da casa</h2><div class=\"say\">Cheguei")
}

// What was typed stays, photos included; the second try sends them along.
func TestRefusedFormKeepsEverything(t *testing.T) {
	r := newRig(t)
	id := r.openFor("7")
	to := "/ordens/" + id + "/executar"
	out := r.submit(422, to, "texto", "  ", "@pia <1>.jpg", jpegBytes, "@nota.pdf", "%PDF-1.7")
	wantIn(t, "refused", out.raw, catalogue["bad.required"].pt, "nota.pdf não é uma foto", `aria-invalid="true"`, `role="alert"`)
	kept := regexp.MustCompile(`name="guardada" value="([^"]+)"`).FindStringSubmatch(out.raw)
	if kept == nil {
		t.Fatalf("the photo is gone: %s", out.raw)
	}
	value := strings.NewReplacer("&lt;", "<", "&gt;", ">").Replace(kept[1])
	for _, forged := range []string{"x", strings.Repeat("0", 64) + " image/png a.png", "../" + journalName + " image/png a",
		strings.Replace(value, "image/", "text/", 1)} {
		wantIn(t, forged, r.submit(422, to, "texto", "Feito.", "guardada", forged).raw, catalogue["bad.photo.gone"].pt, "Feito.")
	}
	r.submit(303, to, "texto", "Feito.", "guardada", value)
	if o := r.orders()[0]; len(o.Anexos) != 1 || o.Anexos[0].Nome != "pia <1>.jpg" || o.Anexos[0].TipoConteudo != "image/jpeg" {
		t.Errorf("order: %+v", o)
	}
	long := strings.Repeat("á", maxText+1)
	wantIn(t, "long", r.submit(422, "/ordens/"+id+"/comentar", "texto", long).raw, "Passa de 4000 caracteres; agora tem 4001.", long)
	big := "\xff\xd8\xff" + strings.Repeat("x", maxPhoto)
	wantIn(t, "big", r.submit(422, "/ordens/"+id+"/comentar", "texto", "veja", "@g.jpg", big).raw, "g.jpg passa de 20 MB", ">veja<")
}

func TestDatesAreChecked(t *testing.T) {
	r := newRig(t)
	to := "/ordens/" + r.openFor("7") + "/agendar"
	for _, c := range []struct{ day, start, end, bad string }{
		{"", "09:00", "10:00", "bad.day"}, {"31/12/2099", "09:00", "10:00", "bad.day"}, {"2020-01-01", "09:00", "10:00", "bad.past"},
		{"2099-01-01", "9h", "10:00", "bad.time"}, {"2099-01-01", "09:00", "", "bad.time"}, {"2099-01-01", "09:00", "09:00", "bad.order"},
		{"2099-01-01", "09:00", "08:00", "bad.order"},
	} {
		out := r.submit(422, to, "dia", c.day, "inicio", c.start, "fim", c.end, "texto", "na portaria")
		wantIn(t, fmt.Sprint(c), out.raw, catalogue[c.bad].pt, "na portaria", `value="`+c.start+`"`)
	}
	if o := r.orders()[0]; o.Situacao != orderOpen {
		t.Errorf("order: %+v", o)
	}
}

// A button that is pressed twice, or on an old page, is refused by the same step that would have done it.
func TestOldPagesDoNothing(t *testing.T) {
	r := newRig(t)
	id := r.openFor("7")
	to := "/ordens/" + id + "/"
	r.submit(303, to+"vistoriar", "texto", "")
	wantIn(t, "twice", r.submit(409, to+"vistoriar", "texto", "").raw, catalogue["error.act.title"].pt, `href="/ordens/`+id+`"`)
	r.call(409, "GET", to+"agendar", "")
	r.submit(303, to+"encerrar", "texto", "Nada a fazer.")
	wantIn(t, "closed", r.submit(409, to+"comentar", "texto", "x").raw, catalogue["error.closed.title"].pt)
	wantIn(t, "closed", r.page("/ordens/"+id), "steps", `class="skip"`, "Executar", "!/comentar")
	if n := len(r.calls()); n != 2 {
		t.Errorf("%d calls", n)
	}
	gone := strings.Replace(id, "000001", "000009", 1)
	for _, path := range []string{"/ordens/" + gone, "/ordens/" + gone + "/agendar", "/ordens/x/executar"} {
		wantIn(t, path, r.call(404, "GET", path, "").raw, catalogue["error.order.title"].pt)
	}
	r.submit(404, "/ordens/"+gone+"/comentar", "texto", "x")
	r.submit(404, "/ordens/"+gone+"/reenviar")
	r.call(400, "POST", to+"comentar", "--x", "Content-Type", "multipart/form-data; boundary=x")
}

func TestHouseAndFieldAreToldApart(t *testing.T) {
	r := newRig(t)
	id := r.openFor("7")
	r.houseSays(id, "Ana", "Recado um")
	r.houseSays(id, "", "Recado dois")
	r.act(id, `{"acao":"comentar","texto":"Do campo"}`)
	body, kind := multipartBody(t, "anexo", "planta.pdf", "%PDF")
	r.call(200, "POST", newer+"incluirAnexoSolicitacaoAtendimento", body, "Content-Type", kind, "idMobussOrigem", id, "nomeAnexo", "planta.pdf")
	r.api("incluirAgendamentoVisitaSolicitacao", `{"idSolicitacaoAtendimento":"`+id+`","objetivo":"ver a pia"}`)
	r = r.again()
	page := r.page("/ordens/" + id)
	house, own, _ := strings.Cut(page, catalogue["order.history"].pt)
	wantIn(t, "house", house, "Recado um", "Recado dois", "Casa, ", "planta.pdf", "vazamento", "!Do campo", catalogue["order.asked"].pt, "ver a pia")
	wantIn(t, "own", own, "Do campo", "!Recado", "!planta.pdf")
	if strings.Index(page, "Recado dois") > strings.Index(page, "Recado um") {
		t.Error("the newest does not come first")
	}
	api := r.api("encerrarSolicitacaoAtendimento", `{"idSolicitacaoAtendimento":"`+id+`","solucao":"Cliente desistiu."}`)
	wantIn(t, "closed by the house", r.page("/ordens/"+id), "Encerrada pela casa", "Cliente desistiu.")
	_ = api
}

func TestPhotosAreShownSafely(t *testing.T) {
	r := newRig(t)
	id := r.openFor("7")
	for name, content := range map[string]string{"a.jpg": jpegBytes, "a.svg": `<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`, "a.html": "<script>alert(1)</script>"} {
		body, kind := multipartBody(t, "anexo", name, content)
		r.call(200, "POST", newer+"incluirAnexoSolicitacaoAtendimento", body, "Content-Type", kind, "idMobussOrigem", id, "nomeAnexo", name)
	}
	for _, f := range r.orders()[0].Anexos {
		out := r.call(200, "GET", "/fotos/"+f.SHA256, "")
		shown := out.header.Get("Content-Disposition") == ""
		if shown != (f.Nome == "a.jpg") || out.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", f.Nome, out.header)
		}
	}
	for _, bad := range []string{"x", strings.Repeat("0", 64), "..%2F" + journalName} {
		r.call(404, "GET", "/fotos/"+bad, "")
	}
	if _, err := os.Stat(r.blobs.path(r.orders()[0].Anexos[0].SHA256)); err != nil {
		t.Error(err)
	}
}

func TestOpeningByForm(t *testing.T) {
	r := newRig(t)
	out := r.submit(422, "/ordens/nova", "texto", "", "unidade", "", "bloco", "b", "cpf_cnpj", "12", "@a.jpg", jpegBytes)
	wantIn(t, "refused", out.raw, catalogue["bad.required"].pt, catalogue["bad.unit"].pt, catalogue["bad.document"].pt, `value="b"`, "guardada")
	out = r.submit(303, "/ordens/nova", "texto", "Portão parado", "unidade", "101", "empreendimento", "aur", "bloco", "b",
		"cpf_cnpj", "529.982.247-25", "@a.jpg", jpegBytes)
	page := r.page(out.header.Get("Location"))
	wantIn(t, "order", page, "Residencial Aurora, Bloco B, unidade\u00a0101", catalogue["number.title"].pt, catalogue["done.abrir"].pt, "!529")
	if c := r.calls(); len(c) != 2 || c[0].Parametros["cod_bloco"] != "B" || c[0].Parametros["cod_empreendimento"] != "AUR" || c[1].Operacao != opFile {
		t.Errorf("calls: %+v", c)
	}
}

func TestFaultsByForm(t *testing.T) {
	r := newRig(t)
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	send := func(want int, path, body string) reply {
		t.Helper()
		r.web.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		return r.call(want, "POST", path, body, form...)
	}
	for body, bad := range map[string]string{
		"metodo=*&tipo=nada&vezes=quantas&quantas=1":                     "bad.fault.kind",
		"metodo=x&tipo=http_500&vezes=quantas&quantas=1":                 "bad.fault.method",
		"metodo=*&tipo=http_500&vezes=quantas&quantas=0":                 "bad.fault.count",
		"metodo=*&tipo=http_500&vezes=porcento&porcento=NaN":             "bad.fault.chance",
		"metodo=*&tipo=http_500&vezes=porcento&porcento=101":             "bad.fault.chance",
		"metodo=*&tipo=lento&vezes=quantas&quantas=1&ms=":                "bad.fault.ms",
		"metodo=*&tipo=aceita_depois&vezes=quantas&quantas=1&ms=9999999": "bad.fault.ms",
	} {
		wantIn(t, body, send(422, "/console/falhas", body).raw, catalogue[bad].pt)
	}
	send(303, "/console/falhas", "metodo=*&tipo=http_500&vezes=quantas&quantas=3&ms=lixo")
	send(303, "/console/falhas", "metodo=consultarCliente&tipo=lento&vezes=porcento&porcento="+url.QueryEscape("12,5")+"&ms=200")
	raw := r.call(200, "GET", "/_sandbox/falhas", "").raw
	wantIn(t, "faults", raw, `"quantas":3`, `"probabilidade":0.125`, `"ms":200`)
	wantIn(t, "console", r.page("/console"), "restam 3 chamadas", "12.5% das chamadas")
	send(303, "/console/falhas/tirar", "lugar=0&tipo=lento&metodo=*") // another stands there by now
	send(303, "/console/falhas/tirar", "lugar=9&tipo=lento&metodo=*")
	send(303, "/console/falhas/tirar", "lugar=0&tipo=http_500&metodo=*")
	wantIn(t, "one left", r.call(200, "GET", "/_sandbox/falhas", "").raw, "lento", "!http_500")
	send(303, "/console/falhas/limpar", "")
	if raw := strings.TrimSpace(r.call(200, "GET", "/_sandbox/falhas", "").raw); raw != "[]" {
		t.Errorf("left: %s", raw)
	}
	r.openFor("1")
	wantIn(t, "ask", r.page("/console/zerar"), "1 ordem será esquecida")
	send(303, "/console/zerar", "")
	wantIn(t, "done", r.page("/console/zerar"), catalogue["reset.nothing"].pt)
}
