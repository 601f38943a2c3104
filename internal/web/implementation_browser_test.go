package web_test

import (
	"strconv"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"ponte/internal/browsertest"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
)

// TestTheConsultantGoesLive by the keyboard, looked at wide and narrow, light and dark, in both languages.
func TestTheConsultantGoesLive(t *testing.T) {
	chrome := browsertest.Start(t)
	h := newHouse(t)
	h.Probing(true)
	x := h.tab(chrome, browsertest.Window{Width: 1440, Height: 1700, Language: "pt-BR"})
	x.signIn("consultor@demo")
	narrow := h.sibling(x, browsertest.Window{Width: 360, Height: 1700, Dark: true, Language: "en"})
	look := func(name, path string) {
		t.Helper()
		x.Open(path)
		x.look("golive-" + name)
		narrow.Open(path)
		narrow.look("golive-" + name + "-360")
	}
	look("steps", wayPath)
	x.Open(wayPath)
	x.Until("the way", `document.getElementById("nota-metodo") !== null`)
	x.focus("#nota-metodo")
	x.Keys("com a Carla, na reunião de abertura" + kb.Tab + kb.Enter)
	x.Until("it is confirmed", `document.querySelector("#passo-metodo .said") !== null`)
	look("locked", realPath)
	h.Prove(t)
	x.Open(realPath)
	x.focus("#url")
	x.Keys("https://producao.exemplo.com.br")
	x.focus(`[name="credencial.token"]`)
	x.Keys("segredo-da-producao" + kb.Enter)
	x.Until("the data is kept", `location.search === "?feito=dados"`)
	h.ProductionToken(t, "mobuss-producao", desk.Field)
	look("ready", realPath)
	x.Open(realPath)
	x.focus("#motivo")
	x.Keys("O bloco C ainda não foi entregue" + kb.Tab + "Combinado com o cliente" + kb.Tab + "errada" + kb.Enter)
	x.Until("the password is wrong", `document.getElementById("erro-senha") !== null`)
	x.look("golive-refused")
	x.Until("what was typed stays", `document.getElementById("motivo").value.startsWith("O bloco C")`)
	x.focus("#senha")
	x.Keys(password + kb.Enter)
	x.Until("it is live", `document.querySelector(".phase.is-producao") !== null && document.querySelector(".env.real") !== null`)
	look("live", realPath)
	look("done", wayPath)
	cfg := flowtest.Config(t)
	cfg.Integration.Policy.Settling++
	h.must(h.Configure(t.Context(), flowtest.Admin(), cfg))
	look("unproven", realPath)
	x.Open(realPath)
	x.Click(".switch .danger")
	x.Until("it is paused", `document.querySelector(".phase.is-producao_pausada") !== null`)
	n, err := h.OpenByHand(t.Context(), h.ana, flow.OpenInput{Project: "AUR-A-101", BlockNewCustomer: "T", Subject: "Vazamento", Description: "x"})
	h.must(err)
	h.move(n, "20", "")
	look("paused", realPath)
	look("paused-occurrence", path(n))
	look("paused-new", "/ocorrencias/nova?q=AUR-A-101")
}

// focus puts the cursor into a field, as a label's click would.
func (x *tab) focus(selector string) {
	x.T.Helper()
	x.Until("a field "+selector, `(e => e && (e.focus(), document.activeElement === e))(document.querySelector(`+strconv.Quote(selector)+`))`)
}
