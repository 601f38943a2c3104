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

// statusForm is a status's tab "Geral".
type statusForm struct {
	base, name, kind, button, after, note string
	next                                  []string
}

// statusView is the page of one status; the list has only the catalogue.
type statusView struct {
	catalogue *desk.Catalogue
	status    desk.Status
	form      statusForm
	problems  map[string]string
	clash     *flow.Version
	saved     bool
}

// listStatuses is GET /parametrizacoes/status, for consultants and administrators.
func (s *site) listStatuses(r *request) error {
	now, err := s.flow.VersionByNumber(r.Context(), r.actor(), 0)
	if err != nil {
		return err
	}
	p := r.page(r.l.T("statuses.title"), "status")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.title}}
	return r.show(http.StatusOK, statusesPage(p, statusView{catalogue: &now.Config.Catalogue}))
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
		v.form = statusForm{base: number(now.Number), name: v.status.Name, kind: string(v.status.Kind), button: v.status.Button,
			after: v.status.AfterSuccess, next: v.status.Next}
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
	f := statusForm{base: r.typed("versao"), name: r.typed("nome"), kind: r.typed("tipo"), button: r.typed("botao"), after: r.typed("apos_sucesso"),
		note: r.typed("nota"), next: r.PostForm["proximos"]}
	err := s.publish(r, f.base, f.note, func(d *mapping.Document) error {
		i := slices.IndexFunc(d.Statuses, func(st desk.Status) bool { return st.Code == code })
		if i < 0 {
			return notFound()
		}
		st := &d.Statuses[i]
		st.Name, st.Kind, st.Button, st.AfterSuccess = f.name, desk.StatusKind(f.kind), f.button, f.after
		st.Next = inOrder(st.Next, f.next)
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
		case ok && slices.Contains([]string{"nome", "tipo", "botao", "proximos", "apos_sucesso"}, name):
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
