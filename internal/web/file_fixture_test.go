package web_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// part is a file as a form brings it.
type part struct{ name, content string }

// send posts a form with files, as a browser does from a page of ours.
func (b *browser) send(path string, files []part, pairs ...string) answer {
	b.h.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		b.h.must(w.WriteField(pairs[i], pairs[i+1]))
	}
	for _, f := range files {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="anexos"; filename="%s"`, f.name))
		h.Set("Content-Type", "image/jpeg")
		p, err := w.CreatePart(h)
		b.h.must(err)
		_, err = io.WriteString(p, f.content)
		b.h.must(err)
	}
	b.h.must(w.Close())
	r, err := http.NewRequestWithContext(b.h.t.Context(), http.MethodPost, b.h.http.URL+path, &body)
	b.h.must(err)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

// wall is a photo of a stained ceiling above a wall; no two of different seeds are alike.
func wall(w, h int, seed float64) string {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	grain := rand.New(rand.NewPCG(uint64(seed), 1)) //nolint:gosec // plaster, not a secret
	corner := .74 + .05*math.Sin(3*seed)
	for y := range h {
		for x := range w {
			fx, fy := float64(x)/float64(h), float64(y)/float64(h)
			light := 206 + 24*math.Cos(1.6*(fx-.3-.2*math.Sin(seed))) - 26*fy + 5*grain.NormFloat64()
			switch below := fy - corner - .05*(fx-.6); {
			case below > .035:
				light -= 34 // the wall
			case below > 0:
				light += 14 - 900*below*below*10 // the moulding
			}
			dx, dy := (fx-.62-.2*math.Sin(2*seed))/1.5, fy-.36-.08*math.Cos(seed)
			at := math.Atan2(dy, dx)
			edge := .21 + .035*math.Sin(2*at+seed) + .022*math.Sin(3*at-2*seed) + .008*math.Sin(7*at+seed)
			far := math.Hypot(dx, dy) / edge
			stain := .75*math.Exp(-180*(far-1)*(far-1)) + .3*math.Exp(-90*(far-.72)*(far-.72))
			if far < 1 {
				stain += .22 + .18*(1-far)
			}
			img.SetRGBA(x, y, color.RGBA{R: shade(light - 48*stain), G: shade(light - 5 - 72*stain), B: shade(light - 17 - 104*stain), A: 255})
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 85}); err != nil {
		panic(err)
	}
	return out.String()
}

func shade(v float64) uint8 { return uint8(max(0, min(255, v))) }

// attach is a photo that a person has noted before.
func (h *house) upload(name, content string) flow.Upload {
	h.t.Helper()
	u, err := h.StoreFile(h.t.Context(), h.ana, name, "image/jpeg", strings.NewReader(content))
	h.must(err)
	return u
}

// fieldSends is a photo from Mobuss, that comes by itself.
func (h *house) fieldSends(number int64, name, content string) {
	h.t.Helper()
	_, err := h.Attach(h.t.Context(), h.Call("IncluirAnexo", name, name, h.Field), flow.AttachInput{Number: number, Name: name, Content: []byte(content)})
	h.must(err)
}

// attachments are those of an occurrence, as Ana sees them.
func (h *house) attachments(number int64) []flow.Attachment {
	h.t.Helper()
	p, err := h.Page(h.t.Context(), h.ana, number)
	h.must(err)
	return p.Attachments
}

func (h *house) deliveries(number int64) (out []string) {
	h.t.Helper()
	p, err := h.Page(h.t.Context(), h.ana, number)
	h.must(err)
	for _, d := range p.Deliveries {
		if d.Point == desk.SendFile {
			out = append(out, fmt.Sprint(d.AttachmentID, " ", d.State))
		}
	}
	return out
}

func filePath(number, id int64) string { return fmt.Sprintf("%s/anexos/%d", path(number), id) }

func sum(content string) string {
	s := sha256.Sum256([]byte(content))
	return hex.EncodeToString(s[:])
}

// onDisk writes a file for a browser to choose.
func (h *house) onDisk(dir, name, content string) string {
	h.t.Helper()
	at := filepath.Join(dir, name)
	h.must(os.WriteFile(at, []byte(content), 0o600))
	return at
}
