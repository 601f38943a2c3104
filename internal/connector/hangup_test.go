package connector

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/mapping"
)

// TestHangingUp: the other side has the whole request, whatever its size, and we learn nothing of its answer.
func TestHangingUp(t *testing.T) {
	for name, body := range map[string]string{"small": `{"a": 1}`, "large": strings.Repeat("x", 300_000), "none": ""} {
		t.Run(name, func(t *testing.T) {
			got := make(chan string, 4)
			srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				got <- string(b)
			}))
			defer srv.Close()
			c := New()
			defer c.Close()
			req := &mapping.Request{Method: http.MethodPost, Path: "/x", Body: body}
			send := func(hangUp bool) Exchange {
				return c.Send(t.Context(), Key{1, desk.Homologation}, Endpoint{BaseURL: srv.URL, AllowPrivate: true, HangUp: hangUp}, req)
			}
			for range 20 {
				x := send(true)
				if x.Answer != nil || x.NotSent || x.ErrCode != ReasonTimeout || x.Request == "" || x.Response != "" {
					t.Fatalf("hung up: %+v", x)
				}
				if b := <-got; b != body {
					t.Fatalf("%d bytes arrived, of %d", len(b), len(body))
				}
				if x = send(false); x.Status() != http.StatusOK || x.ErrCode != "" { // the control, and the connection is not spoilt
					t.Fatalf("not hung up: %+v", x)
				}
				<-got
			}
		})
	}
	c := New()
	defer c.Close()
	x := c.Send(t.Context(), Key{1, desk.Homologation}, Endpoint{BaseURL: "http://127.0.0.1:1", AllowPrivate: true, HangUp: true}, &mapping.Request{Method: http.MethodPost, Path: "/"})
	if !x.NotSent || x.ErrCode != ReasonRefused {
		t.Errorf("nobody was there to hang up on: %+v", x)
	}
}
