package sandbox

import (
	"net/http"

	"github.com/a-h/templ"
)

// act is something that the technician records, as a page: what it asks, and how the answers become an action. A page
// that is older than its order, or is sent twice, is refused in the same step that would have done it.
type act struct {
	name   string      // as buttons.go has it; also the last part of its address
	from   []situation // where an order must stand; empty: anywhere but closed
	title  func(words) string
	submit func(words) string
	start  func(*form, *order, int64) // fills what can be known before
	fields func(*page, *form) templ.Component
	read   func(*form, *action) // takes what was typed, and says what is wrong with it
	photos bool
}

// actView is the frame around a form.
type actView struct {
	id, number, title string
	what, submit      string
	address           string
	form              *form
	photos            bool
	fields            templ.Component
}

// askAct is GET /ordens/{idMobuss}/ACT.
func (g *pages) askAct(q *pageRequest, a act) error {
	return g.showAct(q, a, q.emptyForm(), http.StatusOK)
}

func (g *pages) showAct(q *pageRequest, a act, f *form, status int) error {
	p := g.page(q, a.title(q.words))
	var v *actView
	var refused error
	err := g.read(func(st *state) int64 {
		o := st.byID(q.PathValue("id"))
		if o == nil {
			refused = errUnknownOrder()
			return 0
		}
		if refused = o.allows(a.from); refused == nil {
			if a.start != nil && status == http.StatusOK {
				a.start(f, o, q.now)
			}
			v = &actView{id: st.order(o.seq), number: o.numSolicitacao(), title: st.facts(o).title(), what: p.title,
				submit: a.submit(q.words), address: "/ordens/" + st.order(o.seq) + "/" + a.name, form: f,
				photos: a.photos, fields: a.fields(p, f)}
		}
		return o.lsn
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return err
	}
	p.path = "/ordens/" + v.id
	return q.show(status, actPage(p, v))
}

// doAct is POST /ordens/{idMobuss}/ACT.
func (g *pages) doAct(q *pageRequest, a act) error {
	f, err := g.readForm(q)
	if err != nil {
		return err
	}
	do := &action{Acao: text(a.name), Tecnico: fieldTechnician, at: q.now, from: a.from}
	a.read(f, do)
	if f.failed() {
		return g.showAct(q, a, f, http.StatusUnprocessableEntity)
	}
	do.shots = f.shots
	for i := range do.shots {
		do.shots[i].At = do.at
	}
	if _, err := g.act(q.PathValue("id"), do); err != nil {
		return err
	}
	return q.goTo("/ordens/"+q.PathValue("id"), a.name)
}
