package e2e

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ponte/internal/crashpoint"
)

// matrix is every fault that Ponte is shown to stand, as subtests of a test. docs/faults.md says of each what is done
// and what is looked at afterwards; the oracle is oracle_test.go's.
var matrix = []struct {
	test  string
	cells []string
}{
	{"TestCrashOnSQLite", append([]string{atRandom}, crashpoint.Names...)},
	{"TestCrashOnPostgres", append([]string{atRandom}, crashpoint.Names...)},
	{"TestFaultGracefulStop", []string{"sqlite", "postgres"}},
	{"TestFaultDatabase", []string{"conexao_cortada", "resposta_do_commit_perdida", "reinicio", "queda_do_servidor"}},
	{"TestFaultDisk", diskCells},
	{"TestFaultClockOnSQLite", clockCells},
	{"TestFaultClockOnPostgres", clockCells},
	{"TestFaultField", []string{"sem_falha", "http_500", "http_503_retry_after", "http_429", "erro_200", "timeout_apos_aceitar", "aceita_depois",
		"conexao_cortada", "cortada_antes", "lento", "corpo_invalido", "recusar", halfOpen, huge, noise, "fora_do_ar"}},
	{"TestFaultSlowField", []string{"lento_10s"}},
	{"TestFaultByFault", []string{"http_500", "http_503_retry_after", "http_429", "timeout_apos_aceitar", "aceita_depois", "conexao_cortada",
		"cortada_antes", "lento", "corpo_invalido", "recusar", "erro_200"}},
	{"TestControlBooks", slices.Sorted(maps.Keys(doctored))},
}

var clockCells = []string{"adiante_1h", "atras_1h", "atras_e_reiniciada", "de_volta"}

// runCells runs a test's cells in the order of the matrix, all of them and no others.
func runCells(t *testing.T, cells map[string]func(*testing.T)) {
	t.Helper()
	for _, row := range matrix {
		if row.test != t.Name() {
			continue
		}
		for _, name := range row.cells {
			run, ok := cells[name]
			if !ok {
				t.Fatalf("the matrix has a cell %s that nothing does", name)
			}
			t.Run(name, run)
		}
		if len(cells) != len(row.cells) {
			t.Errorf("%d cells, and the matrix has %d", len(cells), len(row.cells))
		}
		return
	}
	t.Fatalf("the matrix has no row %s", t.Name())
}

// TestMatrixIsWritten holds docs/faults.md against the tests: each cell stands in one row, in order, and no other does.
func TestMatrixIsWritten(t *testing.T) {
	text, err := os.ReadFile("../../docs/faults.md")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, row := range matrix {
		for _, cell := range row.cells {
			want = append(want, row.test+"/"+cell)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\|.*\\| `(Test[A-Za-z]+)` \\|(.*)\\|$").FindAllStringSubmatch(string(text), -1) {
		for _, cell := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(m[2], -1) {
			got = append(got, m[1]+"/"+cell[1])
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("docs/faults.md has\n%s\nand the tests have\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
