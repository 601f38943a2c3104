package sandbox

import (
	"bytes"
	"context"
	"encoding/xml"
	"net/http"
)

const ponteNamespace = "urn:ponte:webservice:v1"

// soapRequest is SOAP 1.1, document/literal wrapped: the parameters are the children of the operation's element.
func soapRequest(ctx context.Context, job errand, params [][2]string) (*http.Request, error) {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` +
		`<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>` +
		`<` + job.Op + ` xmlns="` + ponteNamespace + `">`)
	if job.occurrence != "" {
		params = append([][2]string{{"numero_ocorrencia", job.occurrence}}, params...)
	}
	for _, p := range params {
		b.WriteString("<" + p[0] + ">")
		if err := xml.EscapeText(&b, []byte(p[1])); err != nil {
			return nil, err
		}
		b.WriteString("</" + p[0] + ">")
	}
	b.WriteString(`</` + job.Op + `></soapenv:Body></soapenv:Envelope>`)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, job.URL+"/ws/soap", &b)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	req.Header.Set("SOAPAction", `""`)
	return req, nil
}

// soapFault is what matters of a Fault.
type soapFault struct {
	found bool
	code  string // the "codigo" of its detail
}

// final says whether trying again is useless: Ponte named a reason, and none that passes by itself.
func (f soapFault) final() bool {
	switch f.code {
	case "", "erro_interno", "indisponivel", "muitas_chamadas":
		return false
	}
	return true
}

// readFault looks for a Fault in an envelope; in SOAP 1.1 one comes with HTTP 500, whatever its reason.
func readFault(body []byte) soapFault {
	in := xml.NewDecoder(bytes.NewReader(body))
	for {
		t, err := in.Token()
		if err != nil {
			return soapFault{}
		}
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == "Fault" {
			return soapFault{found: true, code: elementText(body, "codigo")}
		}
	}
}
