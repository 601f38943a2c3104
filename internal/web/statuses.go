package web

import (
	"net/http"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

const statusesPath = "/parametrizacoes/status"

// statusForm is a status's tab "Geral", and a new status.
type statusForm struct {
	base, code, name, kind, icon, button, after, note string
	next, from                                        []string // from is a new one's: where it can be reached from
	movers                                            []string
	comment                                           bool
}

// statusView is the page of one status; the list has only the catalogue.
type statusView struct {
	catalogue *desk.Catalogue
	status    desk.Status
	form      statusForm
	problems  map[string]string
	clash     *flow.Version
	saved     bool
	windows   map[string]bool // the statuses that open one, for the list
}

// listStatuses is GET /parametrizacoes/status, for consultants and administrators.
func (s *site) listStatuses(r *request) error {
	now, err := s.flow.VersionByNumber(r.Context(), r.actor(), 0)
	if err != nil {
		return err
	}
	p := r.page(r.l.T("statuses.title"), "status")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.title}}
	v := statusView{catalogue: &now.Config.Catalogue, saved: r.URL.Query().Get("salvo") != "", windows: map[string]bool{}}
	for code := range now.Config.Integration.Windows {
		v.windows[code] = true
	}
	return r.show(http.StatusOK, statusesPage(p, v))
}

// showStatus is GET /parametrizacoes/status/{codigo}: the tab "Geral".
func (s *site) showStatus(r *request) error {
	return s.status(r, http.StatusOK, statusView{saved: r.URL.Query().Get("salvo") != ""})
}

func (s *site) status(r *request, code int, v statusView) error {
	now, err := s.flow.VersionByNumber(r.Context(), r.actor(), 0)
	if err != nil {
		return err
	}
	v.catalogue = &now.Config.Catalogue
	var there bool
	if v.status, there = now.Config.Status(r.PathValue("codigo")); !there {
		return notFound()
	}
	if v.form.base == "" {
		v.form = statusFormOf(v.status, now.Number)
	}
	return r.show(code, statusPage(r.statusPage(v.status), v))
}

// statusPage begins a page of a status.
func (r *request) statusPage(st desk.Status) *page {
	p := r.page(st.Code+" · "+sentence(st.Name), "status")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.T("statuses.title"), href: statusesPath}, {label: p.title}}
	if r.Method != http.MethodGet {
		p.path = statusSettings(st.Code)
	}
	return p
}

// saveStatus is POST /parametrizacoes/status/{codigo}.
func (s *site) saveStatus(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	code := r.PathValue("codigo")
	f := readStatus(r)
	err := s.publish(r, f.base, f.note, func(d *mapping.Document) error {
		i := slices.IndexFunc(d.Statuses, func(st desk.Status) bool { return st.Code == code })
		if i < 0 {
			return notFound()
		}
		f.into(&d.Statuses[i])
		return nil
	})
	if err == nil {
		return r.redirect(statusSettings(code) + "?salvo=1")
	}
	e, ok := besideForm(err)
	if !ok || e.Kind == desk.Forbidden {
		return err
	}
	v := statusView{form: f, problems: placed(r, e, statusField(code))}
	if v.clash, err = s.clash(r, e); err != nil {
		return err
	}
	if v.clash != nil {
		v.form.base = number(v.clash.Number)
	}
	return s.status(r, statusOf[e.Kind], v)
}

func statusFormOf(st desk.Status, base int64) statusForm {
	f := statusForm{base: number(base), code: st.Code, name: st.Name, kind: string(st.Kind), icon: st.Icon, button: st.Button,
		after: st.AfterSuccess, next: st.Next, comment: st.CommentRequired}
	for _, m := range st.Movers {
		f.movers = append(f.movers, string(m))
	}
	return f
}

func readStatus(r *request) statusForm {
	return statusForm{base: r.typed("versao"), code: r.typed("codigo"), name: r.typed("nome"), kind: r.typed("tipo"), icon: r.typed("icone"),
		button: r.typed("botao"), after: r.typed("apos_sucesso"), note: r.typed("nota"), next: r.PostForm["proximos"], from: r.PostForm["vindos"],
		movers: r.PostForm["quem_move"], comment: r.PostFormValue("comentario_obrigatorio") != ""}
}

// into writes what was typed into a status. Its code is its own for good.
func (f statusForm) into(st *desk.Status) {
	st.Name, st.Kind, st.Icon, st.Button, st.AfterSuccess = f.name, desk.StatusKind(f.kind), f.icon, f.button, f.after
	st.Next, st.CommentRequired, st.Movers = inOrder(st.Next, f.next), f.comment, nil
	for _, m := range f.movers {
		st.Movers = append(st.Movers, desk.Mover(m))
	}
}

// inOrder keeps the order that a list had for what stays in it, so that saving without a change is no change.
func inOrder(was, wanted []string) (out []string) {
	for _, code := range was {
		if slices.Contains(wanted, code) {
			out = append(out, code)
		}
	}
	for _, code := range wanted {
		if !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out
}

// statusField is where on the tab "Geral" an error belongs.
func statusField(code string) func(string) string {
	return func(path string) string {
		name, ok := strings.CutPrefix(path, "status."+code+".")
		switch {
		case path == "observacao":
			return "nota"
		case path == "status."+code:
			return "codigo"
		case ok && slices.Contains([]string{"nome", "tipo", "icone", "botao", "proximos", "apos_sucesso", "quem_move"}, name):
			return name
		}
		return ""
	}
}

func statusSettings(code string) string { return statusesPath + "/" + code }

// nextNames are the statuses that a person may move to, as the list shows them.
func nextNames(c *desk.Catalogue, st desk.Status) (out []desk.Status) {
	for _, code := range st.Next {
		if next, ok := c.Status(code); ok {
			out = append(out, next)
		}
	}
	return out
}

// special says what the catalogue uses a status for.
func special(c *desk.Catalogue, code string) (ids []string) {
	for _, use := range []struct{ code, id string }{{c.Initial, "inicial"}, {c.FieldInitial, "inicial_do_campo"}, {c.Failure, "falha"}, {c.Closed, "encerrada"}} {
		if use.code == code {
			ids = append(ids, "statuses.use_"+use.id)
		}
	}
	return ids
}
