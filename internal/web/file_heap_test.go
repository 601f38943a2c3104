package web_test

import (
	"io"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"ponte/internal/desk"
)

// heapPeak measures how much the heap grows until stop, garbage included.
func heapPeak() (stop func() int64) {
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

// noise is a large photo that lies nowhere.
type noise struct{}

func (noise) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte('a' + i%7)
	}
	return len(p), nil
}

// TestMemoryOfALargePhoto: 20 MiB in by the composer and out by the page, for far less than it weighs.
func TestMemoryOfALargePhoto(t *testing.T) {
	h := newHouse(t)
	n := h.open("AUR-A-101", "Vazamento", "Pinga.")
	b := h.signedIn("atendente@demo")
	b.send(path(n)+"/movimentacoes", []part{{"aquece.jpg", tinyPhoto}}, "status", "", "comentario", "") // what is made once is made
	b.get(filePath(n, h.attachments(n)[0].ID))

	const head = "--b\r\nContent-Disposition: form-data; name=\"anexos\"; filename=\"grande.jpg\"\r\n\r\n" + tinyPhoto
	const tail = "\r\n--b\r\nContent-Disposition: form-data; name=\"status\"\r\n\r\n\r\n--b--\r\n"
	body := io.MultiReader(strings.NewReader(head), io.LimitReader(noise{}, desk.MaxFile-int64(len(tinyPhoto))), strings.NewReader(tail))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.http.URL+path(n)+"/movimentacoes", body)
	h.must(err)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	stop := heapPeak()
	a := b.do(r)
	in := stop()
	if a.status != 303 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	big := h.attachments(n)[1]
	if big.Size != desk.MaxFile {
		t.Fatalf("%+v", big)
	}
	stop = heapPeak()
	resp, err := b.Client.Get(h.http.URL + filePath(n, big.ID))
	h.must(err)
	size, err := io.Copy(io.Discard, resp.Body)
	h.must(err)
	_ = resp.Body.Close()
	out := stop()
	t.Logf("20 MiB: %.1f MB in, %.1f MB out", float64(in)/1e6, float64(out)/1e6)
	if size != desk.MaxFile || in > 10e6 || out > 10e6 {
		t.Errorf("20 MiB need %d bytes in and %d out for %d", in, out, size)
	}
}

// TestControlTheHeapIsMeasured: had the photo been held in memory, the limit would have been passed.
func TestControlTheHeapIsMeasured(t *testing.T) {
	stop := heapPeak()
	held, err := io.ReadAll(io.LimitReader(noise{}, desk.MaxFile))
	if most := stop(); err != nil || len(held) != desk.MaxFile || most < 10e6 {
		t.Errorf("%d bytes are held, and %d were measured: %v", len(held), most, err)
	}
}
