package web

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"strconv"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// Occurrences that are moved together: chosen in the list, planned, done in the background.
const (
	movesPath = "/mover"
	// movesShown is how many acts the page remembers.
	movesShown = 10
)

func movePath(id string) string { return movesPath + "/" + url.PathEscape(id) }

// movesView is where nobody has chosen anything yet, and what was done before.
type movesView struct {
	problem string
	before  []*flow.BulkMove
}

// showMoves is GET /mover.
func (s *site) showMoves(r *request) error { return s.moves(r, http.StatusOK, "") }

func (s *site) moves(r *request, status int, problem string) error {
	v := movesView{problem: problem}
	var err error
	if v.before, err = s.flow.BulkMoves(r.Context(), r.actor(), movesShown); err != nil {
		return err
	}
	p := r.page(r.l.T("moves.title"), "ocorrencias")
	p.path = movesPath
	p.crumbs = []crumb{{label: "CRM"}, {p.T("nav.occurrences"), "/ocorrencias"}, {label: p.title}}
	return r.show(status, movesPage(p, v))
}

// chooseMoves is POST /mover: those that were ticked in the list, or with todas=1 all that its filters find.
func (s *site) chooseMoves(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	c := flow.BulkChoice{All: r.PostFormValue("todas") != ""}
	if c.All {
		c.Asked = listQuery(r.PostForm)
	}
	for _, text := range r.PostForm["ocorrencia"] {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && len(c.Numbers) < flow.BulkMoveMost {
			c.Numbers = append(c.Numbers, n)
		}
	}
	return s.choose(r, c)
}

func (s *site) choose(r *request, c flow.BulkChoice) error {
	if c.All { // a walk over much, as a file is
		select {
		case s.exports <- struct{}{}:
			defer func() { <-s.exports }()
		default:
			return errExports()
		}
	}
	id, err := s.flow.ChooseBulkMove(r.Context(), r.actor(), c)
	if e, ok := understood(err); ok && len(e.Fields) > 0 {
		problem := r.l.T("moves.nothing")
		if e.Fields[0].Code != "obrigatorio" {
			problem = r.l.T("moves.too_many", "most", r.l.Number(flow.BulkMoveMost))
		}
		return s.moves(r, statusOf[e.Kind], problem)
	}
	if err != nil {
		return err
	}
	return r.redirect(movePath(id))
}

// actOnMove is POST /mover/{id}/{ato}: planejar, fazer, parar or de-novo.
func (s *site) actOnMove(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	ctx, a, id := r.Context(), r.actor(), r.PathValue("id")
	v := moveView{to: r.PostFormValue("status"), comment: r.typed("comentario")}
	var err error
	switch r.PathValue("ato") {
	case "planejar":
		if len([]rune(v.comment)) > maxComment {
			err = desk.BadField("comentario", "grande_demais", "maximo", maxComment)
		} else {
			err = s.flow.PlanBulkMove(ctx, a, id, v.to, v.comment)
		}
	case "fazer":
		round, _ := strconv.ParseInt(r.PostFormValue("rodada"), 10, 64)
		err = s.flow.DoBulkMove(ctx, a, id, round)
	case "parar":
		err = s.flow.StopBulkMove(ctx, a, id)
	case "de-novo":
		return s.choose(r, flow.BulkChoice{Of: id, Moved: flow.BulkMoveEnd(r.PostFormValue("ver")) == flow.Moved})
	default:
		return notFound()
	}
	e, ok := besideForm(err)
	switch {
	case err == nil:
		return r.redirect(movePath(id))
	case ok && len(e.Fields) > 0:
		v.explain(r, e)
		return s.bulkMove(r, statusOf[e.Kind], v)
	case ok && e.Kind == desk.Conflict:
		v.problem = r.l.T("moves.overtaken")
		return s.bulkMove(r, statusOf[e.Kind], v)
	}
	return err
}

// explain says beside the form what it lacks.
func (v *moveView) explain(r *request, e *desk.Error) {
	v.typed, v.problems = true, map[string]string{}
	for _, f := range e.Fields {
		switch {
		case f.Field == "status":
			v.problems["status"] = r.l.T("moves.need_status")
		case f.Code == "grande_demais":
			v.problems["comentario"] = r.l.Field(f)
		default:
			v.problems["comentario"] = r.l.T("moves.need_comment")
		}
	}
}

// paged says that the list goes on beyond its page, so that all of it is more than what can be ticked.
func (v listView) paged() bool { return v.Next != "" || v.ask.After != "" }

// allText says how many all are, where that was counted.
func (v listView) allText(p *page) string {
	ask := v.ask
	ask.After, ask.Saved = "", 0
	if n := v.Counts[v.ask.View]; !n.More && listPath(ask) == v.cleared() {
		return p.T("moves.bar_all_n", "n", p.Number(n.N))
	}
	return p.T("moves.bar_all")
}

// countMoves is GET /mover/contagem, with the list's filters: how many all are, asked for when somebody ticks a row.
func (s *site) countMoves(r *request) error {
	n, err := s.flow.CountChosen(r.Context(), r.actor(), listQuery(r.URL.Query()))
	if err != nil {
		return err
	}
	text := r.l.T("moves.bar_all_n", "n", r.l.Number(n.N))
	if n.More {
		text = r.l.T("moves.bar_over", "most", r.l.Number(n.N))
	}
	return r.show(http.StatusOK, allCounted(text))
}

// countPath is where the bar asks how many all are.
func (v listView) countPath() string {
	ask := v.ask
	ask.After = ""
	return pathTo(movesPath+"/contagem", listValues(ask))
}

// allID names the box by the question, so that another question finds it unticked.
func (v listView) allID() string {
	ask := v.ask
	ask.After = ""
	h := fnv.New32a()
	_, _ = h.Write([]byte(listPath(ask)))
	return fmt.Sprintf("todas-%x", h.Sum32())
}
