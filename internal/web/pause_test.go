package web_test

import (
	"strings"
	"testing"
	"time"

	"ponte/internal/browsertest"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

// paused pauses a route of the house.
func (h *house) paused(env desk.Environment, cause desk.PauseCause, why desk.Reason, askIn time.Duration) flow.Pause {
	h.t.Helper()
	routes, err := h.Routes(h.t.Context())
	h.must(err)
	r := flow.Route{Connection: routes[0].Connection, Environment: env}
	h.must(h.BeginPause(h.t.Context(), r, flow.Met{Cause: cause, Reason: why, Failing: h.now(), AskIn: askIn}))
	all, err := h.Pauses(h.t.Context())
	h.must(err)
	for _, p := range all {
		if p.Environment == env {
			return p
		}
	}
	h.t.Fatal("not paused")
	return flow.Pause{}
}

const bandOf = `class="outage"`

// TestEveryPageSaysThatMobussIsDown, to everybody who has signed in, with what to do by what they may; and no page once it
// is over.
func TestEveryPageSaysThatMobussIsDown(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	h.move(h.open("AUR-B-101", "Porta-balcão não trava", "Não trava."), "20", "")
	pages := []string{"/painel", "/ocorrencias", "/ocorrencias/nova", path(n), "/integracao/envios", "/integracao/recebimentos", "/busca?q=x", "/conta", "/nada"}
	ana, caio := h.signedIn("atendente@demo"), h.signedIn("consultor@demo")
	say := func(b *browser, want bool, words ...string) {
		t.Helper()
		for _, p := range pages {
			a := b.get(p)
			if strings.Contains(a.body, bandOf) != want {
				t.Errorf("%s: the band is there: %v, want %v", p, !want, want)
			}
			for _, w := range words {
				if !strings.Contains(a.body, w) {
					t.Errorf("%s does not say %q", p, w)
				}
			}
		}
	}
	say(ana, false)
	down := h.paused(desk.Homologation, desk.PauseDown, desk.Because("tempo_esgotado"), 5*time.Second)
	say(ana, true, "O Mobuss não responde", "1 ocorrência espera", "em instantes", "Perguntar agora", "Ver os envios")
	if rev := h.signedIn("atendente@demo").get("/integracao/pausa"); !strings.Contains(rev.body, bandOf) {
		t.Errorf("the part alone: %d %s", rev.status, rev.body)
	}
	before := down.AskAt
	if a := ana.post("/integracao/pausa", "ambiente", "homologacao"); a.status != 303 {
		t.Errorf("asked at once: %d", a.status)
	}
	if all, err := h.Pauses(t.Context()); err != nil || !all[0].AskAt.Before(before) {
		t.Errorf("%+v, %v", all, err)
	}
	h.must(h.EndPause(t.Context(), down))
	say(ana, false)
	h.must(h.EndPause(t.Context(), h.paused(desk.Homologation, desk.PauseCredential, desk.Because("credencial_recusada", "http", 401), 10*time.Minute)))
	p := h.paused(desk.Homologation, desk.PauseCredential, desk.Because("credencial_recusada", "http", 401), 10*time.Minute)
	say(ana, true, "recusou a credencial", "avise quem cuida da integração")
	say(caio, true, "Abrir a conexão", "Ponte pergunta na hora")
	h.must(h.EndPause(t.Context(), p))
	h.paused(desk.Production, desk.PauseDown, desk.Because("tempo_esgotado"), time.Second)
	say(ana, false) // nothing goes there yet
	h.Live(t)
	say(ana, true, "O Mobuss não responde")
	h.paused(desk.Homologation, desk.PauseDown, desk.Because("tempo_esgotado"), time.Second)
	say(caio, true, "A homologação do Mobuss não responde")
	if a := ana.get("/painel"); strings.Count(a.body, bandOf) != 1 {
		t.Error("an attendant is told of an environment that is not theirs")
	}
}

// TestTheBandComesAndGoesByItself, and looks as it should.
func TestTheBandComesAndGoesByItself(t *testing.T) {
	h := newHouse(t)
	h.story()
	h.move(h.open("AUR-B-101", "Porta-balcão não trava", "Não trava."), "20", "")
	b := browsertest.Start(t)
	x := h.tab(b, desktop)
	x.signIn("consultor@demo")
	x.live()
	const there, gone = `!!document.querySelector("#pausa .outage")`, `!document.querySelector("#pausa .outage")`
	p := h.paused(desk.Homologation, desk.PauseDown, desk.Because("tempo_esgotado"), 5*time.Second)
	x.Until("the band", there)
	x.look("pausa-1440-light")
	h.must(h.StayPaused(t.Context(), p, flow.Met{Cause: desk.PauseCredential, Reason: desk.Because("credencial_recusada", "http", 401), AskIn: 10 * time.Minute}))
	x.UntilText("#pausa", "recusou a credencial")
	x.look("pausa-credencial-1440-light")
	small := h.tab(b, darkest)
	small.signIn("atendente@demo")
	small.live()
	small.Until("the band", there)
	small.look("pausa-360-dark")
	x.Click("#pausa button")
	x.UntilText("#pausa", "em instantes")
	h.must(h.EndPause(t.Context(), p))
	x.Until("no band", gone)
	small.Until("no band", gone)
	x.Quiet()
	small.Quiet()
}
