package rest

import (
	"net/http"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/webservice"
)

// statuses is the HTTP status of every codigo (CONTRACT.md, "Errors"). A test holds it against
// webservice.Codes.
var statuses = map[string]int{
	desk.ErrContent:          http.StatusBadRequest,
	desk.ErrUnknownParameter: http.StatusBadRequest,
	desk.ErrUnauthenticated:  http.StatusUnauthorized,
	desk.ErrForbidden:        http.StatusForbidden,
	desk.ErrNotFound:         http.StatusNotFound,
	desk.ErrRoute:            http.StatusNotFound,
	desk.ErrHTTPMethod:       http.StatusMethodNotAllowed,
	desk.ErrMethod:           http.StatusConflict,
	desk.ErrClosed:           http.StatusConflict,
	desk.ErrTransition:       http.StatusConflict,
	desk.ErrTooLarge:         http.StatusRequestEntityTooLarge,
	desk.ErrUnsupported:      http.StatusUnsupportedMediaType,
	desk.ErrParameter:        http.StatusUnprocessableEntity,
	desk.ErrBlock:            http.StatusUnprocessableEntity,
	desk.ErrCustomer:         http.StatusUnprocessableEntity,
	desk.ErrUnit:             http.StatusUnprocessableEntity,
	desk.ErrAmbiguousUnit:    http.StatusUnprocessableEntity,
	desk.ErrNoContract:       http.StatusUnprocessableEntity,
	desk.ErrTooMany:          http.StatusTooManyRequests,
	desk.ErrInternal:         http.StatusInternalServerError,
	desk.ErrUnavailable:      http.StatusServiceUnavailable,
}

// problemType is a URN: it identifies, and nobody is invited to fetch it.
func problemType(codigo string) string { return "urn:ponte:erro:" + codigo }

// problem answers an error of the contract.
func (h *handler) problem(x *exchange, err *desk.Error) reply {
	out := reply{status: statuses[err.Code], codigo: err.Code, header: http.Header{}}
	if allowed, ok := err.Args["permitidos"].(string); ok && err.Code == desk.ErrHTTPMethod {
		out.header.Set("Allow", allowed)
	}
	if err.Code == desk.ErrUnauthenticated {
		out.header.Set("WWW-Authenticate", `Bearer, Basic realm="ponte"`)
	}
	if err.Code == desk.ErrTooMany || err.Code == desk.ErrUnavailable {
		out.header.Set("Retry-After", strconv.FormatInt(webservice.Seconds(err.RetryAfter), 10))
	}
	if formOf(x.r.Header.Get("Accept"), x.profile) == "text" {
		out.mime, out.body = "text/plain; charset=utf-8", []byte(problemText(err))
		return out
	}
	out.mime, out.body = "application/problem+json", problemJSON(err, out.status, x.call.Request)
	return out
}

// problemJSON writes the members in the order in which a person reads them.
func problemJSON(err *desk.Error, status int, request string) []byte {
	b := append([]byte(nil), '{')
	member := func(name, value string) {
		b = webservice.AppendJSONString(b, name)
		b = append(b, ':')
		b = webservice.AppendJSONString(b, value)
		b = append(b, ',')
	}
	member("type", problemType(err.Code))
	member("title", webservice.Title(err.Code))
	b = append(b, `"status":`...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ',')
	member("detail", webservice.Detail(err))
	member("instance", "urn:ponte:pedido:"+request)
	member("codigo", err.Code)
	if err.KeptCall != "" {
		member("recebimento", err.KeptCall)
	}
	if len(err.Fields) > 0 {
		b = append(b, `"campos":[`...)
		for _, f := range err.Fields {
			b = append(b, `{"campo":`...)
			b = webservice.AppendJSONString(b, f.Field)
			b = append(b, `,"mensagem":`...)
			b = webservice.AppendJSONString(b, webservice.FieldMessage(f))
			b = append(b, '}', ',')
		}
		b[len(b)-1] = ']'
		b = append(b, ',')
	}
	b[len(b)-1] = '}'
	return b
}

// problemText is "codigo: mensagem" on one line, for clients that can't read JSON.
func problemText(err *desk.Error) string {
	var b strings.Builder
	b.WriteString(err.Code + ": " + webservice.Detail(err))
	for i, f := range err.Fields {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString(" " + f.Field + " " + webservice.FieldMessage(f))
	}
	return b.String()
}
