package web

import (
	"maps"
	"net/http"
	"slices"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// removalView is the page that takes a status away: what stands in the way, and what goes with it.
type removalView struct {
	status   desk.Status
	base     string
	note     string
	inside   flow.Count    // occurrences that are in it
	uses     []string      // ids of what the catalogue uses it for
	after    []desk.Status // whose deliveries it follows
	from     []desk.Status // that lead to it
	window   bool
	steps    []string // situations of the reconciliation that mean it
	problems map[string]string
	clash    *flow.Version
}

// refused says whether it can't be taken away.
func (v removalView) refused() bool {
	return v.inside.N > 0 || len(v.uses) > 0 || len(v.after) > 0
}

// showRemoval is GET /parametrizacoes/status/{codigo}/retirar.
func (s *site) showRemoval(r *request) error { return s.removal(r, http.StatusOK, removalView{}) }

func (s *site) removal(r *request, code int, v removalView) error {
	now, st, err := s.statusNow(r)
	if err != nil {
		return err
	}
	if v.inside, err = s.flow.OccurrencesIn(r.Context(), r.actor(), st.Code); err != nil {
		return err
	}
	v.status, v.uses = st, special(&now.Config.Catalogue, st.Code)
	_, v.window = now.Config.Integration.Windows[st.Code]
	if c := now.Config.Integration.Reconcile; c != nil {
		for _, situation := range slices.Sorted(maps.Keys(c.Steps)) {
			if c.Steps[situation] == st.Code {
				v.steps = append(v.steps, situation)
			}
		}
	}
	for _, other := range now.Config.Statuses {
		if other.Code == st.Code {
			continue
		}
		if other.AfterSuccess == st.Code {
			v.after = append(v.after, other)
		}
		if slices.Contains(other.Next, st.Code) {
			v.from = append(v.from, other)
		}
	}
	if v.base == "" {
		v.base = number(now.Number)
	}
	p := r.page(r.l.T("catalogue.remove"), "status")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.T("statuses.title"), href: statusesPath},
		{label: st.Code + " · " + sentence(st.Name), href: statusSettings(st.Code)}, {label: p.title}}
	p.path = statusSettings(st.Code) + "/retirar"
	return r.show(code, removalPage(p, v))
}

// removeStatus is POST /parametrizacoes/status/{codigo}/retirar.
func (s *site) removeStatus(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	code := r.PathValue("codigo")
	v := removalView{base: r.typed("versao"), note: r.typed("nota")}
	err := s.publish(r, v.base, v.note, func(d *mapping.Document) error { return withoutStatus(&d.Config, code) })
	if err == nil {
		return r.redirect(statusesPath + "?salvo=1")
	}
	e, ok := besideForm(err)
	if !ok || e.Kind == desk.Forbidden {
		return err
	}
	v.problems = placed(r, e, func(path string) string {
		if path == "observacao" {
			return "nota"
		}
		return ""
	})
	if v.clash, err = s.clash(r, e); err != nil {
		return err
	}
	if v.clash != nil {
		v.base = number(v.clash.Number)
	}
	return s.removal(r, statusOf[e.Kind], v)
}

// withoutStatus takes a status out of the catalogue, with the ways that lead to it, its window and what the reconciliation
// takes for it. What uses it for
// anything else is for Check to refuse.
func withoutStatus(c *mapping.Config, code string) error {
	if _, there := c.Status(code); !there {
		return notFound()
	}
	c.Statuses = slices.DeleteFunc(slices.Clone(c.Statuses), func(s desk.Status) bool { return s.Code == code })
	for i := range c.Statuses {
		c.Statuses[i].Next = slices.DeleteFunc(slices.Clone(c.Statuses[i].Next), func(next string) bool { return next == code })
	}
	c.Integration.Windows = maps.Clone(c.Integration.Windows)
	delete(c.Integration.Windows, code)
	if c.Integration.Reconcile != nil {
		r := *c.Integration.Reconcile
		r.Steps = maps.Clone(r.Steps)
		maps.DeleteFunc(r.Steps, func(_, means string) bool { return means == code })
		c.Integration.Reconcile = &r
	}
	return nil
}
