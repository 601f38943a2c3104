package importer

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// A record that is longer than this is no record: somewhere a quote was not closed.
const (
	maxRecord      = 64 << 10
	maxRecordLines = 50
)

// record is one row of a sheet as it stands there.
type record struct {
	line   int // where it begins, from 1
	fields []string
	bad    string // the code of what is wrong with its form
}

// sheet reads records. Unlike encoding/csv it goes on behind a broken one, and a quote that is never closed costs one
// row and no memory.
type sheet struct {
	r     *bufio.Reader
	comma byte
	line  int
	held  []string // lines that were read for a quote that did not close
	back  []record // given back
	// guesses: what separates the words is looked for in each record, until the headers are found.
	guesses bool
}

func (s *sheet) again(rs ...record) { s.back = append(rs, s.back...) }

func (s *sheet) Close() error { return nil }

// next answers io.EOF behind the last record. Empty lines are passed over.
func (s *sheet) next() (record, error) {
	if len(s.back) > 0 {
		r := s.back[0]
		s.back = s.back[1:]
		return r, nil
	}
	if s.guesses {
		s.comma = peekSeparator(s.r)
	}
	for {
		text, err := s.readLine()
		if err != nil {
			return record{}, err
		}
		r := record{line: s.line}
		if strings.TrimSpace(text) == "" {
			continue
		}
		if len(text) > maxRecord {
			r.bad = "linha_longa"
			return r, nil
		}
		whole := text
		more := []string{}
		for {
			var open bool
			if r.fields, open = split(whole, s.comma); !open {
				s.line += len(more)
				return r, nil
			}
			next, err := s.readLine()
			if err != nil && !errors.Is(err, io.EOF) {
				return record{}, err
			}
			if err == nil {
				s.line--
				more = append(more, next)
				whole += "\n" + next
			}
			if err != nil || len(whole) > maxRecord || len(more) > maxRecordLines {
				s.held = append(more, s.held...)
				r.bad = "aspas_abertas"
				r.fields, _ = split(strings.ReplaceAll(text, `"`, ""), s.comma)
				return r, nil
			}
		}
	}
}

// readLine answers a line without its end.
func (s *sheet) readLine() (string, error) {
	if len(s.held) > 0 {
		text := s.held[0]
		s.held = s.held[1:]
		s.line++
		return text, nil
	}
	var b strings.Builder
	for {
		part, err := s.r.ReadSlice('\n')
		if b.Len() <= maxRecord {
			b.Write(part)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && (b.Len() == 0 || !errors.Is(err, io.EOF)) {
			return "", err
		}
		s.line++
		return strings.TrimRight(b.String(), "\r\n"), nil
	}
}

// split cuts a record into its fields. open: it ends inside quotes. Quotes count only around a whole field; a quote
// elsewhere is a quote, as in 2" pipes.
func split(text string, comma byte) (fields []string, open bool) {
	for {
		rest := strings.TrimLeft(text, " ")
		if !strings.HasPrefix(rest, `"`) {
			field, after, more := strings.Cut(text, string(comma))
			fields = append(fields, strings.TrimSpace(field))
			if !more {
				return fields, false
			}
			text = after
			continue
		}
		var b strings.Builder
		for rest = rest[1:]; ; {
			i := strings.IndexByte(rest, '"')
			if i < 0 {
				return append(fields, b.String()+rest), true
			}
			b.WriteString(rest[:i])
			if rest = rest[i+1:]; !strings.HasPrefix(rest, `"`) {
				break
			}
			b.WriteByte('"')
			rest = rest[1:]
		}
		tail, after, more := strings.Cut(rest, string(comma))
		fields = append(fields, strings.TrimSpace(b.String()+tail))
		if !more {
			return fields, false
		}
		text = after
	}
}

// separators in the order in which a tie is decided.
const separators = ";\t,|"

// separator is what stands most often between the words of a line, outside of quotes.
func separator(line string) byte {
	best, most := byte(';'), 0
	for i := range len(separators) {
		n, quoted := 0, false
		for j := range len(line) {
			switch {
			case line[j] == '"':
				quoted = !quoted
			case line[j] == separators[i] && !quoted:
				n++
			}
		}
		if n > most {
			best, most = separators[i], n
		}
	}
	return best
}

// escaped makes a field fit to be read by a spreadsheet, which would run what begins like a formula, and by us again.
func escaped(field string, comma byte) string {
	if field != "" && strings.ContainsRune(formula, rune(field[0])) {
		field = "'" + field
	}
	if strings.ContainsAny(field, "\"\r\n"+string(comma)) || strings.TrimSpace(field) != field {
		return `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
	}
	return field
}

const formula = "=+-@\t"

// unescaped takes back what escaped put before a formula, and the formula by which people keep a spreadsheet from taking
// a number for one: ="0123".
func unescaped(field string) string {
	if inner, ok := strings.CutPrefix(field, `="`); ok && strings.HasSuffix(inner, `"`) {
		return inner[:len(inner)-1]
	}
	if len(field) > 1 && field[0] == '\'' && strings.ContainsRune(formula, rune(field[1])) {
		return field[1:]
	}
	return field
}
