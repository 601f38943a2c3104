package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/i18n"
	"ponte/internal/importer"
	"ponte/internal/web"
)

// registry is a house whose pages read and write sheets; its importer works when the test says so.
type registry struct {
	*house
	importer *importer.Worker
}

func newRegistry(t testing.TB) *registry {
	t.Helper()
	h := newHouse(t)
	words, err := i18n.Load()
	h.must(err)
	h.http = httptest.NewServer(web.New(web.Options{Flow: h.Flow, Hub: h.hub, Demo: true, Log: slog.New(slog.NewTextHandler(&h.log, nil)),
		Registry: web.Registry{Columns: importer.Columns, Units: func(ctx context.Context, a desk.Actor, env desk.Environment, flaw flow.UnitFlaw, w io.Writer) error {
			return importer.WriteUnits(ctx, h.Flow, a, env, flaw, w)
		}}}))
	t.Cleanup(func() { h.hub.Close(); h.http.Close() })
	return &registry{h, importer.NewWorker(importer.WorkerOptions{Flow: h.Flow, Owner: "test", Words: words.In(i18n.Portuguese).Field})}
}

// step does one thing that waits; work does them all.
func (r *registry) step() bool {
	r.t.Helper()
	worked, err := r.importer.Once(r.t.(*testing.T).Context())
	r.must(err)
	return worked
}

func (r *registry) work() {
	r.t.Helper()
	for r.step() {
	}
}

// erp is a sheet as the office sends it: one unit new, one that gets an id, one as it is, one that contradicts it, one
// without a number, and a column of its own.
const erp = "Obra;Nome da obra;Torre;Apto;Mobuss homologação;CPF;Cliente;Contrato;Observação\r\n" +
	"AUR;Residencial Aurora;A;301;MOB-AUR-A-301;390.533.447-05;Célia Dias;AUR-A-301;\r\n" +
	"AUR;Residencial Aurora;A;999;MOB-AUR-A-999;529.982.247-25;Marina Figueiredo Prado;AUR-A-999;agora com id\r\n" +
	"AUR;Residencial Aurora;A;101;MOB-AUR-A-101;529.982.247-25;Marina Figueiredo Prado;AUR-A-101;\r\n" +
	"AUR;Residencial Aurora;A;302;MOB-AUR-A-301;390.533.447-05;Célia Dias;AUR-A-302;o mesmo id\r\n" +
	"AUR;Residencial Aurora;A;;;390.533.447-05;Célia Dias;AUR-A-303;\r\n"

func (r *registry) file(name, text string) string {
	r.t.Helper()
	path := filepath.Join(r.t.(*testing.T).TempDir(), name)
	r.must(os.WriteFile(path, []byte(text), 0o600))
	return path
}

// choose does what the browser's dialog does with the field of sheets.
func (x *tab) chooseSheets(paths ...string) {
	x.T.Helper()
	x.Do(chromedp.SetUploadFiles(chromedp.CSS("#planilhas"), paths))
}
