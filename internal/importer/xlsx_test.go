package importer_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/importer"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// workbook is one of sheets of cells, as excelize writes it.
func workbook(t *testing.T, tabs map[string][][]any, order ...string) []byte {
	t.Helper()
	x := excelize.NewFile()
	for i, name := range order {
		if i == 0 {
			must(t, x.SetSheetName(x.GetSheetName(0), name))
		} else if _, err := x.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for r, row := range tabs[name] {
			cell, _ := excelize.CoordinatesToCellName(1, r+1)
			must(t, x.SetSheetRow(name, cell, &row))
		}
	}
	var b bytes.Buffer
	must(t, x.Write(&b))
	must(t, x.Close())
	return b.Bytes()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func bytesOf(name string, b []byte) importer.File {
	return importer.File{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }}
}

// TestLibreOffice: a workbook that LibreOffice 7.4 wrote, with a sheet to read first and one of the registry: its
// sheet is found, CPFs that became numbers have their zeros again, and importing it twice changes nothing.
func TestLibreOffice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		files := []importer.File{fromDisk("testdata/libreoffice.xlsx")}
		r, err := importer.Import(t.Context(), in.Flow, flowtest.Admin(), files, importer.Options{})
		must(t, err)
		if r.States[flow.RowNew] != 3 || r.Refused() != 0 || r.Sheets[0].Tab != "Unidades" || len(r.Sheets[0].Tabs) != 2 || r.Sheets[0].Line != 2 {
			t.Fatalf("%s%+v", told(r), r.Sheets[0])
		}
		c, err := s.Read().CustomerByDocument(t.Context(), store.NullText("00123456797"))
		if err != nil || c.Name != "Célia Prado" || c.Phone != "11912345678" {
			t.Errorf("%+v, %v", c, err)
		}
		if _, err := s.Read().ContractByCode(t.Context(), "BEL-B-0201"); err != nil {
			t.Error(err)
		}
		again, err := importer.Import(t.Context(), in.Flow, flowtest.Admin(), files, importer.Options{})
		if err != nil || again.States[flow.RowSame] != 3 {
			t.Errorf("again: %s, %v", told(again), err)
		}
	})
}

// TestRefusedRowsOfAWorkbook come back as one, with nothing in it that runs; mended, it imports.
func TestRefusedRowsOfAWorkbook(t *testing.T) {
	in := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
	b := workbook(t, map[string][][]any{"Clientes": {{"CPF", "Nome", "Telefone"}, {52998224726, `=HYPERLINK("http://x","y")`, "+55 11 98765-4321"},
		{15350946056, "Tomás Teles", 1133334444}, {nil, nil, nil}, {"#N/A", "Ana", ""}}}, "Clientes")
	var refused buffer
	format := ""
	o := importer.Options{Errors: func(_, f string) (io.WriteCloser, error) { format = f; return &refused, nil }}
	r, err := importer.Import(t.Context(), in.Flow, flowtest.Admin(), []importer.File{bytesOf("clientes.xlsx", b)}, o)
	must(t, err)
	if r.States[importer.Broken] != 2 || r.States[flow.RowNew]+r.States[flow.RowChanged]+r.States[flow.RowSame] != 1 || format != ".xlsx" {
		t.Fatal(told(r), format)
	}
	x, err := excelize.OpenReader(bytes.NewReader(refused.Bytes()))
	must(t, err)
	rows, err := x.GetRows("Clientes")
	must(t, err)
	if len(rows) != 3 || !slices.Equal(rows[0], []string{"CPF", "Nome", "Telefone", "erro"}) || rows[1][0] != "52998224726" || !strings.HasPrefix(rows[1][1], "=HYPERLINK") || rows[1][3] == "" {
		t.Errorf("%q", rows)
	}
	if f, err := x.GetCellFormula("Clientes", "B2"); f != "" || err != nil {
		t.Errorf("a spreadsheet would run %q (%v)", f, err)
	}
	must(t, x.SetCellValue("Clientes", "A2", 52998224725))
	must(t, x.RemoveRow("Clientes", 3))
	var mended bytes.Buffer
	must(t, x.Write(&mended))
	must(t, x.Close())
	refused.Reset()
	r, err = importer.Import(t.Context(), in.Flow, flowtest.Admin(), []importer.File{bytesOf("clientes-recusadas.xlsx", mended.Bytes())}, o)
	if err != nil || r.Refused() != 0 || r.Rows != 1 || len(r.Sheets[0].Unknown) > 0 {
		t.Errorf("%s %v", told(r), err)
	}
}

// TestTabs: of a workbook with two sheets of the registry one can be chosen; one that it lacks is told with those it has.
func TestTabs(t *testing.T) {
	in := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
	heads := []any{"cod_empreendimento", "cod_bloco", "numero"}
	b := workbook(t, map[string][][]any{"Torre A": {heads, {"AUR", "A", 901}}, "Torre B": {heads, {"AUR", "B", 901}, {"AUR", "B", 902.0}}}, "Torre A", "Torre B")
	for tab, want := range map[string]int{"": 1, "Torre A": 1, "Torre B": 2} {
		f := bytesOf("unidades.xlsx", b)
		f.Tab = tab
		r, err := importer.Plan(t.Context(), in.Flow, flowtest.Admin(), []importer.File{f}, importer.Options{})
		if err != nil || r.Rows != want {
			t.Errorf("%q: %v, %v", tab, r, err)
		}
	}
	f := bytesOf("unidades.xlsx", b)
	f.Tab = "Torre C"
	if _, err := importer.Plan(t.Context(), in.Flow, flowtest.Admin(), []importer.File{f}, importer.Options{}); wrongIn(err) != "aba_desconhecida" {
		t.Error(err)
	}
}

func wrongIn(err error) string {
	var e *desk.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 {
		return ""
	}
	return e.Fields[0].Code
}

// TestBombs: a workbook that unpacks to more than it may, or to more than it says, is refused by name, and nothing of it
// is worked with.
func TestBombs(t *testing.T) {
	zeros := make([]byte, 4<<20)
	large := zipped(t, "xl/worksheets/sheet1.xml", zeros, uint64(len(zeros)))
	if err := importer.Honest("bomba.xlsx", large, 1<<20); wrongIn(err) != "planilha_incha_demais" {
		t.Error("too large:", err)
	}
	if err := importer.Honest("bomba.xlsx", large, 8<<20); err != nil {
		t.Error("large, but not too large:", err)
	}
	liar := zipped(t, "xl/worksheets/sheet1.xml", zeros, 100)
	in := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
	if _, err := importer.Plan(t.Context(), in.Flow, flowtest.Admin(), []importer.File{bytesOf("bomba.xlsx", liar)}, importer.Options{}); wrongIn(err) != "planilha_incha_demais" && wrongIn(err) != "planilha_ilegivel" {
		t.Error("says less than it is:", err)
	}
}

func zipped(t *testing.T, name string, content []byte, says uint64) []byte {
	t.Helper()
	var b, plain bytes.Buffer
	inner := zip.NewWriter(&plain)
	w, err := inner.Create(name)
	must(t, err)
	_, err = w.Write(content)
	must(t, err)
	must(t, inner.Close())
	r, err := zip.NewReader(bytes.NewReader(plain.Bytes()), int64(plain.Len()))
	must(t, err)
	raw, err := r.File[0].OpenRaw()
	must(t, err)
	z := zip.NewWriter(&b)
	to, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, CRC32: crc32.ChecksumIEEE(content), CompressedSize64: r.File[0].CompressedSize64, UncompressedSize64: says})
	must(t, err)
	_, err = io.Copy(to, raw)
	must(t, err)
	must(t, z.Close())
	return b.Bytes()
}
