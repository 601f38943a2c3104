package web

import (
	"maps"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/mapping"
)

// apply writes what was typed into a configuration. What the document has no form for (a name that stands twice) comes
// as a configuracao_invalida, with the path that it would have.
func (f integrationForm) apply(d *mapping.Config, code string) error {
	i := slices.IndexFunc(d.Statuses, func(s desk.Status) bool { return s.Code == code })
	if i < 0 {
		return notFound()
	}
	st := &d.Statuses[i]
	st.Button, st.Point = f.button, desk.NoPoint
	was := d.Integration.Windows[code]
	d.Integration.Windows = maps.Clone(d.Integration.Windows)
	delete(d.Integration.Windows, code)
	switch {
	case !f.on:
		return nil
	case f.isWindow():
		f.applyWindow(d, *st, was)
		return nil
	}
	return f.applyPoint(d, st)
}

func (f integrationForm) applyWindow(d *mapping.Config, st desk.Status, w mapping.Window) {
	w.Path, w.Params = f.call.path, f.call.params()
	if w.Name == "" {
		w.Name = st.ButtonText()
	}
	if d.Integration.Windows == nil {
		d.Integration.Windows = map[string]mapping.Window{}
	}
	d.Integration.Windows[st.Code] = w
}

func (f integrationForm) applyPoint(d *mapping.Config, st *desk.Status) error {
	p := f.point()
	e := desk.Fail(desk.ErrConfig)
	if owner := ownerOf(&d.Catalogue, p); owner != "" { // said of this status, where Check says it of the later one
		e.Fields = desk.BadField("status."+st.Code+".ponto", "ponto_em_outro_status", "outro", owner).Fields
		return e
	}
	if !p.Valid() {
		e.Fields = desk.BadField("status."+st.Code+".ponto", "ponto_desconhecido").Fields
		return e
	}
	st.Point = p
	c := pointConfig(d, p)
	e.Fields = f.rules.twice("integracao.pontos." + string(p))
	e.Fields = append(e.Fields, f.call.twice("integracao.pontos."+string(p))...)
	c.Call = f.call.into(c.Call)
	f.rules.into(&c)
	d.Integration.Points = maps.Clone(d.Integration.Points)
	if d.Integration.Points == nil {
		d.Integration.Points = map[desk.Point]mapping.PointConfig{}
	}
	d.Integration.Points[p] = c
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

func (f callForm) params() (out []mapping.Param) {
	for _, row := range f.rows {
		out = append(out, row.param())
	}
	return out
}

func (f callForm) into(c mapping.Call) mapping.Call {
	c.Method, c.Path, c.Body, c.Answer = f.method, f.path, mapping.BodyKind(f.body), mapping.AnswerKind(f.answer)
	c.Header, c.Params, c.XML = mapOf(f.headers), f.params(), nil
	if c.Body == mapping.BodyXML {
		c.XML = &mapping.XML{Root: f.xml.root, Namespaces: mapOf(f.xml.spaces), Envelope: mapping.Envelope(f.xml.envelope), Action: f.xml.action}
	}
	return c
}

func mapOf(pairs []pairForm) map[string]string {
	var out map[string]string
	for _, p := range pairs {
		if p == (pairForm{}) { // a row that was added and left alone
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[p.name] = p.value
	}
	return out
}

func (f rulesForm) into(c *mapping.PointConfig) {
	c.Success, c.LookUpIf, c.RefuseIf, c.RetryIf, c.Message = f.success, f.lookUpIf, f.refuseIf, f.retryIf, f.message
	c.Required = keptOrder(c.Required, f.extract)
	c.Extract, c.LookUp, c.LookUps = exprsOf(f.extract), f.lookUp, nil
	for _, l := range f.lookUps {
		if c.LookUps == nil {
			c.LookUps = map[string]mapping.LookUp{}
		}
		c.LookUps[l.name] = mapping.LookUp{Note: l.note, Call: l.call.into(mapping.Call{}), Found: l.found, NotFound: l.notFound,
			RetryIf: l.retryIf, Extract: exprsOf(l.extract)}
	}
}

// keptOrder are the names that an answer can't do without, in the order that they had.
func keptOrder(was []string, rows []extractForm) []string {
	var wanted []string
	for _, e := range rows {
		if e.required && e.name != "" {
			wanted = append(wanted, e.name)
		}
	}
	return inOrder(was, wanted)
}

func exprsOf(rows []extractForm) map[string]string {
	var pairs []pairForm
	for _, e := range rows {
		pairs = append(pairs, pairForm{e.name, e.expr})
	}
	return mapOf(pairs)
}

// twice says which names stand twice, or are missing beside a value: a document would keep the last, or none.
func twice(at string, pairs []pairForm, nameless bool) (out []desk.FieldError) {
	seen := map[string]bool{}
	for _, p := range pairs {
		switch {
		case p == (pairForm{}):
		case p.name == "" && !nameless:
			out = append(out, desk.BadField(at, "nome_que_falta").Fields...)
		case seen[p.name]:
			out = append(out, desk.BadField(at, "nome_repetido", "nome", p.name).Fields...)
		}
		seen[p.name] = true
	}
	return out
}

func (f callForm) twice(at string) []desk.FieldError {
	return append(twice(at+".cabecalhos", f.headers, false), twice(at+".xml.espacos", f.xml.spaces, true)...)
}

func (f rulesForm) twice(at string) (out []desk.FieldError) {
	extracts := func(at string, rows []extractForm) {
		var pairs []pairForm
		for _, e := range rows {
			pairs = append(pairs, pairForm{e.name, e.expr})
		}
		out = append(out, twice(at+".extrair", pairs, false)...)
	}
	extracts(at, f.extract)
	var names []pairForm
	for _, l := range f.lookUps {
		names = append(names, pairForm{l.name, "x"})
		out = append(out, l.call.twice(at+".consultas."+l.name)...)
		extracts(at+".consultas."+l.name, l.extract)
	}
	return append(out, twice(at+".consultas", names, false)...)
}
