package connector

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/sync/singleflight"
)

// OAuth is how a token is had for client credentials (RFC 6749, section 4.4).
type OAuth struct {
	URL                    string
	ClientID, ClientSecret string
	Scope, Audience        string
	InBody                 bool // the credentials travel in the form, not in a Basic header
}

// key tells callers for different tokens apart.
func (a OAuth) key() string {
	return fmt.Sprintf("%q %q %q %q %q %t", a.URL, a.ClientID, a.ClientSecret, a.Scope, a.Audience, a.InBody)
}

const (
	// tokenTimeout is for one question to a token server, whoever waits for it.
	tokenTimeout = 15 * time.Second
	// earlier than its end a token is replaced, or a tenth of its life where that is less: it has to arrive over there.
	earlier = 30 * time.Second
	// assumedLife is that of a token whose server doesn't say.
	assumedLife = time.Hour
)

// tokenError is that there is no token, and so nothing was sent.
type tokenError struct {
	code string
	err  error
}

func (e *tokenError) Error() string { return "token: " + e.err.Error() }
func (e *tokenError) Unwrap() error { return e.err }

// tokens keeps a line's token until shortly before its end. Callers that need one at the same time ask once.
type tokens struct {
	http *http.Client
	now  func() time.Time

	asking singleflight.Group
	mu     sync.Mutex
	of     OAuth // whose the token is
	token  string
	until  time.Time
}

// get answers a token for a; fresh says that it was asked for just now. One that was refused is not answered again.
func (t *tokens) get(ctx context.Context, a OAuth, refused string) (token string, fresh bool, err error) {
	t.mu.Lock()
	if t.of == a && t.token != "" && t.token != refused && t.now().Before(t.until) {
		defer t.mu.Unlock()
		return t.token, false, nil
	}
	t.mu.Unlock()
	// Whoever came first may give up; the others still want its answer.
	asked := t.asking.DoChan(a.key(), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tokenTimeout)
		defer cancel()
		return t.ask(ctx, a)
	})
	select {
	case r := <-asked:
		if r.Err != nil {
			return "", false, r.Err
		}
		return r.Val.(string), true, nil
	case <-ctx.Done():
		return "", false, &tokenError{ReasonToken, ctx.Err()}
	}
}

func (t *tokens) ask(ctx context.Context, a OAuth) (string, error) {
	if !clean(a.ClientID) || !clean(a.ClientSecret) || a.ClientID == "" {
		return "", errCredential
	}
	if _, err := completeTarget(a.URL, ""); err != nil {
		return "", &tokenError{ReasonToken, err}
	}
	c := clientcredentials.Config{ClientID: a.ClientID, ClientSecret: a.ClientSecret, TokenURL: a.URL, Scopes: strings.Fields(a.Scope),
		AuthStyle: oauth2.AuthStyleInHeader}
	if a.InBody {
		c.AuthStyle = oauth2.AuthStyleInParams
	}
	if a.Audience != "" {
		c.EndpointParams = url.Values{"audience": {a.Audience}}
	}
	began := t.now()
	got, err := c.Token(context.WithValue(ctx, oauth2.HTTPClient, t.http))
	if err != nil {
		return "", &tokenError{tokenReason(err), err}
	}
	if got.AccessToken == "" || !clean(got.AccessToken) || !strings.EqualFold(got.Type(), "Bearer") {
		return "", &tokenError{ReasonTokenWhat, errors.New("not a bearer token")}
	}
	life := assumedLife
	if !got.Expiry.IsZero() {
		life = time.Until(got.Expiry)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of, t.token, t.until = a, got.AccessToken, began.Add(life-min(earlier, life/10))
	return got.AccessToken, nil
}

// tokenReason tells a server that says no from one that is not well.
func tokenReason(err error) string {
	var answered *oauth2.RetrieveError
	var network *url.Error
	switch {
	case errors.As(err, &answered):
		switch s := answered.Response.StatusCode; {
		case s == http.StatusBadRequest, s == http.StatusUnauthorized, s == http.StatusForbidden, s < 300 && answered.ErrorCode != "":
			return ReasonTokenNo
		case s < 300:
			return ReasonTokenWhat
		}
	case errors.As(err, &network), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
	default: // it answered, and could not be read
		return ReasonTokenWhat
	}
	return ReasonToken
}

// tokenClient asks through a line's own transport: the same caution about addresses, the same certificates. It follows
// no redirect; x/oauth2 reads at most 1 MiB.
func tokenClient(t *http.Transport) *http.Client {
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
