package webservice_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
	"ponte/internal/webservice/rest"
	"ponte/internal/webservice/soap"
)

// doors are both, over the house's own operations without a house behind them: what reaches a use case is kept as an
// internal error, with the parameters as they were understood.
type doors struct {
	registry   *webservice.Registry
	rest, soap http.Handler
	kept       string
	refused    string
}

func openDoors(more ...*webservice.Entry) *doors {
	d := &doors{}
	d.registry = webservice.NewRegistry(append(webservice.Operations(nil, func(desk.Reason) string { return "" }), more...)...)
	d.registry.Log = slog.New(slog.DiscardHandler)
	d.registry.Keep = func(_ context.Context, c *webservice.Call, err *desk.Error) string {
		d.kept, d.refused = string(c.Raw), err.Code
		return "rec-1"
	}
	shared := door.New(door.Options{Registry: d.registry, Logger: d.registry.Log, PublicURL: func() string { return "https://p" },
		Authenticate: func(context.Context, webservice.Credentials) (*webservice.Caller, error) {
			return &webservice.Caller{Actor: desk.Actor{Kind: "token"}}, nil
		}})
	d.rest, d.soap = rest.New(shared, rest.About{}), soap.New(shared, shared.PublicURL)
	return d
}

// call sends parameters through both doors and answers what each understood.
func (d *doors) call(t *testing.T, e *webservice.Entry, params [][2]string) (inREST, inSOAP string) {
	t.Helper()
	body := map[string]string{}
	var children bytes.Buffer
	for _, p := range params {
		body[p[0]] = p[1]
		children.WriteString("<" + p[0] + ">")
		if err := xml.EscapeText(&children, []byte(p[1])); err != nil {
			t.Fatal(err)
		}
		children.WriteString("</" + p[0] + ">")
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	send := func(h http.Handler, path, kind, body string) string {
		d.kept, d.refused = "", ""
		r := httptest.NewRequest("POST", path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer x")
		r.Header.Set("Content-Type", kind)
		h.ServeHTTP(httptest.NewRecorder(), r)
		return d.refused + " " + d.kept
	}
	inREST = send(d.rest, rest.Prefix+"/"+e.Name, "application/json", string(text))
	inSOAP = send(d.soap, soap.Prefix, "text/xml", `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><`+e.Name+` xmlns="`+soap.Namespace+`">`+
		children.String()+`</`+e.Name+`></s:Body></s:Envelope>`)
	return inREST, inSOAP
}

// TestEveryParameterIsEverywhere: each parameter of each operation stands in the OpenAPI document and in the WSDL, and
// both doors take it and understand the same. New here adds an operation with a parameter by nothing but its
// definition, so that one edit is shown to be enough.
func TestEveryParameterIsEverywhere(t *testing.T) {
	type newIn struct {
		Fresh string `ws:"parametro_novo" doc:"Um parâmetro novo." exemplo:"sim"`
	}
	d := openDoors(webservice.Define(webservice.Operation{Name: "OperacaoNova", Doc: "Uma operação nova."},
		func(context.Context, *webservice.Call, *newIn) (*webservice.Written, bool, error) { panic("no house") }))
	wsdl := elements(t, soap.WSDL(d.registry, "https://p/ws/soap"))
	openAPI := properties(t, rest.OpenAPI(d.registry, "https://p", rest.About{}))
	count := 0
	for _, e := range d.registry.Entries() {
		var whole [][2]string
		groups := map[string]bool{}
		for _, s := range e.Params() {
			count++
			if !wsdl[e.Name+"/"+s.Name] {
				t.Errorf("%s: the WSDL lacks %s", e.Name, s.Name)
			}
			if !openAPI[e.Name+"/"+s.Name] && !openAPI[e.Name+"Plano/"+s.Name] {
				t.Errorf("%s: the OpenAPI document lacks %s", e.Name, s.Name)
			}
			if s.Example == "" {
				t.Errorf("%s: %s has no example", e.Name, s.Name)
			}
			inREST, inSOAP := d.call(t, e, [][2]string{{s.Name, s.Example}})
			if inREST != inSOAP || strings.HasPrefix(inREST, desk.ErrUnknownParameter) || !strings.Contains(inREST, `"`+s.Name+`":`) {
				t.Errorf("%s, %s alone: REST %s, SOAP %s", e.Name, s.Name, inREST, inSOAP)
			}
			if s.OneOf == "" || !groups[s.OneOf] {
				groups[s.OneOf] = true
				whole = append(whole, [2]string{s.Name, s.Example})
			}
		}
		inREST, inSOAP := d.call(t, e, whole)
		if inREST != inSOAP || !strings.HasPrefix(inREST, desk.ErrInternal) || strings.Count(inREST, `":`) < len(whole) {
			t.Errorf("%s, all examples: they don't reach the use case alike: REST %s, SOAP %s", e.Name, inREST, inSOAP)
		}
	}
	if count < 40 {
		t.Errorf("only %d parameters were looked at", count)
	}
}

// TestEveryAnswerIsEverywhere: each field of each answer stands in both documents.
func TestEveryAnswerIsEverywhere(t *testing.T) {
	d := openDoors()
	wsdl := elements(t, soap.WSDL(d.registry, "https://p/ws/soap"))
	for _, e := range d.registry.Entries() {
		for _, path := range e.Paths() {
			if !wsdl[e.Name+"Response/"+strings.ReplaceAll(path, ".", "/")] {
				t.Errorf("%s: the WSDL lacks %s in the answer", e.Name, path)
			}
		}
	}
	text := string(rest.OpenAPI(d.registry, "https://p", rest.About{}))
	for _, e := range d.registry.Entries() {
		for _, path := range e.Paths() {
			name := path[strings.LastIndex(path, ".")+1:]
			if !regexp.MustCompile(`"` + name + `": \{`).MatchString(text) {
				t.Errorf("%s: the OpenAPI document lacks %s", e.Name, path)
			}
		}
	}
}

// elements are the paths of a schema's named elements.
func elements(t *testing.T, wsdl []byte) map[string]bool {
	t.Helper()
	type element struct {
		XMLName xml.Name
		Name    string    `xml:"name,attr"`
		Inside  []element `xml:",any"`
	}
	var doc element
	if err := xml.Unmarshal(wsdl, &doc); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	var walk func(e element, path string)
	walk = func(e element, path string) {
		if e.XMLName.Space == "http://www.w3.org/2001/XMLSchema" && e.XMLName.Local == "element" {
			path += "/" + e.Name
			found[strings.TrimPrefix(path, "/")] = true
		}
		for _, inside := range e.Inside {
			walk(inside, path)
		}
	}
	walk(doc, "")
	return found
}

// properties are "schema/property" of the OpenAPI document's schemas.
func properties(t *testing.T, openAPI []byte) map[string]bool {
	t.Helper()
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]any `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(openAPI, &doc); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for schema, content := range doc.Components.Schemas {
		for name := range content.Properties {
			found[schema+"/"+name] = true
		}
	}
	return found
}
