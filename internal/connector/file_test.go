package connector

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
)

// carrying is a call that carries content; the store of c has it, or what else it is told to have.
func carrying(c *Client, content, stored string) *mapping.Request {
	c.Files = func(context.Context, string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(stored)), nil
	}
	return &mapping.Request{Point: desk.SendFile, Method: "POST", Path: "/", Body: "head\r\n", ContentType: "multipart/form-data; boundary=b",
		File: &mapping.FileBody{SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(content))), Size: int64(len(content)), Tail: "\r\ntail"}}
}

func TestFileTravelsWhole(t *testing.T) {
	const content = "\xff\xd8\xff\x00 uma foto"
	var got []byte
	var length int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.ReadAll(r.Body)
		length = r.ContentLength
	}))
	defer srv.Close()
	c := client(t)
	x := c.Send(t.Context(), key, near(srv.URL), carrying(c, content, content))
	want := "head\r\n" + content + "\r\ntail"
	if x.Status() != 200 || string(got) != want || length != int64(len(want)) {
		t.Errorf("%+v: %q of %d bytes", x, got, length)
	}
	if strings.Contains(x.Request, "uma foto") || !strings.Contains(x.Request, "13 bytes, sha256 ") {
		t.Errorf("the record says %q", x.Request)
	}
}

// What can't be read is never sent as something else.
func TestFileThatCantBeRead(t *testing.T) {
	whole := 0
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			whole++
		}
	}))
	defer srv.Close()
	c := client(t)
	for name, stored := range map[string]string{"shorter": "uma fot", "longer": "uma foto!", "another": "uma fota"} {
		x := c.Send(t.Context(), key, near(srv.URL), carrying(c, "uma foto", stored))
		if x.ErrCode != ReasonFileBroken || x.Answer != nil {
			t.Errorf("%s: %+v", name, x)
		}
	}
	for name, f := range map[string]struct {
		err     error
		code    string
		outcome mapping.Outcome
	}{"gone": {ErrFileGone, ReasonFileGone, mapping.Refused}, "broken": {errors.New("disk"), ReasonFileBroken, mapping.Retry}} {
		req := carrying(c, "uma foto", "")
		c.Files = func(context.Context, string) (io.ReadCloser, error) { return nil, f.err }
		x := c.Send(t.Context(), key, near(srv.URL), req)
		if x.ErrCode != f.code || !x.NotSent || !x.Ours() {
			t.Errorf("%s: %+v", name, x)
		}
		if v := x.Verdict(nil, desk.SendFile); v.Outcome != f.outcome {
			t.Errorf("%s: %+v", name, v)
		}
	}
	c.Files = nil
	if x := c.Send(t.Context(), key, near(srv.URL), &mapping.Request{Method: "POST", Path: "/", File: &mapping.FileBody{}}); !x.NotSent {
		t.Errorf("without a store: %+v", x)
	}
	if whole != 0 {
		t.Errorf("%d requests arrived whole", whole)
	}
}

func TestFileNeverTwice(t *testing.T) {
	url, seconds := treacherous(t)
	c := client(t)
	req := carrying(c, "uma foto", "uma foto")
	if x := c.Send(t.Context(), key, near(url), req); x.Status() != 200 {
		t.Fatalf("%+v", x)
	}
	if x := c.Send(t.Context(), key, near(url), req); x.ErrCode != ReasonCut || x.NotSent || seconds.Load() != 1 {
		t.Errorf("%s, not sent %v, arrived %d times", x.ErrCode, x.NotSent, seconds.Load())
	}
}

// spaces is a file of any size that lies nowhere.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// A file of any size takes the same little memory.
func TestFileMemory(t *testing.T) {
	const size = 64 << 20
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer srv.Close()
	sum := sha256.New()
	_, _ = io.Copy(sum, io.LimitReader(spaces{}, size))
	c := client(t)
	req := carrying(c, "", "")
	req.File.Size, req.File.SHA256 = size, fmt.Sprintf("%x", sum.Sum(nil))
	c.Files = func(context.Context, string) (io.ReadCloser, error) {
		return io.NopCloser(io.LimitReader(spaces{}, size)), nil
	}
	ep := near(srv.URL)
	ep.Timeout = time.Minute
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	x := c.Send(t.Context(), key, ep, req)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; x.Status() != 200 || used > 1<<20 {
		t.Errorf("%+v: 64 MiB allocated %d bytes", x, used)
	}
}

func TestFetch(t *testing.T) {
	var host string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/foto.jpg":
			w.Header().Set("Content-Type", "image/jpeg")
			_, _ = w.Write([]byte("\xff\xd8\xff"))
		case "/longe":
			http.Redirect(w, r, "/foto.jpg", http.StatusFound)
		case "/cai":
			w.Header().Set("Content-Length", "10")
			_, _ = w.Write([]byte("x"))
		case "/erro":
			w.WriteHeader(http.StatusBadGateway)
		case "/lento":
			<-r.Context().Done()
		default:
			w.WriteHeader(http.StatusNotFound)
		}
		if len(r.Header.Values("Authorization"))+len(r.Header.Values("Cookie")) > 0 {
			t.Error("credentials are sent")
		}
	}))
	defer srv.Close()
	host = strings.TrimPrefix(srv.URL, "http://")
	d := NewDownloader()
	d.Timeout = 300 * time.Millisecond
	defer d.Close()
	allowed := func(h string) bool { return h == host || h == "localhost" }
	fetch := func(url string, private bool) (string, error) {
		r, kind, err := d.Fetch(t.Context(), Download{URL: url, Allowed: allowed, AllowPrivate: private})
		if err != nil {
			return "", err
		}
		defer func() { _ = r.Close() }()
		var b bytes.Buffer
		_, err = b.ReadFrom(r)
		return kind + " " + b.String(), err
	}
	if got, err := fetch(srv.URL+"/foto.jpg#x", true); err != nil || got != "image/jpeg \xff\xd8\xff" {
		t.Errorf("%q %v", got, err)
	}
	for url, want := range map[string]string{
		srv.URL + "/longe": "url_sem_arquivo", srv.URL + "/nada": "url_sem_arquivo",
		srv.URL + "/erro": desk.ErrUnavailable, srv.URL + "/lento": desk.ErrUnavailable, srv.URL + "/cai": desk.ErrUnavailable,
		"http://localhost:1/x": "host_nao_permitido", "http://outro.exemplo.com/x": "host_nao_permitido",
		"ftp://localhost/x": "url_de_anexo_invalida", "http://a:b@" + host + "/x": "url_de_anexo_invalida", "/x": "url_de_anexo_invalida", "": "url_de_anexo_invalida",
		"file:///etc/passwd": "url_de_anexo_invalida",
	} {
		_, err := fetch(url, true)
		if got := codeOf(err); got != want {
			t.Errorf("%s: %q, want %q (%v)", url, got, want, err)
		}
	}
	// A name that points inside is found out when it is resolved.
	for url, want := range map[string]string{"https://localhost/x": "host_nao_permitido", srv.URL + "/foto.jpg": "url_de_anexo_invalida"} {
		_, err := fetch(url, false)
		if got := codeOf(err); got != want {
			t.Errorf("%s: %q, want %q (%v)", url, got, want, err)
		}
	}
}

// codeOf is the code of the first field, or of the error.
func codeOf(err error) string {
	var e *desk.Error
	switch {
	case !errors.As(err, &e):
		return fmt.Sprint(err)
	case len(e.Fields) > 0:
		return e.Fields[0].Code
	}
	return e.Code
}
