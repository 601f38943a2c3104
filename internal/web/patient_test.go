package web_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"ponte/internal/web"
)

// pipes are connections without a buffer: who doesn't read lets nobody write.
type pipes struct {
	net.Listener
	c chan net.Conn
}

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p.c
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// piped serves over pipes; ask begins a request and reads nothing of the answer but its first byte.
func piped(t *testing.T, h http.Handler) (ask func(path, cookie string) net.Conn, end func()) {
	t.Helper()
	p := pipes{c: make(chan net.Conn)}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(p) }()
	ask = func(path, cookie string) net.Conn {
		ours, theirs := net.Pipe()
		p.c <- theirs
		if _, err := fmt.Fprintf(ours, "GET %s HTTP/1.1\r\nHost: x\r\nCookie: %s\r\n\r\n", path, cookie); err != nil {
			t.Fatal(err)
		}
		if _, err := ours.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		return ours
	}
	return ask, func() {
		close(p.c)
		if err := srv.Shutdown(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}
}

// TestPatiently: who takes nothing of an answer is dropped; who takes all of it has it whole.
func TestPatiently(t *testing.T) {
	out := make(chan error, 2)
	ask, end := piped(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, err := web.Patiently(w, 200*time.Millisecond).Write(make([]byte, 1<<20))
		out <- err
	}))
	defer end()
	stalled := ask("/", "")
	if err := <-out; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("to who takes nothing: %v", err)
	}
	_ = stalled.Close()
	reads := ask("/", "")
	n, err := bufio.NewReader(reads).WriteTo(writerFunc(func(b []byte) (int, error) { return len(b), nil }))
	if n < 1<<20 || err != nil {
		t.Errorf("read %d, %v", n, err)
	}
	if err := <-out; err != nil {
		t.Errorf("to who takes it: %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// TestExportStalled: files that nobody takes leave the pages answering, and whoever comes after two of them is told to wait.
func TestExportStalled(t *testing.T) {
	h := newHouse(t)
	for range 3 {
		h.open("AUR-A-101", "Longa", strings.Repeat("trinca na parede ", 200))
	}
	b := h.signedIn("atendente@demo")
	home, err := url.Parse(h.http.URL)
	h.must(err)
	cookie := ""
	for _, c := range b.Jar.Cookies(home) {
		cookie += c.Name + "=" + c.Value + "; "
	}
	ask, end := piped(t, h.http.Config.Handler)
	const path = "/ocorrencias/exportar?visao=todas"
	one, other := ask(path, cookie), ask(path, cookie)
	for range 5 {
		if a := b.get(path); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "outros dois arquivos") {
			t.Errorf("the third file: %d, %q", a.status, a.header.Get("Retry-After"))
		}
	}
	if a := b.get("/ocorrencias?visao=todas&q=trinca"); a.status != http.StatusOK {
		t.Errorf("the list: %d", a.status)
	}
	_, _ = one.Close(), other.Close()
	end()
	if a := b.get(path); a.status != http.StatusOK {
		t.Errorf("after they left: %d", a.status)
	}
}
