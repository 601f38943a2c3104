package browsertest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ponte/internal/browsertest"
)

// told keeps what a test would have failed with.
type told struct {
	testing.TB
	errors []string
}

func (t *told) Helper() {}

func (t *told) Errorf(format string, args ...any) {
	t.errors = append(t.errors, fmt.Sprintf(format, args...))
}

// TestAxe: axe-core finds what is wrong with a page, and where it is asked for a part of its rules, that part.
func TestAxe(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `<!doctype html><html lang="en"><title>A page</title><main><h1>A page</h1><p style="color:#ccc;background:#fff">pale</p><img src="x.png"></main></html>`)
	}))
	defer page.Close()
	b := browsertest.Start(t)
	for rules, want := range map[browsertest.Rules][]string{browsertest.All: {"color-contrast", "image-alt"}, browsertest.Colours: {"color-contrast"}, browsertest.Words: {"image-alt"}} {
		x := b.Tab(t, page.URL, browsertest.Window{Width: 1440, Height: 1000, Language: "en", Axe: rules})
		x.Open("/")
		heard := &told{TB: t}
		x.T = heard
		x.Axe("here")
		x.T = t
		if len(heard.errors) != len(want) {
			t.Errorf("%q: %q", rules, heard.errors)
			continue
		}
		for i, id := range want {
			if !strings.Contains(heard.errors[i], id) {
				t.Errorf("%q: %q", rules, heard.errors)
			}
		}
	}
}
