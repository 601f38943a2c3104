package sandbox

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestActionsAreChecked(t *testing.T) {
	r := newRig(t)
	id := r.openFor("1")
	acts := "/_sandbox/solicitacoes/" + id + "/acoes"
	for body, want := range map[string]int{`{"acao":"dançar"}`: 400, `{"acao":"abrir"}`: 400, `{}`: 400, `não`: 400,
		`{"acao":"agendar"}`: 400, `{"acao":"agendar","inicio":"ontem"}`: 400, `{"acao":"comentar","texto":{}}`: 400,
		`{"acao":"agendar","inicio":"2026-02-02T09:00","fim":"2026-02-01"}`: 400,
		`{"acao":"comentar","anexos":[{"nome":"x"}]}`:                       400, `{"acao":"comentar"}`: 200} {
		if out := r.call(want, "POST", acts, body); want != 200 && out.fields["mensagem"] == "" {
			t.Errorf("%s: no message: %s", body, out.raw)
		}
	}
	r.call(404, "POST", "/_sandbox/solicitacoes/SAT-c0ffee-000009/acoes", `{"acao":"comentar"}`)
	r.call(404, "POST", "/_sandbox/solicitacoes/88001/reenviar", "")
	r.call(400, "POST", "/_sandbox/acoes", `{"acao":"comentar"}`)
	r.call(400, "POST", "/_sandbox/acoes", `{"acao":"abrir"}`)
	r.call(404, "GET", "/_sandbox/nada", "")
	r.call(404, "GET", "/_sandbox/anexos/..%2F"+journalName, "")
	if o := r.orders(); len(o) != 1 || len(o[0].Comentarios) != 1 {
		t.Errorf("orders: %+v", o)
	}
}

// A visit that Ponte asked for is the one that gets the date.
func TestRequestedVisitIsBooked(t *testing.T) {
	r := newRig(t)
	id := r.openFor("1")
	r.api("incluirAgendamentoVisitaSolicitacao", `{"idSolicitacaoAtendimento":"`+id+`","objetivo":"ver","idLegado":"e1"}`)
	if o := r.orders()[0]; o.Situacao != orderOpen || o.Visitas[0].Situacao != visitRequested {
		t.Errorf("asked for: %+v", o)
	}
	o := r.act(id, `{"acao":"agendar","inicio":"2026-02-02T09:00","fim":"2026-02-02T10:00"}`)
	if v := o.Visitas; len(v) != 1 || v[0].Situacao != visitScheduled || v[0].IDLegado != "e1" || v[0].Objetivo != "ver" {
		t.Errorf("booked: %+v", v)
	}
	o = r.act(id, `{"acao":"agendar","inicio":"2026-02-03T09:00"}`)
	if len(o.Visitas) != 2 || o.Situacao != orderScheduled {
		t.Errorf("booked again: %+v", o)
	}
	o = r.act(id, `{"acao":"vistoriar"}`)
	if o.Situacao != orderInspected || o.Visitas[0].Situacao != visitScheduled || o.Visitas[1].Situacao != visitDone ||
		o.Visitas[1].Inicio != "2026-02-03T09:00:00-03:00" {
		t.Errorf("inspected: %+v", o)
	}
}

func TestPhotosAreKeptByTheirHash(t *testing.T) {
	r := newRig(t)
	id := r.openFor("1")
	o := r.act(id, `{"acao":"executar","anexos":[{"nome":"a.jpg","conteudo":"Zm90bw=="},{"nome":"b.jpg","conteudo":"Zm90bw=="}]}`)
	sum := o.Anexos[0].SHA256
	if len(o.Anexos) != 2 || sum != o.Anexos[1].SHA256 {
		t.Fatalf("files: %+v", o.Anexos)
	}
	orphan := strings.Repeat("0", 64)
	if err := os.WriteFile(filepath.Join(r.cfg.Dir, "anexos", orphan), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r = r.again()
	if out := r.call(200, "GET", "/_sandbox/anexos/"+sum, ""); out.raw != "foto" || out.header.Get("Content-Disposition") != "attachment" {
		t.Errorf("bytes: %q", out.raw)
	}
	r.call(404, "GET", "/_sandbox/anexos/"+orphan, "")
}

// A reset forgets orders, faults and queue, keeps the address, and gives no id away twice.
func TestReset(t *testing.T) {
	r, p := newRig(t), newPonte(t)
	before := r.openFor("1")
	r.act(before, `{"acao":"comentar"}`)
	r.faults(`[{"metodo":"*","tipo":"http_500","quantas":5}]`)
	r.call(200, "PUT", "/_sandbox/retorno", `{"url":"`+p.URL+`","token":"x"}`)
	r.call(200, "POST", "/_sandbox/reset", "")
	r = r.again()
	if n := len(r.orders()) + len(r.calls()); n != 0 {
		t.Errorf("%d things are left", n)
	}
	if out := r.call(200, "GET", "/_sandbox/falhas", ""); strings.TrimSpace(out.raw) != "[]" {
		t.Errorf("faults: %s", out.raw)
	}
	if out := r.call(200, "GET", "/_sandbox/retorno", ""); out.fields["url"] != p.URL || out.fields["temToken"] != true {
		t.Errorf("address: %s", out.raw)
	}
	r.call(404, "POST", newer+"consultarSolicitacaoAtendimento", `{"idLegado":"1"}`)
	after := r.openFor("1")
	if after == before {
		t.Errorf("%s was given twice", after)
	}
	r.act(after, `{"acao":"comentar"}`)
	r.Start(context.Background())
	r.awaitResults(1)
	if all := p.all(); len(all) != 1 || all[0].params["id_externo"] != after+":c:1" {
		t.Errorf("calls: %+v", all)
	}
}

// A reset while a call is under way: its answer belongs to nothing any more, and the worker goes on.
func TestResetUnderACall(t *testing.T) {
	r, p := newRig(t), newPonte(t)
	release := make(chan bool)
	p.answer = func(n int, _ heard) (int, string, map[string]string) {
		if n == 0 {
			<-release
		}
		return 201, `{}`, nil
	}
	r.act(r.openFor("1"), `{"acao":"comentar"}`)
	r.ring(p, "rest")
	<-p.calls
	r.call(200, "POST", "/_sandbox/reset", "")
	close(release)
	r.act(r.openFor("2"), `{"acao":"comentar"}`)
	r.awaitResults(1)
	if c := r.calls(); len(c) != 1 || c[0].Situacao != callDelivered {
		t.Errorf("calls: %+v", c)
	}
}

func TestListCanBeNarrowed(t *testing.T) {
	r := newRig(t)
	id := r.openFor("1")
	r.openFor("2")
	r.openFor("2")
	for query, want := range map[string]int{"": 3, "?idLegado=2": 2, "?idLegado=9": 0, "?idMobuss=" + id: 1, "?idMobuss=x": 0} {
		out := r.call(200, "GET", "/_sandbox/solicitacoes"+query, "")
		if got := len(decode[[]controlView](t, out)); got != want {
			t.Errorf("%q: %d, want %d", query, got, want)
		}
	}
}

func TestPage(t *testing.T) {
	r := newRig(t)
	r.call(http.StatusOK, "POST", newer+"incluirSolicitacaoAtendimento",
		`{"idUnidade":"<b>U</b>","desSolicitacao":"d","cpfCnpjCliente":"11144477735"}`)
	out := r.call(200, "GET", "/", "")
	if !strings.Contains(out.raw, "88001") || !strings.Contains(out.raw, "&lt;b&gt;U") || strings.Contains(out.raw, "11144477735") {
		t.Errorf("page: %s", out.raw)
	}
	r.call(404, "GET", "/outra", "")
}
