package desk

import (
	"slices"
	"strings"
	"unicode"
)

// Written is one reading of how a person writes a unit: a number, the block where it was called one, and other words,
// which must be the names of the place or the reading is wrong.
type Written struct {
	Number string // as UnitKey
	Block  string // plain; after "bl", "bloco", "torre"
	Words  []string
}

// Place is what people call where a unit is.
type Place struct{ DevelopmentCode, DevelopmentName, BlockCode, BlockName string }

var (
	numberWords = []string{"APARTAMENTO", "APTO", "APT", "AP", "UNIDADE", "UNID", "UN", "CASA", "LOTE", "SALA", "LOJA", "NUMERO", "NO", "N"}
	blockWords  = []string{"BLOCO", "BLC", "BL", "TORRE", "TR", "QUADRA", "QD", "EDIFICIO", "ED"}
	// fillWords say nothing about which unit is meant.
	fillWords = []string{"DO", "DA", "DE", "E", "NO", "NA"}
)

// longestWritten bounds what is taken for a unit: more words than this are a sentence.
const longestWritten = 8

// ReadUnit answers every way to read what a person wrote for a unit: "ap 101 bl A", "A-101", "101/A", "bloco A
// unidade 101", "AUR A 101", "101A". The readings are for looking up, all of them: which is meant, if any, only the
// registry knows.
func ReadUnit(text string) []Written {
	tokens := unitTokens(text)
	if len(tokens) == 0 || len(tokens) > longestWritten {
		return nil
	}
	var out []Written
	add := func(w Written) {
		if !slices.ContainsFunc(out, func(o Written) bool {
			return o.Number == w.Number && o.Block == w.Block && slices.Equal(o.Words, w.Words)
		}) {
			out = append(out, w)
		}
	}
	for i, t := range tokens {
		if t.label != labelBlock && strings.ContainsAny(t.text, "0123456789") {
			add(reading(t.text, tokens, i))
		}
	}
	for i, t := range tokens { // "101A" and "A101": a number grown together with its block
		if digits, letters, ok := apart(t.text); ok && t.label != labelBlock {
			w := reading(digits, tokens, i)
			w.Words = append(w.Words, letters)
			add(w)
		}
	}
	labelled := slices.ContainsFunc(tokens, func(t unitToken) bool { return t.label == labelNumber })
	if labelled { // what was called the number is it
		out = slices.DeleteFunc(out, func(w Written) bool {
			return !slices.ContainsFunc(tokens, func(t unitToken) bool {
				digits, _, _ := apart(t.text)
				return t.label == labelNumber && (UnitKey(t.text) == w.Number || digits != "" && UnitKey(digits) == w.Number)
			})
		})
	}
	return out
}

// Fits says whether every word of a reading names the place: no word is left over, none is guessed.
func (w Written) Fits(p Place) bool {
	block := append([]string{Plain(p.BlockCode)}, Words(p.BlockName)...)
	if w.Block != "" && !slices.Contains(block, w.Block) {
		return false
	}
	names := slices.Concat(block, Words(p.DevelopmentName), []string{Plain(p.DevelopmentCode)})
	return !slices.ContainsFunc(w.Words, func(s string) bool { return !slices.Contains(names, s) })
}

// Bare says that nothing but a number was written.
func (w Written) Bare() bool { return w.Block == "" && len(w.Words) == 0 }

type unitToken struct{ text, label string }

const (
	labelNumber = "number"
	labelBlock  = "block"
)

// unitTokens are the words of a text without those that only announce the next one.
func unitTokens(text string) (out []unitToken) {
	label := ""
	for _, word := range strings.FieldsFunc(Plain(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		switch {
		case slices.Contains(blockWords, word):
			label = labelBlock
			continue
		case slices.Contains(numberWords, word):
			label = labelNumber
			continue
		case slices.Contains(fillWords, word):
			continue
		}
		if l, rest := grown(word); l != "" {
			label, word = l, rest
		}
		out = append(out, unitToken{word, label})
		label = ""
	}
	return out
}

// grown takes the announcing word off one that grew together with it: "AP101", "BLA", "TORRE2".
func grown(word string) (label, rest string) {
	for _, w := range numberWords {
		if rest, ok := strings.CutPrefix(word, w); ok && rest != "" && unicode.IsDigit(rune(rest[0])) && len(w) > 1 {
			return labelNumber, rest
		}
	}
	for _, w := range blockWords {
		if rest, ok := strings.CutPrefix(word, w); ok && (len(rest) == 1 || rest != "" && unicode.IsDigit(rune(rest[0]))) {
			return labelBlock, rest
		}
	}
	return "", word
}

// apart takes digits and the letters before or behind them apart.
func apart(token string) (digits, letters string, ok bool) {
	isDigit := func(r rune) bool { return r >= '0' && r <= '9' }
	first := strings.TrimLeftFunc(token, isDigit)
	last := strings.TrimRightFunc(token, isDigit)
	switch {
	case first != "" && first != token && !strings.ContainsFunc(first, isDigit):
		return token[:len(token)-len(first)], first, true
	case last != "" && last != token && !strings.ContainsFunc(last, isDigit):
		return token[len(last):], last, true
	}
	return "", "", false
}

func reading(number string, tokens []unitToken, at int) Written {
	w := Written{Number: UnitKey(number)}
	for i, t := range tokens {
		switch {
		case i == at:
		case t.label == labelBlock && w.Block == "":
			w.Block = t.text
		default:
			w.Words = append(w.Words, t.text)
		}
	}
	return w
}
