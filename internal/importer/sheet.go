package importer

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
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
	rows   records
	closer io.Closer
	read   *counter

	// Samples are what stands under each header in the first rows, for who says which column is which; documents masked.
	Samples []string
	// Tab is the sheet of a workbook that is read, Tabs are all that it has; of a CSV there are none.
	Tab  string
	Tabs []string
}

// records are a sheet's, one after the other: of a CSV's text or of a workbook.
type records interface {
	// next answers io.EOF behind the last.
	next() (record, error)
	// again gives some back: they are the next.
	again(...record)
	Close() error
}

// Format is the ending of files like this one.
func (s *Sheet) Format() string {
	if len(s.Tabs) > 0 {
		return ".xlsx"
	}
	return ".csv"
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
	if err = s.begin(f); err != nil && len(s.Tabs) > 1 && f.Tab == "" {
		s, err = s.anyTab(f, err)
		s.file = number
	}
	if err != nil {
		_ = s.close()
		return s, err
	}
	return s, nil
}

// anyTab looks for the first sheet of a workbook that is understood, where nobody chose one.
func (s *Sheet) anyTab(f File, first error) (*Sheet, error) {
	for _, name := range s.Tabs[1:] {
		f.Tab = name
		other, err := start(f)
		if err != nil {
			return s, err
		}
		if err = other.begin(f); err == nil {
			return other, s.close()
		}
		_ = other.close()
	}
	return s, first
}

// start opens a sheet that may be one, at its beginning.
func start(f File) (*Sheet, error) {
	workbook, err := isWorkbook(f)
	if err != nil {
		return nil, err
	}
	if workbook {
		return startWorkbook(f)
	}
	charset := f.charset
	if charset == "" {
		if charset, err = charsetOf(f); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	count := &counter{r: r}
	return &Sheet{Name: f.Name, Charset: charset, closer: r, read: count, rows: &sheet{r: text(count, charset), guesses: true}}, nil
}

func startWorkbook(f File) (*Sheet, error) {
	book, tabs, err := tabsOf(f)
	if err != nil {
		return nil, err
	}
	name := tabs[0]
	if f.Tab != "" {
		if name = f.Tab; !slices.Contains(tabs, name) {
			return nil, errors.Join(desk.BadField("arquivo", "aba_desconhecida", "arquivo", f.Name, "aba", name, "abas", tabs), book.Close())
		}
	}
	rows, err := tab(book, name)
	if err != nil {
		return nil, errors.Join(desk.BadField("arquivo", "planilha_ilegivel", "arquivo", f.Name), book.Close())
	}
	return &Sheet{Name: f.Name, Tab: name, Tabs: tabs, closer: rows, read: &counter{}, rows: rows}, nil
}

// looksLike is what other kinds of files begin with.
var looksLike = []struct{ kind, begin string }{
	{"zip", "PK\x03\x04"}, {"xls", "\xd0\xcf\x11\xe0"}, {"pdf", "%PDF"}, {"gzip", "\x1f\x8b"}, {"html", "<!doctype"}, {"html", "<html"}, {"html", "<table"},
	{"xml", "<?xml"}, {"rtf", "{\\rtf"}, {"imagem", "\x89PNG"}, {"imagem", "\xff\xd8\xff"},
}

// isWorkbook tells by its beginning whether a file is one, whatever it is called; one that is neither that nor a CSV is
// refused.
func isWorkbook(f File) (bool, error) {
	r, err := f.Open()
	if err != nil {
		return false, fmt.Errorf("%s: %w", f.Name, err)
	}
	defer func() { _ = r.Close() }()
	b := make([]byte, 64)
	n, err := io.ReadFull(r, b)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, fmt.Errorf("%s: %w", f.Name, err)
	}
	begin := strings.ToLower(strings.TrimLeft(strings.TrimPrefix(string(b[:n]), "\ufeff"), " \t\r\n"))
	for _, l := range looksLike {
		if !strings.HasPrefix(begin, strings.ToLower(l.begin)) {
			continue
		}
		if l.kind == "zip" {
			return true, nil
		}
		return false, desk.BadField("arquivo", "arquivo_nao_csv", "arquivo", f.Name, "formato", l.kind)
	}
	return false, nil
}

func (s *Sheet) begin(f File) error {
	var missing []string
	best, below := headers{}, []record{}
	for range headersWithin {
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
			s.heads, s.Kind, s.Headers, s.Unknown, s.Line = h, h.kind, rec.fields, h.unknown, rec.line
			s.settle()
			s.sample()
			return nil
		}
		if len(h.at) > len(best.at) || missing == nil {
			best, missing, below = h, lacks, nil
		} else {
			below = append(below, rec)
		}
	}
	s.heads, s.Kind, s.Headers, s.Unknown, s.Missing = best, best.kind, best.fields, best.unknown, missing
	s.settle()
	s.sampleOf(below)
	if missing == nil {
		return desk.BadField("arquivo", "arquivo_vazio", "arquivo", f.Name)
	}
	return desk.BadField("arquivo", "cabecalho_incompleto", "arquivo", f.Name, "faltam", missing, "tipo", string(best.kind))
}

// settle: the headers are found, and with them what separates words; and how the days of a workbook count.
func (s *Sheet) settle() {
	switch rows := s.rows.(type) {
	case *sheet:
		s.Comma, rows.guesses = rows.comma, false
	case *workbook:
		s.heads.days1904 = rows.days1904
	}
}

// Rows that are looked at for samples, and how much of a value is shown.
const sampleRows, sampleRunes = 3, 24

// sample looks at the first rows, and gives them back.
func (s *Sheet) sample() {
	var first []record
	for len(first) < sampleRows {
		rec, err := s.rows.next()
		if err != nil {
			break // told to whoever reads on
		}
		first = append(first, rec)
	}
	s.sampleOf(first)
	s.rows.again(first...)
}

func (s *Sheet) sampleOf(rows []record) {
	s.Samples = make([]string, len(s.Headers))
	seen := make([][]string, len(s.Headers))
	for _, rec := range rows[:min(len(rows), sampleRows)] {
		for i, field := range rec.fields {
			if i < len(seen) && field != "" && rec.bad == "" {
				if text := shownSample(field); !slices.Contains(seen[i], text) {
					seen[i] = append(seen[i], text)
				}
			}
		}
	}
	for i := range seen {
		s.Samples[i] = strings.Join(seen[i], ", ")
	}
}

func shownSample(field string) string {
	if d, ok := desk.ParseDocument(field); ok {
		return d.Masked()
	}
	if r := []rune(field); len(r) > sampleRunes {
		return string(r[:sampleRunes]) + "…"
	}
	return field
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
