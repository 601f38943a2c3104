package letter_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"ponte/internal/mail/mailtest"
)

// written is a letter as its recipient's program reads it.
type written struct {
	raw        []byte
	text, html string
	event      map[string]string // nil: no appointment came with it
}

// one sends what is due, and answers the one letter that left.
func (h *house) one() written {
	h.t.Helper()
	all := h.send()
	if len(all) != 1 {
		h.t.Fatalf("%d letters left: %q", len(all), h.letters())
	}
	return read(h.t, all[0])
}

func read(t *testing.T, l mailtest.Letter) (out written) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(l.Raw))
	if err != nil {
		t.Fatal(err)
	}
	out.raw = l.Raw
	walk(t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body, &out)
	return out
}

func walk(t *testing.T, kind, encoding string, body io.Reader, out *written) {
	t.Helper()
	is, params, err := mime.ParseMediaType(kind)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(is, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			walk(t, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p, out)
		}
	}
	switch encoding {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	b, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	switch is {
	case "text/calendar":
		out.event = appointment(t, string(b))
		if params["method"] != out.event["METHOD"] || params["charset"] != "utf-8" {
			t.Errorf("%s beside %v", kind, out.event)
		}
	case "text/html":
		out.html = strings.ReplaceAll(string(b), "\r\n", "\n")
	default:
		out.text = strings.ReplaceAll(string(b), "\r\n", "\n")
	}
}

// Content lines as RFC 5545, section 3.1 has them: name, parameters whose values are quoted or bare, value.
var (
	contentLine = regexp.MustCompile(`^([A-Z][A-Z0-9-]*)((?:;[A-Z0-9-]+=(?:"[^"[:cntrl:]]*"|[^"[:cntrl:];:,]*))*):(.*)$`)
	utcTime     = regexp.MustCompile(`^\d{8}T\d{6}Z$`)
	textValue   = regexp.MustCompile(`^(?:[^\\;,[:cntrl:]]|\\[\\;,nN])*$`)
)

// appointment reads a calendar strictly: RFC 5545 for its form, RFC 5546, 3.2.1 and 3.2.5, for what must and must not be there.
func appointment(t *testing.T, raw string) map[string]string {
	t.Helper()
	if !strings.HasSuffix(raw, "\r\n") || strings.Count(raw, "\n") != strings.Count(raw, "\r\n") || strings.Count(raw, "\r") != strings.Count(raw, "\r\n") {
		t.Errorf("lines end otherwise than with CRLF: %q", raw)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(raw, "\r\n"), "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) || line == "" {
			t.Errorf("a line of %d octets: %q", len(line), line)
		}
	}
	out := map[string]string{}
	var order []string
	for line := range strings.SplitSeq(strings.TrimSuffix(strings.ReplaceAll(raw, "\r\n ", ""), "\r\n"), "\r\n") {
		m := contentLine.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("no content line: %q", line)
			continue
		}
		order = append(order, m[1])
		if m[1] == "BEGIN" || m[1] == "END" {
			order[len(order)-1] += ":" + m[3]
			continue
		}
		if _, twice := out[m[1]]; twice {
			t.Errorf("%s stands there twice", m[1])
		}
		out[m[1]] = m[3]
	}
	if order[0] != "BEGIN:VCALENDAR" || order[len(order)-1] != "END:VCALENDAR" || order[len(order)-2] != "END:VEVENT" ||
		slices.Index(order, "BEGIN:VEVENT") < slices.Index(order, "METHOD") || slices.Index(order, "UID") < slices.Index(order, "BEGIN:VEVENT") {
		t.Errorf("nested as %v", order)
	}
	for _, name := range []string{"VERSION", "PRODID", "METHOD", "UID", "DTSTAMP", "DTSTART", "SUMMARY", "ORGANIZER", "SEQUENCE", "STATUS"} {
		if out[name] == "" {
			t.Errorf("no %s", name)
		}
	}
	if _, asks := out["ATTENDEE"]; asks || out["VERSION"] != "2.0" || !strings.HasPrefix(out["ORGANIZER"], "mailto:") {
		t.Errorf("%v", out)
	}
	for _, name := range []string{"DTSTAMP", "DTSTART", "DTEND"} {
		if v, there := out[name]; there && !utcTime.MatchString(v) {
			t.Errorf("%s is %q", name, v)
		}
	}
	for _, name := range []string{"SUMMARY", "LOCATION", "DESCRIPTION"} {
		if !textValue.MatchString(out[name]) {
			t.Errorf("%s is %q", name, out[name])
		}
	}
	return out
}
