package connector

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ponte/internal/mapping"
)

// issuer is a token server, and a tool that takes its tokens.
type issuer struct {
	*httptest.Server
	mu     sync.Mutex
	asked  int
	valid  map[string]bool
	forms  []url.Values
	basics []string
	seen   []string // what came to the tool, and with which token
	// answer takes the place of a token where it is not nil.
	answer func(w http.ResponseWriter, r *http.Request)
	life   int // seconds; 0: not said
	end    chan struct{}
}

func newIssuer(t *testing.T) *issuer {
	s := &issuer{valid: map[string]bool{}, life: 600, end: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("/", s.tool)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(s.end) })
	return s
}

func (s *issuer) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	user, password, _ := r.BasicAuth()
	s.forms, s.basics = append(s.forms, r.PostForm), append(s.basics, user+":"+password)
	if s.answer != nil {
		s.answer(w, r)
		return
	}
	token := fmt.Sprintf("acesso-%d", s.asked)
	s.valid[token] = true
	w.Header().Set("Content-Type", "application/json")
	life := ""
	if s.life > 0 {
		life = fmt.Sprintf(`,"expires_in":%d`, s.life)
	}
	_, _ = fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer"%s}`, token, life)
}

func (s *issuer) tool(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.seen = append(s.seen, token)
	if !s.valid[token] {
		w.WriteHeader(http.StatusUnauthorized)
	}
	_, _ = fmt.Fprintf(w, `{"voce_disse":%q}`, r.Header.Get("Authorization"))
}

func (s *issuer) endpoint() Endpoint {
	ep := near(s.URL)
	ep.Auth = Auth{Kind: mapping.AuthOAuth, OAuth: OAuth{URL: s.URL + "/token", ClientID: "ponte", ClientSecret: "segredo/do+cliente"}}
	return ep
}

// forget takes every token back.
func (s *issuer) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.valid = map[string]bool{}
}

// TestTokens: one is kept until shortly before its end, and asked for again once it is refused; client credentials travel
// as configured.
func TestTokens(t *testing.T) {
	s := newIssuer(t)
	c := client(t)
	now := time.Now()
	c.now = func() time.Time { return now }
	send := func(want string, asked int) {
		t.Helper()
		x := c.Send(t.Context(), key, s.endpoint(), post("{}"))
		if x.Status() != 200 || s.seen[len(s.seen)-1] != want || s.asked != asked {
			t.Fatalf("%d %s with %v, asked %d times, want %s, %d", x.Status(), x.ErrCode, s.seen, s.asked, want, asked)
		}
		if strings.Contains(x.Request+x.Response, want) {
			t.Errorf("the token is in the record\n%s\n%s", x.Request, x.Response)
		}
	}
	send("acesso-1", 1)
	now = now.Add(569 * time.Second)
	send("acesso-1", 1)
	now = now.Add(2 * time.Second) // 30 s before its end
	send("acesso-2", 2)
	s.forget()
	send("acesso-3", 3) // refused once, and sent again with a new one
	if n := len(s.seen); s.seen[n-2] != "acesso-2" {
		t.Errorf("seen %v", s.seen)
	}
	if s.basics[0] != "ponte:segredo%2Fdo%2Bcliente" || s.forms[0].Get("grant_type") != "client_credentials" || s.forms[0].Has("client_secret") {
		t.Errorf("asked with %q %v", s.basics[0], s.forms[0])
	}
	// others' credentials are another token, at once
	ep := s.endpoint()
	ep.Auth.OAuth.InBody, ep.Auth.OAuth.Scope, ep.Auth.OAuth.Audience = true, "ordens  anexos", "https://campo"
	if x := c.Send(t.Context(), key, ep, post("{}")); x.Status() != 200 || s.asked != 4 {
		t.Errorf("%d, asked %d times", x.Status(), s.asked)
	}
	if f := s.forms[3]; f.Get("client_secret") != "segredo/do+cliente" || f.Get("client_id") != "ponte" || f.Get("scope") != "ordens anexos" || f.Get("audience") != "https://campo" || s.basics[3] != ":" {
		t.Errorf("asked with %v %q", f, s.basics[3])
	}
}

// TestATokenThatIsNeverTaken: the call is made once with what was kept and once with a new one, and never in a loop; one
// that was just given is not asked for again.
func TestATokenThatIsNeverTaken(t *testing.T) {
	s := newIssuer(t)
	c := client(t)
	s.life = 0
	send := func() { t.Helper(); c.Send(t.Context(), key, s.endpoint(), post("{}")) }
	send()
	if x := c.Send(t.Context(), key, s.endpoint(), post("{}")); x.Status() != 200 || s.asked != 1 {
		t.Fatalf("a token without an end: %d, asked %d times", x.Status(), s.asked)
	}
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"access_token":"nunca-vale","token_type":"bearer","expires_in":"600"}`)
	}
	s.forget()
	if x := c.Send(t.Context(), key, s.endpoint(), post("{}")); x.Status() != 401 || s.asked != 2 || len(s.seen) != 4 || x.NotSent {
		t.Errorf("%d, asked %d times, seen %v", x.Status(), s.asked, s.seen)
	}
	fresh := client(t)
	if x := fresh.Send(t.Context(), key, s.endpoint(), post("{}")); x.Status() != 401 || s.asked != 3 || len(s.seen) != 5 {
		t.Errorf("%d, asked %d times, seen %v", x.Status(), s.asked, s.seen)
	}
}

// TestOneQuestionForAll: calls that begin together ask for one token.
func TestOneQuestionForAll(t *testing.T) {
	s := newIssuer(t)
	came, pass := make(chan bool, 1), make(chan bool)
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		came <- true
		<-pass
		s.valid["juntos"] = true
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"access_token":"juntos","token_type":"Bearer","expires_in":600}`)
	}
	c := client(t)
	var wg sync.WaitGroup
	var fine atomic.Int32
	for range 20 {
		wg.Go(func() {
			if x := c.Send(t.Context(), key, s.endpoint(), post("{}")); x.Status() == 200 {
				fine.Add(1)
			}
		})
	}
	<-came
	close(pass)
	wg.Wait()
	if fine.Load() != 20 || s.asked != 1 {
		t.Errorf("%d fine, asked %d times", fine.Load(), s.asked)
	}
}

// TestWithoutATokenNothingIsSent is a table of what token servers do, with the reason that it gets.
func TestWithoutATokenNothingIsSent(t *testing.T) {
	says := func(status int, kind, body string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = fmt.Fprint(w, body)
		}
	}
	const json = "application/json"
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		change func(*Endpoint)
		want   string
	}{
		"unknown client":        {says(401, json, `{"error":"invalid_client","error_description":"segredo/do+cliente?"}`), nil, ReasonTokenNo},
		"scope denied":          {says(400, json, `{"error":"invalid_scope"}`), nil, ReasonTokenNo},
		"forbidden":             {says(403, "text/html", `<h1>não</h1>`), nil, ReasonTokenNo},
		"error dressed as fine": {says(200, json, `{"error":"invalid_client"}`), nil, ReasonTokenNo},
		"its own failure":       {says(503, json, `{}`), nil, ReasonToken},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/outro", http.StatusTemporaryRedirect)
		}, nil, ReasonToken},
		"a page":                 {says(200, "text/html", `<html>bem-vindo</html>`), nil, ReasonTokenWhat},
		"garbage":                {says(200, json, `{{{`), nil, ReasonTokenWhat},
		"no token":               {says(200, json, `{"token_type":"Bearer"}`), nil, ReasonTokenWhat},
		"another kind":           {says(200, json, `{"access_token":"x","token_type":"MAC"}`), nil, ReasonTokenWhat},
		"a token with a newline": {says(200, json, `{"access_token":"x\ny","token_type":"Bearer"}`), nil, ReasonTokenWhat},
		"slow":                   {nil, func(ep *Endpoint) { ep.Timeout = 50 * time.Millisecond }, ReasonToken},
		"nobody there":           {nil, func(ep *Endpoint) { ep.Auth.OAuth.URL = "http://127.0.0.1:1/token" }, ReasonToken},
		"no address":             {nil, func(ep *Endpoint) { ep.Auth.OAuth.URL = "" }, ReasonToken},
		"no client":              {nil, func(ep *Endpoint) { ep.Auth.OAuth.ClientID = "" }, ReasonCredential},
	} {
		t.Run(name, func(t *testing.T) {
			s := newIssuer(t)
			s.answer = c.answer
			ep := s.endpoint()
			if name == "slow" {
				s.answer = func(http.ResponseWriter, *http.Request) { <-s.end }
			}
			if c.change != nil {
				c.change(&ep)
			}
			x := client(t).Send(t.Context(), key, ep, post("{}"))
			if x.ErrCode != c.want || !x.NotSent || x.Answer != nil || len(s.seen) != 0 {
				t.Errorf("%s (%s), not sent %v, the tool saw %v", x.ErrCode, x.Detail, x.NotSent, s.seen)
			}
			if strings.Contains(x.Detail+x.Request+x.Response, "segredo") {
				t.Errorf("a secret in %q", x.Detail)
			}
			if v := x.Verdict(nil, ""); v.Outcome != mapping.Retry || v.ReasonCode != c.want {
				t.Errorf("verdict %+v", v)
			}
		})
	}
}

// TestATokenServerInside: the caution about addresses is the same.
func TestATokenServerInside(t *testing.T) {
	s := newIssuer(t)
	ep := s.endpoint()
	ep.AllowPrivate, ep.BaseURL = false, "http://192.0.2.1"
	if x := client(t).Send(t.Context(), key, ep, post("{}")); x.ErrCode != ReasonAddress || s.asked != 0 {
		t.Errorf("%s, asked %d times", x.ErrCode, s.asked)
	}
}
