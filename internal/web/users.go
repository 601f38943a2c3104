package web

import (
	"crypto/rand"
	"net/http"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// usersView is the accounts, with the form for another one.
type usersView struct {
	users    []flow.User
	form     userForm
	problems map[string]string
	factor   []desk.Role // those that must have a second factor
	// open sessions by user, and who can't sign in from somewhere just now
	open   map[int64]int64
	locked map[string]bool
	// what a person can be limited to
	developments []flow.Development
	// A password that was just made, and whose it is. It is shown in this answer and nowhere again.
	secret, owner string
	handed        *handedLink
}

// showUsers is GET /parametrizacoes/usuarios, for administrators.
func (s *site) showUsers(r *request) error { return s.users(r, http.StatusOK, usersView{}) }

func (s *site) users(r *request, status int, v usersView) error {
	if !r.actor().Has(desk.Admin) {
		return desk.Fail(desk.ErrForbidden)
	}
	var err error
	if v.users, err = s.flow.Users(r.Context()); err != nil {
		return err
	}
	if v.open, err = s.flow.OpenSessions(r.Context()); err != nil {
		return err
	}
	if v.developments, err = s.flow.Developments(r.Context(), r.actor()); err != nil {
		return err
	}
	if v.factor, err = s.flow.FactorRoles(r.Context()); err != nil {
		return err
	}
	locked, err := s.flow.LockedAccounts(r.Context(), r.actor())
	if err != nil {
		return err
	}
	v.locked = map[string]bool{}
	for _, l := range locked {
		v.locked[l.Login] = true
	}
	p := r.page(r.l.T("nav.users"), "usuarios")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.title}}
	p.path = usersPath
	return r.show(status, usersPage(p, v, s.mayMail))
}

// addUser is POST /parametrizacoes/usuarios: an account with a password of the house's making.
func (s *site) addUser(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	if !r.actor().Has(desk.Admin) {
		return desk.Fail(desk.ErrForbidden)
	}
	v := usersView{form: r.userForm()}
	secret, failed := s.add(r, v)
	if e, ok := besideForm(failed); ok {
		v.problems = problemsOf(r, e)
		return s.users(r, statusOf[e.Kind], v)
	}
	if failed != nil {
		return failed
	}
	return s.users(r, http.StatusOK, usersView{secret: secret, owner: v.form.login})
}

func (s *site) add(r *request, v usersView) (secret string, err error) {
	u, err := v.form.user()
	if err != nil {
		return "", err
	}
	secret, u.PasswordHash, err = s.newPassword(r)
	if err != nil {
		return "", err
	}
	_, err = s.flow.AddUser(r.Context(), r.actor(), u)
	return secret, err
}

// newPassword makes one that can be read out on the phone: 80 bits in four groups.
func (s *site) newPassword(r *request) (secret, hash string, err error) {
	text := strings.ToLower(rand.Text())
	secret = text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:16]
	hash, err = s.passwords.Hash(r.Context(), secret)
	return secret, hash, err
}

// changeUser is POST /parametrizacoes/usuarios/{id}/{ato}: salvar, desativar, reativar, destravar, encerrar, senha,
// link or link-por-email.
func (s *site) changeUser(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	if !r.actor().Has(desk.Admin) {
		return desk.Fail(desk.ErrForbidden)
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return notFound()
	}
	switch r.PathValue("ato") {
	case "salvar":
		return s.saveUser(r, id)
	case "encerrar":
		return s.endUserSessions(r, id)
	case "destravar":
		if err := s.flow.Unlock(r.Context(), r.actor(), id); err != nil {
			return err
		}
		return r.redirect(userPath(id))
	case "desativar":
		if id == r.user.ID { // nobody locks themselves out, and so there is always somebody who can let others in
			return desk.Fail(desk.ErrForbidden)
		}
		err = s.flow.SetDisabled(r.Context(), r.actor(), id, true)
	case "reativar":
		err = s.flow.SetDisabled(r.Context(), r.actor(), id, false)
	case "fator":
		if id == r.user.ID { // an open session is no licence to take it away: one's own goes by a code, at one's account
			return desk.Fail(desk.ErrForbidden)
		}
		err = s.flow.DropFactor(r.Context(), r.actor(), id)
	case "senha":
		return s.resetPassword(r, id)
	case "link":
		return s.handReset(r, id)
	case "link-por-email":
		return s.mailReset(r, id)
	default:
		return notFound()
	}
	if err != nil {
		return err
	}
	return r.redirect(usersPath)
}

func (s *site) resetPassword(r *request, id int64) error {
	if id == r.user.ID {
		return r.redirect("/conta")
	}
	u, ok, err := s.flow.UserByID(r.Context(), id)
	if err != nil {
		return err
	}
	if !ok {
		return notFound()
	}
	secret, hash, err := s.newPassword(r)
	if err != nil {
		return err
	}
	if err := s.flow.SetPassword(r.Context(), r.actor(), id, hash); err != nil {
		return err
	}
	return s.users(r, http.StatusOK, usersView{secret: secret, owner: u.Login})
}
