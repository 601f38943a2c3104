package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"testing"
)

// coldLimit is what a first visit may weigh on the wire, font included.
const coldLimit = 110 << 10

// TestColdWeight opens pages as a browser does that has never been here.
func TestColdWeight(t *testing.T) {
	h := newHouse(t)
	n := h.story()
	for range 60 { // a full page of the list
		h.open("AUR-A-101", "Infiltração no teto do banheiro da suíte", "Mancha úmida no teto.")
	}
	b := h.signedIn("atendente@demo")
	for _, page := range []string{path(n), "/ocorrencias", "/painel"} {
		b.header.Del("Accept-Encoding")
		plain := b.get(page).body
		b.header.Set("Accept-Encoding", "gzip")
		own := len(b.get(page).body)
		total := own
		seen := map[string]bool{}
		for _, m := range regexp.MustCompile(`(?:href|src)="(/static/[^"#]+)`).FindAllStringSubmatch(plain, -1) {
			if !seen[m[1]] {
				seen[m[1]] = true
				total += len(b.get(m[1]).body)
			}
		}
		t.Logf("%s: %d (%d before gzip); %d with what it asks for", page, own, len(plain), total)
		if total > coldLimit {
			t.Errorf("%s, cold, weighs %d bytes; the limit is %d", page, total, coldLimit)
		}
	}
}

// BenchmarkOccurrencePage is the server's share: session, user, occurrence with its history, page, gzip.
func BenchmarkOccurrencePage(b *testing.B) {
	h := newHouse(b)
	n := h.story()
	at, _ := url.Parse(h.http.URL)
	r := httptest.NewRequest(http.MethodGet, path(n), nil)
	r.AddCookie(h.signedIn("atendente@demo").Jar.Cookies(at)[0])
	r.Header.Set("Accept-Encoding", "gzip")
	for b.Loop() {
		w := httptest.NewRecorder()
		h.http.Config.Handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}

// BenchmarkUnchangedPart is what a resync costs.
func BenchmarkUnchangedPart(b *testing.B) {
	h := newHouse(b)
	n := h.story()
	x := h.signedIn("atendente@demo")
	at, _ := url.Parse(h.http.URL)
	rev := revision.FindStringSubmatch(x.get(path(n)).body)[1]
	r := httptest.NewRequest(http.MethodGet, path(n)+"?parte=1&rev="+url.QueryEscape(rev), nil)
	r.AddCookie(x.Jar.Cookies(at)[0])
	for b.Loop() {
		w := httptest.NewRecorder()
		h.http.Config.Handler.ServeHTTP(w, r)
		if w.Code != http.StatusNoContent {
			b.Fatal(w.Code)
		}
	}
}
