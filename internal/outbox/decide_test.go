package outbox

import (
	"fmt"
	"testing"
	"time"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// told is a decision as the tables below write it: the verdict, and the wait where there is one.
func told(o flow.Outcome) string {
	s := o.Verdict.String()
	if o.Failure {
		s += "!"
	}
	if o.In > 0 {
		s += " in " + o.In.String()
	}
	return s
}

const (
	okOpen   = `{"idMobuss": "SAT-1", "numSolicitacao": "88001"}`
	unknown  = `{"codigoInterno": "SAT-AT002", "mensagem": "não encontrada"}`
	closedIt = `{"codigoInterno": "SAT-AT010", "mensagem": "já encerrada"}`
)

// truncated is an answer whose body was cut.
func truncated(x connector.Exchange) connector.Exchange {
	x.Answer.Truncated, x.ErrCode = true, connector.ReasonCut
	return x
}

// TestDecideAfterASend is every result of a send, for each point where that matters.
func TestDecideAfterASend(t *testing.T) {
	rules := compiled(t, "mobuss-atual", nil)
	const again, thrice, look = "repetir in 2s", "repetir in 8s", "incerto"
	for _, c := range []struct {
		name  string
		point desk.Point
		x     connector.Exchange
		want  string
	}{
		{"done", desk.OpenOrder, answer(200, okOpen), "entregue"},
		{"created", desk.OpenOrder, answer(201, okOpen), "entregue"},
		{"done, nothing said", desk.AddComment, answer(204, ""), "entregue"},
		{"done, but without its id", desk.OpenOrder, answer(200, `{"numSolicitacao": "88001"}`), look},
		{"done, but unreadable", desk.OpenOrder, answer(200, `{"idMobuss": <<<`), look},
		{"done, but empty", desk.OpenOrder, answer(200, ``), look},
		{"done, but cut in the middle", desk.AddComment, truncated(answer(200, `{"idComentario`)), look},
		{"an error dressed as success", desk.OpenOrder, answer(200, `{"status": "ERRO", "mensagem": "x"}`), "recusado"},
		{"an error dressed as success, comment", desk.AddComment, answer(200, `{"status": "ERRO"}`), "recusado"},
		{"refused by a rule", desk.OpenOrder, answer(422, `{"mensagem": "Campo idUnidade"}`), "recusado"},
		{"bad request", desk.AskVisit, answer(400, `{}`), "recusado"},
		{"not found", desk.AddComment, answer(404, unknown), "recusado"},
		{"conflict", desk.AskVisit, answer(409, `{"codigoInterno": "SAT-AT011"}`), "recusado"},
		{"closed already", desk.CloseOrder, answer(409, closedIt), "entregue"},
		{"credential", desk.OpenOrder, answer(401, ``), "recusado"},
		{"forbidden", desk.OpenOrder, answer(403, `{}`), "recusado"},
		{"moved elsewhere", desk.OpenOrder, answer(302, ``, "location", "http://x"), "recusado"},
		{"too slow for the gateway", desk.OpenOrder, answer(408, ``), look},
		{"too many", desk.OpenOrder, answer(429, ``), again},
		{"too many, in a minute", desk.OpenOrder, answer(429, ``, "retry-after", "60"), "repetir in 1m0s"},
		{"too many, at once", desk.OpenOrder, answer(429, ``, "retry-after", "0"), again},
		{"unavailable", desk.AskVisit, answer(503, ``), again},
		{"unavailable, by the clock", desk.AskVisit, answer(503, ``, "retry-after", "Mon, 23 Nov 2026 12:02:00 GMT", "date", "Mon, 23 Nov 2026 12:00:30 GMT"), "repetir in 1m30s"},
		{"internal error", desk.OpenOrder, answer(500, `{}`), look},
		{"bad gateway", desk.AddComment, answer(502, `<html>`), look},
		{"gateway timeout", desk.CloseOrder, answer(504, ``), look},
		{"another 5xx", desk.OpenOrder, answer(599, ``), look},
		{"timeout", desk.OpenOrder, unanswered(connector.ReasonTimeout, false), look},
		{"cut", desk.CloseOrder, unanswered(connector.ReasonCut, false), look},
		{"interrupted", desk.AddComment, unanswered(connector.ReasonInterrupted, false), look},
		{"garbage", desk.OpenOrder, unanswered(connector.ReasonUnreadable, false), look},
		{"not sent: refused", desk.OpenOrder, unanswered(connector.ReasonRefused, true), again},
		{"not sent: name", desk.OpenOrder, unanswered(connector.ReasonName, true), again},
		{"not sent: timeout", desk.OpenOrder, unanswered(connector.ReasonTimeout, true), again},
		{"not sent: address", desk.OpenOrder, unanswered(connector.ReasonAddress, true), again},
		{"not sent, the third time", desk.OpenOrder, unanswered(connector.ReasonTLS, true), thrice},
	} {
		j := job(t, rules, c.point)
		if c.want == thrice {
			j.Attempts = 3
		}
		out := at(noon).decide(j, c.x, noon)
		if got := told(out); got != c.want {
			t.Errorf("%s (%s): %s, want %s", c.name, c.point, got, c.want)
		}
		if out.Verdict == flow.Done && c.point == desk.OpenOrder && (out.Extracted["id_mobuss"] != "SAT-1" || out.Extracted["numero_os"] != "88001") {
			t.Errorf("%s: extracted %v", c.name, out.Extracted)
		}
		if out.Verdict != flow.Done && out.Reason.Code == "" {
			t.Errorf("%s: no reason", c.name)
		}
		if out.Exchange.HTTPStatus != c.x.Status() {
			t.Errorf("%s: the record says %d", c.name, out.Exchange.HTTPStatus)
		}
	}
}

// TestDecideAfterALookUp is every result of a look-up, before and after the settling time.
func TestDecideAfterALookUp(t *testing.T) {
	rules := compiled(t, "mobuss-atual", nil)
	const (
		waits = "nao_achado in 20s" // ten seconds have passed of the settling time
		later = "consulta_falhou in 10s"
	)
	order := func(comment string) string {
		return `{"idMobuss": "SAT-1", "idLegado": "1234", "situacao": "aberta", "comentarios": [` + comment + `], "visitas": null}`
	}
	for _, c := range []struct {
		name  string
		point desk.Point
		x     connector.Exchange
		want  string
	}{
		{"there", desk.OpenOrder, answer(200, `{"idMobuss": "SAT-1", "idLegado": "1234", "numSolicitacao": "88001"}`), "entregue"},
		{"there, number as a number", desk.OpenOrder, answer(200, `{"idMobuss": "SAT-1", "idLegado": 1234}`), "entregue"},
		{"somebody else's", desk.OpenOrder, answer(200, `{"idMobuss": "SAT-1", "idLegado": "99"}`), "pessoa_decide"},
		{"not there", desk.OpenOrder, answer(404, unknown), waits},
		{"no such page", desk.OpenOrder, answer(404, `{}`), "pessoa_decide"},
		{"comment there", desk.AddComment, answer(200, order(`{"idLegado": "envio-1"}`)), "entregue"},
		{"comment not there", desk.AddComment, answer(200, order(`{"idLegado": "envio-0"}`)), waits},
		{"no comments", desk.AddComment, answer(200, order("")), waits},
		{"the order is gone", desk.AddComment, answer(404, unknown), waits},
		{"no visit", desk.AskVisit, answer(200, order("")), waits},
		{"not closed", desk.CloseOrder, answer(200, order("")), waits},
		{"closed", desk.CloseOrder, answer(200, `{"situacao": "encerrada"}`), "entregue"},
		{"nothing is said", desk.OpenOrder, answer(200, `{}`), "pessoa_decide"},
		{"credential", desk.OpenOrder, answer(401, `{}`), "pessoa_decide"},
		{"an error dressed as success", desk.OpenOrder, answer(200, `{"status": "ERRO"}`), later},
		{"garbage", desk.OpenOrder, answer(200, `{"idMobuss": <<<`), later},
		{"cut in the middle", desk.OpenOrder, truncated(answer(200, okOpen)), later},
		{"internal error", desk.OpenOrder, answer(500, `{}`), later},
		{"unavailable for a minute", desk.OpenOrder, answer(503, ``, "retry-after", "60"), "consulta_falhou in 1m0s"},
		{"too many", desk.OpenOrder, answer(429, ``), later},
		{"timeout", desk.OpenOrder, unanswered(connector.ReasonTimeout, false), later},
		{"not sent", desk.OpenOrder, unanswered(connector.ReasonRefused, true), later},
	} {
		now := noon.Add(10 * time.Second)
		for looks := range 2 {
			if got := told(at(now).decide(looking(job(t, rules, c.point), looks), c.x, now)); got != c.want {
				t.Errorf("%s (%s), look %d, while it settles: %s, want %s", c.name, c.point, looks+1, got, c.want)
			}
		}
		now = noon.Add(settling)
		want := c.want
		switch want {
		case later:
			want = "consulta_falhou in 30s"
		case waits:
			want = "nao_achado in 1ms" // a first look never counts
		}
		if got := told(at(now).decide(looking(job(t, rules, c.point), 0), c.x, now)); got != want {
			t.Errorf("%s (%s), the first look, settled: %s, want %s", c.name, c.point, got, want)
		}
		if c.want == waits {
			want = "repetir"
		}
		if got := told(at(now).decide(looking(job(t, rules, c.point), 1), c.x, now)); got != want {
			t.Errorf("%s (%s), the second look, settled: %s, want %s", c.name, c.point, got, want)
		}
	}
}

// TestNotFoundCountsByTheQuestion: a look-up that was asked while the server could still accept says nothing about
// what it did before the answer came. internal/lanecheck shows the duplicate that follows otherwise.
func TestNotFoundCountsByTheQuestion(t *testing.T) {
	j := looking(job(t, compiled(t, "mobuss-atual", nil), desk.OpenOrder), 1)
	over := noon.Add(settling)
	for asked, want := range map[time.Time]flow.Verdict{
		over.Add(-time.Millisecond): flow.NotThere, over: flow.TryAgain, over.Add(time.Second): flow.TryAgain,
	} {
		if got := at(over.Add(5*time.Second)).decide(j, answer(404, unknown), asked).Verdict; got != want {
			t.Errorf("asked %v after the settling time: %s, want %s", asked.Sub(over), got, want)
		}
	}
}

// TestNotFoundAfterTheTimeLimit: who did not answer in time may be accepting still, and for longer than whoever cut the
// connection.
func TestNotFoundAfterTheTimeLimit(t *testing.T) {
	rules := compiled(t, "mobuss-atual", nil)
	for _, c := range []struct {
		x    connector.Exchange
		late bool
	}{
		{unanswered(connector.ReasonTimeout, false), true},
		{answer(504, ``), true},
		{answer(408, ``), true},
		{unanswered(connector.ReasonCut, false), false},
		{answer(500, ``), false},
		{truncated(answer(200, `{"idComentario`)), false},
	} {
		j := job(t, rules, desk.OpenOrder)
		out := at(noon).decide(j, c.x, noon)
		if out.Verdict != flow.Unknown || out.Late != c.late {
			t.Fatalf("%d %s: %s, late %t", c.x.Status(), c.x.ErrCode, out.Verdict, out.Late)
		}
		j = looking(j, 1)
		j.Late = out.Late
		counts := noon.Add(settling)
		if c.late {
			counts = counts.Add(5 * j.Policy.Timeout.Std())
		}
		for asked, want := range map[time.Time]flow.Verdict{counts.Add(-time.Millisecond): flow.NotThere, counts: flow.TryAgain} {
			if got := at(counts).decide(j, answer(404, unknown), asked).Verdict; got != want {
				t.Errorf("%d %s, asked %v after it counts: %s, want %s", c.x.Status(), c.x.ErrCode, asked.Sub(counts), got, want)
			}
		}
	}
}

// TestDecideCrossTable is each verdict of mapping against what the point can do and what patience is left. Rows are
// verdicts; columns: with a look-up, without one, with one beyond the limit, without one beyond the limit, and the
// negative control's NoLookUp.
func TestDecideCrossTable(t *testing.T) {
	with := compiled(t, "mobuss-atual", nil)
	without := compiled(t, "mobuss-atual", func(c *mapping.Config) {
		p := c.Integration.Points[desk.AddComment]
		p.LookUp = ""
		c.Integration.Points[desk.AddComment] = p
	})
	send := func(j flow.Job) flow.Job { return j }
	look := func(j flow.Job) flow.Job { j = looking(j, 1); j.UnknownSince = j.FirstSent; return j }
	for _, c := range []struct {
		name string
		kind func(flow.Job) flow.Job
		x    connector.Exchange
		want [5]string
	}{
		{"done", send, answer(200, `{}`), [5]string{"entregue", "entregue", "entregue", "entregue", "entregue"}},
		{"refused", send, answer(422, `{}`), [5]string{"recusado", "recusado", "recusado", "recusado", "recusado"}},
		{"not done", send, answer(503, ``), [5]string{"repetir in 2s", "repetir in 2s", "recusado", "recusado", "repetir in 2s"}},
		{"unknown", send, unanswered(connector.ReasonTimeout, false), [5]string{"incerto", "pessoa_decide", "incerto", "pessoa_decide", "repetir in 2s"}},
		{"a 500", send, answer(500, ``), [5]string{"incerto", "repetir in 2s", "incerto", "recusado", "repetir in 2s"}},
		{"found", look, answer(200, `{"comentarios": [{"idLegado": "envio-1"}]}`), [5]string{"entregue", "pessoa_decide", "entregue", "pessoa_decide", "repetir"}},
		{"not found, and it counts", look, answer(200, `{"comentarios": []}`), [5]string{"repetir", "pessoa_decide", "recusado", "pessoa_decide", "repetir"}},
		{"unclear", look, answer(401, ``), [5]string{"pessoa_decide", "pessoa_decide", "pessoa_decide", "pessoa_decide", "repetir"}},
		{"no look-up answer", look, answer(500, ``), [5]string{"consulta_falhou in 1m0s", "pessoa_decide", "pessoa_decide!", "pessoa_decide", "repetir"}},
	} {
		soon, late := noon.Add(time.Minute), noon.Add(limit+time.Millisecond)
		for i, col := range []struct {
			rules *mapping.Compiled
			now   time.Time
			blind bool
		}{{with, soon, false}, {without, soon, false}, {with, late, false}, {without, late, false}, {with, soon, true}} {
			b := at(col.now)
			b.NoLookUp = col.blind
			if got := told(b.decide(c.kind(job(t, col.rules, desk.AddComment)), c.x, col.now)); got != c.want[i] {
				t.Errorf("%s, column %d: %s, want %s", c.name, i+1, got, c.want[i])
			}
		}
	}
}

// TestTheLimit: 24 hours from the first sending, the breaker's pauses not counted. A failure says how often it was
// tried and why the last time failed.
func TestTheLimit(t *testing.T) {
	j := job(t, compiled(t, "mobuss-atual", nil), desk.OpenOrder)
	j.Attempts = 40
	for _, c := range []struct {
		since, paused time.Duration
		want          string
	}{
		{limit, 0, "repetir in 15m0s"}, {limit + 1, 0, "recusado"}, {limit + time.Hour, time.Hour, "repetir in 15m0s"},
		{limit + time.Hour + 1, time.Hour, "recusado"}, {3 * limit, 2 * limit, "repetir in 15m0s"},
	} {
		now := noon.Add(c.since)
		j.Paused = c.paused
		out := at(now).decide(j, answer(503, ``), now)
		if got := told(out); got != c.want {
			t.Errorf("after %v, %v of it paused: %s, want %s", c.since, c.paused, got, c.want)
		}
		if out.Verdict == flow.Rejected && (out.Reason.Code != desk.WhyRetryLimit || fmt.Sprintf("%v, %v", out.Reason.Args["causa"], out.Reason.Args["tentativas"]) != "http_inesperado, 40") {
			t.Errorf("reason %+v", out.Reason)
		}
	}
}

// TestRetriesGrowAndKeepWithinJitter: 2 s, 4 s, 8 s and so on up to 15 min, and 20 % sooner or later by chance.
func TestRetriesGrowAndKeepWithinJitter(t *testing.T) {
	j := job(t, compiled(t, "mobuss-atual", func(c *mapping.Config) { c.Integration.Policy.Jitter = 0.2 }), desk.OpenOrder)
	seen := map[time.Duration]bool{}
	for n := range 60 {
		j.Attempts = n%12 + 1
		plain := min(first<<(j.Attempts-1), longest)
		in := at(noon).decide(j, answer(503, ``), noon).In
		if in < plain*8/10 || in > plain*12/10 {
			t.Errorf("after attempt %d: %v, want %v and a fifth more or less", j.Attempts, in, plain)
		}
		seen[in] = true
	}
	if len(seen) < 50 {
		t.Errorf("only %d different waits: lanes march in step", len(seen))
	}
}
