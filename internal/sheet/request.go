package sheet

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Value is a parameter with what is sent in it. Of a file Text is its name, where it is sent by name.
type Value struct {
	Param
	Text string
}

// Request is a call under REST, written out.
type Request struct {
	Method, URL string
	Body        []Value // none where the operation reads
}

// Request puts values into the operation's address that carries them best: a path that has its number, or else the
// address that needs none.
func (s *Sheet) Request(op *Operation, values []Value) Request {
	for _, r := range op.Routes {
		path, rest, ok := fill(r.Path, values)
		if !ok {
			continue
		}
		out := Request{Method: r.Method, URL: s.Base + restPath(path)}
		if !op.Reads {
			out.Body = rest
			return out
		}
		query := url.Values{}
		for _, v := range rest {
			query.Set(v.Name, v.Text)
		}
		if len(query) > 0 {
			out.URL += "?" + query.Encode()
		}
		return out
	}
	return s.ByName(op, values)
}

// ByName is the call at the address of the operation's name, with everything in the body.
func (s *Sheet) ByName(op *Operation, values []Value) Request {
	return Request{Method: "POST", URL: s.Base + restPath("/"+op.Name), Body: values}
}

func restPath(path string) string { return rest + path }

// fill puts into a path the parameters that it carries; the rest is left for elsewhere.
func fill(path string, values []Value) (filled string, rest []Value, ok bool) {
	rest = slices.Clone(values)
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if !strings.HasPrefix(part, "{") {
			continue
		}
		n := slices.IndexFunc(rest, func(v Value) bool { return v.Path == strings.Trim(part, "{}") && v.Text != "" })
		if n < 0 {
			return "", nil, false
		}
		parts[i] = url.PathEscape(rest[n].Text)
		rest = slices.Delete(rest, n, n+1)
	}
	return strings.Join(parts, "/"), rest, true
}

// examples are the values that stand beside the parameters; of a group of which one is sent, the first.
func (o *Operation) examples() (out []Value) {
	for _, p := range o.Params {
		if p.Example != "" && (len(p.OneOf) == 0 || p.OneOf[0] == p.Name) {
			out = append(out, Value{p, p.Example})
		}
	}
	return out
}

// fileName is what the examples call the operation's file.
func (o *Operation) fileName() string {
	for _, p := range o.Params {
		if p.FileName {
			return p.Example
		}
	}
	return "arquivo"
}

// JSON writes the body, one member a line.
func (r Request) JSON() string {
	if len(r.Body) == 0 {
		return "{}"
	}
	lines := make([]string, len(r.Body))
	for i, v := range r.Body {
		lines[i] = "  " + quoteJSON(v.Name) + ": " + v.json()
	}
	return "{\n" + strings.Join(lines, ",\n") + "\n}"
}

// json writes a number as one; what is none goes as it is, and is refused as such.
func (v Value) json() string {
	if n, err := strconv.ParseInt(v.Text, 10, 64); err == nil && v.Kind == Integer && strconv.FormatInt(n, 10) == v.Text {
		return v.Text
	}
	return quoteJSON(v.Text)
}

var jsonEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`, "\f", `\f`)

// quoteJSON leaves < and & as people read them; no browser runs it.
func quoteJSON(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range jsonEscapes.Replace(strings.ToValidUTF8(s, "\uFFFD")) {
		if r < ' ' {
			b.WriteString(`\u00` + string("0123456789abcdef"[r>>4]) + string("0123456789abcdef"[r&15]))
			continue
		}
		b.WriteRune(r)
	}
	return b.String() + `"`
}
