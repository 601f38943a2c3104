package importer_test

import (
	"io"
	"strings"
	"testing"

	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestWholePlan: what a plan comes to can be had row by row, with reasons, until it is confirmed.
func TestWholePlan(t *testing.T) {
	in := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
	id := upload(t, in, "", "unidades.csv", "cod_empreendimento;cod_bloco;numero\nAUR;A;901\nAUR;A;101\nXXX;A;1\nAUR;;1\n")
	work(t, worker(in, "a"))
	j := job(t, in, id)
	if j.State != flow.JobPlanned || j.Plan == nil || len(j.Refused) != 1 {
		t.Fatalf("%+v", j)
	}
	r, name, err := in.RefusedRows(t.Context(), flowtest.Admin(), id, j.Plan.Seq)
	must(t, err)
	b, err := io.ReadAll(r)
	must(t, err)
	for _, want := range []string{"unidades.csv;2;novo;unidade;AUR-A-901;", "unidades.csv;4;conflito;;;cod_empreendimento;;;", "unidades.csv;5;erro;;;cod_bloco;;;", ";;ausente;unidade;"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("%s lacks %q:\n%s", name, want, b)
		}
	}
	confirm(t, in, id)
	work(t, worker(in, "a"))
	if j = job(t, in, id); j.State != flow.JobDone || j.Plan != nil {
		t.Errorf("%s, plan %v", j.State, j.Plan)
	}
}
