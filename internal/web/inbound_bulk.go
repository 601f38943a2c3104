package web

import (
	"net/http"
	"strconv"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// bulkView is a walk over the open calls of a question: each step is a request of its own and each call a transaction
// of its own, so that it can be left and taken up again anywhere.
type bulkView struct {
	callsAsk
	act              string // "ensaiar", "reenviar", or "" before the start
	done, good, kept int
	over             bool
	waiting          flow.Count
}

// How much one step does: as many calls as fit the time, and no more than a page of them.
const (
	bulkStep = 25
	bulkTime = 400 * time.Millisecond
)

// showBulk is GET /integracao/recebimentos/lote, with the list's filters.
func (s *site) showBulk(r *request) error {
	if !flow.MayReplay(r.actor()) {
		return desk.Fail(desk.ErrForbidden)
	}
	v := bulkView{callsAsk: callsAskOf(r.URL.Query())}
	v.after = ""
	var err error
	if v.waiting, err = s.flow.CountOpenCalls(r.Context(), r.actor()); err != nil {
		return err
	}
	return s.bulk(r, v)
}

func (s *site) bulk(r *request, v bulkView) error {
	p := r.page(r.l.T("calls.bulk_title"), "recebimentos")
	p.path = v.path("/lote")
	p.crumbs = []crumb{{label: p.T("calls.integration")}, {p.T("calls.title"), callsPath}, {label: p.title}}
	if r.htmx() {
		return r.show(http.StatusOK, bulkPart(p, v))
	}
	return r.show(http.StatusOK, bulkPage(p, v))
}

// runBulk is POST /integracao/recebimentos/lote: a step of a rehearsal (ato=ensaiar, which writes nothing) or of the
// replay itself (ato=reenviar).
func (s *site) runBulk(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	if !flow.MayReplay(r.actor()) {
		return desk.Fail(desk.ErrForbidden)
	}
	v := bulkView{callsAsk: callsAskOf(r.PostForm), act: r.PostFormValue("ato")}
	if v.act != "ensaiar" && v.act != "reenviar" {
		return desk.Fail(desk.ErrContent)
	}
	v.done, _ = strconv.Atoi(r.PostFormValue("feitos"))
	v.good, _ = strconv.Atoi(r.PostFormValue("aceitos"))
	v.kept = v.done - v.good
	if err := s.bulkOn(r, &v); err != nil {
		return err
	}
	return s.bulk(r, v)
}

func (s *site) bulkOn(r *request, v *bulkView) error {
	q := v.query(r.user.ID)
	q.Most = bulkStep
	began := time.Now()
	lines, next, err := s.flow.OpenCalls(r.Context(), r.actor(), q)
	if err != nil {
		return err
	}
	v.over = next == ""
	for i, l := range lines {
		ok, err := s.bulkOne(r, v.act, l.ID)
		if err != nil {
			return err
		}
		v.done++
		if ok {
			v.good++
		} else {
			v.kept++
		}
		v.after = flow.CallCursor(l)
		if time.Since(began) > bulkTime && i < len(lines)-1 {
			v.over = false
			return nil
		}
	}
	if next != "" {
		v.after = next
	}
	return nil
}

// bulkOne answers whether the call passes. A refusal is no failure of the walk: the call stays open with its reason.
func (s *site) bulkOne(r *request, act, id string) (bool, error) {
	var ok bool
	var err error
	if act == "ensaiar" {
		ok, err = s.flow.WouldPass(r.Context(), r.actor(), id)
	} else {
		err = s.replay(r, id, nil, 0)
		ok = err == nil
	}
	if e, refused := understood(err); refused && e.Kind != desk.Unavailable {
		return false, nil
	}
	return ok, err
}
