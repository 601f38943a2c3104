package conformance

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"unicode/utf8"
)

// What the run writes of its own, over there and here: data, in the language of the people who read it there.
const (
	subject     = "Rodada de conformidade da Ponte"
	description = "Teste da integração, feito pela rodada de conformidade da Ponte. Não é um chamado: nada precisa ser feito."
	comment     = "Teste da integração: rodada de conformidade da Ponte."
	pictureName = "conformidade.png"
)

// longText is how many characters the text of the case "acentos" has.
const longText = 4000

// difficult is a text with all that servers are known to spoil: accents, quotes, what means something to XML, HTML and
// SQL, line breaks, signs beyond the first 65,536; as long as a description may be. It begins with its mark, by which it is
// found again.
func difficult(mark string) string {
	const line = "Ação, coração, você, às 10h, ÀÉÎÕÜÇ ñ ß; “aspas” 'simples' \"duplas\" <b>& &amp; </b> 100% c:\\tmp; 'OR 1=1--; € — … º ª; 🏠🔧👩🏽‍🔧\n"
	const last = " fim."
	var b strings.Builder
	b.WriteString(mark + "\n")
	n := utf8.RuneCountInString(b.String())
	for n < longText {
		for _, r := range line {
			if n == longText-len(last) {
				break
			}
			b.WriteRune(r)
			n++
		}
		if n == longText-len(last) {
			b.WriteString(last)
			n += len(last)
		}
	}
	return b.String()
}

// picture is a small real PNG, the same every time.
func picture() []byte {
	const side = 48
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			c := color.RGBA{R: uint8(x * 5), G: 99, B: uint8(y * 5), A: 255}
			if (x/8+y/8)%2 == 0 {
				c = color.RGBA{R: 245, G: 248, B: 249, A: 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil // a buffer takes everything
	}
	return b.Bytes()
}
