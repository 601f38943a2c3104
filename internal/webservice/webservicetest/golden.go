package webservicetest

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"ponte/internal/desk"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
)

var update = flag.Bool("update", false, "rewrite the golden answers")

// Update says whether golden files are to be rewritten.
func Update() bool { return *update }

// always are headers of every answer; TestEveryAnswerIsGuarded looks at them once.
var always = []string{"Cache-Control", "Content-Length", "Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options", "X-Ponte-Pedido"}

// Golden plays the requests of testdata/*.txtar at a door. Each has the request, the answer and, where a refused call was
// kept, its codigo and what was kept of it.
func Golden(t *testing.T, handler func(door.Options) http.Handler) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { golden(t, file, handler) })
	}
}

func golden(t *testing.T, file string, handler func(door.Options) http.Handler) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []txtar.File
	request := ""
	for _, f := range archive.Files {
		if !strings.HasPrefix(f.Name, "request") {
			continue
		}
		request = f.Name
		answer, kept := play(t, f.Data, handler)
		out = append(out, f, txtar.File{Name: strings.Replace(f.Name, "request", "response", 1), Data: answer})
		if kept != nil {
			out = append(out, txtar.File{Name: strings.Replace(f.Name, "request", "kept", 1), Data: kept})
		}
	}
	if request == "" {
		t.Fatal("no request")
	}
	got := txtar.Format(&txtar.Archive{Comment: archive.Comment, Files: out})
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := txtar.Format(archive); !bytes.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// play sends one request and writes down the answer and what was kept.
func play(t *testing.T, raw []byte, handler func(door.Options) http.Handler) (answer, kept []byte) {
	t.Helper()
	o := Options()
	o.Registry.Keep = func(_ context.Context, c *webservice.Call, err *desk.Error) string {
		kept = fmt.Appendf(nil, "%s %s undecoded=%v\n%s\n", err.Code, c.Operation, c.Undecoded, c.Raw)
		return "rec-1"
	}
	w := httptest.NewRecorder()
	handler(o).ServeHTTP(w, parseRequest(t, raw))
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d\n", w.Code)
	var names []string
	for name := range w.Header() {
		if !slices.Contains(always, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(w.Header()[name], " | "))
	}
	fmt.Fprintf(&b, "\n%s\n", strings.TrimSuffix(w.Body.String(), "\n"))
	return b.Bytes(), kept
}

// parseRequest reads a request as it stands in a golden file: its body is what follows the blank line, without
// the last line end.
func parseRequest(t *testing.T, raw []byte) *http.Request {
	t.Helper()
	head, body, _ := bytes.Cut(raw, []byte("\n\n"))
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(append(slices.Clone(head), "\nHost: ponte\n\n"...))))
	if err != nil {
		t.Fatal(err)
	}
	body = bytes.TrimSuffix(body, []byte("\n"))
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		body = bytes.ReplaceAll(body, []byte("\n"), []byte("\r\n"))
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	if r.Header.Get("X-Teste-Sem-Tamanho") != "" {
		r.ContentLength = -1
	}
	return r
}
