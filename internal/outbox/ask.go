package outbox

import (
	"context"
	"errors"
	"time"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// Question asks a route something that changes nothing, and says what that tells of it; Silent where there is nothing that
// can be asked.
type Question func(context.Context, flow.Route) (Health, desk.Reason)

// askPaused asks a paused route when it is time, and answers how long there is nothing to do. A tool that did not answer is
// asked by the call of a lane that is due, so that what worked is work; where none is due, and where it is our credentials
// that were refused, by a question: a delivery that is refused over and over would tell people nothing.
func (b *Outbox) askPaused(ctx context.Context, r flow.Route, br *breaker, p flow.Pause) (time.Duration, error) {
	if wait := p.AskAt.Sub(b.Now()); wait > 0 {
		return min(wait, b.Poll), nil
	}
	wait, err := b.nothingDue(ctx, r)
	if err != nil {
		return b.Poll, err
	}
	due := wait == 0
	if !due && b.Question == nil {
		return wait, nil
	}
	l, free, wait, err := b.within(ctx, r, 1)
	if free == 0 || err != nil {
		return wait, err
	}
	ask, mine, err := b.Flow.TakeAsk(ctx, p, min(askLease, b.Lease))
	if err != nil || !mine {
		l.giveBack(1)
		return b.Poll, err
	}
	if b.Question != nil && (!due || p.Cause == desk.PauseCredential) {
		h, why := b.Question(ctx, r)
		l.done()
		if h != Silent || !due {
			br.record(ctx, h, why, &ask)
			return 0, nil
		}
		if l, free, _, err = b.within(ctx, r, 1); free == 0 || err != nil {
			br.record(ctx, Silent, desk.Reason{}, &ask)
			return b.Poll, err
		}
	}
	return b.probe(ctx, r, br, l, &ask)
}

// mayAsk says whether a question that somebody has anyway may be put, and where the route is paused takes the right to ask
// for everybody; until is for how long it may not.
func (b *Outbox) mayAsk(ctx context.Context, br *breaker) (ask *flow.Pause, may bool, until time.Duration, err error) {
	p, err := br.look(ctx)
	if p == nil || err != nil {
		return nil, err == nil, 0, err
	}
	if until = p.AskAt.Sub(b.Now()); until > 0 {
		return nil, false, min(until, b.Poll), nil
	}
	taken, mine, err := b.Flow.TakeAsk(ctx, *p, min(askLease, b.Lease))
	return &taken, mine, b.Poll, err
}

// probe asks by the call of a lane.
func (b *Outbox) probe(ctx context.Context, r flow.Route, br *breaker, l *allowance, ask *flow.Pause) (time.Duration, error) {
	claiming := b.Now()
	ep, jobs, err := b.take(ctx, r, 1)
	if len(jobs) == 0 {
		l.giveBack(1)
		br.record(ctx, Silent, desk.Reason{}, ask)
		if errors.Is(err, flow.ErrNoEndpoint) { // lanes wait; nothing is lost
			err = nil
		}
		return b.Poll, err
	}
	b.start(ctx, route{r, br, l, ep, ask}, jobs[0], claiming, b.Now())
	return b.Poll, nil
}

// says is what an exchange tells of its route, and why. One refusal of credentials does not say whose: the question asks
// whether it is ours, or only this call that is not allowed.
func (b *Outbox) says(ctx context.Context, r route, j flow.Job, ex connector.Exchange) (Health, desk.Reason) {
	why := desk.Reason{Code: ex.ErrCode}
	switch {
	case ex.Ours():
		return Silent, why
	case ex.ErrCode == connector.ReasonTokenNo, ex.ErrCode == connector.ReasonCredential:
		return Denied, why
	case deniedBy(j, ex):
		return b.confirm(ctx, r, ex)
	case reached(ex):
		return Works, why
	}
	if s := ex.Status(); s != 0 && why.Code == "" {
		why = desk.Because(mapping.ReasonHTTP, "http", s)
	}
	return Down, why
}

// deniedBy says whether an answer refuses credentials and the configuration does not make something else of it.
func deniedBy(j flow.Job, ex connector.Exchange) bool {
	if s := ex.Status(); s != 401 && s != 403 {
		return false
	}
	if j.LookUp {
		return ex.LookVerdict(j.Rules, j.Point, j.Request.Keys).Outcome == mapping.Unclear
	}
	return ex.Verdict(j.Rules, j.Point).Outcome == mapping.Refused
}

// confirm asks whether our credentials are refused, or this call alone. Where nothing can be asked, 401 is about who we are,
// and 403 about what we may: HTTP's own words.
func (b *Outbox) confirm(ctx context.Context, r route, ex connector.Exchange) (Health, desk.Reason) {
	why := desk.Because(mapping.ReasonCredential, "http", ex.Status())
	r.breaker.confirming.Lock()
	defer r.breaker.confirming.Unlock()
	if p := r.breaker.open(); p != nil && p.Cause == desk.PauseCredential { // somebody has just asked
		return Denied, why
	}
	if b.Question != nil {
		if !r.limit.again(b.Now()) {
			return Silent, why
		}
		switch h, reason := b.Question(ctx, r.Route); h {
		case Works:
			return Works, desk.Reason{}
		case Down: // it can't say now: nobody is blamed yet
			return Down, reason
		case Denied:
			if r.ask == nil { // the others that were refused meanwhile need not ask
				r.breaker.record(ctx, Denied, why, nil)
			}
			return Denied, why
		}
	}
	if ex.Status() == 401 {
		return Denied, why
	}
	return Works, desk.Reason{}
}

// spare keeps a delivery from paying for a route's credentials: nothing was done, and it goes again when the route does.
func (b *Outbox) spare(j flow.Job, h Health, ex connector.Exchange, out flow.Outcome) flow.Outcome {
	if h == Works || !deniedBy(j, ex) || out.Verdict != flow.Rejected && out.Verdict != flow.AskPerson {
		return out
	}
	out.Verdict, out.Reason = flow.TryAgain, desk.Because(mapping.ReasonCredential, "http", ex.Status())
	if j.LookUp {
		out.Verdict = flow.LookAgain
	}
	out.In = policy(j).Delay(max(j.Attempts, 1), 0, roll())
	return b.withinLimit(j, out)
}
