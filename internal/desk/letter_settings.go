package desk

import (
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// LetterSettings say which letters a house sends to its customers, and in whose name. The zero value sends none.
type LetterSettings struct {
	On         []LetterKind `json:"ligadas"`
	Language   string       `json:"idioma"` // of the installation: "pt-BR" or "en"
	SenderName string       `json:"remetente"`
	ReplyTo    string       `json:"responder_a"`
	// TestAddress gets every letter of homologation and of tests, in place of the customer. Empty: those are not written.
	TestAddress string `json:"endereco_de_teste"`
	// Without are the codes of developments whose customers get none.
	Without []string `json:"sem_cartas"`
	// Solution puts what the closing's solucao says into the letter that tells of it.
	Solution bool `json:"com_solucao"`
	// Texts are the house's own words, by kind and language.
	Texts map[LetterKind]map[string]LetterText `json:"textos,omitempty"`
}

// LetterText is what a house says before and after what Ponte says.
type LetterText struct {
	Intro  string `json:"abertura"`
	Footer string `json:"rodape"`
}

// LetterLanguages are those that letters can be in.
var LetterLanguages = []string{"pt-BR", "en"}

// DefaultLetters sends nothing.
func DefaultLetters() LetterSettings { return LetterSettings{Language: "pt-BR", Solution: true} }

// Sends says whether letters of a kind are sent at all.
func (s LetterSettings) Sends(k LetterKind) bool { return slices.Contains(s.On, k) }

// Text is the house's for a kind, in the installation's language.
func (s LetterSettings) Text(k LetterKind) LetterText { return s.Texts[k][s.Language] }

// Limits of the settings, in characters.
const (
	MaxLetterText = 1500
	MaxSenderName = 80
)

// LetterMarks are the placeholders that a text may hold, such as {numero}.
func LetterMarks(k LetterKind) []string {
	marks := []string{"numero", "assunto", "cliente", "unidade", "empreendimento"}
	if k == LetterVisit {
		marks = append(marks, "data", "hora")
	}
	return marks
}

// FillLetter puts values in the place of placeholders, in one pass: what a value says is never read as one. ok is false where a
// placeholder is none of the values, or a brace stands alone; bad is what stands there.
func FillLetter(text string, values map[string]string) (filled, bad string, ok bool) {
	var b strings.Builder
	for {
		i := strings.IndexAny(text, "{}")
		if i < 0 {
			b.WriteString(text)
			return b.String(), "", true
		}
		b.WriteString(text[:i])
		end := strings.IndexByte(text[i:], '}')
		if text[i] == '}' || end < 0 {
			return "", text[i : i+1], false
		}
		name := text[i+1 : i+end]
		value, known := values[name]
		if !known {
			return "", "{" + clip(name, 40) + "}", false
		}
		b.WriteString(value)
		text = text[i+end+1:]
	}
}

func clip(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// MailAddress says whether a text is one address and nothing beside it.
func MailAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text && a.Name == "" && !strings.ContainsFunc(text, unicode.IsControl)
}

// TextField names the form's field of a text: texto-vistoria-pt-BR-rodape.
func (k LetterKind) TextField(language, part string) string {
	return "texto-" + string(k) + "-" + language + "-" + part
}

// Check gathers what is wrong, by the names of the form's fields.
func (s LetterSettings) Check() *Error {
	e := Fail(ErrParameter)
	bad := func(field, code string, args map[string]any) {
		e.Fields = append(e.Fields, FieldError{Field: field, Code: code, Args: args})
	}
	for _, k := range s.On {
		if !slices.Contains(LetterKinds, k) {
			bad("ligadas", "nao_existe", nil)
		}
	}
	if !slices.Contains(LetterLanguages, s.Language) {
		bad("idioma", "nao_existe", nil)
	}
	if utf8.RuneCountInString(s.SenderName) > MaxSenderName {
		bad("remetente", "grande_demais", map[string]any{"maximo": MaxSenderName})
	} else if strings.ContainsFunc(s.SenderName, func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune(`<>@"\`, r) }) {
		bad("remetente", "nome_de_remetente", nil)
	}
	for field, address := range map[string]string{"responder_a": s.ReplyTo, "endereco_de_teste": s.TestAddress} {
		if address != "" && !MailAddress(address) {
			bad(field, "endereco_de_email", nil)
		}
	}
	for k, all := range s.Texts {
		for lang, t := range all {
			if !slices.Contains(LetterKinds, k) || !slices.Contains(LetterLanguages, lang) {
				bad("ligadas", "nao_existe", nil)
				continue
			}
			for part, text := range map[string]string{"abertura": t.Intro, "rodape": t.Footer} {
				if code, args := wrongText(k, text); code != "" {
					bad(k.TextField(lang, part), code, args)
				}
			}
		}
	}
	if len(e.Fields) == 0 {
		return nil
	}
	slices.SortFunc(e.Fields, func(a, b FieldError) int { return strings.Compare(a.Field, b.Field) })
	return e
}

// wrongText says what is wrong with a house's text; an empty code: nothing.
func wrongText(k LetterKind, text string) (code string, args map[string]any) {
	if utf8.RuneCountInString(text) > MaxLetterText {
		return "grande_demais", map[string]any{"maximo": MaxLetterText}
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }) {
		return "caractere_de_controle", nil
	}
	marks := LetterMarks(k)
	values := make(map[string]string, len(marks))
	for _, m := range marks {
		values[m] = ""
	}
	if _, found, ok := FillLetter(text, values); !ok {
		return "marcador_desconhecido", map[string]any{"marcador": found, "aceitos": "{" + strings.Join(marks, "}, {") + "}"}
	}
	return "", nil
}
