package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/webservice"
)

// About is what the OpenAPI document says of the program.
type About struct {
	Version string
	// License is an SPDX identifier.
	License string
}

// object is a JSON object that keeps its order, so that the document reads like the table it comes from.
type object []member

type member struct {
	key   string
	value any
}

// MarshalJSON writes the members in order.
func (o object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b = webservice.AppendJSONString(b, m.key)
		b = append(b, ':')
		b = append(b, value...)
	}
	return append(b, '}'), nil
}

const (
	tagOccurrences = "Ocorrências"
	tagFlat        = "Forma plana"
)

// OpenAPI is the document of the registry's operations (3.1), for the address baseURL in front of Prefix.
func OpenAPI(registry *webservice.Registry, baseURL string, about About) []byte {
	if about.Version == "" {
		about.Version = "0"
	}
	if about.License == "" {
		about.License = "LicenseRef-Ponte"
	}
	doc := object{
		{"openapi", "3.1.0"},
		{"info", object{
			{"title", "Ponte: webservices"},
			{"summary", "Ocorrências da assistência técnica, abertas e acompanhadas de fora."},
			{"description", intro},
			{"contact", contact(baseURL)},
			{"license", object{{"name", about.License}, {"identifier", about.License}}},
			{"version", about.Version},
		}},
		{"servers", []any{object{{"url", baseURL + Prefix}, {"description", "Este Ponte"}}}},
		{"tags", []any{
			object{{"name", tagOccurrences}, {"description", "Uma operação por endereço."}},
			object{{"name", tagFlat}, {"description", "As mesmas operações, todas por POST e sem variáveis no endereço, para clientes que não montam caminhos."}},
		}},
		{"security", []any{object{{"bearer", []any{}}}, object{{"basic", []any{}}}}},
		{"paths", paths(registry)},
		{"components", components(registry)},
	}
	compact, err := json.Marshal(doc)
	if err != nil {
		panic(fmt.Sprintf("rest: OpenAPI document: %v", err)) // made of strings and numbers alone
	}
	var out bytes.Buffer
	_ = json.Indent(&out, compact, "", "  ") // it was just made
	return out.Bytes()
}

const intro = "Corpo em JSON ou application/x-www-form-urlencoded (UTF-8, ou ISO-8859-1 onde declarado). " +
	"Todos os parâmetros são simples; os nomes são comparados letra a letra; em branco é o mesmo que ausente. " +
	"Datas: ISO 8601 ou dd/mm/aaaa hh:mm[:ss]; sem fuso, vale o do empreendimento. " +
	"A mesma chamada, com o mesmo id_externo, recebe a mesma resposta e nada é feito outra vez. " +
	"Arquivos em base64 são codificados uma única vez. " +
	"Erros: application/problem+json (RFC 9457), com codigo estável, campos e o número do recebimento guardado."

func contact(baseURL string) object {
	c := object{{"name", "Administrador deste Ponte"}}
	if baseURL != "" {
		c = append(c, member{"url", baseURL})
	}
	return c
}

func paths(registry *webservice.Registry) object {
	var list object
	put := func(path, method string, operation object) {
		m := member{strings.ToLower(method), operation}
		for i := range list {
			if list[i].key == path {
				list[i].value = append(list[i].value.(object), m)
				return
			}
		}
		list = append(list, member{path, object{m}})
	}
	for _, e := range registry.Entries() {
		for i, r := range e.Routes {
			id := r.ID
			if id == "" {
				id = e.Name
				if i > 0 {
					id += fmt.Sprint(i + 1)
				}
			}
			put(r.Path, r.Method, operation(e, r, id, tagOccurrences))
		}
	}
	for _, e := range registry.Entries() {
		put("/"+e.Name, http.MethodPost, operation(e, webservice.Route{Method: http.MethodPost, Path: "/" + e.Name}, e.Name+"Plano", tagFlat))
	}
	return list
}

func operation(e *webservice.Entry, r webservice.Route, id, tag string) object {
	o := object{{"operationId", id}, {"tags", []string{tag}}, {"summary", e.Summary()}, {"description", e.Describe()}}
	variable := pathVariable(r.Path)
	if params := parameters(e, r.Method, variable); len(params) > 0 {
		o = append(o, member{"parameters", params})
	}
	if r.Method != http.MethodGet {
		o = append(o, member{"requestBody", requestBody(e, variable)})
	}
	return append(o, member{"responses", responses(e, r.Method)})
}

func pathVariable(path string) string {
	_, rest, _ := strings.Cut(path, "{")
	name, _, _ := strings.Cut(rest, "}")
	return name
}

// parameters are the path's variable and, for GET, the query.
func parameters(e *webservice.Entry, method, variable string) []any {
	var list []any
	group := ""
	for _, s := range e.Params() {
		if variable != "" && s.Path == variable {
			group = s.OneOf
			list = append(list, parameter(s, variable, "path", true))
		}
	}
	if method != http.MethodGet {
		return list
	}
	for _, s := range e.Params() {
		if variable != "" && (s.Path == variable || group != "" && s.OneOf == group) {
			continue
		}
		list = append(list, parameter(s, s.Name, "query", s.Required || s.Demanded))
	}
	return list
}

func parameter(s webservice.ParamSpec, name, in string, required bool) object {
	return object{{"name", name}, {"in", in}, {"required", required}, {"description", docOf(s)}, {"schema", valueSchema(s, false)}}
}

func requestBody(e *webservice.Entry, variable string) object {
	name := e.Name
	if variable == "" && hasPathParam(e) {
		name += "Plano"
	}
	content := object{}
	media := object{{"schema", ref("schemas", name)}}
	if example := exampleOf(e, variable); len(example) > 0 {
		media = append(media, member{"example", example})
	}
	content = append(content, member{typeJSON, media}, member{typeForm, object{{"schema", ref("schemas", name)}}})
	if _, file := e.FileParam(); file {
		content = append(content, member{typeMultipart, object{{"schema", bodySchema(e, variable == "", true)}}})
	}
	return object{{"required", true}, {"content", content}}
}

func responses(e *webservice.Entry, method string) object {
	var list object
	content := object{
		{"application/json", object{{"schema", ref("schemas", answerName(e))}}},
		{"text/plain", object{{"schema", object{{"type", "string"}}}}},
		{"application/xml", object{{"schema", ref("schemas", answerName(e))}}},
	}
	warning := object{{"X-Ponte-Aviso", ref("headers", "Aviso")}}
	if e.Reads {
		list = append(list, member{"200", object{{"description", "O que foi pedido."}, {"headers", warning}, {"content", content}}})
	} else {
		list = append(list,
			member{"200", object{{"description", "A mesma chamada já tinha sido aceita: a mesma resposta."}, {"headers", warning}, {"content", content}}},
			member{"201", object{{"description", "Feito."}, {"headers", warning}, {"content", content}}})
	}
	answered := errorsOf(e, method)
	for _, status := range errorStatuses() {
		if answered[status] {
			list = append(list, member{fmt.Sprint(status), ref("responses", fmt.Sprintf("Erro%d", status))})
		}
	}
	return list
}

// errorsOf are the statuses that a call can meet: the toolkit's own and those of the use case's codigos. An
// operation that names none may answer any; metodo_http isn't met by who calls what the document says.
func errorsOf(e *webservice.Entry, method string) map[int]bool {
	codes := slices.Concat(e.Errors, []string{desk.ErrContent, desk.ErrUnknownParameter, desk.ErrUnauthenticated, desk.ErrForbidden,
		desk.ErrParameter, desk.ErrTooMany, desk.ErrInternal, desk.ErrUnavailable})
	if method != http.MethodGet {
		codes = append(codes, desk.ErrTooLarge, desk.ErrUnsupported)
	}
	if e.Errors == nil {
		codes = append(codes, desk.ErrNotFound, desk.ErrMethod)
	}
	answered := map[int]bool{}
	for _, code := range codes {
		answered[statuses[code]] = true
	}
	delete(answered, http.StatusMethodNotAllowed)
	return answered
}

// errorStatuses are those of the contract, in its order and once each.
func errorStatuses() []int {
	var list []int
	seen := map[int]bool{}
	for _, code := range webservice.Codes() {
		if s := statuses[code]; !seen[s] {
			seen[s] = true
			list = append(list, s)
		}
	}
	return list
}

func hasPathParam(e *webservice.Entry) bool {
	for _, s := range e.Params() {
		if s.Path != "" {
			return true
		}
	}
	return false
}

// exampleError is what the document shows for a status: the first codigo that has it.
func exampleError(code string) *desk.Error {
	err := desk.Fail(code)
	if code == desk.ErrParameter {
		err.Fields = []desk.FieldError{{Field: "comentario", Code: "obrigatorio"}}
	}
	if code == desk.ErrUnknownParameter {
		err.Fields = []desk.FieldError{{Field: "comentaro", Code: "desconhecido", Args: map[string]any{"sugestao": "comentario"}}}
	}
	return err
}
