package flow_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
)

func (b *bench) page(a desk.Actor, id string) *flow.DeliveryPage {
	b.t.Helper()
	p, err := b.DeliveryPage(b.t.Context(), a, id)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

// exchanged is an outcome with what went over the wire.
func (b *bench) exchanged(out flow.Outcome, status int, request, response string) flow.Outcome {
	out.Exchange = flow.Exchange{StartedAt: b.clock, Duration: 85 * time.Millisecond, HTTPStatus: status, Request: request, Response: response}
	return out
}

// seesAll may read documents.
func seesAll() desk.Actor {
	a := flowtest.Attendant()
	a.SeesDocuments = true
	return a
}

// TestTheRuleThatJudged: what the page says of an attempt is what mapping's judgement was, told from its record alone.
func TestTheRuleThatJudged(t *testing.T) {
	for _, c := range []struct {
		status         int
		body           string
		rule, contains string
		action         string
	}{
		{200, `{"idMobuss":"SAT-1","numSolicitacao":"88001"}`, "sucesso", "corpo.?status", ""},
		{200, `{"status":"ERRO","mensagem":"não"}`, "sucesso_nao", "corpo.?status", ""},
		{200, `{"numSolicitacao":"88001"}`, "extracao", "", ""},
		{200, `<html>`, "ilegivel", "", ""},
		{429, `{}`, "tabela_http", "", "repetir"},
		{503, ``, "tabela_http", "", "repetir"},
		{500, ``, "tabela_http", "", "consultar"},
		{504, `x`, "tabela_http", "", "consultar"},
		{400, `{"mensagem":"falta"}`, "tabela_http", "", "recusar"},
		{401, ``, "tabela_http", "", "recusar"},
	} {
		b := newBench(t)
		b.mustMove(b.Open(t), "20")
		j := b.one(desk.OpenOrder)
		v := j.Rules.Judge(j.Point, &mapping.Answer{Status: c.status, Body: []byte(c.body), Header: map[string]string{}})
		out := flow.Outcome{Reason: v.Reason(), Extracted: v.Extracted, Verdict: map[mapping.Outcome]flow.Verdict{mapping.Delivered: flow.Done,
			mapping.Refused: flow.Rejected, mapping.Retry: flow.TryAgain, mapping.Unknown: flow.Unknown}[v.Outcome]}
		b.settle(j, b.exchanged(out, c.status, "POST /x HTTP/1.1\nHost: h\n\n", fmt.Sprintf("HTTP/1.1 %d X\n\n%s", c.status, c.body)))
		a := b.page(flowtest.Attendant(), j.DeliveryID).Attempts[0]
		if a.Rule.Code != c.rule || !strings.Contains(a.Rule.Text, c.contains) || a.Rule.Action != c.action || a.LookUp || a.Outcome != out.Verdict.String() {
			t.Errorf("%d %s: %+v, want %s %s; the verdict was %+v", c.status, c.body, a.Rule, c.rule, c.action, v)
		}
	}
	for _, c := range []struct {
		out  flow.Outcome
		look bool
		rule string
	}{
		{flow.Outcome{Verdict: flow.TryAgain, Reason: desk.Because("conexao_recusada")}, false, "rede_nao_saiu"},
		{flow.Outcome{Verdict: flow.Unknown, Reason: desk.Because("tempo_esgotado")}, false, "rede_saiu"},
		{flow.Outcome{Verdict: flow.Rejected, Reason: desk.Because("anexo_perdido")}, false, "nao_enviavel"},
		{flow.Outcome{Verdict: flow.AskPerson, Reason: desk.Because(desk.WhyNoLookUp, "causa", "tempo_esgotado")}, false, "sem_consulta"},
		{flow.Outcome{Verdict: flow.Rejected, Reason: desk.Because(desk.WhyRetryLimit, "causa", "tempo_esgotado")}, false, "limite"},
		{flow.Outcome{Verdict: flow.Done}, true, "achado"},
		{flow.Outcome{Verdict: flow.NotThere}, true, "nao_achado"},
		{flow.Outcome{Verdict: flow.TryAgain, Reason: desk.Because("consulta_nao_achou")}, true, "nao_achado_de_novo"},
		{flow.Outcome{Verdict: flow.LookAgain, Reason: desk.Because("tempo_esgotado")}, true, "consulta_sem_resposta"},
		{flow.Outcome{Verdict: flow.AskPerson, Reason: desk.Because(desk.WhyUnclear)}, true, "inconclusiva"},
	} {
		b := newBench(t)
		n := b.opened()
		b.mustMove(n, "40")
		j := b.one(desk.AddComment)
		if c.look {
			b.settle(j, flow.Outcome{Verdict: flow.Unknown})
			j = b.one(desk.AddComment)
		}
		b.settle(j, c.out)
		all := b.page(flowtest.Attendant(), j.DeliveryID).Attempts
		if a := all[len(all)-1]; a.Rule.Code != c.rule || a.LookUp != c.look {
			t.Errorf("%s after a look %v: %+v, want %s", c.out.Verdict, c.look, a.Rule, c.rule)
		}
	}
}

// TestWhatIsShownOfAnExchange: laid out, masked for who may not read documents, in each form that a body has.
func TestWhatIsShownOfAnExchange(t *testing.T) {
	secrets := []string{"529.982.247-25", "52998224725", "Figueiredo", "98765-4321", "11987654321", "marina@", "153.509.460-56", "15350946056", "segredo"}
	const head = "POST /ccapi/x?cpf=52998224725&q=1 HTTP/1.1\nHost: mobuss.exemplo.com.br\n"
	for name, c := range map[string]struct{ request, response, laidOut string }{
		"json": {head + "Content-Type: application/json\n\n" + `{"cpfCnpjCliente":"52998224725","nomeSolicitante":"Jo\u00e3o Figueiredo","fone":11987654321,"desSolicitacao":"MARINA FIGUEIREDO PRADO pede; 153.509.460-56","access_token":"segredo"}`,
			"HTTP/1.1 200 OK\n\n[{\"email\":\"marina@exemplo.com.br\"}]", "\n  \"desSolicitacao\": \"M••• F••• P••• pede; •••.509.460-••\""},
		"cut json": {head + "\n" + `{"cpfCnpjCliente":"52998224725","nomeCliente":"Marina Figueiredo Prado","access_token":"segredo","x":"Mar`, "", `"x":"Mar`},
		"form": {head + "Content-Type: application/x-www-form-urlencoded\n\ncpf=529.982.247-25&nomeCliente=Marina+Figueiredo+Prado&telefone=%2811%29+98765-4321&texto=ol%C3%A1&access_token=segredo",
			"", "\ntexto=olá"},
		"xml": {head + "Content-Type: text/xml\n\n<a><cliente><nomeCliente>Marina Figueiredo Prado</nomeCliente><cpf>529.982.247-25</cpf></cliente><t email=\"marina@exemplo.com.br\">ligar (11) 98765-4321</t></a>",
			"", "\n  <cliente>\n    <nomeCliente>M••• F••• P•••</nomeCliente>"},
		"text": {head + "\nMarina Figueiredo Prado, (11) 98765-4321, marina@exemplo.com.br, 15350946056", "", "M••• F••• P•••, •••• 4321, m•••@exemplo.com.br, •••.509.460-••"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.mustMove(b.Open(t), "20")
			j := b.one(desk.OpenOrder)
			b.settle(j, b.exchanged(refusedBecause("recusado_pelo_mobuss"), 200, c.request, c.response))
			p := b.page(flowtest.Attendant(), j.DeliveryID)
			a := p.Attempts[0]
			text := fmt.Sprint(*a.Request, a.Response, a.Curl)
			if a.Response != nil {
				text += a.Response.Body
			}
			for _, s := range secrets {
				if strings.Contains(text, s) {
					t.Errorf("%q is shown:\n%s", s, text)
				}
			}
			if !p.Masked || !strings.Contains("\n"+a.Request.Body, c.laidOut) || a.Duration != 85*time.Millisecond {
				t.Errorf("laid out:\n%s", a.Request.Body)
			}
			whole := b.page(seesAll(), j.DeliveryID).Attempts[0]
			if !strings.Contains(whole.Request.First, "cpf=52998224725") || strings.Contains(whole.Request.Body, "segredo") {
				t.Errorf("who may see documents reads %+v", whole.Request)
			}
			if name == "json" {
				var sent map[string]any
				if err := json.Unmarshal([]byte(whole.Request.Body), &sent); err != nil || sent["cpfCnpjCliente"] != "52998224725" {
					t.Errorf("the whole body: %v, %v", sent, err)
				}
				if !strings.HasPrefix(whole.Curl, "curl -X POST 'https://mobuss.exemplo.com.br/ccapi/x?cpf=52998224725&q=1'") || !strings.Contains(whole.Curl, `"Authorization: Bearer $MOBUSS_TOKEN"`) {
					t.Errorf("curl: %s", whole.Curl)
				}
			}
		})
	}
}

// TestAPageTellsTheWholeStory: attempts, look-ups, the payload before a resend, who decided, and what waits behind.
func TestAPageTellsTheWholeStory(t *testing.T) {
	benches(t, func(t *testing.T, b *bench) {
		n, id := b.refused(2)
		p := b.page(flowtest.Attendant(), id)
		if len(p.Attempts) != 1 || len(p.Followers) != 2 || p.Behind != 2 || p.Ahead != nil || !p.CanLook || !p.MayAct || p.Off != nil || p.Planned != nil {
			t.Errorf("refused: %+v", p)
		}
		if behind := b.page(flowtest.Attendant(), p.Followers[0].ID); behind.Ahead == nil || behind.Ahead.ID != id || behind.Planned == nil || len(behind.Planned.Values) == 0 || !behind.Waits {
			t.Errorf("behind it: %+v", behind)
		}
		rev := p.Rev
		b.configure(t, func(c *mapping.Config) { c.Integration.Policy.Settling = mapping.Duration(time.Minute) }) // version 2
		if again := b.page(flowtest.Attendant(), id); again.Rev != rev {
			t.Error("nothing changed but the page's rev")
		}
		if err := b.Resend(t.Context(), manager, id); err != nil {
			t.Fatal(err)
		}
		p = b.page(flowtest.Attendant(), id)
		if p.Rev == rev || p.State != desk.Queued || len(p.Former) != 1 || p.Former[0].Version != 1 || p.Former[0].Wire == nil || p.Version != 2 || p.Planned == nil {
			t.Errorf("sent again: %+v", p)
		}
		if !p.Attempts[0].Former || len(p.Decisions) != 1 || p.Decisions[0].Who != manager.Name || p.Decisions[0].Act != "envio.reenviar" {
			t.Errorf("sent again: attempts %+v, decisions %+v", p.Attempts, p.Decisions)
		}
		j := b.one(desk.AddComment)
		b.settle(j, b.exchanged(flow.Outcome{Verdict: flow.Unknown, Reason: desk.Because("tempo_esgotado")}, 0, "", ""))
		b.settle(b.one(desk.AddComment), b.exchanged(flow.Outcome{Verdict: flow.Done}, 200, "", ""))
		p = b.page(flowtest.Attendant(), id)
		if len(p.Attempts) != 3 || p.Attempts[1].LookUp || !p.Attempts[2].LookUp || p.Attempts[1].Former || p.Attempts[1].Version != 2 || p.SettledAt.IsZero() || p.Number != n {
			t.Errorf("delivered: %+v", p.Attempts)
		}
		if _, err := b.DeliveryPage(t.Context(), flowtest.Attendant(), "nada"); code(err) != desk.ErrNoDelivery {
			t.Error(err)
		}
	})
}
