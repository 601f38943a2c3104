package web

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// pausePath is where every page asks whether the field's tool answers.
const pausePath = "/integracao/pausa"

// showPause is GET /integracao/pausa: the band of every page, and nothing (204) while rev is still what the page has.
func (s *site) showPause(r *request) error {
	p := r.page("", "")
	if r.unchanged(p.pauseRev()) {
		return nil
	}
	return r.show(http.StatusOK, pauseBand(p))
}

// askPaused is POST /integracao/pausa: somebody wants the tool asked at once.
func (s *site) askPaused(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	if err := s.flow.AskPaused(r.Context(), r.actor(), desk.Environment(r.PostFormValue("ambiente"))); err != nil {
		return err
	}
	if r.htmx() {
		return r.show(http.StatusOK, pauseBand(r.page("", "")))
	}
	return r.redirect(deliveriesPath)
}

// pauseRev changes whenever what the band shows changes; empty where there is none.
func (p *page) pauseRev() string {
	if len(p.pauses) == 0 {
		return ""
	}
	h := fnv.New64a()
	for _, n := range p.pauses {
		fmt.Fprintln(h, n.ID, n.Cause, n.AskAt.UnixMilli(), n.Reason, n.Waiting, n.Active)
	}
	return fmt.Sprintf("%x", h.Sum64())
}

func (p *page) pauseTitle(n flow.PauseNotice) string {
	since := p.T("pause.since", "when", p.moment(n.Failing))
	if n.Active {
		return p.T("pause.title_"+string(n.Cause), "since", since)
	}
	return p.T("pause.other_"+string(n.Cause), "since", since, "environment", p.T("environment."+string(n.Environment)))
}

// pauseMeans is what it means for customers.
func (p *page) pauseMeans(n flow.PauseNotice) string {
	switch {
	case n.Waiting.N == 0:
		return p.T("pause.means_none")
	case n.Waiting.More:
		return p.T("pause.means_more", "n", p.Number(n.Waiting.N))
	}
	return p.N("pause.means", int(n.Waiting.N))
}

func (p *page) pauseTodo(n flow.PauseNotice) string {
	const soon = time.Minute
	next := p.T("pause.next_soon")
	if n.AskAt.Sub(p.now) > soon {
		next = p.T("pause.next_at", "when", p.Clock(n.AskAt.In(flow.Zone(""))))
	}
	if n.Cause == desk.PauseCredential && n.MayMend {
		return p.T("pause.mend_credencial", "next", next)
	}
	return p.T("pause.todo_"+string(n.Cause), "next", next)
}

// mendPath is where a reader may change the connection of an environment.
func mendPath(n flow.PauseNotice) string {
	if n.Environment == desk.Production {
		return productionPath
	}
	return connectionPath
}
