package soap

import (
	"mime"
	"net/http"
	"strings"
	"sync/atomic"

	"ponte/internal/desk"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
)

const (
	// Prefix is where the handler is mounted.
	Prefix = "/ws/soap"
	// Namespace is that of the operations.
	Namespace = "urn:ponte:webservice:v1"
)

type handler struct {
	*door.Door
	publicURL func() string
	largest   int64 // the largest limit of an operation
	wsdl      atomic.Pointer[document]
}

// document is the WSDL for one address.
type document struct {
	address string
	text    []byte
}

// New is the handler of everything under Prefix. publicURL is what callers see before it; where it answers nothing,
// the WSDL names the host that it was asked by.
func New(d *door.Door, publicURL func() string) http.Handler {
	h := &handler{Door: d, publicURL: publicURL}
	for _, e := range d.Registry.Entries() {
		h.largest = max(h.largest, d.BodyLimit(e))
	}
	return h
}

// exchange is one message on its way to its answer.
type exchange struct {
	*door.Exchange
	version *version // as far as it is known; by the Content-Type before the envelope is
	message message
	fault   string // a fault code that isn't about who is at fault
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{Exchange: h.Exchange(w, r, "soap"), version: soap11}
	h.Serve(x.Exchange, func() (door.Reply, error) { return h.serve(x) }, x.faulted)
}

func (h *handler) serve(x *exchange) (door.Reply, error) {
	tail := strings.Trim(strings.TrimPrefix(x.R.URL.Path, Prefix), "/")
	_, operation := h.Registry.Entry(tail)
	if tail != "" && !operation {
		return door.Reply{}, desk.Fail(desk.ErrRoute, "documento", Prefix+"?wsdl")
	}
	switch {
	case x.R.Method == http.MethodPost && !operation:
		return h.call(x)
	case x.R.Method != http.MethodGet && x.R.Method != http.MethodHead || operation:
		return door.Reply{}, door.MethodNotAllowed(http.MethodPost)
	case asksForWSDL(x.R):
		return h.describe(x), nil
	case x.R.URL.RawQuery != "":
		return door.Reply{}, door.MethodNotAllowed(http.MethodPost) // ?op=IncluirOcorrencia: writing by GET
	}
	return door.Reply{Status: http.StatusOK, Mime: "text/plain; charset=utf-8",
		Body: []byte("Ponte: SOAP 1.1 e 1.2, por POST. A descrição do serviço (WSDL) está em " + h.address(x.R) + "?wsdl\n")}, nil
}

// asksForWSDL takes the query in any case, and what WCF asks for.
func asksForWSDL(r *http.Request) bool {
	for key := range r.URL.Query() {
		if strings.EqualFold(key, "wsdl") || strings.EqualFold(key, "singleWsdl") {
			return true
		}
	}
	return false
}

// address is the absolute one of the service.
func (h *handler) address(r *http.Request) string {
	if base := h.publicURL(); base != "" {
		return strings.TrimRight(base, "/") + Prefix
	}
	if r.TLS != nil {
		return "https://" + r.Host + Prefix
	}
	return "http://" + r.Host + Prefix
}

func (h *handler) describe(x *exchange) door.Reply {
	address := h.address(x.R)
	doc := h.wsdl.Load()
	if doc == nil || doc.address != address {
		doc = &document{address: address, text: WSDL(h.Registry, address)}
		h.wsdl.Store(doc)
	}
	return door.Reply{Status: http.StatusOK, Mime: "text/xml; charset=utf-8", Body: doc.text, Header: http.Header{"Cache-Control": {"no-cache"}}}
}

// call takes a message: who calls, which operation, its parameters, in this order. A header that has no
// Authorization is answered for by the envelope's.
func (h *handler) call(x *exchange) (door.Reply, error) {
	charset, err := x.contentType()
	if err != nil {
		x.Call.ReceivedUnkept(x.R.ContentLength)
	}
	credentials, given := door.Credentials(x.R)
	if given {
		if err := h.known(x, credentials, true); err != nil {
			return door.Reply{}, err
		}
	}
	if err != nil {
		if !given {
			return door.Reply{}, h.Stranger()
		}
		return door.Reply{}, err
	}
	params, done, err := h.receive(x, charset, given)
	defer done()
	if err != nil {
		return door.Reply{}, err
	}
	answer, err := h.Call(x.Exchange, params)
	if err != nil {
		return door.Reply{}, err
	}
	return x.succeeded(answer), nil
}

// known finds out who calls and whether it may now.
func (h *handler) known(x *exchange, credentials webservice.Credentials, given bool) error {
	if err := h.Authenticate(x.Exchange, credentials, given); err != nil {
		return err
	}
	return h.Admit(x.Exchange)
}

// contentType finds the charset, and the version as far as the type says it. A text/xml that holds a 1.2 envelope, or
// the other way round, is taken and answered as what the envelope is.
func (x *exchange) contentType() (charset string, err error) {
	kind, options, _ := mime.ParseMediaType(x.R.Header.Get("Content-Type"))
	accepted := []string{soap11.mime, soap12.mime}
	if kind == soap12.mime {
		x.version = soap12
	}
	if kind == "multipart/related" {
		if strings.Contains(x.R.Header.Get("Content-Type"), soap12.mime) {
			x.version = soap12
		}
		return "", desk.Fail(desk.ErrUnsupported, "motivo", "mtom", "tipos", accepted)
	}
	if kind != soap11.mime && kind != soap12.mime {
		return "", desk.Fail(desk.ErrUnsupported, "motivo", "tipo", "tipos", accepted)
	}
	if door.Compressed(x.R) {
		return "", desk.Fail(desk.ErrUnsupported, "motivo", "compactado", "tipos", accepted)
	}
	charset = options["charset"]
	if _, ok := door.CharsetOf(charset); !ok && !isUTF16(charset) {
		return "", desk.Fail(desk.ErrUnsupported, "motivo", "charset", "tipos", accepted)
	}
	return charset, nil
}
