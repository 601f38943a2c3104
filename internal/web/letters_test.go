package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"ponte/internal/browsertest"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
)

const (
	cards        = "/integracao/cartas"
	cardSettings = "/parametrizacoes/cartas"
)

// posted has letters of every state, and answers the occurrence whose page tells of some.
func (h *house) posted() int64 {
	h.t.Helper()
	ctx := h.t.Context()
	is := desk.DefaultLetters()
	is.On, is.TestAddress, is.SenderName, is.ReplyTo = desk.LetterKinds, "teste@empresa.com.br", "Central Aurora", "central@empresa.com.br"
	is.Texts = map[desk.LetterKind]map[string]desk.LetterText{desk.LetterVisit: {"pt-BR": {Footer: "Dúvidas: 0800 111 222."}}}
	h.must(h.SetLetterSettings(ctx, flowtest.Admin(), is))
	n := h.open("AUR-A-101", "Infiltração no teto do banheiro", "Mancha que cresce.")
	h.outcome(flow.LetterOutcome{Taken: true, Print: "x"})
	start := time.Now().Add(72 * time.Hour).Truncate(time.Hour)
	h.fieldVisits(n, "agendada", "Jorge", "Levar escada", start, start.Add(time.Hour))
	h.outcome(flow.LetterOutcome{Reason: desk.LetterServerRefused, Code: 550})
	h.open("AUR-A-102", "Porta do armário raspando na lateral", "Raspa.")
	h.outcome(flow.LetterOutcome{Retry: true, Reason: desk.LetterServerAway})
	return n
}

// outcome plays the process that sends.
func (h *house) outcome(out flow.LetterOutcome) {
	h.t.Helper()
	ctx := h.t.Context()
	round, err := h.TakeLetters(ctx, "teste", 0)
	h.must(err)
	jobs, _, err := round.Due(ctx, 10)
	h.must(err)
	for _, j := range jobs {
		h.must(h.SettleLetter(ctx, j, out))
	}
	h.must(round.Leave(ctx))
}

// lettersLook looks at the list, the settings with a preview, and an occurrence that tells of letters.
func (x *tab) lettersLook(n int64, name string) {
	x.T.Helper()
	x.Open(cards)
	x.live()
	x.look("cartas-" + name)
	x.Open(cardSettings)
	x.live()
	browsertest.Eval[any](x.Tab, `document.getElementById("tipo").value = "vistoria"; document.querySelector("button[value=previa]").click(); null`)
	x.Until("the preview", `document.getElementById("previa") !== null`)
	x.look("cartas-textos-" + name)
	browsertest.Eval[any](x.Tab, `scrollTo(0, document.body.scrollHeight); null`)
	x.Picture("cartas-previa-" + name)
	x.Open(fmt.Sprintf("/ocorrencias/%d", n))
	x.live()
	x.look("cartas-ocorrencia-" + name)
}

// TestTheLettersPages: what was sent is listed and told on the occurrence's page, by masked addresses; what failed is sent again
// from either; settings are kept, refused beside their fields, and shown by a preview in which nothing becomes markup.
func TestTheLettersPages(t *testing.T) {
	h := newHouse(t)
	n := h.posted()
	b := h.signedIn("atendente@demo")
	page := b.get(cards).body
	for _, want := range []string{"Protocolo", "Enviada", "Não enviada", "O servidor de e-mail recusou (550).", "Na fila, depois de 1 tentativa", "Infiltração no teto do banheiro", "Não há servidor de e-mail"} {
		if !strings.Contains(page, want) {
			t.Errorf("the list lacks %q", want)
		}
	}
	if failed := b.get(cards + "?visao=falhou").body; strings.Contains(failed, "Porta do armário") || !strings.Contains(failed, "Enviar de novo") {
		t.Error("the failed ones alone")
	}
	shown := b.get(fmt.Sprintf("/ocorrencias/%d", n)).body
	again := between(shown, `action="/ocorrencias/`, `"`)
	for rest := shown; !strings.HasSuffix(again, "/reenviar"); {
		_, rest, _ = strings.Cut(rest, `action="/ocorrencias/`)
		again, _, _ = strings.Cut(rest, `"`)
	}
	for _, want := range []string{"Vistoria, endereço de teste:", "Não enviada", "Enviar de novo"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the timeline lacks %q", want)
		}
	}
	if strings.Contains(page+shown, "teste@empresa.com.br") {
		t.Error("an address is shown whole")
	}
	if a := h.signedIn("consultor@demo").post("/ocorrencias/" + again); a.status != http.StatusForbidden {
		t.Errorf("a consultant has it sent again: %d", a.status)
	}
	if a := b.post("/ocorrencias/"+again, "lista", "falhou"); a.status != http.StatusSeeOther || a.header.Get("Location") != cards+"?visao=falhou" {
		t.Errorf("sent again: %d %s", a.status, a.header.Get("Location"))
	}
	if a := b.post("/ocorrencias/" + again); a.status != http.StatusConflict || !strings.Contains(a.body, "já diz o mesmo") {
		t.Errorf("sent again twice: %d", a.status)
	}
	if a := b.get(cardSettings); a.status != http.StatusForbidden {
		t.Errorf("an attendant sees the settings: %d", a.status)
	}

	c := h.signedIn("gestor@demo")
	form := c.form(c.get(cardSettings).body, cardSettings)
	form.Set("ato", "previa")
	form.Set("tipo", "vistoria")
	form.Set("texto-vistoria-pt-BR-abertura", "<script>alert(1)</script> {assunto} em {data}")
	a := c.sendForm(cardSettings, form, nil)
	if a.status != http.StatusOK || !strings.Contains(a.body, "&lt;script&gt;alert(1)&lt;/script&gt; Torneira da cozinha pingando em ") || strings.Contains(a.body, "<script>alert") ||
		!strings.Contains(a.body, "vistoria.ics") {
		t.Errorf("preview: %d", a.status)
	}
	form.Set("texto-vistoria-pt-BR-abertura", "{cpf}")
	form.Set("responder_a", "a@b.c, d@e.f")
	for _, act := range []string{"previa", "salvar"} {
		form.Set("ato", act)
		if a := c.sendForm(cardSettings, form, nil); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="erro-texto-vistoria-pt-BR-abertura"`) ||
			!strings.Contains(a.body, `id="erro-responder_a"`) || !strings.Contains(a.body, "{cpf}") {
			t.Errorf("%s: %d", act, a.status)
		}
	}
	form.Set("texto-vistoria-pt-BR-abertura", "Olá, {cliente}")
	form.Set("responder_a", "novo@empresa.com.br")
	form.Del("ligadas")
	if a := c.sendForm(cardSettings, form, nil); a.status != http.StatusSeeOther {
		t.Errorf("saved: %d %v", a.status, problems(a.body))
	}
	is, _, by, err := h.LetterSettings(t.Context(), flowtest.Admin())
	if err != nil || len(is.On) != 0 || is.ReplyTo != "novo@empresa.com.br" || by != "Carla Nunes" || is.Texts[desk.LetterVisit]["pt-BR"].Intro != "Olá, {cliente}" {
		t.Errorf("%+v by %s: %v", is, by, err)
	}
	form.Set("ato", "testar")
	if a := c.sendForm(cardSettings, form, nil); a.status != http.StatusSeeOther {
		t.Errorf("tried: %d %v", a.status, problems(a.body))
	}
	if page := c.get(cardSettings + "?testado=1").body; !strings.Contains(page, "Último teste, para g•••@demo:") {
		t.Error("the trial is not told of")
	}
}

// TestWhoWantsNoLetters: it is kept by the desk, beside whoever has an address.
func TestWhoWantsNoLetters(t *testing.T) {
	h := newHouse(t)
	_, f := h.chosen("AUR-A-101")
	b := h.signedIn("atendente@demo")
	at := fmt.Sprintf("/unidades/%d/pessoas", f.UnitID)
	to := fmt.Sprintf("%s/%d/cartas", at, f.CustomerID)
	if page := b.get(at).body; strings.Count(page, "Não enviar e-mails") != 1 || !strings.Contains(page, to) {
		t.Error("the choice is not beside whoever has an address, and nobody else")
	}
	if a := b.post(to); a.status != http.StatusSeeOther || !strings.Contains(b.get(at).body, "Não recebe e-mails") {
		t.Errorf("refused: %d", a.status)
	}
	if a := b.post(to, "enviar", "1"); a.status != http.StatusSeeOther || strings.Contains(b.get(at).body, "Não recebe e-mails") {
		t.Errorf("wanted again: %d", a.status)
	}
	if a := b.post(at + "/999999/cartas"); a.status != http.StatusNotFound {
		t.Errorf("of somebody else: %d", a.status)
	}
}
