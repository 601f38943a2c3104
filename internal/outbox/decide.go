package outbox

import (
	"net/http"
	"time"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// decide turns what came over the wire, in an exchange that began at began, into the next step (RULES.md,
// "Movements, deliveries, lanes").
func (b *Outbox) decide(j flow.Job, ex connector.Exchange, began time.Time) flow.Outcome {
	var out flow.Outcome
	if j.LookUp {
		out = b.looked(j, ex, began)
	} else {
		out = b.sent(j, ex)
	}
	out.Exchange = flow.Exchange{StartedAt: ex.StartedAt, Duration: ex.Duration, Request: ex.Request, Response: ex.Response, HTTPStatus: ex.Status()}
	return b.withinLimit(j, out)
}

func (b *Outbox) sent(j flow.Job, ex connector.Exchange) flow.Outcome {
	again := func(why desk.Reason, after time.Duration) flow.Outcome {
		return flow.Outcome{Verdict: flow.TryAgain, Reason: why, In: policy(j).Delay(j.Attempts, after, roll())}
	}
	v := ex.Verdict(j.Rules, j.Point)
	why := desk.Reason{Code: v.ReasonCode, Args: v.ReasonArgs}
	switch v.Outcome {
	case mapping.Delivered:
		return flow.Outcome{Verdict: flow.Done, Extracted: v.Extracted}
	case mapping.Refused:
		return flow.Outcome{Verdict: flow.Rejected, Reason: why}
	case mapping.Retry:
		return again(why, v.RetryAfter)
	default:
		return b.unknown(j, ex, why)
	}
}

// unknown: look before anything is sent again; where there is no way to look, a person decides.
func (b *Outbox) unknown(j flow.Job, ex connector.Exchange, why desk.Reason) flow.Outcome {
	switch {
	case b.NoLookUp:
		return flow.Outcome{Verdict: flow.TryAgain, Reason: why, In: policy(j).Delay(j.Attempts, 0, roll())}
	case j.Request.LookUp == nil:
		return flow.Outcome{Verdict: flow.AskPerson, Reason: desk.Because(desk.WhyNoLookUp, "causa", why.Code)}
	}
	return flow.Outcome{Verdict: flow.Unknown, Reason: why, Late: outOfTime(ex)}
}

// outOfTime: nobody answered in time, neither the tool nor what stands before it. Where the connection ended otherwise, so did
// the call, give or take the settling time.
func outOfTime(ex connector.Exchange) bool {
	status := ex.Status()
	return ex.ErrCode == connector.ReasonTimeout || status == http.StatusGatewayTimeout || status == http.StatusRequestTimeout
}

func (b *Outbox) looked(j flow.Job, ex connector.Exchange, began time.Time) flow.Outcome {
	now := b.Now()
	again := func(why desk.Reason, after time.Duration) flow.Outcome {
		// As long again as it has been unknown: that doubles, and needs no counter.
		p := policy(j)
		wait := min(max(now.Sub(j.UnknownSince), p.First), p.Max)
		return flow.Outcome{Verdict: flow.LookAgain, Reason: why, In: max(after, desk.RetryPolicy{First: wait, Max: p.Max, Jitter: p.Jitter}.Delay(1, 0, roll()))}
	}
	switch {
	case b.NoLookUp:
		return flow.Outcome{Verdict: flow.TryAgain, Reason: desk.Because(desk.WhyCrashed)}
	case j.Request.LookUp == nil:
		return flow.Outcome{Verdict: flow.AskPerson, Reason: desk.Because(desk.WhyNoLookUp)}
	}
	v := ex.LookVerdict(j.Rules, j.Point, j.Request.Keys)
	why := desk.Reason{Code: v.ReasonCode, Args: v.ReasonArgs}
	switch v.Outcome {
	case mapping.Found:
		return flow.Outcome{Verdict: flow.Done, Extracted: v.Extracted}
	case mapping.NotFound:
		return b.notFound(j, began, now)
	case mapping.LookNext:
		return again(why, v.RetryAfter)
	default:
		return flow.Outcome{Verdict: flow.AskPerson, Reason: desk.Because(desk.WhyUnclear, "causa", why.Code)}
	}
}

// notFound counts only in a second look that began after the settling time, because a slow server may still accept
// what it was sent: also between this look's question and its answer.
func (b *Outbox) notFound(j flow.Job, began, now time.Time) flow.Outcome {
	settled := j.UnknownSince.Add(j.Policy.CountsAfter(j.Late))
	if j.Looks >= 1 && !began.Before(settled) {
		return flow.Outcome{Verdict: flow.TryAgain, Reason: desk.Because("consulta_nao_achou")}
	}
	return flow.Outcome{Verdict: flow.NotThere, Reason: desk.Because("consulta_nao_achou_ainda"), In: max(settled.Sub(now), time.Millisecond)}
}

// withinLimit ends patience: beyond the policy's limit, trying on is a failure that people must see.
func (b *Outbox) withinLimit(j flow.Job, out flow.Outcome) flow.Outcome {
	waits := out.Verdict == flow.TryAgain || out.Verdict == flow.LookAgain
	if !waits || !policy(j).Exhausted(b.Now().Sub(j.FirstSent), j.Paused) {
		return out
	}
	why := desk.Because(desk.WhyRetryLimit, "causa", out.Reason.Code, "tentativas", j.Attempts)
	if out.Verdict == flow.TryAgain {
		return flow.Outcome{Verdict: flow.Rejected, Reason: why, Exchange: out.Exchange}
	}
	return flow.Outcome{Verdict: flow.AskPerson, Reason: why, Failure: true, Exchange: out.Exchange}
}
