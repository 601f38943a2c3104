package sso

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// resented is how long a failed question is believed: whoever comes meanwhile is told at once, and the provider has peace.
const resented = 5 * time.Second

// document is what the provider says of itself.
type document struct {
	*oidc.Provider
	leave string // end_session_endpoint
}

// Look asks for the provider's discovery document, unless it is known.
func (p *Provider) Look(ctx context.Context) error {
	_, err := p.provider(ctx)
	return err
}

// provider asks once for all who want to know, however many; who leaves meanwhile doesn't wait.
func (p *Provider) provider(ctx context.Context) (*document, error) {
	if d, err := p.remembered(); d != nil || err != nil {
		return d, err
	}
	// The answer is everybody's, and its keys are fetched long after this request is over.
	whole := context.WithoutCancel(ctx)
	answer := p.asking.DoChan("", func() (any, error) {
		if d, err := p.remembered(); d != nil || err != nil { // somebody was quicker
			return d, err
		}
		d, err := p.discover(whole)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.known, p.failed, p.until = d, err, p.now().Add(resented)
		return d, err
	})
	select {
	case <-ctx.Done():
		return nil, &Failure{"the provider did not answer in time", "check that this machine reaches it", true, context.Cause(ctx)}
	case a := <-answer:
		d, _ := a.Val.(*document)
		return d, a.Err
	}
}

func (p *Provider) remembered() (*document, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known != nil || p.failed != nil && p.now().Before(p.until) {
		return p.known, p.failed
	}
	return nil, nil
}

func (p *Provider) discover(ctx context.Context) (*document, error) {
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.Issuer)
	if err != nil {
		return nil, &Failure{"the provider's discovery document could not be read", "check that oidc-issuer is exactly the issuer of " +
			"ISSUER/.well-known/openid-configuration, and that this machine reaches it and trusts its certificate", true, err}
	}
	var more struct {
		Leave string `json:"end_session_endpoint"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, &Failure{"the provider's discovery document is not as it should be", "ask whoever runs the provider", false, err}
	}
	return &document{found, more.Leave}, nil
}

// Origins are the provider's, for the policy of pages whose forms may lead there: its own, and that of the place where one
// signs out of it, which may be on another host. The second is known once the provider has been asked; this asks, and
// doesn't wait.
func (p *Provider) Origins(ctx context.Context) []string {
	out := []string{originOf(p.Issuer)}
	d, err := p.remembered()
	if d == nil && err == nil {
		over, done := context.WithCancel(context.WithoutCancel(ctx))
		done()
		_, _ = p.provider(over) // the next page has it
	}
	if d != nil {
		if leave := originOf(d.leave); leave != "" && !slices.Contains(out, leave) {
			out = append(out, leave)
		}
	}
	return out
}

// originOf is empty for what is no address of the web: it goes into a policy, where another text could say anything.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// Leave is where a browser signs out of the provider too; empty: it has no such place, or can't be asked.
func (p *Provider) Leave(ctx context.Context, back string) string {
	d, err := p.provider(ctx)
	if err != nil || originOf(d.leave) == "" {
		return ""
	}
	u, err := url.Parse(d.leave)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("client_id", p.ClientID)
	q.Set("post_logout_redirect_uri", back)
	u.RawQuery = q.Encode()
	return u.String()
}
