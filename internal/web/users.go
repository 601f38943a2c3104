package web

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// usersView is the accounts, with the form for another one.
type usersView struct {
	users    []flow.User
	name     string
	login    string
	roles    []string
	problems map[string]string
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
	p := r.page(r.l.T("nav.users"), "usuarios")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.title}}
	p.path = "/parametrizacoes/usuarios"
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
	v := usersView{name: r.typed("nome"), login: r.typed("login"), roles: r.PostForm["papel"]}
	secret, failed := s.add(r, v)
	if e, ok := besideForm(failed); ok {
		v.problems = problemsOf(r, e)
		return s.users(r, statusOf[e.Kind], v)
	}
	if failed != nil {
		return failed
	}
	return s.users(r, http.StatusOK, usersView{secret: secret, owner: v.login})
}

func (s *site) add(r *request, v usersView) (secret string, err error) {
	u := flow.User{Name: v.name, Login: v.login}
	for _, role := range desk.Roles {
		if slices.Contains(v.roles, string(role)) {
			u.Roles = append(u.Roles, role)
		}
	}
	for field, text := range map[string]string{"nome": v.name, "login": v.login} {
		if utf8.RuneCountInString(text) > 120 {
			return "", desk.BadField(field, "grande_demais", "maximo", 120)
		}
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

// changeUser is POST /parametrizacoes/usuarios/{id}/{ato}: desativar, reativar, senha, link or link-por-email.
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
	case "desativar":
		if id == r.user.ID { // nobody locks themselves out, and so there is always somebody who can let others in
			return desk.Fail(desk.ErrForbidden)
		}
		err = s.flow.SetDisabled(r.Context(), r.actor(), id, true)
	case "reativar":
		err = s.flow.SetDisabled(r.Context(), r.actor(), id, false)
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
	return r.redirect("/parametrizacoes/usuarios")
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

// rolesText names what somebody may do.
func rolesText(p *page, u flow.User) string {
	names := make([]string, len(u.Roles))
	for i, r := range u.Roles {
		names[i] = p.T("role." + string(r))
	}
	return strings.Join(names, ", ")
}
