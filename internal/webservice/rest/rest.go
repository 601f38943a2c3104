package rest

import (
	"net/http"
	"strings"
	"sync/atomic"

	"ponte/internal/desk"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
)

// Prefix is where the handler is mounted.
const Prefix = "/ws/rest/v1"

type handler struct {
	*door.Door
	about   About
	routes  []route
	openAPI atomic.Pointer[document]
}

// document is the OpenAPI document for one public address.
type document struct {
	base string
	text []byte
}

// New is the handler of everything under Prefix.
func New(d *door.Door, about About) http.Handler {
	return &handler{Door: d, about: about, routes: routesOf(d.Registry)}
}

// exchange is one request on its way to its answer.
type exchange struct {
	*door.Exchange
	pathVar webservice.Param // what the route's variable feeds; no Name where there is none
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{Exchange: h.Exchange(w, r, "rest")}
	h.Serve(x.Exchange, func() (door.Reply, error) { return h.serve(x) },
		func(err *desk.Error) door.Reply { return problem(x, err) })
}

func (h *handler) serve(x *exchange) (door.Reply, error) {
	path, under := strings.CutPrefix(x.R.URL.Path, Prefix)
	if under && path == "/openapi.json" {
		return h.serveOpenAPI(x)
	}
	if !under {
		path = ""
	}
	if err := h.route(x, path); err != nil {
		return door.Reply{}, err
	}
	// The header alone is looked at: the body of a stranger isn't read.
	credentials, given := door.Credentials(x.R)
	if err := h.Authenticate(x.Exchange, credentials, given); err != nil {
		return door.Reply{}, err
	}
	h.Shape(x.Exchange)
	if err := h.Admit(x.Exchange); err != nil {
		return door.Reply{}, err
	}
	params, done, err := h.params(x)
	defer done()
	if err != nil {
		return door.Reply{}, err
	}
	answer, err := h.Call(x.Exchange, params)
	if err != nil {
		return door.Reply{}, err
	}
	return success(x, answer), nil
}

func (h *handler) serveOpenAPI(x *exchange) (door.Reply, error) {
	if x.R.Method != http.MethodGet && x.R.Method != http.MethodHead {
		return door.Reply{}, door.MethodNotAllowed("GET, HEAD")
	}
	base := h.PublicURL()
	doc := h.openAPI.Load()
	if doc == nil || doc.base != base {
		doc = &document{base: base, text: OpenAPI(h.Registry, base, h.about)}
		h.openAPI.Store(doc)
	}
	return door.Reply{Status: http.StatusOK, Mime: "application/json", Body: doc.text,
		Header: http.Header{"Cache-Control": {"no-cache"}}}, nil
}
