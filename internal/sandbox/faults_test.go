package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

const openBody = `{"idUnidade":"U1","desSolicitacao":"d","idLegado":"1"}`

// Every type of fault, in both generations: what the caller sees, and whether it was done.
func TestFaultTypes(t *testing.T) {
	cases := []struct {
		kind                string
		newStatus, oldState int // HTTP status in the newer and the older generation; 0: no answer
		body                string
		retryAfter          bool
		done                bool
	}{
		{fault500, 500, 500, "SAT-AT500", false, false},
		{fault503, 503, 503, "SAT-AT503", true, false},
		{fault429, 429, 429, "SAT-AT429", true, false},
		{faultError200, 200, 200, `"status":"ERRO"`, false, false},
		{faultRefuse, 422, 200, "SAT-AT099", false, false},
		{faultCutBefore, 0, 0, "", false, false},
		{faultCut, 0, 0, "", false, true},
		{faultInvalidBody, 200, 200, "ilegível", false, true},
		{faultSlow, 200, 200, "88001", false, true},
	}
	for _, c := range cases {
		for prefix, want := range map[string]int{newer: c.newStatus, older: c.oldState} {
			t.Run(c.kind+strings.ReplaceAll(prefix, "/", "."), func(t *testing.T) {
				r := newRig(t)
				r.faults(`[{"metodo":"incluirSolicitacaoAtendimento","tipo":"` + c.kind + `","quantas":1,"ms":1}]`)
				out, err := r.try("POST", prefix+"incluirSolicitacaoAtendimento", openBody)
				switch {
				case want == 0 && err == nil:
					t.Errorf("answered with %d", out.status)
				case want == 0 && !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET):
					t.Errorf("not cut: %v", err)
				case want != 0 && err != nil:
					t.Errorf("no answer: %v", err)
				case out.status != want || !strings.Contains(out.raw, c.body):
					t.Errorf("status %d, want %d: %s", out.status, want, out.raw)
				case (out.header.Get("Retry-After") == "1") != c.retryAfter:
					t.Errorf("Retry-After %q", out.header.Get("Retry-After"))
				}
				if c.kind == faultInvalidBody && json.Valid([]byte(out.raw)) {
					t.Errorf("a valid body: %s", out.raw)
				}
				if n := len(r.orders()); (n == 1) != c.done {
					t.Errorf("%d orders, done should be %v", n, c.done)
				}
				r.openFor("2") // the one fault is used up
			})
		}
	}
}

// callAndGiveUp calls, and goes away as soon as ready says so.
func (r *rig) callAndGiveUp(ready func()) {
	ctx, giveUp := context.WithCancel(context.Background())
	gone := make(chan error, 1)
	go func() {
		req, _ := http.NewRequestWithContext(ctx, "POST", r.web.URL+newer+"incluirSolicitacaoAtendimento",
			strings.NewReader(openBody))
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := r.web.Client().Do(req)
		if err == nil {
			resp.Body.Close()
		}
		gone <- err
	}()
	ready()
	giveUp()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		r.t.Errorf("the caller got an answer: %v", err)
	}
}

func isOpening(rec record) bool { return rec.Change != nil && rec.Change.Open != nil }
func isFiring(rec record) bool  { return rec.Fired != nil }

func TestTimeoutAfterAccepting(t *testing.T) {
	r := newRig(t)
	r.faults(`[{"metodo":"*","tipo":"timeout_apos_aceitar","quantas":1}]`)
	r.callAndGiveUp(func() { r.awaitRecord("opening", isOpening) }) // done before the caller gives up
	if n := len(r.orders()); n != 1 {
		t.Errorf("%d orders", n)
	}
}

func TestAcceptedAfterTheCallerGaveUp(t *testing.T) {
	for _, ms := range []string{"0", "20"} {
		r := newRig(t)
		var gone atomic.Bool
		note := r.observe
		r.observe = func(rec record) {
			if isOpening(rec) && !gone.Load() {
				t.Errorf("%s ms: done while the caller waited", ms)
			}
			note(rec)
		}
		r.faults(`[{"metodo":"*","tipo":"aceita_depois","quantas":1,"ms":` + ms + `}]`)
		r.callAndGiveUp(func() {
			r.awaitRecord("firing", isFiring)
			for range 3 {
				if n := len(r.orders()); n != 0 {
					t.Errorf("%d orders while the caller still waits", n)
				}
			}
			gone.Store(true)
		})
		r.awaitRecord("late opening", isOpening)
		r = r.again()
		if n := len(r.orders()); n != 1 {
			t.Errorf("%d orders", n)
		}
	}
}

// Whoever stops the sandbox is not kept waiting by a caller who is, and what was to come late comes now.
func TestStopEndsHeldCalls(t *testing.T) {
	r := newRig(t)
	r.faults(`[{"metodo":"*","tipo":"aceita_depois","quantas":1,"ms":600000}]`)
	done := make(chan error, 1)
	go func() {
		_, err := r.try("POST", newer+"incluirSolicitacaoAtendimento", openBody)
		done <- err
	}()
	r.awaitRecord("firing", isFiring)
	r.Stop()
	if err := <-done; err == nil {
		t.Error("the caller got an answer")
	}
	if n := len(r.orders()); n != 1 {
		t.Errorf("%d orders", n)
	}
}

func TestHoldIsBounded(t *testing.T) {
	r := newRig(t)
	r.holdLimit = 1
	r.faults(`[{"metodo":"*","tipo":"timeout_apos_aceitar","quantas":1},{"metodo":"*","tipo":"aceita_depois","quantas":1}]`)
	for range 2 {
		if out, err := r.try("POST", newer+"incluirSolicitacaoAtendimento", openBody); err == nil {
			t.Errorf("answered: %s", out.raw)
		}
	}
	if n := len(r.orders()); n != 2 {
		t.Errorf("%d orders", n)
	}
}

// The first live fault of the list is used, counts last through a restart, and look-ups are methods like any other.
func TestFaultOrderAndCountsSurviveRestart(t *testing.T) {
	r := newRig(t)
	r.faults(`[{"metodo":"consultarObrasEmpresa","tipo":"recusar","quantas":1},
		{"metodo":"*","tipo":"http_500","quantas":2},{"metodo":"*","tipo":"http_429","probabilidade":0},
		{"metodo":"*","tipo":"http_503_retry_after","probabilidade":1}]`)
	for i, want := range []int{422, 500, 500, 503} {
		r.call(want, "POST", newer+"consultarObrasEmpresa", `{}`)
		if i == 1 {
			r = r.again()
		}
	}
	r.call(401, "POST", newer+"consultarObrasEmpresa", `{}`, "Authorization", "Bearer errado") // costs no fault
	list := decode[[]fault](t, r.call(200, "GET", "/_sandbox/falhas", ""))
	if len(list) != 4 || *list[1].Count != 0 || list[1].Fired != 2 || list[3].Fired != 1 || list[2].Fired != 0 {
		t.Errorf("faults: %+v", list)
	}
	raw := r.call(200, "GET", "/_sandbox/falhas", "").raw
	r.faults(raw) // what is shown can be put back
	r.faults(`[]`)
	r.openFor("1")
}

func TestBadFaultsReplaceNothing(t *testing.T) {
	r := newRig(t)
	r.faults(`[{"metodo":"*","tipo":"http_500","quantas":7}]`)
	for _, bad := range []string{``, `null`, `{}`, `[{"metodo":"*","tipo":"explodir","quantas":1}]`,
		`[{"metodo":"*","tipo":"http_500"}]`, `[{"metodo":"outro","tipo":"http_500","quantas":1}]`,
		`[{"metodo":"*","tipo":"http_500","quantas":-1}]`, `[{"metodo":"*","tipo":"http_500","quantas":"x"}]`,
		`[{"metodo":"*","tipo":"http_500","quantas":1,"probabilidade":1}]`, `[] []`,
		`[{"metodo":"*","tipo":"http_500","probabilidade":1.5}]`, `[{"metodo":"*","tipo":"lento","quantas":1,"ms":-1}]`,
		`[{"metodo":"*","tipo":"http_429","quantas":1},{"tipo":"nada","quantas":1}]`} {
		out := r.call(400, "PUT", "/_sandbox/falhas", bad)
		if out.fields["mensagem"] == "" {
			t.Errorf("%s: no message: %s", bad, out.raw)
		}
	}
	list := decode[[]fault](t, r.call(200, "GET", "/_sandbox/falhas", ""))
	if len(list) != 1 || *list[0].Count != 7 {
		t.Errorf("faults: %+v", list)
	}
}
