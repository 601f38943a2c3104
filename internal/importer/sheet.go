package importer

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"

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
	Missing []string // columns that it lacks: it can't be read
	Line    int      // of the headers
	// Recalled: its columns are as File.Recall said.
	Recalled bool

	file   int
	heads  headers
	rows   *sheet
	closer io.Closer
	read   *counter
}

// headersWithin is how many records a title and empty rows may take before the headers.
const headersWithin = 10

// open finds how a sheet is written and where its headers are. An error that the sender can mend is a *desk.Error; with
// one about the headers comes what was seen of the sheet, which holds nothing open.
func open(f File, number int) (*Sheet, error) {
	for name := range f.Map {
		if !knownColumn(name) {
			return nil, desk.BadField("map", "coluna_desconhecida", "nome", name)
		}
	}
	s, err := start(f)
	if err != nil {
		return nil, err
	}
	s.file = number
	if err := s.begin(f); err != nil {
		_ = s.close()
		return s, err
	}
	return s, nil
}

// start opens a sheet that may be one, at its beginning.
func start(f File) (*Sheet, error) {
	if err := noCSV(f); err != nil {
		return nil, err
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
	return &Sheet{Name: f.Name, Charset: charset, closer: r, read: count, rows: &sheet{r: text(count, charset)}}, nil
}

// looksLike is what other kinds of files begin with.
var looksLike = []struct{ kind, begin string }{
	{"xlsx", "PK\x03\x04"}, {"xls", "\xd0\xcf\x11\xe0"}, {"pdf", "%PDF"}, {"gzip", "\x1f\x8b"}, {"html", "<!doctype"}, {"html", "<html"}, {"html", "<table"},
	{"xml", "<?xml"}, {"rtf", "{\\rtf"}, {"imagem", "\x89PNG"}, {"imagem", "\xff\xd8\xff"},
}

// noCSV tells by its beginning a file that is something else, whatever it is called.
func noCSV(f File) error {
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	defer func() { _ = r.Close() }()
	b := make([]byte, 64)
	n, err := io.ReadFull(r, b)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	begin := strings.ToLower(strings.TrimLeft(strings.TrimPrefix(string(b[:n]), "\ufeff"), " \t\r\n"))
	for _, l := range looksLike {
		if strings.HasPrefix(begin, strings.ToLower(l.begin)) {
			return desk.BadField("arquivo", "arquivo_nao_csv", "arquivo", f.Name, "formato", l.kind)
		}
	}
	return nil
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
		if f.Recall != nil && f.Kind == "" && len(f.Map) == 0 {
			if known, ok := f.Recall(rec.fields); ok {
				f.Kind, f.Map, s.Recalled = known.Kind, known.Map, true
			}
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
	s.heads, s.Kind, s.Headers, s.Unknown, s.Comma, s.Missing = best, best.kind, best.fields, best.unknown, s.rows.comma, missing
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

// Columns is where it has each of our columns: the header, or "=" and the value of every row.
func (s *Sheet) Columns() map[string]string {
	out := maps.Clone(s.heads.fixed)
	for name, value := range out {
		out[name] = "=" + value
	}
	for name, i := range s.heads.at {
		if out == nil {
			out = map[string]string{}
		}
		out[name] = s.heads.fields[i]
	}
	return out
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
