package flow

import (
	"regexp"

	"ponte/internal/desk"
)

var (
	// cpfLike is what may be a CPF inside other text.
	cpfLike = regexp.MustCompile(`\b\d{3}[.\s]?\d{3}[.\s]?\d{3}[-\s]?\d{2}\b`)
	// secretLike is a credential inside a body that could not be read; inside one that could they were left out.
	secretLike = regexp.MustCompile(`(?i)((?:[a-z_-]*token|senha|password|secret|authorization|api_?key)["']?\s*[:=>]\s*["']?(?:bearer |basic )?)[^\s"'<>&,;]+`)
)

// redact is a parameter as an actor may read it.
func redact(a desk.Actor, name, text string) string {
	if a.SeesDocuments {
		return text
	}
	if name == "cpf_cnpj" {
		return shownDocument(a, text)
	}
	return cpfLike.ReplaceAllStringFunc(text, func(s string) string {
		if d, ok := desk.ParseDocument(s); ok {
			return d.Masked()
		}
		return s
	})
}

// redactBody is the beginning of a body that could not be read: there anything may be anywhere.
func redactBody(a desk.Actor, text string) string {
	text = secretLike.ReplaceAllString(text, "$1***")
	if a.SeesDocuments {
		return text
	}
	return cpfLike.ReplaceAllStringFunc(text, func(s string) string { return desk.Document(desk.Digits(s)).Masked() })
}

// shownDocument is a CPF or CNPJ as an actor may read it; a wrong one too, because it may be nearly somebody's.
func shownDocument(a desk.Actor, text string) string {
	d, ok := desk.ParseDocument(text)
	switch {
	case a.SeesDocuments && ok:
		return d.String()
	case a.SeesDocuments || text == "":
		return text
	case ok:
		return d.Masked()
	}
	digits := desk.Digits(text)
	if len(digits) < 9 || len(digits) > 12 {
		return text // no CPF, and what it is must be seen to be mended
	}
	return "***." + digits[3:6] + "." + digits[6:9] + "-**"
}
