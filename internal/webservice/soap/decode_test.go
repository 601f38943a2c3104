package soap

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"

	"ponte/internal/desk"
	"ponte/internal/webservice"
)

const xsi = ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"`

// TestWhatClientsSend: the ways of PHP, zeep, node, SOAP::Lite and hand-written messages, each understood as meant or
// refused by name.
func TestWhatClientsSend(t *testing.T) {
	const number = `<numero_ocorrencia>7</numero_ocorrencia>`
	coded := base64.StdEncoding.EncodeToString([]byte("Infiltração"))
	for inside, want := range map[string]string{
		number + `<comentario>a</comentario>`:                                                                           "a/",
		`<autor>J</autor><comentario>a</comentario>` + number:                                                           "a/J",
		`<p:comentario>a</p:comentario><q:numero_ocorrencia xmlns:q="urn:q">7</q:numero_ocorrencia>`:                    "a/",
		"\n\t" + number + "\r\n <!-- nota --><?pi nada?><comentario>a</comentario>\n":                                   "a/",
		number + `<comentario>  a &lt;b&gt; &amp; &quot;c&apos; &#233;&#x1F600; </comentario>`:                          `a <b> & "c' é😀/`,
		number + `<comentario><![CDATA[<b>&amp;]]>fim<!-- c --> mesmo</comentario>`:                                     `<b>&amp;fim mesmo/`,
		number + "<comentario>a\r\nb\rc</comentario><autor>d\r\ne</autor>":                                              "a\nb\nc/d e",
		number + `<comentario>a&#13;b</comentario>`:                                                                     "a\nb/",
		number + `<comentario` + xsi + ` xsi:type="xsd:string">a</comentario>`:                                          "a/",
		number + `<comentario` + xsi + ` xsi:type="xsd:base64Binary">` + coded + `</comentario>`:                        "Infiltração/",
		number + `<comentario` + xsi + ` xsi:type="SOAP-ENC:base64">` + coded[:4] + "\n " + coded[4:] + `</comentario>`: "Infiltração/",
		number + `<comentario` + xsi + ` xsi:type="xsd:base64Binary">***</comentario>`:                                  "parametro_invalido comentario não é base64",
		number + `<comentario` + xsi + ` xsi:type="xsd:base64Binary">/w==</comentario>`:                                 "parametro_invalido comentario não está em UTF-8",
		number + `<comentario>a</comentario><data` + xsi + ` xsi:nil="true"/>`:                                          "a/",
		number + `<comentario>a</comentario><data` + xsi + ` xsi:nil="1"></data>`:                                       "a/",
		number + `<comentario>a</comentario><data xmlns:o="http://www.w3.org/1999/XMLSchema-instance" o:null="1"/>`:     "a/",
		number + `<comentario>a</comentario><data nil="true"/>`:                                                         "parametro_invalido data foi enviado vazio (para não informar, omita o elemento ou use xsi:nil)",
		number + `<comentario>a</comentario><data> </data>`:                                                             "parametro_invalido data foi enviado vazio (para não informar, omita o elemento ou use xsi:nil)",
		number + `<comentario>a</comentario><autor> </autor>`:                                                           "a/",
		number + `<comentario></comentario>`:                                                                            "parametro_invalido comentario é obrigatório",
		number + `<comentario>a</comentario><data>2026-01-31 14:30:00</data>`:                                           "a/",
		number + `<comentario>a</comentario><data>2026-01-31T14:30:00.000Z</data>`:                                      "a/",
		number + `<comentario>a</comentario><data>0001-01-01T00:00:00</data>`:                                           "parametro_invalido data não é uma data: use AAAA-MM-DDThh:mm:ss-03:00 ou dd/mm/aaaa hh:mm",
		number + `<comentario>a</comentario><Comentario>b</Comentario>`:                                                 "parametro_desconhecido Comentario não é um parâmetro desta operação (seria comentario?)",
		number + `<comentario>a</comentario><p:comentario>b</p:comentario>`:                                             "parametro_invalido comentario foi enviado mais de uma vez",
		number + `<comentario>a&#x7F;</comentario>`:                                                                     "parametro_invalido comentario contém caracteres de controle",
		number + `<comentario><x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:a"/></comentario>`:   "parametro_invalido comentario deve ser um valor simples, não uma lista nem um objeto",
	} {
		for kind, body := range map[string]string{"text/xml; charset=utf-8": in11(comment(inside)), "application/soap+xml": in12(comment(inside))} {
			if got := heard(t, kind, body); got != want {
				t.Errorf("%s\n%s:\n got %q\nwant %q", kind, inside, got, want)
			}
		}
	}
}

// TestFlags: zeep sends True, PHP 1 and an empty element for false.
func TestFlags(t *testing.T) {
	for text, want := range map[string]string{"T": "", "True": "", "false": "", "1": "", "": "parametro_invalido", "sim": "parametro_invalido"} {
		body := in11(`<IncluirOcorrencia><cod_projeto>1</cod_projeto><descricao>a</descricao><bloqueio_incluir_cliente>` + text +
			`</bloqueio_incluir_cliente></IncluirOcorrencia>`)
		w := send(newHandler(options(t)), "demo", "text/xml", strings.NewReader(body))
		if got := read(t, w).fault().Codigo; got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func toUTF16(s string, order binary.AppendByteOrder, bom bool) string {
	var b []byte
	if bom {
		b = order.AppendUint16(b, 0xFEFF)
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

func TestCharsets(t *testing.T) {
	const plain, want = "çã€😀", "çã€😀/"
	message := func(encoding, text string) string {
		return strings.Replace(in11(comment(`<numero_ocorrencia>7</numero_ocorrencia><comentario>`+text+`</comentario>`)), "UTF-8", encoding, 1)
	}
	latin := func(s string) string {
		out, err := charmap.Windows1252.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	const few = "çã€"
	for _, c := range []struct{ why, kind, body, want string }{
		{"UTF-8", "text/xml; charset=utf-8", message("UTF-8", plain), want},
		{"a byte order mark", "text/xml; charset=iso-8859-1", "\xEF\xBB\xBF" + message("UTF-8", plain), want},
		{"nothing said", "text/xml", strings.TrimPrefix(message("UTF-8", plain), `<?xml version="1.0" encoding="UTF-8"?>`), want},
		{"Latin-1 by HTTP", "text/xml; charset=ISO-8859-1", latin(message("ISO-8859-1", few)), few + "/"},
		{"windows-1252 by HTTP, in quotes", `text/xml; charset="windows-1252"`, latin(message("UTF-8", few)), few + "/"},
		{"Latin-1 by declaration", "text/xml", latin(message("ISO-8859-1", few)), few + "/"},
		{"HTTP says UTF-8, the bytes and the declaration Latin-1", "text/xml; charset=utf-8", latin(message("iso-8859-1", few)), few + "/"},
		{"HTTP says us-ascii, which is text/xml's default", "text/xml; charset=us-ascii", message("UTF-8", plain), want},
		{"UTF-16, little end first", "text/xml; charset=utf-16", toUTF16(message("UTF-16", plain), binary.LittleEndian, true), want},
		{"UTF-16, big end first", "text/xml", toUTF16(message("UTF-16", plain), binary.BigEndian, true), want},
		{"UTF-16 without a mark", "text/xml; charset=utf-16le", toUTF16(message("UTF-16", plain), binary.LittleEndian, false), want},
		{".NET's StringWriter declares UTF-16 and sends UTF-8", "text/xml; charset=utf-8", message("utf-16", plain), want},
		{"neither UTF-8 nor anything said", "text/xml", latin(message("UTF-8", few)), "conteudo_invalido"},
		{"UTF-16 cut in the middle", "text/xml", toUTF16(message("UTF-16", plain), binary.BigEndian, true) + "\x00", "conteudo_invalido"},
		{"half a pair of UTF-16", "text/xml", toUTF16("<a>", binary.BigEndian, true) + "\xD8\x3D\x00<", "conteudo_invalido"},
		{"a byte that windows-1252 doesn't have", "text/xml; charset=windows-1252", message("UTF-8", "\x81"), "conteudo_invalido"},
		{"a control character", "text/xml", message("UTF-8", "\x07"), "conteudo_invalido"},
		{"no character", "text/xml", message("UTF-8", "\uFFFE"), "conteudo_invalido"},
		{"a declaration of something else", "text/xml", message("ebcdic", "a"), "tipo_nao_aceito"},
	} {
		if got := heard(t, c.kind, c.body); got != c.want {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
	}
}

// refusal is the contract's error in err; an empty one where it is another.
func refusal(err error) *desk.Error {
	known := &desk.Error{}
	errors.As(err, &known)
	return known
}

// all reads a whole text and writes down what it holds.
func all(text string) (string, error) {
	s := &scanner{text: text}
	var b strings.Builder
	for {
		t, err := s.next()
		if err != nil {
			return b.String(), err
		}
		switch t.kind {
		case startTag:
			fmt.Fprintf(&b, "<%s|%s", t.name.space, t.name.local)
			for _, a := range s.attrs {
				fmt.Fprintf(&b, " %s=%q", a.raw, a.value)
			}
			b.WriteByte('>')
		case endTag:
			b.WriteString("</>")
		case chars:
			if len(s.open) > 0 {
				b.WriteString(t.text)
			}
		case theEnd:
			return b.String(), nil
		}
	}
}

func TestScanner(t *testing.T) {
	for text, want := range map[string]string{
		`<a/>`: `<|a></>`, " <a />\n": `<|a></>`, `<a></a >`: `<|a></>`, `<?xml version="1.0"?><!--x--><a/><!--y--><?z?>`: `<|a></>`,
		`<a b='1' c="&lt;'&#10;"/>`: "<|a b=\"1\" c=\"<'\\n\"></>", `<a xmlns="u"><b/><c xmlns=""/></a>`: `<u|a xmlns="u"><u|b></><|c xmlns=""></></>`,
		`<p:a xmlns:p="u"><p:b xmlns:p="v"/><p:c/></p:a>`: `<u|a xmlns:p="u"><v|b xmlns:p="v"></><u|c></></>`,
		`<a>x<![CDATA[<&]]>y</a>`:                         `<|a>x<&y</>`, `<ção é="1"/>`: `<|ção é="1"></>`, `<a xml:lang="pt"/>`: `<|a xml:lang="pt"></>`,
		`<a>]]</a>`: `<|a>]]</>`, `<a b=">"/>`: `<|a b=">"></>`,
	} {
		if got, err := all(text); err != nil || got != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	deep := func(n int) string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) }
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, ` a%d=""`, i)
		}
		return "<a" + b.String() + "/>"
	}
	if _, err := all(deep(maxDepth)); err != nil {
		t.Error(err)
	}
	if _, err := all(many(maxAttributes)); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]string{
		``: "xml_cortado 1", `x`: "xml 1", `<`: "xml_cortado 2", `<a`: "xml_cortado 3", `<a>`: "xml_cortado 4", `<a b`: "xml_cortado 5", `<a b="`: "xml_cortado 7", `<a/`: "xml_cortado 4",
		`<a>x`: "xml_cortado 5", `<a>&am`: "xml_cortado 7", `<a></a`: "xml_cortado 7", `<!-`: "xml_cortado 4", `<a><![CD`: "xml_cortado 9", `<a><![CDATA[x`: "xml_cortado 14", `<?xml`: "xml_cortado 6",
		`<a></b>`: "xml 4", `</a>`: "xml 1", `<a/><b/>`: "xml 5", `<a/>x`: "xml 5", `< a/>`: "xml 2", `<1/>`: "xml 2", `<a b/>`: "xml 5", `<a b=1/>`: "xml 6", `<a b="1"c="2"/>`: "xml 9",
		`<a b="1" b="2"/>`: "xml 11", `<a b="<"/>`: "xml 7", `<a>]]></a>`: "xml 4", `<!--a--b--><a/>`: "xml 6", `<a><?xml version="1.0"?></a>`: "xml 4", ` <?xml version="1.0"?><a/>`: "xml 2",
		`<? x?><a/>`: "xml 1", `<a:b:c/>`: "xml 2", `<:a/>`: "xml 2", `<a: />`: "xml 2", `<![CDATA[x]]><a/>`: "xml 1",
		`<!DOCTYPE a><a/>`: "xml_dtd 1", `<a><!ENTITY b "c"></a>`: "xml_dtd 4",
		`<a>&b;</a>`: "xml_entidade 4", `<a>&</a>`: "xml_entidade 4", `<a>x &#0;</a>`: "xml_entidade 6", `<a>&#xD800;</a>`: "xml_entidade 4", `<a>&#;</a>`: "xml_entidade 4", `<a>&#x110000;</a>`: "xml_entidade 4",
		`<a>&#+65;</a>`: "xml_entidade 4", `<a>&#99999999999999999999;</a>`: "xml_entidade 4", `<a b="&c;"/>`: "xml_entidade 7",
		`<p:a/>`: "xml_prefixo 1", `<a p:b=""/>`: "xml_prefixo 1", `<a xmlns:p=""/>`: "xml 1", `<a xmlns:xml="u"/>`: "xml 1",
		deep(maxDepth + 1): fmt.Sprintf("xml_fundo %d", maxDepth*3+1),
		`<a>` + strings.Repeat("<b/>", maxTokens) + `</a>`: fmt.Sprintf("xml_demais %d", 4+4*(maxTokens-1)),
	} {
		_, err := all(text)
		known := refusal(err)
		if got := fmt.Sprint(known.Args["motivo"], " ", known.Args["posicao"]); known.Code != desk.ErrContent || got != want {
			t.Errorf("%.60s: %s, want %s", text, got, want)
		}
	}
	if _, err := all(many(20_000)); refusal(err).Args["motivo"] != "xml_demais" {
		t.Error(err)
	}
}

func TestTooManyParameters(t *testing.T) {
	inside := strings.Repeat("<a/>", webservice.MaxParams+1)
	if got := heard(t, "text/xml", in11(comment(inside))); got != "conteudo_invalido" {
		t.Error(got)
	}
}
