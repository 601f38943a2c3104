package web

import (
	"net/http"
	"net/url"
	"strconv"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// correctView is a correction of unit or customer: first the search, then what it does, then the choice.
type correctView struct {
	number   int64
	find     findView
	plan     *flow.Correction
	way      desk.CorrectionWay
	note     string
	refreeze bool
	problems map[string]string
}

func (r *request) changePage(number int64, title string) *page {
	p := r.page(title, "ocorrencias")
	p.crumbs = []crumb{{label: "CRM"}, {p.T("nav.occurrences"), "/ocorrencias"}, {p.T("occurrence.number", "number", number), occurrencePath(number)}, {label: title}}
	p.path = occurrencePath(number)
	return p
}

// showCorrection is GET /ocorrencias/{numero}/corrigir: the search, or with unidade and cliente what it would do.
func (s *site) showCorrection(r *request) error {
	number, err := numberOf(r)
	if err != nil {
		return err
	}
	if !mayOpen(r.actor()) {
		return desk.Fail(desk.ErrForbidden)
	}
	q := r.URL.Query()
	v := correctView{number: number, refreeze: true}
	if _, err := s.flow.Cancellation(r.Context(), r.actor(), number); err != nil && !closedAlready(err) {
		return err // before anything is said of units: it is nobody's here
	}
	if q.Get("unidade") != "" {
		if v.plan, err = s.correction(r, number, q); err == nil {
			return s.showPlan(r, http.StatusOK, v)
		}
		e, ok := understood(err)
		if !ok || e.Code == desk.ErrNotFound {
			return err
		}
		v.find.refused = r.l.Error(e)
	}
	v.find.text = searchText(q)
	if v.find.Finding, err = s.flow.Search(r.Context(), r.actor(), v.find.text, foundShown); err != nil {
		return err
	}
	p := r.changePage(number, r.l.T("correct.title"))
	if r.htmx() {
		return r.show(http.StatusOK, correctFound(p, v))
	}
	if len(v.find.People) == 1 && q.Get("unidade") == "" { // asked by Enter, and there is nothing to choose
		return r.redirect(correctPath(number, v.find.People[0], v.find.text))
	}
	return r.show(http.StatusOK, correctFind(p, v))
}

// closedAlready: a closed occurrence can be corrected, too.
func closedAlready(err error) bool {
	e, ok := understood(err)
	return ok && e.Code == desk.ErrClosed
}

func (s *site) correction(r *request, number int64, q url.Values) (*flow.Correction, error) {
	unit, err1 := strconv.ParseInt(q.Get("unidade"), 10, 64)
	customer, err2 := strconv.ParseInt(q.Get("cliente"), 10, 64)
	if err1 != nil || err2 != nil {
		return nil, desk.Fail(desk.ErrUnit)
	}
	return s.flow.Correction(r.Context(), r.actor(), number, unit, customer)
}

func (s *site) showPlan(r *request, status int, v correctView) error {
	return r.show(status, correctPlan(r.changePage(v.number, r.l.T("correct.title")), v))
}

// correct is POST /ocorrencias/{numero}/corrigir.
func (s *site) correct(r *request) error {
	number, err := numberOf(r)
	if err != nil {
		return err
	}
	if !mayOpen(r.actor()) {
		return desk.Fail(desk.ErrForbidden)
	}
	if err := r.form(); err != nil {
		return err
	}
	if _, err := s.flow.Cancellation(r.Context(), r.actor(), number); err != nil && !closedAlready(err) {
		return err
	}
	plan, err := s.correction(r, number, r.PostForm)
	if err != nil {
		return err
	}
	v := correctView{number: number, plan: plan, way: desk.CorrectionWay(r.PostFormValue("como")), note: r.typed("motivo"), refreeze: r.PostForm.Has("refazer")}
	if len([]rune(v.note)) > maxCorrection {
		err = desk.BadField("motivo", "grande_demais", "maximo", maxCorrection)
	} else {
		err = s.flow.Correct(r.Context(), r.actor(), flow.CorrectInput{Number: number, Unit: plan.Then.UnitID, Customer: plan.Then.CustomerID, Way: v.way,
			Note: v.note, Refreeze: v.refreeze})
	}
	if err == nil {
		return r.redirect(occurrencePath(number))
	}
	e, ok := besideForm(err)
	if !ok {
		return err
	}
	v.problems = problemsOf(r, e)
	return s.showPlan(r, statusOf[e.Kind], v)
}

// maxCorrection leaves room in a comment for what Ponte says itself.
const maxCorrection = 1000

func correctPath(number int64, f flow.Found, text string) string {
	q := url.Values{"unidade": {strconv.FormatInt(f.UnitID, 10)}, "cliente": {strconv.FormatInt(f.CustomerID, 10)}}
	if text != "" {
		q.Set("q", text)
	}
	return occurrencePath(number) + "/corrigir?" + q.Encode()
}

// same says that what was chosen is what is there.
func (v correctView) same() bool {
	return v.plan.Now.UnitID == v.plan.Then.UnitID && v.plan.Now.CustomerID == v.plan.Then.CustomerID
}

// cancelView is the end of an occurrence that the field knows nothing of.
type cancelView struct {
	number   int64
	plan     *flow.Cancellation
	reason   string
	problems map[string]string
}

// showCancellation is GET /ocorrencias/{numero}/cancelar.
func (s *site) showCancellation(r *request) error {
	number, err := numberOf(r)
	if err != nil {
		return err
	}
	return s.cancellation(r, http.StatusOK, cancelView{number: number})
}

func (s *site) cancellation(r *request, status int, v cancelView) (err error) {
	if v.plan, err = s.flow.Cancellation(r.Context(), r.actor(), v.number); err != nil {
		return err
	}
	return r.show(status, cancelPage(r.changePage(v.number, r.l.T("cancel.title")), v))
}

// cancel is POST /ocorrencias/{numero}/cancelar.
func (s *site) cancel(r *request) error {
	number, err := numberOf(r)
	if err != nil {
		return err
	}
	if !mayOpen(r.actor()) {
		return desk.Fail(desk.ErrForbidden)
	}
	if err := r.form(); err != nil {
		return err
	}
	v := cancelView{number: number, reason: r.typed("motivo")}
	if len([]rune(v.reason)) > maxComment {
		err = desk.BadField("motivo", "grande_demais", "maximo", maxComment)
	} else {
		err = s.flow.Cancel(r.Context(), r.actor(), flow.CancelInput{Number: number, Reason: v.reason})
	}
	if err == nil {
		return r.redirect(occurrencePath(number))
	}
	e, ok := besideForm(err)
	if !ok || e.Kind == desk.Forbidden {
		return err
	}
	v.problems = problemsOf(r, e)
	return s.cancellation(r, statusOf[e.Kind], v)
}

// orderIcon is how far an order has come, at a glance.
func orderIcon(s desk.OrderStanding) string {
	switch s {
	case desk.NoOrder:
		return "circle-dashed"
	case desk.OrderWaits, desk.OrderLeaving, desk.OrderClosing:
		return "clock"
	case desk.OrderRefused:
		return "alert-triangle"
	}
	return "tool"
}
