package flowtest

import (
	"context"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// Prove makes and signs a report of the version that runs, without a call to anybody, and answers its run.
func (in *Installation) Prove(t testing.TB) string {
	t.Helper()
	run := in.Passed(t)
	p, err := in.ConformancePage(t.Context(), Admin(), run)
	if err != nil {
		t.Fatal(err)
	}
	if err := in.SignConformance(t.Context(), Admin(), run, p.Digest, ""); err != nil {
		t.Fatal(err)
	}
	return run
}

// Passed makes a report that passed and that nobody has signed.
func (in *Installation) Passed(t testing.TB) string { return in.conformed(t, flow.CasePassed) }

// Failed makes a report that did not pass.
func (in *Installation) Failed(t testing.TB) string { return in.conformed(t, flow.CaseFailed) }

func (in *Installation) conformed(t testing.TB, came flow.CaseResult) string {
	t.Helper()
	c, err := in.StartConformance(t.Context(), Admin(), flow.ConformanceInput{Subject: "Rodada", Description: "Rodada de conformidade"})
	if err == nil {
		err = in.BeginCase(t.Context(), c.ID, 1, string(desk.OpenOrder), "sucesso")
	}
	if err == nil {
		err = in.EndCase(t.Context(), c.ID, 1, came, desk.Because("conf_entregue", "http", 200), time.Second, nil)
	}
	if err == nil {
		_, err = in.FinishConformance(t.Context(), c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}

// Probing answers every probe with ok, and counts them.
func (in *Installation) Probing(ok bool) *[]flow.Endpoint {
	var asked []flow.Endpoint
	in.Flow.Probe = func(_ context.Context, _ desk.Environment, e flow.Endpoint) (flow.Probed, error) {
		asked = append(asked, e)
		if ok {
			return flow.Probed{OK: true, Code: "entendida", HTTPStatus: 200, Duration: 12 * time.Millisecond}, nil
		}
		return flow.Probed{Code: "credencial_recusada", HTTPStatus: 401, Reason: desk.Because("credencial_recusada", "http", 401)}, nil
	}
	return &asked
}

// Enter proves the version that runs and enters production's address and credentials, as the go-live form does.
func (in *Installation) Enter(t testing.TB, e flow.Endpoint) {
	t.Helper()
	if key, err := in.ConformanceKey(t.Context()); err != nil || !key.Signed {
		in.Prove(t)
	}
	before := in.Flow.Probe
	in.Probing(true)
	defer func() { in.Flow.Probe = before }()
	if _, err := in.SetProduction(t.Context(), Admin(), flow.ProductionInput{Place: e.Place(), Secrets: e.Secrets}); err != nil {
		t.Fatal(err)
	}
}

// ProductionToken makes a token of the field for production and answers its id and actor.
func (in *Installation) ProductionToken(t testing.TB, name string, origin desk.Origin) (int64, desk.Actor) {
	t.Helper()
	return in.tokenOf(t, name, origin, desk.Production)
}

// Ready does everything that a go-live wants.
func (in *Installation) Ready(t testing.TB) {
	t.Helper()
	in.Enter(t, flow.Endpoint{BaseURL: "http://127.0.0.1:2", AllowPrivate: true, Secrets: map[string]string{"token": "production-token"}})
	in.ProductionToken(t, "mobuss-producao", desk.Field)
}

// Live goes live.
func (in *Installation) Live(t testing.TB) {
	t.Helper()
	in.Ready(t)
	if err := in.GoLive(t.Context(), Admin(), flow.SwitchInput{UnitsReason: "a unidade 999 ainda não existe lá"}); err != nil {
		t.Fatal(err)
	}
}
