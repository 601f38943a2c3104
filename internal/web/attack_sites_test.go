package web_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestNoRouteObeysOtherSites: every route that changes something refuses what another site makes a signed-in browser
// send, whether the browser says so (Sec-Fetch-Site) or only where from (Origin); from a page of ours the same request is
// let through. No answer may lie in a frame. The routes are those of the table of who may, which has them all.
func TestNoRouteObeysOtherSites(t *testing.T) {
	w := newWorld(t)
	mine := w.signedIn("admin@demo")
	elsewhere := []http.Header{{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}},
		{"Sec-Fetch-Site": {""}, "Origin": {"https://evil.example"}}, {"Sec-Fetch-Site": {""}, "Origin": {"null"}}, {"Sec-Fetch-Site": {""}, "Origin": {strings.Replace(w.http.URL, "127.0.0.1", "127.0.0.1.evil.example", 1)}}}
	changing, reading := 0, 0
	for _, r := range w.rules() {
		if !strings.HasPrefix(r.route, "POST ") {
			reading++
			if r.path != "/novidades" {
				framed(t, r.path, mine.get(r.path))
			}
			continue
		}
		changing++
		for _, header := range elsewhere {
			x := &browser{w.house, mine.Client, header}
			if a := x.post(r.path, r.form...); a.status != http.StatusForbidden || !strings.Contains(a.body, "outro site") {
				t.Errorf("%s (%s) by %v: %d", r.route, r.path, header, a.status)
			}
		}
		if r.route == "POST /sair" {
			continue
		}
		a := mine.post(r.path, r.form...)
		framed(t, r.path, a)
		if strings.Contains(a.body, "outro site") {
			t.Errorf("%s (%s) from a page of ours: %d", r.route, r.path, a.status)
		}
	}
	if changing < 60 || reading < 40 {
		t.Errorf("only %d routes that change something and %d that don't", changing, reading)
	}
	if a := mine.get("/conta"); a.status != http.StatusOK { // not the list: by now somebody begins at a view of theirs
		t.Errorf("somebody else signed me out: %d", a.status)
	}
}

func framed(t *testing.T, path string, a answer) {
	t.Helper()
	if a.header.Get("X-Frame-Options") != "DENY" || !strings.Contains(a.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") || a.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s may lie in a frame, or be sniffed: %v", path, a.header)
	}
}
