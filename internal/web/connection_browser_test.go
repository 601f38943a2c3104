package web_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"ponte/internal/browsertest"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
)

// TestTheConfigurationLooks opens the pages in both languages, both themes and both widths, and in the states that
// they come to.
func TestTheConfigurationLooks(t *testing.T) {
	h := newHouse(t)
	h.open("AUR-A-101", "Vazamento no teto", "Pinga do teto do banheiro.")
	bare := h.open("AUR-A-999", "Rachadura", "Na sala.")
	d, err := h.ExportConfig(t.Context(), flowtest.Admin())
	h.must(err)
	d.Statuses[1].Button = "Mandar ao campo"
	_, err = h.PublishConfig(t.Context(), flowtest.Admin(), d, flow.Publication{Note: "Texto do botão combinado com a central"})
	h.must(err)
	user, _, err := h.UserByLogin(t.Context(), "consultor@demo")
	h.must(err)
	b := browsertest.Start(t)
	for _, c := range append(slices.Clone(everyLook), look{"360-en", browsertest.Window{Width: 360, Height: 780, Language: "en"}}) {
		t.Run(c.name, func(t *testing.T) {
			h.t = t
			h.must(h.SetLook(t.Context(), user.Actor(), user.ID, c.p.Language, ""))
			x := h.tab(b, c.p)
			x.signIn("consultor@demo")
			x.Open(connPath)
			x.look("mobuss-" + c.name)
			browsertest.Eval[any](x.Tab, `document.querySelector("#tempo_limite").value = "depressa"; document.querySelector("[name=autenticacao]").value = "cabecalho"; null`)
			x.Wide("mobuss-cabecalhos-" + c.name)
			x.Axe("mobuss-cabecalhos-" + c.name)
			browsertest.Eval[any](x.Tab, `document.querySelector("#autenticacao").scrollIntoView({block: "center"}); null`)
			x.Picture("mobuss-cabecalhos-" + c.name)
			x.Click(`form[action="` + connPath + `"] button[value=salvar]`)
			x.Until("what is wrong", `document.querySelector("#erro-tempo_limite")`)
			x.look("mobuss-erro-" + c.name)
			x.Open(stPath)
			x.look("status-lista-" + c.name)
			x.Open(stPath + "/20")
			x.look("status-geral-" + c.name)
			x.Open(isaPath + fmt.Sprintf("?ocorrencia=%d", bare-1))
			x.look("status-" + c.name)
			x.Open(isaPath + fmt.Sprintf("?ocorrencia=%d", bare))
			x.Until("the missing unit", `document.querySelector("#previa .lacks")`)
			browsertest.Eval[any](x.Tab, `document.querySelector(matchMedia("(width < 62rem)").matches ? "#previa" : "#parametros").scrollIntoView(); null`)
			x.look("status-falta-" + c.name)
			x.Open(verPath + "?de=1&ate=2")
			browsertest.Eval[any](x.Tab, `document.querySelector(".versions details").open = true; null`)
			x.look("versoes-" + c.name)
			x.Quiet("status of 422")
		})
	}
	h.t = t
}

// TestAConsultantConnectsAnEmptyHouse: from no method at all to a status whose call is complete, in the browser.
func TestAConsultantConnectsAnEmptyHouse(t *testing.T) {
	h := newHouse(t)
	c, err := mapping.Default(desk.NoMethod, "mobuss-atual")
	h.must(err)
	c.Failure = ""
	h.must(h.Configure(t.Context(), flowtest.Admin(), c))
	h.must(h.SetEndpoint(t.Context(), flowtest.Admin(), desk.Homologation, flow.Endpoint{}))
	n := h.open("AUR-A-999", "Vazamento", "Pinga.")
	x := h.tab(browsertest.Start(t), desktop)
	x.signIn("consultor@demo")
	x.Click(`nav a[href="` + connPath + `"]`)
	x.Until("the connection", `location.pathname === "`+connPath+`" && document.querySelector("[name=metodo]")`)
	fill := func(selector, text string) {
		t.Helper()
		browsertest.Eval[any](x.Tab, fmt.Sprintf(`(e => { e.focus(); e.select?.() })(document.querySelector(%q)); null`, selector))
		x.Keys(text)
	}
	choose := func(selector, value string) {
		t.Helper()
		browsertest.Eval[any](x.Tab, fmt.Sprintf(`(e => { e.value = %q; e.dispatchEvent(new Event("input", {bubbles: true})) })(document.querySelector(%q)); null`, value, selector))
	}

	// Method C without a failure status is refused; what was typed stays.
	x.Click(`[name=metodo][value=C]`)
	fill("#url", "https://homologacao.exemplo.com.br")
	fill("#nota", "Início da homologação")
	x.Keys(kb.Enter)
	x.Until("no failure status", `document.querySelector("#erro-falha")`)
	x.Until("what was typed", `document.querySelector("[name=metodo][value=C]").checked && document.querySelector("#url").value === "https://homologacao.exemplo.com.br"`)
	choose("#falha", "99")
	fill("#nota", "Início da homologação")
	x.Keys(kb.Enter)
	x.Until("saved", `document.querySelector(".noted[role=status]")`)
	fill("#credencial-token", "chave-do-mobuss"+kb.Enter)
	x.Until("credentials kept", `document.querySelector("#credencial-token")?.placeholder.includes("••••") && !document.documentElement.innerHTML.includes("chave-do-mobuss")`)

	// The status shows the call, and what it lacks.
	x.Open(stPath)
	x.Click(`a[href="` + isaPath + `"]`)
	x.Until("the preview", `document.querySelector("#previa")`)
	x.UntilText("#previa", "ainda não tem o id do Mobuss")
	x.UntilText("#previa pre", "https://homologacao.exemplo.com.br/ccapi")

	// The registry learns the id; the next keystroke shows it, and the field being typed into keeps its text.
	r := flowtest.Registry()
	for i := range r.Developments[0].Blocks[0].Units {
		if u := &r.Developments[0].Blocks[0].Units[i]; u.Number == "999" {
			u.MobussIDHomologation = "MOB-999"
		}
	}
	h.must(h.PutRegistry(t.Context(), flowtest.Admin(), r))
	fill("#caminho", "/ccapi/novo/caminho")
	x.UntilText("#previa pre", "https://homologacao.exemplo.com.br/ccapi/novo/caminho")
	x.UntilText("#previa pre", `"idUnidade": "MOB-999"`)
	x.UntilText("#previa", "Nada falta")
	x.Until("the field keeps its text", `document.activeElement?.id === "caminho" && document.activeElement.value === "/ccapi/novo/caminho"`)

	// A row is added, filled and saved.
	x.Click(`button[value=incluir]`)
	x.Until("another row", `[...document.querySelectorAll("[name=destino]")].at(-1).value === "" && document.querySelector("#integracao[data-htmx-powered]")`)
	browsertest.Eval[any](x.Tab, `[...document.querySelectorAll("[name=destino]")].at(-1).focus(); null`)
	x.Keys("sistema")
	browsertest.Eval[any](x.Tab, `[...document.querySelectorAll("[name=texto]")].at(-1).focus(); null`)
	x.Keys("ponte")
	x.UntilText("#previa pre", `"sistema": "ponte"`)
	x.Click(`.left .form-end button[value=salvar]`)
	x.Until("saved", `document.querySelector(".noted[role=status]") && location.search.includes("salvo")`)
	x.Quiet("status of 422")

	// It is what the house works with from now on.
	h.move(n, "20", "")
	job := h.claim()[0]
	if job.Request.Path != "/ccapi/novo/caminho" || job.Request.Method != http.MethodPost {
		t.Errorf("sent to %s %s", job.Request.Method, job.Request.Path)
	}
	e, err := h.Endpoint(t.Context(), job.Connection, job.Environment)
	if err != nil || e.BaseURL != "https://homologacao.exemplo.com.br" || e.Secrets["token"] != "chave-do-mobuss" {
		t.Errorf("the endpoint: %q, %v", e.BaseURL, err)
	}
}
