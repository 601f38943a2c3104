package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// foundShown is how many answers of a search are read while somebody waits on the phone.
const foundShown = 12

// findView is the one search box with what it found.
type findView struct {
	flow.Finding
	text    string
	refused string // why what was chosen can't be
	begun   []flow.UnsentNew
}

// showNewOccurrence is GET /ocorrencias/nova: first who and where, then what.
func (s *site) showNewOccurrence(r *request) error {
	if !mayOpen(r.actor()) {
		return desk.Fail(desk.ErrForbidden)
	}
	q := r.URL.Query()
	if q.Get("unidade") != "" {
		return s.showNewForm(r, q)
	}
	v := findView{text: searchText(q)}
	var err error
	if v.Finding, err = s.flow.Search(r.Context(), r.actor(), v.text, foundShown); err != nil {
		return err
	}
	p := s.newPage(r)
	if r.htmx() {
		return r.show(http.StatusOK, newFound(p, v))
	}
	if len(v.People) == 1 && len(v.Occurrences) == 0 { // asked by Enter, and there is nothing to choose
		return r.redirect(chosenPath(v.People[0], v.text))
	}
	if v.text == "" {
		if v.begun, err = s.flow.BegunOccurrences(r.Context(), r.actor()); err != nil {
			return err
		}
	}
	return r.show(http.StatusOK, newFind(p, v))
}

func (s *site) newPage(r *request) *page {
	p := r.page(r.l.T("new.title"), "ocorrencias")
	p.crumbs = []crumb{{label: "CRM"}, {p.T("nav.occurrences"), "/ocorrencias"}, {label: p.title}}
	p.path = "/ocorrencias/nova"
	return p
}

// newView is the form for a chosen customer and unit, with what was typed.
type newView struct {
	flow.Found
	text     string // what was searched for, for the way back
	in       flow.OpenInput
	book     *desk.ClassBook // what can be chosen of items and failure types
	typed    classTyped
	private  bool              // the files are for the house only
	problems map[string]string // by field; "" is about the whole
	unsent   *flow.Unsent      // what the form holds from last time
}

func (v newView) back() string { return "/ocorrencias/nova?q=" + url.QueryEscape(v.text) }

func (s *site) showNewForm(r *request, q url.Values) error {
	found, err := s.chosen(r, q)
	if e, ok := understood(err); ok {
		p := s.newPage(r)
		return r.show(statusOf[e.Kind], newFind(p, findView{text: searchText(q), refused: r.l.Error(e)}))
	}
	if err != nil {
		return err
	}
	v := newView{Found: found, text: searchText(q)}
	if v.book, err = s.flow.Classes(r.Context()); err != nil {
		return err
	}
	v.in = flow.OpenInput{RequesterName: found.Customer.Name, RequesterPhone: phoneText(found.Customer.Phone), Relation: asks(found)}
	if found.Asks.Name != "" {
		v.in.RequesterName, v.in.RequesterPhone, v.in.Relation = found.Asks.Name, phoneText(found.Asks.Phone), found.Asks.Relation
	}
	kept, err := s.flow.Written(r.Context(), r.actor(), flow.AtNew(found.UnitID, found.CustomerID))
	if err != nil {
		return err
	}
	v.restore(kept)
	return r.show(http.StatusOK, newForm(s.newPage(r), v))
}

func (s *site) chosen(r *request, q url.Values) (flow.Found, error) {
	unit, err1 := strconv.ParseInt(q.Get("unidade"), 10, 64)
	customer, err2 := strconv.ParseInt(q.Get("cliente"), 10, 64)
	if err1 != nil || err2 != nil {
		return flow.Found{}, desk.Fail(desk.ErrUnit)
	}
	return s.flow.Chosen(r.Context(), r.actor(), unit, customer)
}

// relations are who can ask, in CONTRACT.md's words.
var relations = []string{"proprietario", "inquilino", "sindico", "outro"}

// asks is what a customer is called who asks for their own unit.
func asks(f flow.Found) string {
	switch f.Relation {
	case desk.Tenant:
		return "inquilino"
	case desk.Syndic, desk.Condominium:
		return "sindico"
	}
	return "proprietario"
}

// Limits of what is typed, in characters; the webservices' too.
var openLimits = []struct {
	field string
	of    func(flow.OpenInput) string
	most  int
}{
	{"assunto", func(in flow.OpenInput) string { return in.Subject }, 200},
	{"descricao", func(in flow.OpenInput) string { return in.Description }, maxComment},
	{"nome_solicitante", func(in flow.OpenInput) string { return in.RequesterName }, 200},
	{"telefone_solicitante", func(in flow.OpenInput) string { return in.RequesterPhone }, 60},
	{"local", func(in flow.OpenInput) string { return in.Place }, 200},
}

// openOccurrence is POST /ocorrencias/nova.
func (s *site) openOccurrence(r *request) error {
	if !mayOpen(r.actor()) {
		return desk.Fail(desk.ErrForbidden)
	}
	brought, err := r.formWithFiles()
	if err != nil {
		return err
	}
	in := flow.OpenInput{Subject: r.typed("assunto"), Description: r.typed("descricao"), Place: r.typed("local"),
		RequesterName: r.typed("nome_solicitante"), RequesterPhone: r.typed("telefone_solicitante"),
		Relation: r.PostFormValue("relacao"), Emergency: r.PostFormValue("emergencia") != "", Test: r.PostFormValue("teste") != "", Files: brought.asked(r)}
	found, err := s.chosen(r, r.PostForm)
	if err != nil {
		return err
	}
	typed := classTyped{r.typed("item"), r.typed("falha")}
	number, failed := s.open(r, found, in, typed, brought.wrong)
	if failed == nil {
		s.sent(r, flow.AtNew(found.UnitID, found.CustomerID))
		if r.htmx() {
			r.w.Header().Set("HX-Redirect", occurrencePath(number))
			r.w.WriteHeader(http.StatusNoContent)
			return nil
		}
		return r.redirect(occurrencePath(number))
	}
	e, beside := besideForm(failed)
	if !beside {
		return failed
	}
	v := newView{Found: found, text: searchText(r.PostForm), in: in, typed: typed, private: r.PostFormValue(filesPrivateField) != "", problems: problemsOf(r, e)}
	if brought.any && !r.htmx() {
		v.problems[filesField] = strings.TrimSpace(v.problems[filesField] + " " + r.l.T("files.again"))
	}
	if v.book, err = s.flow.Classes(r.Context()); err != nil {
		return err
	}
	p := s.newPage(r)
	if r.htmx() {
		return r.show(statusOf[e.Kind], newFormPart(p, v))
	}
	return r.show(statusOf[e.Kind], newForm(p, v))
}

// problemsOf puts an error where a form shows it: beside its fields, or else above it all.
func problemsOf(r *request, e *desk.Error) map[string]string {
	out := map[string]string{"": r.l.Error(e)}
	for _, f := range e.Fields {
		out[f.Field] = strings.TrimSpace(out[f.Field] + " " + r.l.Field(f))
	}
	return out
}

// open checks what was typed; badFiles is what is wrong with the files already.
func (s *site) open(r *request, found flow.Found, in flow.OpenInput, typed classTyped, badFiles []desk.FieldError) (int64, error) {
	wrong := desk.Fail(desk.ErrParameter)
	wrong.Fields = badFiles
	bad := func(field, code string, args map[string]any) {
		wrong.Fields = append(wrong.Fields, desk.FieldError{Field: field, Code: code, Args: args})
	}
	if in.Description == "" {
		bad("descricao", "obrigatorio", nil)
	}
	for _, l := range openLimits {
		if utf8.RuneCountInString(l.of(in)) > l.most {
			bad(l.field, "grande_demais", map[string]any{"maximo": l.most})
		}
	}
	if !slices.Contains(relations, in.Relation) {
		bad("relacao", "tipo_desconhecido", nil)
	}
	if err := s.classes(r, typed, &in, bad); err != nil {
		return 0, err
	}
	if len(wrong.Fields) > 0 {
		return 0, wrong
	}
	return s.flow.OpenChosen(r.Context(), r.actor(), found.UnitID, found.CustomerID, in)
}

func chosenPath(f flow.Found, text string) string {
	q := url.Values{"unidade": {number(f.UnitID)}, "cliente": {number(f.CustomerID)}}
	if text != "" {
		q.Set("q", text)
	}
	return "/ocorrencias/nova?" + q.Encode()
}
