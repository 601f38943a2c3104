package webservice

import (
	"net/http"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/sheet"
)

// kindsOnSheet is every kind that a parameter can have.
var kindsOnSheet = map[Kind]sheet.Kind{KindText: sheet.Text, KindInt: sheet.Integer, KindFlag: sheet.Flag, KindMoment: sheet.Moment, KindFile: sheet.File}

// moreOnSheet is what to do where an answer says it by what only it knows: how long to wait, what is allowed.
var moreOnSheet = map[string]string{
	desk.ErrTooMany:     "Espere os segundos que Retry-After diz e envie de novo.",
	desk.ErrUnavailable: "Espere os segundos que Retry-After diz.",
	desk.ErrRoute:       "Confira na ficha o endereço da operação.",
	desk.ErrHTTPMethod:  "Confira na ficha o método da operação; a resposta traz os aceitos em Allow.",
	desk.ErrUnsupported: "Confira o Content-Type da chamada; em anexos, páginas, scripts e programas são recusados, qualquer que seja o nome.",
}

// Sheet describes the operations and errors for the parameter sheet. status is the HTTP status of a codigo, profile
// how an operation answers.
func (r *Registry) Sheet(status func(codigo string) int, profile func(operation string) flow.Profile) (out sheet.Sheet) {
	for _, e := range r.entries {
		p := profile(e.Name)
		op := sheet.Operation{Name: e.Name, Doc: e.Doc, Reads: e.Reads, MaxBody: e.MaxBody, Errors: e.Errors, Params: e.onSheet(), Status: http.StatusCreated}
		if e.Reads || p.AlwaysOK {
			op.Status = http.StatusOK
		}
		for _, route := range e.Routes {
			op.Routes = append(op.Routes, sheet.Route{Method: route.Method, Path: route.Path})
		}
		mime, body := ProfileOf(p).Rendered(e, p.Form, e.Example())
		op.Type, op.Answer = mime, string(body)
		out.Operations = append(out.Operations, op)
	}
	for _, code := range Codes() {
		out.Codes = append(out.Codes, sheet.Code{Code: code, HTTP: status(code), Title: Title(code), Detail: strings.TrimSpace(Detail(desk.Fail(code)) + " " + moreOnSheet[code])})
	}
	return out
}

func (e *Entry) onSheet() []sheet.Param {
	groups := map[string][]string{}
	for _, s := range e.Params() {
		if s.OneOf != "" {
			groups[s.OneOf] = append(groups[s.OneOf], s.Name)
		}
	}
	var out []sheet.Param
	for _, s := range e.Params() {
		out = append(out, sheet.Param{Name: s.Name, Kind: kindsOnSheet[s.Kind], Mandatory: s.Required || s.Demanded, Max: s.Max, Min: s.Min, Most: s.Most,
			Enum: s.Enum, OneOf: groups[s.OneOf], Path: s.Path, FileName: s.FileName, Doc: s.Doc, Example: s.Example})
	}
	return out
}
