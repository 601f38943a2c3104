package desk

import "strings"

// Document is a CPF or CNPJ without punctuation: eleven digits, or fourteen characters of which the first twelve
// may be letters (the alphanumeric CNPJ of Receita Federal, 2026). The zero Document is "none".
type Document string

// ParseDocument takes a CPF or CNPJ in any punctuation and checks its digits.
func ParseDocument(text string) (Document, bool) {
	var b strings.Builder
	for _, r := range strings.ToUpper(text) {
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z':
			b.WriteRune(r)
		case strings.ContainsRune(".-/ \u00a0", r):
		default:
			return "", false
		}
	}
	d := Document(b.String())
	return d, d.valid()
}

// NamesDocument says whether a text has a CPF or CNPJ in it, among other words and in any punctuation.
func NamesDocument(text string) bool {
	words := strings.Fields(text)
	for i := range words {
		for j := i + 1; j <= min(len(words), i+6); j++ { // 529 982 247 25, and a CNPJ's five parts
			if _, ok := ParseDocument(strings.Trim(strings.Join(words[i:j], " "), ".,;:()[]\"'“”")); ok {
				return true
			}
		}
	}
	return false
}

// IsCompany says whether it is a CNPJ.
func (d Document) IsCompany() bool { return len(d) == 14 }

func (d Document) valid() bool {
	switch len(d) {
	case 11:
		return allDigits(string(d)) && !uniform(string(d)) && checks(string(d), cpfWeights)
	case 14:
		return allDigits(string(d[12:])) && !uniform(string(d)) && checks(string(d), cnpjWeights)
	}
	return false
}

// Weights of the first check digit; the second's are the same with one more in front.
var (
	cpfWeights  = []int{11, 10, 9, 8, 7, 6, 5, 4, 3, 2}
	cnpjWeights = []int{6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2}
)

func checks(s string, weights []int) bool {
	body := len(s) - 2
	for n := range 2 {
		w := weights[1-n:]
		sum := 0
		for i := range body + n {
			sum += int(s[i]-'0') * w[i] // letters count their distance from '0', as the CNPJ's rule says
		}
		want := 11 - sum%11
		if want > 9 {
			want = 0
		}
		if int(s[body+n]-'0') != want {
			return false
		}
	}
	return true
}

func allDigits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

func uniform(s string) bool { return strings.Count(s, s[:1]) == len(s) }

// String is the punctuated form: 529.982.247-25 or 12.ABC.345/01DE-35.
func (d Document) String() string {
	switch len(d) {
	case 11:
		return string(d[:3] + "." + d[3:6] + "." + d[6:9] + "-" + d[9:])
	case 14:
		return string(d[:2] + "." + d[2:5] + "." + d[5:8] + "/" + d[8:12] + "-" + d[12:])
	}
	return string(d)
}

// Masked shows the middle of a CPF, which is enough to confirm it on the phone and not enough to misuse it. A
// CNPJ is public and is shown whole.
func (d Document) Masked() string {
	if len(d) == 11 {
		return string("***." + d[3:6] + "." + d[6:9] + "-**")
	}
	return d.String()
}
