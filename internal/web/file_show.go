package web

import (
	"context"
	"mime"
	"net/http"
	"strconv"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// filePolicy goes with a file instead of the pages' policy: whatever its bytes are, they run nothing and load nothing.
const filePolicy = "default-src 'none'; sandbox; frame-ancestors 'none'"

// showFile is GET /ocorrencias/{numero}/anexos/{id}.
func (s *site) showFile(r *request) error { return r.file(s.flow.OpenAttachment, "") }

// showThumbnail is GET /ocorrencias/{numero}/anexos/{id}/miniatura.
func (s *site) showThumbnail(r *request) error { return r.file(s.flow.OpenThumbnail, "-miniatura") }

type openFile func(ctx context.Context, a desk.Actor, number, id int64) (*flow.OpenedFile, error)

// file hands out a file of an occurrence, or the part of it that was asked for.
func (r *request) file(open openFile, variant string) error {
	number, err := numberOf(r)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return desk.Fail(desk.ErrNotFound)
	}
	f, err := open(r.Context(), r.actor(), number, id)
	if err != nil {
		return err
	}
	defer func() { _ = f.Content.Close() }() // it was only read
	h := r.w.Header()
	h.Set("Content-Type", f.ServedType)
	h.Set("Content-Disposition", disposition(f.Attachment))
	h.Set("Content-Security-Policy", filePolicy)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("ETag", `"`+f.SHA256+variant+`"`)
	// This browser alone may keep it, and asks each time: whoever has signed out sees nothing of it.
	h.Set("Cache-Control", "private, no-cache")
	http.ServeContent(r.w, r.Request, "", time.Time{}, f.Content)
	return nil
}

// disposition says whether a browser shows it or saves it, and under which name.
func disposition(a flow.Attachment) string {
	how := "attachment"
	if a.Inline {
		how = "inline"
	}
	if d := mime.FormatMediaType(how, map[string]string{"filename": a.Name}); d != "" {
		return d
	}
	return how
}
