package web

import (
	"net/http"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// The demo's users (CONTRACT.md, "The demo"); nowhere else do they exist.
var demoUsers = []struct {
	login string
	role  desk.Role
}{{"atendente@demo", desk.Attendant}, {"consultor@demo", desk.Consultant}, {"gestor@demo", desk.Manager}, {"admin@demo", desk.Admin}}

const demoPassword = "ponte-demo"

// signInView is the sign-in page with what was typed; a password is never sent back.
type signInView struct {
	login string
	back  string
	error string
	done  bool // the password was just set anew
	demo  bool
	sso   string // what the provider's button says; empty: there is none
	only  bool   // and no other way
}

// showSignIn is GET /entrar.
func (s *site) showSignIn(r *request) error {
	back := ownPath(r.URL.Query().Get("volta"))
	if r.user.ID != 0 {
		return r.redirect(back)
	}
	v := s.signInView(back)
	v.done = r.URL.Query().Get("senha") == "nova"
	return r.show(http.StatusOK, signInPage(r.page(r.l.T("sign_in.title"), ""), v))
}

// signIn is POST /entrar. Whatever is wrong with a pair of login and password, the answer is the same, and takes
// as long.
func (s *site) signIn(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	login, back := strings.TrimSpace(r.PostFormValue("login")), ownPath(r.PostFormValue("volta"))
	user, err := s.verify(r, login, r.PostFormValue("senha"))
	if e, ok := understood(err); ok {
		r.retryAfter(e.RetryAfter)
		v := s.signInView(back)
		v.login, v.error = login, r.l.Error(e)
		return r.show(statusOf[e.Kind], signInPage(r.page(r.l.T("sign_in.title"), ""), v))
	}
	if err != nil {
		return err
	}
	return s.enter(r, user, byPassword(r), back)
}

func byPassword(r *request) flow.Entrance {
	return flow.Entrance{How: flow.ByPassword, Address: addressOf(r.Request)}
}

func (s *site) verify(r *request, login, password string) (flow.User, error) {
	if s.sso.only() {
		return flow.User{}, desk.Fail(desk.ErrLocalOff)
	}
	address := addressOf(r.Request)
	if err := s.mayTry(r, flow.TrySignIn, login); err != nil {
		return flow.User{}, err
	}
	user, known, err := s.flow.UserByLogin(r.Context(), login)
	if err != nil {
		return user, err
	}
	hash := user.PasswordHash
	if !known {
		hash = ""
	}
	right, err := s.passwords.Verify(r.Context(), password, hash)
	switch {
	case err != nil:
		return user, err
	case !right:
		s.log.Warn("web: sign-in refused", "endereco", address, "conhecido", known)
		if err := s.flow.SignInRefused(r.Context(), login, flow.RefusedPassword, byPassword(r)); err != nil {
			return user, err
		}
		return user, desk.Fail(desk.ErrUnauthenticated)
	}
	return user, nil
}
