package conformance

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// param is a parameter of an operation, in the order of the call.
type param struct{ name, text string }

// hideFile is what stands in a record for a file's bytes.
func hideFile(p param) param {
	if p.name == "conteudo" {
		p.text = fmt.Sprintf("[%d bytes em base64]", base64.StdEncoding.DecodedLen(len(p.text)))
	}
	return p
}

// routes are the operations' own addresses under REST; the number stands in the path.
var routes = map[string]struct{ method, path string }{
	"IncluirOcorrencia":    {http.MethodPost, "/ocorrencias"},
	"IncluirComentario":    {http.MethodPost, "/ocorrencias/%d/comentarios"},
	"InformarVistoria":     {http.MethodPost, "/ocorrencias/%d/vistorias"},
	"IncluirAnexo":         {http.MethodPost, "/ocorrencias/%d/anexos"},
	"MovimentarOcorrencia": {http.MethodPost, "/ocorrencias/%d/movimentacoes"},
	"EncerrarOcorrencia":   {http.MethodPost, "/ocorrencias/%d/encerramento"},
	"ConsultarOcorrencia":  {http.MethodGet, "/ocorrencias/%d"},
}

// restCall is an operation as a program would call it over REST.
func restCall(operation string, number int64, params []param) DoorCall {
	r := routes[operation]
	c := DoorCall{Method: r.method, Path: "/ws/rest/v1" + r.path}
	if strings.Contains(r.path, "%d") {
		c.Path = fmt.Sprintf(c.Path, number)
	}
	if r.method == http.MethodGet {
		return c
	}
	c.ContentType = "application/json"
	var b bytes.Buffer
	b.WriteString("{")
	for i, p := range params {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quoted(p.name) + ": " + quoted(p.text))
	}
	b.WriteString("}")
	c.Body = b.Bytes()
	return c
}

func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a text can always be written
	return strings.TrimSuffix(b.String(), "\n")
}

const (
	envelopeSpace  = "http://schemas.xmlsoap.org/soap/envelope/"
	operationSpace = "urn:ponte:webservice:v1"
)

// soapCall is the same as a SOAP 1.1 message.
func soapCall(operation string, number int64, params []param) DoorCall {
	if operation != "IncluirOcorrencia" {
		params = append([]param{{"numero_ocorrencia", fmt.Sprint(number)}}, params...)
	}
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="` + envelopeSpace + `"><soap:Body><` + operation + ` xmlns="` + operationSpace + `">`)
	for _, p := range params {
		b.WriteString("<" + p.name + ">")
		_ = xml.EscapeText(&b, []byte(p.text)) // a buffer takes everything
		b.WriteString("</" + p.name + ">")
	}
	b.WriteString("</" + operation + "></soap:Body></soap:Envelope>")
	return DoorCall{Method: http.MethodPost, Path: "/ws/soap", ContentType: "text/xml; charset=utf-8", Body: b.Bytes()}
}

// written is a call as it is recorded.
func (c DoorCall) written() string {
	head := c.Method + " " + c.Path + " HTTP/1.1\n"
	if c.ContentType != "" {
		head += "Content-Type: " + c.ContentType + "\n"
	}
	return head + "\n" + string(c.Body)
}

// written is an answer as it is recorded.
func (a DoorAnswer) written() string {
	lines := make([]string, 0, len(a.Header))
	for name, values := range a.Header {
		lines = append(lines, name+": "+strings.Join(values, ", "))
	}
	slices.Sort(lines)
	return fmt.Sprintf("HTTP/1.1 %d %s\n%s\n\n%s", a.Status, http.StatusText(a.Status), strings.Join(lines, "\n"), a.Body)
}
