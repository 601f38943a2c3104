package app_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"ponte/internal/app"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

// multipartOf is a file as a browser or curl sends one.
func multipartOf(t *testing.T, name string, content []byte, fields ...string) (kind string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	p, err := w.CreateFormFile("conteudo", name)
	if err == nil {
		_, err = p.Write(content)
	}
	if err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.Bytes()
}

// TestIncluirAnexo over the wire: its three forms, its refusals, and what is kept of the call.
func TestIncluirAnexo(t *testing.T) {
	h := newHouse(t)
	n := h.open()
	path := fmt.Sprintf("/ocorrencias/%d/anexos", n)
	url := "http://" + h.app.Addr() + "/ws/rest/v1" + path
	content := base64.StdEncoding.EncodeToString(photo("json", 1000))
	if status, body := h.rest(path, app.DemoToken, map[string]string{"nome": "json.jpg", "conteudo": content, "id_externo": "a-1"}); status != http.StatusCreated || body != fmt.Sprintf(`{"numero_ocorrencia":%d}`, n) {
		t.Errorf("JSON: %d %s", status, body)
	}
	if status, _ := h.rest(path, app.DemoToken, map[string]string{"nome": "json.jpg", "conteudo": content, "id_externo": "a-1"}); status != http.StatusOK {
		t.Errorf("the same again: %d", status)
	}
	kind, body := multipartOf(t, "multi parte.jpg", photo("multipart", 1000))
	if status, answer := h.call("POST", url, app.DemoDeskToken, kind, bytes.NewReader(body)); status != http.StatusCreated {
		t.Errorf("multipart: %d %s", status, answer)
	}
	form := "nome=form.jpg&conteudo=" + strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(content)
	if status, answer := h.call("POST", url, app.DemoToken, "application/x-www-form-urlencoded", strings.NewReader(form)); status != http.StatusCreated {
		t.Errorf("form: %d %s", status, answer)
	}
	if got := h.show(n).Attachments; len(got) != 3 || got[1].Name != "multi parte.jpg" || got[1].SHA256 != sumOf(photo("multipart", 1000)) {
		t.Errorf("attachments %+v", got)
	}
	page := base64.StdEncoding.EncodeToString([]byte("<html>"))
	for name, c := range map[string]struct {
		params map[string]string
		status int
		codigo string
	}{
		"a page":        {map[string]string{"nome": "foto.jpg", "conteudo": page}, 415, "tipo_nao_aceito"},
		"a script":      {map[string]string{"nome": "foto.js", "conteudo": content}, 415, "tipo_nao_aceito"},
		"nothing":       {map[string]string{"nome": "foto.jpg"}, 422, "parametro_invalido"},
		"empty":         {map[string]string{"nome": "foto.jpg", "conteudo": ""}, 422, "parametro_invalido"},
		"no name":       {map[string]string{"conteudo": content}, 422, "parametro_invalido"},
		"both":          {map[string]string{"nome": "foto.jpg", "conteudo": content, "url": "https://a.com/b"}, 422, "parametro_invalido"},
		"no base64":     {map[string]string{"nome": "foto.jpg", "conteudo": "***"}, 422, "parametro_invalido"},
		"another host":  {map[string]string{"nome": "foto.jpg", "url": "https://a.com/b"}, 422, "parametro_invalido"},
		"too large":     {map[string]string{"nome": "foto.jpg", "conteudo": base64.StdEncoding.EncodeToString(photo("x", desk.MaxFile))}, 413, "conteudo_grande_demais"},
		"far too large": {map[string]string{"nome": "foto.jpg", "conteudo": strings.Repeat("A", 33<<20)}, 413, "conteudo_grande_demais"},
	} {
		status, body := h.rest(path, app.DemoToken, c.params)
		if status != c.status || !strings.Contains(body, `"codigo":"`+c.codigo+`"`) || !strings.Contains(body, `"recebimento":`) {
			t.Errorf("%s: %d %.300s", name, status, body)
		}
	}
	if got := h.show(n).Attachments; len(got) != 3 {
		t.Errorf("a refused one is attached: %+v", got)
	}
}

// TestFetchedByURL: from an allowed host alone, by what it is.
func TestFetchedByURL(t *testing.T) {
	h := newHouse(t)
	n := h.open()
	asked := 0
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.URL.Path == "/grande" {
			_, _ = w.Write(photo("grande", desk.MaxFile))
			return
		}
		_, _ = w.Write(photo("buscada", 1000))
	}))
	defer files.Close()
	cfg, err := app.DemoConfig()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Files.Hosts = []string{strings.TrimPrefix(files.URL, "http://")}
	admin := desk.Actor{Kind: "comando", Name: "teste", Origin: desk.House, Roles: []desk.Role{desk.Admin}}
	if err := h.app.Flow.Configure(t.Context(), admin, cfg); err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/ocorrencias/%d/anexos", n)
	for range 2 {
		if status, body := h.rest(path, app.DemoToken, map[string]string{"nome": "a.jpg", "url": files.URL + "/a.jpg", "id_externo": "u-1"}); status/100 != 2 {
			t.Fatalf("%d %s", status, body)
		}
	}
	if status, body := h.rest(path, app.DemoToken, map[string]string{"nome": "a.jpg", "url": files.URL + "/grande"}); status != http.StatusRequestEntityTooLarge {
		t.Errorf("too large: %d %s", status, body)
	}
	if got := h.show(n).Attachments; asked != 2 || len(got) != 1 || got[0].SHA256 != sumOf(photo("buscada", 1000)) {
		t.Errorf("asked %d times; %+v", asked, got)
	}
}

// peak watches the bytes that the heap holds until it is told to stop, and answers their most above the beginning.
func peak() (stop func() int64) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	now := func() int64 {
		metrics.Read(sample)
		return int64(sample[0].Value.Uint64()) //nolint:gosec // a heap of exabytes is not ours
	}
	runtime.GC()
	base, most := now(), int64(0)
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			most = max(most, now()-base)
			select {
			case <-end:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	return func() int64 { close(end); <-ended; return most }
}

// filler is a large photo that lies nowhere.
type filler struct{}

func (filler) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte('a' + i%7)
	}
	return len(p), nil
}

// TestMemoryOfALargePhoto: 20 MiB in by multipart and out by multipart need less than 40 MB of heap beside what is
// there already, garbage included: in it is held once, out it is streamed. The sandbox shares the process and streams.
func TestMemoryOfALargePhoto(t *testing.T) {
	h := newHouse(t)
	n := h.open()
	h.move(n, "20", photo("aquece", 1000)) // what is made once is made
	h.until("the order is open", func() bool { return h.settled(n) })

	const head = "--b\r\nContent-Disposition: form-data; name=\"conteudo\"; filename=\"grande.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff"
	const tail = "\r\n--b--\r\n"
	size := int64(desk.MaxFile)
	body := io.MultiReader(strings.NewReader(head), io.LimitReader(filler{}, size-3), strings.NewReader(tail))
	r, err := http.NewRequestWithContext(t.Context(), "POST", fmt.Sprintf("http://%s/ws/rest/v1/ocorrencias/%d/anexos", h.app.Addr(), n), io.NopCloser(body))
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = int64(len(head)) + size - 3 + int64(len(tail))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	r.Header.Set("Authorization", "Bearer "+app.DemoDeskToken)
	stop := peak()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	in := stop()
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("%d", res.StatusCode)
	}
	a := h.show(n).Attachments[1]
	stop = peak()
	if err := h.app.Flow.MoveByHand(t.Context(), attendant, flow.MoveInput{Number: n, Status: "40", Comment: "grande", Attachments: []int64{a.ID}}); err != nil {
		t.Fatal(err)
	}
	h.until("it is in Mobuss", func() bool { return h.settled(n) })
	out := stop()
	if all := h.orders(n)[0].Anexos; len(all) != 2 || all[1].SHA256 != a.SHA256 || all[1].Tamanho != size {
		t.Errorf("Mobuss has %+v", all)
	}
	t.Logf("20 MiB: %.1f MB in, %.1f MB out", float64(in)/1e6, float64(out)/1e6)
	if in > 40e6 || out > 10e6 {
		t.Errorf("20 MiB need %d bytes in and %d out", in, out)
	}
}
