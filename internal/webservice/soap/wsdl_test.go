package soap

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
	"ponte/internal/webservice/webservicetest"
)

// tree is a document's tree.
type tree struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Inside  []tree     `xml:",any"`
	Text    string     `xml:",chardata"`
}

func (e *tree) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// each calls do for every element of this name.
func (e *tree) each(local string, do func(*tree)) {
	if e.XMLName.Local == local {
		do(e)
	}
	for i := range e.Inside {
		e.Inside[i].each(local, do)
	}
}

func described(t *testing.T) *tree {
	t.Helper()
	registry := webservice.NewRegistry(webservice.Operations(nil, func(desk.Reason) string { return "" })...)
	doc := &tree{}
	if err := xml.Unmarshal(WSDL(registry, "https://ponte.construtora.com.br/ws/soap"), doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestWSDLGolden(t *testing.T) {
	const file = "testdata/exemplo.wsdl"
	got := WSDL(webservicetest.Registry(), "https://ponte.construtora.com.br/ws/soap")
	if webservicetest.Update() {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v, got:\n%s", err, got)
	}
}

// TestWSDLIsWhatToolkitsNeed: what PHP, zeep, node, SOAP::Lite, Axis and .NET were seen to stumble over.
func TestWSDLIsWhatToolkitsNeed(t *testing.T) {
	doc := described(t)
	for _, never := range []string{"simpleType", "all", "any", "choice", "attribute", "import", "include", "extension", "restriction"} {
		doc.each(never, func(*tree) { t.Errorf("there is an xs:%s", never) })
	}
	doc.each("schema", func(e *tree) {
		if e.attr("elementFormDefault") != "qualified" || e.attr("targetNamespace") != Namespace {
			t.Error(e.Attrs)
		}
	})
	doc.each("element", func(e *tree) {
		if e.attr("nillable") != "" || e.attr("ref") != "" || e.attr("type") != "" && !strings.HasPrefix(e.attr("type"), "xs:") {
			t.Errorf("element %s: %v", e.attr("name"), e.Attrs)
		}
	})
	for local, prefix := range map[string]string{"input": "", "output": "", "body": "literal", "binding": "document"} {
		doc.each(local, func(e *tree) {
			if prefix != "" && e.attr("type") == "" && e.attr("use")+e.attr("style") != prefix {
				t.Errorf("%s: %v", local, e.Attrs)
			}
		})
	}
	parts := 0
	doc.each("part", func(e *tree) {
		if parts++; e.attr("name") != "parameters" && e.attr("element") != "tns:Erro" || e.attr("element") == "" {
			t.Error(e.Attrs)
		}
	})
	ports := map[string]bool{}
	doc.each("address", func(e *tree) {
		ports[e.XMLName.Space] = e.attr("location") == "https://ponte.construtora.com.br/ws/soap"
	})
	if parts != 15 || len(ports) != 2 || !ports["http://schemas.xmlsoap.org/wsdl/soap/"] || !ports["http://schemas.xmlsoap.org/wsdl/soap12/"] {
		t.Error(parts, ports)
	}
	operations := map[string]int{}
	doc.each("operation", func(e *tree) {
		operations[e.attr("name")]++
		operations[e.attr("soapAction")]++
		if e.attr("name") != "" && e.attr("soapAction") == "" {
			faults := 0
			e.each("fault", func(*tree) { faults++ })
			if faults == 0 {
				t.Errorf("%s declares no fault", e.attr("name"))
			}
		}
	})
	if operations["ConsultarOcorrencia"] != 3 || operations[Namespace+"#ConsultarOcorrencia"] != 2 {
		t.Error(operations)
	}
}

// TestWSDLNamesAreThere follows every reference inside the document.
func TestWSDLNamesAreThere(t *testing.T) {
	doc, names, references := described(t), map[string]bool{}, 0
	doc.each("schema", func(s *tree) {
		for i := range s.Inside {
			names["element "+s.Inside[i].attr("name")] = true
		}
	})
	for _, kind := range []string{"message", "portType", "binding"} {
		doc.each(kind, func(e *tree) { names[kind+" "+e.attr("name")] = true })
	}
	check := func(kind, reference string) {
		local, ours := strings.CutPrefix(reference, "tns:")
		if references++; !ours || !names[kind+" "+local] {
			t.Errorf("no %s %s", kind, reference)
		}
	}
	doc.each("part", func(e *tree) { check("element", e.attr("element")) })
	doc.each("port", func(e *tree) { check("binding", e.attr("binding")) })
	doc.each("portType", func(p *tree) {
		for _, kind := range []string{"input", "output", "fault"} {
			p.each(kind, func(e *tree) { check("message", e.attr("message")) })
		}
	})
	doc.each("binding", func(e *tree) {
		if e.attr("type") != "" {
			check("portType", e.attr("type"))
		}
	})
	if references != 15+2+7*3+2 {
		t.Error(references)
	}
}

// TestOnlyTheNewNumberIsPromised: a response profile may leave out anything but that.
func TestOnlyTheNewNumberIsPromised(t *testing.T) {
	doc := described(t)
	found := 0
	doc.each("schema", func(s *tree) {
		for i := range s.Inside {
			top := &s.Inside[i]
			if !strings.HasSuffix(top.attr("name"), "Response") {
				continue
			}
			for j := range top.Inside {
				top.Inside[j].each("element", func(e *tree) {
					found++
					promised := top.attr("name") == "IncluirOcorrenciaResponse"
					if (e.attr("minOccurs") != "0") != promised {
						t.Errorf("%s/%s: minOccurs %q", top.attr("name"), e.attr("name"), e.attr("minOccurs"))
					}
				})
			}
		}
	})
	if found < 20 {
		t.Error(found)
	}
}

func TestWSDLIsServed(t *testing.T) {
	o := options(t)
	base := "https://ponte.construtora.com.br/"
	h := New(door.New(o), func() string { return base })
	get := func(query string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "http://de.dentro:8080"+Prefix+query, nil))
		return w
	}
	for _, query := range []string{"?wsdl", "?WSDL", "?Wsdl=", "?wsdl=1", "?singleWsdl", "?op=x&wsdl"} {
		w := get(query)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `location="https://ponte.construtora.com.br/ws/soap"`) || w.Header().Get("Content-Type") != "text/xml; charset=utf-8" {
			t.Errorf("%s: %d %v", query, w.Code, w.Header())
		}
	}
	base = ""
	if w := get("?wsdl"); !strings.Contains(w.Body.String(), `location="http://de.dentro:8080/ws/soap"`) {
		t.Error("without a public address it names another host than the one asked")
	}
	r := httptest.NewRequest("GET", "/ws/soap?wsdl", nil)
	r.Host = `x"><script>`
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if strings.Contains(w.Body.String(), "<script>") {
		t.Error("a host was not escaped")
	}
}
