package importer

import (
	"bufio"
	"io"
	"strings"

	"ponte/internal/desk"
)

// refused writes the rows that were not taken: the sheet's own columns, as they stand there, and one that says why. It
// is written as the sheet was, CSV or workbook, and can be mended and sent again.
type refused struct {
	sheet *Sheet
	open  func(sheet, format string) (io.WriteCloser, error)
	words func(desk.FieldError) string
	w     sheetWriter
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
	return f.w.write(fields)
}

func (f *refused) begin() error {
	file, err := f.open(f.sheet.Name, f.sheet.Format())
	if err != nil {
		return err
	}
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
	if len(f.sheet.Tabs) > 0 {
		f.w, err = newXLSX(file, f.sheet.Tab)
	} else {
		f.w, err = newCSV(file, f.sheet.Comma)
	}
	if err != nil {
		return err
	}
	return f.w.write(headers)
}

func (f *refused) close() error {
	if f.w == nil {
		return nil
	}
	return f.w.close()
}

// sheetWriter writes a sheet row by row; nothing in it runs in a spreadsheet.
type sheetWriter interface {
	write(fields []string) error
	close() error
}

// csvWriter writes UTF-8 with a byte order mark, which spreadsheets ask for.
type csvWriter struct {
	to    io.WriteCloser
	w     *bufio.Writer
	comma byte
}

func newCSV(to io.WriteCloser, comma byte) (*csvWriter, error) {
	c := &csvWriter{to: to, w: bufio.NewWriter(to), comma: comma}
	_, err := c.w.WriteString("\ufeff")
	return c, err
}

func (c *csvWriter) write(fields []string) error {
	for i, field := range fields {
		if i > 0 {
			if err := c.w.WriteByte(c.comma); err != nil {
				return err
			}
		}
		if _, err := c.w.WriteString(escaped(field, c.comma)); err != nil {
			return err
		}
	}
	_, err := c.w.WriteString("\r\n")
	return err
}

func (c *csvWriter) close() error {
	err := c.w.Flush()
	if closed := c.to.Close(); err == nil {
		err = closed
	}
	return err
}
