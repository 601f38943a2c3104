package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// setting is what a field of the settings shows: what was typed and not taken, or what runs.
func (v diffView) setting(name string) string {
	if typed, ok := v.typed[name]; ok {
		return typed
	}
	r := v.status.Rules
	switch {
	case name == "por_minuto":
		return strconv.Itoa(r.Pace())
	case r.Every == 0:
		return ""
	}
	return strconv.Itoa(int((r.Every.Std() + time.Minute - 1) / time.Minute))
}

func (v diffView) takes(k desk.FindingKind) bool {
	if typed, ok := v.typed["trazer"]; ok {
		return slices.Contains(strings.Fields(typed), string(k))
	}
	return slices.Contains(v.status.Rules.Take, k)
}

// saveReconcile is POST /integracao/conciliacao/agenda: a new version of the configuration.
func (s *site) saveReconcile(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	typed := map[string]string{"intervalo": r.typed("intervalo"), "por_minuto": r.typed("por_minuto"), "trazer": strings.Join(r.PostForm["trazer"], " ")}
	doc, err := s.flow.ExportConfig(r.Context(), r.actor())
	if err != nil {
		return err
	}
	rules := doc.Integration.Reconcile
	if rules == nil {
		return desk.Fail(desk.ErrConfig, "motivo", "nada_a_conferir")
	}
	wrong := map[string]string{}
	every, ok := wholeNumber(typed["intervalo"], 0)
	if !ok || every > 7*24*60 {
		wrong["intervalo"] = r.l.T("reconcile.bad_every")
	}
	pace, ok := wholeNumber(typed["por_minuto"], mapping.DefaultPerMinute)
	if !ok || pace < 1 || pace > mapping.MostPerMinute {
		wrong["por_minuto"] = r.l.T("reconcile.bad_pace", "most", mapping.MostPerMinute)
	}
	rules.Every, rules.PerMinute, rules.Take = mapping.Duration(time.Duration(every)*time.Minute), pace, nil
	for _, k := range desk.ByItself {
		if slices.Contains(r.PostForm["trazer"], string(k)) {
			rules.Take = append(rules.Take, k)
		}
	}
	if len(wrong) == 0 {
		doc.Environments, doc.Classes = mapping.Environments{}, nil
		_, err = s.flow.PublishConfig(r.Context(), r.actor(), doc, flow.Publication{Note: r.l.T("reconcile.note")})
		if err == nil {
			s.flow.WakeReconcile()
			return r.redirect(findingsPath + "#agenda")
		}
		e, beside := besideForm(err)
		if !beside || e.Code == desk.ErrForbidden {
			return err
		}
		wrong["intervalo"] = r.l.Error(e)
	}
	v, err := s.findings(r, diffAskOf(nil))
	if err != nil {
		return err
	}
	v.wrong, v.typed = wrong, typed
	return r.show(http.StatusUnprocessableEntity, diffPage(s.findingsPage(r), v))
}

// wholeNumber reads a number of people; nothing typed is the usual one.
func wholeNumber(s string, usual int) (int, bool) {
	if s == "" {
		return usual, true
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0
}
