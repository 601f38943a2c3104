package rest

import (
	"bytes"
	"context"
	"net/http"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
)

// Trials is the door for people who try operations out in a program's place. It is the very door that programs come
// through, but for how one gets in: the person has signed in elsewhere, and says as which token to act.
type Trials struct{ *handler }

// Trial is a call to try: the body is JSON, and only the path and query of the URL matter.
type Trial struct {
	By          desk.Actor // the person
	Token       flow.Token
	As          desk.Actor // who acts with the token
	Method, URL string
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

// NewTrials is a door of its own over the same registry: trials neither use up a token's calls per minute nor count
// among the programs' calls.
func NewTrials(o door.Options, about About) *Trials {
	o.Limit, o.Observe, o.CountUnauthenticated = nil, nil, nil
	o.Authenticate = func(ctx context.Context, _ webservice.Credentials) (*webservice.Caller, error) {
		c, _ := ctx.Value(trialCaller{}).(*webservice.Caller)
		return c, nil
	}
	d := door.New(o)
	return &Trials{&handler{Door: d, about: about, routes: routesOf(d.Registry)}}
}

// Try makes the call.
func (t *Trials) Try(ctx context.Context, c Trial) (TrialAnswer, error) {
	caller := &webservice.Caller{Actor: c.As, IgnoreUnknown: c.Token.IgnoresUnknown, Token: c.Token, Trial: &flow.Trial{By: c.By}}
	r, err := http.NewRequestWithContext(context.WithValue(ctx, trialCaller{}, caller), c.Method, c.URL, bytes.NewReader(c.Body))
	if err != nil {
		return TrialAnswer{}, err
	}
	r.Header.Set("Authorization", "Bearer -") // the context says who it is
	if len(c.Body) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	w := &written{header: http.Header{}}
	out := TrialAnswer{Header: w.header}
	x := &exchange{Exchange: t.Exchange(w, r, "rest")}
	t.Serve(x.Exchange, func() (door.Reply, error) { return t.serve(x) }, func(refused *desk.Error) door.Reply {
		out.Refused = refused
		return problem(x, refused)
	})
	out.Status, out.Body = w.status, w.body.Bytes()
	return out, nil
}

// written is an answer that goes nowhere but into a page.
type written struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *written) Header() http.Header         { return w.header }
func (w *written) WriteHeader(status int)      { w.status = status }
func (w *written) Write(b []byte) (int, error) { return w.body.Write(b) }
