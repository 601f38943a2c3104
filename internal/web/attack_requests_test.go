package web_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"ponte/internal/web"
)

// TestAFormThatNeverEnds is given up: nobody holds a connection by sending a byte now and then.
func TestAFormThatNeverEnds(t *testing.T) {
	h := newHouse(t)
	h.http = httptest.NewServer(web.New(web.Options{Flow: h.Flow, Hub: h.hub, FormTime: 50 * time.Millisecond}))
	t.Cleanup(h.http.Close)
	at, err := url.Parse(h.http.URL)
	h.must(err)
	for _, kind := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", at.Host)
		h.must(err)
		h.must(conn.SetDeadline(time.Now().Add(time.Minute)))
		_, err = fmt.Fprintf(conn, "POST /entrar HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: 100\r\n\r\nlogin=", at.Host, kind)
		h.must(err)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		h.must(err)
		_ = resp.Body.Close()
		if resp.StatusCode >= 500 || !resp.Close {
			t.Errorf("%s: %d, the connection goes on: %v", kind, resp.StatusCode, !resp.Close)
		}
		h.must(conn.Close())
	}
	// The time is the form's, not the connection's: one that arrived leaves no limit behind.
	if a := h.browser().post("/entrar", "login", "x", "senha", "y"); a.status != http.StatusUnauthorized {
		t.Errorf("a form in time: %d", a.status)
	}
}

// TestLargeForms are refused, by those who have signed in and those who haven't.
func TestLargeForms(t *testing.T) {
	h := newHouse(t)
	n := h.open("AUR-A-101", "Torneira", "Pinga.")
	large := strings.Repeat("x", 2<<20)
	for _, b := range []*browser{h.browser(), h.signedIn("atendente@demo")} {
		for _, at := range []string{"/entrar", "/entrar/esqueci", path(n) + "/movimentacoes", "/aparencia"} {
			if a := b.post(at, "login", large, "comentario", large, "tema", large); a.status != http.StatusRequestEntityTooLarge && a.status != http.StatusUnauthorized {
				t.Errorf("%s with 2 MiB: %d", at, a.status)
			}
		}
	}
}

// TestPathsLeadNowhereElse: what stands in an address or a file's name never becomes a place on the disk, nor a header.
func TestPathsLeadNowhereElse(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("admin@demo")
	up := []string{"..%2f..%2f..%2fetc%2fpasswd", "%2e%2e", "..%5c..%5cponte.db", "%00", "a%0d%0aX-Evil:%201", "%2fetc%2fpasswd", strings.Repeat("0", 64), "-1", "9223372036854775808", "1%20OR%201=1"}
	for _, route := range web.Patterns() {
		at, ok := strings.CutPrefix(route, "GET ")
		if !ok || !strings.Contains(at, "{") || at == "/{$}" {
			continue
		}
		for _, x := range up {
			a := b.get(wildcard.ReplaceAllString(at, x))
			if a.status >= 500 || a.header.Get("X-Evil") != "" || strings.Contains(a.body, "root:x:") || strings.HasPrefix(a.body, "SQLite format") {
				t.Errorf("%s with %s: %d %.80q", route, x, a.status, a.body)
			}
			if a.status == http.StatusOK && !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
				t.Errorf("%s with %s answers a file: %v", route, x, a.header)
			}
		}
	}
	for _, name := range []string{`../../etc/passwd.txt`, `..\..\boot.txt`, "a\r\nX-Evil: 1.txt", `x"; filename="evil.txt`, "\u202etxt.exe.txt", strings.Repeat("é", 300) + ".txt"} {
		w.fieldSends(w.number, name, "conteúdo de "+name)
	}
	for _, f := range w.attachments(w.number) {
		a := b.get(filePath(w.number, f.ID))
		if a.status != http.StatusOK || a.header.Get("X-Evil") != "" || strings.ContainsAny(f.Name, "/\\\r\n") {
			t.Errorf("%q: %d %v", f.Name, a.status, a.header)
		}
	}
}

// TestHostsOfOthers: nothing that a page says or leads to follows the Host that a caller names.
func TestHostsOfOthers(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("admin@demo")
	for _, r := range w.rules() {
		if !strings.HasPrefix(r.route, "GET ") || r.path == "/novidades" {
			continue
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.http.URL+r.path, nil)
		w.must(err)
		req.Host = "evil.example"
		for _, name := range []string{"X-Forwarded-Host", "X-Original-Host", "X-Host", "Forwarded"} {
			req.Header.Set(name, "host=evil.example")
		}
		req.Header.Set("X-Forwarded-Host", "evil.example")
		if a := b.do(req); strings.Contains(a.body, "evil.example") || strings.Contains(a.header.Get("Location"), "evil.example") {
			t.Errorf("%s speaks of the host that the caller named", r.path)
		}
	}
}
