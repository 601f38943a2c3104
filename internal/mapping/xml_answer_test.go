package mapping

import (
	"encoding/json"
	"encoding/xml"
	"maps"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ponte/internal/desk"
)

const envelope11 = `<?xml version="1.0"?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/" xmlns:n="urn:n" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><S:Header><n:a/></S:Header><S:Body>`
const closing11 = `</S:Body></S:Envelope>`
const envelope12 = `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:n="urn:n"><e:Body>`
const closing12 = `</e:Body></e:Envelope>`

const fault11 = envelope11 + `<S:Fault><faultcode>S:Client</faultcode><faultstring xml:lang="pt"> Unidade
 inválida</faultstring><detail><n:codigo>E-7</n:codigo></detail></S:Fault>` + closing11
const fault12 = envelope12 + `<e:Fault><e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value>n:E-7</e:Value></e:Subcode></e:Code>` +
	`<e:Reason><e:Text xml:lang="en">Bad unit</e:Text><e:Text xml:lang="pt">Unidade inválida</e:Text></e:Reason></e:Fault>` + closing12

// What an answer in XML looks like to an expression.
func TestXMLAsExpressionsSeeIt(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"leaves":     {`<a><b> x </b><c/><d xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:nil="1"/></a>`, `a {"b":"x","c":"","d":null}`},
		"namespaces": {`<p:a xmlns:p="urn:p" xmlns="urn:d"><b>1</b><p:b>2</p:b></p:a>`, `a {"b":["1","2"]}`},
		"attributes": {`<a v="1"><b k="2">x</b><b/></a>`, `a {"@v":"1","b":[{"#texto":"x","@k":"2"},""]}`},
		"types are no attributes": {`<a xmlns:x="http://www.w3.org/2001/XMLSchema-instance" xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
			s:encodingStyle="y"><b x:type="xsd:int">7</b></a>`, `a {"b":"7"}`},
		"one text":        {`<a>77</a>`, `a "77"`},
		"CDATA, entities": {`<a><b><![CDATA[<x>&]]></b><c>&lt;&#233;&amp;</c></a>`, `a {"b":"<x>&","c":"<é&"}`},
		"comments":        {"<!-- a --><?xml-stylesheet x?><a><b>1<!-- x -->2</b></a>\n<!-- end -->", `a {"b":"12"}`},
		"SOAP 1.1":        {envelope11 + `<n:R><n:id>1</n:id></n:R>` + closing11, `R {"id":"1"}`},
		"SOAP 1.2":        {envelope12 + `<R><id>1</id></R>` + closing12, `R {"id":"1"}`},
		"references after the answer": {envelope11 + `<n:R><n:id href="#1"/></n:R><multiRef id="1">7</multiRef>` + closing11,
			`R {"id":{"@href":"#1"}}`},
		"nothing in the body": {envelope11 + closing11, ` null`},
		"no SOAP":             {`<Envelope><Body><a>1</a></Body></Envelope>`, `Envelope {"Body":{"a":"1"}}`},
		"Fault 1.1":           {fault11, `Fault falha {"codigo":"Client","detalhe":{"codigo":"E-7"},"mensagem":"Unidade\n inválida","subcodigo":""}`},
		"Fault 1.2":           {fault12, `Fault falha {"codigo":"Sender","detalhe":null,"mensagem":"Bad unit","subcodigo":"E-7"}`},
	} {
		x, ok := decodeXML(c.text)
		if !ok {
			t.Errorf("%s: unreadable", name)
			continue
		}
		got := x.root + " "
		shown := x.body
		if x.fault != nil {
			got, shown = got+"falha ", x.fault
		}
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(shown); err != nil {
			t.Fatal(err)
		}
		if got += strings.TrimSpace(b.String()); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", name, got, c.want)
		}
	}
}

func TestXMLThatIsNotRead(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) }
	for name, text := range map[string]string{
		"JSON": `{"a":1}`, "cut": `<a><b>1</b>`, "crossed": `<a><b></a></b>`, "two": `<a/><b/>`, "text after": `<a/>x`, "text before": `x<a/>`,
		"only a comment": `<!-- a -->`, "HTML": `<html><p>Erro<br></html>`, "an unknown entity": `<a>&nome;</a>`,
		"DTD":         `<!DOCTYPE a [<!ENTITY nome "x">]><a>&nome;</a>`,
		"a DTD alone": `<!DOCTYPE a SYSTEM "http://exemplo/a.dtd"><a/>`,
		"laughs":      `<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>`,
		"too deep":    deep(maxXMLDepth + 1), "too many": "<a>" + strings.Repeat("<b/>", maxXMLTokens/2) + "</a>",
		"an envelope alone": `<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"/>`,
	} {
		if x, ok := decodeXML(text); ok {
			t.Errorf("%s was read: %+v", name, x)
		}
	}
	if _, ok := decodeXML(deep(maxXMLDepth)); !ok {
		t.Error("the deepest one that may be was not read")
	}
}

// soapPoint is a point of a field tool that speaks SOAP, as a consultant would write it.
const soapPoint = `nome: x
metodo: POST
caminho: /x
corpo: xml
xml: {raiz: n:Abrir, espacos: {n: "urn:n"}, envelope: soap11, acao: "urn:n#Abrir"}
resposta: xml
parametros: []
sucesso: http == 200 && raiz == "AbrirResponse"
consultar_se: falha.codigo == "Duplicada"
recusar_se: falha.codigo.startsWith("Client")
repetir_se: falha.codigo == "Server.Ocupado"
mensagem: falha.mensagem
extrair: {numero: 'texto_de(corpo.numero)', itens: 'string(lista(corpo.?item).size())'}
obrigatorio_na_resposta: [numero]
consulta: q
consultas:
  q:
    metodo: POST
    caminho: /x
    corpo: xml
    xml: {raiz: n:Buscar, espacos: {n: "urn:n"}, envelope: soap11}
    resposta: xml
    parametros: []
    achado: lista(corpo.?os).exists(o, o.ref == chave.envio.id)
    nao_achado: falha.codigo == "Client.NaoExiste" || falha == null && !lista(corpo.?os).exists(o, o.ref == chave.envio.id)
    extrair: {numero: 'lista(corpo.os).filter(o, o.ref == chave.envio.id)[0].numero'}
`

func soapAnswer(status int, body string, header ...string) *Answer {
	return answer(status, body, append([]string{"content-type", "text/xml; charset=utf-8"}, header...)...)
}

func TestJudgeSOAP(t *testing.T) {
	k := compiled(t, document(t, soapPoint))
	ok := func(inside string) string {
		return envelope11 + "<n:AbrirResponse>" + inside + "</n:AbrirResponse>" + closing11
	}
	fault := func(code string) string {
		return envelope11 + "<S:Fault><faultcode>S:" + code + "</faultcode><faultstring>Diz &lt;não&gt;</faultstring></S:Fault>" + closing11
	}
	said := func(status int) map[string]any { return map[string]any{"http": status, "mensagem": "Diz <não>"} }
	for name, c := range map[string]struct {
		answer  *Answer
		outcome Outcome
		reason  string
		args    map[string]any
		got     map[string]string
	}{
		"opened":           {soapAnswer(200, ok("<n:numero>77</n:numero>")), Delivered, "", nil, map[string]string{"numero": "77", "itens": "0"}},
		"with attributes":  {soapAnswer(200, ok(`<n:numero tipo="a">77</n:numero><n:item/>`)), Delivered, "", nil, map[string]string{"numero": "77", "itens": "1"}},
		"with more":        {soapAnswer(200, ok(`<n:numero>77</n:numero><n:item/><n:item/>`)), Delivered, "", nil, map[string]string{"numero": "77", "itens": "2"}},
		"Latin-1":          {soapAnswer(200, strings.Replace(ok("<n:numero>\xe1</n:numero>"), `?>`, ` encoding="ISO-8859-1"?>`, 1), "content-type", "text/xml"), Delivered, "", nil, map[string]string{"numero": "á", "itens": "0"}},
		"no charset known": {soapAnswer(200, ok("<n:numero>\xe1</n:numero>")), Unknown, ReasonUnreadable, map[string]any{"http": 200, "motivo": "formato"}, nil},
		"no number":        {soapAnswer(200, ok("<n:numero/>")), Unknown, ReasonUnreadable, map[string]any{"http": 200, "motivo": "extracao", "nome": "numero"}, nil},
		"garbage":          {soapAnswer(200, "<html>"), Unknown, ReasonUnreadable, map[string]any{"http": 200, "motivo": "formato"}, nil},
		"JSON":             {soapAnswer(200, `{"numero":1}`), Unknown, ReasonUnreadable, nil, nil},
		"cut":              {&Answer{Status: 200, Body: []byte(ok("<n:numero>1</n:numero>")), Truncated: true}, Unknown, ReasonUnreadable, nil, nil},
		"empty":            {soapAnswer(200, ""), Unknown, ReasonUnreadable, map[string]any{"http": 200, "motivo": "regra"}, nil},
		"refused":          {soapAnswer(500, fault("Client")), Refused, ReasonRefused, said(500), nil},
		"refused in 200":   {soapAnswer(200, fault("Client.X")), Refused, ReasonRefused, said(200), nil},
		"busy":             {soapAnswer(500, fault("Server.Ocupado"), "retry-after", "7"), Retry, ReasonHTTP, said(500), nil},
		"already there":    {soapAnswer(500, fault("Duplicada")), Unknown, ReasonAmbiguous, said(500), nil},
		"broken":           {soapAnswer(500, fault("Server")), Unknown, ReasonHTTP, said(500), nil},
		"broken in HTML":   {soapAnswer(500, "<html>"), Unknown, ReasonHTTP, map[string]any{"http": 500}, nil},
		"away":             {soapAnswer(503, ""), Retry, ReasonHTTP, nil, nil},
	} {
		v := k.Judge(desk.AddComment, c.answer)
		if v.Outcome != c.outcome || v.ReasonCode != c.reason || c.args != nil && !maps.Equal(v.ReasonArgs, c.args) || !maps.Equal(v.Extracted, c.got) {
			t.Errorf("%s: got %+v", name, v)
		}
		if name == "busy" && v.RetryAfter != 7*time.Second {
			t.Errorf("%s: %v", name, v.RetryAfter)
		}
	}
	found := func(inside string) string {
		return envelope11 + "<n:BuscarResponse>" + inside + "</n:BuscarResponse>" + closing11
	}
	for name, c := range map[string]struct {
		answer  *Answer
		outcome LookOutcome
		number  string
	}{
		"one":               {soapAnswer(200, found("<n:os><n:ref>D1</n:ref><n:numero>5</n:numero></n:os>")), Found, "5"},
		"one of two":        {soapAnswer(200, found("<n:os><n:ref>D0</n:ref></n:os><n:os><n:ref>D1</n:ref><n:numero>6</n:numero></n:os>")), Found, "6"},
		"another":           {soapAnswer(200, found("<n:os><n:ref>D0</n:ref></n:os>")), NotFound, ""},
		"none":              {soapAnswer(200, found("")), NotFound, ""},
		"a Fault that says": {soapAnswer(500, fault("Client.NaoExiste")), NotFound, ""},
		"another Fault":     {soapAnswer(500, fault("Server")), LookNext, ""},
		"broken":            {soapAnswer(500, "x"), LookNext, ""},
		"unreadable":        {soapAnswer(200, "x"), LookNext, ""},
	} {
		v := k.JudgeLookUp(desk.AddComment, c.answer, Keys{DeliveryID: "D1"})
		if v.Outcome != c.outcome || v.Extracted["numero"] != c.number {
			t.Errorf("look-up, %s: got %+v", name, v)
		}
	}
}

// A rule that does not speak of falha was not written with a Fault in mind: over one it decides nothing.
func TestFaultIsNeverASuccessByAccident(t *testing.T) {
	text := strings.NewReplacer(`sucesso: http == 200 && raiz == "AbrirResponse"`, `sucesso: 'true'`, "\nobrigatorio_na_resposta: [numero]", "",
		`nao_achado: falha.codigo == "Client.NaoExiste" || falha == null && !lista(corpo.?os).exists(o, o.ref == chave.envio.id)`, `nao_achado: 'true'`).Replace(soapPoint)
	k := compiled(t, document(t, text))
	for _, status := range []int{200, 500} {
		if v := k.Judge(desk.AddComment, soapAnswer(status, fault12)); v.Outcome == Delivered {
			t.Errorf("%d: %+v", status, v)
		}
		if v := k.JudgeLookUp(desk.AddComment, soapAnswer(status, fault12), Keys{DeliveryID: "D1"}); v.Outcome == NotFound || v.Outcome == Found {
			t.Errorf("look-up %d: %+v", status, v)
		}
	}
	if v := k.Judge(desk.AddComment, soapAnswer(200, envelope11+"<n:x/>"+closing11)); v.Outcome != Delivered {
		t.Errorf("without a Fault: %+v", v)
	}
	k = compiled(t, document(t, strings.Replace(text, `sucesso: 'true'`, `sucesso: falha == null || falha.subcodigo == "E-7"`, 1)))
	if v := k.Judge(desk.AddComment, soapAnswer(500, fault12)); v.Outcome != Delivered {
		t.Errorf("a Fault that is one by the rule: %+v", v)
	}
}

// Elements that are missing, empty or repeated don't break a rule that asks with .? and lista.
func TestTolerantReading(t *testing.T) {
	for _, c := range []struct{ body, rule string }{
		{`<r><l><i>1</i><i>2</i></l></r>`, `lista(corpo.?l.?i) == ["1", "2"]`},
		{`<r><l><i>1</i></l></r>`, `lista(corpo.?l.?i) == ["1"]`},
		{`<r><l/></r>`, `lista(corpo.?l.?i) == []`},
		{`<r/>`, `lista(corpo.?l.?i) == []`},
		{`<r><n a="1">7</n></r>`, `texto_de(corpo.n) == "7" && corpo.n["@a"] == "1" && corpo.n["#texto"] == "7"`},
		{`<r><n>7</n></r>`, `texto_de(corpo.?n) == "7" && texto_de(corpo.?m) == "" && int(corpo.n) == 7`},
		{`<r><n a="1"/></r>`, `texto_de(corpo.n) == ""`},
	} {
		k := compiled(t, document(t, "nome: x\nmetodo: POST\ncaminho: /x\nresposta: xml\nparametros: []\nsucesso: '"+c.rule+"'\n"))
		if v := k.Judge(desk.AddComment, soapAnswer(200, c.body)); v.Outcome != Delivered {
			t.Errorf("%s\n%s\n%+v", c.body, c.rule, v)
		}
	}
}

// Whatever the values: the body is one XML document, of the elements that the rows name and no others, that says the
// values again; and what comes back never breaks the judge.
func TestAnythingInXML(t *testing.T) {
	k := compiled(t, document(t, strings.Replace(soapPoint, "parametros: []\nsucesso", `parametros:
  - {destino: "cabecalho_soap:n:de", campo: movimentacao.autor}
  - {destino: n:texto, campo: ocorrencia.descricao}
  - {destino: "n:texto.@quem", campo: cliente.nome}
  - {destino: n:ordem, referencia: ordem.id_mobuss}
sucesso`, 1)))
	rapid.Check(t, func(t *rapid.T) {
		f := someFacts()
		f.Occurrence.Description = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{`</n:texto><n:mais/>`, `]]>`, `<!--`, `&amp;&x;`, "\x00\x1b\ufffe"})).Draw(t, "text")
		f.Customer.Name = rapid.OneOf(rapid.String(), rapid.Just(`" outro="`)).Draw(t, "name")
		f.Movement.Author = rapid.String().Draw(t, "author")
		refs := Refs{OrderID: rapid.String().Draw(t, "order")}
		z, err := k.Freeze(desk.AddComment, f)
		if err != nil {
			t.Fatal(err)
		}
		r, err := z.Bind(refs)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := z.Bind(refs); again.Body != r.Body {
			t.Fatal("bound twice, two bodies")
		}
		var got struct {
			Body struct {
				Open struct {
					Text struct {
						Value string `xml:",chardata"`
						Who   string `xml:"quem,attr"`
					} `xml:"texto"`
					Order    string     `xml:"ordem"`
					Anything []struct{} `xml:",any"`
				} `xml:"urn:n Abrir"`
				Anything []struct{} `xml:",any"`
			} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
		}
		if err := xml.Unmarshal([]byte(r.Body), &got); err != nil {
			t.Fatalf("%v\n%s", err, r.Body)
		}
		open := got.Body.Open
		for what, pair := range map[string][2]string{"text": {open.Text.Value, f.Occurrence.Description}, "attribute": {open.Text.Who, f.Customer.Name}} {
			if want := xmlTextOf(pair[1]); strings.TrimSpace(pair[1]) != "" && pair[0] != want {
				t.Fatalf("%s: got %q, want %q", what, pair[0], want)
			}
		}
		if len(open.Anything)+len(got.Body.Anything) > 0 {
			t.Fatalf("more than the rows: %s", r.Body)
		}
		body := rapid.OneOf(rapid.Just(r.Body), rapid.String(), rapid.Just(fault11)).Draw(t, "answer")
		if v := k.Judge(desk.AddComment, soapAnswer(rapid.IntRange(200, 599).Draw(t, "status"), body)); v.Outcome == Delivered {
			t.Fatalf("%+v", v)
		}
	})
}

// xmlTextOf is a text after its way through XML: what XML has no form for is U+FFFD.
func xmlTextOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && !strings.ContainsRune("\t\n\r", r) || r == 0xfffe || r == 0xffff {
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}
