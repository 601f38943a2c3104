package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

const unitsPath = registryPath + "/unidades-no-mobuss"

// unitsView is how an environment's units stand to Mobuss.
type unitsView struct {
	flow.UnitCheck
	env      desk.Environment
	extra    int64
	missing  []flow.MissingByBlock
	flawed   map[flow.UnitFlaw][]flow.FlawedUnit
	looks    flow.UnitLooks
	problems map[string]string
}

// shownFlaws is how many lines of a list stand on the page; the sheet has them all.
const shownFlaws = 50

// showUnits is GET /cadastros/unidades-no-mobuss?ambiente=...; the active environment unless it says otherwise.
func (s *site) showUnits(r *request) error {
	env := desk.Environment(r.URL.Query().Get("ambiente"))
	return s.units(r, http.StatusOK, unitsView{env: env})
}

func (s *site) units(r *request, status int, v unitsView) error {
	p := r.registryPage(r.l.T("units.title"))
	if !v.env.Valid() {
		v.env = p.env
	}
	if err := s.fillUnits(r, &v); err != nil {
		return err
	}
	p.path = unitsOf(v.env)
	if r.htmx() {
		return r.show(status, unitsPart(p, v))
	}
	return r.show(status, unitsPage(p, v))
}

func (s *site) fillUnits(r *request, v *unitsView) (err error) {
	ctx, a := r.Context(), r.actor()
	if v.UnitCheck, err = s.flow.UnitCheck(ctx, a, v.env); err != nil {
		return err
	}
	if v.extra, err = s.flow.CountMobussOnly(ctx, a, v.env); err != nil {
		return err
	}
	if v.missing, err = s.flow.UnitsMissingByBlock(ctx, a, v.env); err != nil {
		return err
	}
	if v.looks, err = s.flow.UnitLooks(ctx, a); err != nil {
		return err
	}
	v.flawed = map[flow.UnitFlaw][]flow.FlawedUnit{}
	for _, flaw := range flow.UnitFlaws {
		if v.count(flaw) == 0 {
			continue
		}
		if v.flawed[flaw], err = s.flow.FlawedUnits(ctx, a, v.env, flaw, shownFlaws); err != nil {
			return err
		}
	}
	return nil
}

// count is how many units have a flaw.
func (v unitsView) count(flaw flow.UnitFlaw) int64 {
	switch flaw {
	case flow.FlawMissing:
		return v.Missing
	case flow.FlawShared:
		return v.Duplicates
	case flow.FlawUnknown:
		return v.Unknown
	}
	return v.extra
}

func unitsOf(env desk.Environment) string {
	return unitsPath + "?" + url.Values{"ambiente": {string(env)}}.Encode()
}

func flawSheet(env desk.Environment, flaw flow.UnitFlaw) string {
	return unitsPath + "/" + string(flaw) + ".csv?" + url.Values{"ambiente": {string(env)}}.Encode()
}

// takeUnitList is POST /cadastros/unidades-no-mobuss: the list of the units that Mobuss has in an environment, which
// stands in the address because the body is read once.
func (s *site) takeUnitList(r *request) error {
	env := desk.Environment(r.URL.Query().Get("ambiente"))
	if !env.Valid() {
		return notFound()
	}
	id, _, err := r.sheets(env)
	if e, ok := besideForm(err); ok && e.Kind != desk.Forbidden {
		return s.units(r, statusOf[e.Kind], unitsView{env: env, problems: problemsOf(r, e)})
	}
	if err != nil {
		return err
	}
	return r.redirect(importPath(id))
}

// showUnitSheet is GET /cadastros/unidades-no-mobuss/{lista}: all that is wrong in one way, to be filled in and imported.
func (s *site) showUnitSheet(r *request) error {
	env := desk.Environment(r.URL.Query().Get("ambiente"))
	name, ok := strings.CutSuffix(r.PathValue("lista"), ".csv")
	if !ok || !env.Valid() || !slices.Contains(flow.UnitFlaws, flow.UnitFlaw(name)) || s.registry.Units == nil {
		return notFound()
	}
	if !r.actor().Has(desk.Consultant) {
		return desk.Fail(desk.ErrForbidden)
	}
	asSheet(r.w.Header(), "unidades-"+name+"-"+string(env)+".csv")
	return ifBegun(r, s.registry.Units(r.Context(), r.actor(), env, flow.UnitFlaw(name), r.w))
}

// lookUnits is POST /cadastros/unidades-no-mobuss/{ato}: consultar asks Mobuss about the ids, parar ends that.
func (s *site) lookUnits(r *request) error {
	var err error
	switch r.PathValue("ato") {
	case "consultar":
		err = s.flow.AskUnits(r.Context(), r.actor())
	case "parar":
		err = s.flow.StopAskingUnits(r.Context(), r.actor())
	default:
		return notFound()
	}
	if e, ok := besideForm(err); ok && e.Kind != desk.Forbidden {
		return s.units(r, statusOf[e.Kind], unitsView{env: desk.Homologation, problems: problemsOf(r, e)})
	}
	if err != nil {
		return err
	}
	return r.redirect(unitsOf(desk.Homologation))
}
