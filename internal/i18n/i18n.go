package i18n

import (
	"embed"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed mensagens/*.yaml
var files embed.FS

// The languages, as they are kept with a user and written in a page's lang.
const (
	Portuguese = "pt-BR"
	English    = "en"
)

// Languages is all of them, the default first.
var Languages = []string{Portuguese, English}

// Catalogues is every message in every language. It is immutable and safe for concurrent use.
type Catalogues struct {
	localizers map[string]*Localizer
	matcher    language.Matcher
}

// Load answers the catalogues that are built in. They are read once, which takes some 40 ms.
func Load() (*Catalogues, error) { return built() }

var built = sync.OnceValues(read)

func read() (*Catalogues, error) {
	bundle := goi18n.NewBundle(language.BrazilianPortuguese)
	bundle.RegisterUnmarshalFunc("yaml", yaml.Unmarshal)
	c := &Catalogues{localizers: map[string]*Localizer{}}
	var tags []language.Tag
	for _, lang := range Languages {
		tag := language.MustParse(lang)
		tags = append(tags, tag)
		c.localizers[lang] = &Localizer{Lang: lang, tag: tag, known: map[string]*goi18n.Message{},
			loc: goi18n.NewLocalizer(bundle, lang)}
	}
	names, err := files.ReadDir("mensagens")
	if err != nil {
		return nil, err
	}
	for _, f := range names {
		doc, err := files.ReadFile(path.Join("mensagens", f.Name()))
		if err != nil {
			return nil, err
		}
		parsed, err := bundle.ParseMessageFileBytes(doc, f.Name())
		if err != nil {
			return nil, fmt.Errorf("i18n: %s: %w", f.Name(), err)
		}
		l, ok := c.localizers[parsed.Tag.String()]
		if !ok {
			return nil, fmt.Errorf("i18n: %s: no such language", f.Name())
		}
		for _, m := range parsed.Messages {
			if l.known[m.ID] != nil {
				return nil, fmt.Errorf("i18n: %s: %s is there twice", f.Name(), m.ID)
			}
			l.known[m.ID] = m
		}
	}
	c.matcher = language.NewMatcher(tags)
	return c, nil
}

// In answers a language by its name; an unknown or empty name is the default.
func (c *Catalogues) In(lang string) *Localizer {
	if l, ok := c.localizers[lang]; ok {
		return l
	}
	return c.localizers[Portuguese]
}

// Negotiate picks the language that an Accept-Language header asks for; the default where it asks for none of ours.
func (c *Catalogues) Negotiate(accept string) string {
	wanted, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(wanted) == 0 {
		return Portuguese
	}
	_, i, confidence := c.matcher.Match(wanted...)
	if confidence == language.No {
		return Portuguese
	}
	return Languages[i]
}

// Localizer speaks one language. It is safe for concurrent use.
type Localizer struct {
	Lang  string
	tag   language.Tag
	loc   *goi18n.Localizer
	known map[string]*goi18n.Message
}

// T is a message with its arguments, pairs of name and value. An id that has no message answers itself, so that
// a gap is seen and nothing breaks; the tests let none through.
func (l *Localizer) T(id string, args ...any) string { return l.fill(id, pairs(args), nil) }

// N is a message that counts. Its argument n is the number as the language writes it.
func (l *Localizer) N(id string, n int, args ...any) string {
	named := pairs(args)
	if named == nil {
		named = map[string]any{}
	}
	named["n"] = l.Number(int64(n))
	return l.fill(id, named, n)
}

func (l *Localizer) fill(id string, args map[string]any, count any) string {
	text, err := l.loc.Localize(&goi18n.LocalizeConfig{MessageID: id, TemplateData: args, PluralCount: count})
	if err != nil && text == "" {
		return id
	}
	return text
}

// Has says whether there is a message of this id.
func (l *Localizer) Has(id string) bool { return l.known[id] != nil }

// filled are the places of a message that arguments fill.
var filled = regexp.MustCompile(`{{[^}]*}}`)

// Saying is what stands behind a prefix in the ids of those messages whose words have the text in them, whatever fills them in,
// as plain makes both comparable.
func (l *Localizer) Saying(prefix, text string, plain func(string) string) (out []string) {
	for id, m := range l.known {
		if rest, ok := strings.CutPrefix(id, prefix); ok && strings.Contains(plain(filled.ReplaceAllString(m.Other, " ")), plain(text)) {
			out = append(out, rest)
		}
	}
	return out
}

// IDs is every message id, sorted.
func (l *Localizer) IDs() []string { return slices.Sorted(maps.Keys(l.known)) }

// Number writes a quantity with the language's separators. Numbers that name something (an occurrence, an order)
// are not quantities.
func (l *Localizer) Number(n int64) string { return message.NewPrinter(l.tag).Sprint(n) }

func pairs(args []any) map[string]any {
	if len(args) == 0 {
		return nil
	}
	m := make(map[string]any, len(args)/2+1)
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i].(string)] = args[i+1]
	}
	return m
}
