package rest

import (
	"net/http"
	"strconv"

	"ponte/internal/desk"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
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

// Status is the HTTP status of a codigo.
func Status(codigo string) int { return statuses[codigo] }

// problemType is a URN: it identifies, and nobody is invited to fetch it.
func problemType(codigo string) string { return "urn:ponte:erro:" + codigo }

// problem answers an error of the contract.
func problem(x *exchange, err *desk.Error) door.Reply {
	out := door.Reply{Status: statuses[err.Code], Codigo: err.Code, Header: door.Headers(err, `Bearer, Basic realm="ponte"`)}
	if formOf(x.R.Header.Get("Accept"), x.Profile) == "text" {
		out.Mime, out.Body = "text/plain; charset=utf-8", []byte(webservice.ErrorText(err))
		return out
	}
	out.Mime, out.Body = "application/problem+json", problemJSON(err, out.Status, x.Call.Request)
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
