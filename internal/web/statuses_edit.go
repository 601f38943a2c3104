package web

import (
	"regexp"
	"slices"
	"strconv"
)

// formAct is what a button inside the form asks for: "c0-retirar-2" takes the third row out of the first look-up. None of
// them saves anything.
var formAct = regexp.MustCompile(`^(c\d-)?([a-z_]+?)(?:-(\d{1,3}))?$`)

// edit does what a button asks, and names the part of the form that it belongs to; "" where it is none of these.
func (f *integrationForm) edit(act, ready string) (part string) {
	m := formAct.FindStringSubmatch(act)
	if m == nil {
		return ""
	}
	i := -1
	if m[3] != "" {
		i, _ = strconv.Atoi(m[3])
	}
	call, extract := &f.call, &f.rules.extract
	if m[1] != "" {
		n := int(m[1][1] - '0')
		if n >= len(f.rules.lookUps) {
			return ""
		}
		call, extract = &f.rules.lookUps[n].call, &f.rules.lookUps[n].extract
	}
	in := func(part string) string {
		if m[1] != "" {
			return m[1] // of a look-up, which is a part of its own
		}
		return part
	}
	switch m[2] {
	case "incluir", "retirar", "subir", "descer":
		call.rows = edited(call.rows, m[2], i, rowForm{source: "fixo", format: ":"}, mostRows)
		return in("parametros")
	case "cab_incluir", "cab_retirar":
		call.headers = edited(call.headers, m[2][len("cab_"):], i, pairForm{}, mostPairs)
		return in("chamada")
	case "espaco_incluir", "espaco_retirar":
		call.xml.spaces = edited(call.xml.spaces, m[2][len("espaco_"):], i, pairForm{}, mostPairs)
		return in("chamada")
	case "extrair_incluir", "extrair_retirar":
		*extract = edited(*extract, m[2][len("extrair_"):], i, extractForm{}, mostPairs)
		return in("resposta")
	case "consulta_incluir", "consulta_retirar":
		f.rules.editLookUps(m[2][len("consulta_"):], i)
		return "duvida"
	case "pronta":
		f.useReady(ready)
		return in("resposta")
	}
	return ""
}

// edited adds a row to rows, takes the i-th out of them or moves it.
func edited[T any](rows []T, act string, i int, blank T, most int) []T {
	switch {
	case act == "incluir" && len(rows) < most:
		return append(rows, blank)
	case i < 0 || i >= len(rows):
	case act == "retirar":
		return slices.Delete(rows, i, i+1)
	case act == "subir" && i > 0:
		rows[i-1], rows[i] = rows[i], rows[i-1]
	case act == "descer" && i+1 < len(rows):
		rows[i], rows[i+1] = rows[i+1], rows[i]
	}
	return rows
}

// editLookUps adds a strategy, or takes one away; the one in use is in use no more.
func (f *rulesForm) editLookUps(act string, i int) {
	if act == "retirar" && i >= 0 && i < len(f.lookUps) && f.lookUps[i].name == f.lookUp {
		f.lookUp = ""
	}
	name := "consulta_" + strconv.Itoa(len(f.lookUps)+1)
	for slices.ContainsFunc(f.lookUps, func(l lookUpForm) bool { return l.name == name }) {
		name += "b"
	}
	f.lookUps = edited(f.lookUps, act, i, lookUpForm{name: name, call: callForm{method: "GET", path: "/"}}, mostLookUps)
	if act == "incluir" && f.lookUp == "" {
		f.lookUp = name
	}
	for i := range f.lookUps {
		f.lookUps[i].call.prefix = lookUpPrefix(i)
	}
}
