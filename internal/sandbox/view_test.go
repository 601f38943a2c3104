package sandbox

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestClockWords(t *testing.T) {
	at := func(s string) int64 {
		ms, ok := parseMoment(s)
		if !ok {
			t.Fatal(s)
		}
		return ms
	}
	now := at("2026-11-23T14:30")
	pt, en := words{langPortuguese}, words{langEnglish}
	for _, c := range []struct{ got, want string }{
		{pt.ago(at("2026-11-23T14:29:30"), now), "agora"}, {pt.ago(at("2026-11-23T14:24"), now), "há 6 min"},
		{en.ago(at("2026-11-23T08:20"), now), "6 h ago"}, {pt.ago(at("2026-11-22T16:05"), now), "ontem, 16:05"},
		{pt.ago(at("2026-11-17T16:05"), now), "ter., 17 nov., 16:05"}, {en.ago(at("2025-11-17T16:05"), now), "Mon 17 Nov 2025, 16:05"},
		{pt.ago(at("2026-11-23T15:30"), now), "hoje, 15:30"}, {pt.ago(at("2026-11-22T23:55"), at("2026-11-23T00:10")), "há 15 min"},
		{pt.span(at("2026-11-23T15:30"), at("2026-11-23T16:30"), now), "hoje, 15:30\u00a0–\u00a016:30"},
		{pt.span(at("2026-11-24T15:30"), 0, now), "amanhã, 15:30"},
		{pt.span(at("2026-11-23T23:00"), at("2026-11-24T01:00"), now), "hoje, 23:00 – amanhã, 01:00"},
		{pt.shortDay(at("2026-11-24T09:00"), now), "amanhã"}, {en.shortDay(at("2026-11-17T09:00"), now), "17 Nov"},
		{pt.wait(4200 * time.Millisecond), "5 s"}, {pt.wait(-time.Second), "0 s"}, {pt.wait(10 * time.Minute), "10 min"},
		{exact(at("2026-11-23T14:30:05")), "23/11/2026 14:30:05 (UTC−03:00)"}, {sentence("às 9"), "Às 9"}, {sentence(""), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestWhatPonteSays(t *testing.T) {
	cases := map[string]string{
		refusal422: "Unidade ambígua: Mais de uma unidade corresponde aos dados enviados. São 2. Informe também cod_empreendimento e cod_bloco.",
		`{"title":"Parâmetro inválido","detail":"Corrija.","campos":[{"campo":"cpf_cnpj","mensagem":"não confere"},{"campo":"data","mensagem":"é inválida"}]}`: "Parâmetro inválido: cpf_cnpj não confere; data é inválida",
		`{"title":"Parâmetro inválido","detail":"Corrija.","campos":[{"campo":"cpf_c`:                                                                          "Parâmetro inválido: Corrija.",
		`{"title":"Sem fim","det`:        "Sem fim",
		`{"title":{"a":1},"detail":"x"}`: "",
		`{`:                              "",
		`[]`:                             "[]",
		"unidade_ambigua: mais de uma\nsegunda linha":                                                            "unidade_ambigua: mais de uma",
		envelope(`<s:Fault><faultcode>s:Client</faultcode><faultstring>Unidade ambígua</faultstring></s:Fault>`): "Unidade ambígua",
		`<html><body>proxy</body></html>`:                                                                        "", "": "",
	}
	for body, want := range cases {
		if got := whatPonteSays(body); got != want {
			t.Errorf("%s\n got %q\nwant %q", body, got, want)
		}
	}
}

func TestReasons(t *testing.T) {
	pt := words{langPortuguese}
	for _, c := range []struct {
		call call
		want string
	}{
		{call{State: callQueued, Trouble: troubleNetwork + "connection refused"}, "Ponte não responde"},
		{call{State: callQueued, Trouble: troubleTimeout}, "Ponte não respondeu a tempo"},
		{call{State: callQueued, Trouble: "HTTP 503", Status: 503, Body: refusal422}, "Ponte respondeu HTTP 503"},
		{call{State: callRefused, Trouble: "recusado com HTTP 422", Status: 422}, "Ponte respondeu HTTP 422"},
		{call{State: callRefused, Trouble: troubleNoLegacy}, "a ordem veio sem o número da ocorrência (idLegado)"},
		{call{State: callRefused, Trouble: "outra coisa"}, "outra coisa"},
	} {
		if got := pt.reason(&c.call); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestFactsInWords(t *testing.T) {
	s, pt := newState(), words{langPortuguese}
	facts := func(data string) facts {
		return s.facts(&order{unit: "MOB-AUR-A-101", data: json.RawMessage(data)})
	}
	full := facts(`{"empreendimento":"Residencial Aurora","bloco":"Bloco A","unidade":101,"nomeCliente":"Ana","nomeSolicitante":"Rui","desSolicitacao":"` + strings.Repeat("palavra ", 20) + `","emergencia":true}`)
	field := facts(`{"codEmpreendimento":"PDA","codBloco":"U","nomeSolicitante":"Rui","desSolicitacao":"Pia\nvaza"}`)
	bare := facts(`{}`)
	for _, c := range []struct{ got, want string }{
		{full.place(), "Residencial Aurora · A · 101"}, {full.placeInWords(pt), "Residencial Aurora, Bloco A, unidade\u00a0101"},
		{full.people(pt), "Ana · pediu: Rui"}, {full.title(), strings.Repeat("palavra ", 10)[:79] + " …"},
		{field.place(), "Parque das Águas · U · MOB-AUR-A-101"}, {field.people(pt), "Rui"}, {field.title(), "Pia"},
		{bare.placeInWords(pt), "Unidade\u00a0MOB-AUR-A-101"}, {bare.title(), ""}, {bare.people(pt), ""},
		{dial("(11) 98765-4321"), "tel:+5511987654321"}, {dial("+55 11 98765-4321 ramal 44"), "tel:+5511987654321"},
		{dial("0800 123 4567"), "tel:+5508001234567"}, {dial("ramal 12"), ""}, {dial("190"), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if !full.emergency || field.emergency {
		t.Error("emergency")
	}
}

// The list puts orders where a technician looks for them.
func TestListGroups(t *testing.T) {
	r := newRig(t)
	begun := time.Date(2026, 11, 23, 14, 30, 0, 0, saoPaulo())
	r.cfg.Clock = func() time.Time { return begun }
	for legacy, at := range map[string]string{"1": "2026-11-20T09:00", "2": "2026-11-23T23:59", "3": "2026-11-24T00:00"} {
		r.act(r.openFor(legacy), `{"acao":"agendar","inicio":"`+at+`"}`)
	}
	r.openFor("4")
	r.act(r.openFor("5"), `{"acao":"encerrar"}`)
	page := r.page("/")
	for _, group := range []string{"anteriores", "hoje", "depois", "sem-data", "encerradas"} {
		_, rest, ok := strings.Cut(page, `<section id="`+group+`"`)
		inside, _, _ := strings.Cut(rest, "</section>")
		if !ok || strings.Count(inside, "<li ") != 1 {
			t.Errorf("%s: %s", group, inside)
		}
	}
	wantIn(t, "list", page, "4 abertas", "!vazio")
	for range listOpen {
		r.openFor("")
	}
	wantIn(t, "long list", r.page("/"), "104 abertas", "Mostrando 100 de 104 ordens abertas.")
}

// A lane says how long it waits still, and only while it does.
func TestNextTryIsTold(t *testing.T) {
	r, p := newRig(t), newPonte(t)
	p.answer = func(n int, _ heard) (int, string, map[string]string) {
		if n == 0 {
			return 429, "", map[string]string{"Retry-After": "30"}
		}
		return 201, `{}`, nil
	}
	waiting := make(chan func(), 1)
	r.lanes.after = func(_ time.Duration, f func()) func() bool {
		waiting <- f
		return func() bool { return true }
	}
	id := r.openFor("1")
	r.act(id, `{"acao":"comentar"}`)
	wantIn(t, "before", r.page("/ordens/"+id), catalogue["notice.no_address"].pt)
	r.ring(p, "rest")
	try := <-waiting
	for { // the lane notes when right after it has begun to wait
		if left, ok := r.lanes.nextTry(1); ok {
			if left <= 28*time.Second || left > 30*time.Second {
				t.Errorf("left: %v", left)
			}
			break
		}
	}
	wantIn(t, "waiting", r.page("/ordens/"+id), "Ponte pediu para esperar, 1 tentativa; nova tentativa em")
	wantIn(t, "waiting", r.page("/console"), "nova tentativa em", "!demo-token")
	try()
	r.awaitResults(1)
	if _, ok := r.lanes.nextTry(1); ok {
		t.Error("a lane waits that has nothing to send")
	}
	r.Stop()
	r.act(id, `{"acao":"comentar"}`)
	wantIn(t, "stopped", r.page("/ordens/"+id), catalogue["notice.stopped"].pt)
}
