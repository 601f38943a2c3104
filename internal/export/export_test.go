package export

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// attacks are cells that some spreadsheet would run as they stand.
var attacks = []string{"=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1", `=HYPERLINK("http://example.com","x")`, "=cmd|' /C calc'!A0", "＝1+1", "＋1", "－1", "＠x"}

// TestFormulasAreInert: what begins like a formula is a text when the file is read back, and everything else is as it was.
func TestFormulasAreInert(t *testing.T) {
	plain := []string{"Infiltração; no teto", `aspas "duplas"`, "linha\numa", "", "1.234,56", "a=1", "***.982.247-**", "'já tinha"}
	cells := append(slices.Clone(attacks), plain...)
	read := map[Format]func([]byte) [][]string{
		CSV: func(b []byte) [][]string {
			if !bytes.HasPrefix(b, []byte("\xEF\xBB\xBF")) {
				t.Error("Excel takes the CSV for Latin-1")
			}
			r := csv.NewReader(bytes.NewReader(b[3:]))
			r.Comma = ';'
			rows, err := r.ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			return rows
		},
		XLSX: func(b []byte) [][]string {
			f, err := excelize.OpenReader(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			rows, err := f.GetRows("Ocorrências")
			if err != nil {
				t.Fatal(err)
			}
			for i := range rows {
				at, _ := excelize.CoordinatesToCellName(1, i+1)
				if formula, err := f.GetCellFormula("Ocorrências", at); err != nil || formula != "" {
					t.Errorf("%s is the formula %q (%v)", at, formula, err)
				}
			}
			return rows
		},
	}
	for format, back := range read {
		var b bytes.Buffer
		w, err := New(format, &b, ';', "Ocorrências")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cells {
			if err := w.Write([]string{c, "fim"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		rows := back(b.Bytes())
		if len(rows) != len(cells) {
			t.Fatalf("%s: %d rows of %d", format, len(rows), len(cells))
		}
		for i, row := range rows {
			want := cells[i]
			if i < len(attacks) {
				want = "'" + want
			}
			if lines := strings.NewReplacer("\r\n", "\n", "\r", "\n"); lines.Replace(row[0]) != lines.Replace(want) || row[1] != "fim" {
				t.Errorf("%s: %q became %q", format, cells[i], row)
			}
			if strings.ContainsAny(row[0][:min(1, len(row[0]))], "=+-@\t\r") {
				t.Errorf("%s: %q would be run", format, row[0])
			}
		}
	}
}

// TestSheetsGoOn: more rows than a sheet has stand on the next one, under the heading again.
func TestSheetsGoOn(t *testing.T) {
	var b bytes.Buffer
	s, err := newSheets(&b, "Tudo")
	if err != nil {
		t.Fatal(err)
	}
	s.most = 4
	for _, c := range []string{"cabeça", "1", "2", "3", "4", "5"} {
		if err := s.Write([]string{c}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	one, err1 := f.GetRows("Tudo")
	two, err2 := f.GetRows("Tudo 2")
	if err1 != nil || err2 != nil || len(one) != 4 || len(two) != 3 || two[0][0] != "cabeça" || two[2][0] != "5" {
		t.Errorf("%v, %v; %v, %v", one, err1, two, err2)
	}
}
