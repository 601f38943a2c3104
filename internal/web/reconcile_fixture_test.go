package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

const findings = "/integracao/conciliacao"

// says is what Mobuss answers of an order, by its id; of a customer's orders, by the customer's name "cliente".
type says map[string]map[string]any

// compare has Mobuss compared as if it said this. What it does not speak of is as it is here.
func (h *house) compare(said says) {
	h.t.Helper()
	ctx := h.t.Context()
	h.must(h.AskReconcile(ctx, h.ana))
	run, err := h.TakeReconcile(ctx, "teste", time.Minute)
	h.must(err)
	orders, err := h.OrdersToLook(ctx, run)
	h.must(err)
	for _, id := range orders {
		look, err := h.OrderLook(ctx, run, id)
		h.must(err)
		if look == nil {
			continue
		}
		seen := flow.Seen{}
		if body, ok := said[look.MobussID]; ok {
			status := http.StatusOK
			if _, unknown := body["codigoInterno"]; unknown {
				status = http.StatusNotFound
			}
			a := answerOf(status, body)
			seen = flow.Seen{Asked: true, Exchange: exchangeOf(look.ByID, a)}
			seen.Order, seen.Verdict = look.Rules.ReadOrder(a, look.ByID.Keys, look.Zone)
		}
		h.must(h.RecordOrder(ctx, run, look, seen, flow.Seen{}))
	}
	customers, err := h.CustomersToLook(ctx, run)
	h.must(err)
	for _, row := range customers {
		look, err := h.CustomerLook(ctx, row)
		h.must(err)
		seen := flow.Seen{}
		if body, ok := said["cliente"]; ok {
			a := answerOf(http.StatusOK, body)
			seen = flow.Seen{Asked: true, Exchange: exchangeOf(look.Request, a)}
			seen.Customers, seen.Verdict = look.Rules.ReadCustomer(a, look.Request.Keys)
		}
		h.must(h.RecordCustomer(ctx, run, look, seen))
	}
	h.must(h.EndReconcile(ctx, run, ""))
}

func answerOf(status int, body map[string]any) *mapping.Answer {
	b, _ := json.Marshal(body) // of texts and lists
	return &mapping.Answer{Status: status, Body: b, Header: map[string]string{"content-type": "application/json"}}
}

func exchangeOf(req *mapping.Request, a *mapping.Answer) flow.Exchange {
	return flow.Exchange{StartedAt: time.Now(), Duration: 74 * time.Millisecond, HTTPStatus: a.Status,
		Request:  fmt.Sprintf("%s %s HTTP/1.1\nHost: mobuss.exemplo.com.br\nContent-Type: application/json\n\n%s", req.Method, req.Path, req.Body),
		Response: fmt.Sprintf("HTTP/1.1 %d %s\nContent-Type: application/json\n\n%s", a.Status, http.StatusText(a.Status), a.Body)}
}

// drift has something of every kind that a page shows; it answers the occurrence that most of it is about.
func (h *house) drift() int64 {
	h.t.Helper()
	const day = 24 * time.Hour
	h.at(2 * day)
	c := h.config()
	c.Integration.Reconcile.Grace = 0
	h.must(h.Configure(h.t.Context(), desk.Actor{Kind: "comando", Name: "teste", Origin: desk.House, Roles: []desk.Role{desk.Admin}}, c))
	n := h.open("AUR-A-101", "Infiltração no teto do banheiro da suíte", "Mancha úmida.")
	h.move(n, "20", "")
	h.settle(accepted("88214"))
	h.move(n, "40", "O síndico libera o acesso na sexta, o dia todo.")
	h.settle(flow.Outcome{Verdict: flow.Done})
	m := h.open("AUR-A-102", "Rejunte do box soltando", "Solta perto do ralo.")
	h.move(m, "20", "")
	h.settle(accepted("88188"))
	k := h.open("AUR-B-101", "Porta raspando no piso", "Raspa ao abrir.")
	h.move(k, "20", "")
	h.settle(accepted("88190"))
	h.at(9 * time.Minute)
	h.compare(says{
		"SAT-88214": {"idMobuss": "SAT-88214", "numSolicitacao": "88300", "idLegado": fmt.Sprint(n), "situacao": "executada",
			"comentarios": []any{map[string]any{"idComentario": "COM-1", "texto": "Marina Figueiredo Prado não estava em casa; deixei recado no (11) 98765-4321.", "autor": "Jorge Lima", "data": "2026-11-20T09:12:00-03:00"}},
			"visitas":     []any{map[string]any{"idVisita": "VIS-1", "situacao": "agendada", "inicio": "2026-11-26T09:00:00-03:00", "tecnico": "Jorge Lima"}}},
		"SAT-88188": {"idMobuss": "SAT-88188", "numSolicitacao": "88188", "situacao": "encerrada", "solucao": "Rejunte refeito e box selado.", "dataEncerramento": "2026-11-23T16:40:00-03:00"},
		"SAT-88190": {"codigoInterno": "SAT-AT002", "mensagem": "Solicitação não encontrada"},
		"cliente":   {"solicitacaoAtendimento": []any{map[string]any{"id": "SAT-90001", "numSolicitacao": "90001", "situacao": "aberta"}, map[string]any{"id": "SAT-88214", "idLegado": fmt.Sprint(n), "situacao": "aberta"}, map[string]any{"id": "SAT-88999", "idLegado": fmt.Sprint(n), "situacao": "aberta"}}},
	})
	h.at(0)
	return n
}

// found are the open findings by their kind.
func (h *house) found() map[desk.FindingKind]string {
	h.t.Helper()
	l, err := h.ListFindings(h.t.Context(), h.ana, flow.FindingsQuery{Open: true, Most: 100})
	h.must(err)
	out := map[desk.FindingKind]string{}
	for _, f := range l.Lines {
		out[f.Kind] = f.ID
	}
	return out
}
