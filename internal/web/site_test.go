package web_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/i18n"
)

func TestHeaders(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	b := h.signedIn("atendente@demo")
	for _, p := range []string{path(n), "/ocorrencias", "/entrar", "/nada", "/ocorrencias/nada", path(n) + "?parte=1"} {
		a := b.get(p)
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Cache-Control": "no-store",
		} {
			if !strings.Contains(a.header.Get(name), want) {
				t.Errorf("%s: %s is %q", p, name, a.header.Get(name))
			}
		}
		if csp := a.header.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: %s", p, csp)
		}
		for _, inline := range []string{" style=", " onclick=", " onload=", "hx-on", "<style", "<script>", "js:"} {
			if strings.Contains(a.body, inline) {
				t.Errorf("%s has %s", p, inline)
			}
		}
	}
}

func TestErrorPages(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("atendente@demo")
	for p, status := range map[string]int{"/nada": 404, "/ocorrencias/999999": 404, "/ocorrencias/0": 404, "/ocorrencias/1e3": 404, "/ocorrencias/99999999999999999999": 404} {
		if a := b.get(p); a.status != status || !strings.Contains(a.body, "Ver ocorrências") {
			t.Errorf("%s: %d", p, a.status)
		}
	}
	if a := b.htmx().get("/ocorrencias/999999?parte=1&rev=x"); a.status != 404 || a.header.Get("HX-Reswap") != "none" || strings.Contains(a.body, "<") {
		t.Errorf("a part that is gone: %d %q", a.status, a.body)
	}
	// What is ours is logged whole and shown by its number; the database's words are for nobody else.
	h.must(h.Store.Close())
	for _, x := range []*browser{b, b.htmx()} {
		a := x.get("/entrar")
		if a.status < 500 || strings.Contains(strings.ToLower(a.body), "sql") {
			t.Errorf("without a database: %d %.200s", a.status, a.body)
		}
	}
	if !strings.Contains(h.log.String(), "closed") {
		t.Errorf("the log says %q", h.log.String())
	}
}

// TestStream: what is published arrives, once for a burst; the stream ends with the hub.
func TestStream(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("atendente@demo")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.http.URL+"/novidades", nil)
	h.must(err)
	resp, err := b.Do(r)
	h.must(err)
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		t.Fatalf("%d %s", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(resp.Body)
	next := func(want string) int {
		t.Helper()
		seen := 0
		for lines.Scan() {
			if lines.Text() != "" {
				seen++
			}
			if lines.Text() == want {
				return seen
			}
		}
		t.Fatalf("the stream ended before %q: %v", want, lines.Err())
		return 0
	}
	next("event: ping")
	for range 1000 {
		h.hub.Publish("ocorrencia-7")
	}
	h.hub.Publish("ocorrencia-8")
	next("data: ocorrencia-7")
	if n := next("data: ocorrencia-8"); n > 8 {
		t.Errorf("a burst of one topic was told %d times", n/2)
	}
	for i := range 5000 { // too much to tell: it is told to look at everything
		h.hub.Publish(fmt.Sprint("ocorrencia-", i))
	}
	next("event: all")
	h.hub.Close()
	for lines.Scan() {
		continue // to the end
	}
	if err := lines.Err(); err != nil || ctx.Err() != nil {
		t.Errorf("the stream did not end by itself: %v", err)
	}
	h.hub.Publish("ocorrencia-9") // and nobody minds
}

func TestLanguageAndTheme(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	lang := func(b *browser) string {
		m := regexp.MustCompile(`<html lang="([^"]+)"( data-theme="([^"]+)")?`).FindStringSubmatch(b.get("/entrar").body)
		return m[1] + " " + m[3]
	}
	if got := lang(b); got != "pt-BR " {
		t.Errorf("without a wish: %q", got)
	}
	b.header.Set("Accept-Language", "en-GB,en;q=0.8")
	if got := lang(b); got != "en " {
		t.Errorf("a browser that wants English: %q", got)
	}
	if a := b.post("/aparencia", "idioma", "pt-BR", "volta", "/entrar?volta=%2F"); a.status != 303 || a.header.Get("Location") != "/entrar?volta=%2F" {
		t.Errorf("%d to %q", a.status, a.header.Get("Location"))
	}
	b.post("/aparencia", "tema", "dark", "volta", "/entrar")
	if got := lang(b); got != "pt-BR dark" {
		t.Errorf("after it was set: %q", got)
	}
	for _, bad := range [][]string{{"idioma", "xx"}, {"tema", "neon"}} {
		if a := b.post("/aparencia", bad...); a.status != 400 {
			t.Errorf("%v: %d", bad, a.status)
		}
	}
}

func TestStaticFiles(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	page := b.get("/entrar").body
	refs := regexp.MustCompile(`(?:href|src)="(/static/[^"#]+)`).FindAllStringSubmatch(page, -1)
	if len(refs) < 5 {
		t.Fatalf("only %d files are named", len(refs))
	}
	for _, m := range refs {
		a := b.get(m[1])
		if a.status != 200 || a.header.Get("Cache-Control") != "public, max-age=31536000, immutable" || a.header.Get("Content-Type") == "" {
			t.Errorf("%s: %d %v", m[1], a.status, a.header)
		}
	}
	old := regexp.MustCompile(`/static/[^/]+/`).ReplaceAllString(refs[0][1], "/static/another-release/")
	if a := b.get(old); a.status != 200 || a.header.Get("Cache-Control") != "no-cache" {
		t.Errorf("a page of another release: %d %s", a.status, a.header.Get("Cache-Control"))
	}
	for _, p := range []string{"/static/", "/static/x", "/static/x/../../web.go", "/static/x/nada.css", "/static/x/%2e%2e/web.go"} {
		if a := b.get(p); a.status != 404 && a.status != 307 && a.status != 301 {
			t.Errorf("%s: %d", p, a.status)
		}
	}
}

// TestVendored: what is not ours is what VENDORED.json says, byte for byte, and nothing else lies there.
func TestVendored(t *testing.T) {
	b, err := os.ReadFile("VENDORED.json")
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Files []struct{ File, Package, Version, Licence, SHA256 string }
	}
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	ours := map[string]bool{"static/app.css": true, "static/app.js": true, "static/logo.svg": true}
	for _, f := range m.Files {
		body, err := os.ReadFile(f.File)
		if err != nil {
			t.Error(err)
			continue
		}
		if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != f.SHA256 {
			t.Errorf("%s is not that of %s %s", f.File, f.Package, f.Version)
		}
		if f.Licence == "" || f.Version == "" {
			t.Errorf("%s: no licence or version", f.File)
		}
		ours[f.File] = true
	}
	for _, dir := range []string{"static/*", "testdata/*"} {
		names, _ := filepath.Glob(dir)
		for _, name := range names {
			if !ours[name] {
				t.Errorf("%s does not stand in VENDORED.json", name)
			}
		}
	}
	if js, _ := os.ReadFile("static/htmx.js"); !strings.Contains(string(js), `version="4.0.1"`) {
		t.Error("htmx.js is another version than its manifest says")
	}
}

// TestEveryMessageExists: the ids that pages and code name are in the catalogues, and so are those that are put
// together from the rules' words.
func TestEveryMessageExists(t *testing.T) {
	c, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	l := c.In(i18n.English)
	used := map[string]bool{}
	call := regexp.MustCompile(`\.(?:T|N)\("([^"]+)"(\s*\+)?`)
	for _, pattern := range []string{"*.templ", "*.go"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") {
				continue
			}
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range call.FindAllStringSubmatch(string(b), -1) {
				if m[2] == "" {
					used[m[1]] = true
					continue
				}
				prefix := m[1] // put together: there must be something under it
				some := false
				for _, id := range l.IDs() {
					some = some || strings.HasPrefix(id, prefix)
				}
				if !some {
					t.Errorf("%s: nothing is called %s…", name, prefix)
				}
			}
		}
	}
	if len(used) < 80 {
		t.Fatalf("only %d ids were found", len(used))
	}
	for _, p := range append(slices.Clone(desk.Points), desk.SendFile) {
		for _, prefix := range []string{"trouble.refused.", "trouble.unsure."} {
			used[prefix+string(p)+".title"], used[prefix+string(p)+".means"] = true, true
		}
		used["point."+string(p)] = true
	}
	for _, s := range desk.DeliveryStates {
		used["state."+string(s)], used["tally."+string(s)] = true, true
	}
	for _, r := range desk.Roles {
		used["role."+string(r)] = true
	}
	for _, id := range []string{"order.abrindo", "order.aberta", "order.encerrada", "order.abandonada", "visit.agendada", "visit.realizada", "visit.cancelada",
		"environment.homologacao", "environment.producao", "timeline.filter_all", "timeline.none_all", "timeline.filter_field", "timeline.none_field",
		"timeline.filter_deliveries", "timeline.none_deliveries", "theme.auto", "theme.light", "theme.dark", "language.pt-BR", "language.en",
		"failure.title_400", "failure.title_403", "failure.title_404", "failure.title_500", "error.sessao_encerrada", "error.outro_site"} {
		used[id] = true
	}
	for _, v := range append(slices.Clone(flow.Views), "text", "filter", "end") {
		used["empty."+string(v)+"_title"], used["empty."+string(v)+"_text"] = true, true
	}
	for _, v := range flow.Views {
		used["view."+string(v)] = true
	}
	for _, r := range []string{"proprietario", "inquilino", "sindico", "condominio", "outro"} {
		used["relation."+r] = true
	}
	for _, f := range []string{"senha_curta", "senha_errada", "tipo_desconhecido", "grande_demais"} {
		used["field."+f] = true
	}
	for id := range used {
		if !l.Has(id) {
			t.Errorf("no message %s", id)
		}
	}
}
