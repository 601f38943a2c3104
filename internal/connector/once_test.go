package connector

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ponte/internal/mapping"
)

// treacherous answers the first request of each connection, and cuts the connection in the middle of the second,
// having read it: the case in which net/http repeats what it takes for idempotent.
func treacherous(t *testing.T) (url string, seconds *atomic.Int32) {
	seconds = new(atomic.Int32)
	firsts := new(atomic.Int32)
	url = raw(t, func(c net.Conn, r *bufio.Reader) {
		if !request(r) {
			return
		}
		if firsts.Add(1) > 1 { // a repetition would come on a connection of its own
			seconds.Add(1)
		}
		say(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		if request(r) {
			seconds.Add(1)
		}
	})
	return url, seconds
}

func TestNeverTwice(t *testing.T) {
	for name, req := range map[string]*mapping.Request{
		"GET":                     {Method: "GET", Path: "/"},
		"GET with a key":          {Method: "GET", Path: "/", Header: map[string]string{"Idempotency-Key": "1"}},
		"POST":                    {Method: "POST", Path: "/", Body: "{}"},
		"POST with a key":         {Method: "POST", Path: "/", Body: "{}", Header: map[string]string{"idempotency-key": "1"}},
		"POST without a body":     {Method: "POST", Path: "/"},
		"POST, a key and no body": {Method: "POST", Path: "/", Header: map[string]string{"Idempotency-Key": "1", "X-Idempotency-Key": "1"}},
		"PUT":                     {Method: "PUT", Path: "/", Body: "{}"},
		"PATCH":                   {Method: "PATCH", Path: "/", Body: "{}"},
		"DELETE":                  {Method: "DELETE", Path: "/"},
		"DELETE with a body":      {Method: "DELETE", Path: "/", Body: "{}"},
	} {
		url, seconds := treacherous(t)
		c := client(t)
		if x := c.Send(t.Context(), key, near(url), req); x.Status() != 200 {
			t.Fatalf("%s: %+v", name, x)
		}
		x := c.Send(t.Context(), key, near(url), req)
		if x.ErrCode != ReasonCut || x.NotSent || seconds.Load() != 1 {
			t.Errorf("%s: %s, not sent %v, arrived %d times", name, x.ErrCode, x.NotSent, seconds.Load())
		}
	}
}

// The control: net/http alone does send such a request twice. If this fails, the test above proves nothing.
func TestNetHTTPAloneSendsTwice(t *testing.T) {
	url, seconds := treacherous(t)
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	for range 2 {
		req, _ := http.NewRequest("GET", url, nil)
		resp, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	if seconds.Load() != 2 {
		t.Errorf("the second request arrived %d times", seconds.Load())
	}
}

func TestAGetHasNoBody(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 || r.TransferEncoding != nil {
			t.Errorf("%s: length %d, %v", r.Method, r.ContentLength, r.TransferEncoding)
		}
	}))
	defer srv.Close()
	for _, m := range []string{"GET", "POST", "PUT"} {
		if x := client(t).Send(t.Context(), key, near(srv.URL), &mapping.Request{Method: m, Path: "/"}); x.Status() != 200 {
			t.Errorf("%s: %+v", m, x)
		}
	}
}

// What is said not to have been sent never arrives, whenever the deadline strikes; and nothing arrives twice.
func TestNotSentIsCertain(t *testing.T) {
	var mu sync.Mutex
	arrived := map[string]int{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		mu.Lock()
		arrived[strings.TrimSpace(string(b))]++
		n := len(arrived)
		mu.Unlock()
		if n%7 == 0 {
			w.Header().Set("Connection", "close")
		}
	}))
	c := client(t)
	var wg sync.WaitGroup
	var notSent, unknown, answered atomic.Int32
	const workers, each = 8, 150
	verdicts := make([]map[string]bool, workers) // id: not sent
	for w := range workers {
		verdicts[w] = map[string]bool{}
		wg.Go(func() {
			for i := range each {
				id := fmt.Sprintf("%d-%d", w, i)
				ep := near(srv.URL)
				ep.Timeout = time.Duration(i) * 4 * time.Microsecond
				if i%5 == 0 {
					ep.Timeout = 5 * time.Second
				}
				x := c.Send(t.Context(), key, ep, post(id+strings.Repeat(" ", 100*i)))
				verdicts[w][id] = x.NotSent
				switch {
				case x.NotSent:
					notSent.Add(1)
				case x.Answer == nil:
					unknown.Add(1)
				default:
					answered.Add(1)
				}
			}
		})
	}
	wg.Wait()
	srv.Close() // waits for what is being served
	t.Logf("%d not sent, %d unknown, %d answered", notSent.Load(), unknown.Load(), answered.Load())
	for _, v := range verdicts {
		for id, said := range v {
			if n := arrived[id]; n > 1 || said && n > 0 {
				t.Errorf("%s: said not sent %v, arrived %d times", id, said, n)
			}
		}
	}
	if notSent.Load() == 0 || answered.Load() == 0 {
		t.Error("the test saw only one side")
	}
}

// sink is a connection that takes everything.
type sink struct{ net.Conn }

func (sink) Write(b []byte) (int, error) { return len(b), nil }

func TestGivenUpConnectionsStaySilent(t *testing.T) {
	c := &conn{Conn: sink{}}
	say(c, "abc")
	if before := c.count(); before != 3 || c.giveUp(before) {
		t.Errorf("count %d", before)
	}
	if n, err := c.Write([]byte("d")); n != 0 || err == nil {
		t.Error("wrote after it was given up")
	}
	d := &conn{Conn: sink{}}
	say(d, "abc")
	if !d.giveUp(0) {
		t.Error("what was written counts")
	}
}

func BenchmarkSend(b *testing.B) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		say(w, `{"idMobuss":"M1","numSolicitacao":77}`)
	}))
	defer srv.Close()
	c := client(b)
	ep, req := near(srv.URL), post(strings.Repeat("x", 600))
	ep.Auth = Auth{Kind: mapping.AuthBearer, Token: "sandbox-token"}
	b.ReportAllocs()
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if x := c.Send(b.Context(), key, ep, req); x.Status() != 200 {
				b.Errorf("%+v", x)
				return
			}
		}
	})
}
