// Package export writes rows as CSV or XLSX, one at a time, so that a million of them take no more memory than one.
//
// It promises that no cell is a formula for whoever opens the file, and that a spreadsheet in Brazil opens it as one. It must
// not know what the rows are.
package export

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Format is how a file is written.
type Format string

const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// ContentType is what a browser is told.
func (f Format) ContentType() string {
	if f == XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// Writer writes a table. Close says whether all of it was written.
type Writer interface {
	Write(row []string) error
	Close() error
}

// New begins a table. comma stands between the cells of a CSV: a semicolon where the comma is a decimal's. title names the
// sheets of an XLSX.
func New(f Format, to io.Writer, comma rune, title string) (Writer, error) {
	if f == XLSX {
		return newSheets(to, title)
	}
	return newText(to, comma)
}

// Inert makes a text none that a spreadsheet would run: one that begins like a formula gets an apostrophe before it.
func Inert(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) || strings.HasPrefix(cell, "＝") || strings.HasPrefix(cell, "＋") ||
		strings.HasPrefix(cell, "－") || strings.HasPrefix(cell, "＠") {
		return "'" + cell
	}
	return cell
}

func inert(row []string) []string {
	out := make([]string, len(row))
	for i, cell := range row {
		out[i] = Inert(cell)
	}
	return out
}

type text struct {
	buffer *bufio.Writer
	*csv.Writer
}

// bom tells Excel that the text is UTF-8.
const bom = "\ufeff"

func newText(to io.Writer, comma rune) (*text, error) {
	t := &text{buffer: bufio.NewWriterSize(to, 64<<10)}
	t.Writer = csv.NewWriter(t.buffer)
	t.Comma = comma
	_, err := t.buffer.WriteString(bom)
	return t, err
}

func (t *text) Write(row []string) error { return t.Writer.Write(inert(row)) }

func (t *text) Close() error {
	t.Flush()
	return errors.Join(t.Error(), t.buffer.Flush())
}

// maxRows is how many rows a sheet of Excel has.
const maxRows = 1 << 20

// sheets are as many as are needed; what excelize doesn't hold it keeps in a file of its own.
type sheets struct {
	to    io.Writer
	file  *excelize.File
	title string
	n     int // sheets
	at    *excelize.StreamWriter
	row   int
	most  int
	head  []string
}

func newSheets(to io.Writer, title string) (*sheets, error) {
	s := &sheets{to: to, file: excelize.NewFile(), title: title, most: maxRows}
	return s, s.next()
}

func (s *sheets) next() (err error) {
	if s.at != nil {
		if err := s.at.Flush(); err != nil {
			return err
		}
	}
	s.n++
	name := s.title
	if s.n == 1 {
		err = s.file.SetSheetName("Sheet1", name)
	} else {
		name = fmt.Sprint(s.title, " ", s.n)
		_, err = s.file.NewSheet(name)
	}
	if err != nil {
		return err
	}
	s.row = 0
	s.at, err = s.file.NewStreamWriter(name)
	return err
}

// Write takes the first row for the heading, which each sheet has.
func (s *sheets) Write(row []string) error {
	if s.head == nil {
		s.head = row
	} else if s.row == s.most {
		if err := s.next(); err != nil {
			return err
		}
		if err := s.put(s.head); err != nil {
			return err
		}
	}
	return s.put(row)
}

func (s *sheets) put(row []string) error {
	s.row++
	cells := make([]any, len(row))
	for i, c := range inert(row) {
		cells[i] = c
	}
	at, err := excelize.CoordinatesToCellName(1, s.row)
	if err != nil {
		return err
	}
	return s.at.SetRow(at, cells)
}

func (s *sheets) Close() error {
	err := s.at.Flush()
	if err == nil {
		_, err = s.file.WriteTo(s.to)
	}
	return errors.Join(err, s.file.Close())
}
