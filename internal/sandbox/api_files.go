package sandbox

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"unicode/utf8"
)

// upload is the file of a multipart request, read and not yet kept.
type upload struct {
	*draft
	name, kind string
}

func (u *upload) discard() {
	if u != nil {
		u.draft.discard()
	}
}

// readUpload takes the field "anexo" out of a multipart body; other fields are read over. A refusal says that the
// body makes no sense; other errors, that it could not be read.
func (s *Server) readUpload(in io.Reader, boundary string) (*upload, error) {
	if boundary == "" {
		return nil, errUnreadable("multipart sem boundary")
	}
	parts := multipart.NewReader(in, boundary)
	var found *upload
	for {
		p, err := parts.NextPart()
		if err == io.EOF { //nolint:errorlint // a wrapped EOF is a body that breaks off, which is no end
			return found, nil
		}
		if err != nil {
			return found, multipartError(err)
		}
		if p.FormName() != "anexo" || found != nil {
			continue
		}
		d, err := s.blobs.write(p)
		if err != nil {
			return nil, multipartError(err)
		}
		found = &upload{draft: d, name: p.FileName(), kind: p.Header.Get("Content-Type")}
	}
}

// multipartError tells a body that is too large or was interrupted from one that is no multipart.
func multipartError(err error) error {
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return err
	}
	return errUnreadable("multipart malformado")
}

// addFile attaches a file to an order. What describes it comes in headers, as in the real one.
func (s *Server) addFile(q *request) (any, error) {
	f := q.reader()
	id := headerText(q.header.Get("idMobussOrigem"))
	if id == "" {
		f.fail(invalidField("idMobussOrigem", "obrigatório (cabeçalho)"))
	}
	if q.upload == nil {
		f.fail(invalidField("anexo", "obrigatório (multipart)"))
	}
	if err := f.failed(); err != nil {
		return nil, err
	}
	a := file{Name: headerText(q.header.Get("nomeAnexo")), Type: q.upload.kind, Size: q.upload.Size,
		SHA256: q.upload.SHA256, At: s.now(), Legacy: headerText(q.header.Get("idLegadoAnexo"))}
	if a.Name == "" {
		a.Name = q.upload.name
	}
	if a.Name == "" {
		return nil, invalidField("nomeAnexo", "obrigatório (cabeçalho)")
	}
	if err := s.blobs.keep(q.upload.draft); err != nil {
		return nil, err
	}
	out := map[string]string{}
	err := s.onOrder(id, func(t *tx, o *order) (change, error) {
		out["idAnexo"] = t.part("ANX", o.seq, len(o.files)+1)
		return change{Files: []file{a}}, nil
	})
	return out, err
}

// headerText reads a header that may be UTF-8, an encoded word, or Latin-1 as HTTP once had it.
func headerText(raw string) string {
	if !utf8.ValidString(raw) {
		runes := make([]rune, len(raw))
		for i := range len(raw) {
			runes[i] = rune(raw[i])
		}
		return string(runes)
	}
	if text, err := new(mime.WordDecoder).DecodeHeader(raw); err == nil {
		return text
	}
	return raw
}
