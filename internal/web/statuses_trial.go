package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// trialView is what came of a call to homologation, or why it was not made.
type trialView struct {
	*flow.TrialShown
	refused string
}

// tryIntegration is POST /parametrizacoes/status/{codigo}/integracao/testar: sends the call as the form stands, saved or
// not, to homologation, and shows the form again with what came of it.
func (s *site) tryIntegration(r *request) error {
	if s.conformance.Trial == nil {
		return notFound()
	}
	if err := r.form(); err != nil {
		return err
	}
	f := readIntegration(r)
	v := integrationView{form: f, trial: &trialView{}}
	now, _, err := s.statusNow(r)
	if err != nil {
		return err
	}
	in := flow.PreviewInput{Point: f.point(), Comment: r.l.T("statuses.sample_comment")}
	if f.number != "" {
		if in.Number, err = strconv.ParseInt(f.number, 10, 64); err != nil || in.Number < 1 {
			v.trial.refused = r.l.T("trial.none")
			return s.integration(r, http.StatusOK, v)
		}
	}
	code := r.PathValue("codigo")
	if f.firesOther(now.Config, code) {
		now.Config.Statuses = freed(now.Config.Statuses, f.point())
	}
	if err = f.apply(now.Config, code); err == nil {
		v.trial.TrialShown, err = s.conformance.Trial(r.Context(), r.actor(), now.Config, in)
	}
	if err == nil {
		return s.integration(r, http.StatusOK, v) // the page's own: the call was made, whatever came of it
	}
	var lacks *mapping.Missing
	e, ok := understood(err)
	switch {
	case errors.As(err, &lacks):
		names := make([]string, len(lacks.Values))
		for i, m := range lacks.Values {
			names[i] = m.Target + " (" + sourceText(r.page("", ""), m.Source) + ")"
		}
		v.trial.refused = r.l.T("trial.missing", "fields", strings.Join(names, ", "))
	case !ok || e.Kind == desk.Forbidden:
		return err
	case e.Code == desk.ErrNotFound:
		v.trial.refused = r.l.T("trial.none")
	case e.Code == desk.ErrConfig:
		v.problems, v.lines = f.named(r, e)
	case len(e.Fields) > 0:
		v.trial.refused = r.l.Field(e.Fields[0])
	default:
		v.trial.refused = r.l.Error(e)
	}
	return s.integration(r, http.StatusUnprocessableEntity, v)
}

// firesOther says whether another status fires the form's point: the call is tried whoever fires it.
func (f integrationForm) firesOther(d *mapping.Config, code string) bool {
	owner := ownerOf(&d.Catalogue, f.point())
	return owner != "" && owner != code
}

func freed(all []desk.Status, p desk.Point) []desk.Status {
	for i := range all {
		if all[i].Point == p {
			all[i].Point = desk.NoPoint
		}
	}
	return all
}

// explainedText is what a rule gave, in words.
func explainedText(p *page, e mapping.Explained) string {
	switch {
	case e.Code != "":
		return p.T("trial.value_" + e.Code)
	case e.Value == "true" || e.Value == "false":
		return p.T("trial.value_" + e.Value)
	case e.Value == "":
		return p.T("trial.value_none")
	}
	return e.Value
}
