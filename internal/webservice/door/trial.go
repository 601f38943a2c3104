package door

import (
	"bytes"
	"context"
	"net/http"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/webservice"
)

// Trial is a call that a person makes in a program's place. Only the path and query of the URL matter.
type Trial struct {
	By          desk.Actor // the person
	Token       flow.Token
	As          desk.Actor // who acts with the token
	Method, URL string
	ContentType string // of the body; empty: application/json
	Body        []byte
}

// TrialAnswer is what the program would have got.
type TrialAnswer struct {
	Status int
	Header http.Header
	Body   []byte
	// Refused is the same in the house's own words; nil where the call was accepted.
	Refused *desk.Error
}

type trialCaller struct{}

// ForTrials are a door's options for people who try operations out. It is the very door that programs come through,
// but for how one gets in: the person has signed in elsewhere, and says as which token to act. Trials neither use up a
// token's calls per minute nor count among the programs' calls.
func ForTrials(o Options) Options {
	o.Limit, o.Observe, o.CountUnauthenticated = nil, nil, nil
	o.Authenticate = func(ctx context.Context, _ webservice.Credentials) (*webservice.Caller, error) {
		c, _ := ctx.Value(trialCaller{}).(*webservice.Caller)
		return c, nil
	}
	return o
}

// Request is the call as the door takes it.
func (t *Trial) Request(ctx context.Context) (*http.Request, error) {
	caller := &webservice.Caller{Actor: t.As, IgnoreUnknown: t.Token.IgnoresUnknown, Token: t.Token, Trial: &flow.Trial{By: t.By}}
	r, err := http.NewRequestWithContext(context.WithValue(ctx, trialCaller{}, caller), t.Method, t.URL, bytes.NewReader(t.Body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer -") // the context says who it is
	switch {
	case t.ContentType != "":
		r.Header.Set("Content-Type", t.ContentType)
	case len(t.Body) > 0:
		r.Header.Set("Content-Type", "application/json")
	}
	return r, nil
}

// Kept is an answer that goes nowhere but into a page or a report.
type Kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is http.ResponseWriter's.
func (w *Kept) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}

// WriteHeader is http.ResponseWriter's.
func (w *Kept) WriteHeader(status int) { w.status = status }

func (w *Kept) Write(b []byte) (int, error) { return w.body.Write(b) }

// Answer is what was kept.
func (w *Kept) Answer(refused *desk.Error) TrialAnswer {
	return TrialAnswer{Status: w.status, Header: w.Header(), Body: w.body.Bytes(), Refused: refused}
}
