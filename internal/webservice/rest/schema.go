package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"ponte/internal/webservice"
)

func ref(section, name string) object {
	return object{{"$ref", "#/components/" + section + "/" + name}}
}

// answerName is no "...Response": oapi-codegen calls its own types so, and what it made of the document would not build.
func answerName(e *webservice.Entry) string { return e.Name + "Resposta" }

func components(registry *webservice.Registry) object {
	schemas := object{}
	for _, e := range registry.Entries() {
		if hasPathParam(e) {
			schemas = append(schemas, member{e.Name + "Plano", bodySchema(e, true, false)})
		}
		if !hasPathParam(e) || !e.Reads { // what only reads has a body in the flat form alone
			schemas = append(schemas, member{e.Name, bodySchema(e, !hasPathParam(e), false)})
		}
		answer := answerSchema(e.AnswerFields(), "")
		schemas = append(schemas, member{answerName(e), append(answer, member{"xml", object{{"name", e.Name + "Response"}}})})
	}
	schemas = append(schemas, member{"Problema", problemSchema()})
	return object{
		{"schemas", schemas},
		{"responses", errorResponses()},
		{"headers", object{
			{"Aviso", object{{"description", "Parâmetros desconhecidos que foram ignorados, onde o token assim pede."}, {"schema", object{{"type", "string"}}}}},
			{"RetryAfter", object{{"description", "Quantos segundos esperar."}, {"schema", object{{"type", "integer"}}}}},
			{"WWWAuthenticate", object{{"description", "As formas de autenticação aceitas."}, {"schema", object{{"type", "string"}}}}},
		}},
		{"securitySchemes", object{
			{"bearer", object{{"type", "http"}, {"scheme", "bearer"}, {"description", "Authorization: Bearer TOKEN"}}},
			{"basic", object{{"type", "http"}, {"scheme", "basic"}, {"description", "O token é a senha; o usuário não importa."}}},
		}},
	}
}

// bodySchema is an operation's parameters as an object; flat has those that a path would carry as well.
func bodySchema(e *webservice.Entry, flat, multipart bool) object {
	properties, required := object{}, []string{}
	for _, s := range e.Params() {
		if s.Path != "" && !flat {
			continue
		}
		schema := append(valueSchema(s, multipart), member{"description", docOf(s)})
		properties = append(properties, member{s.Name, schema})
		if s.Required && !(multipart && s.FileName) || s.Demanded {
			required = append(required, s.Name)
		}
	}
	schema := object{{"type", "object"}, {"additionalProperties", false}}
	if len(required) > 0 {
		schema = append(schema, member{"required", required})
	}
	return append(schema, member{"properties", properties})
}

func docOf(s webservice.ParamSpec) string {
	doc := s.Describe()
	switch {
	case s.Kind == webservice.KindFile:
		doc += fmt.Sprintf(" Base64, codificado uma única vez; até %d bytes decodificado.", s.Max)
	case s.FileName, s.FileType:
		doc += " Em multipart, vem da parte do arquivo se não for enviado."
	}
	return doc
}

// valueSchema is one parameter's type with its bounds and example.
func valueSchema(s webservice.ParamSpec, multipart bool) object {
	var o object
	switch s.Kind {
	case webservice.KindInt:
		o = object{{"type", "integer"}, {"format", "int64"}}
		if s.Min != nil {
			o = append(o, member{"minimum", *s.Min})
		}
		if s.Most != nil {
			o = append(o, member{"maximum", *s.Most})
		}
	case webservice.KindFlag:
		o = object{{"type", "string"}, {"enum", []string{"T", "F"}}}
	case webservice.KindMoment:
		o = object{{"type", "string"}, {"format", "date-time"}}
	case webservice.KindFile:
		if multipart {
			return object{{"type", "string"}, {"contentMediaType", "application/octet-stream"}}
		}
		o = object{{"type", "string"}, {"contentEncoding", "base64"}}
	default:
		o = object{{"type", "string"}, {"maxLength", s.Max}}
		if s.Enum != nil {
			o = append(o, member{"enum", s.Enum})
		}
	}
	if s.Example != "" {
		o = append(o, member{"examples", []any{exampleValue(s.Kind, s.Example)}})
	}
	return o
}

func exampleValue(kind webservice.Kind, text string) any {
	if kind == webservice.KindInt {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	}
	if kind == webservice.KindBool {
		return text == "true"
	}
	return text
}

// exampleOf is a whole body out of the parameters' examples, one of each group.
func exampleOf(e *webservice.Entry, variable string) object {
	var o object
	used := map[string]bool{}
	for _, s := range e.Params() {
		if s.Example == "" || variable != "" && s.Path == variable || s.OneOf != "" && used[s.OneOf] {
			continue
		}
		used[s.OneOf] = true
		o = append(o, member{s.Name, exampleValue(s.Kind, s.Example)})
	}
	return o
}

func answerSchema(fields []webservice.FieldSpec, doc string) object {
	properties, required := object{}, []string{}
	for _, f := range fields {
		properties = append(properties, member{f.Name, fieldSchema(f)})
		if f.Required {
			required = append(required, f.Name)
		}
	}
	schema := object{{"type", "object"}}
	if doc != "" {
		schema = append(schema, member{"description", doc})
	}
	if len(required) > 0 {
		schema = append(schema, member{"required", required})
	}
	return append(schema, member{"properties", properties})
}

func fieldSchema(f webservice.FieldSpec) object {
	var o object
	switch f.Kind {
	case webservice.KindInt:
		o = object{{"type", "integer"}, {"format", "int64"}}
	case webservice.KindBool:
		o = object{{"type", "boolean"}}
	case webservice.KindFlag:
		o = object{{"type", "string"}, {"enum", []string{"T", "F"}}}
	case webservice.KindMoment:
		o = object{{"type", "string"}, {"format", "date-time"}}
	case webservice.KindObject:
		return answerSchema(f.Children, f.Doc)
	case webservice.KindList:
		item := f
		item.Kind, item.Doc = f.Item, ""
		o = object{{"type", "array"}, {"items", fieldSchema(item)}}
	default:
		o = object{{"type", "string"}}
		if f.Enum != nil {
			o = append(o, member{"enum", f.Enum})
		}
	}
	if f.Doc != "" {
		o = append(o, member{"description", f.Doc})
	}
	if f.Example != "" && f.Kind != webservice.KindList {
		o = append(o, member{"examples", []any{exampleValue(f.Kind, f.Example)}})
	}
	return o
}

// errorResponses is one response for each status, with all its codigos.
func errorResponses() object {
	list := object{}
	for _, status := range errorStatuses() {
		if status == http.StatusMethodNotAllowed { // no operation in the document answers it
			continue
		}
		var lines []string
		first := ""
		for _, code := range webservice.Codes() {
			if statuses[code] != status {
				continue
			}
			if first == "" {
				first = code
			}
			lines = append(lines, code+": "+webservice.Title(code))
		}
		r := object{{"description", strings.Join(lines, "; ") + "."}}
		switch status {
		case http.StatusUnauthorized:
			r = append(r, member{"headers", object{{"WWW-Authenticate", ref("headers", "WWWAuthenticate")}}})
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
			r = append(r, member{"headers", object{{"Retry-After", ref("headers", "RetryAfter")}}})
		}
		example := json.RawMessage(problemJSON(exampleError(first), status, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		r = append(r, member{"content", object{
			{"application/problem+json", object{{"schema", ref("schemas", "Problema")}, {"example", example}}},
			{"text/plain", object{{"schema", object{{"type", "string"}, {"description", "codigo: mensagem"}}}}},
		}})
		list = append(list, member{fmt.Sprintf("Erro%d", status), r})
	}
	return list
}

func problemSchema() object {
	text := func(doc string) object { return object{{"type", "string"}, {"description", doc}} }
	return object{
		{"type", "object"},
		{"description", "RFC 9457, com os membros próprios do Ponte."},
		{"required", []string{"type", "title", "status", "detail", "instance", "codigo"}},
		{"properties", object{
			{"type", text("urn:ponte:erro: e o codigo.")},
			{"title", text("O que o codigo significa.")},
			{"status", object{{"type", "integer"}, {"description", "O status HTTP."}}},
			{"detail", text("O que fazer.")},
			{"instance", text("O pedido, como está no registro do Ponte.")},
			{"codigo", object{{"type", "string"}, {"description", "Estável: pode ser usado em programas."}, {"enum", webservice.Codes()}}},
			{"campos", object{{"type", "array"}, {"description", "Todos os parâmetros com erro."}, {"items", object{
				{"type", "object"},
				{"required", []string{"campo", "mensagem"}},
				{"properties", object{{"campo", text("O nome do parâmetro.")}, {"mensagem", text("O que há de errado com ele.")}}},
			}}}},
			{"recebimento", text("O número com que a chamada recusada foi guardada para análise.")},
		}},
	}
}
