package flow

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"net/url"
	"regexp"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/mapping"
)

// WireMessage is a request or an answer as it went over the wire, without credentials, its body laid out to be read
// and redacted for who reads it.
type WireMessage struct {
	First   string // "POST /ccapi/... HTTP/1.1", "HTTP/1.1 200 OK"
	Headers []WireHeader
	Body    string
	File    bool // it carried an attachment, of which only size and hash are kept
}

// WireHeader is a line of a message's head.
type WireHeader struct{ Name, Value string }

func (m *WireMessage) header(name string) string {
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// ShowWire is what the connector wrote down of a message, as an actor may see it.
func ShowWire(a desk.Actor, text string) WireMessage {
	m, _ := readWire(text)
	return m.shownTo(newRedactor(a))
}

// readWire takes apart what the connector wrote down. An empty text is none.
func readWire(text string) (WireMessage, bool) {
	head, body, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	m := WireMessage{First: lines[0], Body: body}
	for _, l := range lines[1:] {
		if name, value, ok := strings.Cut(l, ": "); ok {
			m.Headers = append(m.Headers, WireHeader{name, value})
		}
	}
	m.File = strings.HasPrefix(m.header("Content-Type"), "multipart/")
	return m, text != ""
}

// wireOf is a bound request as its attempt would be written down, but for the host.
func wireOf(r *mapping.Request) WireMessage {
	target := r.Path
	if r.Query != "" {
		target += "?" + r.Query
	}
	m := WireMessage{First: r.Method + " " + target + " HTTP/1.1", Body: r.Body, File: r.File != nil}
	for name, value := range r.Header {
		m.Headers = append(m.Headers, WireHeader{name, value})
	}
	if r.ContentType != "" {
		m.Headers = append(m.Headers, WireHeader{"Content-Type", r.ContentType})
	}
	return m
}

// shownTo is the message as the reader may see it.
func (m WireMessage) shownTo(r *redactor) WireMessage {
	if method, rest, ok := strings.Cut(m.First, " "); ok && !strings.HasPrefix(m.First, "HTTP/") {
		target, version, _ := strings.Cut(rest, " ")
		path, query, asked := strings.Cut(target, "?")
		if path = r.text(path); asked {
			path += "?" + r.query(query, "&", url.QueryEscape)
		}
		m.First = strings.TrimSpace(method + " " + path + " " + version)
	}
	shown := make([]WireHeader, len(m.Headers))
	for i, h := range m.Headers {
		shown[i] = WireHeader{h.Name, r.field(h.Name, h.Value)}
	}
	m.Headers = shown
	m.Body = m.laidOut(r)
	return m
}

// laidOut is the body, one member a line.
func (m *WireMessage) laidOut(r *redactor) string {
	kind := strings.ToLower(m.header("Content-Type"))
	trimmed := strings.TrimSpace(m.Body)
	switch {
	case trimmed == "":
		return ""
	case strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "["):
		return r.json(laidOutJSON(trimmed))
	case strings.Contains(kind, "x-www-form-urlencoded"):
		return r.query(trimmed, "\n", func(s string) string { return s })
	case strings.HasPrefix(trimmed, "<"):
		if s, ok := laidOutXML(trimmed, r); ok {
			return r.text(s)
		}
	}
	return r.text(m.Body)
}

var jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// laidOutJSON indents, and writes letters as letters. What is not whole stays on its lines.
func laidOutJSON(body string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(body), "", "  ") == nil {
		body = b.String()
	}
	return jsonString.ReplaceAllStringFunc(body, func(s string) string {
		var plain string
		if json.Unmarshal([]byte(s), &plain) != nil {
			return s
		}
		return quoted(plain)
	})
}

func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a text can always be written
	return strings.TrimSuffix(b.String(), "\n")
}

// laidOutXML indents, an element a line; not if it can't be read to its end. Each element's own text is redacted by
// the element's name.
func laidOutXML(body string, r *redactor) (string, bool) {
	d := xml.NewDecoder(strings.NewReader(body))
	d.Strict = true
	var out strings.Builder
	var names []string
	open, text := false, "" // the last thing was a start tag, and what stood after it
	line := func(s string) {
		if out.Len() > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(strings.Repeat("  ", len(names)) + s)
	}
	for {
		t, err := d.RawToken()
		if err != nil {
			return out.String(), err.Error() == "EOF" && len(names) == 0
		}
		switch t := t.(type) {
		case xml.StartElement:
			line("<" + tag(t.Name) + attributes(t.Attr, r) + ">")
			names = append(names, t.Name.Local)
			open, text = true, ""
		case xml.EndElement:
			if len(names) == 0 {
				return "", false
			}
			name := names[len(names)-1]
			names = names[:len(names)-1]
			end := "</" + tag(t.Name) + ">"
			if open {
				out.WriteString(escapedXML(r.field(name, text)) + end)
			} else {
				line(end)
			}
			open = false
		case xml.CharData:
			if s := strings.TrimSpace(string(t)); s != "" && open {
				text += s
			} else if s != "" {
				line(escapedXML(r.text(s)))
			}
		case xml.ProcInst:
			line("<?" + t.Target + " " + string(t.Inst) + "?>")
		}
	}
}

func tag(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

func attributes(all []xml.Attr, r *redactor) string {
	var b strings.Builder
	for _, a := range all {
		b.WriteString(" " + tag(a.Name) + `="` + escapedXML(r.field(a.Name.Local, a.Value)) + `"`)
	}
	return b.String()
}

func escapedXML(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a buffer takes everything
	return b.String()
}

// curl is the call for a shell. Credentials are names of variables, for whoever has them.
func (m WireMessage) curl(scheme string, auth mapping.Auth, body string) string {
	method, rest, _ := strings.Cut(m.First, " ")
	target, _, _ := strings.Cut(rest, " ")
	parts := []string{"curl -X " + method + " " + inShell(scheme+"://"+m.header("Host")+target)}
	for i, name := range auth.Params {
		mark := "&"
		if i == 0 {
			mark = queryMark(target)
		}
		parts[0] += `"` + mark + name + "=$" + variable(name) + `"`
	}
	if auth.ClientCertificate {
		parts = append(parts, `--cert "$MOBUSS_CERTIFICADO" --key "$MOBUSS_CHAVE_PRIVADA"`)
	}
	switch auth.Kind {
	case mapping.AuthOAuth:
		parts = append(parts, `-H "Authorization: Bearer $MOBUSS_TOKEN"`)
	case mapping.AuthBearer:
		parts = append(parts, `-H "Authorization: Bearer $MOBUSS_TOKEN"`)
	case mapping.AuthBasic:
		parts = append(parts, `-u "$MOBUSS_USUARIO:$MOBUSS_SENHA"`)
	case mapping.AuthHeader:
		for _, name := range auth.Headers {
			parts = append(parts, `-H "`+name+`: $`+variable(name)+`"`)
		}
	}
	for _, h := range m.Headers {
		if !strings.EqualFold(h.Name, "Host") {
			parts = append(parts, "-H "+inShell(h.Name+": "+h.Value))
		}
	}
	if body != "" {
		parts = append(parts, "--data-raw "+inShell(body))
	}
	return strings.Join(parts, " \\\n  ")
}

func inShell(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

var notInVariable = regexp.MustCompile(`[^A-Z0-9]+`)

func variable(header string) string {
	return "MOBUSS_" + strings.Trim(notInVariable.ReplaceAllString(strings.ToUpper(header), "_"), "_")
}

// queryMark is what stands before a further parameter.
func queryMark(target string) string {
	if strings.Contains(target, "?") {
		return "&"
	}
	return "?"
}
