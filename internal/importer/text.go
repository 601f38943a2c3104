package importer

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"ponte/internal/flow"
)

// File is a sheet to import. Open is called several times: whether the whole is UTF-8 is known only at its end.
type File struct {
	Name string
	Open func() (io.ReadCloser, error)
	// Kind is what the sheet is about; empty: its headers tell.
	Kind Kind
	// Tab is the sheet of a workbook; empty: the first that is understood.
	Tab string
	// Map says which header a column of ours has in this sheet: "numero" -> "UNIDADE". A value that begins with "="
	// stands for every row: "cod_bloco" -> "=U".
	Map map[string]string
	// Recall, of a sheet of which neither is said, answers what was said before of one with the same headers. Nil: nothing.
	Recall func(headers []string) (flow.RegistryMapping, bool)

	charset Charset // as it was found; empty: not yet
}

// Charset is how a sheet's letters are written.
type Charset string

const (
	UTF8    Charset = "UTF-8"
	Windows Charset = "Windows-1252" // which Latin-1 is a part of
	UTF16   Charset = "UTF-16"       // "Unicode text" of spreadsheets
)

// charsetOf reads the sheet whole: a name with an accent may stand in its last row.
func charsetOf(f File) (Charset, error) {
	r, err := f.Open()
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	buf, kept, first := make([]byte, 64<<10), 0, true
	for {
		n, err := io.ReadFull(r, buf[kept:])
		b := buf[:kept+n]
		if first && (bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff"))) {
			return UTF16, nil
		}
		first = false
		end := err != nil
		for len(b) > 0 {
			if i := ascii(b); i > 0 {
				b = b[i:]
				continue
			}
			if !end && !utf8.FullRune(b) {
				break
			}
			c, size := utf8.DecodeRune(b)
			if c == utf8.RuneError && size <= 1 {
				return Windows, nil
			}
			b = b[size:]
		}
		if end {
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				err = nil
			}
			return UTF8, err
		}
		kept = copy(buf, b)
	}
}

// ascii counts the bytes at the beginning that are plain in every charset.
func ascii(b []byte) int {
	for i, c := range b {
		if c >= utf8.RuneSelf {
			return i
		}
	}
	return len(b)
}

// text reads a sheet as UTF-8 without a byte order mark.
func text(r io.Reader, c Charset) *bufio.Reader {
	switch c {
	case Windows:
		r = transform.NewReader(r, charmap.Windows1252.NewDecoder())
	case UTF16:
		r = transform.NewReader(r, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder())
	}
	b := bufio.NewReaderSize(r, 64<<10)
	if mark, _ := b.Peek(3); string(mark) == "\ufeff" {
		_, _ = b.Discard(3)
	}
	return b
}
