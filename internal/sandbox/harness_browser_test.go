package sandbox

import (
	"testing"

	"ponte/internal/browsertest"
)

var (
	phone     = browsertest.Window{Width: 360, Height: 780}
	darkPhone = browsertest.Window{Width: 360, Height: 780, Dark: true}
	desk      = browsertest.Window{Width: 1440, Height: 1000}
)

// tab is a page of the sandbox's.
type tab struct{ *browsertest.Tab }

// tab opens a page that shares no cookie with any other.
func (r *rig) tab(b *browsertest.Browser, w browsertest.Window) *tab { return r.tabAt(b, r.web.URL, w) }

func (r *rig) tabAt(b *browsertest.Browser, base string, w browsertest.Window) *tab {
	t := r.t.(*testing.T)
	t.Helper()
	return &tab{b.Tab(t, base, w)}
}

// look checks a page as it stands: nothing scrolls sideways, nothing under a thumb is below 48 px, axe-core finds nothing.
// Where PONTE_SCREENS names a folder, it keeps a picture there.
func (x *tab) look(name string) {
	x.T.Helper()
	x.Axe(name)
	x.Wide(name)
	small := browsertest.Eval[string](x.Tab, `innerWidth > 600 ? "" : [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
		.filter(e => e.checkVisibility() && !e.matches(".skip, .vh, [type=radio], .photos a"))
		.map(e => [e, e.getBoundingClientRect()]).filter(([e, r]) => r.height < 47.5)
		.map(([e, r]) => r.height + " " + e.outerHTML.slice(0, 90)).join("\n")`)
	if small != "" {
		x.T.Errorf("%s has controls below 48 px:\n%s", name, small)
	}
	x.Picture("tech-" + name)
}

// Axe takes the bars from the edges that they are stuck to: what stands half under one is only a scroll away, and axe
// would call it too small.
func (x *tab) Axe(where string) {
	x.T.Helper()
	stick := func(how string) {
		browsertest.Eval[any](x.Tab, `document.querySelectorAll(".go, .tbar").forEach(e => { e.style.position = "`+how+`" }); null`)
	}
	stick("static")
	defer stick("")
	x.Tab.Axe(where)
}
