package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// answerView is how one operation answers.
type answerView struct {
	op      flow.Operation
	profile flow.Profile
	// own says that somebody chose it for this very integration (or for all, where all are shown).
	own     bool
	example string
	open    bool
	problem string // why it can't be kept like this
}

// status is what the first call is answered with.
func (v answerView) status() string {
	if v.op.Reads || v.profile.AlwaysOK {
		return "200"
	}
	return "201"
}

// answers lists every operation as it answers an integration.
func (s *site) answers(r *request, integration string) ([]answerView, error) {
	chosen, err := s.flow.Profiles(r.Context())
	if err != nil {
		return nil, err
	}
	var out []answerView
	for _, op := range s.flow.Operations {
		v := answerView{op: op, profile: flow.Preset(op.Name, integration), open: r.URL.Query().Get("aberta") == op.Name}
		for _, p := range chosen { // in the order of the integration: that of all comes first
			if p.Operation == op.Name && (p.Integration == "" || p.Integration == integration) {
				v.profile, v.own = p, p.Integration == integration
			}
		}
		v.example = s.example(v.profile)
		out = append(out, v)
	}
	return out, nil
}

// example is the body that the operation would answer, with line breaks for people.
func (s *site) example(p flow.Profile) string {
	if s.doors.Example == nil {
		return ""
	}
	body := s.doors.Example(p)
	switch p.Form {
	case "json":
		var b bytes.Buffer
		if json.Indent(&b, []byte(body), "", "  ") == nil {
			return b.String()
		}
	case "xml":
		return strings.ReplaceAll(body, "><", ">\n<")
	}
	return body
}

// profileOf reads the form of an answer. Nothing ticked is a slip and not the wish for everything, except where there
// is nothing to tick.
func (s *site) profileOf(r *request, form url.Values) (flow.Operation, flow.Profile, error) {
	i := slices.IndexFunc(s.flow.Operations, func(o flow.Operation) bool { return o.Name == r.PathValue("operacao") })
	if i < 0 {
		return flow.Operation{}, flow.Profile{}, notFound()
	}
	op := s.flow.Operations[i]
	p := flow.Profile{Operation: op.Name, Integration: form.Get("integracao"), Fields: form["campo"], Form: form.Get("forma"),
		AlwaysOK: form.Get("sempre_200") != ""}
	if len(p.Fields)+len(op.Always) == 0 {
		return op, p, desk.BadField("campos", "um_campo_ao_menos")
	}
	p, err := s.flow.CheckProfile(p)
	return op, p, err
}

// showExample is GET /parametrizacoes/webservice/exemplo/{operacao}: the answer that a form would make, before it is
// kept.
func (s *site) showExample(r *request) error {
	if err := mayConfigure(r); err != nil {
		return err
	}
	op, p, err := s.profileOf(r, r.URL.Query())
	v := answerView{op: op, profile: p, example: s.example(p)}
	if err != nil {
		if v.problem, err = problemOf(r, op, err); err != nil {
			return err
		}
	}
	return r.show(http.StatusOK, answerExample(r.page("", ""), v))
}

// changeAnswer is POST /parametrizacoes/webservice/respostas/{operacao}: keeps a profile, or, with ato=padrao, goes
// back to what holds without it.
func (s *site) changeAnswer(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	if err := mayConfigure(r); err != nil {
		return err
	}
	op, p, err := s.profileOf(r, r.PostForm)
	switch {
	case op.Name != "" && r.PostFormValue("ato") == "padrao":
		err = s.flow.DropProfile(r.Context(), r.actor(), op.Name, r.PostFormValue("integracao"))
	case err == nil:
		err = s.flow.SetProfile(r.Context(), r.actor(), p)
	}
	if err != nil {
		v := answerView{op: op, profile: p, example: s.example(p), open: true}
		if v.problem, err = problemOf(r, op, err); err != nil {
			return err
		}
		return s.webservice(r, http.StatusUnprocessableEntity, webserviceView{form: newTokenForm(), refused: &v})
	}
	back := url.Values{"aberta": {op.Name}}
	if integration := r.PostFormValue("integracao"); integration != "" {
		back.Set("integracao", integration)
	}
	return r.redirect(webservicePath + "?" + back.Encode() + "#resposta-" + op.Name)
}

// problemOf says what is wrong with a profile beside its form; what is no fault of the form is answered as it is.
func problemOf(r *request, op flow.Operation, err error) (string, error) {
	e, ok := besideForm(err)
	if !ok || op.Name == "" || len(e.Fields) == 0 {
		return "", err
	}
	return r.l.Field(e.Fields[0]), nil
}

// leaf is a field to tick.
type leaf struct {
	name, label string
	on, fixed   bool
}

// group is fields that stand together: those directly in the answer, or those inside one of its fields.
type group struct {
	name   string
	leaves []leaf
}

func (v answerView) groups() (out []group) {
	for _, name := range v.op.Leaves() {
		in, label, nested := strings.Cut(name, ".")
		if !nested {
			in, label = "", name
		}
		i := slices.IndexFunc(out, func(g group) bool { return g.name == in })
		if i < 0 {
			out = append(out, group{name: in})
			i = len(out) - 1
		}
		out[i].leaves = append(out[i].leaves, leaf{name: name, label: label, on: v.profile.Answers(name), fixed: slices.Contains(v.op.Always, name)})
	}
	return out
}

// chosen is how many fields are answered, in words.
func (v answerView) chosen(p *page) string {
	leaves := v.op.Leaves()
	n := 0
	for _, name := range leaves {
		if v.profile.Answers(name) {
			n++
		}
	}
	switch {
	case len(leaves) == 1:
		return leaves[0]
	case n == len(leaves):
		return p.T("webservice.every_field")
	}
	return p.N("webservice.some_fields", n, "total", len(leaves))
}

// profileText says where the choice comes from.
func profileText(p *page, a answerView, integration string) string {
	switch {
	case a.own && integration == "":
		return p.T("webservice.chosen")
	case a.own:
		return p.T("webservice.chosen_here")
	case integration != "":
		return p.T("webservice.as_all")
	}
	return p.T("webservice.preset")
}

// formMIME is how a form is called on the wire.
func formMIME(form string) string {
	switch form {
	case "text":
		return "text/plain"
	case "xml":
		return "application/xml"
	}
	return "application/json"
}
