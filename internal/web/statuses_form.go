package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/mapping"
)

// integrationForm is a status's tab "Integração Externa" (S7).
type integrationForm struct {
	base, note string
	on         bool
	way        string // the "Método de Ativação": an action's name, or wayWindow
	button     string
	call       callForm
	rules      rulesForm
	number     string // of the occurrence of the preview; empty: the latest
}

// wayWindow is the activation that only opens an address.
const wayWindow = "janela"

// point is the action that is fired; none where a window is opened.
func (f integrationForm) point() desk.Point {
	if f.way == wayWindow {
		return desk.NoPoint
	}
	return desk.Point(f.way)
}

func (f integrationForm) isWindow() bool { return f.way == wayWindow }

// callForm is a call, of an action, of a window or of a look-up. The names of a look-up's fields begin with its prefix.
type callForm struct {
	prefix                     string // "" or "c0-"
	method, path, body, answer string
	xml                        xmlForm
	headers                    []pairForm
	rows                       []rowForm
}

// xmlForm is the frame of an XML body.
type xmlForm struct {
	root, envelope, action string
	spaces                 []pairForm
}

// pairForm is a name with its value: a header, or a namespace by its prefix.
type pairForm struct{ name, value string }

// rulesForm is what an answer means, and what is done where it doesn't say.
type rulesForm struct {
	success, lookUpIf, refuseIf, retryIf, message string
	extract                                       []extractForm
	lookUp                                        string
	lookUps                                       []lookUpForm
}

// extractForm is a text that is taken from an answer.
type extractForm struct {
	name, expr string
	required   bool
}

// lookUpForm is a strategy that settles an unknown outcome.
type lookUpForm struct {
	name, note               string
	call                     callForm
	found, notFound, retryIf string
	extract                  []extractForm
}

func integrationFormOf(d *mapping.Config, st desk.Status, base int64) integrationForm {
	_, opens := d.Integration.Windows[st.Code]
	f := integrationForm{base: number(base), on: st.Point != desk.NoPoint || opens, way: string(st.Point), button: st.Button}
	switch {
	case opens:
		f.way = wayWindow
	case !f.on:
		f.way = freeWay(&d.Catalogue)
	}
	f.load(d, st.Code)
	return f
}

// freeWay is the first action that no status fires; of one that a status has already, another can have none. Where all
// have theirs, a window is left.
func freeWay(c *desk.Catalogue) string {
	for _, p := range desk.Points {
		if ownerOf(c, p) == "" && c.Method.Sends() {
			return string(p)
		}
	}
	return wayWindow
}

// load takes what is configured of the chosen way.
func (f *integrationForm) load(d *mapping.Config, code string) {
	if f.isWindow() {
		w := d.Integration.Windows[code]
		f.call, f.rules = callFormOf("", mapping.Call{Path: w.Path, Params: w.Params}), rulesForm{}
		if f.call.path == "" {
			f.call.path = "/"
		}
		return
	}
	c := pointConfig(d, f.point())
	f.call, f.rules = callFormOf("", c.Call), rulesFormOf(c)
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

func callFormOf(prefix string, c mapping.Call) callForm {
	f := callForm{prefix: prefix, method: c.Method, path: c.Path, body: string(c.Body), answer: string(c.Answer), headers: pairsOf(c.Header)}
	if c.XML != nil {
		f.xml = xmlForm{c.XML.Root, string(c.XML.Envelope), c.XML.Action, pairsOf(c.XML.Namespaces)}
	}
	for _, p := range c.Params {
		f.rows = append(f.rows, rowFormOf(p))
	}
	return f
}

func pairsOf(m map[string]string) (out []pairForm) {
	for name, value := range m {
		out = append(out, pairForm{name, value})
	}
	slices.SortFunc(out, func(a, b pairForm) int { return strings.Compare(a.name, b.name) })
	return out
}

func rulesFormOf(c mapping.PointConfig) rulesForm {
	f := rulesForm{success: c.Success, lookUpIf: c.LookUpIf, refuseIf: c.RefuseIf, retryIf: c.RetryIf, message: c.Message,
		extract: extractFormsOf(c.Extract, c.Required), lookUp: c.LookUp}
	names := make([]string, 0, len(c.LookUps))
	for name := range c.LookUps {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		l := c.LookUps[name]
		f.lookUps = append(f.lookUps, lookUpForm{name: name, note: l.Note, call: callFormOf(lookUpPrefix(i), l.Call),
			found: l.Found, notFound: l.NotFound, retryIf: l.RetryIf, extract: extractFormsOf(l.Extract, nil)})
	}
	return f
}

func lookUpPrefix(i int) string { return "c" + strconv.Itoa(i) + "-" }

func extractFormsOf(exprs map[string]string, required []string) (out []extractForm) {
	for _, p := range pairsOf(exprs) {
		out = append(out, extractForm{p.name, p.value, slices.Contains(required, p.name)})
	}
	return out
}
