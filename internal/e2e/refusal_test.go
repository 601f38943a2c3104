package e2e

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
)

// refusal is what matters of an error's answer, in whichever form the door has.
type refusal struct {
	Codigo string
	Campos []struct{ Campo, Mensagem string }
	Kept   string
}

// refusalOf reads a problem document, or a Fault of either version of SOAP, and sees that it has the form and the HTTP
// status that its door promises.
func refusalOf(a answer) (refusal, error) {
	if strings.HasSuffix(a.header.Get("Content-Type"), "xml; charset=utf-8") {
		return faultOf(a)
	}
	var p struct {
		refusal
		Status int    `json:"status"`
		Kept   string `json:"recebimento"`
	}
	err := json.Unmarshal(a.body, &p)
	if err == nil && (a.header.Get("Content-Type") != "application/problem+json" || p.Status != a.status || p.Codigo == "") {
		err = fmt.Errorf("no problem document")
	}
	p.refusal.Kept = p.Kept
	return p.refusal, err
}

func faultOf(a answer) (r refusal, err error) {
	type erro struct {
		Codigo string `xml:"codigo"`
		Campos []struct {
			Campo    string `xml:"campo"`
			Mensagem string `xml:"mensagem"`
		} `xml:"campos>campo"`
		Kept string `xml:"recebimento"`
	}
	var out struct {
		XMLName xml.Name
		Body    struct {
			Fault struct {
				Code   string `xml:"faultcode"`
				Text   string `xml:"faultstring"`
				Erro   erro   `xml:"detail>Erro"`
				Code12 string `xml:"Code>Value"`
				Text12 string `xml:"Reason>Text"`
				Erro12 erro   `xml:"Detail>Erro"`
			}
		}
	}
	if err := xml.Unmarshal(a.body, &out); err != nil {
		return r, err
	}
	f := out.Body.Fault
	kind, code, text, e, status := "text/xml", f.Code, f.Text, f.Erro, 500
	if out.XMLName.Space == "http://www.w3.org/2003/05/soap-envelope" {
		kind, code, text, e = "application/soap+xml", f.Code12, f.Text12, f.Erro12
		if code == "soap:Sender" {
			status = 400
		}
	}
	switch e.Codigo {
	case "nao_autenticado":
		status = 401
	case "metodo_http":
		status = 405
	}
	if a.status != status || code == "" || !strings.HasPrefix(text, e.Codigo+": ") || a.header.Get("Content-Type") != kind+"; charset=utf-8" {
		err = fmt.Errorf("no Fault of its version, or HTTP status %d, not %d", a.status, status)
	}
	r.Codigo, r.Kept = e.Codigo, e.Kept
	for _, c := range e.Campos {
		r.Campos = append(r.Campos, struct{ Campo, Mensagem string }{c.Campo, c.Mensagem})
	}
	return r, err
}
