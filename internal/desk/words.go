package desk

import (
	"slices"
	"strings"
	"unicode"
)

// accents maps the letters of Portuguese (and of names from next door) to the ones that people type.
var accents = strings.NewReplacer(
	"Á", "A", "À", "A", "Â", "A", "Ã", "A", "Ä", "A", "Å", "A", "É", "E", "È", "E", "Ê", "E", "Ë", "E",
	"Í", "I", "Ì", "I", "Î", "I", "Ï", "I", "Ó", "O", "Ò", "O", "Ô", "O", "Õ", "O", "Ö", "O",
	"Ú", "U", "Ù", "U", "Û", "U", "Ü", "U", "Ç", "C", "Ñ", "N", "Ý", "Y",
	"\u0300", "", "\u0301", "", "\u0302", "", "\u0303", "", "\u0308", "", "\u0327", "", // accents that stand alone
)

// Plain is a text as it is compared: capitals without accents, so that "João", "joao" and "JOÀO" meet.
func Plain(s string) string { return accents.Replace(strings.ToUpper(s)) }

// Words are the words of a text as they are found: plain, in their order, none twice.
func Words(s string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(Plain(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// PhoneKey is a phone's digits from the last to the first: people know its end, and a country code may be missing.
func PhoneKey(phone string) string {
	digits := []byte(Digits(phone))
	slices.Reverse(digits)
	return string(digits)
}

// Digits are the digits of a text.
func Digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
