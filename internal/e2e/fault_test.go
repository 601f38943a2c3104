package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// TestFaultByFault gives each point each of the sandbox's faults once. Whatever the field does, an order is opened
// once, a comment and a visit arrive once, a closing closes; and what Mobuss refuses says so, and is not sent again.
func TestFaultByFault(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	d := demo(t)
	for _, c := range []struct {
		fault   string
		ms      int
		refused bool
	}{
		{fault: "http_500"}, {fault: "http_503_retry_after"}, {fault: "http_429"}, {fault: "timeout_apos_aceitar"},
		{fault: "aceita_depois", ms: 300}, {fault: "conexao_cortada"}, {fault: "cortada_antes"}, {fault: "lento", ms: 300},
		{fault: "corpo_invalido"}, {fault: "recusar", refused: true}, {fault: "erro_200", refused: true},
	} {
		t.Run(c.fault, func(t *testing.T) {
			lanes := d.lanes(ctx, t, c.fault)
			var faults []fault
			for _, l := range lanes {
				faults = append(faults, fault{Method: l.method, Type: c.fault, Count: 1, MS: c.ms})
			}
			if err := d.field.setFaults(ctx, faults...); err != nil {
				t.Fatal(err)
			}
			for _, l := range lanes {
				d.move(ctx, t, l.number, l.status, "com "+c.fault)
			}
			for _, l := range lanes {
				d.expect(ctx, t, l, c.refused)
			}
			if n, err := d.field.played(ctx); n != len(lanes) || err != nil {
				t.Errorf("%d faults were played, want %d (%v)", n, len(lanes), err)
			}
			t.Logf("tried: %d faults %s", len(lanes), c.fault)
		})
	}
}

// demo is a running ponte demo.
func demo(t *testing.T, flags ...string) *load {
	t.Helper()
	p := launch(t, binary(t, released), nil, append([]string{"demo", "--addr=127.0.0.1:0", "--sandbox-addr=127.0.0.1:0", "--data=" + t.TempDir()}, flags...),
		ponteURL, sandboxURL)
	return &load{site: &site{t: t, field: field(p.url(sandboxURL)), serving: []string{p.url(ponteURL)}}}
}

// lane is an occurrence that is about to send one message.
type lane struct {
	number         int64
	status, method string
}

// lanes are four occurrences: one to be opened in the field, three that are open there.
func (l *load) lanes(ctx context.Context, t *testing.T, name string) []lane {
	t.Helper()
	if err := l.field.setFaults(ctx); err != nil {
		t.Fatal(err)
	}
	lanes := []lane{{0, "20", "incluirSolicitacaoAtendimento"}, {0, "40", "incluirComentarioSolicitacaoAtendimento"},
		{0, "30", "incluirAgendamentoVisitaSolicitacao"}, {0, "80", "encerrarSolicitacaoAtendimento"}}
	for i := range lanes {
		body := fmt.Sprintf(`{"cod_projeto": "PDA-U-%d", "bloqueio_incluir_cliente": "T", "descricao": "%s"}`, i+1, name)
		a, err := l.call(ctx, deskToken, http.MethodPost, "/ocorrencias", body)
		var o occurrence
		if err != nil || a.status != http.StatusCreated || json.Unmarshal(a.body, &o) != nil {
			t.Fatalf("%s: %v", a, err)
		}
		if lanes[i].number = o.Number; i > 0 {
			l.move(ctx, t, o.Number, "20", "sem falha")
			l.settled(ctx, t, o.Number, 1)
		}
	}
	return lanes
}

func (l *load) move(ctx context.Context, t *testing.T, number int64, status, comment string) {
	t.Helper()
	a, err := l.call(ctx, deskToken, http.MethodPost, fmt.Sprintf("/ocorrencias/%d/movimentacoes", number),
		fmt.Sprintf(`{"cod_status": %q, "comentario": %q}`, status, comment))
	if err != nil || a.status != http.StatusCreated {
		t.Fatalf("%d to %s: %s, %v", number, status, a, err)
	}
}

// settled waits until an occurrence has so many deliveries and nothing is due.
func (l *load) settled(ctx context.Context, t *testing.T, number int64, deliveries int) (o occurrence) {
	t.Helper()
	err := poll(ctx, func() (_ bool, err error) {
		o, err = l.show(ctx, number)
		return len(o.Deliveries) == deliveries && !o.due(), err
	})
	if err != nil {
		t.Fatalf("%d does not settle: %+v: %v", number, o.Deliveries, err)
	}
	return o
}

func (l *load) expect(ctx context.Context, t *testing.T, at lane, refused bool) {
	t.Helper()
	before := 1
	if at.status == "20" {
		before = 0
	}
	o := l.settled(ctx, t, at.number, before+1)
	last := o.Deliveries[before]
	switch {
	case refused && (last.State != "recusado" || last.Error == "" || o.Status != "99" || last.Attempts != 1):
		t.Errorf("%s: delivery %+v, status %s; want it refused with a reason, after one attempt, and 99", at.method, last, o.Status)
	case !refused && last.State != "entregue":
		t.Errorf("%s: delivery %+v", at.method, last)
	}
	var orders []order
	if err := l.field.control(ctx, http.MethodGet, fmt.Sprintf("/solicitacoes?idLegado=%d", at.number), nil, &orders); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%d orders", len(orders))
	for _, x := range orders {
		got += fmt.Sprintf(", %d comments, %d visits, %s", len(x.Comments), len(x.Visits), x.State)
	}
	want := map[string]string{"20": "1 orders, 0 comments, 0 visits, aberta", "40": "1 orders, 1 comments, 0 visits, aberta",
		"30": "1 orders, 0 comments, 1 visits, aberta", "80": "1 orders, 0 comments, 0 visits, encerrada"}[at.status]
	switch {
	case refused && at.status == "20":
		want = "0 orders"
	case refused:
		want = "1 orders, 0 comments, 0 visits, aberta"
	}
	if got != want {
		t.Errorf("%s: the field has %s, want %s", at.method, got, want)
	}
}
