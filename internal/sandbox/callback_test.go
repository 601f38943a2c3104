package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// ring sets where Ponte is and starts the calls.
func (r *rig) ring(p *ponte, protocol string) {
	r.t.Helper()
	r.call(http.StatusOK, "PUT", "/_sandbox/retorno",
		fmt.Sprintf(`{"url":%q,"token":"demo-token","protocolo":%q}`, p.URL, protocol))
	r.Start(context.Background())
}

// everyAction does all that a technician can do with an order.
func everyAction(r *rig, id string) {
	r.act(id, `{"acao":"comentar","texto":"No local <A&B>","tecnico":"Rui"}`)
	r.act(id, `{"acao":"agendar","inicio":"2026-02-02T09:00","fim":"2026-02-02T10:00","tecnico":"Rui"}`)
	r.act(id, `{"acao":"vistoriar"}`)
	r.act(id, `{"acao":"executar","data":"2026-02-02T11:00:00-03:00","anexos":[{"nome":"pia.jpg","tipo_conteudo":"image/jpeg","conteudo":"Zm90bw=="}]}`)
	r.act(id, `{"acao":"encerrar","anexos":[{"nome":"fim.jpg","conteudo":"Zm90bw=="}]}`)
}

func TestEveryActionReachesPonteInOrder(t *testing.T) {
	rest := []string{"comentarios", "vistorias", "vistorias", "movimentacoes", "anexos", "anexos", "encerramento"}
	soap := []string{opComment, opVisit, opVisit, opMove, opFile, opFile, opClose}
	for protocol, ops := range map[string][]string{"rest": rest, "soap": soap} {
		t.Run(protocol, func(t *testing.T) {
			r, p := newRig(t), newPonte(t)
			id := r.openFor("1234-2")
			r.ring(p, protocol)
			everyAction(r, id)
			r.awaitResults(len(ops))
			all := p.all()
			for i, h := range all {
				if h.op != ops[i] || h.number != "1234" {
					t.Errorf("call %d: %s for %s, want %s for 1234", i, h.op, h.number, ops[i])
				}
				if want := fmt.Sprintf("%s:c:%d", id, i+1); h.params["id_externo"] != want {
					t.Errorf("call %d: id_externo %s, want %s", i, h.params["id_externo"], want)
				}
				if h.params["(authorization)"] != "Bearer demo-token" {
					t.Errorf("call %d: not authorised", i)
				}
			}
			wantParams(t, all[0], "comentario", "No local <A&B>", "autor", "Rui")
			wantParams(t, all[1], "situacao", "agendada", "inicio", "2026-02-02T09:00:00-03:00", "fim",
				"2026-02-02T10:00:00-03:00", "tecnico", "Rui", "comentario", "Vistoria agendada.")
			wantParams(t, all[2], "situacao", "realizada", "inicio", "2026-02-02T09:00:00-03:00", "tecnico", "Rui")
			wantParams(t, all[3], "cod_status", "60", "comentario", "Reparo executado.", "data", "2026-02-02T11:00:00-03:00")
			wantParams(t, all[4], "nome", "pia.jpg", "tipo_conteudo", "image/jpeg", "conteudo", "Zm90bw==")
			wantParams(t, all[6], "procedente", "T", "solucao", "Atendimento concluído.")
			o := r.orders()[0]
			if o.Situacao != orderClosed || len(o.Visitas) != 1 || o.Visitas[0].Situacao != visitDone || len(o.Anexos) != 2 {
				t.Errorf("order: %+v", o)
			}
			r.call(http.StatusConflict, "POST", "/_sandbox/solicitacoes/"+id+"/acoes", `{"acao":"comentar"}`)
		})
	}
}

func wantParams(t *testing.T, h heard, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got := h.params[pairs[i]]; got != pairs[i+1] {
			t.Errorf("%s: %s is %q, want %q", h.op, pairs[i], got, pairs[i+1])
		}
	}
}

// S11: Ponte's number becomes the order's, and only then do the later calls of that order go out, under it.
func TestFieldOrderIsRenumbered(t *testing.T) {
	answers := map[string]string{"json": `{"numero_ocorrencia": 1234}`, "text": "1234\n",
		"xml": `<?xml version="1.0"?><r><numero_ocorrencia>1234</numero_ocorrencia></r>`}
	for form, answer := range answers {
		for _, protocol := range []string{"rest", "soap"} {
			t.Run(form+" "+protocol, func(t *testing.T) {
				r, p := newRig(t), newPonte(t)
				if protocol == "soap" {
					answer = envelope(`<IncluirOcorrenciaResponse xmlns="urn:ponte:webservice:v1"><numero_ocorrencia>1234</numero_ocorrencia></IncluirOcorrenciaResponse>`)
				}
				p.answer = func(int, heard) (int, string, map[string]string) { return 200, answer, nil }
				o := r.fieldOpen(`{"acao":"abrir","unidade":101,"cod_empreendimento":"AUR","cod_bloco":"A","cpf_cnpj":"111.444.777-35","texto":"Pia vaza","data":"2026-01-30T12:00"}`)
				if o.Origem != "campo" || o.NumSolicitacao != "88001" || o.NumOcorrencia != "" || o.IDUnidade != "101" {
					t.Errorf("opened: %+v", o)
				}
				r.act(o.IDMobuss, `{"acao":"comentar"}`)
				r.ring(p, protocol)
				r.awaitResults(2)
				all := p.all()
				wantParams(t, all[0], "cod_projeto", "101", "cod_empreendimento", "AUR", "cod_bloco", "A", "cpf_cnpj",
					"111.444.777-35", "descricao", "Pia vaza", "bloqueio_incluir_cliente", "T", "id_mobuss", o.IDMobuss,
					"numero_os", "88001", "data_abertura", "2026-01-30T12:00:00-03:00", "id_externo", o.IDMobuss+":c:1")
				if _, blank := all[0].params["assunto"]; blank {
					t.Error("a blank parameter was sent")
				}
				if all[1].number != "1234" {
					t.Errorf("comment went to %s", all[1].number)
				}
				r = r.again()
				if o := r.orders()[0]; o.NumSolicitacao != "1234" || o.NumOcorrencia != "1234" {
					t.Errorf("renumbered: %+v", o)
				}
			})
		}
	}
}

// outOfOrder is the first order whose calls did not arrive in the order of its lane, repeats of the same call aside.
func outOfOrder(all []heard) string {
	last := map[string]int{}
	for _, h := range all {
		id, place, _ := strings.Cut(h.params["id_externo"], ":c:")
		n := 0
		_, _ = fmt.Sscan(place, &n)
		if n < last[id] || n > last[id]+1 {
			return id
		}
		last[id] = n
	}
	return ""
}

func TestOutOfOrderCanTell(t *testing.T) {
	h := func(id string) heard { return heard{params: map[string]string{"id_externo": id}} }
	if got := outOfOrder([]heard{h("A:c:1"), h("B:c:1"), h("A:c:1"), h("A:c:2"), h("B:c:2")}); got != "" {
		t.Errorf("found %s", got)
	}
	for _, bad := range [][]heard{{h("A:c:1"), h("A:c:3")}, {h("A:c:1"), h("A:c:2"), h("A:c:1")}} {
		if outOfOrder(bad) == "" {
			t.Error("found nothing")
		}
	}
}

// A Ponte that fails every other call, many orders at once, and a restart in the middle: each order's calls arrive in
// order, none is lost, none is given up.
func TestOrderHoldsThroughTroubleAndRestart(t *testing.T) {
	r, p := newRig(t), newPonte(t)
	p.answer = func(n int, _ heard) (int, string, map[string]string) {
		switch n % 4 {
		case 0:
			return 503, "", nil
		case 1:
			panic(http.ErrAbortHandler)
		}
		return 201, `{"numero_ocorrencia": 1}`, nil
	}
	const orders, actions = 12, 6
	var ids []string
	for i := range orders {
		ids = append(ids, r.openFor(fmt.Sprint(1000+i)))
	}
	r.ring(p, "rest")
	var all sync.WaitGroup
	for _, id := range ids {
		all.Go(func() {
			for range actions {
				r.act(id, `{"acao":"comentar"}`)
			}
		})
	}
	all.Wait()
	r.awaitResults(orders) // some, not all
	r = r.again()
	r.Start(context.Background())
	for slices.ContainsFunc(r.calls(), func(c callView) bool { return c.Situacao == callQueued }) {
		r.awaitResults(1)
	}
	if id := outOfOrder(p.all()); id != "" {
		t.Errorf("calls of %s came out of order", id)
	}
	calls := r.calls()
	for _, c := range calls {
		if c.Situacao != callDelivered {
			t.Errorf("%s: %s", c.IDExterno, c.Situacao)
		}
	}
	if len(calls) != orders*actions {
		t.Errorf("%d calls, want %d", len(calls), orders*actions)
	}
}

func TestRefusedIsKeptAndPassedOver(t *testing.T) {
	r, p := newRig(t), newPonte(t)
	p.answer = func(n int, h heard) (int, string, map[string]string) {
		if n == 0 {
			return 422, `{"codigo":"parametro_invalido"}`, nil
		}
		return 201, `{}`, nil
	}
	id := r.openFor("9")
	r.act(id, `{"acao":"comentar"}`)
	r.act(id, `{"acao":"executar"}`)
	r.ring(p, "rest")
	r.awaitResults(2)
	out := r.call(200, "GET", "/_sandbox/retornos", "")
	calls := decode[[]callView](t, out)
	if c := calls[0]; c.Situacao != callRefused || c.Status != 422 || !strings.Contains(c.Corpo, "parametro_invalido") || c.Tentativas != 1 {
		t.Errorf("refused: %+v", c)
	}
	if calls[1].Situacao != callDelivered {
		t.Errorf("after it: %+v", calls[1])
	}
	if strings.Contains(out.raw+r.call(200, "GET", "/_sandbox/retorno", "").raw, "demo-token") {
		t.Error("the token is shown")
	}
}

// An opening that Ponte refuses takes its later calls with it; sent again, they all go, under the number that comes.
func TestRefusedOpening(t *testing.T) {
	r, p := newRig(t), newPonte(t)
	p.answer = func(n int, h heard) (int, string, map[string]string) {
		if n == 0 {
			return 422, `{"codigo":"unidade_ambigua"}`, nil
		}
		return 201, `{"numero_ocorrencia":77}`, nil
	}
	o := r.fieldOpen(`{"acao":"abrir","unidade":"101"}`)
	r.act(o.IDMobuss, `{"acao":"comentar"}`)
	r.ring(p, "rest")
	r.awaitResults(2)
	r.act(o.IDMobuss, `{"acao":"executar"}`)
	r.awaitResults(1)
	for i, c := range r.calls() {
		if c.Situacao != callRefused || (i > 0 && (c.Tentativas != 0 || c.Motivo == "")) {
			t.Errorf("call %d: %+v", i, c)
		}
	}
	if n := len(p.all()); n != 1 {
		t.Errorf("Ponte heard %d calls", n)
	}
	r.call(200, "POST", "/_sandbox/solicitacoes/"+o.IDMobuss+"/reenviar", "")
	r.awaitResults(3)
	if all := p.all(); len(all) != 4 || all[0].params["id_externo"] != all[1].params["id_externo"] || all[3].number != "77" {
		t.Errorf("sent again: %+v", all)
	}
}

func TestOrderWithoutOccurrence(t *testing.T) {
	r, p := newRig(t), newPonte(t)
	id := r.openFor("")
	r.act(id, `{"acao":"comentar"}`)
	r.ring(p, "rest")
	r.awaitResults(1)
	if c := r.calls()[0]; c.Situacao != callRefused || c.Motivo == "" || c.Tentativas != 0 {
		t.Errorf("call: %+v", c)
	}
}

func TestReturnAddress(t *testing.T) {
	r := newRig(t)
	for _, bad := range []string{`x`, `{"url":"ponte:8080"}`, `{"url":"ftp://h"}`, `{"url":"http://h","protocolo":"corba"}`} {
		r.call(400, "PUT", "/_sandbox/retorno", bad)
	}
	for _, u := range []string{"http://h:1", "http://h:1/", "http://h:1/ws/rest/v1", "http://h:1/ws/rest/v1/", "http://h:1/ws/soap"} {
		out := r.call(200, "PUT", "/_sandbox/retorno", `{"url":"`+u+`"}`)
		if out.fields["url"] != "http://h:1" || out.fields["protocolo"] != "rest" {
			t.Errorf("%s: %s", u, out.raw)
		}
	}
	if err := r.SetReturn(Return{URL: "nada"}); err == nil {
		t.Error("SetReturn took a bad address")
	}
}
