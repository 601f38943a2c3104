package app_test

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"ponte/internal/app"
	"ponte/internal/desk"
)

var soapVersions = map[string]struct{ space, kind string }{
	"1.1": {"http://schemas.xmlsoap.org/soap/envelope/", "text/xml; charset=utf-8"},
	"1.2": {"http://www.w3.org/2003/05/soap-envelope", "application/soap+xml; charset=utf-8"},
}

// soap calls an operation; params are pairs of name and value, already escaped.
func (h *house) soap(version, token, operation string, params ...string) (int, string) {
	h.t.Helper()
	v := soapVersions[version]
	var b strings.Builder
	for i := 0; i+1 < len(params); i += 2 {
		fmt.Fprintf(&b, "<%s>%s</%s>", params[i], params[i+1], params[i])
	}
	return h.call("POST", "http://"+h.app.Addr()+"/ws/soap", token, v.kind, strings.NewReader(fmt.Sprintf(
		`<s:Envelope xmlns:s="%s"><s:Body><%s xmlns="urn:ponte:webservice:v1">%s</%s></s:Body></s:Envelope>`, v.space, operation, b.String(), operation)))
}

// inside is what an envelope's Body holds.
func (h *house) inside(envelope string) string {
	h.t.Helper()
	var out struct {
		Body struct {
			Inner string `xml:",innerxml"`
		}
	}
	if err := xml.Unmarshal([]byte(envelope), &out); err != nil {
		h.t.Fatalf("%v: %s", err, envelope)
	}
	return out.Body.Inner
}

// TestTheSevenOperationsBySOAP: in each version, and each answers the occurrence's number alone, save the look-up,
// which answers what REST answers in XML.
func TestTheSevenOperationsBySOAP(t *testing.T) {
	h := newHouse(t)
	for version := range soapVersions {
		status, body := h.soap(version, app.DemoDeskToken, "IncluirOcorrencia", "cod_projeto", "AUR-A-101", "descricao", "Vazamento &amp; mofo",
			"bloqueio_incluir_cliente", "True", "data_abertura", "2026-01-31 14:30:00", "id_externo", "os-"+version)
		var number int64
		if _, err := fmt.Sscanf(h.inside(body), `<IncluirOcorrenciaResponse xmlns="urn:ponte:webservice:v1"><numero_ocorrencia>%d</numero_ocorrencia></IncluirOcorrenciaResponse>`, &number); err != nil || status != http.StatusOK {
			t.Fatalf("%s: %d %s", version, status, body)
		}
		n := fmt.Sprint(number)
		for _, call := range [][]string{
			{"IncluirComentario", "comentario", "Rejunte refeito.", "autor", "Jorge", "data", "2026-02-01T10:00:00-03:00"},
			{"InformarVistoria", "inicio", "03/02/2026 14:00", "situacao", "agendada"},
			{"IncluirAnexo", "nome", "teto.jpg", "conteudo", base64.StdEncoding.EncodeToString(photo(version, 500))},
			{"MovimentarOcorrencia", "cod_status", "30"},
			{"EncerrarOcorrencia", "solucao", "Pintado.", "procedente", "1"},
		} {
			token := app.DemoToken // news from the field
			if status, body := h.soap(version, token, call[0], append([]string{"numero_ocorrencia", n}, call[1:]...)...); status != http.StatusOK ||
				h.inside(body) != "<"+call[0]+`Response xmlns="urn:ponte:webservice:v1"><numero_ocorrencia>`+n+"</numero_ocorrencia></"+call[0]+"Response>" {
				t.Errorf("%s %s: %d %s", version, call[0], status, body)
			}
		}
		for name, key := range map[string]string{"numero_ocorrencia": n, "id_externo": "os-" + version} {
			_, body = h.soap(version, app.DemoDeskToken, "ConsultarOcorrencia", name, key)
			got := strings.Replace(h.inside(body), ` xmlns="urn:ponte:webservice:v1"`, "", 1)
			if want := h.lookUpXML(n); got != want || strings.Count(got, "<movimentacoes>") < 4 || !strings.Contains(got, "<anexos><nome>teto.jpg</nome>") {
				t.Errorf("%s by %s:\n%s\nREST:\n%s", version, name, got, want)
			}
		}
		if o := h.show(number); o.Status.Code != "90" || len(o.Visits) != 1 || len(o.Attachments) != 1 || o.Attachments[0].SHA256 != sumOf(photo(version, 500)) {
			t.Errorf("%s: %+v", version, o)
		}
	}
}

// lookUpXML is the look-up's answer by REST in XML.
func (h *house) lookUpXML(number string) string {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), "GET", "http://"+h.app.Addr()+"/ws/rest/v1/ocorrencias/"+number, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+app.DemoDeskToken)
	r.Header.Set("Accept", "application/xml")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(b), "?>\n")
	return body
}

// TestTheSameCallThroughBothDoors: an id_externo is the same request whichever door it comes by.
func TestTheSameCallThroughBothDoors(t *testing.T) {
	h := newHouse(t)
	params := []string{"cod_projeto", "AUR-A-101", "descricao", "Vazamento", "bloqueio_incluir_cliente", "T", "id_externo"}
	viaREST := func(id string) (int, string) {
		body := map[string]string{"id_externo": id}
		for i := 0; i+1 < len(params); i += 2 {
			body[params[i]] = params[i+1]
		}
		status, answer := h.rest("/ocorrencias", app.DemoToken, withUnit(body))
		var out struct {
			Number json.Number `json:"numero_ocorrencia"`
		}
		_ = json.Unmarshal([]byte(answer), &out)
		return status, string(out.Number)
	}
	viaSOAP := func(id string) string {
		_, answer := h.soap("1.1", app.DemoToken, "IncluirOcorrencia", "cod_projeto", "101", "cod_empreendimento", "AUR", "cod_bloco", "A",
			"descricao", "Vazamento", "bloqueio_incluir_cliente", "T", "id_externo", id)
		_, rest, _ := strings.Cut(h.inside(answer), "<numero_ocorrencia>")
		number, _, _ := strings.Cut(rest, "<")
		return number
	}
	status, number := viaREST("primeiro por REST")
	if status != http.StatusCreated || number == "" || viaSOAP("primeiro por REST") != number {
		t.Errorf("REST then SOAP: %d %s", status, number)
	}
	number = viaSOAP("primeiro por SOAP")
	if status, again := viaREST("primeiro por SOAP"); status != http.StatusOK || again != number || number == "" {
		t.Errorf("SOAP then REST: %d %s, first %s", status, again, number)
	}
	if other := viaSOAP("outro"); other == number || other == "" {
		t.Errorf("another id answers %q", other)
	}
}

// withUnit names the unit as the field does.
func withUnit(body map[string]string) map[string]string {
	body["cod_projeto"], body["cod_empreendimento"], body["cod_bloco"] = "101", "AUR", "A"
	return body
}

// TestTheWSDLNamesThisHost where no public address is set.
func TestTheWSDLNamesThisHost(t *testing.T) {
	h := newHouse(t)
	if status, body := h.call("GET", "http://"+h.app.Addr()+"/ws/soap?wsdl", "", "", nil); status != http.StatusOK ||
		strings.Count(body, `location="http://`+h.app.Addr()+`/ws/soap"`) != 2 {
		t.Errorf("%d %.300s", status, body)
	}
}

// encoded is an endless base64 of a photo.
type encoded struct{ at int }

func (e *encoded) Read(p []byte) (int, error) {
	for i := range p {
		if e.at < 4 {
			p[i] = "/9j/"[e.at]
		} else {
			p[i] = 'A' + byte(e.at%23)
		}
		e.at++
	}
	return len(p), nil
}

// TestMemoryOfALargePhotoBySOAP: 20 MiB need the message once, its file once, and little more.
func TestMemoryOfALargePhotoBySOAP(t *testing.T) {
	h := newHouse(t)
	n := h.open()
	const head = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><IncluirAnexo><numero_ocorrencia>%d</numero_ocorrencia><nome>grande.jpg</nome><conteudo>`
	const tail = `</conteudo></IncluirAnexo></s:Body></s:Envelope>`
	start := fmt.Sprintf(head, n)
	coded := int64(base64.RawStdEncoding.EncodedLen(desk.MaxFile) / 4 * 4) // whole groups
	body := io.MultiReader(strings.NewReader(start), io.LimitReader(&encoded{}, coded), strings.NewReader(tail))
	r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+h.app.Addr()+"/ws/soap", io.NopCloser(body))
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = int64(len(start)) + coded + int64(len(tail))
	r.Header.Set("Content-Type", "text/xml")
	r.Header.Set("Authorization", "Bearer "+app.DemoDeskToken)
	stop := peak()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	in := stop()
	a := h.show(n).Attachments
	if res.StatusCode != http.StatusOK || len(a) != 1 || a[0].Size != coded/4*3 {
		t.Fatalf("%d %s %+v", res.StatusCode, answer, a)
	}
	t.Logf("20 MiB by SOAP: %.1f MB", float64(in)/1e6)
	if in > 60e6 {
		t.Errorf("20 MiB need %d bytes", in)
	}
}
