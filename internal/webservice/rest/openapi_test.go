package rest

import (
	"encoding/json"
	"strings"
	"testing"

	"ponte/internal/webservice/webservicetest"
)

// at walks down a decoded document.
func at(t *testing.T, doc any, path ...string) any {
	t.Helper()
	for i, key := range path {
		m, ok := doc.(map[string]any)
		if !ok || m[key] == nil {
			t.Fatalf("nothing at %s", strings.Join(path[:i+1], " > "))
		}
		doc = m[key]
	}
	return doc
}

func document31(t *testing.T) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(OpenAPI(webservicetest.Registry(), "https://ponte.construtora.com.br", About{Version: "1.0.0", License: "Apache-2.0"}), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestOpenAPISaysWhatLintersAskFor(t *testing.T) {
	doc := document31(t)
	if at(t, doc, "openapi") != "3.1.0" || at(t, doc, "info", "license", "identifier") != "Apache-2.0" || at(t, doc, "info", "version") != "1.0.0" {
		t.Error("head of the document")
	}
	if url := at(t, doc, "servers").([]any)[0].(map[string]any)["url"]; url != "https://ponte.construtora.com.br/ws/rest/v1" {
		t.Error(url)
	}
	tags := map[any]bool{}
	for _, tag := range at(t, doc, "tags").([]any) {
		tags[at(t, tag, "name")] = at(t, tag, "description") != ""
	}
	ids := map[any]bool{}
	for path, methods := range at(t, doc, "paths").(map[string]any) {
		for method, operation := range methods.(map[string]any) {
			id := at(t, operation, "operationId")
			if ids[id] {
				t.Errorf("operationId %v twice", id)
			}
			ids[id] = true
			for _, tag := range at(t, operation, "tags").([]any) {
				if !tags[tag] {
					t.Errorf("%s %s: tag %v", method, path, tag)
				}
			}
			at(t, operation, "summary")
			at(t, operation, "description")
			responses := at(t, operation, "responses").(map[string]any)
			if responses["200"] == nil || responses["401"] == nil || responses["422"] == nil || responses["500"] == nil {
				t.Errorf("%s %s: %v", method, path, responses)
			}
			if strings.Contains(path, "{numero}") {
				first := at(t, operation, "parameters").([]any)[0]
				if at(t, first, "in") != "path" || at(t, first, "required") != true || at(t, first, "name") != "numero" {
					t.Errorf("%s %s: %v", method, path, first)
				}
			}
		}
	}
	for _, id := range []string{"IncluirOcorrencia", "IncluirComentario", "IncluirComentarioPlano", "ConsultarOcorrencia", "ConsultarOcorrenciaPorIdExterno"} {
		if !ids[id] {
			t.Errorf("no operation %s", id)
		}
	}
}

func TestOpenAPIDescribesParameters(t *testing.T) {
	doc := document31(t)
	comment := at(t, doc, "components", "schemas", "IncluirComentario")
	if at(t, comment, "properties", "comentario", "maxLength") != 4000.0 || at(t, comment, "additionalProperties") != any(false) {
		t.Error(comment)
	}
	if _, there := at(t, comment, "properties").(map[string]any)["numero_ocorrencia"]; there {
		t.Error("the path's parameter is in the body too")
	}
	at(t, doc, "components", "schemas", "IncluirComentarioPlano", "properties", "numero_ocorrencia")
	open := at(t, doc, "components", "schemas", "IncluirOcorrencia")
	required, _ := json.Marshal(at(t, open, "required"))
	if string(required) != `["cod_projeto","descricao","bloqueio_incluir_cliente"]` {
		t.Error(string(required))
	}
	if enum := at(t, open, "properties", "relacao", "enum").([]any); len(enum) != 4 {
		t.Error(enum)
	}
	file := at(t, doc, "paths", "/ocorrencias/{numero}/anexos", "post", "requestBody", "content")
	if at(t, file, typeMultipart, "schema", "properties", "conteudo", "contentMediaType") != "application/octet-stream" {
		t.Error(file)
	}
	byID := at(t, doc, "paths", "/ocorrencias", "get", "parameters").([]any)
	if len(byID) != 2 || at(t, byID[1], "name") != "id_externo" {
		t.Error(byID)
	}
	if codes := at(t, doc, "components", "schemas", "Problema", "properties", "codigo", "enum").([]any); len(codes) != 21 {
		t.Error(len(codes), "codes")
	}
	at(t, doc, "components", "securitySchemes", "basic")
	at(t, doc, "components", "responses", "Erro429", "headers", "Retry-After")
}

// TestOpenAPIRefersToWhatIsThere follows every $ref.
func TestOpenAPIRefersToWhatIsThere(t *testing.T) {
	doc := document31(t)
	refs := 0
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				refs++
				at(t, doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
			}
			for _, member := range v {
				walk(member)
			}
		case []any:
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(doc)
	if refs == 0 {
		t.Error("no references")
	}
}

func TestOpenAPIFollowsThePublicAddress(t *testing.T) {
	o := webservicetest.Options()
	base := "https://a"
	o.PublicURL = func() string { return base }
	h := newHandler(o)
	for _, base = range []string{"https://a", "https://a", "https://b"} {
		if w := send(h, "GET", "/openapi.json", "", "", nil); !strings.Contains(w.Body.String(), `"`+base+`/ws/rest/v1"`) {
			t.Error(base)
		}
	}
}
