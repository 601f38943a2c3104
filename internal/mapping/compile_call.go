package mapping

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
)

// call is a checked Call with its defaults filled in.
type call struct {
	Call
	rows []row
}

// row is a checked Param.
type row struct {
	Param
	target target
	field  factField
	prg    *program
	fixed  string // encoded
}

// methods are those that carry a call; what they mean over there is the configuration's to know.
var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}

// Methods are the HTTP methods of a call, in the order of the page.
func Methods() []string { return slices.Clone(methods) }

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// call checks one HTTP call of a point; asks says that it is the one that looks up.
func (k *checker) call(at string, p desk.Point, c Call, asks bool) *call {
	if c.Body == "" {
		c.Body = BodyJSON
		if c.Method == "GET" || c.Method == "DELETE" {
			c.Body = BodyQuery
		}
	}
	if c.Answer == "" {
		c.Answer = AnswerJSON
	}
	if !slices.Contains(methods, c.Method) {
		k.bad(at+".metodo", "metodo_http_desconhecido")
	}
	if !slices.Contains([]BodyKind{BodyJSON, BodyForm, BodyQuery, BodyXML, BodyMultipart}, c.Body) {
		k.bad(at+".corpo", "corpo_desconhecido")
	} else if c.Method == "GET" && c.Body != BodyQuery {
		k.bad(at+".corpo", "corpo_em_get")
	}
	if !slices.Contains([]AnswerKind{AnswerJSON, AnswerJSONList, AnswerText, AnswerXML}, c.Answer) {
		k.bad(at+".resposta", "resposta_desconhecida")
	}
	if !validPath(c.Path) {
		k.bad(at+".caminho", "caminho_invalido")
	}
	k.header(at+".cabecalhos", c.Header)
	out := &call{Call: c}
	for i, param := range c.Params {
		out.rows = append(out.rows, k.row(rowAt(at, i), p, &c, param))
	}
	k.xml(at, out)
	k.targets(at, out)
	k.file(at, p, out, asks)
	out.Header = k.mergedHeader(c.Header)
	return out
}

// rowAt is the path of a call's row.
func rowAt(call string, i int) string { return fmt.Sprintf("%s.parametros[%d]", call, i) }

// validPath: below the environment's URL and nowhere else, so that credentials can't be sent astray.
func validPath(path string) bool {
	plain := placeholder.ReplaceAllString(path, "x")
	if !strings.HasPrefix(plain, "/") || strings.HasPrefix(plain, "//") || len(path) > 500 {
		return false
	}
	for _, r := range plain {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune(`?#\{}%"<>^|`+"`", r) {
			return false
		}
	}
	return !slices.ContainsFunc(strings.Split(plain, "/"), isDots)
}

func isDots(segment string) bool { return segment == "." || segment == ".." }

func (k *checker) row(at string, p desk.Point, c *Call, param Param) row {
	out := row{Param: param}
	if t, code := parseTarget(param.Target, c.Body); code != "" {
		k.bad(at+".destino", code)
	} else {
		out.target = t
	}
	k.source(at, p, &out)
	k.typing(at, &out)
	k.emptiness(at, c, &out)
	if param.Fixed != nil {
		v, ok := convert(param.Fixed.Value, out.Type, out.Format, time.UTC)
		if !ok {
			k.bad(at+".fixo", "tipo_incompativel")
			return out
		}
		out.fixed = encode(v, time.UTC)
	}
	return out
}

func (k *checker) source(at string, p desk.Point, r *row) {
	sources := 0
	for _, there := range []bool{r.Field != "", r.Fixed != nil, r.CEL != "", r.Ref != ""} {
		if there {
			sources++
		}
	}
	if sources != 1 {
		k.bad(at, "uma_origem_so")
	}
	if r.Field != "" {
		var ok bool
		if r.field, ok = factByName[r.Field]; !ok {
			k.bad(at+".campo", "campo_desconhecido")
		}
	}
	if r.CEL != "" {
		r.prg = k.expression(at+".cel", factEnv(), r.CEL)
	}
	switch r.Ref {
	case "", RefDeliveryID, RefFileContent:
	case RefOrderID, RefOrderNumber:
		if p == desk.OpenOrder {
			k.bad(at+".referencia", "referencia_sem_ordem")
		} else if _, seen := k.usesOrder[r.Ref]; !seen {
			if k.usesOrder == nil {
				k.usesOrder = map[string]string{}
			}
			k.usesOrder[r.Ref] = at
		}
	default:
		k.bad(at+".referencia", "referencia_desconhecida")
	}
}

// typing checks tipo and formato and infers the one from the other.
func (k *checker) typing(at string, r *row) {
	if r.Type == "" && r.Format != "" {
		r.Type = typeOf(r.Format)
		if r.Type == "" && r.field.Type == TypeMoment {
			r.Type = TypeMoment
		}
		if r.Type == "" {
			k.bad(at+".tipo", "obrigatorio_com_formato")
			return
		}
	}
	if r.Type != "" && !slices.Contains(Types, r.Type) {
		k.bad(at+".tipo", "tipo_desconhecido")
		return
	}
	if r.Format != "" && !isFormat(r.Type, r.Format) {
		k.bad(at+".formato", "formato_desconhecido")
	}
	if !convertible(r.field.Type, r.Type) || r.Ref != "" && r.Type != "" && r.Type != TypeText && r.Type != TypeNumber {
		k.bad(at+".tipo", "tipo_incompativel")
	}
}

// convertible says whether some value of the one type can become the other. What a text holds is only seen when
// it is there; an expression's result likewise.
func convertible(from, to Type) bool {
	return from == "" || to == "" || from == to || from == TypeText || to == TypeText || from == TypeMoment && to == TypeDate
}

func (k *checker) emptiness(at string, c *Call, r *row) {
	switch r.IfEmpty {
	case "", EmptyOmit, EmptyText, EmptyRefuse:
	case EmptyNull:
		if !r.target.takesNull(c.Body) {
			k.bad(at+".se_vazio", "nulo_so_em_json")
		}
	default:
		k.bad(at+".se_vazio", "se_vazio_desconhecido")
	}
	if r.Required && r.IfEmpty != "" && r.IfEmpty != EmptyRefuse {
		k.bad(at+".se_vazio", "contradiz_obrigatorio")
	}
	switch {
	case r.Required || r.target.place == inPath: // a path with a hole in it is another path
		r.IfEmpty = EmptyRefuse
	case r.IfEmpty == "":
		r.IfEmpty = EmptyOmit
	}
}

// targets: no two rows write to one place, and every hole of the path is filled.
func (k *checker) targets(at string, c *call) {
	var body tree
	var root, soapHead element
	seen := map[string]bool{}
	for name := range c.Header {
		seen["cabecalho:"+strings.ToLower(name)] = true
	}
	holes := placeholder.FindAllString(c.Path, -1)
	for i, r := range c.rows {
		field := rowAt(at, i) + ".destino"
		name := fmt.Sprint(r.target.place, ":", r.target.name)
		switch r.target.place {
		case inHeader:
			name = "cabecalho:" + strings.ToLower(r.target.name)
			if !isToken(r.target.name) || isReserved(r.target.name) || k.isSecret(r.target.name) {
				k.bad(field, "cabecalho_reservado")
			}
		case inURL:
			if slices.Contains(k.config.Integration.Auth.Params, r.target.name) {
				k.bad(field, "parametro_de_credencial")
			}
		case inPath:
			if !slices.Contains(holes, "{"+r.target.name+"}") {
				k.bad(field, "destino_fora_do_caminho")
			}
		case inBody, inSOAPHeader:
			put := body.put
			if r.target.place == inSOAPHeader {
				put = soapHead.put
			} else if c.Body == BodyXML {
				put = root.put
			}
			if len(r.target.steps) > 0 && !put(r.target.steps, "0") {
				k.bad(field, "destino_repetido")
				continue
			}
		}
		if seen[name] && r.target.name != "" {
			k.bad(field, "destino_repetido")
		}
		seen[name] = true
	}
	for _, h := range holes {
		if !slices.ContainsFunc(c.rows, func(r row) bool { return r.target.place == inPath && "{"+r.target.name+"}" == h }) {
			k.bad(at+".caminho", "caminho_sem_parametro", "nome", strings.Trim(h, "{}"))
		}
	}
}

func (k *checker) header(at string, h map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if !isToken(name) || isReserved(name) || k.isSecret(name) {
			k.bad(at+"."+name, "cabecalho_reservado")
		}
		if strings.ContainsFunc(h[name], func(r rune) bool { return r < ' ' || r == 0x7f }) {
			k.bad(at+"."+name, "valor_invalido")
		}
	}
}

// mergedHeader is the connection's fixed headers and the call's, which win; what is empty is not sent.
func (k *checker) mergedHeader(own map[string]string) map[string]string {
	out := map[string]string{}
	for _, h := range []map[string]string{k.config.Integration.Header, own} {
		for name, v := range h {
			maps.DeleteFunc(out, func(n, _ string) bool { return strings.EqualFold(n, name) })
			if v != "" {
				out[name] = v
			}
		}
	}
	return out
}

func (k *checker) isSecret(name string) bool {
	return slices.ContainsFunc(k.config.Integration.Auth.Headers, func(h string) bool { return strings.EqualFold(h, name) })
}

func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

// isReserved: headers that carry credentials or that HTTP itself sets.
func isReserved(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "proxy-") || slices.Contains([]string{
		"authorization", "cookie", "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te",
		"trailer", "upgrade", "expect", "accept-encoding", "content-encoding",
	}, name)
}
