package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// cardMove is the confirmation of a move that was begun on the board.
type cardMove struct {
	*flow.OccurrencePage
	aim      string // the status that a card was dropped on; empty: all that there are
	back     string // where it was begun
	comment  string
	problems []string
	// here are confirmed in place; there ask for more than that, and lead to the occurrence's composer
	here, there []moveButton
}

func cardMovePath(n int64, from, to string) string {
	q := url.Values{}
	for name, value := range map[string]string{"de": from, "para": to} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return pathTo(occurrencePath(n)+"/mover", q)
}

func (v cardMove) action() string { return occurrencePath(v.Number) + "/mover" }

// aimPath is the occurrence's composer with a status chosen.
func aimPath(n int64, status string) string {
	return pathTo(occurrencePath(n), url.Values{"para": {status}}) + "#mover"
}

// asksMore says whether a move needs what only the composer has: a comment for the field or the house, or a visit's date.
func asksMore(b moveButton) bool {
	return b.CommentRequired || b.Tells && (b.Point == desk.AddComment || b.Point == desk.AskVisit)
}

func (v cardMove) opensOrder() bool {
	return slices.ContainsFunc(v.here, func(b moveButton) bool { return b.Tells && b.Point == desk.OpenOrder })
}

// aimAt shows what may be done now; of it, the status that was aimed at, where that is among it.
func (v *cardMove) aimAt(p *page, to string) {
	buttons := moveButtons(p, v.OccurrencePage)
	if i := slices.IndexFunc(buttons, func(b moveButton) bool { return b.Code == to }); i >= 0 {
		v.aim, buttons = to, buttons[i:i+1]
	}
	for _, b := range buttons {
		if asksMore(b) {
			v.there = append(v.there, b)
		} else {
			v.here = append(v.here, b)
		}
	}
}

// showCardMove is GET /ocorrencias/{numero}/mover: where a card may go, or the confirmation of where it was dropped.
func (s *site) showCardMove(r *request) error {
	q := r.URL.Query()
	o, p, err := s.movable(r)
	if err != nil {
		return err
	}
	v := cardMove{OccurrencePage: o, back: boardBack(r.Header.Get("Referer"))}
	v.aimAt(p, q.Get("para"))
	if v.aim != "" && len(v.there) == 1 {
		if !r.htmx() {
			return r.redirect(aimPath(o.Number, v.aim))
		}
		r.w.Header().Set("HX-Redirect", aimPath(o.Number, v.aim))
		r.w.WriteHeader(http.StatusOK)
		return nil
	}
	if from := q.Get("de"); from != "" && from != o.Status.Code {
		v.problems = []string{r.l.T("board.moved_before", "status", o.Status.Name)}
	} else if to := q.Get("para"); to != "" && v.aim == "" {
		v.problems = []string{r.l.T("board.not_there", "status", o.StatusOf(to).Name)}
	}
	return r.cardMoveAnswer(p, http.StatusOK, v)
}

// movable answers the occurrence's page, for who may move at all.
func (s *site) movable(r *request) (*flow.OccurrencePage, *page, error) {
	number, err := numberOf(r)
	if err != nil {
		return nil, nil, err
	}
	if !mayOpen(r.actor()) {
		return nil, nil, desk.Fail(desk.ErrForbidden)
	}
	o, err := s.flow.Page(r.Context(), r.actor(), number)
	if err != nil {
		return nil, nil, err
	}
	p := r.page(r.l.T("board.move_title", "number", r.PathValue("numero")), "ocorrencias")
	p.crumbs = []crumb{{label: "CRM"}, {r.l.T("nav.occurrences"), "/ocorrencias"}, {r.PathValue("numero"), occurrencePath(number)}, {label: r.l.T("board.move")}}
	p.path = occurrencePath(number)
	return o, p, nil
}

// boardBack is the board that a card was on, so far as the browser tells.
func boardBack(from string) string {
	u, err := url.Parse(from)
	if err != nil || u.Path != boardPath && u.Path != "/ocorrencias" {
		return boardPath
	}
	u.Scheme, u.Host, u.User, u.Fragment = "", "", nil, ""
	return ownPath(u.String())
}

func (r *request) cardMoveAnswer(p *page, status int, v cardMove) error {
	if r.htmx() {
		return r.show(status, cardMoveBody(p, v))
	}
	return r.show(status, cardMovePage(p, v))
}

// moveCard is POST /ocorrencias/{numero}/mover. What is refused is said where it was confirmed, with what may be done now.
func (s *site) moveCard(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	o, _, err := s.movable(r)
	if err != nil {
		return err
	}
	d := draft{comment: r.typed("comentario"), status: r.PostFormValue("status")}
	failed := s.moveSeen(r, o.Number, d, r.PostFormValue("de"))
	if failed == nil {
		return s.cardMoved(r, o.Number)
	}
	e, beside := besideForm(failed)
	if !beside {
		return failed
	}
	d.explain(r, failed)
	o, p, err := s.movable(r) // as it is now
	if err != nil {
		return err
	}
	v := cardMove{OccurrencePage: o, comment: d.comment, problems: d.problems, back: boardBack(r.PostFormValue("volta"))}
	v.aimAt(p, d.status)
	if e.Reason() == flow.MovedBefore {
		v.problems = []string{r.l.T("board.moved_before", "status", o.Status.Name)}
	}
	return r.cardMoveAnswer(p, statusOf[e.Kind], v)
}

// moveSeen moves it from the status in which the person saw it.
func (s *site) moveSeen(r *request, number int64, d draft, from string) error {
	if utf8.RuneCountInString(d.comment) > maxComment {
		return desk.BadField("comentario", "grande_demais", "maximo", maxComment)
	}
	if d.status == "" {
		return desk.BadField("cod_status", "status_desconhecido")
	}
	if err := s.fitsPoint(r, d); err != nil {
		return err
	}
	return s.flow.MoveByHand(r.Context(), r.actor(), flow.MoveInput{Number: number, Status: d.status, Comment: d.comment, From: from})
}

// cardMoved goes back to the board: the page by itself, or the dialog, which the script closes. The board asks for what is
// new without waiting to be told.
func (s *site) cardMoved(r *request, n int64) error {
	if !r.htmx() {
		return r.redirect(strings.TrimSuffix(boardBack(r.PostFormValue("volta")), "#") + "#c-" + number(n))
	}
	r.w.Header().Set("HX-Trigger", flow.TopicList+", movida")
	_, err := r.w.Write([]byte(`<div id="mover-corpo"></div>`))
	return err
}
