package sandbox

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed static
var embedded embed.FS

// assets are the files of static/: own ones (tech.css, tech.js), and copies of Ponte's look, since the sandbox imports
// nothing of ours (static_test.go holds the copies against the originals, and renews them). Their addresses carry a
// fingerprint of them all, so that a browser keeps them for good and a new release is seen at once.
type assets struct {
	base  string // "/static/<fingerprint>/"
	files map[string][]byte
}

var assetKinds = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".svg": "image/svg+xml", ".woff2": "font/woff2"}

func newAssets() *assets {
	a, sum := &assets{files: map[string][]byte{}}, sha256.New()
	entries, _ := fs.ReadDir(embedded, "static") // what is embedded is there
	for _, e := range entries {
		body, _ := embedded.ReadFile("static/" + e.Name())
		fmt.Fprintf(sum, "%s %d\n%s", e.Name(), len(body), body)
		a.files[e.Name()] = body
	}
	a.base = "/static/" + base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:9]) + "/"
	return a
}

func (a *assets) href(name string) string { return a.base + name }

// ServeHTTP answers /static/{fingerprint}/{name}. A page of another release gets the file as it is now, for this once.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	version, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/static/"), "/")
	body, ok := a.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	if "/static/"+version+"/" == a.base {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	w.Header().Set("Content-Type", assetKinds[path.Ext(name)])
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body)
}
