package rest

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
)

const (
	typeJSON      = "application/json"
	typeForm      = "application/x-www-form-urlencoded"
	typeMultipart = "multipart/form-data"
)

// params reads what the request carries. done gives back the place of a large body and is never nil. GET takes the
// query, everything else the body: personal data in a URL ends in every proxy's log.
func (h *handler) params(x *exchange) (params []webservice.Param, done func(), err error) {
	done = func() {}
	if x.R.Method == http.MethodGet || x.R.Method == http.MethodHead {
		params, err = decodeForm(x.R.URL.RawQuery, door.Charset{})
		if err != nil {
			x.undecoded([]byte(x.R.URL.RawQuery))
			return nil, done, err
		}
		return x.withPath(params), done, nil
	}
	if err := x.refuseQuery(); err != nil {
		return nil, done, err
	}
	done, err = h.Room(x.Exchange, h.BodyLimit(x.Entry))
	if err != nil {
		x.unkept()
		return nil, done, err
	}
	read := h.Hurry(x.Exchange)
	params, err = h.readBody(x)
	read()
	if err != nil {
		return nil, done, err
	}
	return x.withPath(params), done, nil
}

// withPath puts the route's variable before what the body says. A body that says the same again is harmless
// (clients that fill one object for both doors do that); one that says something else is a repeated parameter.
func (x *exchange) withPath(params []webservice.Param) []webservice.Param {
	if x.pathVar.Name == "" {
		return params
	}
	params = slices.DeleteFunc(params, func(p webservice.Param) bool {
		return p.Name == x.pathVar.Name && p.Form == webservice.Plain && strings.TrimSpace(p.Text) == x.pathVar.Text
	})
	return slices.Insert(params, 0, x.pathVar)
}

func (x *exchange) refuseQuery() error {
	if x.R.URL.RawQuery == "" {
		return nil
	}
	params, err := decodeForm(x.R.URL.RawQuery, door.Charset{})
	x.undecoded([]byte(x.R.URL.RawQuery))
	if err != nil {
		return err
	}
	refusal := desk.Fail(desk.ErrParameter)
	for _, p := range params {
		refusal.Fields = append(refusal.Fields, desk.FieldError{Field: webservice.ShownName(p.Name), Code: "fora_do_corpo"})
	}
	return refusal
}

func (h *handler) readBody(x *exchange) ([]webservice.Param, error) {
	if x.R.ContentLength == 0 {
		return nil, nil
	}
	reader := http.MaxBytesReader(x.W, x.R.Body, h.BodyLimit(x.Entry))
	kind, charset, err := contentType(x)
	if err != nil {
		x.keepStart(reader)
		return nil, err
	}
	if kind == typeMultipart {
		params, err := decodeMultipart(x, reader)
		if err != nil {
			x.unkept()
		}
		return params, err
	}
	// A Builder's text shares its bytes, so values are cut out of the body without a copy.
	var body strings.Builder
	if x.R.ContentLength > 0 {
		body.Grow(int(x.R.ContentLength))
	}
	buffer := make([]byte, min(max(x.R.ContentLength, 4<<10), 32<<10))
	if _, err := io.CopyBuffer(&body, reader, buffer); err != nil {
		x.undecoded([]byte(body.String()))
		return nil, door.ReadFault(err, "incompleto")
	}
	params, err := decode(kind, charset, body.String())
	if err != nil {
		x.undecoded([]byte(body.String()))
	}
	return params, err
}

// undecoded records what was sent where no parameters could be read from it.
func (x *exchange) undecoded(sent []byte) { x.Call.ReceivedUndecoded(x.Entry, sent, x.known()...) }

// unkept records that something was sent.
func (x *exchange) unkept() { x.Call.ReceivedUnkept(x.R.ContentLength, x.known()...) }

func (x *exchange) known() []webservice.Param {
	if x.pathVar.Name == "" {
		return nil
	}
	return []webservice.Param{x.pathVar}
}

// keepStart records the start of a body of a type that isn't accepted, for the analysis, if it looks like text:
// anything else may be a file.
func (x *exchange) keepStart(body io.Reader) {
	kind, _, _ := mime.ParseMediaType(x.R.Header.Get("Content-Type"))
	_, subtype, _ := strings.Cut(kind, "/")
	textual := kind == "" || strings.HasPrefix(kind, "text/") || slices.Contains([]string{"json", "xml", "soap+xml", "x-www-form-urlencoded"}, subtype)
	if !textual || x.R.Header.Get("Content-Encoding") != "" {
		x.unkept()
		return
	}
	start, _ := io.ReadAll(io.LimitReader(body, webservice.KeptBody)) // what can be had
	x.undecoded(start)
}

func decode(kind string, charset door.Charset, body string) ([]webservice.Param, error) {
	if kind == typeForm {
		return decodeForm(body, charset)
	}
	text, err := charset.Decode(body)
	if err != nil {
		return nil, err
	}
	return decodeJSON(text)
}

// contentType accepts what the operation can read. A body without a type isn't guessed at.
func contentType(x *exchange) (kind string, c door.Charset, err error) {
	accepted := []string{typeJSON, typeForm}
	if _, file := x.Entry.FileParam(); file {
		accepted = append(accepted, typeMultipart)
	}
	if door.Compressed(x.R) {
		return "", c, desk.Fail(desk.ErrUnsupported, "motivo", "compactado", "tipos", accepted)
	}
	kind, options, err := mime.ParseMediaType(x.R.Header.Get("Content-Type"))
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) || !slices.Contains(accepted, kind) {
		return "", c, desk.Fail(desk.ErrUnsupported, "motivo", "tipo", "tipos", accepted)
	}
	c, ok := door.CharsetOf(options["charset"])
	if !ok {
		return "", c, desk.Fail(desk.ErrUnsupported, "motivo", "charset", "tipos", accepted)
	}
	return kind, c, nil
}

// decodeForm reads a form body or a query: unescape first, then convert the charset, because the escapes stand
// for bytes of that charset.
func decodeForm(body string, c door.Charset) ([]webservice.Param, error) {
	var params []webservice.Param
	for pair := range strings.SplitSeq(strings.Trim(body, "\r\n"), "&") {
		if pair == "" {
			continue
		}
		if len(params) == webservice.MaxParams {
			return nil, desk.Fail(desk.ErrContent, "motivo", "parametros_demais")
		}
		name, value, _ := strings.Cut(pair, "=")
		var texts [2]string
		for i, escaped := range [2]string{name, value} {
			raw, err := url.QueryUnescape(escaped)
			if err != nil {
				return nil, desk.Fail(desk.ErrContent, "motivo", "formulario")
			}
			if texts[i], err = c.Decode(raw); err != nil {
				return nil, err
			}
		}
		params = append(params, webservice.Param{Name: texts[0], Text: texts[1]})
	}
	return params, nil
}
