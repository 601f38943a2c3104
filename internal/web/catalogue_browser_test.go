package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"ponte/internal/browsertest"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
)

// fill types over what a field has; pick takes an entry of a list.
func (x *tab) fill(selector, text string) {
	x.T.Helper()
	browsertest.Eval[any](x.Tab, fmt.Sprintf(`(e => { e.focus(); e.select?.() })(document.querySelector(%q)); null`, selector))
	x.Keys(text)
}

func (x *tab) pick(selector, value string) {
	x.T.Helper()
	browsertest.Eval[any](x.Tab, fmt.Sprintf(`(e => { e.value = %q; e.dispatchEvent(new Event("input", {bubbles: true})) })(document.querySelector(%q)); null`, value, selector))
}

const saveButton = `.form-end button[value=salvar]`

// TestAConsultantAddsAStatus, gives it an action, breaks a rule and is told which, mends it while the preview follows,
// and saves; then makes a pop-up status, whose button an attendant uses.
func TestAConsultantAddsAStatus(t *testing.T) {
	opened := make(chan string, 10)
	tool := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ficha" {
			opened <- r.URL.RequestURI() + " " + r.Referer()
		}
		_, _ = fmt.Fprint(w, "<title>Ficha</title>")
	}))
	t.Cleanup(tool.Close)
	h := newHouse(t)
	h.must(h.SetEndpoint(t.Context(), flowtest.Admin(), desk.Homologation, flow.Endpoint{BaseURL: tool.URL, AllowPrivate: true, Secrets: map[string]string{"token": "sandbox-token"}}))
	n := h.open("AUR-A-101", "Vazamento", "Pinga.")
	b := browsertest.Start(t)
	x := h.tab(b, desktop)
	x.signIn("consultor@demo")

	// The action of 40 is taken off, so that another status can have it.
	x.Open(stPath + "/40/integracao")
	x.Click("#ativar")
	x.Click(saveButton)
	x.Until("saved", `document.querySelector(".noted[role=status]")`)
	x.Open(stPath)
	x.Click(`a[href="` + newPath + `"]`)
	x.Until("a new status", `document.querySelector("#codigo")`)
	x.fill("#codigo", "20")
	x.fill("#nome", "cobrar o campo")
	x.Click(`[name=vindos][value="50"]`)
	x.Click(`[name=proximos][value="50"]`)
	x.fill("#nota", "Cobrança"+kb.Enter)
	x.Until("the code is taken", `document.querySelector("#erro-codigo") && document.querySelector("#nome").value === "cobrar o campo"`)
	x.fill("#codigo", "45")
	x.Keys(kb.Enter)
	x.Until("added", `location.pathname === "`+stPath+`/45" && document.querySelector(".noted[role=status]")`)
	x.Click(`.views a[href$="/integracao"]`)
	x.Until("the tab", `document.querySelector("#ativar")`)
	x.Click("#ativar")
	x.pick("#ponto", string(desk.AddComment))
	x.Click("button[value=trocar]")
	x.UntilText("#previa pre", "incluirComentarioSolicitacaoAtendimento")
	x.Until("a form that listens", `document.querySelector("#integracao[data-htmx-powered]")`)
	x.Click("#parte-resposta > summary")
	x.fill("#sucesso", "http ==")
	x.UntilText("#previa .problems", "Sucesso: ")
	x.Click(saveButton)
	x.Until("which rule", `document.querySelector("#erro-sucesso") && document.querySelector("#parte-resposta").open && document.querySelector(".refused.alone a[href='#sucesso']") && document.querySelector("#integracao[data-htmx-powered]")`)
	x.look("aba-regra-errada")
	x.Click(".refused.alone a[href='#sucesso']")
	x.fill("#sucesso", "http == 200")
	x.Until("the preview is back", `document.querySelector("#previa pre")`)
	x.fill("#caminho", "/novo/comentario")
	x.UntilText("#previa pre", tool.URL+"/novo/comentario")
	x.Click(saveButton)
	x.Until("saved", `document.querySelector(".noted[role=status]") && location.search.includes("salvo")`)
	if c := h.config(); c.Integration.Points[desk.AddComment].Success != "http == 200" {
		t.Errorf("saved %q", c.Integration.Points[desk.AddComment].Success)
	}

	// A pop-up status, made with the keyboard where it matters: rows are added by their button.
	x.Open(stPath + "/60/integracao")
	x.Click("#ativar")
	x.Until("a window's form, since each action has its status", `document.querySelector(".call.only-path")`)
	x.fill("#caminho", "/ficha")
	x.fill("#botao", "Abrir a ficha")
	browsertest.Eval[any](x.Tab, `document.querySelector("button[value=incluir]").focus(); null`)
	x.Keys(kb.Enter)
	x.Until("a row", `document.querySelector("[name=destino]") && document.querySelector("#integracao[data-htmx-powered]")`)
	x.fill("[name=destino]", "unidade")
	x.pick("[name=origem]", "campo:unidade.id_mobuss")
	x.UntilText("#previa pre", "GET "+tool.URL+"/ficha?unidade=MOB-AUR-A-101")
	x.look("aba-janela")
	x.Click(saveButton)
	x.Until("saved", `document.querySelector(".noted[role=status]") && location.search.includes("salvo")`)
	x.Open(catPath)
	browsertest.Eval[any](x.Tab, `document.querySelector("[name='para-10'][value='60']").focus(); null`)
	x.Keys(" ")
	x.Click(saveButton)
	x.Until("saved", `document.querySelector(".noted[role=status]")`)
	x.Quiet("status of 422")

	ana := h.tab(b, desktop)
	ana.signIn("atendente@demo")
	ana.Open(fmt.Sprintf("/ocorrencias/%d", n))
	ana.Click(`button[name=status][value="60"]`)
	ana.Until("the button", `document.querySelector("a[data-window]")?.textContent.includes("Abrir a ficha")`)
	ana.look("ocorrencia-janela")
	ana.Click("a[data-window]")
	select {
	case got := <-opened:
		if got != "/ficha?unidade=MOB-AUR-A-101 " {
			t.Errorf("opened %q; the field's tool learns nothing of our pages", got)
		}
	case <-time.After(browsertest.Patience):
		t.Fatal("no window was opened")
	}
	ana.Until("the page is still there", `document.querySelector("a[data-window]") && location.pathname.startsWith("/ocorrencias/")`)
	ana.Quiet()
	if o, err := h.Show(t.Context(), h.ana, n); err != nil || len(o.Deliveries) != 0 || o.Status.Code != "60" {
		t.Errorf("%+v %v", o, err)
	}
}

// TestTheCatalogueLooks opens its pages in both languages, both themes and both widths.
func TestTheCatalogueLooks(t *testing.T) {
	h := newHouse(t)
	bare := h.open("AUR-A-999", "Rachadura", "Na sala.")
	d, err := h.ExportConfig(t.Context(), flowtest.Admin())
	h.must(err)
	d.Statuses[0].Next = append(d.Statuses[0].Next, "60")
	d.Statuses[6].Next = append(d.Statuses[6].Next, "60")
	for i := range d.Statuses {
		if d.Statuses[i].Code == "90" {
			d.Statuses[i].CommentRequired, d.Statuses[i].Movers = true, []desk.Mover{desk.MoverAttendant, desk.MoverManager}
		}
	}
	d.Integration.Windows = map[string]mapping.Window{"60": {Name: "Ficha", Path: "/ficha", Params: []mapping.Param{{Target: "unidade", Field: "unidade.id_mobuss", Required: true}}}}
	p := d.Integration.Points[desk.AskVisit]
	p.Body, p.XML = mapping.BodyXML, &mapping.XML{Root: "ws:Agendar", Envelope: mapping.SOAP11, Namespaces: map[string]string{"ws": "urn:campo:v1"}, Action: "urn:agendar"}
	d.Integration.Points[desk.AskVisit] = p
	_, err = h.PublishConfig(t.Context(), flowtest.Admin(), d, flow.Publication{})
	h.must(err)
	h.move(bare, "60", "")
	user, _, err := h.UserByLogin(t.Context(), "consultor@demo")
	h.must(err)
	b := browsertest.Start(t)
	for _, c := range []struct {
		name string
		p    browsertest.Window
	}{{"1440-light", desktop}, {"1440-dark-en", browsertest.Window{Width: 1440, Height: 1000, Language: "en", Dark: true}}, {"360-dark", darkest}, {"360-light-en", browsertest.Window{Width: 360, Height: 780, Language: "en"}}} {
		t.Run(c.name, func(t *testing.T) {
			h.t = t
			h.must(h.SetLook(t.Context(), user.Actor(), user.ID, c.p.Language, ""))
			x := h.tab(b, c.p)
			x.signIn("consultor@demo")
			x.Open(stPath)
			x.look("catalogo-lista-" + c.name)
			x.Open(catPath)
			x.look("catalogo-" + c.name)
			x.Open(newPath)
			x.look("catalogo-novo-" + c.name)
			x.Open(stPath + "/90")
			x.Wide("catalogo-quem-" + c.name)
			x.Axe("catalogo-quem-" + c.name)
			browsertest.Eval[any](x.Tab, `document.querySelector("[name=quem_move]").scrollIntoView({block: "center"}); null`)
			x.Picture("catalogo-quem-" + c.name)
			for _, code := range []string{"60", "30"} {
				x.Open(stPath + "/" + code + "/retirar")
				x.look("catalogo-retirar-" + code + "-" + c.name)
			}
			x.Open(stPath + "/30/integracao")
			x.Picture("aba-soap-" + c.name)
			browsertest.Eval[any](x.Tab, `document.querySelectorAll("details.fold, details.more").forEach(d => d.open = true); document.querySelector("#parte-resposta").scrollIntoView(); null`)
			x.look("aba-resposta-" + c.name)
			browsertest.Eval[any](x.Tab, `document.querySelector("#parte-duvida").scrollIntoView(); null`)
			x.Picture("aba-duvida-" + c.name)
			x.Open(stPath + "/60/integracao")
			x.look("aba-janela-" + c.name)
			x.Quiet()
		})
	}
	h.t = t
	ana := h.tab(b, small)
	ana.signIn("atendente@demo")
	ana.Open(fmt.Sprintf("/ocorrencias/%d", bare))
	ana.Until("what is missing", `document.querySelector(".window li")`)
	ana.look("ocorrencia-janela-falta-360")
}
