package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// me is who looks: whoever may read the secret key and the database may see anything.
func me() desk.Actor {
	return desk.Actor{Kind: "comando", Name: "ponte doctor", Origin: desk.House, Roles: []desk.Role{desk.Admin}}
}

func (e *examination) people() {
	const check = "people"
	if e.Flow == nil {
		e.say(check, Skipped, "without the secret key use cases can't be asked", "")
		return
	}
	users, err := e.Flow.Users(e.ctx)
	if err != nil {
		e.fail(check, err, "")
		return
	}
	admins, open := 0, 0
	for _, u := range users {
		if u.Disabled {
			continue
		}
		open++
		if slices.Contains(u.Roles, desk.Admin) {
			admins++
		}
	}
	if admins == 0 {
		e.say(check, Wrong, fmt.Sprintf("%d accounts, and none of them is an administrator's", open), "ponte user add LOGIN --name NAME --role admin")
		return
	}
	e.say(check, OK, fmt.Sprintf("%d accounts, %d of administrators", open, admins), "")
}

func (e *examination) configuration() {
	const check = "configuration"
	if e.Flow == nil {
		e.say(check, Skipped, "without the secret key use cases can't be asked", "")
		return
	}
	h, err := e.Flow.Health(e.ctx)
	if err != nil {
		e.fail(check, err, "the configuration that runs can't be read: ponte config versions, and bring an older one back with ponte config restore")
		return
	}
	switch {
	case h.Method == desk.NoMethod:
		e.say(check, Note, "no integration method is chosen: nothing is sent or taken", "the consultant chooses one")
	case h.Method.Sends() && h.Failure == "":
		e.say(check, Wrong, "no failure status is configured", "the consultant sets it on the integration's page")
	default:
		e.say(check, OK, fmt.Sprintf("method %s, environment %s", h.Method, h.Active), "")
	}
	if !h.Method.Sends() {
		return
	}
	if h.Active == desk.Production && h.Paused {
		e.say(check, Note, "production is paused: occurrences queue", "")
	}
	for _, env := range []desk.Environment{desk.Homologation, desk.Production} {
		if env == desk.Homologation || h.Active == env {
			e.endpoint(env, env == h.Active)
		}
	}
}

func (e *examination) endpoint(env desk.Environment, active bool) {
	check := "endpoint of " + string(env)
	s, err := e.Flow.EndpointState(e.ctx, me(), env)
	if err != nil {
		e.fail(check, err, "set the credentials again: ponte config secret "+string(env)+" NAME")
		return
	}
	state := Note
	if active {
		state = Wrong
	}
	if !s.Complete() {
		e.say(check, state, "its address or a credential is missing, so deliveries wait", "ponte config endpoint shows which; ponte config endpoint URL, ponte config secret "+string(env)+" NAME")
		return
	}
	e.say(check, OK, s.BaseURL, "")
	for whose, c := range map[string]*flow.CertificateFacts{"our certificate": s.Certificate, "the authority that we trust": s.Authority} {
		if c != nil {
			e.lasts(check, c.Subject, whose, c.NotAfter)
		}
	}
	if e.Online {
		e.ask(check+" answers", env, s.BaseURL)
	}
}

// soon is how long before its end a token or a certificate is told of.
const soon = 14 * 24 * time.Hour

func (e *examination) tokens() {
	const check = "tokens"
	if e.Flow == nil {
		e.say(check, Skipped, "without the secret key use cases can't be asked", "")
		return
	}
	all, err := e.Flow.Tokens(e.ctx)
	if err != nil {
		e.fail(check, err, "")
		return
	}
	good, told := 0, false
	for _, t := range all {
		if !t.RevokedAt.IsZero() || t.ReplacedBy != 0 {
			continue
		}
		left := t.ExpiresAt.Sub(e.Now())
		switch {
		case t.ExpiresAt.IsZero():
			good++
		case left <= 0:
			told = true
			e.say(check, Note, fmt.Sprintf("%q (%d, …%s) expired on %s", t.Name, t.ID, t.Hint, t.ExpiresAt.UTC().Format(time.DateOnly)), "if its program is still used, make another: ponte token add; else ponte token revoke")
		case left < soon:
			good, told = good+1, true
			e.say(check, Wrong, fmt.Sprintf("%q (%d, …%s) expires on %s", t.Name, t.ID, t.Hint, t.ExpiresAt.UTC().Format(time.DateOnly)), "replace it, and hand the new key to whoever calls with it")
		default:
			good++
		}
	}
	if !told {
		e.say(check, OK, fmt.Sprintf("%d that work", good), "")
	}
}

// Older than these a backlog is not a busy moment any more.
const (
	slowBacklog     = 15 * time.Minute
	patientAnalysis = 24 * time.Hour
)

func (e *examination) backlog() {
	const check = "backlog"
	if e.Flow == nil {
		e.say(check, Skipped, "without the secret key use cases can't be asked", "")
		return
	}
	h, err := e.Flow.Health(e.ctx)
	if err != nil {
		e.say(check, Skipped, "the configuration can't be read", "")
		return
	}
	now := e.Now()
	found := len(e.found)
	if h.Overdue > 0 {
		do := "look into the log of ponte serve for \"outbox\""
		if e.Store.Path() != "" && !e.Served {
			do = "no ponte serve runs on this database: start it"
		}
		e.say(check, Wrong, fmt.Sprintf("%d lanes have been due for more than a minute, and nobody takes them", h.Overdue), do)
	}
	if h.Moving.Count > 0 && now.Sub(h.Moving.Oldest) > slowBacklog {
		e.say(check, Wrong, fmt.Sprintf("%d deliveries are on their way, the oldest since %s", h.Moving.Count, h.Moving.Oldest.UTC().Format(time.RFC3339)),
			"ponte doctor --online asks whether Mobuss answers; Integração > Envios shows what it said")
	}
	if h.Blocked.Count > 0 {
		e.say(check, Note, fmt.Sprintf("%d deliveries wait for a person, the oldest since %s", h.Blocked.Count, h.Blocked.Oldest.UTC().Format(time.RFC3339)),
			"Integração > Envios: resend or skip each; their occurrences stand still meanwhile")
	}
	if h.Analysis.Count > 0 && now.Sub(h.Analysis.Oldest) > patientAnalysis {
		e.say(check, Note, fmt.Sprintf("%d refused calls wait in the analysis queue, the oldest since %s", h.Analysis.Count, h.Analysis.Oldest.UTC().Format(time.RFC3339)),
			"Integração > Recebimentos: correct and replay, or discard")
	}
	if len(e.found) == found {
		e.say(check, OK, fmt.Sprintf("%d deliveries on their way, none blocked", h.Moving.Count), "")
	}
}

// reachTimeout bounds a question over the net.
const reachTimeout = 10 * time.Second

// reach asks an address without credentials. Any answer shows that it can be reached; ready wants a good one.
func (e *examination) reach(check, address string, ready bool) {
	ctx, cancel := context.WithTimeout(e.ctx, reachTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		e.fail(check, err, "")
		return
	}
	t := &http.Transport{Proxy: nil, TLSHandshakeTimeout: reachTimeout}
	defer t.CloseIdleConnections()
	c := &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	began := e.Now()
	res, err := c.Do(r)
	if err != nil {
		e.say(check, Wrong, said(err), "check the name, the firewall and the certificate from this machine: curl -v "+address)
		return
	}
	_ = res.Body.Close()
	if ready && res.StatusCode != http.StatusOK {
		e.say(check, Wrong, fmt.Sprintf("HTTP %d", res.StatusCode), "look at the reverse proxy, and at whether ponte serve runs")
		return
	}
	if date, err := http.ParseTime(res.Header.Get("Date")); err == nil && date.Sub(began).Abs() > time.Minute {
		e.say("clock", Note, fmt.Sprintf("%s says that it is %s, this machine %s", check, date.UTC().Format(time.RFC3339), began.UTC().Format(time.RFC3339)), "one of the two clocks is wrong")
	}
	e.certificate(check, res, fmt.Sprintf("HTTP %d after %s", res.StatusCode, e.Now().Sub(began).Round(time.Millisecond)))
}

func (e *examination) certificate(check string, res *http.Response, answered string) {
	if res.TLS != nil && len(res.TLS.PeerCertificates) > 0 {
		e.lasts(check, answered, "its certificate", res.TLS.PeerCertificates[0].NotAfter)
		return
	}
	e.say(check, OK, answered, "")
}

// said is an error of the net without the address, which may hold a key.
func said(err error) string {
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) {
		return "its certificate is signed by nobody whom this machine trusts"
	}
	text := err.Error()
	if i := strings.LastIndex(text, "\": "); i >= 0 {
		text = text[i+3:]
	}
	return text
}
