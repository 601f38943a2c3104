package web

import (
	"net/http"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/mapping"
)

const personalPath = "/parametrizacoes/dados-enviados"

// personalView is what the calls of the configuration that runs send of people.
type personalView struct {
	calls  []mapping.PersonalCall
	status map[desk.Point]string // by point, the code of the status whose tab has its call
}

// showPersonal is GET /parametrizacoes/dados-enviados.
func (s *site) showPersonal(r *request) error {
	now, err := s.flow.VersionByNumber(r.Context(), r.actor(), 0)
	if err != nil {
		return err
	}
	v := personalView{calls: mapping.PersonalCalls(now.Config), status: map[desk.Point]string{}}
	for _, st := range now.Config.Statuses {
		if st.Point != desk.NoPoint {
			v.status[st.Point] = st.Code
		}
	}
	p := r.page(r.l.T("personal.title"), "status")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.T("statuses.title"), href: statusesPath}, {label: p.title}}
	p.path = personalPath
	return r.show(http.StatusOK, personalPage(p, v))
}

// spare is how many rows could be left out.
func (v personalView) spare() (n int) {
	for _, c := range v.calls {
		for _, r := range c.Rows {
			if r.Spare {
				n++
			}
		}
	}
	return n
}

// factWords are the facts of a row in words.
func factWords(p *page, facts []string) string {
	var out []string
	for _, f := range facts {
		out = append(out, p.T("personal.fact_"+strings.ReplaceAll(f, ".", "_")))
	}
	return strings.Join(out, ", ")
}
