package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// viewsPath is where saved views are put in order.
const (
	viewsPath  = "/ocorrencias/visoes"
	savedParam = "salva"
	// viewTabs is how many of them stand beside the fixed ones; the menu has them all.
	viewTabs = 3
)

// savedViews is what a list shows of them.
type savedViews struct {
	all []flow.SavedView
	at  *flow.SavedView // that the list came from; nil: none that the reader sees
	// changed: the list is asked something else by now
	changed  bool
	left     []flow.LeftOut
	mayShare bool
	// beyond: it is the house's, and about developments that the reader doesn't see
	beyond bool
}

// canonical is a question as it is kept: without its page, and without the view that it came from.
func canonical(ask flow.ListQuery) string {
	ask.After, ask.Saved = "", 0
	return listValues(ask).Encode()
}

// savedPath is where a saved view is opened, as rows or as a board. It names the view alone: what that asks may name what
// the reader may not see.
func savedPath(id int64, board bool) string {
	q := url.Values{savedParam: {number(id)}}
	if board {
		return pathTo(boardPath, q)
	}
	return pathTo("/ocorrencias", q)
}

// asSaved says that a URL asks for a saved view and says nothing else.
func asSaved(q url.Values) bool {
	for name := range q {
		if !slices.Contains([]string{savedParam, afterParam, layoutParam, "parte", "rev"}, name) {
			return false
		}
	}
	return q.Has(savedParam)
}

func savedAsk(v flow.SavedView) flow.ListQuery {
	q, err := url.ParseQuery(v.Query)
	if err != nil { // it was written by us
		q = url.Values{}
	}
	ask := listQuery(q)
	ask.Saved = v.ID
	return ask
}

// savedViews answers what the reader has of them, and the question: a view's, without what it names and there is no longer.
func (s *site) savedViews(r *request, q url.Values) (savedViews, flow.ListQuery, error) {
	ask := listQuery(q)
	all, err := s.flow.SavedViews(r.Context(), r.actor())
	v := savedViews{all: all, mayShare: flow.MayShareViews(r.actor())}
	if err != nil || ask.Saved == 0 {
		return v, ask, err
	}
	i := slices.IndexFunc(all, func(x flow.SavedView) bool { return x.ID == ask.Saved })
	if i < 0 {
		ask.Saved = 0
		return v, ask, nil
	}
	fitted, left, err := s.flow.Fit(r.Context(), r.actor(), savedAsk(all[i]))
	if err != nil {
		return v, ask, err
	}
	v.at, v.beyond = &all[i], beyond(r.actor(), all[i], left)
	if asSaved(q) {
		fitted.After = ask.After
		ask = fitted
	}
	if v.changed = canonical(ask) != canonical(fitted); !v.changed {
		v.left = left
	}
	return v, ask, nil
}

// beyond says whether a view of the house's is about more than somebody sees, who must not narrow it for everybody.
func beyond(a desk.Actor, v flow.SavedView, left []flow.LeftOut) bool {
	return v.Shared && len(a.Developments) > 0 && slices.ContainsFunc(left, func(l flow.LeftOut) bool { return l.Filter == "empreendimento" || l.Filter == "bloco" })
}

// beginsAt is where somebody starts who asks the list for nothing; empty: where they are.
func (s *site) beginsAt(r *request) (string, error) {
	if r.URL.RawQuery != "" || r.htmx() {
		return "", nil
	}
	all, err := s.flow.SavedViews(r.Context(), r.actor())
	if err != nil {
		return "", err
	}
	board := keptLayout(r)
	if i := slices.IndexFunc(all, func(v flow.SavedView) bool { return v.Start }); i >= 0 {
		return savedPath(all[i].ID, board), nil
	}
	if board {
		return boardPath, nil
	}
	return "", nil
}

// tabs are those that stand beside the fixed ones: the first, and the one at hand.
func (v savedViews) tabs() []flow.SavedView {
	out := slices.Clone(v.all[:min(len(v.all), viewTabs)])
	if v.at != nil && !slices.ContainsFunc(out, func(x flow.SavedView) bool { return x.ID == v.at.ID }) {
		out = append(out, *v.at)
	}
	return out
}

func (v savedViews) isAt(x flow.SavedView) bool { return v.at != nil && v.at.ID == x.ID }

func (v savedViews) of(shared bool) (out []flow.SavedView) {
	for _, x := range v.all {
		if x.Shared == shared {
			out = append(out, x)
		}
	}
	return out
}

// mayReplace says whether the reader may make the view at hand ask what the list is asked now, and there is a reason to.
func (v savedViews) mayReplace() bool {
	return v.at != nil && (!v.at.Shared || v.mayShare) && !v.beyond && (v.changed || len(v.left) > 0)
}

func viewAct(id int64, act string) string { return fmt.Sprintf("%s/%d/%s", viewsPath, id, act) }

// leftWords say what a view lost, one filter each.
func leftWords(p *page, left []flow.LeftOut) (out []string) {
	for _, l := range left {
		text := p.T("list.f_" + l.Filter)
		if len(l.Named) == 0 {
			out = append(out, text+": "+p.N("views.left_count", l.N))
			continue
		}
		for _, name := range l.Named {
			out = append(out, text+": "+codeName(name))
		}
	}
	return out
}

// viewsView is the page where views are put in order.
type viewsView struct {
	savedViews
	draft    viewDraft
	problems map[string]string
	wrong    int64 // the view that they are about; 0: a new one
	board    bool  // how the list is looked at here
}

// viewDraft is what somebody was about to save.
type viewDraft struct {
	name, query   string
	shared, start bool
}

// showViews is GET /ocorrencias/visoes.
func (s *site) showViews(r *request) error {
	return s.viewsPage(r, http.StatusOK, viewsView{})
}

func (s *site) viewsPage(r *request, status int, v viewsView) error {
	all, err := s.flow.SavedViews(r.Context(), r.actor())
	if err != nil {
		return err
	}
	v.all, v.mayShare, v.board = all, flow.MayShareViews(r.actor()), keptLayout(r)
	p := r.page(r.l.T("views.title"), "ocorrencias")
	p.crumbs = []crumb{{label: "CRM"}, {r.l.T("nav.occurrences"), "/ocorrencias"}, {label: p.title}}
	p.path = viewsPath
	return r.show(status, viewsShown(p, v))
}

// saveView is POST /ocorrencias/visoes: the list's question under a name. Then the list is shown again, as that view.
func (s *site) saveView(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	d := viewDraft{name: r.typed("nome"), query: r.PostFormValue("consulta"), shared: r.PostFormValue("compartilhar") != "", start: r.PostFormValue("inicio") != ""}
	query, err := viewQuery(d.query)
	v := flow.SavedView{Name: d.name, Query: query, Shared: d.shared, Start: d.start}
	if err == nil {
		v.ID, err = s.flow.SaveView(r.Context(), r.actor(), v)
	}
	if e, beside := besideForm(err); beside && e.Kind != desk.Forbidden {
		return s.viewsPage(r, statusOf[e.Kind], viewsView{draft: d, problems: problemsOf(r, e)})
	}
	if err != nil {
		return err
	}
	return r.redirect(savedPath(v.ID, keptLayout(r)))
}

// viewQuery is the canonical form of what a page sent. Whose document somebody looked for is not kept under a name.
func viewQuery(text string) (string, error) {
	q, err := url.ParseQuery(text)
	if err != nil {
		return "", desk.Fail(desk.ErrContent)
	}
	ask := listQuery(q)
	if desk.NamesDocument(ask.Text) {
		return "", desk.BadField("consulta", "visao_documento")
	}
	return canonical(ask), nil
}

// changeView is POST /ocorrencias/visoes/{id}/{ato}.
func (s *site) changeView(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return notFound()
	}
	ctx, a, back := r.Context(), r.actor(), viewsPath+"#v-"+number(id)
	switch r.PathValue("ato") {
	case "renomear":
		err = s.flow.RenameView(ctx, a, id, r.typed("nome"))
	case "trocar":
		if err = s.replaceView(r, id); err == nil {
			back = savedPath(id, keptLayout(r))
		}
	case "compartilhar", "recolher":
		err = s.flow.ShareView(ctx, a, id, r.PathValue("ato") == "compartilhar")
	case "subir", "descer":
		err = s.flow.MoveView(ctx, a, id, r.PathValue("ato") == "subir")
	case "inicio", "sem-inicio":
		err = s.flow.StartView(ctx, a, id, r.PathValue("ato") == "inicio")
	case "apagar":
		back = viewsPath
		err = s.flow.DropView(ctx, a, id)
	default:
		return notFound()
	}
	if e, beside := besideForm(err); beside && e.Kind != desk.Forbidden {
		return s.viewsPage(r, statusOf[e.Kind], viewsView{draft: viewDraft{name: r.typed("nome")}, problems: problemsOf(r, e), wrong: id})
	}
	if err != nil {
		return err
	}
	return r.redirect(back)
}

// replaceView makes a view ask what the list is asked.
func (s *site) replaceView(r *request, id int64) error {
	query, err := viewQuery(r.PostFormValue("consulta"))
	if err != nil {
		return err
	}
	saved, _, err := s.savedViews(r, url.Values{savedParam: {number(id)}})
	if err != nil {
		return err
	}
	if saved.beyond {
		return desk.BadField("consulta", "visao_alem")
	}
	return s.flow.ReplaceView(r.Context(), r.actor(), id, query)
}

// typedName is what somebody wrote for a name that was refused, or the name.
func (v viewsView) typedName(x flow.SavedView) string {
	if v.wrong == x.ID && v.draft.name != "" {
		return v.draft.name
	}
	return x.Name
}

// problem is what is wrong with a view that was to be changed.
func (v viewsView) problem() string {
	for _, field := range []string{"nome", "consulta", ""} {
		if text := v.problems[field]; text != "" {
			return text
		}
	}
	return ""
}

// viewSummary says what a view asks, in a line.
func viewSummary(p *page, x flow.SavedView) string {
	ask := savedAsk(x)
	parts := []string{p.T("view." + string(ask.View))}
	if ask.Text != "" {
		parts = append(parts, "“"+ask.Text+"”")
	}
	q := listValues(ask)
	for _, name := range []string{viewParam, textParam, savedParam, columnParam} {
		q.Del(name)
	}
	if n := len(q); n > 0 {
		parts = append(parts, p.N("views.filters", n))
	}
	return strings.Join(parts, " · ")
}
