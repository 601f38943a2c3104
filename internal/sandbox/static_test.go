package sandbox

import (
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// original is where Ponte's own look lies. The sandbox may not import it, so it keeps copies:
//   - the letters and the logo, byte for byte (web's VENDORED.json says where they come from);
//   - of the icons, those that its pages use, each as it is in the original;
//   - of the style sheet, what stands before the layers, and the layers tokens, base and util, word for word, as base.css.
//
// What the pages for technicians look like beyond that is their own affair: tech.css.
const original = "../web/static/"

// After a change of the look: go test ./internal/sandbox -run TestLooksLikePonte -update
func TestLooksLikePonte(t *testing.T) {
	for name, want := range map[string]string{
		"inter-latin.woff2":     source(t, "inter-latin.woff2"),
		"inter-latin-ext.woff2": source(t, "inter-latin-ext.woff2"),
		"logo.svg":              source(t, "logo.svg"),
		"base.css":              baseStyle(t, source(t, "app.css")),
		"icons.svg":             usedIcons(t, source(t, "icons.svg")),
	} {
		if *update {
			if err := os.WriteFile("static/"+name, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got, err := os.ReadFile("static/" + name); err != nil || string(got) != want {
			t.Errorf("static/%s is not as in %s any more; run this test with -update (%v)", name, original, err)
		}
	}
}

func source(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(original + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// baseStyle takes from a style sheet what stands before its first block of a layer, and the blocks of three layers.
func baseStyle(t *testing.T, css string) string {
	t.Helper()
	head, _, ok := strings.Cut(css, "@layer tokens {")
	if !ok {
		t.Fatal("the style sheet has no layer tokens")
	}
	out := head
	for _, layer := range []string{"tokens", "base", "util"} {
		_, rest, ok := strings.Cut(css, "\n@layer "+layer+" {\n")
		block, _, closed := strings.Cut(rest, "\n}\n")
		if !ok || !closed {
			t.Fatalf("the style sheet has no layer %s", layer)
		}
		out += "@layer " + layer + " {\n" + block + "\n}\n\n"
	}
	return strings.TrimSuffix(out, "\n")
}

var (
	symbols = regexp.MustCompile(`<symbol id="([^"]+)".*?</symbol>`)
	quoted  = regexp.MustCompile(`"([a-z0-9-]+)"`)
)

// usedIcons is a sprite of the icons whose names stand in the sources. A few are there by accident, because a word is
// spelt as they are; that none is missing is seen to by TestPagesShowOnlyIconsThatExist.
func usedIcons(t *testing.T, sprite string) string {
	t.Helper()
	named := map[string]bool{}
	for _, file := range sources(t) {
		for _, m := range quoted.FindAllStringSubmatch(file, -1) {
			named[m[1]] = true
		}
	}
	out := `<svg xmlns="http://www.w3.org/2000/svg">`
	for _, m := range symbols.FindAllStringSubmatch(sprite, -1) {
		if named[m[1]] {
			out += m[0]
		}
	}
	return out + "</svg>\n"
}

// sources are the package's own sources: templates, and Go files that are neither generated nor tests.
func sources(t *testing.T) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range entries {
		name := e.Name()
		if strings.HasSuffix(name, "_templ.go") || strings.HasSuffix(name, "_test.go") ||
			path.Ext(name) != ".go" && path.Ext(name) != ".templ" {
			continue
		}
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(body)
	}
	if len(out) < 20 {
		t.Fatalf("only %d sources were found", len(out))
	}
	return out
}

func TestAssets(t *testing.T) {
	r := newRig(t)
	a := newAssets()
	for name, body := range a.files {
		out := r.call(200, "GET", a.href(name), "")
		if out.raw != string(body) || !strings.Contains(out.header.Get("Cache-Control"), "immutable") ||
			out.header.Get("Content-Type") == "" {
			t.Errorf("%s: %v", name, out.header)
		}
		if out := r.call(200, "GET", "/static/old/"+name, ""); out.header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s of another release: %v", name, out.header)
		}
	}
	r.call(404, "GET", a.href("static.go"), "")
	r.call(404, "GET", "/static/", "")
}
