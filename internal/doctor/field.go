package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/probe"
)

// askTimeout bounds the question to the field's tool, its authentication included.
const askTimeout = 20 * time.Second

// ask puts the connection's own question, which changes nothing over there, with the credentials that are kept: it shows
// whether deliveries would arrive. Where nothing can be asked, whether the address answers at all is better than nothing.
func (e *examination) ask(check string, env desk.Environment, address string) {
	ctx, cancel := context.WithTimeout(e.ctx, askTimeout)
	defer cancel()
	c, err := e.Flow.Calling(ctx, env)
	if err != nil {
		e.fail(check, err, "set the credentials again: ponte config secret "+string(env)+" NAME")
		return
	}
	r, err := probe.New(e.Flow).ProbeWith(ctx, env, c.Endpoint)
	if err != nil {
		e.fail(check, err, "")
		return
	}
	switch r.Code {
	case probe.NoQuestion, probe.Incomplete, probe.NotCalled, probe.NoAddress:
		e.reach(check, address, false)
		return
	case probe.Understood:
		answered := fmt.Sprintf("the look-up of an order that does not exist was answered as it should be, after %s", r.Took.Round(time.Millisecond))
		if r.Peer != nil {
			e.lasts(check, answered, "its certificate", r.Peer.NotAfter)
			return
		}
		e.say(check, OK, answered, "")
		return
	}
	said := failures[r.Code][0]
	if r.HTTPStatus != 0 {
		said += fmt.Sprintf(" (HTTP %d)", r.HTTPStatus)
	}
	if len(r.Missing) > 0 {
		said += ": " + strings.Join(r.Missing, ", ")
	}
	if r.Reason.Code != "" {
		said += "; reason: " + r.Reason.Code
	}
	e.say(check, Wrong, said, failures[r.Code][1])
}

// failures say how far the question came, and what to do.
var failures = map[probe.Code][2]string{
	probe.NoSecret:   {"a credential is missing", "ponte config secret ENVIRONMENT NAME"},
	probe.Unreached:  {"no connection, or no answer in time", "check the name, the firewall and the address from this machine: curl -v"},
	probe.BadTLS:     {"TLS was refused: their certificate, or ours", "look at both certificates; an authority of their own is set on the integration's page"},
	probe.NoToken:    {"the token server gave no token", "check the token server's address and the client's id and secret"},
	probe.Denied:     {"the credential was refused", "ponte config secret ENVIRONMENT NAME, and ask Mobuss"},
	probe.Failing:    {"it answers that it can't answer now", "nothing here: deliveries wait and go by themselves; ask Mobuss if it lasts"},
	probe.Unreadable: {"it answers something that the rules can't read", "the consultant looks at the look-up's rules: Integração com o Mobuss > Testar"},
	probe.FoundIt:    {"it finds an order that does not exist: the look-up's rules are too generous", "the consultant mends them before anything is sent: an order that was never made would count as made"},
}

// lasts says until when a certificate does.
func (e *examination) lasts(check, answered, whose string, ends time.Time) {
	if ends.Sub(e.Now()) < soon {
		e.say(check, Wrong, answered+"; "+whose+" ends on "+ends.UTC().Format(time.DateOnly), "have it renewed")
		return
	}
	e.say(check, OK, answered+"; "+whose+" lasts until "+ends.UTC().Format(time.DateOnly), "")
}

// reconciliation: what Mobuss holds is compared as often as it was wished.
func (e *examination) reconciliation() {
	const check = "reconciliation"
	if e.Flow == nil {
		e.say(check, Skipped, "without the secret key use cases can't be asked", "")
		return
	}
	s, err := e.Flow.ReconcileStatus(e.ctx, me())
	if err != nil {
		e.say(check, Skipped, "the configuration can't be read", "")
		return
	}
	if s.Off != "" {
		e.say(check, Note, "nothing is compared with Mobuss: "+s.Off, "the consultant configures integracao.conciliacao (docs/configuration.md)")
		return
	}
	last, failed := lastRun(s.Runs)
	var open int64
	for _, n := range s.ByKind {
		open += n
	}
	said := "never yet"
	if !last.IsZero() {
		said = fmt.Sprintf("last at %s, %d findings open", last.UTC().Format(time.RFC3339), open)
	}
	every := s.Rules.Every.Std()
	switch overdue := !last.IsZero() && e.Now().Sub(last) > 2*every+time.Hour; {
	case every > 0 && (overdue || last.IsZero() && e.Served && len(s.Runs) > 0):
		e.say(check, Wrong, fmt.Sprintf("wished every %s, and %s", every, said), "look into the log of ponte serve for \"reconcile\"; Integração > Conciliação shows its runs")
	case failed:
		e.say(check, Note, said+"; most of its questions had no usable answer, and say nothing", "Integração > Conciliação; ponte doctor --online")
	case every == 0:
		e.say(check, OK, "on demand alone; "+said, "")
	default:
		e.say(check, OK, said, "")
	}
}

// lastRun is when the last run that came to its end began, and whether most of its questions failed.
func lastRun(runs []flow.Run) (at time.Time, failed bool) {
	for _, r := range runs {
		if !r.EndedAt.IsZero() && r.State == flow.RunDone {
			return r.StartedAt, r.Failed > 0 && 2*r.Failed > r.Orders+r.Customers
		}
	}
	return at, false
}
