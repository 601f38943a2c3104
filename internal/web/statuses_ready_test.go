package web

import (
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
)

// TestReadyMadeRules judge the answers that they are named after, and none of them takes a failure for a success.
func TestReadyMadeRules(t *testing.T) {
	json, xml := map[string]string{"content-type": "application/json"}, map[string]string{"content-type": "text/xml"}
	const envelope = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>`
	const fault = envelope + `<s:Fault><faultcode>s:Client</faultcode><faultstring>Unidade desconhecida</faultstring></s:Fault></s:Body></s:Envelope>`
	type answer struct {
		status int
		header map[string]string
		body   string
		want   mapping.Outcome
		says   string
	}
	for id, answers := range map[string][]answer{
		"http_2xx":    {{201, json, `{"id":1}`, mapping.Delivered, ""}, {204, nil, "", mapping.Delivered, ""}, {422, json, `{"mensagem":"falta a unidade"}`, mapping.Refused, "falta a unidade"}},
		"status_ok":   {{200, json, `{"status":"OK"}`, mapping.Delivered, ""}, {200, json, `{"status":"ERRO","mensagem":"não"}`, mapping.Refused, "não"}, {200, json, `{}`, mapping.Refused, ""}},
		"status_erro": {{201, json, `{"id":7}`, mapping.Delivered, ""}, {200, json, `{"status":"ERRO","mensagem":"não"}`, mapping.Refused, "não"}},
		"soap":        {{200, xml, envelope + `<r><id>7</id></r></s:Body></s:Envelope>`, mapping.Delivered, ""}, {500, xml, fault, mapping.Refused, "Unidade desconhecida"}},
		"xml_elemento": {{200, xml, `<r><resultado>OK</resultado></r>`, mapping.Delivered, ""},
			{200, xml, `<r><resultado>ERRO</resultado><mensagem>não</mensagem></r>`, mapping.Refused, "não"}},
	} {
		for _, a := range answers {
			v := judgedBy(t, id, a.status, a.header, a.body)
			if says, _ := v.ReasonArgs["mensagem"].(string); v.Outcome != a.want || says != a.says {
				t.Errorf("%s: HTTP %d %s: %s %v, want %s %q", id, a.status, a.body, v.Outcome, v.ReasonArgs, a.want, a.says)
			}
		}
	}
	for id, a := range map[string]struct {
		answer
		name, want string
	}{
		"id_json":     {answer{status: 200, header: json, body: `{"id":77}`}, "id_mobuss", "77"},
		"id_location": {answer{status: 201, header: map[string]string{"location": "https://x.example/os/88/?a=1"}}, "id_mobuss", "88"},
		"numero_json": {answer{status: 200, header: json, body: `{"id":1,"numero":"OS-9"}`}, "numero_os", "OS-9"},
	} {
		if got := judgedBy(t, id, a.status, a.header, a.body).Extracted[a.name]; got != a.want {
			t.Errorf("%s: %q, want %q", id, got, a.want)
		}
	}
	if v := judgedBy(t, "id_location", 201, nil, ""); v.Outcome == mapping.Delivered {
		t.Error("an opening without a Location is believed")
	}
	var f integrationForm
	f.useReady("nada")
	for _, r := range readyRules {
		f.useReady(r.id) // twice the same id is one row
		f.useReady(r.id)
	}
	if len(f.rules.extract) != 2 {
		t.Errorf("taken from the answer: %+v", f.rules.extract)
	}
}

// judgedBy is the verdict of a call whose rules are one ready-made one, over an HTTP 2xx that needs no id.
func judgedBy(t *testing.T, id string, status int, header map[string]string, body string) mapping.Verdict {
	t.Helper()
	c := flowtest.Config(t)
	f := integrationForm{on: true, way: string(desk.AskVisit)}
	f.load(c, "30")
	f.rules, f.call.answer = rulesForm{}, ""
	f.useReady("http_2xx")
	f.useReady(id)
	if err := f.apply(c, "30"); err != nil {
		t.Fatal(id, err)
	}
	rules, err := mapping.Compile(c)
	if err != nil {
		t.Fatal(id, err)
	}
	return rules.Judge(desk.AskVisit, &mapping.Answer{Status: status, Header: header, Body: []byte(body)})
}

func TestAnXMLBodyIsReadByPeople(t *testing.T) {
	for body, want := range map[string]string{
		`<?xml version="1.0"?><a b="1"><c>x &lt; y</c><d></d><e/></a>`: "<?xml version=\"1.0\"?>\n<a b=\"1\">\n  <c>x &lt; y</c>\n  <d></d>\n  <e/>\n</a>",
		`<a><b><c>1</c></b><b><c>2</c></b></a>`:                        "<a>\n  <b>\n    <c>1</c>\n  </b>\n  <b>\n    <c>2</c>\n  </b>\n</a>",
		`<a>text<b/></a>`:                                              `<a>text<b/></a>`, `<a`: `<a`, `{"a":1}`: "{\n  \"a\": 1\n}", "a=1&b=2": "a=1&b=2",
	} {
		if got := indented(body); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", body, got, want)
		}
	}
}
