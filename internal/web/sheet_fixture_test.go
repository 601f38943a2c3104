package web_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"testing"

	"ponte/internal/flow"
	"ponte/internal/i18n"
	"ponte/internal/sheet"
	"ponte/internal/web"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
	"ponte/internal/webservice/rest"
)

// newSheet is a house whose pages know the parameter sheet and can try operations out.
func newSheet(t testing.TB, more ...*webservice.Entry) *house {
	h := newHouse(t)
	h.http = httptest.NewServer(web.New(sheetOptions(h, more...)))
	t.Cleanup(func() { h.hub.Close(); h.http.Close() })
	return h
}

// sheetOptions are those of pages that know the operations.
func sheetOptions(h *house, more ...*webservice.Entry) web.Options {
	t := h.t
	words, err := i18n.Load()
	h.must(err)
	r := webservice.NewRegistry(append(webservice.Operations(h.Flow, words.In(i18n.Portuguese).Reason), more...)...)
	complain := func(err error) { t.Error(err) }
	r.Keep, r.Replayed = webservice.KeepWith(h.Flow, complain), webservice.ReplayedWith(h.Flow, complain)
	log := slog.New(slog.NewTextHandler(&h.log, nil))
	tried := rest.NewTrials(door.Options{Registry: r, Logger: log, Profile: webservice.ProfileWith(h.Flow, complain)}, rest.About{})
	base := "https://ponte.construtora.com.br"
	return web.Options{Flow: h.Flow, Hub: h.hub, Log: log, Webservice: web.Webservice{
		BaseURL: func() string { return base }, Example: r.Example,
		Sheet: func(profile func(string) flow.Profile) sheet.Sheet {
			s := r.Sheet(rest.Status, profile)
			s.Version, s.MaxBody = "1.0", 1<<20
			return s
		},
		Try: func(ctx context.Context, c web.Trial) (web.TrialAnswer, error) {
			a, err := tried.Try(ctx, door.Trial{By: c.By, Token: c.Token, As: c.As, Method: c.Method, URL: c.URL, Body: c.Body})
			return web.TrialAnswer(a), err
		}}, Inbound: web.Inbound{Fields: r.Fields, Replay: r.Replay}}
}

const (
	sheetAt = wsPath + "/parametros"
	tryAt   = wsPath + "/experimentar"
)

// sendTo posts a form with one file in a field.
func (b *browser) sendTo(path, field string, f part, pairs ...string) answer {
	b.h.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		b.h.must(w.WriteField(pairs[i], pairs[i+1]))
	}
	p, err := w.CreateFormFile(field, f.name)
	b.h.must(err)
	_, err = io.WriteString(p, f.content)
	b.h.must(err)
	b.h.must(w.Close())
	r, err := http.NewRequestWithContext(b.h.t.Context(), http.MethodPost, b.h.http.URL+path, &body)
	b.h.must(err)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}
