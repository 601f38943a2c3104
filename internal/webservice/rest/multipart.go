package rest

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"

	"ponte/internal/desk"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
)

// decodeMultipart reads the parts one after the other, so that a file is in memory once. A part with a file name
// is bytes; its name and type fill the parameters that ask for them, where they aren't sent themselves.
func decodeMultipart(x *exchange, body io.Reader) ([]webservice.Param, error) {
	_, options, _ := mime.ParseMediaType(x.R.Header.Get("Content-Type"))
	if options["boundary"] == "" {
		return nil, desk.Fail(desk.ErrContent, "motivo", "multipart")
	}
	parts := multipart.NewReader(body, options["boundary"])
	var params []webservice.Param
	var fileName, fileType string
	var utf8 door.Charset
	grown := false
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return withFileNames(x.Entry, params, fileName, fileType), nil
		}
		if err != nil {
			return nil, door.ReadFault(err, "multipart")
		}
		if len(params) == webservice.MaxParams {
			return nil, desk.Fail(desk.ErrContent, "motivo", "parametros_demais")
		}
		content := new(bytes.Buffer)
		if isFile(part) && x.R.ContentLength > 0 && !grown {
			// once: a hundred empty files must not take a hundred times that
			content = bytes.NewBuffer(make([]byte, 0, int(x.R.ContentLength)+bytes.MinRead))
			grown = true
		}
		if _, err := content.ReadFrom(part); err != nil {
			return nil, door.ReadFault(err, "multipart")
		}
		p := webservice.Param{Name: part.FormName()}
		if isFile(part) {
			p.Form, p.Raw = webservice.File, content.Bytes()
			if fileName, err = utf8.Decode(part.FileName()); err != nil {
				return nil, err
			}
			fileType = part.Header.Get("Content-Type")
		} else if p.Text, err = partText(part, content.String()); err != nil {
			return nil, err
		}
		if p.Name, err = utf8.Decode(p.Name); err != nil {
			return nil, err
		}
		params = append(params, p)
	}
}

func isFile(p *multipart.Part) bool { return p.FileName() != "" }

// partText converts a part's text by the charset that the part itself declares.
func partText(p *multipart.Part, raw string) (string, error) {
	_, options, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
	c, ok := door.CharsetOf(options["charset"])
	if !ok {
		return "", desk.Fail(desk.ErrUnsupported, "motivo", "charset")
	}
	return c.Decode(raw)
}

func withFileNames(e *webservice.Entry, params []webservice.Param, name, kind string) []webservice.Param {
	sent := map[string]bool{}
	for _, p := range params {
		sent[p.Name] = true
	}
	for _, s := range e.Params() {
		switch {
		case s.FileName && name != "" && !sent[s.Name]:
			params = append(params, webservice.Param{Name: s.Name, Text: name})
		case s.FileType && kind != "" && !sent[s.Name]:
			params = append(params, webservice.Param{Name: s.Name, Text: kind})
		}
	}
	return params
}
