package web

import (
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// integrationForm is a status's tab "Integração Externa" (S7).
type integrationForm struct {
	base, note         string
	on                 bool
	point              desk.Point // the "Método de Ativação"
	button             string
	method, path, body string
	rows               []rowForm
	number             string // of the occurrence of the preview; empty: the latest
}

// rowForm is a parameter. What the page has no field for travels along, so that saving keeps it.
type rowForm struct {
	target, source, text, format, ifEmpty, note, kind string
	required                                          bool
}

// isUnitID marks the row without which the field doesn't know where to go.
func (f rowForm) isUnitID() bool {
	return f.source == "campo:"+flow.UnitIDField || strings.EqualFold(f.target, "idUnidade")
}

func integrationFormOf(d *mapping.Config, st desk.Status, base int64) integrationForm {
	f := integrationForm{base: number(base), on: st.Point != desk.NoPoint, point: st.Point, button: st.Button}
	if !f.on {
		f.point = freePoint(&d.Catalogue)
	}
	f.load(d)
	return f
}

// freePoint is the first that no status fires; of a point that a status has already, another can have none.
func freePoint(c *desk.Catalogue) desk.Point {
	for _, p := range desk.Points {
		if !slices.ContainsFunc(c.Statuses, func(s desk.Status) bool { return s.Point == p }) {
			return p
		}
	}
	return desk.Points[0]
}

// load takes method, path and rows of the chosen point.
func (f *integrationForm) load(d *mapping.Config) {
	c := pointConfig(d, f.point)
	f.method, f.path, f.body, f.rows = c.Method, c.Path, string(c.Body), nil
	for _, p := range c.Params {
		f.rows = append(f.rows, rowFormOf(p))
	}
}

// pointConfig is a point as it is configured, or as the preset has it where it isn't yet.
func pointConfig(d *mapping.Config, p desk.Point) mapping.PointConfig {
	if c, ok := d.Integration.Points[p]; ok {
		return c
	}
	preset := d.Integration.Preset
	if !slices.Contains(mapping.Presets(), preset) {
		preset = mapping.Presets()[0]
	}
	in, err := mapping.PresetIntegration(preset)
	if err != nil { // what is built in is read by the tests
		return mapping.PointConfig{Call: mapping.Call{Method: http.MethodPost}}
	}
	return in.Points[p]
}

func rowFormOf(p mapping.Param) rowForm {
	f := rowForm{target: p.Target, ifEmpty: string(p.IfEmpty), note: p.Note, required: p.Required, format: string(p.Type) + ":" + p.Format}
	switch {
	case p.Field != "":
		f.source = "campo:" + p.Field
	case p.CEL != "":
		f.source, f.text = "cel", p.CEL
	case p.Ref != "":
		f.source = "ref:" + p.Ref
	case p.Fixed != nil:
		f.source, f.text = "fixo", fmt.Sprint(p.Fixed.Value)
		switch v := p.Fixed.Value.(type) {
		case int64, bool:
			f.kind = fmt.Sprintf("%T", v)
		case float64:
			f.kind, f.text = "float64", strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	return f
}

func (f rowForm) param() mapping.Param {
	p := mapping.Param{Target: f.target, Required: f.required, IfEmpty: mapping.IfEmpty(f.ifEmpty), Note: f.note}
	kind, format, _ := strings.Cut(f.format, ":")
	p.Type, p.Format = mapping.Type(kind), format
	switch from, name, _ := strings.Cut(f.source, ":"); from {
	case "campo":
		p.Field = name
	case "ref":
		p.Ref = name
	case "cel":
		p.CEL = f.text
	case "fixo":
		p.Fixed = fixedOf(f.text, f.kind, p.Type)
	}
	return p
}

// fixedOf reads a fixed value as the type that it had, or that the row asks for; what can't be read so stays a text.
func fixedOf(text, kind string, t mapping.Type) *mapping.Scalar {
	if kind == "" && t == mapping.TypeNumber {
		kind = "float64"
	}
	if kind == "" && t == mapping.TypeBool {
		kind = "bool"
	}
	switch kind {
	case "int64", "float64":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return mapping.Fixed(n)
		}
		if n, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64); err == nil && !math.IsInf(n, 0) && !math.IsNaN(n) {
			return mapping.Fixed(n)
		}
	case "bool":
		if b, err := strconv.ParseBool(text); err == nil {
			return mapping.Fixed(b)
		}
	}
	return mapping.Fixed(text)
}

// mostRows bounds what a form can ask for.
const mostRows = 200

// readIntegration is the form as it was sent.
func readIntegration(r *request) integrationForm {
	f := integrationForm{base: r.typed("versao"), note: r.typed("nota"), on: r.PostFormValue("ativar") != "", point: desk.Point(r.typed("ponto")),
		button: r.typed("botao"), method: r.typed("metodo_http"), path: r.typed("caminho"), body: r.typed("corpo"), number: r.typed("ocorrencia")}
	at := func(name string, i int) string {
		if all := r.PostForm[name]; i < len(all) {
			return strings.TrimSpace(strings.ReplaceAll(all[i], "\r\n", "\n"))
		}
		return ""
	}
	for i := range min(len(r.PostForm["destino"]), mostRows) {
		f.rows = append(f.rows, rowForm{target: at("destino", i), source: at("origem", i), text: at("texto", i), format: at("formato", i),
			ifEmpty: at("vazio", i), note: at("nota_linha", i), kind: at("especie", i), required: slices.Contains(r.PostForm["obrigatorio"], strconv.Itoa(i))})
	}
	return f
}

// apply writes what was typed into a configuration.
func (f integrationForm) apply(d *mapping.Config, code string) error {
	i := slices.IndexFunc(d.Statuses, func(s desk.Status) bool { return s.Code == code })
	if i < 0 {
		return notFound()
	}
	st := &d.Statuses[i]
	st.Button = f.button
	if !f.on {
		st.Point = desk.NoPoint
		return nil
	}
	st.Point = desk.NoPoint
	e := desk.Fail(desk.ErrConfig)
	if owner := ownerOf(&d.Catalogue, f.point); owner != "" { // said of this status, where Check says it of the later one
		e.Fields = desk.BadField("status."+code+".ponto", "ponto_em_outro_status", "outro", owner).Fields
		return e
	}
	if !f.point.Valid() {
		e.Fields = desk.BadField("status."+code+".ponto", "ponto_desconhecido").Fields
		return e
	}
	st.Point = f.point
	c := pointConfig(d, f.point)
	c.Method, c.Path, c.Body, c.Params = f.method, f.path, mapping.BodyKind(f.body), nil
	for _, row := range f.rows {
		c.Params = append(c.Params, row.param())
	}
	if d.Integration.Points == nil {
		d.Integration.Points = map[desk.Point]mapping.PointConfig{}
	}
	d.Integration.Points[f.point] = c
	return nil
}

var rowAct = regexp.MustCompile(`^(retirar|subir|descer)-(\d{1,3})$`)

// edit does what a button of the parameters asks; false where the button is another one.
func (f *integrationForm) edit(act string) bool {
	if act == "incluir" {
		if len(f.rows) < mostRows {
			f.rows = append(f.rows, rowForm{source: "fixo", format: ":"})
		}
		return true
	}
	m := rowAct.FindStringSubmatch(act)
	if m == nil {
		return false
	}
	i, _ := strconv.Atoi(m[2])
	if i >= len(f.rows) {
		return true
	}
	switch j := i + 1; {
	case m[1] == "retirar":
		f.rows = slices.Delete(f.rows, i, i+1)
	case m[1] == "subir" && i > 0:
		f.rows[i-1], f.rows[i] = f.rows[i], f.rows[i-1]
	case m[1] == "descer" && j < len(f.rows):
		f.rows[i], f.rows[j] = f.rows[j], f.rows[i]
	}
	return true
}

var rowPath = regexp.MustCompile(`^parametros\[(\d+)\]`)

// integrationField is where on the tab an error belongs: "linha-2" is the third parameter.
func (f integrationForm) field(code string) func(string) string {
	return func(path string) string {
		switch path {
		case "observacao":
			return "nota"
		case "status." + code + ".ponto":
			return "ativar"
		case "status." + code + ".botao":
			return "botao"
		}
		rest, ok := strings.CutPrefix(path, "integracao.pontos."+string(f.point)+".")
		if !ok {
			return ""
		}
		if m := rowPath.FindStringSubmatch(rest); m != nil {
			return "linha-" + m[1]
		}
		switch rest {
		case "metodo":
			return "metodo_http"
		case "caminho", "corpo":
			return rest
		}
		return ""
	}
}
