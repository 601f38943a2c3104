package mapping

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"ponte/internal/desk"
)

// Type is what a value is sent as. Without one, a value keeps its own: texts, numbers, booleans and lists as
// JSON's, dates as iso_utc.
type Type string

const (
	TypeText   Type = "texto"
	TypeNumber Type = "numero"
	TypeBool   Type = "booleano"
	TypeDate   Type = "data"
	TypeMoment Type = "datahora"
)

// Types in the order of the page.
var Types = []Type{TypeText, TypeNumber, TypeBool, TypeDate, TypeMoment}

// Formats lists what a type can be written as; the first is what an empty formato means for dates. Those may have a
// pattern instead: see TakesPattern.
func Formats(t Type) []string { return slices.Clone(formats[t]) }

// TakesPattern says whether a type's formato may also be a pattern of its own, such as "dd/MM/aaaa HH:mm".
func TakesPattern(t Type) bool { return t == TypeDate || t == TypeMoment }

var formats = map[Type][]string{
	TypeText:   {"so_digitos", "pontuado", "sem_acentos", "maiusculas"}, // 39053344705, 390.533.447-05 (CPF and CNPJ)
	TypeNumber: {"virgula"},                                             // 0,5, which is a text
	TypeBool:   {"s_n", "t_f", "1_0"},                                   // without one: true, false
	TypeDate:   {"iso", "br"},                                           // 2026-01-31, 31/01/2026
	// 2026-01-31T17:30:00Z, ...T14:30:00-03:00, 31/01/2026 14:30:00; seconds and milliseconds since 1970, numbers
	TypeMoment: {"iso_utc", "iso_offset", "br", "unix", "unix_ms"},
}

// typeOf is the type that a formato implies where tipo is empty; "" where it is none's or several's.
func typeOf(format string) (found Type) {
	if _, hasTime, ok := parsePattern(format); ok && hasTime {
		return TypeMoment
	} else if ok {
		return TypeDate
	}
	for _, t := range Types {
		if slices.Contains(formats[t], format) {
			if found != "" {
				return ""
			}
			found = t
		}
	}
	return found
}

// fromCEL makes a plain Go value of an expression's result; false where JSON has no form for it.
func fromCEL(v ref.Val) (any, bool) {
	switch v := v.(type) {
	case types.String:
		return string(v), true
	case types.Int:
		return int64(v), true
	case types.Uint:
		if v > math.MaxInt64 {
			return nil, false
		}
		return int64(v), true
	case types.Double:
		return float64(v), !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0)
	case types.Bool:
		return bool(v), true
	case types.Null:
		return nil, true
	case types.Timestamp:
		// CEL shows a missing date as the epoch, which is nobody's appointment
		if v.Unix() == 0 {
			return nil, true
		}
		return v.Time, true
	case *types.Optional:
		if !v.HasValue() {
			return nil, true
		}
		return fromCEL(v.GetValue())
	case traits.Mapper:
		return fromCELMap(v)
	case traits.Lister:
		out := []any{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			e, ok := fromCEL(it.Next())
			if !ok {
				return nil, false
			}
			out = append(out, e)
		}
		return out, true
	}
	return nil, false
}

func fromCELMap(m traits.Mapper) (any, bool) {
	out := map[string]any{}
	for it := m.Iterator(); it.HasNext() == types.True; {
		k := it.Next()
		name, isText := k.(types.String)
		e, ok := fromCEL(m.Get(k))
		if !ok || !isText {
			return nil, false
		}
		out[string(name)] = e
	}
	return out, true
}

// isEmpty says whether se_vazio applies: blanks only, no date, nothing in a list. Zero and false are values.
func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case time.Time:
		return v.IsZero()
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// convert gives v the row's type and format; false where it can't have them.
func convert(v any, t Type, format string, zone *time.Location) (any, bool) {
	switch t {
	case TypeText:
		s, ok := textOf(v, zone)
		switch format {
		case "so_digitos":
			s = onlyDigits(s)
		case "pontuado":
			s = punctuated(s)
		case "sem_acentos":
			s = withoutAccents(s)
		case "maiusculas":
			s = strings.ToUpper(s)
		}
		return s, ok
	case TypeNumber:
		n, ok := numberOf(v)
		if s, _ := textOf(n, zone); format == "virgula" {
			return strings.Replace(s, ".", ",", 1), ok
		}
		return n, ok
	case TypeBool:
		b, ok := boolOf(v)
		if !ok || format == "" {
			return b, ok
		}
		return map[string][2]string{"s_n": {"N", "S"}, "t_f": {"F", "T"}, "1_0": {"0", "1"}}[format][bit(b)], true
	case TypeDate, TypeMoment:
		at, ok := momentOf(v, zone)
		switch format {
		case "unix":
			return at.Unix(), ok
		case "unix_ms":
			return at.UnixMilli(), ok
		}
		return dateText(at, t, format, zone), ok
	}
	if at, ok := v.(time.Time); ok {
		return dateText(at, TypeMoment, format, zone), true
	}
	return v, true
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func textOf(v any, zone *time.Location) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return numberText(v), true
	case bool:
		return strconv.FormatBool(v), true
	case time.Time:
		return dateText(v, TypeMoment, "", zone), true
	}
	return "", false
}

func numberOf(v any) (any, bool) {
	switch v := v.(type) {
	case int64, float64:
		return v, true
	case string:
		s := strings.TrimSpace(v)
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return i, true
		}
		// only plain decimals: ParseFloat also takes hexadecimal, underscores and "Inf"
		if strings.Trim(s, "+-.0123456789") != "" {
			return nil, false
		}
		f, err := strconv.ParseFloat(s, 64)
		return f, err == nil
	}
	return nil, false
}

func boolOf(v any) (bool, bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case int64:
		return v == 1, v == 0 || v == 1
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "t", "true", "s", "sim", "1":
			return true, true
		case "f", "false", "n", "nao", "não", "0":
			return false, true
		}
	}
	return false, false
}

func momentOf(v any, zone *time.Location) (time.Time, bool) {
	switch v := v.(type) {
	case time.Time:
		return v, true
	case string:
		s := strings.TrimSpace(v)
		if at, err := time.Parse(time.RFC3339, s); err == nil {
			return at, true
		}
		for _, l := range []string{"2006-01-02", "2006-01-02T15:04:05", "02/01/2006", "02/01/2006 15:04", "02/01/2006 15:04:05"} {
			if at, err := time.ParseInLocation(l, s, zone); err == nil {
				return at, true
			}
		}
	}
	return time.Time{}, false
}

// onlyDigits drops what is not a digit. A CPF or CNPJ loses its punctuation only: the alphanumeric CNPJ's letters are
// part of the number.
func onlyDigits(s string) string {
	if d, ok := desk.ParseDocument(s); ok {
		return string(d)
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// punctuated writes a CPF or CNPJ with its punctuation, and leaves everything else as it is.
func punctuated(s string) string {
	if d, ok := desk.ParseDocument(s); ok {
		return d.String()
	}
	return s
}
