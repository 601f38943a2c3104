package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/sso"
)

const (
	ssoPath     = "/entrar/sso"
	ssoBackPath = "/entrar/sso/volta"

	// What a session holds of somebody who is at the provider, and of somebody who came from there.
	sessionTicket     = "bilhete"
	sessionTicketTill = "bilhete_ate"
	sessionSSO        = "sso"

	// ssoLife is how long a person may take at the provider.
	ssoLife = 10 * time.Minute
)

// SSO is the house's own provider; a nil Provider: there is none.
type SSO struct {
	*sso.Provider
	// BaseURL is what browsers see.
	BaseURL func() string
}

func (o SSO) only() bool { return o.Provider != nil && o.Only }

// beginSSO is GET /entrar/sso: the browser keeps a ticket, in a session of its own in the database, so that any replica
// takes it back, and goes to the provider. With confirmar=1 somebody who came from there is asked once more, and keeps the
// session meanwhile.
func (s *site) beginSSO(r *request) error {
	if s.sso.Provider == nil {
		return notFound()
	}
	back := ownPath(r.URL.Query().Get("volta"))
	again := r.user.ID != 0 && r.URL.Query().Get("confirmar") != "" && s.bySSO(r)
	if r.user.ID != 0 && !again {
		return r.redirect(back)
	}
	if err := s.mayTry(r, flow.TrySSO, ""); err != nil {
		return err
	}
	t, to, err := s.sso.Begin(r.Context(), back, again)
	if err != nil {
		return s.ssoFailed(r, err)
	}
	b, err := json.Marshal(t)
	if err != nil {
		return err
	}
	till := r.now.Add(ssoLife)
	if !again {
		if err := s.blank(r.Context()); err != nil {
			return err
		}
		s.sessions.SetDeadline(r.Context(), till)
	}
	s.sessions.Put(r.Context(), sessionTicket, string(b))
	s.sessions.Put(r.Context(), sessionTicketTill, till.UnixMilli())
	http.Redirect(r.w, r.Request, to, http.StatusSeeOther)
	return nil
}

// finishSSO is GET /entrar/sso/volta. A ticket is for one answer, whatever that is.
func (s *site) finishSSO(r *request) error {
	if s.sso.Provider == nil {
		return notFound()
	}
	held := s.sessions.PopString(r.Context(), sessionTicket)
	if r.user.ID != 0 && held == "" { // back by the browser's arrow: nothing is asked again
		return r.redirect("/")
	}
	var t sso.Ticket
	if r.now.UnixMilli() < s.sessions.GetInt64(r.Context(), sessionTicketTill) {
		_ = json.Unmarshal([]byte(held), &t) // none: the answer fits none
	}
	if r.user.ID == 0 {
		if err := s.sessions.Destroy(r.Context()); err != nil {
			return err
		}
	}
	who, err := s.sso.Finish(r.Context(), t, r.URL.Query())
	if err != nil {
		return s.ssoFailed(r, err)
	}
	roles, few, developments := s.sso.Grant(who.Groups)
	u, err := s.flow.Arrive(r.Context(), flow.Arrival{Issuer: who.Issuer, Subject: who.Subject, Email: who.Email, Name: who.Name, EmailVerified: who.EmailVerified,
		Mapped: len(s.sso.Rules) > 0, Roles: roles, Few: few, Developments: developments, Create: s.sso.Create, Address: addressOf(r.Request)})
	if err != nil {
		return s.ssoFailed(r, err)
	}
	if err := s.begin(r, u); err != nil {
		return err
	}
	s.sessions.Put(r.Context(), sessionSSO, true)
	return r.redirect(ownPath(t.Back))
}

// ssoAdvice is what an administrator does about a person who was not let in.
var ssoAdvice = map[string]string{
	flow.SSONoAccount:  "make an account whose login is the person's address, or let accounts be made by oidc-create",
	flow.SSOUnverified: "the provider sends no verified address: add the scope email, name the claim by oidc-email-claim, or say oidc-trust-email if only the house's own people have addresses there",
	flow.SSONoGroup:    "put the person into a group that oidc-map names; if the groups don't arrive, add their scope or name their claim by oidc-groups-claim",
	flow.SSOBadMap:     "oidc-map names a development that the registry doesn't have",
	flow.RefusedClosed: "the account is closed; open it again if the person should come in",
}

// ssoFailed tells the person that it didn't go, and by which number the administrator finds out why; the log has the rest.
func (s *site) ssoFailed(r *request, err error) error {
	shown, why, do := desk.Fail(desk.ErrSSO), "", ""
	var failure *sso.Failure
	e, ok := understood(err)
	switch {
	case errors.As(err, &failure):
		why, do = failure.Error(), failure.Do
		if failure.Away {
			shown = desk.Fail(desk.ErrSSOAway)
		}
	case ok && e.Code == desk.ErrSSO:
		why, _ = e.Args["motivo"].(string)
		do = ssoAdvice[why]
	default:
		return err
	}
	s.log.Warn("web: single sign-on refused", "pedido", r.id, "motivo", why, "fazer", do, "endereco", addressOf(r.Request))
	v := s.signInView("/")
	v.error = r.l.Error(shown) + " " + r.l.T("sign_in.sso_number", "id", r.id)
	return r.show(statusOf[shown.Kind], signInPage(r.page(r.l.T("sign_in.title"), ""), v))
}

func (s *site) signInView(back string) signInView {
	v := signInView{back: back, demo: s.demo, only: s.sso.only()}
	if s.sso.Provider != nil {
		v.sso = s.sso.Label
	}
	return v
}

// leaveSSO is where somebody who came from the provider signs out of it too; empty: nowhere.
func (s *site) leaveSSO(ctx context.Context) string {
	if s.sso.Provider == nil {
		return ""
	}
	return s.sso.Leave(ctx, strings.TrimRight(s.sso.BaseURL(), "/")+"/entrar")
}

func errLocalOff() error { return desk.Fail(desk.ErrLocalOff) }
