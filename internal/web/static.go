package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"strings"
)

//go:embed static
var embedded embed.FS

// assets are the files of static/, in memory and compressed once. Their addresses carry a fingerprint of them all,
// so that browsers keep them for good and a new release is seen at once; the style sheet finds its fonts beside it.
type assets struct {
	base  string // "/static/<fingerprint>/"
	files map[string]asset
	icons map[string]bool // the symbols of icons.svg
}

var symbol = regexp.MustCompile(`<symbol id="([^"]+)"`)

type asset struct {
	kind        string
	plain, gzip []byte // gzip is nil where it is not smaller
}

var assetKinds = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".svg": "image/svg+xml", ".woff2": "font/woff2",
}

func newAssets() (*assets, error) {
	entries, err := embedded.ReadDir("static")
	if err != nil {
		return nil, err
	}
	a, sum := &assets{files: map[string]asset{}, icons: map[string]bool{}}, sha256.New()
	for _, e := range entries {
		kind, ok := assetKinds[path.Ext(e.Name())]
		if !ok {
			return nil, fmt.Errorf("web: static/%s is of no known kind", e.Name())
		}
		body, err := embedded.ReadFile("static/" + e.Name())
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(sum, "%s %d\n%s", e.Name(), len(body), body)
		f := asset{kind: kind, plain: body}
		if kind != "font/woff2" { // compressed already
			f.gzip = compressed(body)
		}
		a.files[e.Name()] = f
	}
	for _, m := range symbol.FindAllSubmatch(a.files["icons.svg"].plain, -1) {
		a.icons[string(m[1])] = true
	}
	a.base = "/static/" + base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:9]) + "/"
	return a, nil
}

func compressed(body []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = z.Write(body) // a buffer takes everything
	if z.Close() != nil || b.Len() >= len(body) {
		return nil
	}
	return b.Bytes()
}

func (a *assets) href(name string) string { return a.base + name }

// ServeHTTP answers /static/{version}/{name}. A page of another release asks with another version: it gets the
// file as it is now, for this once.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	version, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/static/"), "/")
	f, ok := a.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	if "/static/"+version+"/" == a.base {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("Content-Type", f.kind)
	body := f.plain
	if f.gzip != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r) {
			h.Set("Content-Encoding", "gzip")
			body = f.gzip
		}
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // whoever left doesn't miss it
	}
}

// acceptsGzip takes the header's word for it; browsers never say "gzip;q=0".
func acceptsGzip(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
}
