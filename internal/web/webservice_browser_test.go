package web_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"ponte/internal/browsertest"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
)

// doors has tokens in every state, and answers that somebody chose.
func (h *house) doors() {
	h.t.Helper()
	ctx, admin := h.t.Context(), flowtest.Admin()
	add := func(t flow.Token) int64 {
		t.Hash, t.Environment = t.Name, desk.Homologation
		id, err := h.AddToken(ctx, admin, t)
		h.must(err)
		return id
	}
	const day = 24 * time.Hour
	h.at(40 * day)
	add(flow.Token{Name: "Planilha da obra", Integration: "planilha", Hint: "Kq2x", Origin: desk.House, ExpiresAt: time.Now().Add(-10 * day)})
	chat := add(flow.Token{Name: "Chatbot do portal", Integration: "chatbot", Hint: "p0_Z", Origin: desk.House, CallsPerMinute: 120,
		Operations: []string{"IncluirOcorrencia", "ConsultarOcorrencia"}, Developments: []string{"AUR"}, ExpiresAt: time.Now().Add(50 * day)})
	_, _, err := h.Authenticate(ctx, "Chatbot do portal")
	h.must(err)
	h.at(2 * day)
	_, err = h.RotateToken(ctx, admin, flow.Rotation{Token: chat, Hash: "chat 2", Hint: "9fQa", Overlap: flow.DefaultOverlap})
	h.must(err)
	lost := add(flow.Token{Name: "ERP, chave perdida", Integration: "erp", Hint: "Tt7-", Origin: desk.House, SeesDocuments: true})
	h.must(h.RevokeToken(ctx, admin, lost))
	h.at(20 * time.Minute)
	_, _, err = h.Authenticate(ctx, "hash of mobuss")
	h.must(err)
	h.at(0)
	h.must(h.SetProfile(ctx, admin, flow.Profile{Operation: "IncluirOcorrencia", Form: "text", AlwaysOK: true}))
	h.must(h.SetProfile(ctx, admin, flow.Profile{Operation: "ConsultarOcorrencia", Integration: "chatbot", Fields: []string{"numero_ocorrencia", "status", "situacao", "unidade", "movimentacoes.data", "movimentacoes.comentario"}}))
}

// TestWebserviceLooks opens the page in both languages, both themes and both widths, and in the states that its
// parts come to.
func TestWebserviceLooks(t *testing.T) {
	h := newHouse(t)
	h.doors()
	admin, _, err := h.UserByLogin(t.Context(), "consultor@demo")
	h.must(err)
	b := browsertest.Start(t)
	for _, c := range append(slices.Clone(everyLook), tablet) {
		t.Run(c.name, func(t *testing.T) {
			h.t = t
			h.must(h.SetLook(t.Context(), admin.Actor(), admin.ID, c.p.Language, ""))
			x := h.tab(b, c.p)
			x.signIn("consultor@demo")
			x.Open(wsPath)
			x.look("webservice-" + c.name)
			x.Open(wsPath + "?integracao=chatbot&aberta=ConsultarOcorrencia#resposta-ConsultarOcorrencia")
			x.look("webservice-respostas-" + c.name)
			x.Open(wsPath)
			browsertest.Eval[any](x.Tab, `document.querySelectorAll(".ended, .token-new, .tokens details:first-of-type").forEach(d => d.open = true); document.querySelector("#tokens").scrollIntoView(); null`)
			x.look("webservice-aberto-" + c.name)
			browsertest.Eval[any](x.Tab, `document.querySelector(".token-new").scrollIntoView(); null`)
			x.look("webservice-novo-" + c.name)
			x.Quiet()
		})
	}
	h.t = t
}

// TestATokensLifeByKeyboard: made, used, replaced and revoked without a mouse, and each time the door of the programs
// does what the page says.
func TestATokensLifeByKeyboard(t *testing.T) {
	h := newHouse(t)
	n := h.open("AUR-A-101", "Vazamento", "Pinga.")
	door := h.restDoor()
	ask := func(key string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("%s/ws/rest/v1/ocorrencias/%d", door, n), nil)
		h.must(err)
		r.Header.Set("Authorization", "Bearer "+key)
		resp, err := http.DefaultClient.Do(r)
		h.must(err)
		h.must(resp.Body.Close())
		return resp.StatusCode
	}
	want := func(what, key string, status int) {
		t.Helper()
		if got := ask(key); got != status {
			t.Errorf("%s: %d, want %d", what, got, status)
		}
	}
	x := h.tab(browsertest.Start(t), desktop)
	x.signIn("consultor@demo")
	x.Open(wsPath)
	// tab walks to an element as a person does.
	tab := func(selector string) {
		t.Helper()
		for range 120 {
			x.Keys(kb.Tab)
			if browsertest.Eval[bool](x.Tab, fmt.Sprintf("!!document.activeElement?.matches(%q)", selector)) {
				return
			}
		}
		t.Fatalf("the keyboard doesn't come to %s", selector)
	}
	shown := func(not string) string {
		t.Helper()
		x.Until("a new key", fmt.Sprintf(`(k => k && k !== %q)(document.querySelector("#chave")?.textContent)`, not))
		return browsertest.Eval[string](x.Tab, `document.querySelector("#chave").textContent`)
	}

	tab(".token-new > summary")
	x.Keys(kb.Enter)
	x.Until("the form", `document.querySelector(".token-new").open`)
	x.Keys(kb.Tab + "Portal" + kb.Tab + "portal" + kb.Tab)
	x.Keys(kb.ArrowDown) // the house
	tab(`[name=operacao][value=ConsultarOcorrencia]`)
	x.Keys(" ")
	x.Do(ctrlEnter)
	first := shown("")
	if made := h.lastToken(); made.Name != "Portal" || made.Origin != desk.House || strings.Join(made.Operations, "") != "ConsultarOcorrencia" {
		t.Errorf("made: %+v", made)
	}
	want("the new token", first, 200)
	want("a key that nobody made", first+"x", 401)
	x.Picture("webservice-chave-1440-light")

	// The copy button says that it did.
	tab(`[data-copy=chave]`)
	x.Keys(kb.Enter)
	x.UntilText("[data-copy=chave]", "Copiado")
	if got := browsertest.Eval[string](x.Tab, "getSelection().toString()"); got != first {
		t.Errorf("selected: %q", got)
	}

	tab(fmt.Sprintf("#token-%d .sure:first-of-type summary", h.lastToken().ID))
	x.Keys(kb.Enter)
	tab(fmt.Sprintf("#token-%d button.pri", h.lastToken().ID))
	x.Keys(kb.Enter)
	second := shown(first)
	want("the old one beside the new one", first, 200)
	want("the new one", second, 200)
	h.later(flow.DefaultOverlap - time.Minute)
	want("the old one, just before the overlap is over", first, 200)
	h.later(flow.DefaultOverlap + time.Second)
	want("the old one after the overlap", first, 401)
	want("the new one after the overlap", second, 200)
	h.later(0)

	last := h.lastToken()
	tab(fmt.Sprintf("#token-%d .sure:last-of-type summary", last.ID))
	x.Keys(kb.Enter)
	want("asked, and not yet told to", second, 200)
	tab(fmt.Sprintf("#token-%d button.danger", last.ID))
	x.Keys(kb.Enter)
	x.Until("the page without it", fmt.Sprintf(`document.querySelector("#token-%d")?.closest(".ended")`, last.ID))
	want("revoked", second, 401)
	x.Axe("after a revocation")
	x.Quiet("status of 401") // while the clock was ahead, the session was over too
}

// TestTheExampleFollowsTheTicks, before anything is kept.
func TestTheExampleFollowsTheTicks(t *testing.T) {
	h := newHouse(t)
	x := h.tab(browsertest.Start(t), desktop)
	x.signIn("consultor@demo")
	x.Open(wsPath + "?aberta=ConsultarOcorrencia")
	x.UntilText("#exemplo-ConsultarOcorrencia pre", "Marina Figueiredo Prado")
	x.Click(`#resposta-ConsultarOcorrencia [name=campo][value="cliente.nome"]`)
	x.Until("an example without the name", `!document.querySelector("#exemplo-ConsultarOcorrencia pre").textContent.includes("Marina")`)
	x.Click(`#resposta-ConsultarOcorrencia [name=forma][value=text]`)
	x.UntilText("#exemplo-ConsultarOcorrencia", "text/plain")
	x.UntilText("#exemplo-ConsultarOcorrencia pre", "cliente.cpf_cnpj: ***")
	if all, err := h.Profiles(t.Context()); err != nil || len(all) > 0 {
		t.Error("kept already:", all, err)
	}
	x.Click("#resposta-ConsultarOcorrencia .btn.pri")
	x.Until("kept", `location.hash === "#resposta-ConsultarOcorrencia" && document.querySelector("#resposta-ConsultarOcorrencia .of").textContent.includes("alterado")`)
	p, err := h.Profile(t.Context(), "ConsultarOcorrencia", "casa")
	if err != nil || p.Form != "text" || p.Answers("cliente.nome") || !p.Answers("cliente.cpf_cnpj") {
		t.Error(p, err)
	}
	x.Quiet()
}
