package importer_test

import (
	"fmt"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/importer"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestHostileSheets: what is no sheet is answered so; what is, row by row.
func TestHostileSheets(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		k := worker(in, "a")
		const heads = "cod_empreendimento;cod_bloco;numero;id_mobuss_homologacao\n"
		for name, c := range map[string]struct{ sheet, want string }{
			"html named csv":    {"\ufeff\n <!DOCTYPE html><html><body>Sessão expirada</body></html>", "recusada arquivo_nao_csv html"},
			"a workbook":        {"PK\x03\x04\x14\x00\x06\x00", "recusada planilha_ilegivel"},
			"nothing but zeros": {strings.Repeat("\x00", 1000), "recusada cabecalho_incompleto"},
			"only blanks":       {"\n\n  \n", "recusada arquivo_vazio"},
			"a NUL in a cell":   {heads + "AUR;A;7\x0001;\nAUR;A;702;MOB\x00702\nAUR;A;703;\n", "planejada novo:1 erro:2"},
			"a line of 50 MB":   {heads + strings.Repeat("x", 50<<20) + "\nAUR;A;704;\n", "planejada novo:1 erro:1"},
			"an open quote":     {heads + "AUR;A;\"705;\nAUR;A;706;\n", "planejada novo:1 erro:1"},
			"formulas":          {heads + "AUR;A;707;=cmd|calc\nAUR;A;;=1+1\n", "planejada novo:1 erro:1"},
			"UTF-16":            {"\xff\xfe" + utf16(heads+"AUR;A;708;\n"), "planejada novo:1"},
			"Latin-1":           {heads + "AUR;A;709\xba;\n", "planejada novo:1"},
			"half a letter":     {heads + "AUR;A;710;\xc3", "planejada novo:1"},
		} {
			t.Run(name, func(t *testing.T) {
				id := upload(t, in, "", "planilha.csv", c.sheet)
				work(t, k)
				j := job(t, in, id)
				got := []string{string(j.State)}
				if j.Reason.Code != "" {
					got = append(got, j.Reason.Code)
				}
				if f, ok := j.Reason.Args["formato"]; ok {
					got = append(got, fmt.Sprint(f))
				}
				for _, st := range importer.States {
					if n := j.Report.States[st]; n > 0 {
						got = append(got, fmt.Sprintf("%s:%d", st, n))
					}
				}
				if strings.Join(got, " ") != c.want {
					t.Errorf("got %s, want %s", strings.Join(got, " "), c.want)
				}
				if j.State == flow.JobPlanned { // and the databases take it
					confirm(t, in, id)
					work(t, k)
					if j = job(t, in, id); j.State != flow.JobDone {
						t.Errorf("imported it is %s", j.State)
					}
				}
			})
		}
	})
}

func utf16(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteByte(byte(r))
		b.WriteByte(0)
	}
	return b.String()
}

// TestMobussList: lists as people get them.
func TestMobussList(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		k := worker(in, "a")
		for name, c := range map[string]struct {
			sheet, want string
		}{
			"ids alone":         {"PROD-AUR-A-101\r\nPROD-AUR-A-102\r\n\r\n", "importada 2 units, 0 wrong; 2 unknown"},
			"with a header":     {"Unidade;IdUnidade\nA 101;PROD-AUR-A-101\nA 102;PROD-AUR-A-102\nB 101;PROD-AUR-B-101\nB 203;PROD-AUR-B-203\n", "importada 4 units, 0 wrong; 0 unknown"},
			"an id twice":       {"id,nome\nPROD-AUR-A-101,x\nPROD-AUR-A-101,y\n,z\n", "importada 1 units, 1 wrong; 3 unknown"},
			"no column of ids":  {"bloco;apto\nA;101\n", "recusada lista_sem_coluna_de_id"},
			"a header and none": {"id;nome\n", "recusada lista_sem_unidades"},
			"no sheet":          {"%PDF-1.7", "recusada arquivo_nao_csv"},
		} {
			t.Run(name, func(t *testing.T) {
				id := upload(t, in, desk.Production, "lista.csv", c.sheet)
				work(t, k)
				j := job(t, in, id)
				check, err := in.UnitCheck(t.Context(), flowtest.Admin(), desk.Production)
				if err != nil {
					t.Fatal(err)
				}
				got := string(j.State) + " " + j.Reason.Code
				if j.State == flow.JobDone {
					got = fmt.Sprintf("%s %d units, %d wrong; %d unknown", j.State, j.Report.Units, j.Report.Refused(), check.Unknown)
				}
				if got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
			})
		}
	})
}
