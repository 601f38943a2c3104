package web_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"ponte/internal/browsertest"
	"ponte/internal/bulk"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

const sentList = "/integracao/envios"

// wire is an exchange as the connector writes it down.
func wire(out flow.Outcome, took time.Duration, status int, request, response string) flow.Outcome {
	out.Exchange = flow.Exchange{StartedAt: time.Now().Add(-6 * time.Minute), Duration: took, HTTPStatus: status, Request: request, Response: response}
	return out
}

const (
	sentComment = "POST /ccapi/assistencia/solicitacao/v1/incluirComentarioSolicitacaoAtendimento HTTP/1.1\nHost: mobuss.exemplo.com.br\nContent-Type: application/json\n\n" +
		`{"idSolicitacaoAtendimento":"SAT-88214","comentario":"Marina Figueiredo Prado (529.982.247-25) ligou: a mancha voltou a crescer. Retornar para (11) 98765-4321.","autor":"Ana Souza","data":"2026-11-24T14:02:11Z"}`
	saidNo   = "HTTP/1.1 200 OK\nContent-Type: application/json\nDate: Tue, 24 Nov 2026 14:02:12 GMT\n\n" + `{"status":"ERRO","codigoInterno":"SAT-AT014","mensagem":"Solicita\u00e7\u00e3o 88214 em edi\u00e7\u00e3o por JLIMA"}`
	sentOpen = "POST /ccapi/assistencia/solicitacao/v1/incluirSolicitacaoAtendimento HTTP/1.1\nHost: mobuss.exemplo.com.br\nContent-Type: application/json\n\n" +
		`{"idUnidade":"MOB-AUR-B-101","cpfCnpjCliente":"11144477735","nomeSolicitante":"Otávio Sá","telefoneSolicitante":"11912345678","desSolicitacao":"Raspa ao abrir.","idLegado":"1003"}`
	askedFor = "POST /ccapi/assistencia/solicitacao/v1/consultarSolicitacaoAtendimento HTTP/1.1\nHost: mobuss.exemplo.com.br\nContent-Type: application/json\n\n" + `{"idLegado":"1003"}`
	saidHm   = "HTTP/1.1 200 OK\nContent-Type: application/json\n\n" + `{"solicitacoes":[{"idMobuss":"SAT-77101"},{"idMobuss":"SAT-77102"}]}`
)

// outgoing has deliveries of every kind; it answers a refused one and one that nobody can tell of.
func (h *house) outgoing() (refused, unsure string) {
	h.t.Helper()
	const day = 24 * time.Hour
	h.at(3 * day)
	done := h.open("AUR-A-102", "Rejunte do box soltando", "Solta perto do ralo.")
	h.move(done, "20", "")
	h.settle(accepted("88188"))
	n := h.open("AUR-A-101", "Infiltração no teto do banheiro da suíte", "Mancha úmida.")
	h.move(n, "20", "")
	h.settle(accepted("88214"))
	h.at(6 * time.Minute)
	h.move(n, "40", "Marina Figueiredo Prado (529.982.247-25) ligou: a mancha voltou a crescer. Retornar para (11) 98765-4321.")
	jobs := h.claim()
	h.must(h.Settle(h.t.Context(), jobs[0], wire(flow.Outcome{Verdict: flow.TryAgain, Reason: desk.Because("http_inesperado", "http", 503, "mensagem", "em manutenção")},
		142*time.Millisecond, 503, sentComment, "HTTP/1.1 503 Service Unavailable\nRetry-After: 2\nContent-Type: text/plain\n\nem manutenção")))
	jobs = h.claim()
	refused = jobs[0].DeliveryID
	h.must(h.Settle(h.t.Context(), jobs[0], wire(rejected("Solicitação 88214 em edição por JLIMA"), 87*time.Millisecond, 200, sentComment, saidNo)))
	h.move(n, "40", "O síndico libera o acesso na sexta.")
	h.move(n, "30", "Cliente pede nova vistoria.")

	m := h.open("AUR-B-101", "Porta raspando no piso", "Raspa ao abrir.")
	h.move(m, "20", "")
	jobs = h.claim()
	unsure = jobs[0].DeliveryID
	h.must(h.Settle(h.t.Context(), jobs[0], wire(flow.Outcome{Verdict: flow.Unknown, Reason: desk.Because("tempo_esgotado")}, 2*time.Second, 0, sentOpen, "")))
	jobs = h.claim()
	h.must(h.Settle(h.t.Context(), jobs[0], wire(flow.Outcome{Verdict: flow.AskPerson, Reason: desk.Because(desk.WhyUnclear, "causa", "consulta_inconclusiva")},
		64*time.Millisecond, 200, askedFor, saidHm)))
	h.move(h.open("AUR-B-203", "Interfone mudo", "Não toca."), "20", "")
	h.at(0)
	return refused, unsure
}

// TestDeliveriesLook opens the console in both languages, both themes and both widths, and in the states that its parts
// come to.
func TestDeliveriesLook(t *testing.T) {
	h := newHouse(t)
	refused, unsure := h.outgoing()
	gestor, _, err := h.UserByLogin(t.Context(), "gestor@demo")
	h.must(err)
	b := browsertest.Start(t)
	for _, c := range append(slices.Clone(everyLook), tablet) {
		t.Run(c.name, func(t *testing.T) {
			h.t = t
			h.must(h.SetLook(t.Context(), gestor.Actor(), gestor.ID, c.p.Language, ""))
			x := h.tab(b, c.p)
			x.signIn("gestor@demo")
			for name, path := range map[string]string{"envios": "", "envios-todos": "?visao=todos", "envios-vazio": "?visao=ignorados", "envios-filtro": "?visao=todos&q=nada&ponto=MOBUSS_ISA",
				"envio": "/" + refused, "envio-incerto": "/" + unsure, "envios-lote": "/lote"} {
				x.Open(sentList + path)
				x.live()
				x.look(name + "-" + c.name)
			}
			x.Open(sentList + "/" + unsure)
			browsertest.Eval[any](x.Tab, `scrollTo(0, document.querySelector("#tentativas").offsetTop - 80); document.querySelectorAll(".tries details").forEach(d => d.open = true); null`)
			x.look("envio-tentativas-" + c.name)
			x.Quiet()
		})
	}
	h.t = t
}

// TestDeliveriesLive: refused, sent again from its page and delivered; uncertain, and settled by the order's id. Each
// is told to the page that is open, and to the menu.
func TestDeliveriesLive(t *testing.T) {
	h := newHouse(t)
	refused, unsure := h.outgoing()
	b := browsertest.Start(t)
	x, list := h.tab(b, desktop), h.tab(b, desktop)
	x.signIn("atendente@demo")
	list.signIn("gestor@demo")
	list.Open(sentList)
	list.live()
	list.UntilText("#nav-envios", "2")
	x.Open(sentList)
	x.live()
	x.Keys("jj\r") // the second row, by keyboard
	x.Until("its page", fmt.Sprintf(`location.pathname === "%s/%s"`, sentList, refused))
	x.live()
	x.Click("#ato-reenviar")
	x.UntilText("#envio .st", "Vai de novo")
	x.live()
	list.UntilText("#nav-envios", "1")
	list.Until("a list without it", fmt.Sprintf(`!document.querySelector("#e-%s")`, refused))
	for range 3 { // what waited behind it follows
		for _, job := range h.claim() {
			if job.Point == desk.OpenOrder {
				h.must(h.Settle(t.Context(), job, accepted("88300")))
				continue
			}
			h.must(h.Settle(t.Context(), job, flow.Outcome{Verdict: flow.Done}))
		}
	}
	x.UntilText("#envio .st", "Entregue")
	x.UntilText(".decisions", "Ana Souza mandou reenviar")
	x.Axe("a delivered one")

	x.Open(sentList + "/" + unsure)
	x.live()
	x.Click("#ato-confirmar")
	x.UntilText("#erro-id_mobuss", "Falta preencher")
	x.Axe("an id that is missing")
	x.Click("#id_mobuss")
	x.Keys("SAT-77101\t88555\r")
	x.UntilText("#envio .st", "Entregue")
	x.UntilText(".aside", "SAT-77101")
	list.Until("nothing blocked", `!document.querySelector("#nav-envios").textContent.trim()`)
	list.UntilText("#lista", "Nada parado")
	if o, err := h.Show(t.Context(), h.ana, 1002); err != nil || o.Orders[0].Number != "88555" || o.Status.Code != "50" {
		t.Errorf("the occurrence: %+v, %v", o, err)
	}
	x.Quiet("status of 422")
	list.Quiet()
}

// TestTwelveAtOnce: rehearsed, then sent again while nobody looks; whoever comes back sees it go on by itself.
func TestTwelveAtOnce(t *testing.T) {
	h := newHouse(t)
	for range 12 {
		n := h.open("AUR-A-101", "Vazamento", "Pinga.")
		h.move(n, "20", "")
		h.settle(rejected("fora do ar"))
	}
	worker := bulk.New(bulk.Options{Flow: h.Flow, Owner: "eu"})
	work := func() {
		t.Helper()
		if worked, err := worker.Once(t.Context()); !worked || err != nil {
			t.Fatal("the worker:", worked, err)
		}
	}
	b := browsertest.Start(t)
	x := h.tab(b, desktop)
	x.signIn("gestor@demo")
	x.Open(sentList)
	x.live()
	x.UntilText("#nav-envios", "12")
	x.Click("#em-lote")
	x.Until("the page", `document.querySelector("#ensaiar-reenviar")`)
	x.Click("#ensaiar-reenviar")
	x.UntilText("#lote .st", "Ensaiando")
	x.live()
	x.look("envios-lote-ensaiando-1440-light")
	work()
	x.UntilText("#fazer", "Reenviar 12")
	if len(h.claim()) != 0 {
		t.Fatal("a rehearsal sends")
	}
	x.look("envios-lote-ensaiado-1440-light")
	x.Click("#fazer")
	x.UntilText("#lote .st", "Em andamento")
	x.live()
	at := browsertest.Eval[string](x.Tab, `location.pathname`)
	x.Open("/painel") // nobody looks
	work()
	x.Open(at)
	x.UntilText("#lote [role=status]", "Terminou")
	x.UntilText("#lote .tally", "12")
	x.look("envios-lote-feito-1440-light")
	x.Until("nothing blocked", `!document.querySelector("#nav-envios").textContent.trim()`)
	if n := len(h.claim()); n != 10 { // as many as are asked for
		t.Errorf("%d lanes are due", n)
	}
	x.Open(sentList + "/lote")
	x.UntilText(".acts-before", "Feito")
	id, err := h.StartBulk(t.Context(), desk.Actor{Kind: "usuario", Name: "Carla Nunes", Origin: desk.House, Roles: []desk.Role{desk.Manager}}, flow.BulkSkip, "Obra parada",
		flow.DeliveriesQuery{Text: "marina", Point: desk.AddComment, Since: time.Now().Add(-48 * time.Hour)})
	h.must(err)
	narrow := h.tab(b, darkest)
	narrow.signIn("gestor@demo")
	narrow.Open(sentList + "/lote/" + id)
	narrow.live()
	narrow.look("envios-lote-filtrado-360-dark")
	x.look("envios-lote-antes-1440-light")
	x.Quiet()
}
