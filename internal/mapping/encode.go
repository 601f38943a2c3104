package mapping

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// encode writes a value as JSON, objects with their keys sorted.
func encode(v any, zone *time.Location) string {
	return string(appendValue(nil, v, zone))
}

func appendValue(b []byte, v any, zone *time.Location) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return appendQuoted(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return append(b, numberText(v)...)
	case bool:
		return strconv.AppendBool(b, v)
	case time.Time:
		return appendQuoted(b, dateText(v, TypeMoment, "", zone))
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, e, zone)
		}
		return append(b, ']')
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		b = append(b, '{')
		for i, k := range keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendQuoted(b, k)
			b = append(b, ':')
			b = appendValue(b, v[k], zone)
		}
		return append(b, '}')
	}
	panic("mapping: value of a type that fromCEL and facts don't have")
}

// appendQuoted is JSON's quoting without the escapes that encoding/json adds for HTML: people read these bodies.
func appendQuoted(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\r':
			b = append(b, '\\', 'r')
		case r == '\t':
			b = append(b, '\\', 't')
		case r < 0x20 || r == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&0xf])
		default:
			b = utf8.AppendRune(b, r) // a range over invalid UTF-8 gives U+FFFD
		}
	}
	return append(b, '"')
}

// plain is an encoded value as the text of a form field, a header or a path.
func plain(encoded string) string {
	switch {
	case encoded == "null":
		return ""
	case strings.HasPrefix(encoded, `"`):
		if !strings.Contains(encoded, `\`) { // nothing to unquote
			return strings.Trim(encoded, `"`)
		}
		var s string
		if json.Unmarshal([]byte(encoded), &s) != nil {
			return ""
		}
		return s
	}
	return encoded
}
