package connector_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"ponte/internal/connector"
)

// TestHook: a body arrives as it is, once; redirects are not followed, private networks only where they are allowed, and
// a server that is silent is left.
func TestHook(t *testing.T) {
	asked := 0
	var body []byte
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch r.URL.Path {
		case "/ok":
			body, _ = io.ReadAll(r.Body)
			if r.Header.Get("webhook-id") != "m-1" || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("headers %v", r.Header)
			}
			w.WriteHeader(http.StatusAccepted)
		case "/busy":
			w.Header().Set("Retry-After", "90")
			w.WriteHeader(http.StatusTooManyRequests)
		case "/away":
			http.Redirect(w, r, "/ok", http.StatusTemporaryRedirect)
		case "/silent":
			<-release
		}
	}))
	defer s.Close()
	defer close(release)
	h := connector.NewHook()
	defer h.Close()
	h.Timeout = 10 * time.Second
	post := func(path string, private bool) connector.HookAnswer {
		return h.Post(t.Context(), connector.HookCall{URL: path, Header: map[string]string{"webhook-id": "m-1"}, Body: []byte(`{"a":1}`), AllowPrivate: private})
	}
	for _, c := range []struct {
		url     string
		private bool
		want    connector.HookAnswer
		asked   int
	}{
		{s.URL + "/ok", true, connector.HookAnswer{Status: 202}, 1},
		{s.URL + "/busy", true, connector.HookAnswer{Status: 429, After: 90 * time.Second}, 1},
		{s.URL + "/away", true, connector.HookAnswer{Status: 307}, 1},
		{s.URL + "/ok", false, connector.HookAnswer{Err: connector.ReasonURL}, 0},
		{"https://127.0.0.1:1/ok", false, connector.HookAnswer{Err: connector.ReasonAddress}, 0},
		{"https://localhost:1/ok", false, connector.HookAnswer{Err: connector.ReasonAddress}, 0},
		{"http://127.0.0.1:1/ok", true, connector.HookAnswer{Err: connector.ReasonFailed}, 0},
		{"https://user:password@exemplo.com.br/", true, connector.HookAnswer{Err: connector.ReasonURL}, 0},
		{"ftp://exemplo.com.br/", true, connector.HookAnswer{Err: connector.ReasonURL}, 0},
	} {
		asked = 0
		if got := post(c.url, c.private); got != c.want || asked != c.asked {
			t.Errorf("%s: %+v after %d calls, want %+v after %d", c.url, got, asked, c.want, c.asked)
		}
	}
	if string(body) != `{"a":1}` {
		t.Errorf("it took %s", body)
	}
	h.Timeout = 50 * time.Millisecond
	if got := post(s.URL+"/silent", true); got.Err != connector.ReasonTimeout {
		t.Errorf("a silent server: %+v", got)
	}
}
