package web

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// rowForm is a parameter. What the page has no field for travels along, so that saving keeps it.
type rowForm struct {
	target, source, text, format, ifEmpty, note, kind string
	required                                          bool
}

// isUnitID marks the row without which the field doesn't know where to go.
func (f rowForm) isUnitID() bool {
	return f.source == "campo:"+flow.UnitIDField || strings.EqualFold(f.target, "idUnidade")
}

func rowFormOf(p mapping.Param) rowForm {
	f := rowForm{target: p.Target, ifEmpty: string(p.IfEmpty), note: p.Note, required: p.Required, format: string(p.Type) + ":" + p.Format}
	switch {
	case p.Field != "":
		f.source = "campo:" + p.Field
	case p.CEL != "":
		f.source, f.text = "cel", p.CEL
	case p.Ref != "":
		f.source = "ref:" + p.Ref
	case p.Fixed != nil:
		f.source, f.text = "fixo", fmt.Sprint(p.Fixed.Value)
		switch v := p.Fixed.Value.(type) {
		case int64, bool:
			f.kind = fmt.Sprintf("%T", v)
		case float64:
			f.kind, f.text = "float64", strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	return f
}

func (f rowForm) param() mapping.Param {
	p := mapping.Param{Target: f.target, Required: f.required, IfEmpty: mapping.IfEmpty(f.ifEmpty), Note: f.note}
	kind, format, _ := strings.Cut(f.format, ":")
	p.Type, p.Format = mapping.Type(kind), format
	switch from, name, _ := strings.Cut(f.source, ":"); from {
	case "campo":
		p.Field = name
	case "ref":
		p.Ref = name
	case "cel":
		p.CEL = f.text
	case "fixo":
		p.Fixed = fixedOf(f.text, f.kind, p.Type)
	}
	return p
}

// fixedOf reads a fixed value as the type that it had, or that the row asks for; what can't be read so stays a text.
func fixedOf(text, kind string, t mapping.Type) *mapping.Scalar {
	if kind == "" && t == mapping.TypeNumber {
		kind = "float64"
	}
	if kind == "" && t == mapping.TypeBool {
		kind = "bool"
	}
	switch kind {
	case "int64", "float64":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return mapping.Fixed(n)
		}
		if n, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64); err == nil && !math.IsInf(n, 0) && !math.IsNaN(n) {
			return mapping.Fixed(n)
		}
	case "bool":
		if b, err := strconv.ParseBool(text); err == nil {
			return mapping.Fixed(b)
		}
	}
	return mapping.Fixed(text)
}
