package app

import (
	"testing"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/outbox"
	"ponte/internal/probe"
)

// TestWhatAProbeSaysOfItsRoute: everything that a probe can come to.
func TestWhatAProbeSaysOfItsRoute(t *testing.T) {
	for _, c := range []struct {
		got  probe.Result
		want outbox.Health
	}{
		{probe.Result{Code: probe.Understood, HTTPStatus: 404}, outbox.Works}, {probe.Result{Code: probe.FoundIt}, outbox.Works},
		{probe.Result{Code: probe.Unreadable, HTTPStatus: 200}, outbox.Works}, {probe.Result{Code: probe.Failing, HTTPStatus: 429}, outbox.Works},
		{probe.Result{Code: probe.Failing, HTTPStatus: 503}, outbox.Down}, {probe.Result{Code: probe.Unreached}, outbox.Down},
		{probe.Result{Code: probe.BadTLS}, outbox.Down}, {probe.Result{Code: probe.Denied, HTTPStatus: 403}, outbox.Denied},
		{probe.Result{Code: probe.NoSecret}, outbox.Denied},
		{probe.Result{Code: probe.NoToken, Reason: desk.Because(connector.ReasonTokenNo)}, outbox.Denied},
		{probe.Result{Code: probe.NoToken, Reason: desk.Because(connector.ReasonToken)}, outbox.Down},
		{probe.Result{Code: probe.NoAddress}, outbox.Silent}, {probe.Result{Code: probe.NoQuestion}, outbox.Silent},
		{probe.Result{Code: probe.Incomplete}, outbox.Silent}, {probe.Result{Code: probe.NotCalled}, outbox.Silent},
	} {
		if got, _ := health(c.got); got != c.want {
			t.Errorf("%s: %v, want %v", c.got.Code, got, c.want)
		}
	}
}
