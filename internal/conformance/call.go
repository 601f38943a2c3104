package conformance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// call is a request that was made by the real mapping, with how it is sent.
type call struct {
	*mapping.Request
	rules  *mapping.Compiled
	route  flow.Route
	point  desk.Point
	wrong  bool // with credentials that can't be right
	hangUp bool
}

// bind makes the call of a point, exactly as a delivery's is made. The outcome is a failed one where the mapping lacks
// something.
func (k *kase) bind(p desk.Point, f mapping.Facts, refs mapping.Refs) (*call, outcome, error) {
	refs.DeliveryID = uuid.Must(uuid.NewV7()).String()
	frozen, err := k.c.Rules.Freeze(p, &f)
	var req *mapping.Request
	if err == nil {
		req, err = frozen.Bind(refs)
	}
	var missing *mapping.Missing
	if errors.As(err, &missing) {
		return nil, failed("conf_faltam_dados", "campos", lacking(missing)), nil
	}
	return &call{Request: req, rules: k.c.Rules, route: k.c.Route, point: p}, outcome{}, err
}

func lacking(m *mapping.Missing) string {
	names := make([]string, len(m.Values))
	for i, v := range m.Values {
		names[i] = fmt.Sprintf("%s (%s)", v.Target, v.Source)
	}
	return strings.Join(names, ", ")
}

// send puts a call on the wire, recorded before and after.
func (k *kase) send(c *call) (mapping.Verdict, error) {
	x, err := k.keep(flow.ConformanceExchange{Kind: flow.CallSent, At: time.Now(), Planned: c.Request})
	if err != nil {
		return mapping.Verdict{}, err
	}
	ex, err := k.exchange(k.ctx, c, false)
	if err != nil {
		return mapping.Verdict{}, err
	}
	v := ex.Verdict(c.rules, c.point)
	fill(x, ex, sentVerdict(v.Outcome), v.Reason(), v.Extracted)
	return v, k.kept()
}

// look asks whether a call was done, recorded before and after.
func (k *kase) look(c *call) (mapping.LookVerdict, *connector.Exchange, error) {
	x, err := k.keep(flow.ConformanceExchange{Kind: flow.CallLookUp, At: time.Now(), Planned: c.LookUp})
	if err != nil {
		return mapping.LookVerdict{}, nil, err
	}
	ex, err := k.exchange(k.ctx, c, true)
	if err != nil {
		return mapping.LookVerdict{}, nil, err
	}
	v := ex.LookVerdict(c.rules, c.point, c.Keys)
	fill(x, ex, lookVerdict(v.Outcome), v.Reason(), v.Extracted)
	return v, &ex, k.kept()
}

// fill writes down what came of a call.
func fill(x *flow.ConformanceExchange, ex connector.Exchange, outcome flow.Verdict, why desk.Reason, extracted map[string]string) {
	x.At, x.DurationMS, x.HTTPStatus, x.Outcome, x.Extracted = ex.StartedAt, ex.Duration.Milliseconds(), ex.Status(), outcome.String(), extracted
	x.SetReason(why)
	if x.Request, x.Response = ex.Request, ex.Response; x.Request != "" {
		x.Planned = nil
	}
}

// errProduction can't happen: a run and a trial have no other route than homologation.
var errProduction = errors.New("conformance: a call for another environment than homologation")

// exchange goes over the wire: to homologation, whatever is active.
func (r *Runner) exchange(ctx context.Context, c *call, lookUp bool) (connector.Exchange, error) {
	req := c.Request
	if lookUp {
		req = c.LookUp
	}
	if c.route.Environment != desk.Homologation {
		return connector.Exchange{}, errProduction
	}
	ep, err := r.Flow.Endpoint(ctx, c.route.Connection, c.route.Environment)
	if errors.Is(err, flow.ErrNoEndpoint) {
		return connector.Exchange{}, desk.BadField("url", "conformidade_sem_endereco")
	}
	if err != nil {
		return connector.Exchange{}, err
	}
	to := c.endpoint(ep, lookUp)
	return r.Client.Send(ctx, connector.Key{Connection: c.route.Connection, Environment: c.route.Environment}, to, req), nil
}

// wrongSecret stands where a credential should.
const wrongSecret = "conformidade-credencial-errada"

// endpoint is where homologation takes a call and who we are there, or who we are not. What isn't a credential, such as
// the authority that its certificate is checked by, stays as it is.
func (c *call) endpoint(ep flow.Endpoint, lookUp bool) connector.Endpoint {
	in := &c.rules.Config().Integration
	if c.wrong {
		secrets := maps.Clone(ep.Secrets)
		for _, name := range in.Auth.SecretNames() {
			if name != mapping.SecretCertificate && name != mapping.SecretKey {
				secrets[name] = wrongSecret
			}
		}
		ep.Secrets = secrets
	}
	out := connector.Site(ep).Endpoint(in, mapping.CallAddress(c.point, lookUp))
	out.HangUp = c.hangUp && !lookUp
	return out
}

// sentVerdict is the word that deliveries use.
func sentVerdict(o mapping.Outcome) flow.Verdict {
	switch o {
	case mapping.Delivered:
		return flow.Done
	case mapping.Refused:
		return flow.Rejected
	case mapping.Retry:
		return flow.TryAgain
	}
	return flow.Unknown
}

func lookVerdict(o mapping.LookOutcome) flow.Verdict {
	switch o {
	case mapping.Found:
		return flow.Done
	case mapping.NotFound:
		return flow.NotThere
	case mapping.LookNext:
		return flow.LookAgain
	}
	return flow.AskPerson
}
