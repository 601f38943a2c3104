package web

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"ponte/internal/desk"
)

// initials are what stands for a person in a circle: of the first and the last name.
func initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	first := func(s string) string {
		r, _ := utf8.DecodeRuneInString(s)
		return string(unicode.ToUpper(r))
	}
	switch len(words) {
	case 0:
		return "?"
	case 1:
		return first(words[0])
	}
	return first(words[0]) + first(words[len(words)-1])
}

// sentence begins with a capital: names of statuses are written small in the catalogue.
func sentence(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// phoneLink is where a telephone number leads; a Brazilian one gets its country. Empty where it is no number.
func phoneLink(phone string) string {
	d := digits(phone)
	switch {
	case len(d) < 8:
		return ""
	case len(d) == 10 || len(d) == 11:
		d = "55" + d
	}
	return "tel:+" + d
}

// phoneText writes a bare number as people read it: (11) 98765-4321. What has a form already keeps it.
func phoneText(phone string) string {
	if phone != digits(phone) || len(phone) != 10 && len(phone) != 11 {
		return phone
	}
	return "(" + phone[:2] + ") " + phone[2:len(phone)-4] + "-" + phone[len(phone)-4:]
}

// mailLink is where an e-mail address leads; empty where it is none.
func mailLink(address string) string {
	user, host, ok := strings.Cut(address, "@")
	if !ok || user == "" || host == "" || strings.ContainsAny(address, " \t\r\n<>\"") {
		return ""
	}
	return "mailto:" + url.PathEscape(user) + "@" + url.PathEscape(host)
}

// maskedText shows the stars of a masked document as dots, which stand at the height of digits.
func maskedText(document string) string { return strings.ReplaceAll(document, "*", "•") }

// kindClass is the colour of a kind of status.
func kindClass(k desk.StatusKind) string {
	switch k {
	case desk.KindNew:
		return "new"
	case desk.KindSend:
		return "send"
	case desk.KindField:
		return "onfield"
	case desk.KindWait:
		return "wait"
	case desk.KindDone:
		return "done"
	case desk.KindFail:
		return "fail"
	}
	return "closed"
}

// statusIcon is the catalogue's choice, if the sprite has it; else it follows from what the status does.
func (p *page) statusIcon(s desk.Status) string {
	if p.assets.icons[s.Icon] {
		return s.Icon
	}
	switch s.Point {
	case desk.AddComment:
		return "message-2"
	case desk.AskVisit:
		return "calendar-plus"
	case desk.CloseOrder:
		return "archive"
	}
	switch s.Kind {
	case desk.KindNew:
		return "circle-dashed"
	case desk.KindSend:
		return "send"
	case desk.KindField:
		return "tool"
	case desk.KindWait:
		return "hourglass"
	case desk.KindDone:
		return "circle-check"
	case desk.KindFail:
		return "alert-triangle"
	}
	return "archive"
}
