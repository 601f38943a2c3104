package web_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
)

var revision = regexp.MustCompile(`data-rev="([^"]+)"`)

func path(n int64) string { return fmt.Sprint("/ocorrencias/", n) }

// TestPartIsEmptyWhileNothingChanged: a part that asks with its revision gets 204 until something did change.
func TestPartIsEmptyWhileNothingChanged(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	b := h.signedIn("atendente@demo")
	rev := revision.FindStringSubmatch(b.get(path(n)).body)
	if rev == nil {
		t.Fatal("the page has no revision")
	}
	part := func() answer { return b.htmx().get(path(n) + "?parte=1&rev=" + url.QueryEscape(rev[1])) }
	if a := part(); a.status != 204 || a.body != "" {
		t.Errorf("unchanged: %d with %d bytes", a.status, len(a.body))
	}
	h.fieldSays(n, "Jorge Lima", "Cheguei.")
	a := part()
	if a.status != 200 || !strings.Contains(a.body, "Cheguei.") || strings.Contains(a.body, "<html") || !strings.HasPrefix(a.body, `<div id="ocorrencia"`) {
		t.Errorf("changed: %d %.80s", a.status, a.body)
	}
	// A delivery on its way changes nothing but itself.
	h.must(h.Resend(t.Context(), h.ana, h.troubled(n)))
	rev = revision.FindStringSubmatch(b.get(path(n)).body)
	h.claim()
	if a := part(); a.status != 200 || !strings.Contains(a.body, "enviando agora") {
		t.Errorf("while it is sent: %d", a.status)
	}

	list := b.get("/ocorrencias").body
	again := regexp.MustCompile(`id="lista" data-live-part hx-get="([^"]+)"`).FindStringSubmatch(list)[1]
	if a := b.htmx().get(strings.ReplaceAll(again, "&amp;", "&")); a.status != 204 {
		t.Errorf("the list, unchanged: %d", a.status)
	}
	h.open("AUR-B-203", "Interfone mudo", "Não toca.")
	if a := b.htmx().get(strings.ReplaceAll(again, "&amp;", "&")); a.status != 200 || !strings.Contains(a.body, "Interfone mudo") {
		t.Errorf("the list, changed: %d", a.status)
	}
}

// troubled is the delivery that blocks an occurrence's lane.
func (h *house) troubled(n int64) string {
	h.t.Helper()
	p, err := h.Page(h.t.Context(), h.ana, n)
	h.must(err)
	if p.Trouble == nil {
		h.t.Fatal("nothing is in trouble")
	}
	return p.Trouble.ID
}

// TestMovesWithoutScript: a form, an answer that leads on, a page; and after a refusal the form with what was typed.
func TestMovesWithoutScript(t *testing.T) {
	h := newHouse(t)
	n := h.open("AUR-A-101", "Vazamento", "Pinga.")
	b := h.signedIn("atendente@demo")
	post := func(pairs ...string) answer { return b.post(path(n)+"/movimentacoes", pairs...) }
	if a := post("comentario", "  Liguei.\r\nNinguém atende.  ", "status", ""); a.status != 303 || a.header.Get("Location") != path(n) {
		t.Fatalf("a note: %d to %q", a.status, a.header.Get("Location"))
	}
	if a := post("comentario", "Só nós.", "status", "", "interno", "on"); a.status != 303 {
		t.Fatal(a.status)
	}
	page := b.get(path(n)).body
	for _, want := range []string{"Liguei.\nNinguém atende.", "Só nós.", "só para a casa", `value="20"`, "Enviar ao campo"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, c := range []struct {
		name   string
		form   []string
		status int
		says   string
	}{
		{"nothing to note", []string{"comentario", " ", "status", ""}, 422, "Comentário: Falta preencher."},
		{"not a way from here", []string{"comentario", "guarde-me", "status", "60"}, 409, "Daqui a ocorrência não pode ir para esse status: o catálogo de status não tem esse caminho."},
		{"no such status", []string{"comentario", "guarde-me", "status", "77"}, 422, "Este status não está no catálogo."},
		{"too long", []string{"comentario", "guarde-me" + strings.Repeat("ã", 4000), "status", ""}, 422, "o máximo é 4000"},
		{"a date that is none", []string{"comentario", "guarde-me", "status", "20", "vistoria_inicio", "ontem"}, 422, "Início da vistoria: Não é uma data com hora."},
		{"an end before its start", []string{"comentario", "guarde-me", "status", "20", "vistoria_inicio", "2026-11-23T10:00", "vistoria_fim", "2026-11-23T09:00"}, 422, "O fim não pode vir antes do início."},
		{"a form beyond measure", []string{"comentario", strings.Repeat("a", 2<<20)}, 413, "É grande demais"},
	} {
		a := post(c.form...)
		if a.status != c.status || !strings.Contains(a.body, c.says) {
			t.Errorf("%s: %d, want %d saying %q", c.name, a.status, c.status, c.says)
		}
		if strings.Contains(c.form[1], "guarde-me") && !strings.Contains(a.body, "guarde-me") {
			t.Errorf("%s: what was typed is gone", c.name)
		}
	}
	if a := post("comentario", "", "status", "20"); a.status != 303 {
		t.Errorf("moving on: %d", a.status)
	}
}

// TestCommentForTheFieldNeedsWords: without a comment Mobuss would refuse it, so it is asked for before it is sent.
func TestCommentForTheFieldNeedsWords(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	b := h.signedIn("gestor@demo")
	if a := b.htmx().post(path(n)+"/movimentacoes", "status", "40", "comentario", ""); a.status != 422 || !strings.Contains(a.body, "Falta preencher") || a.header.Get("HX-Trigger") != "" {
		t.Errorf("without words: %d", a.status)
	}
	a := b.htmx().post(path(n)+"/movimentacoes", "status", "40", "comentario", "Há novidade.")
	if a.status != 200 || a.header.Get("HX-Trigger") != "limpar" || strings.Contains(a.body, "<html") || !strings.Contains(a.body, "espera o envio que está parado antes") {
		t.Errorf("with words: %d", a.status)
	}
	if field := regexp.MustCompile(`<textarea[^>]*>([^<]*)<`).FindStringSubmatch(a.body); field == nil || field[1] != "" {
		t.Errorf("the server sends the draft back: %q", field)
	}
}

// TestVisitWish: the time is told in the development's zone, whatever the server's.
func TestVisitWish(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	b := h.signedIn("atendente@demo")
	if a := b.post(path(n)+"/movimentacoes", "status", "30", "comentario", "De manhã.", "vistoria_inicio", "2030-01-02T09:00", "vistoria_fim", "2030-01-02T10:00"); a.status != 303 {
		t.Fatalf("asking for an inspection: %d %s", a.status, a.body)
	}
	h.must(h.Skip(t.Context(), h.ana, h.troubled(n), "por telefone"))
	jobs := h.claim()
	if len(jobs) != 1 || !strings.Contains(jobs[0].Request.Body, "2030-01-02T12:00:00Z") {
		t.Errorf("the call says %+v", jobs)
	}
}

func TestResendAndSkip(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	b := h.signedIn("atendente@demo")
	id := h.troubled(n)
	number := fmt.Sprint(n)
	if a := b.post("/integracao/envios/"+id+"/pular", "ocorrencia", number, "motivo", " "); a.status != 422 || !strings.Contains(a.body, "Diga por que seguir sem enviar.") {
		t.Errorf("without a reason: %d", a.status)
	}
	a := b.htmx().post("/integracao/envios/"+id+"/reenviar", "ocorrencia", number)
	if a.status != 200 || strings.Contains(a.body, "O comentário não chegou ao técnico") || !strings.Contains(a.body, "na fila") {
		t.Errorf("sending again: %d", a.status)
	}
	if a := b.htmx().post("/integracao/envios/"+id+"/reenviar", "ocorrencia", number); a.status != 409 || !strings.HasPrefix(a.body, `<div id="ocorrencia"`) {
		t.Errorf("twice: %d", a.status)
	}
	h.settle(rejected("ainda não"))
	if a := b.post("/integracao/envios/"+id+"/pular", "ocorrencia", number, "motivo", "Avisei por <b>telefone</b>"); a.status != 303 || a.header.Get("Location") != path(n) {
		t.Errorf("skipping: %d", a.status)
	}
	if page := b.get(path(n)).body; !strings.Contains(page, "Ana Souza seguiu sem enviar: Avisei por &lt;b&gt;telefone&lt;/b&gt;") {
		t.Error("who skipped, and why, is not told")
	}
	for _, p := range []string{"/integracao/envios/nada/reenviar", "/integracao/envios/nada/pular"} {
		if a := b.post(p, "ocorrencia", number, "motivo", "x"); a.status != 404 {
			t.Errorf("%s: %d", p, a.status)
		}
	}
	if a := b.post("/integracao/envios/" + id + "/reenviar"); a.status != 400 {
		t.Errorf("without its page: %d", a.status)
	}
}

// TestWhoOnlyWatches: a consultant sees, and has no button; what is not a button is refused as well.
func TestWhoOnlyWatches(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	b := h.signedIn("consultor@demo")
	page := b.get(path(n)).body
	if strings.Contains(page, "<textarea") || strings.Contains(page, "/reenviar") || !strings.Contains(page, "Seu papel acompanha") {
		t.Error("a consultant has buttons")
	}
	for _, a := range []answer{b.post(path(n)+"/movimentacoes", "status", "90"), b.post("/integracao/envios/"+h.troubled(n)+"/reenviar", "ocorrencia", fmt.Sprint(n))} {
		if a.status != 403 {
			t.Errorf("acting all the same: %d", a.status)
		}
	}
}

// TestTextsAreInert: whatever people, programs and Mobuss write is shown as text.
func TestTextsAreInert(t *testing.T) {
	h := newHouse(t)
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>'{{.x}}javascript:`
	h.must(h.PutRegistry(t.Context(), flowtest.Admin(), flow.Registry{Developments: []flow.RegistryDevelopment{{Code: "X", Name: evil, Blocks: []flow.RegistryBlock{{Code: evil, Name: evil,
		Units: []flow.RegistryUnit{{Number: evil, MobussIDHomologation: evil, Contracts: []flow.RegistryContract{{Code: "X-1", Customer: flow.RegistryCustomer{Name: evil, Document: flowtest.Nobody, Email: "a@b" + evil, Phone: "javascript:alert(3)" + evil}}}}}}}}}}))
	n, err := h.OpenByHand(t.Context(), h.ana, flow.OpenInput{Project: "X-1", BlockNewCustomer: "T", Subject: evil, Description: evil, Place: evil,
		RequesterName: evil, RequesterPhone: evil, Relation: evil, Type: evil, Priority: evil})
	h.must(err)
	h.move(n, "20", evil)
	h.settle(accepted(evil[:20]))
	h.fieldSays(n, evil, evil)
	h.move(n, "40", evil)
	h.settle(rejected(evil))
	h.must(h.CommentByHand(t.Context(), desk.Actor{Kind: "usuario", ID: "1", Name: evil, Origin: desk.House, Roles: []desk.Role{desk.Attendant}}, flow.CommentInput{Number: n, Text: evil, Private: true}))
	b := h.signedIn("atendente@demo")
	b.header.Set("Accept-Language", evil)
	for what, a := range map[string]answer{
		"page": b.get(path(n) + "?mostrar=" + url.QueryEscape(evil)), "list": b.get("/ocorrencias"), "refused form": b.post(path(n)+"/movimentacoes", "status", evil, "comentario", evil, "vistoria_inicio", evil),
		"skip": b.post("/integracao/envios/"+h.troubled(n)+"/pular", "ocorrencia", fmt.Sprint(n), "motivo", ""), "404": b.get("/" + url.PathEscape(evil)),
		"sign-in": h.browser().get("/entrar?volta=" + url.QueryEscape("/"+evil)), "refused sign-in": h.browser().post("/entrar", "login", evil, "senha", evil, "volta", "/"+evil),
		"look": b.post("/aparencia", "idioma", evil, "volta", evil),
	} {
		if strings.Contains(a.body, "<script>alert") || strings.Contains(a.body, "<img") || strings.Contains(a.body, `href="javascript:`) || strings.Contains(a.body, `href="tel:javascript`) {
			t.Errorf("%s: the payload is alive", what)
		}
	}
	if a := b.get(path(n)); strings.Count(a.body, "&lt;script&gt;alert(1)") < 15 {
		t.Errorf("the payload is told %d times only: what is hidden?", strings.Count(a.body, "&lt;script&gt;alert(1)"))
	}
}

func TestCPFIsMasked(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	for _, login := range []string{"atendente@demo", "admin@demo"} {
		if page := h.signedIn(login).get(path(n)).body; strings.Contains(page, flowtest.Marina) || strings.Contains(page, "52998224725") || !strings.Contains(page, "•••.982.247-••") {
			t.Errorf("%s sees the whole CPF", login)
		}
	}
}

func TestFilters(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	b := h.signedIn("atendente@demo")
	for filter, want := range map[string][2]string{"campo": {"Rejunte do 201 refeito", "Síndico avisado"}, "envios": {"Cliente ligou", "Rejunte do 201 refeito"}} {
		page := b.get(path(n) + "?mostrar=" + filter).body
		_, timeline, _ := strings.Cut(page, `id="tl"`)
		if !strings.Contains(timeline, want[0]) || strings.Contains(timeline, want[1]) {
			t.Errorf("%s is filtered otherwise", filter)
		}
		if !strings.Contains(page, "parte=1&amp;mostrar="+filter) {
			t.Errorf("%s: the live part forgets the filter", filter)
		}
	}
	x := &browser{h, b.Client, b.htmx().header.Clone()}
	x.header.Set("HX-Current-URL", h.http.URL+path(n)+"?mostrar=campo")
	if a := x.post(path(n)+"/movimentacoes", "status", "", "comentario", "Anotado."); strings.Contains(a.body, "Anotado.") || !strings.Contains(a.body, "Rejunte do 201") {
		t.Error("a form's answer forgets the filter")
	}
}
