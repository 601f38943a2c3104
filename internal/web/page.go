package web

import (
	"net/http"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/i18n"
)

// page is what every template knows: the language, who reads, when, and where in the house we are.
type page struct {
	*i18n.Localizer
	title  string
	nav    string
	crumbs []crumb
	user   flow.User
	theme  string
	env    desk.Environment // in which occurrences are born now; empty before there is any
	phase  desk.Phase
	// unproven: production runs on a version that no signed report speaks of. Only those who configure are told.
	unproven bool
	now      time.Time
	q        string // what was searched for, for the box of every page
	path     string // where a change of look comes back to
	assets   *assets
	// openCalls is how many received calls wait, for those who see the queue.
	openCalls flow.Count
	// blocked is how many lanes of deliveries wait for a person, for those who see the console.
	blocked flow.Count
	// findings is how many differences from Mobuss are open, for those who see them.
	findings flow.Count
	// pauses are the routes on which nothing is sent now.
	pauses []flow.PauseNotice
}

// crumb is a step of the way; without an address it is a part of the menu's path that has no page.
type crumb struct{ label, href string }

// page begins a page. Its title is also the last crumb.
func (r *request) page(title, nav string) *page {
	p := &page{Localizer: r.l, title: title, nav: nav, user: r.user, theme: r.look.theme, now: r.now,
		path: "/", assets: r.site.assets, crumbs: []crumb{{label: title}}}
	if r.Method == http.MethodGet {
		p.path = r.URL.RequestURI()
	}
	r.stand(p)
	var err error
	if p.pauses, err = r.site.flow.PauseNotices(r.Context(), r.actor()); err != nil && r.Context().Err() == nil {
		r.site.log.Error("web: pauses", "pedido", r.id, "erro", err)
	}
	if flow.MaySeeCalls(r.actor()) {
		if p.openCalls, err = r.site.flow.CountOpenCalls(r.Context(), r.actor()); err != nil && r.Context().Err() == nil {
			r.site.log.Error("web: open calls", "pedido", r.id, "erro", err)
		}
	}
	if flow.MaySeeDeliveries(r.actor()) {
		if p.blocked, err = r.site.flow.CountBlocked(r.Context(), r.actor()); err != nil && r.Context().Err() == nil {
			r.site.log.Error("web: blocked deliveries", "pedido", r.id, "erro", err)
		}
		if p.findings, err = r.site.flow.CountFindings(r.Context(), r.actor()); err != nil && r.Context().Err() == nil {
			r.site.log.Error("web: open findings", "pedido", r.id, "erro", err)
		}
	}
	return p
}

// stand puts where the house is on its way into production onto a page.
func (r *request) stand(p *page) {
	var err error
	if p.phase, err = r.site.flow.Phase(r.Context()); err == nil && p.phase != "" {
		p.env = p.phase.Active()
		if p.phase == desk.Live && r.actor().Has(desk.Consultant) {
			var s flow.Standing
			s, err = r.site.flow.Standing(r.Context())
			p.unproven = s.Unproven()
		}
	}
	if err != nil && r.Context().Err() == nil {
		r.site.log.Error("web: where the house stands", "pedido", r.id, "erro", err)
	}
}

// role is what a person is called by what they do; the first role counts.
func (p *page) role() string {
	if len(p.user.Roles) == 0 {
		return ""
	}
	return p.T("role." + string(p.user.Roles[0]))
}
