package web_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"ponte/internal/flow"
)

// TestExport: the file has the rows that the list has, whatever the way they are found, in the reader's language; documents
// are masked, or whole for who may see them, and then it is written down.
func TestExport(t *testing.T) {
	h := newHouse(t)
	h.open("AUR-A-101", "=1+1", "@SUM(A1)")
	h.open("AUR-B-203", "Porta emperrada; e \"torta\"", "Não fecha")
	b := h.signedIn("atendente@demo")
	sheet := func(body string) [][]string {
		t.Helper()
		text, ok := strings.CutPrefix(body, "\ufeff")
		if !ok {
			t.Fatalf("no mark of UTF-8: %.40q", body)
		}
		r := csv.NewReader(strings.NewReader(text))
		r.Comma = ';'
		rows, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	for query, want := range map[string]int{"?visao=todas": 2, "": 2, "?q=porta": 1, "?q=1001": 1, "?empreendimento=AUR&bloco=A": 1, "?visao=falha": 0, "?q=nada+disso": 0,
		"?visao=todas&evento=aberta": 2, "?visao=todas&evento=encerrada": 0, "?visao=todas&evento=aberta&ate=2001-01-01": 0} {
		a := b.get("/ocorrencias/exportar" + query)
		if rows := sheet(a.body); a.status != 200 || len(rows) != want+1 || rows[0][1] != "Assunto" {
			t.Errorf("%s: %d, %v", query, a.status, rows)
		}
	}
	masked := b.get("/ocorrencias/exportar?visao=todas").body
	for _, row := range sheet(masked)[1:] {
		if !strings.Contains(row[8], "***") {
			t.Errorf("a document is shown: %v", row)
		}
		if row[0] == "1000" && (row[1] != "'=1+1" || row[18] != "'@SUM(A1)") {
			t.Errorf("a formula: %q, %q", row[1], row[18])
		}
	}
	whole := b.post("/ocorrencias/exportar", "visao", "todas", "formato", "csv")
	if rows := sheet(whole.body); len(rows) != 3 || strings.Contains(rows[1][8], "*") {
		t.Errorf("whole documents: %v", rows)
	}
	log, err := h.ExportAudit(t.Context(), admin(), flow.AuditQuery{Action: "ocorrencia.exportar"})
	if err != nil || !strings.Contains(fmt.Sprint(log), "documentos") {
		t.Errorf("written down is %v, %v", log, err)
	}
	x := b.get("/ocorrencias/exportar?visao=todas&formato=xlsx")
	f, err := excelize.OpenReader(strings.NewReader(x.body))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.GetRows("Ocorrências")
	if err != nil || len(rows) != 3 {
		t.Errorf("the XLSX has %v, %v", rows, err)
	}
	if a := h.signedIn("consultor@demo").get("/ocorrencias/exportar"); a.status != 403 {
		t.Errorf("a consultant's: %d", a.status)
	}
}
