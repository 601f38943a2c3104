package importer_test

import (
	"testing"
	"time"

	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/importer"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestWrittenByLibreOffice: the same two sheets as LibreOffice writes them, a workbook each and as CSV in Latin-1 with
// semicolons, numbers and dates as they are shown in Brazil, come to the same registry and the same open occurrences. A
// column that nobody knows, of numbers such as 1.234,56, shifts nothing.
func TestWrittenByLibreOffice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		c := flowtest.Config(t)
		c.FirstNumber = 5000
		must(t, in.Configure(t.Context(), flowtest.Admin(), c))
		for i, format := range []string{"csv", "xlsx"} {
			for _, name := range []string{"completo", "ocorrencias"} {
				file := fromDisk("testdata/libreoffice/" + name + "." + format)
				r, err := importer.Import(t.Context(), in.Flow, flowtest.Admin(), []importer.File{file}, importer.Options{})
				must(t, err)
				want := []flow.RowState{flow.RowNew, flow.RowSame}[i] // what the other format said
				if rows := map[string]int{"completo": 3, "ocorrencias": 2}[name]; r.States[want] != rows || r.Rows != rows {
					t.Fatalf("%s.%s: %s", name, format, told(r))
				}
			}
		}
		for document, name := range map[string]string{"00123456797": "Conceição Araújo", "01234567890": `João "Jô" Brandão; e filhos`, "00000019100": "Ângela Muñoz"} {
			if c, err := s.Read().CustomerByDocument(t.Context(), store.NullText(document)); err != nil || c.Name != name {
				t.Errorf("%s is %q, %v", document, c.Name, err)
			}
		}
		for number, at := range map[int64]time.Time{312: time.Date(2025, 12, 31, 11, 30, 0, 0, time.UTC), 1045: time.Date(2026, 2, 1, 20, 5, 0, 0, time.UTC)} {
			o, err := s.Read().OccurrenceByNumber(t.Context(), number)
			if err != nil || !time.UnixMilli(o.OpenedAt).Equal(at) {
				t.Errorf("%d was opened at %s (%v)", number, time.UnixMilli(o.OpenedAt).UTC(), err)
			}
		}
	})
}
