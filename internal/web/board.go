package web

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

const (
	boardPath   = "/ocorrencias/quadro"
	columnParam = "coluna"
	layoutParam = "modo"
	// layoutCookie remembers which of the two somebody looks at, for the menu's link and for saved views.
	layoutCookie = "ponte-modo"
	layoutList   = "lista"
	layoutBoard  = "quadro"
)

// showBoard is GET /ocorrencias/quadro: the list by status. It takes the list's question, and its live part is asked for alike.
func (s *site) showBoard(r *request) error {
	saved, ask, err := s.savedViews(r, r.URL.Query())
	if err != nil {
		return err
	}
	ask.After = ""
	b, err := s.flow.Board(r.Context(), r.actor(), ask)
	if err != nil {
		return err
	}
	if !r.htmx() {
		s.keepLayout(r, layoutBoard, layoutBoard)
	}
	list := &flow.List{Counts: b.Counts, Statuses: b.Statuses, Choices: b.Choices, Behind: b.Behind, Opened: b.Opened}
	v := listView{List: list, board: b, ask: ask, saved: saved, rev: boardRev(b, list, saved), mayOpen: mayOpen(r.actor())}
	p := r.page(r.l.T("nav.occurrences"), "ocorrencias")
	p.crumbs = []crumb{{label: "CRM"}, {p.title, "/ocorrencias?visao=abertas"}, {label: r.l.T("board.title")}}
	return r.liveList(v.rev, laidOut(ask, true), boardShown(p, v), boardParts(p, v))
}

// laidOut is the one URL of a question, as rows or as a board.
func laidOut(ask flow.ListQuery, board bool) string {
	if !board {
		return listPath(ask)
	}
	ask.After = ""
	return pathTo(boardPath, listValues(ask))
}

// keptLayout says whether somebody looks at the board here.
func keptLayout(r *request) bool {
	return cookie(r, layoutCookie, []string{layoutList, layoutBoard}) == layoutBoard
}

// keepLayout remembers what was chosen, if that is what is shown and not remembered yet.
func (s *site) keepLayout(r *request, chosen, shown string) {
	if chosen != shown || keptLayout(r) == (shown == layoutBoard) {
		return
	}
	http.SetCookie(r.w, &http.Cookie{Name: layoutCookie, Value: shown, Path: "/", MaxAge: int(lookLife.Seconds()),
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode})
}

// layoutPath is the same question as rows or as a board, and that it was chosen so.
func (v listView) layoutPath(board bool) string {
	ask := v.ask
	ask.After = ""
	if board {
		return laidOut(ask, true)
	}
	q := listValues(ask)
	q.Set(layoutParam, layoutList)
	return pathTo("/ocorrencias", q)
}

// allPath is the list of what a column has.
func (v listView) allPath(c flow.Column) string {
	ask := v.ask
	ask.After, ask.Columns, ask.Statuses = "", nil, []string{c.Code}
	if !slices.ContainsFunc(v.Statuses, func(s desk.Status) bool { return s.Code == c.Code }) {
		ask.View = flow.ViewAll
	}
	return listPath(ask)
}

// foldPath opens a column, or folds it. The last one stays open.
func (v listView) foldPath(c flow.Column) string {
	var open []string
	for _, x := range v.board.Columns {
		if x.Open != (x.Code == c.Code) {
			open = append(open, x.Code)
		}
	}
	return v.with(func(q *flow.ListQuery) { q.Columns = open })
}

func (v listView) lastOpen(c flow.Column) bool {
	return !slices.ContainsFunc(v.board.Columns, func(x flow.Column) bool { return x.Open && x.Code != c.Code })
}

// columnCount is what stands beside a column's name; empty where nobody counted.
func columnCount(p *page, c flow.Column) string {
	if !c.Counted && !c.Open {
		return ""
	}
	return p.countText(c.Count)
}

// stuckWords say what is wrong with a card's delivery.
func stuckWords(p *page, c flow.Card) string { return p.T("board.stuck_" + string(c.Stuck)) }

// orderWords are a card's order, with its state.
func orderWords(p *page, c flow.Card) string {
	state := p.T("order." + string(c.Order))
	if c.OrderNumber == "" {
		return p.T("list.order") + " " + state
	}
	return p.T("list.order") + " " + c.OrderNumber + " · " + state
}

// boardRev changes whenever what the board shows changes.
func boardRev(b *flow.Board, list *flow.List, saved savedViews) string {
	h := fnv.New64a()
	fmt.Fprint(h, revOf(list, saved))
	for _, c := range b.Columns {
		fmt.Fprintf(h, "%s\x00%s\x00%t\x00%d\x00%t\x00%t\n", c.Code, c.Name, c.Open, c.Count.N, c.Count.More, c.More)
		for _, o := range c.Cards {
			fmt.Fprintf(h, "%d\x00%s\x00%s\x00%s\x00%s\x00%s\x00%s\x00%v\x00%t\x00%s\n", o.Number, o.Subject, o.Unit, o.Customer, o.OrderNumber, o.Order, o.Stuck, o.Next,
				o.Emergency, o.About)
		}
	}
	return fmt.Sprintf("%x", h.Sum64())
}
