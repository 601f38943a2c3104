package web

import (
	"hash/fnv"
	"net/url"
	"strconv"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// lettersPath is the address of the list of letters.
const lettersPath = "/integracao/cartas"

// letterViews are the states that the list can be narrowed to; the first is all.
var letterViews = []string{"todas", "falhou", "fila", "enviada", "dispensada"}

// letterAsk is the question as it stands in the URL.
type letterAsk struct{ view, after string }

func (a *letterAsk) question() question {
	return question{{viewParam, &a.view}, {afterParam, &a.after}}
}

func letterAskOf(q url.Values) (a letterAsk) {
	a.question().read(q, letterViews)
	return a
}

func (a letterAsk) path() string { return pathTo(lettersPath, a.question().values(letterViews)) }

// lettersView is the list of letters.
type lettersView struct {
	flow.Letters
	letterAsk
	mayAgain, maySet bool
	mail, waits      bool // there is a mail server; something waits for one
}

// listLetters is GET /integracao/cartas; with parte=1 it answers the live part alone, and nothing (204) while rev is still what
// the page has.
func (s *site) listLetters(r *request) (err error) {
	v := lettersView{letterAsk: letterAskOf(r.URL.Query()), mayAgain: flow.MaySendAgain(r.actor()), maySet: flow.MaySetLetters(r.actor()), mail: s.reset.Post != nil}
	q := flow.LettersQuery{After: v.after, Most: listed}
	if v.view != letterViews[0] {
		q.State = desk.LetterState(v.view)
	}
	if v.Letters, err = s.flow.ListLetters(r.Context(), r.actor(), q); err != nil {
		return err
	}
	for _, l := range v.Lines {
		v.waits = v.waits || l.State == desk.LetterQueued
	}
	p := r.page(r.l.T("letters.title"), "cartas")
	p.path = lettersPath
	p.crumbs = []crumb{{label: p.T("calls.integration")}, {label: p.title}}
	return r.liveList(v.revision(), v.path(), lettersPage(p, v), lettersPart(p, v))
}

func (v lettersView) revision() string {
	h := fnv.New64a()
	for _, l := range v.Lines {
		_, _ = h.Write([]byte(l.ID + string(l.State) + strconv.Itoa(l.Attempts) + strconv.FormatBool(l.Again)))
	}
	return strconv.FormatUint(h.Sum64(), 16)
}

func (v lettersView) partPath() string {
	q := v.question().values(letterViews)
	q.Set("parte", "1")
	q.Set("rev", v.revision())
	return pathTo(lettersPath, q)
}

func (v lettersView) viewPath(view string) string { return letterAsk{view: view}.path() }

func (v lettersView) nextPath() string { return letterAsk{view: v.view, after: v.Next}.path() }

func againPath(l flow.LetterFact) string {
	return occurrencePath(l.Number) + "/cartas/" + url.PathEscape(l.ID) + "/reenviar"
}

// sendLetterAgain is POST /ocorrencias/{numero}/cartas/{id}/reenviar. From the list it leads back there.
func (s *site) sendLetterAgain(r *request) error {
	number, err := numberOf(r)
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	err = s.flow.SendAgain(r.Context(), r.actor(), number, r.PathValue("id"))
	if err == nil && r.PostForm.Has("lista") {
		return r.redirect(letterAskOf(url.Values{viewParam: {r.PostForm.Get("lista")}}).path())
	}
	var d draft
	d.explain(r, err)
	return s.again(r, number, d, err)
}

// letterLooks are the kind and icon of each state.
var letterLooks = map[desk.LetterState][2]string{
	desk.LetterQueued: {"send", "clock"}, desk.LetterSending: {"send", "send"}, desk.LetterSent: {"done", "mail"},
	desk.LetterFailed: {"fail", "circle-x"}, desk.LetterDropped: {"closed", "ban"},
}

// letterState says in words what became of a letter.
func letterState(p *page, l flow.LetterFact) string {
	if l.State == desk.LetterQueued && l.Attempts > 0 {
		return p.N("letters.again", l.Attempts)
	}
	return p.T("letters.state_" + string(l.State))
}

// letterWhy says why a letter was not sent, or not yet.
func letterWhy(p *page, l flow.LetterFact) string {
	if l.Reason == "" || l.State == desk.LetterSent {
		return ""
	}
	code := ""
	if l.Code != 0 {
		code = strconv.Itoa(l.Code)
	}
	return p.T("letters.why_"+l.Reason, "status", code)
}

// lettersOf are the letters by the movement that caused them.
func lettersOf(o *flow.OccurrencePage) map[int64][]flow.LetterFact {
	out := map[int64][]flow.LetterFact{}
	for _, l := range o.Letters {
		out[l.MovementID] = append(out[l.MovementID], l)
	}
	return out
}

// refuseLetters is POST /unidades/{id}/pessoas/{pessoa}/cartas, for a person who wants no letters, or wants them again.
func (s *site) refuseLetters(r *request) error {
	id, err := unitOf(r)
	if err != nil {
		return err
	}
	person, err := strconv.ParseInt(r.PathValue("pessoa"), 10, 64)
	if err != nil {
		return notFound()
	}
	if err := r.form(); err != nil {
		return err
	}
	return s.peopleDone(r, id, peopleView{}, s.flow.RefuseLetters(r.Context(), r.actor(), id, person, r.PostForm.Get("enviar") == ""))
}
