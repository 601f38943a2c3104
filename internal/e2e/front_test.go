package e2e

import (
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// front stands between Ponte and the sandbox and does what a network, a proxy or a broken server does and the sandbox
// itself can't. Each call has a connection of its own, so that each can have its own trouble.
type front struct {
	t      testing.TB
	addr   string
	proxy  *httputil.ReverseProxy
	played atomic.Int64

	mu     sync.Mutex
	server *http.Server
	kind   string  // "" lets everything pass
	share  float64 // of the calls that it befalls
	held   []net.Conn
}

// The troubles that a front makes.
const (
	halfOpen = "conexao_meio_aberta" // it is accepted, and nothing is read or answered
	huge     = "resposta_de_50_mb"   // the sandbox does it; its answer is 50 MB
	noise    = "lixo"                // the sandbox does it; what comes back is no HTTP, or a part of it
)

// newFront stands before a sandbox.
func newFront(t testing.TB, sandbox string) *front {
	t.Helper()
	to, err := url.Parse(sandbox)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{t: t, addr: "127.0.0.1:0", proxy: httputil.NewSingleHostReverseProxy(to)}
	f.proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { panic(http.ErrAbortHandler) }
	f.open()
	t.Cleanup(f.close)
	return f
}

func (f *front) url() string { return "http://" + f.addr }

// open listens, at the same address each time.
func (f *front) open() {
	f.t.Helper()
	l, err := net.Listen("tcp", f.addr)
	if err != nil {
		f.t.Fatal(err)
	}
	f.addr = l.Addr().String()
	server := &http.Server{Handler: f, ReadHeaderTimeout: time.Minute}
	server.SetKeepAlivesEnabled(false)
	f.mu.Lock()
	f.server = server
	f.mu.Unlock()
	go func() { _ = server.Serve(troubled{l, f}) }()
}

// close refuses connections from now on and breaks those there are.
func (f *front) close() {
	f.mu.Lock()
	server := f.server
	f.mu.Unlock()
	_ = server.Close()
	f.make("", 0)
}

// make has a share of the calls meet a trouble. What hung in the former one is let go.
func (f *front) make(kind string, share float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kind, f.share = kind, share
	for _, c := range f.held {
		_ = c.Close()
	}
	f.held = nil
}

// befalls rolls the die for a kind of trouble.
func (f *front) befalls(kinds ...string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, k := range kinds {
		if k == f.kind && rand.Float64() < f.share {
			f.played.Add(1)
			return k
		}
	}
	return ""
}

// troubled is a listener that leaves some of its connections hanging.
type troubled struct {
	net.Listener
	front *front
}

func (l troubled) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil || l.front.befalls(halfOpen) == "" {
			return c, err
		}
		l.front.mu.Lock()
		l.front.held = append(l.front.held, c)
		l.front.mu.Unlock()
	}
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch f.befalls(huge, noise) {
	case "":
		f.proxy.ServeHTTP(w, r)
	case huge:
		f.proxy.ServeHTTP(unseen{http.Header{}}, r)
		flood(w)
	case noise:
		f.proxy.ServeHTTP(unseen{http.Header{}}, r)
		f.babble(w)
	}
}

// unseen is an answer that nobody gets.
type unseen struct{ header http.Header }

func (u unseen) Header() http.Header         { return u.header }
func (u unseen) WriteHeader(int)             {}
func (u unseen) Write(b []byte) (int, error) { return len(b), nil }

// flood answers 50 MB of what begins like an answer, for as long as somebody reads.
func flood(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"idMobuss": "`)
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = 'a'
	}
	for range 50 {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
	_, _ = io.WriteString(w, `"}`)
}

// babble answers in one of the ways in which a broken server does.
func (f *front) babble(w http.ResponseWriter) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		f.t.Error(err)
		return
	}
	defer func() { _ = c.Close() }()
	bytes := make([]byte, 300)
	for i := range bytes {
		bytes[i] = byte(rand.IntN(256))
	}
	ways := []string{string(bytes), "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n{\"idMobuss\": ",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 22\r\n\r\n<h1>Bem-vindo</h1>\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd"}
	_, _ = io.WriteString(c, ways[rand.IntN(len(ways))])
}
