package cli_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ponte/internal/app"
	"ponte/internal/cli"
)

// TestConformanceOnTheCommandLine: exit 0 where the run passed, with its table and its report; 1 where it failed; 2 where
// the command was misused. A server may have the database open meanwhile.
func TestConformanceOnTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	box, err := app.StartSandbox(t.Context(), "127.0.0.1:0", filepath.Join(dir, "sandbox"), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Stop(); err != nil {
			t.Error(err)
		}
	})
	const key = "a key of the tests and no secret"
	url := "sqlite:" + filepath.Join(dir, "ponte.db")
	a, err := app.New(t.Context(), app.Config{DatabaseURL: url, SecretKeys: []string{key}, Addr: "127.0.0.1:0", Demo: true, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.SeedDemo(t.Context(), box.URL()); err != nil {
		t.Fatal(err)
	}
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	ponte := func(more ...string) (code int, out string) {
		var b bytes.Buffer
		code = cli.Main(append([]string{"conformance", "--log-level", "error", "--database-url", url, "--secret-key", key}, more...), strings.NewReader(""), &b, &b)
		return code, b.String()
	}
	pdf := filepath.Join(dir, "relatorio.pdf")
	code, out := ponte("--unit", "PDA-U-7", "--pdf", pdf)
	for _, want := range []string{"MOBUSS_ISA", "tempo_esgotado", "entrada.soap", "configuration version 2: passou", "SHA-256 "} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
	if b, err := os.ReadFile(pdf); code != 0 || err != nil || !bytes.HasPrefix(b, []byte("%PDF")) {
		t.Errorf("exit %d, report: %v", code, err)
	}
	if code, out := ponte("--unit", "NADA-1"); code != 2 || !strings.Contains(out, "NADA-1") {
		t.Errorf("a contract that there isn't: exit %d, %s", code, out)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, box.URL()+"/_sandbox/falhas", strings.NewReader(`[{"metodo": "*", "tipo": "erro_200", "probabilidade": 1}]`))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if code, out := ponte(); code != 1 || !strings.Contains(out, "falhou") || !strings.Contains(out, "did not pass") {
		t.Errorf("with faults: exit %d, %s", code, out)
	}
}
