package web

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

const cataloguePath = "/parametrizacoes/catalogo"

// catalogueForm is the catalogue as a whole: the order of its statuses, the ways between them, and what they are used for.
type catalogueForm struct {
	base, note                            string
	order                                 []string
	next                                  map[string][]string
	initial, fieldInitial, failure, close string
	types, priorities                     string // one a line
	first                                 string
}

type catalogueView struct {
	form     catalogueForm
	statuses []desk.Status // in the form's order
	method   desk.Method
	problems map[string]string
	clash    *flow.Version
	saved    bool
}

func catalogueFormOf(c *desk.Catalogue, base int64) catalogueForm {
	f := catalogueForm{base: number(base), next: map[string][]string{}, initial: c.Initial, fieldInitial: c.FieldInitial, failure: c.Failure,
		close: c.Closed, types: strings.Join(c.Types, "\n"), priorities: strings.Join(c.Priorities, "\n"), first: number(c.FirstNumber)}
	for _, st := range c.Statuses {
		f.order = append(f.order, st.Code)
		f.next[st.Code] = st.Next
	}
	return f
}

func readCatalogue(r *request) catalogueForm {
	f := catalogueForm{base: r.typed("versao"), note: r.typed("nota"), order: r.PostForm["codigo"], next: map[string][]string{},
		initial: r.typed("status_inicial"), fieldInitial: r.typed("status_inicial_do_campo"), failure: r.typed("status_de_falha"),
		close: r.typed("status_encerrada"), types: r.typed("tipos"), priorities: r.typed("prioridades"), first: r.typed("primeiro_numero")}
	for _, code := range f.order {
		f.next[code] = r.PostForm["para-"+code]
	}
	return f
}

// showCatalogue is GET /parametrizacoes/catalogo.
func (s *site) showCatalogue(r *request) error {
	return s.catalogue(r, http.StatusOK, catalogueView{saved: r.URL.Query().Get("salvo") != ""})
}

func (s *site) catalogue(r *request, code int, v catalogueView) error {
	now, err := s.flow.VersionByNumber(r.Context(), r.actor(), 0)
	if err != nil {
		return err
	}
	if v.form.base == "" {
		v.form = catalogueFormOf(&now.Config.Catalogue, now.Number)
	}
	v.method, v.statuses = now.Config.Method, slices.Clone(now.Config.Statuses)
	slices.SortStableFunc(v.statuses, func(a, b desk.Status) int { return v.form.place(a.Code) - v.form.place(b.Code) })
	p := r.page(r.l.T("catalogue.title"), "status")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.T("statuses.title"), href: statusesPath}, {label: p.title}}
	p.path = cataloguePath
	return r.show(code, cataloguePage(p, v))
}

// place is where a status stands; one that somebody added meanwhile stands last.
func (f catalogueForm) place(code string) int {
	if i := slices.Index(f.order, code); i >= 0 {
		return i
	}
	return len(f.order)
}

var orderAct = regexp.MustCompile(`^(subir|descer)-(\d{1,3})$`)

// saveCatalogue is POST /parametrizacoes/catalogo. The buttons of the order come here too, and save nothing.
func (s *site) saveCatalogue(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	f := readCatalogue(r)
	if m := orderAct.FindStringSubmatch(r.PostFormValue("ato")); m != nil {
		i, _ := strconv.Atoi(m[2])
		f.order = edited(f.order, m[1], i, "", len(f.order))
		return s.catalogue(r, http.StatusOK, catalogueView{form: f})
	}
	err := s.publish(r, f.base, f.note, func(d *mapping.Document) error { return f.apply(&d.Catalogue) })
	if err == nil {
		return r.redirect(cataloguePath + "?salvo=1")
	}
	e, ok := besideForm(err)
	if !ok || e.Kind == desk.Forbidden {
		return err
	}
	v := catalogueView{form: f, problems: placed(r, e, catalogueField)}
	if v.clash, err = s.clash(r, e); err != nil {
		return err
	}
	if v.clash != nil {
		v.form.base = number(v.clash.Number)
	}
	return s.catalogue(r, statusOf[e.Kind], v)
}

// apply writes what was typed into a catalogue. A status that the form doesn't know stays as it is.
func (f catalogueForm) apply(c *desk.Catalogue) error {
	c.Statuses = slices.Clone(c.Statuses)
	slices.SortStableFunc(c.Statuses, func(a, b desk.Status) int { return f.place(a.Code) - f.place(b.Code) })
	for i := range c.Statuses {
		if st := &c.Statuses[i]; slices.Contains(f.order, st.Code) {
			st.Next = inOrder(st.Next, f.next[st.Code])
		}
	}
	c.Initial, c.FieldInitial, c.Failure, c.Closed = f.initial, f.fieldInitial, f.failure, f.close
	c.Types, c.Priorities = lines(f.types), lines(f.priorities)
	var err error
	if c.FirstNumber, err = strconv.ParseInt(f.first, 10, 64); err != nil {
		c.FirstNumber = 0 // which Check refuses, with everything else
	}
	return nil
}

// lines are what stands on lines of its own, each once.
func lines(text string) (out []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

// catalogueField is where on the page an error belongs: "para-20" is the row of a status.
func catalogueField(path string) string {
	if path == "observacao" {
		return "nota"
	}
	if rest, ok := strings.CutPrefix(path, "status."); ok {
		code, _, _ := strings.Cut(rest, ".")
		return "para-" + code
	}
	if slices.Contains([]string{"status_inicial", "status_inicial_do_campo", "status_de_falha", "status_encerrada", "tipos", "prioridades", "primeiro_numero"}, path) {
		return path
	}
	return ""
}

// fitFor are the statuses that can be used so: none that fires for the beginning or a failure (S4), one that closes for
// the end. The one in use is always among them.
func (v catalogueView) fitFor(use, chosen string) []desk.Status {
	return slices.DeleteFunc(slices.Clone(v.statuses), func(s desk.Status) bool {
		switch {
		case s.Code == chosen:
			return false
		case use == "status_encerrada":
			return s.Kind != desk.KindClosed
		}
		return s.Point != desk.NoPoint || use != "status_de_falha" && s.Kind == desk.KindClosed
	})
}
