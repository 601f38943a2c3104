package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// phrase is one text for people, in both languages; {name} stands for an argument.
type phrase struct{ pt, en string }

// catalogue is every text of the pages. What comes from outside (Ponte's reasons, what people typed) is shown as it is.
var catalogue = func() map[string]phrase {
	all := map[string]phrase{}
	for _, some := range []map[string]phrase{commonWords, orderWords, actWords, consoleWords} {
		maps.Copy(all, some)
	}
	return all
}()

const (
	langPortuguese = "pt-BR"
	langEnglish    = "en"
	languageCookie = "sandbox-idioma"
)

// words speaks one language.
type words struct{ lang string }

// wordsFor is Portuguese unless the browser's cookie says English.
func wordsFor(r *http.Request) words {
	if c, err := r.Cookie(languageCookie); err == nil && c.Value == langEnglish {
		return words{langEnglish}
	}
	return words{langPortuguese}
}

// other is the language to change to.
func (w words) other() string {
	if w.lang == langEnglish {
		return langPortuguese
	}
	return langEnglish
}

// T is the text of an id; args are pairs of a placeholder's name and its value. An unknown id is shown itself: tests
// see to it that there is none.
func (w words) T(id string, args ...any) string {
	p, ok := catalogue[id]
	if !ok {
		return id
	}
	text := p.pt
	if w.lang == langEnglish {
		text = p.en
	}
	pairs := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		pairs = append(pairs, fmt.Sprintf("{%v}", args[i]), fmt.Sprint(args[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// N is the text of a count: id.one for 1, id.other for everything else. Nothing is to be said in words of its own.
func (w words) N(id string, n int, args ...any) string {
	form := ".other"
	if n == 1 {
		form = ".one"
	}
	return w.T(id+form, append(args, "n", n)...)
}

// sentence begins with a capital letter.
func sentence(s string) string {
	for i, r := range s {
		if i == 0 {
			return strings.ToUpper(string(r)) + s[len(string(r)):]
		}
	}
	return s
}
