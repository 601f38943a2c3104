package web

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// callView is a received call with the form that mends it.
type callView struct {
	*flow.ReceivedCall
	people   []flow.User
	fields   []flow.ParamField
	values   map[string]string // what stands in the form
	customer int64             // the near match's customer that stands in it
	left     []string          // parameters that the operation doesn't know and a replay leaves out
	problems map[string]string // of the last try
	dismiss  string            // a reason that was not taken
	because  string
}

// showCall is GET /integracao/recebimentos/{id}. usar=UNIT.CUSTOMER puts a near match into the form.
func (s *site) showCall(r *request) error {
	v := callView{}
	unit, customer, chosen := strings.Cut(r.URL.Query().Get("usar"), ".")
	if chosen && flow.MayReplay(r.actor()) {
		u, err1 := strconv.ParseInt(unit, 10, 64)
		c, err2 := strconv.ParseInt(customer, 10, 64)
		if err1 != nil || err2 != nil {
			return notFound()
		}
		var err error
		if v.values, err = s.flow.ChosenMatch(r.Context(), r.actor(), u, c); err != nil {
			return err
		}
		v.customer = c
	}
	return s.call(r, http.StatusOK, v)
}

// call shows the page; what v has in the form already stays.
func (s *site) call(r *request, status int, v callView) error {
	var err error
	if v.ReceivedCall, err = s.flow.ReceivedCall(r.Context(), r.actor(), r.PathValue("id")); err != nil {
		return err
	}
	filters, err := s.flow.CallFilters(r.Context())
	if err != nil {
		return err
	}
	v.people = filters.People
	if v.mendable() {
		if err := s.fillForm(r, &v); err != nil {
			return err
		}
	}
	p := r.page(v.Operation, "recebimentos")
	p.path = callPath(v.ID)
	p.crumbs = []crumb{{label: p.T("calls.integration")}, {p.T("calls.title"), callsPath}, {label: v.Operation}}
	return r.show(status, callPage(p, v))
}

// mendable says that the actor may correct the call and send it again.
func (v callView) mendable() bool { return v.Open() && v.MayReplay && !v.Undecoded }

func (s *site) fillForm(r *request, v *callView) error {
	was, err := s.flow.ParamsForForm(r.Context(), r.actor(), v.ID)
	if e, ok := understood(err); ok && e.Code == desk.ErrCallState {
		return nil // settled between two looks
	}
	if err != nil {
		return err
	}
	maps.Copy(was, v.values)
	v.values = was
	if s.inbound.Fields != nil {
		v.fields = s.inbound.Fields(v.Operation)
	}
	for _, param := range v.Params {
		if !slices.ContainsFunc(v.fields, func(f flow.ParamField) bool { return f.Name == param.Name }) && !slices.Contains(v.left, param.Name) {
			v.left = append(v.left, param.Name)
		}
	}
	return nil
}

// replayCall is POST /integracao/recebimentos/{id}/reenviar: the call again, as corrected. Refused, the form stays as
// it was sent, with the new reason.
func (s *site) replayCall(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	v := callView{values: map[string]string{}}
	for name := range r.PostForm {
		if param, ok := strings.CutPrefix(name, "p."); ok {
			v.values[param] = r.typed(name)
		}
	}
	v.customer, _ = strconv.ParseInt(r.PostFormValue("cliente"), 10, 64)
	err := s.replay(r, r.PathValue("id"), v.values, v.customer)
	e, refused := understood(err)
	switch {
	case err == nil:
		return r.redirect(callPath(r.PathValue("id")))
	case !refused || e.Kind == desk.NotFound && e.Code != desk.ErrNotFound || e.Kind == desk.Unauthenticated || e.Code == desk.ErrForbidden && !flow.MayReplay(r.actor()):
		return err
	}
	v.problems = problemsOf(r, e)
	return s.call(r, statusOf[e.Kind], v)
}

func (s *site) replay(r *request, id string, values map[string]string, customer int64) error {
	taken, err := s.flow.TakeUp(r.Context(), r.actor(), id, values, customer)
	if err != nil {
		return err
	}
	if s.inbound.Replay == nil {
		return desk.Fail(desk.ErrUnavailable)
	}
	return s.inbound.Replay(r.Context(), taken)
}

// assignCall is POST /integracao/recebimentos/{id}/atribuir.
func (s *site) assignCall(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	user := r.user.ID
	if text := r.PostFormValue("usuario"); text != "eu" {
		user, _ = strconv.ParseInt(text, 10, 64)
	}
	return s.decided(r, s.flow.AssignCall(r.Context(), r.actor(), r.PathValue("id"), user))
}

// dismissCall is POST /integracao/recebimentos/{id}/descartar, with the reason.
func (s *site) dismissCall(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	why := r.typed("motivo")
	err := s.flow.DismissCall(r.Context(), r.actor(), r.PathValue("id"), why)
	if e, ok := understood(err); ok && e.Code == desk.ErrParameter {
		return s.call(r, statusOf[e.Kind], callView{dismiss: r.l.T("calls.reason_missing"), because: why})
	}
	return s.decided(r, err)
}

// reopenCall is POST /integracao/recebimentos/{id}/reabrir.
func (s *site) reopenCall(r *request) error {
	return s.decided(r, s.flow.ReopenCall(r.Context(), r.actor(), r.PathValue("id")))
}

func (s *site) decided(r *request, err error) error {
	if err != nil {
		return err
	}
	return r.redirect(callPath(r.PathValue("id")))
}

func (v callView) assigneeName() string {
	for _, u := range v.people {
		if u.ID == v.Assignee {
			return u.Name
		}
	}
	return ""
}

// what, means and todo are the three things that a call in trouble says.
func (v callView) what(p *page) string {
	if id := "calls.what_" + v.Code; p.Has(id) {
		return p.T(id)
	}
	return p.Error(v.Error())
}

func (v callView) means(p *page) string {
	if v.Operation == "IncluirOcorrencia" {
		return p.T("calls.means_open")
	}
	if v.Number != 0 {
		return p.T("calls.means_news", "number", v.Number)
	}
	return p.T("calls.means_lost")
}

func (v callView) todo(p *page) string {
	switch {
	case v.Undecoded:
		return p.T("calls.todo_undecoded")
	case v.hasFile():
		return p.T("calls.todo_file")
	}
	if id := "calls.todo_" + v.Code; p.Has(id) {
		return p.T(id)
	}
	return p.T("calls.todo_other")
}

// hasFile says that the call brought bytes, which are not kept.
func (v callView) hasFile() bool {
	return slices.ContainsFunc(v.Params, func(f flow.ReceivedParam) bool { return f.File })
}

func usePath(id string, m flow.NearMatch) string {
	return fmt.Sprintf("%s?usar=%s#corrigir", callPath(id), url.QueryEscape(fmt.Sprintf("%d.%d", m.UnitID, m.CustomerID)))
}

// reasonsText says why a match is near, as one sentence.
func reasonsText(p *page, m flow.NearMatch) string {
	parts := make([]string, len(m.Reasons))
	for i, r := range m.Reasons {
		parts[i] = p.Reason(r)
	}
	return sentence(strings.Join(parts, "; ")) + "."
}

func doorName(door string) string { return strings.ToUpper(door) }
