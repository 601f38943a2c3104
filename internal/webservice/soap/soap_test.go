package soap

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ponte/internal/webservice/door"
	"ponte/internal/webservice/webservicetest"
)

func newHandler(o door.Options) http.Handler { return New(door.New(o), o.PublicURL) }

func TestGolden(t *testing.T) { webservicetest.Golden(t, newHandler) }

// counted is a body that knows how much of it was read.
type counted struct {
	io.Reader
	read int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += int64(n)
	return n, err
}

// in11 is an operation's element in an envelope of 1.1.
func in11(operation string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="` + soap11.space + `"><s:Body>` + operation + `</s:Body></s:Envelope>`
}

func in12(operation string) string {
	return strings.Replace(in11(operation), soap11.space, soap12.space, 1)
}

func comment(inside string) string {
	return `<p:IncluirComentario xmlns:p="` + Namespace + `">` + inside + `</p:IncluirComentario>`
}

// send posts a message with a token, "" for none.
func send(h http.Handler, token, kind string, body io.Reader) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", Prefix, body)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	r.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// told is what an answer's envelope holds, of either version.
type told struct {
	XMLName xml.Name
	Body    struct {
		Inner string `xml:",innerxml"`
		Fault struct {
			Code   string `xml:"faultcode"`
			Code12 string `xml:"Code>Value"`
			Text   string `xml:"faultstring"`
			Text12 string `xml:"Reason>Text"`
			Erro   erro   `xml:"detail>Erro"`
			Erro12 erro   `xml:"Detail>Erro"`
		}
	}
}

type erro struct {
	Codigo   string `xml:"codigo"`
	Mensagem string `xml:"mensagem"`
	Campos   []struct {
		Campo    string `xml:"campo"`
		Mensagem string `xml:"mensagem"`
	} `xml:"campos>campo"`
	Kept string `xml:"recebimento"`
}

func (o told) fault() erro {
	if o.Body.Fault.Erro12.Codigo != "" {
		return o.Body.Fault.Erro12
	}
	return o.Body.Fault.Erro
}

func read(t testing.TB, w *httptest.ResponseRecorder) (out told) {
	t.Helper()
	if err := xml.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatal(err, w.Body.String())
	}
	return out
}

// heard plays a message to a comment's use case, and answers the comment that arrived there or the refusal's codigo
// with its fields.
func heard(t testing.TB, kind, body string) string {
	t.Helper()
	w := send(newHandler(webservicetest.Options()), "demo", kind, strings.NewReader(body))
	answer := read(t, w)
	if w.Code == http.StatusOK {
		var out struct {
			Note string `xml:"Body>IncluirComentarioResponse>observacao"`
		}
		if err := xml.Unmarshal(w.Body.Bytes(), &out); err != nil {
			t.Fatal(err)
		}
		return out.Note
	}
	said := answer.fault().Codigo
	for _, c := range answer.fault().Campos {
		said += " " + c.Campo + " " + c.Mensagem
	}
	return said
}
