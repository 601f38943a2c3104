package webservice

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// cleanText gives the text as it is stored: line ends as \n, no blanks around it. The fault is a message id, ""
// where there is none: invalid UTF-8, or a control character other than \n, \r and \t (a NUL can't even be
// stored in PostgreSQL).
func cleanText(s string, oneLine bool) (clean, fault string) {
	lineEnds := false
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < 0x7f {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			switch c {
			case '\r':
				lineEnds = true
			case '\n', '\t':
				lineEnds = lineEnds || oneLine
			default:
				return "", "controle"
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			return "", "codificacao"
		}
		if unicode.IsControl(r) {
			return "", "controle"
		}
		i += size
	}
	s = strings.TrimSpace(s)
	if lineEnds && oneLine {
		s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\r' || r == '\n' || r == '\t' }), " ")
	} else if lineEnds {
		s = strings.ReplaceAll(s, "\r\n", "\n")
		s = strings.ReplaceAll(s, "\r", "\n")
	}
	return s, ""
}

// longer says whether s has more than limit runes, without counting those of a short one.
func longer(s string, limit int) bool {
	return len(s) > limit && utf8.RuneCountInString(s) > limit
}

// nearestName finds the parameter that was probably meant: the same letters in another case, or one or two
// letters off.
func nearestName(name string, known []ParamSpec) string {
	if len(name) > 64 {
		return ""
	}
	best, bestDistance := "", 3
	for _, k := range known {
		if strings.EqualFold(name, k.Name) {
			return k.Name
		}
		if d := distance(name, k.Name); d < bestDistance && d*3 <= len(k.Name) {
			best, bestDistance = k.Name, d
		}
	}
	return best
}

// distance is Levenshtein's, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// ShownName makes a name that a stranger sent fit to be answered and logged.
func ShownName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, name)
	if runes := []rune(name); len(runes) > 64 {
		return string(runes[:64])
	}
	return name
}
