package sandbox

import (
	"bufio"
	"encoding/hex"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"
)

const (
	maxText  = 4000     // characters of what a technician writes; Ponte takes no more
	maxPhoto = 20 << 20 // bytes of one photo; Ponte takes no more
)

// form is what somebody typed, and what is wrong with it. A form that is refused is shown again with all that was in it,
// photos included: those are kept at once, and what no order ever names is swept at the next start.
type form struct {
	words
	values url.Values
	shots  []file
	bad    map[string]string // by field, in the reader's language
}

func (q *pageRequest) emptyForm() *form {
	return &form{words: q.words, values: url.Values{}, bad: map[string]string{}}
}

func (f *form) value(name string) string { return f.values.Get(name) }

// fail remembers what is wrong with a field, once.
func (f *form) fail(name, text string) {
	if f.bad[name] == "" {
		f.bad[name] = text
	}
}

func (f *form) failed() bool { return len(f.bad) > 0 }

// text is what was written in the form's one long field; too long, or blank where it may not be, is wrong.
func (f *form) text(mandatory bool) text {
	const name = "texto"
	s := f.value(name)
	switch n := utf8.RuneCountInString(s); {
	case s == "" && mandatory:
		f.fail(name, f.T("bad.required"))
	case n > maxText:
		f.fail(name, f.T("bad.long", "max", maxText, "n", n))
	}
	return text(s)
}

// marks tie a field to what is wrong with it, and to its hint, for those who hear the page.
func (f *form) marks(name string, hint bool) templ.Attributes {
	described := ""
	if hint {
		described = "d-" + name
	}
	if f.bad[name] == "" {
		if described == "" {
			return nil
		}
		return templ.Attributes{"aria-describedby": described}
	}
	return templ.Attributes{"aria-invalid": "true", "aria-describedby": joined(" ", "e-"+name, described)}
}

// readForm reads a form of either encoding. It fails only where nothing can be made of it.
func (g *pages) readForm(q *pageRequest) (*form, error) {
	f := q.emptyForm()
	q.Body = http.MaxBytesReader(q.w, q.Body, maxBody)
	parts, err := q.MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) {
		if err := q.ParseForm(); err != nil {
			return nil, errUnreadable("formulário")
		}
		for name, list := range q.PostForm {
			f.take(name, list[0])
		}
		return f, nil
	}
	if err != nil {
		return nil, errUnreadable("formulário")
	}
	for {
		p, err := parts.NextPart()
		if err == io.EOF { //nolint:errorlint // a wrapped EOF is a body that breaks off, which is no end
			return f, nil
		}
		broken := err != nil
		if !broken {
			err = g.readPart(f, p)
		}
		var big *http.MaxBytesError
		switch {
		case err == nil:
		case errors.As(err, &big):
			f.fail("fotos", f.T("bad.photo.all")) // the texts stand before the photos, so they are here
			return f, nil
		case broken || errors.Is(err, io.ErrUnexpectedEOF):
			return nil, errUnreadable("formulário")
		default:
			return nil, err
		}
	}
}

// take keeps a typed value: without blanks around it, with plain line ends, and as valid text.
func (f *form) take(name, value string) {
	value = strings.ToValidUTF8(strings.ReplaceAll(value, "\r\n", "\n"), "\ufffd")
	f.values.Add(name, strings.TrimSpace(value))
}

func (g *pages) readPart(f *form, p *multipart.Part) error {
	switch {
	case p.FormName() == "fotos":
		return g.readPhoto(f, p)
	case p.FormName() == "guardada":
		raw, err := io.ReadAll(io.LimitReader(p, 1<<10))
		if err == nil {
			g.takeKept(f, string(raw))
		}
		return err
	}
	raw, err := io.ReadAll(io.LimitReader(p, 1<<20))
	if err == nil {
		f.take(p.FormName(), string(raw))
	}
	return err
}

// readPhoto keeps a photo, and says so where it is none. A field without a file comes as one without a name.
func (g *pages) readPhoto(f *form, p *multipart.Part) error {
	name := path.Base(strings.ReplaceAll(p.FileName(), `\`, "/"))
	in := bufio.NewReader(p)
	head, err := in.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if p.FileName() == "" || len(head) == 0 {
		return nil
	}
	kind := photoKind(head, p.Header.Get("Content-Type")) // before the rest is read over it
	d, err := g.blobs.write(in)
	if err != nil {
		return err
	}
	switch {
	case kind == "":
		f.fail("fotos", f.T("bad.photo.kind", "name", name))
	case d.Size > maxPhoto:
		f.fail("fotos", f.T("bad.photo.large", "name", name))
	default:
		if err := g.blobs.keep(d); err != nil {
			return err
		}
		f.shots = append(f.shots, file{Name: name, Type: kind, Size: d.Size, SHA256: d.SHA256, Field: true})
		return nil
	}
	d.discard()
	return nil
}

// photoKind is what a photo is by its first bytes; of the kinds that Go can't tell by these, what the phone says.
func photoKind(head []byte, said string) string {
	if kind := http.DetectContentType(head); strings.HasPrefix(kind, "image/") {
		return kind
	}
	if slices.Contains([]string{"image/heic", "image/heif", "image/avif"}, said) {
		return said
	}
	return ""
}

// showable says whether browsers show such a file and can't be hurt by it.
func showable(kind string) bool {
	return slices.Contains([]string{"image/jpeg", "image/png", "image/gif", "image/webp"}, kind)
}

// keptShot is a photo that was kept before, as the form carries it.
func keptShot(f file) string { return f.SHA256 + " " + f.Type + " " + f.Name }

// takeKept believes nothing of it that the folder doesn't say too.
func (g *pages) takeKept(f *form, raw string) {
	parts := strings.SplitN(raw, " ", 3)
	if len(parts) == 3 {
		sum, err := hex.DecodeString(parts[0])
		info, gone := os.Stat(g.blobs.path(hex.EncodeToString(sum)))
		if err == nil && gone == nil && len(sum) == 32 && strings.HasPrefix(parts[1], "image/") {
			f.shots = append(f.shots, file{Name: path.Base(parts[2]), Type: parts[1], Size: info.Size(),
				SHA256: parts[0], Field: true})
			return
		}
	}
	f.fail("fotos", f.T("bad.photo.gone"))
}
