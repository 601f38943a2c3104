package outbox

import (
	"testing"
	"time"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/mapping"
)

// noon is when tests without a database begin.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const (
	settling = 30 * time.Second
	limit    = 24 * time.Hour
	first    = 2 * time.Second
	longest  = 15 * time.Minute
)

// compiled is a preset of method C with the patience that the constants above say, and no chance in it.
func compiled(t testing.TB, preset string, change func(*mapping.Config)) *mapping.Compiled {
	t.Helper()
	c, err := mapping.Default(desk.MethodC, preset)
	if err != nil {
		t.Fatal(err)
	}
	p := &c.Integration.Policy
	p.Settling, p.TotalLimit, p.FirstRetry, p.MaxRetry = mapping.Duration(settling), mapping.Duration(limit), mapping.Duration(first), mapping.Duration(longest)
	p.Jitter = 0
	if change != nil {
		change(c)
	}
	k, err := mapping.Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// job is a bound call of a point, sent for the first time at noon.
func job(t testing.TB, rules *mapping.Compiled, p desk.Point) flow.Job {
	t.Helper()
	frozen, err := rules.Freeze(p, &mapping.Facts{
		Occurrence: mapping.Occurrence{Number: 1234, LegacyID: "1234", Subject: "Vazamento", Description: "Água no teto"},
		Unit:       mapping.Unit{Number: "101", MobussID: "MOB-AUR-A-101"}, Customer: mapping.Customer{Name: "Ana", Document: "390.533.447-05"},
		Movement: mapping.Movement{Comment: "Olá", Author: "Bia", At: noon, VisitStart: noon.Add(time.Hour)}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := frozen.Bind(mapping.Refs{DeliveryID: "envio-1", OrderID: "SAT-1", OrderNumber: "88001"})
	if err != nil {
		t.Fatal(err)
	}
	return flow.Job{DeliveryID: "envio-1", Point: p, Request: r, Rules: rules, Policy: rules.Config().Integration.Policy, Attempts: 1, FirstSent: noon}
}

// looking is the same job when its outcome is unknown since noon, and a look-up is due.
func looking(j flow.Job, looks int) flow.Job {
	j.LookUp, j.Looks, j.UnknownSince = true, looks, noon
	return j
}

// at is an outbox that only decides, at a moment.
func at(now time.Time) *Outbox { return New(Options{Now: func() time.Time { return now }}) }

// answer is an exchange that was answered; header holds pairs of lower-case name and value.
func answer(status int, body string, header ...string) connector.Exchange {
	a := &mapping.Answer{Status: status, Header: map[string]string{"content-type": "application/json"}, Body: []byte(body)}
	for i := 0; i+1 < len(header); i += 2 {
		a.Header[header[i]] = header[i+1]
	}
	return connector.Exchange{Answer: a, StartedAt: noon}
}

// unanswered is an exchange without an answer: not sent, or sent and nothing came back.
func unanswered(reason string, notSent bool) connector.Exchange {
	return connector.Exchange{ErrCode: reason, NotSent: notSent, StartedAt: noon}
}
