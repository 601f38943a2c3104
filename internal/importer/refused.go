package importer

import (
	"bufio"
	"io"
	"strings"

	"ponte/internal/desk"
)

// refused writes the rows that were not taken: the sheet's own columns, as they stand there, and one that says why. It
// is UTF-8 with a byte order mark, which spreadsheets ask for, and can be mended and sent again.
type refused struct {
	sheet *Sheet
	open  func(sheet string) (io.WriteCloser, error)
	words func(desk.FieldError) string
	file  io.WriteCloser
	w     *bufio.Writer
	width int
	why   int // the place of a column "erro" that came with the sheet, or behind the last
}

func (f *refused) row(r Row, reasons []desk.FieldError) error {
	if f.open == nil {
		return nil
	}
	if f.w == nil {
		if err := f.begin(); err != nil {
			return err
		}
	}
	fields := make([]string, f.width)
	for i, field := range r.Fields {
		if i < len(f.sheet.Headers) {
			fields[i] = unescaped(field)
		} else { // more than there are headers: behind the reason, so that nothing is lost
			fields = append(fields, unescaped(field))
		}
	}
	var why []string
	for _, e := range reasons {
		text := e.Code
		if f.words != nil {
			text = f.words(e)
		}
		why = append(why, e.Field+": "+text)
	}
	fields[f.why] = strings.Join(why, " | ")
	return f.write(fields)
}

func (f *refused) begin() error {
	var err error
	if f.file, err = f.open(f.sheet.Name); err != nil {
		return err
	}
	f.w = bufio.NewWriter(f.file)
	headers := append([]string{}, f.sheet.Headers...)
	f.why = len(headers)
	for i, h := range headers {
		if headerKey(h) == headerKey(errorColumn) {
			f.why = i
		}
	}
	if f.why == len(headers) {
		headers = append(headers, errorColumn)
	}
	f.width = len(headers)
	if _, err := f.w.WriteString("\ufeff"); err != nil {
		return err
	}
	return f.write(headers)
}

func (f *refused) write(fields []string) error {
	for i, field := range fields {
		if i > 0 {
			if err := f.w.WriteByte(f.sheet.Comma); err != nil {
				return err
			}
		}
		if _, err := f.w.WriteString(escaped(field, f.sheet.Comma)); err != nil {
			return err
		}
	}
	_, err := f.w.WriteString("\r\n")
	return err
}

func (f *refused) close() error {
	if f.w == nil {
		return nil
	}
	err := f.w.Flush()
	if closed := f.file.Close(); err == nil {
		err = closed
	}
	return err
}
