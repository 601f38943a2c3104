package mapping

import (
	"errors"
	"strings"
	"testing"

	"ponte/internal/desk"
)

// one builds a point with the given head and rows.
func one(head, rows string) string {
	return "nome: x\nsucesso: http == 200\n" + head + "\nparametros:\n" + rows
}

func TestCalls(t *testing.T) {
	const json = "metodo: POST\ncaminho: /x"
	const acc = `{"Accept":"application/json"}`
	for name, c := range map[string]struct{ head, rows, want string }{
		"nested, lists, order of rows": {json, `
  - {destino: z.b, campo: ocorrencia.numero}
  - {destino: "l[1].c", fixo: dois}
  - {destino: "l[0].c", fixo: um}
  - {destino: z.a, fixo: 1.5}
  - {destino: "m[0][1]", fixo: true}
  - {destino: nome da chave, fixo: "0123"}`,
			"POST /x " + acc + " application/json\n" + `{"z":{"b":1234,"a":1.5},"l":[{"c":"um"},{"c":"dois"}],"m":[[true]],"nome da chave":"0123"}`},
		"a list of one": {json, `
  - {destino: "[0].a", fixo: 1}
  - {destino: "[0].b", referencia: ordem.id_mobuss}`,
			"POST /x " + acc + " application/json\n" + `[{"a":1,"b":"M77"}]`},
		"left out elements close up": {json, `
  - {destino: "l[0].t", campo: solicitante.telefone}
  - {destino: "l[1].t", campo: cliente.telefone}`,
			"POST /x " + acc + " application/json\n" + `{"l":[{"t":"(11) 91234-5678"}]}`},
		"se_vazio": {json, `
  - {destino: a, campo: solicitante.nome}
  - {destino: b, campo: solicitante.nome, se_vazio: nulo}
  - {destino: c, campo: solicitante.nome, se_vazio: vazio}
  - {destino: d, campo: movimentacao.vistoria_fim, se_vazio: nulo}
  - {destino: e, cel: movimentacao.vistoria_fim, se_vazio: nulo}
  - {destino: f, cel: '[]', se_vazio: nulo}
  - {destino: g, fixo: 0}
  - {destino: h, campo: unidade.area_comum}`,
			"POST /x " + acc + " application/json\n" + `{"b":null,"c":"","d":null,"e":null,"f":null,"g":0,"h":false}`},
		"nothing": {json, `  []`, "POST /x " + acc + " application/json\n{}"},
		"types": {json, `
  - {destino: a, campo: unidade.numero, tipo: numero}
  - {destino: b, campo: ocorrencia.numero, tipo: texto}
  - {destino: c, campo: ocorrencia.emergencia, formato: s_n}
  - {destino: d, campo: ocorrencia.aberta_em, tipo: data, formato: br}
  - {destino: e, campo: ocorrencia.aberta_em, formato: br}
  - {destino: f, campo: ocorrencia.aberta_em, formato: iso_offset}
  - {destino: g, campo: ocorrencia.aberta_em}
  - {destino: h, campo: ocorrencia.aberta_em, tipo: data}
  - {destino: i, campo: cliente.cpf_cnpj, formato: pontuado}
  - {destino: j, referencia: ordem.id_mobuss, tipo: texto}
  - {destino: k, fixo: 2026-01-31}
  - {destino: l, campo: ocorrencia.aberta_em, formato: dd/MM/aa HHhmm}
  - {destino: m, campo: ocorrencia.aberta_em, formato: "yyyy-MM-ddTHH:mm:ss.SSSXXX"}
  - {destino: n, campo: ocorrencia.aberta_em, formato: aaaaMMdd}
  - {destino: o, campo: ocorrencia.aberta_em, formato: unix}
  - {destino: p, campo: ocorrencia.aberta_em, formato: unix_ms}
  - {destino: q, cel: '0.5', formato: virgula}
  - {destino: r, cel: '"1234.56"', formato: virgula}
  - {destino: s, campo: cliente.nome, formato: sem_acentos}
  - {destino: t, campo: cliente.nome, formato: maiusculas}
  - {destino: u, cel: 'maiusculas(sem_acentos("Água"))'}`,
			"POST /x " + acc + " application/json\n" + `{"a":101,"b":"1234","c":"S","d":"31/01/2026","e":"31/01/2026 09:15:00",` +
				`"f":"2026-01-31T09:15:00-03:00","g":"2026-01-31T12:15:00Z","h":"2026-01-31","i":"390.533.447-05","j":"M77","k":"2026-01-31",` +
				`"l":"31/01/26 09h15","m":"2026-01-31T09:15:00.000-03:00","n":"20260131","o":1769861700,"p":1769861700000,"q":"0,5","r":"1234,56",` +
				`"s":"Ana Lucia","t":"ANA LÚCIA","u":"AGUA"}`},
		"cel": {json, `
  - {destino: a, cel: 'ocorrencia.numero + 1'}
  - {destino: b, cel: '[cliente.nome.upperAscii(), so_digitos(cliente.telefone)]'}
  - {destino: c, cel: '{"z": 1, "a": {"t": ocorrencia.aberta_em}}'}
  - {destino: d, cel: 'ocorrencia.descricao.substring(0, 4) + "|" + ocorrencia.assunto.substring(0, 99)'}
  - {destino: e, cel: '" a b ".trim().split(" ").join("+").replace("+", "--")'}
  - {destino: f, cel: 'movimentacao.vistoria_inicio', formato: iso_offset}
  - {destino: g, cel: 'has(solicitante.nome) ? 1 : 2'}
  - {destino: h, cel: '0.5'}`,
			"POST /x " + acc + " application/json\n" + `{"a":1235,"b":["ANA LúCIA","11912345678"],"c":{"a":{"t":"2026-01-31T12:15:00Z"},"z":1},` +
				`"d":"Água|Vazamento","e":"a--b","f":"2026-02-02T09:00:00-03:00","g":2,"h":0.5}`},
		"form": {"metodo: PUT\ncaminho: /x\ncorpo: form", `
  - {destino: "b[]", campo: cliente.nome}
  - {destino: a.b, campo: ocorrencia.emergencia}
  - {destino: "url:k v", fixo: "1&2"}
  - {destino: c, campo: solicitante.nome, se_vazio: vazio}`,
			"PUT /x?k+v=1%262 " + acc + " application/x-www-form-urlencoded\n" + `b%5B%5D=Ana+L%C3%BAcia&a.b=true&c=`},
		"xml": {json + "\ncorpo: xml\nxml: {raiz: Ordem, espacos: {'': 'urn:a&b', e: 'urn:e'}}", `
  - {destino: "@versao", fixo: 2}
  - {destino: e:tag, cel: '["a", "b"]'}
  - {destino: e:tag.@cor, fixo: "a\"<b\n"}
  - {destino: "item[1].nome", fixo: dois}
  - {destino: desc, campo: ocorrencia.descricao}
  - {destino: "item[0].nome", fixo: um}
  - {destino: fim, campo: movimentacao.vistoria_fim, se_vazio: nulo}
  - {destino: nada, campo: solicitante.nome, se_vazio: vazio}
  - {destino: fora.dentro, campo: solicitante.nome}
  - {destino: mapa, cel: '{"e:z": 1, "a": {"t": true}}'}
  - {destino: so.@id, referencia: ordem.id_mobuss}`,
			"POST /x " + acc + " application/xml; charset=utf-8\n" + `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
				`<Ordem xmlns="urn:a&amp;b" xmlns:e="urn:e" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" versao="2">` +
				`<e:tag cor="a&quot;&lt;b&#xA;">a</e:tag><e:tag cor="a&quot;&lt;b&#xA;">b</e:tag><item><nome>um</nome></item><item><nome>dois</nome></item>` +
				"<desc>Água no \"teto\"\nda sala &lt;101&gt;</desc>" + `<fim xsi:nil="true"/><nada></nada>` +
				`<mapa><a><t>true</t></a><e:z>1</e:z></mapa><so id="M77"/></Ordem>`},
		"query by GET, path, header": {"metodo: GET\ncaminho: /x/{id}/y\nresposta: texto\ncabecalhos: {X-A: b}", `
  - {destino: n, campo: ocorrencia.numero}
  - {destino: "caminho:id", campo: cliente.nome}
  - {destino: "cabecalho:X-Nota", campo: ocorrencia.descricao}
  - {destino: "cabecalho:X-Nada", campo: solicitante.nome}`,
			`GET /x/Ana%20L%C3%BAcia/y?n=1234 {"X-A":"b","X-Nota":"Água no \"teto\" da sala \u003c101\u003e"} ` + "\n"},
		"own content type": {json + "\ncabecalhos: {content-type: application/vnd.x+json, accept: '*/*'}", `
  - {destino: a, fixo: 1}`, `POST /x {"Accept":"*/*"} application/vnd.x+json` + "\n" + `{"a":1}`},
	} {
		t.Run(name, func(t *testing.T) {
			r := bound(t, compiled(t, document(t, one(c.head, c.rows))), desk.AddComment, someFacts())
			if got := wire(r); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
			if r.LookUp != nil {
				t.Error("a look-up out of nowhere")
			}
		})
	}
}

func TestFixedHeadersOfTheConnection(t *testing.T) {
	c := document(t, one("metodo: POST\ncaminho: /x\ncabecalhos: {COMPANYID: '8'}", "  []"))
	c.Integration.Header = map[string]string{"companyID": "7", "idObra": "12", "vazio": ""}
	r := bound(t, compiled(t, c), desk.AddComment, someFacts())
	if got, want := wire(r), `POST /x {"Accept":"application/json","COMPANYID":"8","idObra":"12"} application/json`+"\n{}"; got != want {
		t.Errorf("got %s", got)
	}
}

func TestValuesThatCannotBe(t *testing.T) {
	for rows, code := range map[string]string{
		`  - {destino: a, campo: cliente.nome, tipo: numero}`:                           "valor_invalido",
		`  - {destino: a, campo: cliente.nome, formato: virgula}`:                       "valor_invalido",
		`  - {destino: a, campo: cliente.nome, tipo: booleano}`:                         "valor_invalido",
		`  - {destino: a, campo: cliente.nome, tipo: datahora}`:                         "valor_invalido",
		`  - {destino: a, cel: '[1]', tipo: texto}`:                                     "valor_invalido",
		`  - {destino: a, cel: '{1: 2}'}`:                                               "valor_invalido",
		`  - {destino: a, cel: 'b"x"'}`:                                                 "valor_invalido",
		`  - {destino: a, cel: '[1][3]'}`:                                               "expressao_falhou",
		`  - {destino: a, cel: '1 / (ocorrencia.numero - 1234)'}`:                       "expressao_falhou",
		`  - {destino: a, campo: solicitante.nome, se_vazio: recusar}`:                  "obrigatorio",
		`  - {destino: a, campo: cliente.nome, formato: so_digitos, obrigatorio: true}`: "obrigatorio",
		`  - {destino: "caminho:id", cel: '".."'}`:                                      "valor_invalido",
		`  - {destino: "caminho:id", campo: solicitante.nome}`:                          "obrigatorio",
	} {
		path := "/x"
		if strings.Contains(rows, "caminho:id") {
			path = "/x/{id}"
		}
		k := compiled(t, document(t, one("metodo: POST\ncaminho: "+path, rows)))
		z, err := k.Freeze(desk.AddComment, someFacts())
		if err == nil {
			_, err = z.Bind(someRefs)
		}
		var m *Missing
		if !errors.As(err, &m) || len(m.Values) != 1 || m.Values[0].Code != code {
			t.Errorf("%s\n got %v", rows, err)
		}
	}
}

func TestPathKeepsToItsPlace(t *testing.T) {
	k := compiled(t, document(t, one("metodo: GET\ncaminho: /x/{id}", `  - {destino: "caminho:id", campo: ocorrencia.assunto}`)))
	f := someFacts()
	f.Occurrence.Subject = "../../admin?x=1#y"
	if r := bound(t, k, desk.AddComment, f); r.Path != "/x/..%2F..%2Fadmin%3Fx=1%23y" || r.Query != "" {
		t.Errorf("got %s?%s", r.Path, r.Query)
	}
}
