package soap

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"ponte/internal/desk"
	"ponte/internal/webservice/door"
)

const (
	bomUTF8    = "\xEF\xBB\xBF"
	bomLittle  = "\xFF\xFE"
	bomBig     = "\xFE\xFF"
	bareLittle = "<\x00"
	bareBig    = "\x00<"
)

// textOf makes UTF-8 of what was received. A byte order mark says what it is; then the HTTP charset, if the bytes agree;
// then the declaration, as far as bytes can be as it says (.NET writes "utf-16" before UTF-8); else it is UTF-8. Of a
// message that isn't whole yet the last character may be missing.
func textOf(raw, charset string, whole bool) (string, error) {
	if strings.HasPrefix(raw, bomLittle) || strings.HasPrefix(raw, bareLittle) {
		return checked(fromUTF16(strings.TrimPrefix(raw, bomLittle), binary.LittleEndian, whole))
	}
	if strings.HasPrefix(raw, bomBig) || strings.HasPrefix(raw, bareBig) {
		return checked(fromUTF16(strings.TrimPrefix(raw, bomBig), binary.BigEndian, whole))
	}
	if !whole {
		raw = withoutHalf(raw)
	}
	if text, ok := strings.CutPrefix(raw, bomUTF8); ok {
		return checked(door.Charset{}.Decode(text))
	}
	for _, named := range []string{charset, declared(raw)} {
		c, known := door.CharsetOf(named)
		if named == "" || isUTF16(named) {
			continue // UTF-16 would have shown above
		}
		if !known {
			return "", desk.Fail(desk.ErrUnsupported, "motivo", "charset")
		}
		if text, err := c.Decode(raw); err == nil {
			return checked(text, nil)
		}
	}
	return checked(door.Charset{}.Decode(raw))
}

func isUTF16(charset string) bool { return strings.HasPrefix(strings.ToLower(charset), "utf-16") }

// declared is the encoding that the XML declaration names, "" where there is none.
func declared(raw string) string {
	inside, ok := strings.CutPrefix(raw, "<?xml")
	if !ok {
		return ""
	}
	inside, _, _ = strings.Cut(inside[:min(len(inside), 200)], "?>")
	_, value, ok := strings.Cut(inside, "encoding")
	if !ok {
		return ""
	}
	value = strings.TrimLeft(value, blanks+"=")
	if value == "" || value[0] != '"' && value[0] != '\'' {
		return ""
	}
	value, _, _ = strings.Cut(value[1:], value[:1])
	return value
}

// withoutHalf takes off the beginning of a character at the end.
func withoutHalf(raw string) string {
	for cut := 1; cut < utf8.UTFMax && cut <= len(raw); cut++ {
		if c := raw[len(raw)-cut]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRuneInString(raw[len(raw)-cut:]) {
				return raw[:len(raw)-cut]
			}
			return raw
		}
	}
	return raw
}

func fromUTF16(raw string, order binary.ByteOrder, whole bool) (string, error) {
	odd := len(raw)%2 == 1
	var b strings.Builder
	b.Grow(len(raw) / 2)
	for i := 0; i+1 < len(raw); i += 2 {
		r := rune(order.Uint16([]byte{raw[i], raw[i+1]}))
		if utf16.IsSurrogate(r) {
			if i+3 >= len(raw) && !whole {
				break
			}
			second := rune(0)
			if i += 2; i+1 < len(raw) {
				second = rune(order.Uint16([]byte{raw[i], raw[i+1]}))
			}
			if r = utf16.DecodeRune(r, second); r == utf8.RuneError {
				return "", desk.Fail(desk.ErrContent, "motivo", "utf16", "posicao", i-1)
			}
		}
		b.WriteRune(r)
	}
	if odd && whole {
		return "", desk.Fail(desk.ErrContent, "motivo", "utf16", "posicao", len(raw))
	}
	return b.String(), nil
}

// checked refuses the characters that XML may not hold.
func checked(text string, err error) (string, error) {
	if err != nil {
		return "", err
	}
	for i := range len(text) {
		c := text[i]
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' ||
			c == 0xEF && (strings.HasPrefix(text[i:], "\uFFFE") || strings.HasPrefix(text[i:], "\uFFFF")) {
			return "", desk.Fail(desk.ErrContent, "motivo", "xml_controle", "posicao", i+1)
		}
	}
	return text, nil
}
