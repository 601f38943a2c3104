package door

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"ponte/internal/desk"
)

// Charset is what a Content-Type declares. The zero Charset is UTF-8.
type Charset struct{ table *charmap.Charmap }

var (
	utf8Charset = Charset{}
	// As in browsers, ISO-8859-1 is read as windows-1252: nobody means the control characters in which alone
	// they differ, and Windows programs declare the one and send the other.
	latin1 = Charset{charmap.Windows1252}
)

// charsets by lower-case name; none declared is UTF-8, and never guessed.
var charsets = map[string]Charset{
	"": utf8Charset, "utf-8": utf8Charset, "utf8": utf8Charset, "us-ascii": utf8Charset,
	"iso-8859-1": latin1, "iso8859-1": latin1, "iso_8859-1": latin1, "latin1": latin1,
	"windows-1252": latin1, "cp1252": latin1,
}

// CharsetOf finds a charset by its name, in any case; an empty name is UTF-8.
func CharsetOf(name string) (Charset, bool) {
	c, ok := charsets[strings.ToLower(name)]
	return c, ok
}

// Decode gives valid UTF-8, or says where the bytes aren't text of this charset.
func (c Charset) Decode(s string) (string, error) {
	if c.table == nil {
		if utf8.ValidString(s) {
			return s, nil
		}
		return "", desk.Fail(desk.ErrContent, "motivo", "utf8", "posicao", firstInvalid(s)+1)
	}
	if ascii(s) {
		return s, nil // the same bytes, and a file's base64 isn't copied
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	for i := range len(s) {
		r := c.table.DecodeByte(s[i])
		if r == utf8.RuneError {
			return "", desk.Fail(desk.ErrContent, "motivo", "byte", "posicao", i+1)
		}
		b.WriteRune(r)
	}
	return b.String(), nil
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func firstInvalid(s string) int {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(s)
}
