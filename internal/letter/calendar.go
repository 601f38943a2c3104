package letter

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// calendar is the appointment for calendar programs: RFC 5545, and RFC 5546 for what the method means. It is published, not
// requested: nobody is asked for an answer that nobody would read. A later letter about the same visit has the same UID and
// a higher SEQUENCE, so that a program changes or cancels what it has.
func (c composer) calendar(from string) desk.LetterFile {
	f, v := c.job.Facts, c.job.Facts.Visit
	method, status := "PUBLISH", "CONFIRMED"
	if v.Is == flow.VisitCancelled {
		method, status = "CANCEL", "CANCELLED"
	}
	organizer := c.job.Settings.ReplyTo
	if organizer == "" {
		organizer = from
	}
	name := ""
	if c.job.Settings.SenderName != "" {
		name = `;CN="` + parameter(c.job.Settings.SenderName) + `"`
	}
	var b icsWriter
	b.line("BEGIN:VCALENDAR")
	b.line("VERSION:2.0")
	b.line("PRODID:-//Ponte//Cartas//PT")
	b.line("CALSCALE:GREGORIAN")
	b.line("METHOD:" + method)
	b.line("BEGIN:VEVENT")
	b.line("UID:" + v.UID + "@ponte")
	b.line("SEQUENCE:" + strconv.FormatInt(v.Seq, 10))
	b.line("DTSTAMP:" + utc(c.job.Created))
	b.line("DTSTART:" + utc(v.Start))
	if v.End.After(v.Start) {
		b.line("DTEND:" + utc(v.End))
	}
	b.line("SUMMARY:" + escape(c.l.T("letter.event", c.args()...)))
	b.line("LOCATION:" + escape(oneLine(f.Unit)))
	b.line("DESCRIPTION:" + escape(c.l.T("letter.event_about", c.args()...)))
	b.line("ORGANIZER" + name + ":" + mailto(organizer))
	b.line("STATUS:" + status)
	b.line("TRANSP:OPAQUE")
	b.line("END:VEVENT")
	b.line("END:VCALENDAR")
	return desk.LetterFile{Name: c.l.T("letter.event_file"), Type: "text/calendar; charset=utf-8; method=" + method, Body: []byte(b.String())}
}

func utc(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

func mailto(address string) string {
	user, host, _ := strings.Cut(address, "@")
	return "mailto:" + url.PathEscape(user) + "@" + host
}

// escape makes a text a value of the type TEXT.
func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(s)
}

// parameter makes a text a quoted parameter's value, which can hold neither quotes nor controls.
func parameter(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '"' {
			return -1
		}
		return r
	}, s)
}

// icsWriter folds lines: none is longer than 75 octets without its line end, and no character is torn.
type icsWriter struct{ strings.Builder }

const maxOctets = 75

func (b *icsWriter) line(s string) {
	room := maxOctets
	for len(s) > room {
		at := room
		for !utf8.RuneStart(s[at]) {
			at--
		}
		b.WriteString(s[:at] + "\r\n ")
		s, room = s[at:], maxOctets-1 // the blank counts
	}
	b.WriteString(s + "\r\n")
}
