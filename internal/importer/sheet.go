package importer

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"ponte/internal/desk"
)

// Sheet is an open sheet, past its headers.
type Sheet struct {
	Name    string
	Kind    Kind
	Charset Charset
	Comma   byte
	Headers []string // as they stand there
	Unknown []string // those that nobody understood
	Line    int      // of the headers

	file   int
	heads  headers
	rows   *sheet
	closer io.Closer
	read   *counter
}

// headersWithin is how many records a title and empty rows may take before the headers.
const headersWithin = 10

// open finds how a sheet is written and where its headers are. An error that the sender can mend is a *desk.Error.
func open(f File, number int) (*Sheet, error) {
	for name := range f.Map {
		if !knownColumn(name) {
			return nil, desk.BadField("map", "coluna_desconhecida", "nome", name)
		}
	}
	charset, err := charsetOf(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	count := &counter{r: r}
	s := &Sheet{Name: f.Name, Charset: charset, file: number, closer: r, read: count, rows: &sheet{r: text(count, charset)}}
	if err := s.begin(f); err != nil {
		_ = r.Close()
		return nil, err
	}
	return s, nil
}

func (s *Sheet) begin(f File) error {
	var missing []string
	best := headers{}
	for range headersWithin {
		s.rows.comma = peekSeparator(s.rows.r)
		rec, err := s.rows.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		if len(rec.fields) == 1 && len(rec.fields[0]) == 5 && rec.fields[0][:4] == "sep=" {
			continue // a spreadsheet's own note
		}
		h, lacks := understand(rec.fields, f)
		if len(lacks) == 0 {
			s.heads, s.Kind, s.Headers, s.Unknown, s.Comma, s.Line = h, h.kind, rec.fields, h.unknown, s.rows.comma, rec.line
			return nil
		}
		if len(h.at) > len(best.at) || missing == nil {
			best, missing = h, lacks
		}
	}
	if missing == nil {
		return desk.BadField("arquivo", "arquivo_vazio", "arquivo", f.Name)
	}
	return desk.BadField("arquivo", "cabecalho_incompleto", "arquivo", f.Name, "faltam", missing, "tipo", string(best.kind))
}

// peekSeparator looks at the next line that says something, without taking it.
func peekSeparator(r *bufio.Reader) byte {
	b, _ := r.Peek(8 << 10)
	start := 0
	for i := 0; i <= len(b); i++ {
		if i == len(b) || b[i] == '\n' {
			if sep := separator(string(b[start:i])); i == len(b) || i-start > 2 {
				return sep
			}
			start = i + 1
		}
	}
	return ';'
}

// next answers io.EOF behind the last row.
func (s *Sheet) next() (Row, error) {
	for {
		rec, err := s.rows.next()
		if err != nil {
			return Row{}, err
		}
		if rec.bad == "" && blank(rec.fields) {
			continue // ";;;;" below the data
		}
		return s.heads.row(s.file, rec), nil
	}
}

func blank(fields []string) bool {
	for _, f := range fields {
		if f != "" {
			return false
		}
	}
	return true
}

func (s *Sheet) close() error { return s.closer.Close() }

// counter counts the bytes that were read, for progress.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}
