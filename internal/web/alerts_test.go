package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"ponte/internal/browsertest"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
)

const alerts = "/parametrizacoes/alertas"

// firing makes a house in trouble: the integration down, a receiver, and what it was told.
func (h *house) firing() {
	h.t.Helper()
	ctx, admin := h.t.Context(), flowtest.Admin()
	_, err := h.AddAlertReceiver(ctx, admin, flow.AlertReceiver{Name: "Plantão", Channel: desk.AlertByMail, Target: "plantao@exemplo.com.br", Language: "pt-BR"})
	h.must(err)
	id, err := h.AddAlertReceiver(ctx, admin, flow.AlertReceiver{Name: "Canal da TI", Channel: desk.AlertBySlack, URL: "https://hooks.exemplo.com/services/segredo-do-endereco", Language: "en", Kinds: []desk.AlertKind{desk.AlertDown, desk.AlertDisk}})
	h.must(err)
	h.must(h.EnableAlertReceiver(ctx, admin, id, false))
	h.at(12 * time.Minute)
	h.must(h.BeginPause(ctx, flow.Route{Connection: 1, Environment: desk.Homologation}, flow.Met{Cause: desk.PauseDown, Reason: desk.Because("rede"), Failing: h.now()}))
	h.at(0)
	h.must(h.Sight(ctx, "teste", []flow.Sighting{{Kind: desk.AlertDisk, Subject: "servidor-1:/var/lib/ponte", Value: 812, Since: h.now()}}))
	w, err := h.TakeAlerts(ctx, "teste", 0)
	h.must(err)
	h.must(w.Look(ctx))
	jobs, err := w.Due(ctx, 1)
	h.must(err)
	h.must(w.Settle(ctx, jobs[0], flow.AlertSent{Retry: true, Reason: "correio_recusou", HTTPStatus: 451}))
	h.must(h.EnableAlertReceiver(ctx, admin, id, true))
	h.must(h.TestAlertReceiver(ctx, admin, id))
	jobs, err = w.Due(ctx, 1)
	h.must(err)
	h.must(w.Settle(ctx, jobs[0], flow.AlertSent{Taken: true, HTTPStatus: 200}))
	h.must(w.Leave(ctx))
}

// TestTheAlertsPage: what holds is said in three parts, receivers come and go, a secret is never answered, and limits are
// kept or refused beside their fields.
func TestTheAlertsPage(t *testing.T) {
	h := newHouse(t)
	h.firing()
	b := h.signedIn("admin@demo")
	page := b.get(alerts).body
	for _, want := range []string{"Integração parada (homologação)", "O que fazer agora", "Restam 812 MiB em servidor-1:/var/lib/ponte.", "plantao@exemplo.com.br",
		"hooks.exemplo.com", "o servidor de e-mail recusou (451)", "Teste de aviso", "aceito pelo servidor"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "segredo-do-endereco") {
		t.Error("the page tells a webhook's address")
	}
	a := b.post(alerts+"/destinos", "nome", "Programa", "canal", "ponte", "endereco", "https://alertas.exemplo.com/x?chave=abc", "idioma", "en", "aviso", "falha")
	if a.status != http.StatusOK || !strings.Contains(a.body, "A chave da assinatura de “Programa” é") || strings.Contains(a.body, "chave=abc") {
		t.Errorf("a key of Ponte's making: %d", a.status)
	}
	a = b.post(alerts+"/destinos", "nome", "", "canal", "email", "endereco", "nada", "idioma", "pt-BR")
	if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="erro-nome"`) || !strings.Contains(a.body, `id="erro-endereco"`) {
		t.Errorf("refused: %d", a.status)
	}
	for act, status := range map[string]int{"testar": http.StatusSeeOther, "desligar": http.StatusSeeOther, "ligar": http.StatusSeeOther, "nada": http.StatusNotFound} {
		if a := b.post(alerts + "/destinos/1/" + act); a.status != status {
			t.Errorf("%s: %d", act, a.status)
		}
	}
	if a := b.post(alerts + "/destinos/1/retirar"); a.status != http.StatusSeeOther || b.post(alerts+"/destinos/1/retirar").status != http.StatusNotFound {
		t.Error("retirar")
	}
	if page := b.get(alerts + "?testado=2").body; !strings.Contains(page, "O teste para “Canal da TI” está a caminho.") {
		t.Error("nothing says that the test is on its way")
	}
	form := b.form(b.get(alerts).body, alerts)
	form.Set("silencio", "1")
	form.Set("falha", "3")
	if a := b.sendForm(alerts, form, nil); a.status != http.StatusSeeOther {
		t.Errorf("limits: %d %v", a.status, problems(a.body))
	}
	is, _, by, err := h.AlertSettings(t.Context(), flowtest.Admin())
	if err != nil || is.Failures != 3 || !is.Quiet || by != "Davi Rocha" {
		t.Errorf("%+v by %s: %v", is, by, err)
	}
	form.Set("falha", "muitas")
	form.Set("fuso", "Lua")
	if a := b.sendForm(alerts, form, nil); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="erro-falha"`) || !strings.Contains(a.body, `value="muitas"`) {
		t.Errorf("refused limits: %d", a.status)
	}
	for _, who := range []string{"atendente@demo", "gestor@demo", "consultor@demo"} {
		x := h.signedIn(who)
		if got := []int{x.get(alerts).status, x.post(alerts+"/destinos", "nome", "x").status, x.post(alerts, "falha", "1").status}; got[0] != 403 || got[1] != 403 || got[2] < 400 {
			t.Errorf("%s: %v", who, got)
		}
	}
}

// TestAlertsLook: in trouble and at peace, both languages, both themes, both widths; and a receiver is added by keyboard. The pages
// of letters are looked at on the way: the same people run them.
func TestAlertsLook(t *testing.T) {
	h, empty := newHouse(t), newHouse(t)
	h.firing()
	written := h.posted()
	admin, _, err := h.UserByLogin(t.Context(), "admin@demo")
	h.must(err)
	b := browsertest.Start(t)
	for _, c := range []struct {
		name string
		p    browsertest.Window
	}{{"1440-light", desktop}, {"360-dark", darkest}, {"1440-en", english}} {
		t.Run(c.name, func(t *testing.T) {
			h.t, empty.t = t, t
			h.must(h.SetLook(t.Context(), admin.Actor(), admin.ID, c.p.Language, ""))
			x := h.tab(b, c.p)
			x.signIn("admin@demo")
			x.Open(alerts)
			x.live()
			browsertest.Eval[any](x.Tab, `document.querySelector(".token-new").open = true; null`)
			x.look("alertas-" + c.name)
			x.lettersLook(written, c.name)
			x.Quiet()
		})
	}
	h.t, empty.t = t, t
	y := empty.tab(b, desktop)
	y.signIn("admin@demo")
	y.Open(alerts)
	y.live()
	y.look("alertas-em-paz")
	y.Quiet()
}
