package rest

import (
	"net/http"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
)

// route is one address. net/http's mux answers 404 and 405 in plain text and redirects what it cleans, so the
// dozen routes are matched here.
type route struct {
	segments []string // a variable is ""
	param    string   // the parameter that the variable feeds
	methods  []string
	entries  []*webservice.Entry // beside methods
}

func routesOf(registry *webservice.Registry) []route {
	var routes []route
	add := func(e *webservice.Entry, method, path string) {
		r := route{}
		for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
			if strings.HasPrefix(segment, "{") {
				r.param, _ = e.PathParam(strings.Trim(segment, "{}"))
				segment = ""
			}
			r.segments = append(r.segments, segment)
		}
		i := slices.IndexFunc(routes, func(old route) bool { return slices.Equal(old.segments, r.segments) })
		if i < 0 {
			i = len(routes)
			routes = append(routes, r)
		}
		methods := []string{method}
		if method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
		for _, m := range methods {
			routes[i].methods = append(routes[i].methods, m)
			routes[i].entries = append(routes[i].entries, e)
		}
	}
	for _, e := range registry.Entries() {
		for _, r := range e.Routes {
			add(e, r.Method, r.Path)
		}
		add(e, http.MethodPost, "/"+e.Name) // for clients that can't build paths
	}
	return routes
}

// match compares a path's segments; the variable takes any segment that isn't empty.
func (r *route) match(segments []string) (value string, ok bool) {
	if len(segments) != len(r.segments) {
		return "", false
	}
	for i, want := range r.segments {
		switch {
		case segments[i] == "" || want != "" && want != segments[i]:
			return "", false
		case want == "":
			value = segments[i]
		}
	}
	return value, true
}

// route finds the operation. It needs no authentication: the addresses are public in the OpenAPI document.
func (h *handler) route(x *exchange, path string) error {
	rest, absolute := strings.CutPrefix(path, "/")
	if !absolute {
		return desk.Fail(desk.ErrRoute, "documento", Prefix+"/openapi.json")
	}
	segments := strings.Split(rest, "/")
	for i := range h.routes {
		r := &h.routes[i]
		value, ok := r.match(segments)
		if !ok {
			continue
		}
		m := slices.Index(r.methods, x.R.Method)
		if m < 0 {
			x.Call.Operation = r.entries[0].Name
			return door.MethodNotAllowed(strings.Join(r.methods, ", "))
		}
		x.Answers(r.entries[m])
		if r.param != "" {
			x.pathVar = webservice.Param{Name: r.param, Text: value}
		}
		return nil
	}
	return desk.Fail(desk.ErrRoute, "documento", Prefix+"/openapi.json")
}
