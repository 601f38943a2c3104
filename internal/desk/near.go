package desk

// One typo is what a person makes who copies by hand: a character wrong, missing, too much, or swapped with its
// neighbour.

// OneTypo says whether two plain texts are the same but for one typo, and not the same.
func OneTypo(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(y)-len(x) > 1 {
		return false
	}
	i := 0
	for i < len(x) && x[i] == y[i] {
		i++
	}
	j := 0
	for j < len(x)-i && x[len(x)-1-j] == y[len(y)-1-j] {
		j++
	}
	left, right := len(x)-i-j, len(y)-i-j // what differs of each
	switch {
	case left == 0:
		return right == 1
	case left == 1:
		return right == 1
	}
	return left == 2 && right == 2 && x[i] == y[i+1] && x[i+1] == y[i]
}

// NearDocuments are the CPFs and CNPJs, valid by their check digits, that are one typo away from a number: with one
// digit other, two neighbours swapped, one missing or one too much. There are few, because check digits are made to
// find just such mistakes.
func NearDocuments(text string) []Document {
	d := Digits(text)
	var out []Document
	seen := map[string]bool{}
	try := func(s string) {
		if x := Document(s); !seen[s] && s != d && x.valid() {
			seen[s] = true
			out = append(out, x)
		}
	}
	size := len(d)
	if size == 11 || size == 14 {
		for i := range d {
			for c := byte('0'); c <= '9'; c++ {
				try(d[:i] + string(c) + d[i+1:])
			}
			if i > 0 {
				try(d[:i-1] + string(d[i]) + string(d[i-1]) + d[i+1:])
			}
		}
	}
	if size == 10 || size == 13 {
		for i := 0; i <= size; i++ {
			for c := byte('0'); c <= '9'; c++ {
				try(d[:i] + string(c) + d[i:])
			}
		}
	}
	if size == 12 || size == 15 {
		for i := range d {
			try(d[:i] + d[i+1:])
		}
	}
	return out
}

// maxCode bounds the codes whose neighbours are tried.
const maxCode = 40

// lookalikes are the letters that are read for digits, and the digits that are read for letters.
var lookalikes = map[byte]string{'0': "O", '1': "IL", '5': "S", '8': "B", 'O': "0", 'o': "0", 'I': "1", 'i': "1", 'L': "1", 'l': "1", 'S': "5", 's': "5", 'B': "8"}

// NearCodes are the texts that are one typo away from a code. A digit is taken for another digit, a letter for
// another letter: that is how codes are mistyped, and keeps the neighbours few enough to look each up.
func NearCodes(code string) []string {
	if code == "" || len(code) > maxCode {
		return nil
	}
	seen := map[string]bool{code: true}
	var out []string
	try := func(s string) {
		if !seen[s] && s != "" {
			seen[s] = true
			out = append(out, s)
		}
	}
	for i := range code {
		from, to := code[i], code[i]
		switch {
		case from >= '0' && from <= '9':
			from, to = '0', '9'
		case from >= 'A' && from <= 'Z':
			from, to = 'A', 'Z'
		case from >= 'a' && from <= 'z':
			from, to = 'a', 'z'
		}
		for c := int(from); c <= int(to); c++ {
			try(code[:i] + string(rune(c)) + code[i+1:])
		}
		for _, c := range lookalikes[code[i]] {
			try(code[:i] + string(c) + code[i+1:])
		}
		try(code[:i] + code[i+1:])
		if i > 0 {
			try(code[:i-1] + string(code[i]) + string(code[i-1]) + code[i+1:])
		}
	}
	for i := 0; i <= len(code); i++ {
		for _, c := range "0123456789-" {
			try(code[:i] + string(c) + code[i:])
		}
	}
	return out
}
