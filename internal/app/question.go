package app

import (
	"context"
	"net/http"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
	"ponte/internal/outbox"
	"ponte/internal/probe"
)

// question asks a paused route something that changes nothing, by the connection's own test.
func (a *App) question(ctx context.Context, r flow.Route) (outbox.Health, desk.Reason) {
	got, err := probe.New(a.Flow).Ask(ctx, r.Environment)
	if err != nil {
		if ctx.Err() == nil {
			a.cfg.Log.ErrorContext(ctx, "ask whether a paused route works", "error", err)
		}
		return outbox.Silent, desk.Reason{}
	}
	return health(got)
}

// health is what a probe says of its route. An answer that the rules can't read is an answer: what it means for a
// delivery is judged with the delivery.
func health(r probe.Result) (outbox.Health, desk.Reason) {
	switch r.Code {
	case probe.Understood, probe.FoundIt, probe.Unreadable:
		return outbox.Works, desk.Reason{}
	case probe.Denied, probe.NoSecret:
		return outbox.Denied, desk.Because(mapping.ReasonCredential, "http", r.HTTPStatus)
	case probe.NoToken:
		if r.Reason.Code == connector.ReasonTokenNo {
			return outbox.Denied, r.Reason
		}
		return outbox.Down, r.Reason
	case probe.Failing:
		if r.HTTPStatus == http.StatusTooManyRequests {
			return outbox.Works, desk.Reason{}
		}
		return outbox.Down, r.Reason
	case probe.Unreached, probe.BadTLS:
		return outbox.Down, r.Reason
	}
	return outbox.Silent, desk.Reason{}
}
