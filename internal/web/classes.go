package web

import (
	"net/http"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

const classesPath = "/parametrizacoes/itens"

// newClass stands in an address in a code's place: no code has capitals.
const newClass = "Novo"

// classesView is the catalogue of items and failure types, or one of them.
type classesView struct {
	book       *desk.ClassBook
	one        desk.Class
	fresh      bool
	priorities []string
	problems   map[string]string
	saved      bool
}

// showClasses is GET /parametrizacoes/itens.
func (s *site) showClasses(r *request) error {
	if !r.actor().Has(desk.Consultant) {
		return desk.Fail(desk.ErrForbidden)
	}
	book, err := s.flow.Classes(r.Context())
	if err != nil {
		return err
	}
	return r.show(http.StatusOK, classesPage(r.classPage(""), classesView{book: book, saved: r.URL.Query().Get("salvo") != ""}))
}

func (r *request) classPage(title string) *page {
	p := r.page(r.l.T("classes.title"), "itens")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.title}}
	if title != "" {
		p.crumbs[1].href = classesPath
		p.title = title
		p.crumbs = append(p.crumbs, crumb{label: title})
	}
	p.path = classesPath
	return p
}

// startClasses is POST /parametrizacoes/itens: the catalogue that ships, for a house without one.
func (s *site) startClasses(r *request) error {
	if err := s.flow.StartClasses(r.Context(), r.actor()); err != nil {
		return err
	}
	return r.redirect(classesPath + "?salvo=1")
}

// showClass is GET /parametrizacoes/itens/{tipo}/{codigo}.
func (s *site) showClass(r *request) error {
	if !r.actor().Has(desk.Consultant) {
		return desk.Fail(desk.ErrForbidden)
	}
	v, err := s.classOf(r)
	if err != nil {
		return err
	}
	return s.class(r, http.StatusOK, v)
}

// classOf finds what an address names; a new one is empty.
func (s *site) classOf(r *request) (v classesView, err error) {
	kind, code := desk.ClassKind(r.PathValue("tipo")), r.PathValue("codigo")
	if kind != desk.ClassItem && kind != desk.ClassFailure {
		return v, notFound()
	}
	if v.book, err = s.flow.Classes(r.Context()); err != nil {
		return v, err
	}
	config, err := s.flow.Config(r.Context())
	if err != nil {
		return v, err
	}
	v.priorities, v.fresh = config.Priorities, code == newClass
	if v.fresh {
		v.one = desk.Class{Kind: kind, Parent: r.URL.Query().Get("em")}
		return v, nil
	}
	there := false
	if v.one, there = v.book.Get(kind, code); !there || v.one.Code != code {
		return v, notFound()
	}
	return v, nil
}

func (s *site) class(r *request, status int, v classesView) error {
	title := v.one.Name
	if v.fresh {
		title = r.l.T("classes.new_" + string(v.one.Kind))
	}
	return r.show(status, classPage(r.classPage(title), v))
}

// saveClass is POST /parametrizacoes/itens/{tipo}/{codigo}.
func (s *site) saveClass(r *request) error {
	if !r.actor().Has(desk.Consultant) {
		return desk.Fail(desk.ErrForbidden)
	}
	v, err := s.classOf(r)
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	if v.fresh {
		v.one.Code = strings.ToLower(r.typed("codigo"))
	}
	v.one.Name, v.one.Parent, v.one.Priority = r.typed("nome"), r.typed("dentro_de"), r.typed("prioridade")
	v.one.Emergency, v.one.Inactive = r.PostForm.Has("emergencia"), !r.PostForm.Has("ativo")
	err = s.flow.PutClass(r.Context(), r.actor(), v.one, v.fresh)
	if err == nil {
		return r.redirect(classesPath + "?salvo=1#" + classID(v.one))
	}
	e, ok := besideForm(err)
	if !ok || e.Kind == desk.Forbidden {
		return err
	}
	v.problems = placed(r, e, func(path string) string { return path[strings.LastIndexByte(path, '.')+1:] })
	return s.class(r, statusOf[e.Kind], v)
}

func classPath(k desk.ClassKind, code string) string {
	return classesPath + "/" + string(k) + "/" + code
}

func classID(c desk.Class) string { return string(c.Kind) + "-" + c.Code }

// around is what an item stands in, as it is read before its name.
func (v classesView) around(c desk.Class) string {
	if c.Parent == "" {
		return ""
	}
	return v.book.ItemPath(c.Parent)
}

// classTyped is what a person wrote into the fields of item and failure type, and what is meant by it.
type classTyped struct{ item, failure string }

// classes reads what was typed for item and failure type into an opening. What could be several says which.
func (s *site) classes(r *request, typed classTyped, in *flow.OpenInput, bad func(field, code string, args map[string]any)) error {
	if typed == (classTyped{}) {
		return nil
	}
	book, err := s.flow.Classes(r.Context())
	if err != nil {
		return err
	}
	for _, x := range []struct {
		kind  desk.ClassKind
		field string
		text  string
		into  *string
	}{{desk.ClassItem, "item", typed.item, &in.Item}, {desk.ClassFailure, "falha", typed.failure, &in.Failure}} {
		if strings.TrimSpace(x.text) == "" {
			continue
		}
		switch found := book.Typed(x.kind, x.text); len(found) {
		case 1:
			*x.into = found[0].Code
		case 0:
			bad(x.field, x.field+"_nao_achado", nil)
		default:
			bad(x.field, x.field+"_ambiguo", map[string]any{"nomes": someLabels(book, found)})
		}
	}
	return nil
}

// someLabels are the first of what it may be.
func someLabels(book *desk.ClassBook, all []desk.Class) string {
	var out []string
	for _, c := range all[:min(len(all), 4)] {
		out = append(out, book.Label(c))
	}
	if len(all) > len(out) {
		out = append(out, "…")
	}
	return strings.Join(out, "; ")
}

func classAction(v classesView) string {
	if v.fresh {
		return classPath(v.one.Kind, newClass)
	}
	return classPath(v.one.Kind, v.one.Code)
}
