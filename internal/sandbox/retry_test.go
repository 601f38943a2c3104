package sandbox

import (
	"testing"
	"time"
)

func TestWhatIsRetriedAndWhatIsRefused(t *testing.T) {
	fault := func(code string) string {
		return envelope(`<s:Fault><faultcode>s:Client</faultcode><faultstring>x</faultstring><detail><erro xmlns="urn:ponte:webservice:v1"><codigo>` +
			code + `</codigo></erro></detail></s:Fault>`)
	}
	cases := []struct {
		name, protocol string
		status         int
		body           string
		want           string
	}{
		{"created", "rest", 201, `{"numero_ocorrencia":1}`, callDelivered},
		{"bad request", "rest", 400, `{}`, callRefused},
		{"unauthorised", "rest", 401, `{}`, callRefused},
		{"closed", "rest", 409, `{"codigo":"ocorrencia_encerrada"}`, callRefused},
		{"too many", "rest", 429, ``, callQueued},
		{"error", "rest", 500, ``, callQueued},
		{"redirect", "rest", 302, ``, callQueued},
		{"soap ok", "soap", 200, envelope(`<r/>`), callDelivered},
		{"fault refused", "soap", 500, fault("ocorrencia_encerrada"), callRefused},
		{"fault unauthorised", "soap", 401, fault("nao_autenticado"), callRefused},
		{"fault internal", "soap", 500, fault("erro_interno"), callQueued},
		{"fault unavailable", "soap", 503, fault("indisponivel"), callQueued},
		{"fault too many", "soap", 500, fault("muitas_chamadas"), callQueued},
		{"fault too many 429", "soap", 429, fault("muitas_chamadas"), callQueued},
		{"fault without code", "soap", 500, fault(""), callQueued},
		{"fault with 200", "soap", 200, fault("parametro_invalido"), callRefused},
		{"no envelope", "soap", 500, "oops", callQueued},
	}
	for _, c := range cases {
		if v := judge(errand{Return: Return{Protocolo: c.protocol}, call: call{Op: opComment}}, c.status, []byte(c.body)); v.state != c.want {
			t.Errorf("%s: %s, want %s", c.name, v.state, c.want)
		}
	}
	open := errand{Return: Return{Protocolo: "rest"}, call: call{Op: opOpen}}
	if v := judge(open, 201, []byte("<html>proxy</html>")); v.state != callQueued {
		t.Errorf("an opening without a number: %s", v.state)
	}
}

// Waits grow from RetryMin to RetryMax, Retry-After is obeyed, also when new work comes, and the id stays the same.
func TestBackoffAndRetryAfter(t *testing.T) {
	r, p := newRig(t), newPonte(t)
	r.cfg.RetryMin, r.cfg.RetryMax = 200*time.Millisecond, 5*time.Second
	const failures = 8
	p.answer = func(n int, _ heard) (int, string, map[string]string) {
		switch {
		case n == 2:
			return 429, "", map[string]string{"Retry-After": "30"}
		case n < failures:
			return 500, "", nil
		}
		return 201, `{}`, nil
	}
	waits := make(chan time.Duration, failures)
	r.lanes.after = func(d time.Duration, f func()) func() bool {
		waits <- d
		go f()
		return func() bool { return true }
	}
	r.act(r.openFor("7"), `{"acao":"comentar"}`)
	r.ring(p, "rest")
	r.awaitResults(1)
	for i := range failures {
		d, longest := <-waits, min(5*time.Second, 200*time.Millisecond<<i)
		switch {
		case i == 2 && d != 30*time.Second:
			t.Errorf("wait %d: %v, want what Retry-After asked for", i, d)
		case i != 2 && (d < longest/2 || d > longest):
			t.Errorf("wait %d: %v, want %v to %v", i, d, longest/2, longest)
		}
	}
	for _, h := range p.all() {
		wantParams(t, h, "id_externo", p.all()[0].params["id_externo"])
	}
	if c := r.calls()[0]; c.Tentativas != failures+1 || c.Status != 201 {
		t.Errorf("call: %+v", c)
	}
}

func TestNewWorkDoesNotCutAWaitShort(t *testing.T) {
	r, p := newRig(t), newPonte(t)
	p.answer = func(n int, _ heard) (int, string, map[string]string) {
		if n == 0 {
			return 429, "", map[string]string{"Retry-After": "60"}
		}
		return 201, `{}`, nil
	}
	waiting := make(chan func(), 1)
	r.lanes.after = func(_ time.Duration, f func()) func() bool {
		waiting <- f
		return func() bool { return true }
	}
	slow, other := r.openFor("1"), r.openFor("2")
	r.act(slow, `{"acao":"comentar"}`)
	r.ring(p, "rest")
	wakeUp := <-waiting
	r.act(slow, `{"acao":"comentar"}`)
	r.act(other, `{"acao":"comentar"}`)
	r.awaitResults(1)
	if n := len(p.all()); n != 2 {
		t.Errorf("%d calls while the first order waits, want 2", n)
	}
	wakeUp()
	r.awaitResults(2)
	if id := outOfOrder(p.all()); id != "" {
		t.Errorf("out of order: %s", id)
	}
}
