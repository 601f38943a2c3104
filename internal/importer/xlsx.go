package importer

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"ponte/internal/desk"
)

// What a workbook may come to when it is unpacked: a million rows of ten columns. A file that promises more is one that
// was made to fill a disk.
const (
	maxUnzipped = 1 << 30
	maxPacked   = 64 << 20
	// inMemory is how large a part is held in memory; a larger one is unpacked beside, into a file that goes with the
	// reading.
	inMemory = 16 << 20
)

// workbook reads the rows of one sheet of a workbook, one after the other. Values come as they are stored, not as they
// are shown: a CPF that became a number has all its digits, and a date is the number of its day.
type workbook struct {
	file *excelize.File
	rows *excelize.Rows
	line int
	back []record // given back
	// days1904 says that days count from 1904, as early Macs did.
	days1904 bool
}

// tabsOf opens a workbook and answers the names of its sheets that people see. Whoever gets it closes it.
func tabsOf(f File) (*excelize.File, []string, error) {
	r, err := f.Open()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	defer func() { _ = r.Close() }()
	packed, err := io.ReadAll(io.LimitReader(r, maxPacked+1))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	if len(packed) > maxPacked {
		return nil, nil, desk.BadField("arquivo", "planilha_grande", "arquivo", f.Name, "megabytes", maxPacked>>20)
	}
	if err := honest(f.Name, packed, maxUnzipped); err != nil {
		return nil, nil, err
	}
	book, err := excelize.OpenReader(bytes.NewReader(packed), excelize.Options{UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: inMemory, RawCellValue: true})
	if err != nil { // whatever is wrong with it, its sender alone can mend it
		return nil, nil, desk.BadField("arquivo", "planilha_ilegivel", "arquivo", f.Name)
	}
	var tabs []string
	for _, name := range book.GetSheetList() {
		if shown, err := book.GetSheetVisible(name); err == nil && shown {
			tabs = append(tabs, name)
		}
	}
	if len(tabs) == 0 {
		_ = book.Close()
		return nil, nil, desk.BadField("arquivo", "planilha_ilegivel", "arquivo", f.Name)
	}
	return book, tabs, nil
}

// honest unpacks a workbook to nowhere and wants its parts to be as large as they say, and no larger together than can
// be worked with: what they say is all that a reader looks at before it unpacks them.
func honest(name string, packed []byte, most int64) error {
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return desk.BadField("arquivo", "planilha_ilegivel", "arquivo", name)
	}
	left := most
	for _, part := range z.File {
		r, err := part.Open()
		if err != nil {
			return desk.BadField("arquivo", "planilha_ilegivel", "arquivo", name)
		}
		n, err := io.Copy(io.Discard, io.LimitReader(r, left+1))
		err = errors.Join(err, r.Close())
		if left -= n; left < 0 || n > int64(part.UncompressedSize64) { //nolint:gosec // what is too large for it is negative, and refused
			return desk.BadField("arquivo", "planilha_incha_demais", "arquivo", name, "megabytes", maxUnzipped>>20)
		}
		if err != nil {
			return desk.BadField("arquivo", "planilha_ilegivel", "arquivo", name)
		}
	}
	return nil
}

// tab opens a sheet of the workbook.
func tab(book *excelize.File, name string) (*workbook, error) {
	rows, err := book.Rows(name)
	if err != nil {
		return nil, err
	}
	w := &workbook{file: book, rows: rows}
	if props, err := book.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		w.days1904 = *props.Date1904
	}
	return w, nil
}

// next answers io.EOF behind the last record. Empty rows are passed over, and counted.
func (w *workbook) next() (record, error) {
	if len(w.back) > 0 {
		r := w.back[0]
		w.back = w.back[1:]
		return r, nil
	}
	for w.rows.Next() {
		w.line++
		fields, err := w.rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return record{}, desk.BadField("arquivo", "planilha_ilegivel")
		}
		r := record{line: w.line, fields: fields}
		size := 0
		for i, field := range fields {
			size += len(field)
			fields[i] = strings.TrimSpace(field)
		}
		if size == 0 {
			continue
		}
		if size > maxRecord {
			r.bad = "linha_longa"
		}
		return r, nil
	}
	if w.rows.Error() != nil {
		return record{}, desk.BadField("arquivo", "planilha_ilegivel")
	}
	return record{}, io.EOF
}

func (w *workbook) again(rs ...record) { w.back = append(rs, w.back...) }

func (w *workbook) Close() error { return errors.Join(w.rows.Close(), w.file.Close()) }

// formulaErrors are what a formula shows that came to nothing.
var formulaErrors = []string{"#N/A", "#N/D", "#REF!", "#VALUE!", "#VALOR!", "#DIV/0!", "#NAME?", "#NOME?", "#NUM!", "#NÚM!", "#NULL!", "#NULO!"}

// Days of a spreadsheet that may be meant as dates: from 1954 to 2119.
const firstDay, lastDay = 20_000, 80_000

// serialDay reads the number by which a spreadsheet keeps a date: days since the last of 1899, or since 1904.
func serialDay(text string, days1904 bool) (time.Time, bool) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n < firstDay || n > lastDay {
		return time.Time{}, false
	}
	at, err := excelize.ExcelDateToTime(n, days1904)
	return at.Round(time.Second), err == nil
}

// xlsxWriter writes a sheet of text. Nothing in it is a formula: a cell of text is shown as it stands, whatever it begins
// with.
type xlsxWriter struct {
	book   *excelize.File
	stream *excelize.StreamWriter
	to     io.WriteCloser
	row    int
}

func newXLSX(to io.WriteCloser, name string) (*xlsxWriter, error) {
	book := excelize.NewFile()
	if err := book.SetSheetName(book.GetSheetName(0), name); err != nil {
		name = book.GetSheetName(0)
	}
	stream, err := book.NewStreamWriter(name)
	return &xlsxWriter{book: book, stream: stream, to: to}, err
}

func (x *xlsxWriter) write(fields []string) error {
	x.row++
	cells := make([]any, len(fields))
	for i, f := range fields {
		cells[i] = excelize.Cell{Value: f}
	}
	return x.stream.SetRow("A"+strconv.Itoa(x.row), cells)
}

func (x *xlsxWriter) close() error {
	err := x.stream.Flush()
	if err == nil {
		err = x.book.Write(x.to)
	}
	return errors.Join(err, x.book.Close(), x.to.Close())
}
