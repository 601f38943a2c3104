package web

import (
	"net/url"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// freshWord is how long a sign-in by the house's provider confirms what else asks for a password.
const freshWord = 15 * time.Minute

// confirmation is how a person shows once more who it is, before what an open session alone is no licence for.
type confirmation struct {
	sso   string // the provider's name, for those who came from there; empty: by the password
	again string // where the provider asks once more; empty: it did so just now
}

func (s *site) confirmation(r *request, back string) confirmation {
	if !s.bySSO(r) {
		return confirmation{}
	}
	c := confirmation{sso: s.sso.Label}
	if !s.justCame(r) {
		c.again = ssoPath + "?" + url.Values{"confirmar": {"1"}, "volta": {back}}.Encode()
	}
	return c
}

func (s *site) bySSO(r *request) bool {
	return s.sso.Provider != nil && s.sessions.GetBool(r.Context(), sessionSSO)
}

func (s *site) justCame(r *request) bool {
	return r.now.Sub(time.UnixMilli(s.sessions.GetInt64(r.Context(), sessionBegan))) < freshWord
}

// sameWhoSignedIn asks for the person's own password: an open session is no licence to guess the password behind it. Who came
// by the provider has its word for that, if it is fresh; their account may have a password that nobody ever told them.
func (s *site) sameWhoSignedIn(r *request, field, password string) error {
	switch {
	case s.bySSO(r) && s.justCame(r):
		return nil
	case s.bySSO(r) || r.user.PasswordHash == "":
		return desk.BadField(field, "entre_de_novo")
	case password == "":
		return desk.BadField(field, "obrigatorio")
	}
	if err := s.mayTry(r, flow.TrySignIn, r.user.Login); err != nil {
		return err
	}
	right, err := s.passwords.Verify(r.Context(), password, r.user.PasswordHash)
	if err != nil {
		return err
	}
	if !right {
		return desk.BadField(field, "senha_errada")
	}
	return s.forgive(r, r.user.Login)
}
