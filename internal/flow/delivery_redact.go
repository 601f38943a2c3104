package flow

import (
	"cmp"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"ponte/internal/desk"
)

// redactor hides a person's data in what is shown of a call: by the name of the field that it stands in, by what is
// known of the occurrence's people, and by its form. Who may see documents sees everything but what looks like a
// credential, which nobody sees.
type redactor struct {
	sees  bool
	known []hidden // the longest first
}

type hidden struct {
	text *regexp.Regexp
	word string // of it, without which it is not there
	mask string
}

// person is somebody whom an occurrence's calls tell of.
type person struct{ name, document, phone, email string }

func newRedactor(a desk.Actor, people ...person) *redactor {
	r := &redactor{sees: a.SeesDocuments}
	if r.sees {
		return r
	}
	var texts, masks []string
	add := func(text, mask string) {
		if len([]rune(text)) > 3 && !slices.Contains(texts, text) {
			texts, masks = append(texts, text), append(masks, mask)
		}
	}
	for _, p := range people {
		add(p.name, maskName(p.name))
		add(p.email, maskMail(p.email))
		d := desk.Document(p.document)
		add(p.document, maskDocument(p.document))
		add(d.String(), maskDocument(p.document))
		for _, digits := range []string{p.phone, desk.Digits(p.phone), strings.TrimPrefix(desk.Digits(p.phone), "55")} {
			if len(desk.Digits(digits)) >= 8 {
				add(digits, maskPhone(digits))
			}
		}
	}
	order := make([]int, len(texts))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(len(texts[j]), len(texts[i])) })
	for _, i := range order {
		r.known = append(r.known, hidden{regexp.MustCompile(`(?i)` + regexp.QuoteMeta(texts[i])), longestWord(texts[i]), masks[i]})
	}
	return r
}

// Forms that personal data has wherever it stands.
var (
	phoneLike = regexp.MustCompile(`(?:\+?55\s?)?\(?\b\d{2}\)?[\s.-]?9?\d{4}[\s-]\d{4}\b`)
	mailLike  = regexp.MustCompile(`[\w.+%-]+@[\w-]+(?:\.[\w-]+)+`)
	// secretField is what a credential's field is called.
	secretField = regexp.MustCompile(`(?i)(?:token|senha|password|secret|authorization|api[_-]?key)$`)
	cnpjLike    = regexp.MustCompile(`\b\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2}\b`)
)

// text hides inside running text. Most texts hold nothing to hide, and an expression takes a tenth of a millisecond to find that
// out, so what has none of the letters that it must have is not asked.
func (r *redactor) text(s string) string {
	may := seen(s)
	if may.secret {
		s = secretLike.ReplaceAllString(s, "$1•••")
	}
	if r.sees {
		return s
	}
	for _, h := range r.known {
		if may.folds || strings.Contains(may.lower, h.word) {
			s = h.text.ReplaceAllLiteralString(s, h.mask)
		}
	}
	if may.number {
		document := func(s string) string {
			if _, ok := desk.ParseDocument(s); ok {
				return maskDocument(s)
			}
			return s
		}
		s = cnpjLike.ReplaceAllStringFunc(s, document)
		s = cpfLike.ReplaceAllStringFunc(s, document)
		s = phoneLike.ReplaceAllStringFunc(s, maskPhone)
	}
	if may.mail {
		s = mailLike.ReplaceAllStringFunc(s, maskMail)
	}
	return s
}

// sighting is what a text may hold, seen without reading it closely.
type sighting struct {
	lower                string
	secret, number, mail bool
	folds                bool // it has one of the letters that are like an ASCII one, but not by strings.ToLower
}

func seen(s string) sighting {
	f := sighting{lower: strings.ToLower(s), mail: strings.Contains(s, "@"), folds: strings.ContainsAny(s, "\u017f\u212a")}
	f.secret = f.folds || slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(f.lower, w) })
	digits := 0
	for _, c := range []byte(s) {
		switch {
		case '0' <= c && c <= '9':
			digits++
			f.number = f.number || digits == leastDigits
		case !strings.ContainsRune(" \t\n\f\r().-/+", rune(c)): // none of what stands between the digits of cnpjLike, cpfLike, phoneLike
			digits = 0
		}
	}
	return f
}

// secretWords are what secretLike wants one of; leastDigits is how many phoneLike wants, which wants the fewest.
var secretWords = []string{"token", "senha", "password", "secret", "authorization", "api"}

const leastDigits = 10

// longestWord is the longest run of ASCII letters and digits of a text, small.
func longestWord(s string) (longest string) {
	for _, w := range strings.FieldsFunc(strings.ToLower(s), func(c rune) bool { return !('a' <= c && c <= 'z' || '0' <= c && c <= '9') }) {
		if len(w) > len(longest) {
			longest = w
		}
	}
	return longest
}

// field hides a value by the name of the field that it stands in; other fields as text.
func (r *redactor) field(name, value string) string {
	if value != "" && secretField.MatchString(name) {
		return "•••"
	}
	if mask := maskOf(name); mask != nil && !r.sees && value != "" {
		return mask(value)
	}
	return r.text(value)
}

var jsonMember = regexp.MustCompile(`("(?:[^"\\]|\\.)*")(\s*:\s*)("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*)`)

// json hides inside a JSON text, whole or cut.
func (r *redactor) json(s string) string {
	if !r.sees {
		s = jsonMember.ReplaceAllStringFunc(s, func(member string) string {
			part := jsonMember.FindStringSubmatch(member)
			mask := maskOf(part[1])
			value := part[3]
			if mask == nil || strings.HasPrefix(value, `"`) && json.Unmarshal([]byte(part[3]), &value) != nil || value == "" {
				return member
			}
			return part[1] + part[2] + quoted(mask(value))
		})
	}
	return r.text(s)
}

// query hides inside name=value pairs, and joins them anew.
func (r *redactor) query(s, between string, encode func(string) string) string {
	pairs := strings.Split(s, "&")
	for i, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		plainName, err1 := url.QueryUnescape(name)
		plain, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil {
			pairs[i] = r.text(pair)
			continue
		}
		pairs[i] = encode(plainName) + "=" + encode(r.field(plainName, plain))
	}
	return strings.Join(pairs, between)
}

// maskOf is how a field's value is hidden, by what the field is called; nil: it is no personal data.
func maskOf(field string) func(string) string {
	name := strings.ToLower(strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) {
			return c
		}
		return -1
	}, field))
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) })
	}
	switch {
	case has("email"):
		return maskMail
	case has("cpf", "cnpj", "documentocliente", "numdocumento"):
		return maskDocument
	case has("telefone", "celular", "whatsapp"), name == "fone", name == "phone":
		return maskPhone
	case has("nome") && has("cliente", "solicitante", "proprietario", "inquilino", "contato", "morador", "sindico"),
		name == "solicitante", name == "cliente", name == "proprietario", name == "inquilino":
		return maskName
	}
	return nil
}

// maskName leaves the initials.
func maskName(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		words[i] = string([]rune(w)[:1]) + "•••"
	}
	return strings.Join(words, " ")
}

// maskPhone leaves the last four digits.
func maskPhone(s string) string {
	d := desk.Digits(s)
	return "•••• " + d[max(0, len(d)-4):]
}

// maskMail leaves the first letter and the host.
func maskMail(s string) string {
	user, host, ok := strings.Cut(s, "@")
	if !ok || user == "" {
		return "•••"
	}
	return string([]rune(user)[:1]) + "•••@" + host
}

// maskDocument leaves what is left of one everywhere; a wrong one leaves nothing.
func maskDocument(s string) string {
	if d, ok := desk.ParseDocument(s); ok {
		return strings.ReplaceAll(d.Masked(), "*", "•")
	}
	return "•••"
}
