package sandbox

import (
	"io"
	"net/http"
	"os"
	"regexp"
)

var hash = regexp.MustCompile(`^[0-9a-f]{64}$`)

// photo is GET /fotos/{sha256}: a picture as a browser shows it; anything else is handed out as a download, as the
// control does it.
func (g *pages) photo(w http.ResponseWriter, r *http.Request) {
	sum := r.PathValue("sha256")
	if !hash.MatchString(sum) {
		http.NotFound(w, r)
		return
	}
	f, err := os.Open(g.blobs.path(sum))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, 512)
	n, _ := io.ReadFull(f, head)
	kind := http.DetectContentType(head[:n])
	if !showable(kind) {
		g.serveBlob(w, r)
		return
	}
	pageHeaders(w.Header())
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	http.ServeFile(w, r, g.blobs.path(sum))
}
