package rest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/webservice/door"
)

// RegistryPrefix is where the registry's handler is mounted. It is for a program of the house, the ERP's job, and no
// part of what is promised to Mobuss: it stands in no sheet, no WSDL and no answer profile, and a token reaches it only
// where its scope names it.
const RegistryPrefix = Prefix + "/cadastro"

// MaxRegistryRows is how many rows a batch may have.
const MaxRegistryRows = 500

// Registry is what the handler needs of those who read rows.
type Registry struct {
	// Columns are the names that a kind takes, those it needs first.
	Columns func(flow.RegistryKind) (needed, taken []string)
	// Put plans or imports rows; each has its own outcome, in their order.
	Put func(ctx context.Context, a desk.Actor, kind flow.RegistryKind, rows []map[string]string, plan bool) ([]flow.RegistryOutcome, error)
	// Reason says what is wrong with a field, to people.
	Reason func(desk.FieldError) string
	About  About
}

type registryHandler struct {
	*door.Door
	Registry
}

// NewRegistry is the handler of everything under RegistryPrefix.
func NewRegistry(d *door.Door, r Registry) http.Handler { return &registryHandler{d, r} }

func (h *registryHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{Exchange: h.Exchange(w, r, "rest")}
	x.Call.Operation = desk.ScopeRegistry
	h.Serve(x.Exchange, func() (door.Reply, error) { return h.serve(x) }, func(err *desk.Error) door.Reply { return problem(x, err) })
}

func (h *registryHandler) serve(x *exchange) (door.Reply, error) {
	kind := strings.TrimPrefix(x.R.URL.Path, RegistryPrefix+"/")
	if kind == "openapi.json" {
		if x.R.Method != http.MethodGet && x.R.Method != http.MethodHead {
			return door.Reply{}, door.MethodNotAllowed("GET, HEAD")
		}
		text, err := json.Marshal(h.document())
		return door.Reply{Status: http.StatusOK, Mime: "application/json", Body: text, Header: http.Header{"Cache-Control": {"no-cache"}}}, err
	}
	if !flow.RegistryKind(kind).Valid() || flow.RegistryKind(kind) == flow.OfOccurrences {
		return door.Reply{}, desk.Fail(desk.ErrRoute, "documento", RegistryPrefix+"/openapi.json")
	}
	if x.R.Method != http.MethodPut && x.R.Method != http.MethodPost {
		return door.Reply{}, door.MethodNotAllowed("PUT, POST")
	}
	credentials, given := door.Credentials(x.R)
	if err := h.Authenticate(x.Exchange, credentials, given); err != nil {
		return door.Reply{}, err
	}
	if err := h.Admit(x.Exchange); err != nil {
		return door.Reply{}, err
	}
	actor := x.Call.Caller.Actor
	if !actor.MayKeepRegistry() {
		return door.Reply{}, desk.Fail(desk.ErrForbidden, "motivo", "cadastro_fora_do_token")
	}
	rows, plan, err := h.rows(x)
	if err != nil {
		return door.Reply{}, err
	}
	outcomes, err := h.Put(x.R.Context(), actor, flow.RegistryKind(kind), rows, plan)
	if err != nil {
		return door.Reply{}, asParameter(err)
	}
	text, err := json.Marshal(h.answer(outcomes))
	return door.Reply{Status: http.StatusOK, Mime: "application/json", Body: text}, err
}

// asParameter: what is wrong with a batch as a whole is a parameter's fault to the caller.
func asParameter(err error) error {
	var e *desk.Error
	if errors.As(err, &e) && len(e.Fields) > 0 {
		e.Code = desk.ErrParameter
	}
	return err
}

// batch is a body.
type batch struct {
	Rows []map[string]any `json:"registros"`
	Plan bool             `json:"simular"`
}

func (h *registryHandler) rows(x *exchange) (rows []map[string]string, plan bool, err error) {
	if kind, _, _ := strings.Cut(x.R.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/json") || door.Compressed(x.R) {
		return nil, false, desk.Fail(desk.ErrUnsupported, "motivo", "tipo", "tipos", "application/json")
	}
	defer h.Hurry(x.Exchange)()
	d := json.NewDecoder(http.MaxBytesReader(x.W, x.R.Body, h.MaxBody))
	d.UseNumber()
	d.DisallowUnknownFields()
	var b batch
	if err := d.Decode(&b); err != nil {
		return nil, false, door.ReadFault(err, "json")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, false, desk.Fail(desk.ErrContent, "motivo", "json")
	}
	if len(b.Rows) == 0 {
		return nil, false, wrong("registros", "obrigatorio")
	}
	if len(b.Rows) > MaxRegistryRows {
		return nil, false, wrong("registros", "registros_demais", "maximo", MaxRegistryRows)
	}
	for _, from := range b.Rows {
		to := make(map[string]string, len(from))
		for name, value := range from {
			switch v := value.(type) {
			case nil:
				to[name] = ""
			case string:
				to[name] = strings.TrimSpace(v)
			case json.Number:
				to[name] = v.String()
			case bool:
				to[name] = map[bool]string{true: "S", false: "N"}[v]
			default:
				return nil, false, wrong(name, "nao_simples")
			}
		}
		rows = append(rows, to)
	}
	return rows, b.Plan, nil
}

func wrong(field, code string, args ...any) error {
	e := desk.BadField(field, code, args...)
	e.Code = desk.ErrParameter
	return e
}

// The answer: how many rows of each state, and what became of each.
type (
	registryAnswer struct {
		Totals map[flow.RowState]int `json:"totais"`
		Rows   []rowAnswer           `json:"registros"`
	}
	rowAnswer struct {
		Line     int            `json:"linha"`
		State    flow.RowState  `json:"situacao"`
		Changes  []changeAnswer `json:"mudancas,omitempty"`
		Reasons  []reasonAnswer `json:"motivos,omitempty"`
		Warnings []reasonAnswer `json:"avisos,omitempty"`
	}
	changeAnswer struct {
		Thing string `json:"coisa"`
		Key   string `json:"chave"`
		Field string `json:"campo,omitempty"`
		Old   string `json:"antes,omitempty"`
		New   string `json:"agora,omitempty"`
	}
	reasonAnswer struct {
		Field   string `json:"campo"`
		Code    string `json:"codigo"`
		Message string `json:"mensagem"`
	}
)

func (h *registryHandler) answer(outcomes []flow.RegistryOutcome) registryAnswer {
	a := registryAnswer{Totals: map[flow.RowState]int{}, Rows: make([]rowAnswer, len(outcomes))}
	reasons := func(all []desk.FieldError) (out []reasonAnswer) {
		for _, e := range all {
			out = append(out, reasonAnswer{e.Field, e.Code, h.Reason(e)})
		}
		return out
	}
	for i, o := range outcomes {
		a.Totals[o.State]++
		r := rowAnswer{Line: o.Line, State: o.State, Reasons: reasons(o.Reasons), Warnings: reasons(o.Warnings)}
		for _, c := range o.Changes {
			r.Changes = append(r.Changes, changeAnswer(c))
		}
		a.Rows[i] = r
	}
	return a
}

// document is the OpenAPI document of the registry.
func (h *registryHandler) document() object {
	var paths object
	for _, k := range flow.RegistryKinds {
		if k == flow.OfOccurrences { // they come in once, by a person's hand
			continue
		}
		needed, taken := h.Columns(k)
		var fields object
		for _, name := range append(append([]string{}, needed...), taken...) {
			fields = append(fields, member{name, object{{"type", []string{"string", "number", "boolean", "null"}}}})
		}
		body := object{{"type", "object"}, {"required", []string{"registros"}}, {"additionalProperties", false}, {"properties", object{
			{"registros", object{{"type", "array"}, {"minItems", 1}, {"maxItems", MaxRegistryRows}, {"items", object{
				{"type", "object"}, {"additionalProperties", false}, {"properties", fields}}}}},
			{"simular", object{{"type", "boolean"}, {"default", false}, {"description", "true: diz o que mudaria e não grava nada."}}},
		}}}
		paths = append(paths, member{"/cadastro/" + string(k), object{{"put", object{
			{"operationId", "cadastro_" + string(k)}, {"summary", "Manter " + string(k)},
			{"description", "Cada registro tem o seu veredito. Precisa de: " + strings.Join(needed, ", ") + ". O que um registro não nomeia fica como está; vazio ou null esvazia. Repetir não muda nada."},
			{"requestBody", object{{"required", true}, {"content", object{{"application/json", object{{"schema", body}}}}}}},
			{"responses", object{
				{"200", object{{"description", "O veredito de cada registro: novo, alterado, igual, conflito ou erro."}, {"content", object{{"application/json", object{{"schema", verdictSchema()}}}}}}},
				{"default", object{{"description", "Um erro: nada do lote a partir do erro foi gravado."}, {"content", object{{"application/problem+json", object{{"schema", object{{"type", "object"}}}}}}}}},
			}},
		}}}})
	}
	return object{
		{"openapi", "3.1.0"},
		{"info", object{{"title", "Ponte: cadastro"}, {"summary", "O cadastro, mantido pelo ERP."},
			{"description", "Para um token da casa cujo alcance nomeia cadastro. Lotes de até 500 registros."},
			{"license", object{{"name", h.About.License}, {"identifier", h.About.License}}}, {"version", h.About.Version}}},
		{"servers", []any{object{{"url", h.PublicURL() + Prefix}}}},
		{"security", []any{object{{"bearer", []any{}}}, object{{"basic", []any{}}}}},
		{"paths", paths},
		{"components", object{{"securitySchemes", object{
			{"bearer", object{{"type", "http"}, {"scheme", "bearer"}}}, {"basic", object{{"type", "http"}, {"scheme", "basic"}}}}}}},
	}
}

func verdictSchema() object {
	text := object{{"type", "string"}}
	reasons := object{{"type", "array"}, {"items", object{{"type", "object"}, {"properties", object{{"campo", text}, {"codigo", text}, {"mensagem", text}}}}}}
	changes := object{{"type", "array"}, {"items", object{{"type", "object"}, {"properties", object{{"coisa", text}, {"chave", text}, {"campo", text}, {"antes", text}, {"agora", text}}}}}}
	row := object{{"type", "object"}, {"required", []string{"linha", "situacao"}}, {"properties", object{{"linha", object{{"type", "integer"}}},
		{"situacao", object{{"type", "string"}, {"enum", []flow.RowState{flow.RowNew, flow.RowChanged, flow.RowSame, flow.RowConflict, flow.RowBroken}}}},
		{"mudancas", changes}, {"motivos", reasons}, {"avisos", reasons}}}}
	return object{{"type", "object"}, {"required", []string{"totais", "registros"}}, {"properties", object{
		{"totais", object{{"type", "object"}, {"additionalProperties", object{{"type", "integer"}}}}}, {"registros", object{{"type", "array"}, {"items", row}}}}}}
}
