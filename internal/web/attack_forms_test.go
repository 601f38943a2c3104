package web_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	dom "golang.org/x/net/html"

	"ponte/internal/web"
)

// planter writes payloads into whatever takes text, each under a mark of its own, and reads every page for them.
type planter struct {
	*world
	b          *browser
	router     *http.ServeMux
	marks      map[string]string // what was planted, by mark
	typed      map[string]bool   // names of fields that people filled
	shown      map[string]bool   // marks that some page told
	forms      map[string]bool   // forms that were sent
	visits     map[string]int    // pages read, by route
	read       map[string]bool
	hidden     map[string]bool
	importPage string
	always     int // so many of the first pages are read, however many of their kind there are
}

func newPlanter(w *world) *planter {
	p := &planter{world: w, b: w.signedIn("admin@demo"), router: http.NewServeMux(), marks: map[string]string{}, typed: map[string]bool{},
		shown: map[string]bool{}, forms: map[string]bool{}, visits: map[string]int{}, read: map[string]bool{}, hidden: map[string]bool{}}
	for _, route := range web.Patterns() {
		p.router.Handle(route, http.NotFoundHandler())
	}
	return p
}

// text is a payload for a field that takes up to most bytes; 0: as many as it likes.
func (p *planter) text(field string, most int) string {
	n := len(p.marks)
	name := fmt.Sprintf("xq%dz", n)
	payload := strings.ReplaceAll(corpus[n%len(corpus)], "MARK", name)
	if most > 0 && len(payload) > most {
		payload = strings.ReplaceAll(short, "MARK", name)
	}
	if most > 0 && len(payload) > most {
		return payload[:most] // no room for a mark: what there is must be inert all the same
	}
	p.marks[name] = field
	return payload
}

func (p *planter) route(method, path string) string {
	r, err := http.NewRequest(method, path, nil)
	if err != nil {
		return ""
	}
	_, pattern := p.router.Handler(r)
	return pattern
}

// look judges an answer and tells what it holds.
func (p *planter) look(what string, a answer) (links []string, forms []*dom.Node) {
	p.t.Helper()
	if a.status >= 500 {
		p.t.Errorf("%s: %d", what, a.status)
	}
	for _, name := range mark.FindAllString(a.body, -1) {
		p.shown[name] = true
	}
	if v := a.header.Get("Content-Disposition"); strings.ContainsAny(v, "\r\n") {
		p.t.Errorf("%s: Content-Disposition %q", what, v)
	}
	if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		if a.header.Get("X-Content-Type-Options") != "nosniff" {
			p.t.Errorf("%s: %s may be sniffed", what, a.header.Get("Content-Type"))
		}
		return nil, nil
	}
	if found := alive(a.body); len(found) > 0 {
		p.t.Errorf("%s:\n\t%s", what, strings.Join(found[:min(4, len(found))], "\n\t"))
	}
	root, err := dom.Parse(strings.NewReader(a.body))
	p.must(err)
	for n := range root.Descendants() {
		if n.Data == "form" && strings.EqualFold(attr(n, "method"), "post") {
			forms = append(forms, n)
		}
		for _, key := range []string{"href", "hx-get"} {
			if to := attr(n, key); strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "/static/") {
				links = append(links, to)
			}
		}
	}
	return links, forms
}

func attr(n *dom.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// perRoute is how many pages of one route are read: enough to meet every kind of thing.
const perRoute = 4

// crawl reads from these pages on whatever they lead to, and answers the forms on the way.
func (p *planter) crawl(from ...string) (forms []*dom.Node) {
	p.t.Helper()
	for queue, n := from, 0; len(queue) > 0; queue, n = queue[1:], n+1 {
		at, _, _ := strings.Cut(queue[0], "#")
		route := p.route(http.MethodGet, at)
		if p.read[at] || route == "" || route == "/" || strings.HasPrefix(at, "/novidades") || n >= p.always && p.visits[route] >= perRoute {
			continue
		}
		p.read[at] = true
		p.visits[route]++
		links, some := p.look("GET "+at, p.get(at))
		queue, forms = append(queue, links...), append(forms, some...)
	}
	return forms
}

// get reads a page; who was signed out by an act on the way signs in again.
func (p *planter) get(path string) answer {
	a := p.b.get(path)
	if a.status == http.StatusSeeOther && strings.HasPrefix(a.header.Get("Location"), "/entrar") {
		p.b = p.signedIn("admin@demo")
		a = p.b.get(path)
	}
	return a
}

// fill sends a form with payloads in every field, those that no person writes among them (bold), or in what takes any text, and the rest as it stands.
func (p *planter) fill(form *dom.Node, bold bool) {
	p.t.Helper()
	action := attr(form, "action")
	route := p.route(http.MethodPost, action)
	if route == "POST /sair" || route == "" {
		return
	}
	values := p.values(form, route, bold)
	key := fmt.Sprint(route, " ", action[strings.LastIndexByte(action, '/')+1:], bold, slices.Sorted(maps.Keys(values)))
	if !strings.Contains(route, "{ato}") {
		key = fmt.Sprint(route, bold, slices.Sorted(maps.Keys(values)))
	}
	if p.forms[key] {
		return
	}
	p.forms[key] = true
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.http.URL+action, nil)
	p.must(err)
	body, kind := encoded(form, values)
	r.Body, r.ContentLength = io.NopCloser(body), int64(body.Len())
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	what := "POST " + action
	a := p.b.do(r)
	p.look(what, a)
	if to := a.header.Get("Location"); a.status == http.StatusSeeOther && strings.HasPrefix(to, "/") {
		p.look(what+" and on to "+to, p.get(to))
	}
}

func encoded(form *dom.Node, values url.Values) (*bytes.Buffer, string) {
	if attr(form, "enctype") != "multipart/form-data" {
		return bytes.NewBufferString(values.Encode()), "application/x-www-form-urlencoded"
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, all := range values {
		for _, v := range all {
			_ = w.WriteField(name, v) // to memory
		}
	}
	_ = w.Close()
	return &b, w.FormDataContentType()
}

// values are a form's fields as a browser sends them.
func (p *planter) values(form *dom.Node, route string, bold bool) url.Values {
	out := url.Values{}
	for n := range form.Descendants() {
		name := attr(n, "name")
		if name == "" {
			continue
		}
		switch n.Data {
		case "textarea":
			out.Add(name, p.write(n, route, name))
		case "select":
			out.Add(name, p.forged(chosen(n), route, name, bold))
		case "button":
			if len(out[name]) == 0 && attr(n, "value") != "" {
				out.Set(name, p.forged(attr(n, "value"), route, name, bold))
			}
		case "input":
			p.input(n, route, name, bold, out)
		}
	}
	return out
}

func (p *planter) input(n *dom.Node, route, name string, bold bool, out url.Values) {
	value := attr(n, "value")
	switch kind := attr(n, "type"); kind {
	case "file":
	case "radio", "checkbox":
		if hasAttribute(n, "checked") || kind == "radio" && len(out[name]) == 0 {
			if value == "" {
				value = "on"
			}
			value = p.forged(value, route, name, bold)
			if kind == "radio" {
				out.Set(name, value)
				return
			}
			out.Add(name, value)
		} else if bold {
			out.Add(name, p.forged(value, route, name, bold))
		}
	case "hidden":
		out.Add(name, p.forged(value, route, name, bold))
	case "", "text", "search", "password":
		out.Add(name, p.write(n, route, name))
	default: // a number, a moment, an address: only as such does it come through
		if bold {
			value = p.write(n, route, name)
		}
		out.Add(name, value)
	}
}

// forged is what a browser would not send: a choice that is none.
func (p *planter) forged(value, route, name string, bold bool) string {
	if !bold {
		return value
	}
	p.typed[name] = true
	return p.text(route+" "+name, 0)
}

func (p *planter) write(n *dom.Node, route, name string) string {
	most := 0
	_, _ = fmt.Sscan(attr(n, "maxlength"), &most) // none: no limit
	p.typed[name] = true
	return p.text(route+" "+name, most)
}

func hasAttribute(n *dom.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a dom.Attribute) bool { return a.Key == key })
}

func chosen(sel *dom.Node) (value string) {
	first := true
	for o := range sel.Descendants() {
		if o.Data == "option" && (first || hasAttribute(o, "selected")) {
			value, first = attr(o, "value"), false
		}
	}
	return value
}
