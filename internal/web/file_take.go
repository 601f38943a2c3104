package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

const (
	// maxUpload is what a form with files may weigh; one without them is maxForm.
	maxUpload = desk.MaxFiles*desk.MaxFile + maxForm
	// maxParts is how many fields and files a form may have.
	maxParts = 200
	// megabytes is desk.MaxFile as people say it.
	megabytes = desk.MaxFile >> 20
)

// taken is the files that a form brought. Their bytes are durable, and named by whatever the form does.
type taken struct {
	files []flow.Upload
	any   bool // whether any were chosen, taken or not
	wrong []desk.FieldError
}

// refused is why some were not taken, each by its name; nil where all were.
func (t taken) refused() error {
	if len(t.wrong) == 0 {
		return nil
	}
	e := desk.Fail(desk.ErrParameter)
	e.Fields = t.wrong
	return e
}

// formWithFiles reads a form that may bring files in its field "anexos". They go to where they are kept as they arrive,
// so their size costs no memory. A form is read to its end whatever is wrong with a file: a browser hears an answer
// only after it has sent everything.
func (r *request) formWithFiles() (taken, error) {
	var t taken
	kind, options, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return t, r.form()
	}
	body := http.MaxBytesReader(r.w, r.whole, maxUpload)
	parts := multipart.NewReader(body, options["boundary"])
	values, room := url.Values{}, int64(maxForm)
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			r.PostForm, r.Form = values, values
			return t, nil
		case err != nil:
			return t, unreadable(err)
		case n == maxParts:
			return t, desk.Fail(desk.ErrContent)
		case part.FormName() == filesField:
			err = r.take(&t, part)
		default:
			var text []byte
			text, err = io.ReadAll(io.LimitReader(part, room+1))
			if room -= int64(len(text)); room < 0 {
				return t, desk.Fail(desk.ErrTooLarge, "limite", maxForm)
			}
			values.Add(part.FormName(), string(text))
			if err != nil {
				err = unreadable(err)
			}
		}
		if err != nil {
			return t, err
		}
	}
}

// take takes a file in, or notes why not. An error ends the form.
func (r *request) take(t *taken, part *multipart.Part) error {
	if part.FileName() == "" { // nothing was chosen
		return nil
	}
	t.any = true
	name := desk.FileName(part.FileName())
	if len(t.files) == desk.MaxFiles {
		if len(t.wrong) == 0 || t.wrong[len(t.wrong)-1].Code != "arquivos_demais" {
			t.wrong = append(t.wrong, desk.FieldError{Field: filesField, Code: "arquivos_demais", Args: map[string]any{"maximo": desk.MaxFiles}})
		}
		return nil
	}
	content := &heard{Reader: part}
	u, err := r.site.flow.StoreFile(r.Context(), r.actor(), name, part.Header.Get("Content-Type"), content)
	if content.err != nil {
		return unreadable(content.err)
	}
	if err == nil {
		t.files = append(t.files, u)
		return nil
	}
	e, ok := understood(err)
	if !ok || e.Kind == desk.Forbidden {
		return err
	}
	t.wrong = append(t.wrong, desk.FieldError{Field: filesField, Code: whyNot(e), Args: map[string]any{"arquivo": name, "megabytes": megabytes}})
	return nil
}

// whyNot is the code of a refusal that names its file.
func whyNot(e *desk.Error) string {
	switch {
	case e.Code == desk.ErrTooLarge:
		return "anexo_grande"
	case len(e.Fields) > 0 && e.Fields[0].Code == "arquivo_vazio":
		return "anexo_vazio"
	case e.Code == desk.ErrUnsupported && e.Reason() != "":
		return "anexo_" + strings.TrimPrefix(e.Reason(), "arquivo_")
	}
	return "anexo_recusado"
}

// heard remembers why reading ended, where it was not the end: then the sender is to blame, and not the store.
type heard struct {
	io.Reader
	err error
}

func (h *heard) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		h.err = err
	}
	return n, err
}

// unreadable is a form that broke off, or has no end.
func unreadable(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return desk.Fail(desk.ErrTooLarge, "limite", maxUpload)
	}
	return desk.Fail(desk.ErrContent)
}

const (
	filesField = "anexos"
	// filesPrivateField keeps the files in the house, whatever happens to the words beside them.
	filesPrivateField = "anexos_internos"
	// sendField names attachments that are here already and are to go along.
	sendField = "enviar"
)

// asked is the files as the form wants them.
func (t taken) asked(r *request) []flow.Upload {
	for i := range t.files {
		t.files[i].Internal = r.PostFormValue(filesPrivateField) != ""
	}
	return t.files
}

// chosenFiles are the attachments that were ticked; what is no id is none of ours, and flow says so.
func chosenFiles(r *request) (ids []int64) {
	for _, text := range r.PostForm[sendField] {
		id, _ := strconv.ParseInt(text, 10, 64)
		ids = append(ids, id)
	}
	return ids
}
