package web

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

func peoplePath(unit int64) string { return fmt.Sprintf("/unidades/%d/pessoas", unit) }

// peopleView is who may ask for a unit, with a new one as they were typed.
type peopleView struct {
	*flow.UnitPeople
	in       flow.UnitPersonInput
	since    string
	ends     int64 // the term whose end was refused
	problems map[string]string
	saved    bool
}

func unitOf(r *request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, notFound()
	}
	return id, nil
}

// showUnitPeople is GET /unidades/{id}/pessoas.
func (s *site) showUnitPeople(r *request) error {
	id, err := unitOf(r)
	if err != nil {
		return err
	}
	return s.unitPeople(r, http.StatusOK, id, peopleView{saved: r.URL.Query().Get("salvo") != ""})
}

func (s *site) unitPeople(r *request, status int, id int64, v peopleView) (err error) {
	if v.UnitPeople, err = s.flow.UnitPeople(r.Context(), r.actor(), id); err != nil {
		return err
	}
	p := r.page(r.l.T("people.title"), "ocorrencias")
	p.crumbs = []crumb{{label: "CRM"}, {p.T("nav.occurrences"), "/ocorrencias"}, {label: unitText(v.Unit)}}
	p.path = peoplePath(id)
	return r.show(status, unitPeoplePage(p, v))
}

// dayWritten reads a day as browsers and people write it.
func dayWritten(text, field string) (flow.When, *desk.Error) {
	if text == "" {
		return flow.When{}, nil
	}
	for _, layout := range []string{time.DateOnly, "02/01/2006"} {
		if t, err := time.Parse(layout, text); err == nil {
			return flow.When{Time: t, Set: true, NoZone: true}, nil
		}
	}
	return flow.When{}, desk.BadField(field, "data_invalida")
}

// addUnitPerson is POST /unidades/{id}/pessoas.
func (s *site) addUnitPerson(r *request) error {
	id, err := unitOf(r)
	if err != nil {
		return err
	}
	if err := r.form(); err != nil {
		return err
	}
	v := peopleView{since: r.typed("desde"), in: flow.UnitPersonInput{Unit: id, Document: r.typed("cpf_cnpj"), Name: r.typed("nome"), Phone: r.typed("telefone"), Email: r.typed("email")}}
	since, wrong := dayWritten(v.since, "desde")
	for _, text := range []string{v.in.Name, v.in.Phone, v.in.Email} {
		if len([]rune(text)) > 200 {
			wrong = desk.BadField("nome", "grande_demais", "maximo", 200)
		}
	}
	if v.in.Since = since; wrong == nil {
		err = s.flow.AddUnitPerson(r.Context(), r.actor(), v.in)
	} else {
		err = wrong
	}
	return s.peopleDone(r, id, v, err)
}

// endUnitPerson is POST /unidades/{id}/pessoas/{prazo}/encerrar.
func (s *site) endUnitPerson(r *request) error {
	id, err := unitOf(r)
	if err != nil {
		return err
	}
	term, err := strconv.ParseInt(r.PathValue("prazo"), 10, 64)
	if err != nil {
		return notFound()
	}
	if err := r.form(); err != nil {
		return err
	}
	until, wrong := dayWritten(r.typed("ate"), "ate")
	if wrong == nil {
		err = s.flow.EndUnitPerson(r.Context(), r.actor(), id, term, until)
	} else {
		err = wrong
	}
	return s.peopleDone(r, id, peopleView{ends: term}, err)
}

func (s *site) peopleDone(r *request, id int64, v peopleView, err error) error {
	if err == nil {
		return r.redirect(peoplePath(id) + "?salvo=1")
	}
	e, ok := besideForm(err)
	if !ok || e.Kind == desk.Forbidden {
		return err
	}
	v.problems = problemsOf(r, e)
	return s.unitPeople(r, statusOf[e.Kind], id, v)
}

func (v peopleView) day(t time.Time) string { return t.Format("02/01/2006") }
