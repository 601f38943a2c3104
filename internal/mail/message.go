package mail

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"html"
	"net/mail"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"ponte/internal/desk"
)

// ErrLetter is a letter that is not one: its address is more or less than one, or its subject more than one line.
var ErrLetter = errors.New("the letter has no single address, or its subject is not one line")

// Address says whether a text is one mail address and nothing beside it.
func Address(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text && a.Name == ""
}

// message gives a letter its two forms: as it is written, and the same in simple HTML.
func message(from *mail.Address, l desk.Letter) (*gomail.Msg, error) {
	if !Address(l.To) || l.Subject == "" || strings.ContainsFunc(l.Subject+l.From, unicode.IsControl) || l.ReplyTo != "" && !Address(l.ReplyTo) {
		return nil, ErrLetter
	}
	m := gomail.NewMsg()
	if l.From != "" {
		from = &mail.Address{Name: l.From, Address: from.Address}
	}
	m.FromMailAddress(from)
	if l.ReplyTo != "" {
		m.ReplyToMailAddress(&mail.Address{Address: l.ReplyTo})
	}
	m.ToMailAddress(&mail.Address{Address: l.To})
	m.Subject(l.Subject)
	m.SetDate()
	id := l.ID
	if id == "" {
		id = rand.Text()
	}
	m.SetMessageIDWithValue(id + "@" + from.Address[strings.LastIndex(from.Address, "@")+1:])
	m.SetGenHeader("Auto-Submitted", "auto-generated") // so that nobody's holiday notice answers it
	if l.Language != "" {
		m.SetGenHeader("Content-Language", l.Language)
	}
	m.SetBodyString(gomail.TypeTextPlain, l.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, page(l))
	for _, f := range l.Files {
		if err := m.AttachReader(f.Name, bytes.NewReader(f.Body), gomail.WithFileContentType(gomail.ContentType(f.Type))); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// page is the letter in HTML that every mail program shows: paragraphs and links, nothing to fetch.
func page(l desk.Letter) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"><title>%s</title></head>\n", html.EscapeString(l.Language), html.EscapeString(l.Subject))
	b.WriteString("<body style=\"font: 16px/1.5 sans-serif; max-width: 36em\">\n")
	for paragraph := range strings.SplitSeq(strings.TrimSpace(l.Text), "\n\n") {
		text := html.EscapeString(strings.TrimSpace(paragraph))
		if !l.Unlinked && link(paragraph) {
			text = `<a href="` + text + `">` + text + `</a>`
		}
		b.WriteString("<p>" + strings.ReplaceAll(text, "\n", "<br>\n") + "</p>\n")
	}
	b.WriteString("</body></html>\n")
	return b.String()
}

func link(paragraph string) bool {
	return (strings.HasPrefix(paragraph, "https://") || strings.HasPrefix(paragraph, "http://")) && !strings.ContainsFunc(paragraph, unicode.IsSpace)
}
