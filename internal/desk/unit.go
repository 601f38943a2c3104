package desk

import (
	"slices"
	"strings"
	"unicode"
)

// unitWords are what people write before the number of a unit.
var unitWords = []string{"APARTAMENTO", "APARTAM", "APTO", "APT", "AP", "UNIDADE", "UNID", "UN", "CASA", "LOTE", "SALA", "LOJA"}

// UnitKey is the form in which unit numbers meet: letters and digits only, in capitals, without the word for
// "apartment" before a digit and without leading zeros. "apto. 0101" and "101" have the same key.
func UnitKey(number string) string {
	var b strings.Builder
	for _, r := range strings.ToUpper(number) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(r)
		}
	}
	key := b.String()
	for _, w := range unitWords {
		if rest, ok := strings.CutPrefix(key, w); ok && rest != "" && unicode.IsDigit(rune(rest[0])) {
			key = rest
			break
		}
	}
	if t := strings.TrimLeft(key, "0"); t != "" {
		return t
	}
	return key
}

// UnitCandidate is a unit that a call may mean.
type UnitCandidate struct {
	ID              int64
	DevelopmentID   int64
	DevelopmentCode string
	BlockCode       string
	Number          string
	CommonArea      bool
}

// NarrowUnits applies RULES.md, "Who and where": by development, by block, then, while several are left, by the
// units that the customer has to do with. theirs is nil where no customer is known. One left: that is it. Never
// a guess.
func NarrowUnits(all []UnitCandidate, development, block string, theirs map[int64]bool) (UnitCandidate, []UnitCandidate, *Error) {
	left := slices.DeleteFunc(slices.Clone(all), func(u UnitCandidate) bool {
		return development != "" && !strings.EqualFold(u.DevelopmentCode, development) ||
			block != "" && !strings.EqualFold(u.BlockCode, block)
	})
	if len(left) > 1 && theirs != nil {
		left = slices.DeleteFunc(left, func(u UnitCandidate) bool { return !theirs[u.ID] })
	}
	switch len(left) {
	case 0:
		return UnitCandidate{}, nil, Fail(ErrUnit)
	case 1:
		return left[0], nil, nil
	}
	return UnitCandidate{}, left, Fail(ErrAmbiguousUnit, "quantas", len(left))
}

// Relation is what ties a customer to a unit.
type Relation string

const (
	Owner       Relation = "contrato"
	Tenant      Relation = "inquilino"
	Syndic      Relation = "sindico"
	Condominium Relation = "condominio"
)
