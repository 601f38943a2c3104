package e2e

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"ponte/internal/desk"
	"ponte/internal/webservice"
)

var update = flag.Bool("update", false, "rewrite the golden answers")

// elsewhere are the codes that no request of testdata/errors can provoke, with the reason.
var elsewhere = map[string]string{
	desk.ErrMethod:      "another method of integration: TestMethods",
	desk.ErrInternal:    "would be a bug",
	desk.ErrUnavailable: "while the process stops, or its database is away",
}

// TestErrors plays the requests of testdata/errors against a demo: each is answered with its HTTP status, codigo and
// campos, and leaves nothing behind but the kept call. Occurrence 1000 is open, 1001
// closed, 1002 in the field; $REVOGADO is a token
// that was revoked while the demo runs, the other names are tokens that are limited as they say.
//
// A body that begins with @hex is bytes in hex; with @repete N it is the rest of its line, N times.
func TestErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/errors/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	b := newErrorBench(t)
	seen := map[string]bool{}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { b.golden(t, file, seen) })
	}
	for _, code := range webservice.Codes() {
		if why, excused := elsewhere[code]; seen[code] == excused {
			t.Errorf("%s: provoked %v, and said not to be: %q", code, seen[code], why)
		}
	}
}

// errorBench is a demo with what the requests speak of.
type errorBench struct {
	url    string
	tokens map[string]string // by the names that the requests call them
	db     *sql.DB
	before string // the fingerprint of what a refused call must leave alone
}

func newErrorBench(t *testing.T) *errorBench {
	data := t.TempDir()
	p := launch(t, binary(t, released), nil, []string{"demo", "--addr=127.0.0.1:0", "--sandbox-addr=127.0.0.1:0", "--data=" + data}, ponteURL)
	b := &errorBench{url: p.url(ponteURL), db: ledger(t, "sqlite:"+filepath.Join(data, "ponte.db"))}
	for range 3 {
		b.post(t, "/ocorrencias", `{"cod_projeto": "AUR-A-101", "bloqueio_incluir_cliente": "T", "descricao": "Porta empenada."}`)
	}
	b.post(t, "/ocorrencias/1001/movimentacoes", `{"cod_status": "90"}`)
	b.post(t, "/ocorrencias/1002/movimentacoes", `{"cod_status": "20"}`)
	err := poll(t.Context(), func() (bool, error) {
		return count(t, b.db, "SELECT count(*) FROM lane WHERE pending > 0 OR lease_until > 0") == 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ponte := func(args ...string) string {
		cmd := exec.Command(p.cmd.Path, append(args, "--database-url=sqlite:"+filepath.Join(data, "ponte.db"), "--secret-key-file="+filepath.Join(data, "secret.key"))...)
		cmd.Env = cleanEnv()
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, out)
		}
		return string(out)
	}
	b.tokens = map[string]string{}
	for _, t := range [][]string{{"$REVOGADO"}, {"$SO_CONSULTA", "--operation=ConsultarOcorrencia"}, {"$SO_PDA", "--development=PDA"}, {"$UMA_POR_MINUTO", "--calls-per-minute=1"}} {
		_, key, _ := strings.Cut(ponte(append([]string{"token", "add", t[0], "--integration=casa", "--origin=casa"}, t[1:]...)...), "shown only now: ")
		b.tokens[t[0]] = strings.TrimSpace(key)
	}
	ponte("token", "revoke", "3")
	// what was opened above is indexed behind the calls, which is no call's writing
	if err := poll(t.Context(), func() (bool, error) {
		last := b.before
		b.before = b.fingerprint(t)
		return b.column(t, "SELECT count(*) FROM occurrence WHERE found_rev <> rev")[0] == "0" && b.before == last, nil
	}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *errorBench) post(t *testing.T, path, body string) {
	t.Helper()
	a, err := web.do(t.Context(), http.MethodPost, b.url+rest+path, deskToken, body)
	if err != nil || a.status != http.StatusCreated {
		t.Fatalf("%s: %s, %v", path, a, err)
	}
}

func (b *errorBench) golden(t *testing.T, file string, seen map[string]bool) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got := &txtar.Archive{Comment: archive.Comment}
	for _, f := range archive.Files {
		name, ok := strings.CutPrefix(f.Name, "request: ")
		if !ok {
			continue
		}
		got.Files = append(got.Files, f, txtar.File{Name: "response: " + name, Data: b.play(t, name, f.Data, seen)})
	}
	text := txtar.Format(got)
	if *update {
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want := txtar.Format(archive); !bytes.Equal(text, want) {
		t.Errorf("got:\n%s\nwant:\n%s", text, want)
	}
}

// play makes one request, and sees that it left nothing behind.
func (b *errorBench) play(t *testing.T, name string, raw []byte, seen map[string]bool) []byte {
	t.Helper()
	kept := count(t, b.db, "SELECT count(*) FROM inbound_call")
	a, err := web.send(b.request(t, raw), "")
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	p, err := refusalOf(a)
	if err != nil {
		t.Errorf("%s: neither a problem document nor a Fault: %v, %s", name, err, a)
	}
	if after := b.fingerprint(t); after != b.before {
		t.Errorf("%s: the refused call has written", name)
		b.before = after
	}
	if wait := a.header.Get("Retry-After"); (wait != "") != (p.Codigo == desk.ErrTooMany || p.Codigo == desk.ErrUnavailable) {
		t.Errorf("%s: Retry-After %q", name, wait)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%d %s\n", a.status, p.Codigo)
	for _, c := range p.Campos {
		fmt.Fprintf(&out, "%s: %s\n", c.Campo, c.Mensagem)
	}
	wanted := 0
	if p.Kept != "" {
		out.WriteString("(guardada)\n")
		wanted = 1
	}
	if n := count(t, b.db, "SELECT count(*) FROM inbound_call") - kept; n != wanted {
		t.Errorf("%s: %d calls were kept, want %d", name, n, wanted)
	}
	seen[p.Codigo] = true
	return out.Bytes()
}

// request reads a request as it stands in a golden file; its body is what follows the blank line, without the last
// line end.
func (b *errorBench) request(t *testing.T, raw []byte) *http.Request {
	t.Helper()
	for name, key := range b.tokens {
		raw = bytes.ReplaceAll(raw, []byte(name), []byte(key))
	}
	head, body, _ := bytes.Cut(raw, []byte("\n\n"))
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(append(slices.Clone(head), "\nHost: ponte\n\n"...))))
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(b.url + r.RequestURI)
	if err != nil {
		t.Fatal(err)
	}
	body = bytes.TrimSuffix(body, []byte("\n"))
	if text, ok := strings.CutPrefix(string(body), "@hex "); ok {
		if body, err = hex.DecodeString(text); err != nil {
			t.Fatal(err)
		}
	}
	if text, ok := strings.CutPrefix(string(body), "@repete "); ok {
		times, what, _ := strings.Cut(text, " ")
		n, err := strconv.Atoi(times)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.Repeat([]byte(what), n)
	}
	r.URL, r.Host, r.RequestURI = target, target.Host, ""
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	switch {
	case len(body) == 0:
		r.Body = http.NoBody
	case r.Header.Get("X-Teste-Sem-Tamanho") != "":
		r.ContentLength = -1
	}
	return r.WithContext(t.Context())
}

// fingerprint is all that the database holds but for kept calls and the last use of tokens.
func (b *errorBench) fingerprint(t *testing.T) string {
	t.Helper()
	h := sha256.New()
	for _, table := range b.column(t, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'inbound_call' ORDER BY name") {
		columns := slices.DeleteFunc(b.column(t, "SELECT name FROM pragma_table_info('"+table+"')"), func(c string) bool { return c == "last_used_at" })
		row := "SELECT concat_ws('|', " + strings.Join(columns, ", ") + ") FROM " + table + " ORDER BY 1"
		for _, text := range b.column(t, row) {
			fmt.Fprintln(h, table, text)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (b *errorBench) column(t *testing.T, query string) (out []string) {
	t.Helper()
	rows, err := b.db.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		out = append(out, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
