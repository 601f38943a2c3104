package web

import (
	"net/http"
	"unicode/utf8"

	"ponte/internal/auth"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

// minPassword is in characters. A long one is worth more than one with signs in it.
const minPassword = 10

// accountView is the page of one's own account; passwords are never sent back.
type accountView struct {
	problems map[string]string
	done     bool
	sessions []flow.Session
	current  string // the one that looks
}

// showAccount is GET /conta.
func (s *site) showAccount(r *request) error {
	return s.account(r, http.StatusOK, accountView{done: r.URL.Query().Get("senha") == "trocada"})
}

func (s *site) account(r *request, status int, v accountView) (err error) {
	if v.sessions, err = s.flow.SessionsOf(r.Context(), r.actor(), r.user.ID); err != nil {
		return err
	}
	v.current = flow.SessionID(s.sessionHash(r))
	return r.show(status, accountPage(s.accountOf(r), v))
}

func (s *site) accountOf(r *request) *page {
	p := r.page(r.l.T("account.title"), "conta")
	p.path = "/conta"
	return p
}

// changePassword is POST /conta/senha. Whoever changes it stays signed in here, and nowhere else.
func (s *site) changePassword(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	failed := s.setOwnPassword(r, r.PostFormValue("atual"), r.PostFormValue("nova"))
	if failed == nil {
		return r.redirect("/conta?senha=trocada")
	}
	e, beside := besideForm(failed)
	if !beside {
		return failed
	}
	r.retryAfter(e.RetryAfter)
	return s.account(r, statusOf[e.Kind], accountView{problems: problemsOf(r, e)})
}

func (s *site) setOwnPassword(r *request, old, new string) error {
	switch {
	case old == "":
		return desk.BadField("atual", "obrigatorio")
	case utf8.RuneCountInString(new) < minPassword:
		return desk.BadField("nova", "senha_curta", "minimo", minPassword)
	case len(new) > auth.MaxPassword:
		return desk.BadField("nova", "grande_demais", "maximo", auth.MaxPassword)
	}
	// An open session is no licence to guess the password behind it.
	if err := s.mayTry(r, flow.TrySignIn, r.user.Login); err != nil {
		return err
	}
	right, err := s.passwords.Verify(r.Context(), old, r.user.PasswordHash)
	if err != nil {
		return err
	}
	if !right {
		return desk.BadField("atual", "senha_errada")
	}
	if err := s.forgive(r, r.user.Login); err != nil {
		return err
	}
	hash, err := s.passwords.Hash(r.Context(), new)
	if err != nil {
		return err
	}
	if err := s.flow.SetPassword(r.Context(), r.actor(), r.user.ID, hash); err != nil {
		return err
	}
	u, _, err := s.flow.UserByID(r.Context(), r.user.ID)
	if err != nil {
		return err
	}
	bySSO := s.sessions.GetBool(r.Context(), sessionSSO)
	if err := s.begin(r, u); err != nil {
		return err
	}
	if bySSO { // the same person still: signing out leads to the provider too
		s.sessions.Put(r.Context(), sessionSSO, true)
	}
	return nil
}
