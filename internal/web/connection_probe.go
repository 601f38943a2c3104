package web

import (
	"net/http"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/probe"
)

// testConnection is POST /parametrizacoes/mobuss/teste: one question to homologation that changes nothing, with what is
// saved, and what came of it.
func (s *site) testConnection(r *request) error {
	if s.probe == nil {
		return desk.Fail(desk.ErrUnavailable)
	}
	result, err := s.probe(r.Context(), r.actor(), desk.Homologation)
	if err != nil {
		return err
	}
	return s.connection(r, http.StatusOK, connectionView{probe: &result})
}

// stepIcons and stepClasses are how a step of the test looks.
var (
	stepIcons   = map[probe.State]string{probe.Passed: "circle-check", probe.Failed: "alert-triangle", probe.Unknown: "circle-dashed", probe.None: "ban"}
	stepClasses = map[probe.State]string{probe.Passed: "done", probe.Failed: "fail fill", probe.Unknown: "closed", probe.None: "closed"}
)

// shownWire is a side of the exchange as the reader may see it; nil where there is none.
func shownWire(p *page, text string) *flow.WireMessage {
	if text == "" {
		return nil
	}
	m := flow.ShowWire(p.user.Actor(), text)
	return &m
}
