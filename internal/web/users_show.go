package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

const usersPath = "/parametrizacoes/usuarios"

func userPath(id int64) string { return usersPath + "/" + strconv.FormatInt(id, 10) }

// userForm is what a person is called, may do and where, as it was typed.
type userForm struct {
	name, login  string
	roles        []string
	few          bool
	developments []string
}

func (r *request) userForm() userForm {
	return userForm{name: r.typed("nome"), login: r.typed("login"), roles: r.PostForm["papel"], few: r.PostFormValue("alcance") == "alguns",
		developments: r.PostForm["empreendimento"]}
}

func (f userForm) user() (flow.User, error) {
	u := flow.User{Name: f.name, Login: f.login, Few: f.few}
	for _, role := range desk.Roles {
		if slices.Contains(f.roles, string(role)) {
			u.Roles = append(u.Roles, role)
		}
	}
	for _, code := range f.developments {
		u.Developments = append(u.Developments, flow.Development{Code: code})
	}
	for _, of := range []struct{ field, text string }{{"nome", f.name}, {"login", f.login}} {
		if utf8.RuneCountInString(of.text) > 120 {
			return u, desk.BadField(of.field, "grande_demais", "maximo", 120)
		}
	}
	return u, nil
}

// userView is one account: what it may do and where, and where it is signed in.
type userView struct {
	user         flow.User
	form         userForm
	developments []flow.Development
	sessions     []flow.Session
	current      string // the session that looks
	locked       []flow.Locked
	problems     map[string]string
	saved        bool
}

// showUser is GET /parametrizacoes/usuarios/{id}.
func (s *site) showUser(r *request) error {
	if !r.actor().Has(desk.Admin) {
		return desk.Fail(desk.ErrForbidden)
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return notFound()
	}
	return s.userPage(r, http.StatusOK, id, userView{saved: r.URL.Query().Has("salvo")})
}

// userPage shows an account; a form that was refused stands as it was typed.
func (s *site) userPage(r *request, status int, id int64, v userView) error {
	all, err := s.flow.Users(r.Context())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(u flow.User) bool { return u.ID == id })
	if i < 0 {
		return notFound()
	}
	v.user = all[i]
	if v.problems == nil {
		v.form = formOf(v.user)
	}
	if v.developments, err = s.flow.Developments(r.Context(), r.actor()); err != nil {
		return err
	}
	if v.sessions, err = s.flow.SessionsOf(r.Context(), r.actor(), id); err != nil {
		return err
	}
	locked, err := s.flow.LockedAccounts(r.Context(), r.actor())
	if err != nil {
		return err
	}
	v.locked = slices.DeleteFunc(locked, func(l flow.Locked) bool { return l.Login != v.user.Login })
	v.current = flow.SessionID(s.sessionHash(r))
	p := r.page(v.user.Name, "usuarios")
	p.crumbs = []crumb{{label: p.T("nav.settings")}, {label: p.T("nav.users"), href: usersPath}, {label: p.title}}
	p.path = userPath(id)
	return r.show(status, userShown(p, v))
}

func formOf(u flow.User) userForm {
	f := userForm{name: u.Name, login: u.Login, few: u.Few}
	for _, role := range u.Roles {
		f.roles = append(f.roles, string(role))
	}
	for _, d := range u.Developments {
		f.developments = append(f.developments, d.Code)
	}
	return f
}

// saveUser is the act "salvar".
func (s *site) saveUser(r *request, id int64) error {
	v := userView{form: r.userForm()}
	u, failed := v.form.user()
	if u.ID = id; failed == nil {
		failed = s.flow.ChangeUser(r.Context(), r.actor(), u)
	}
	if e, ok := besideForm(failed); ok {
		v.problems = problemsOf(r, e)
		return s.userPage(r, statusOf[e.Kind], id, v)
	}
	if failed != nil {
		return failed
	}
	return r.redirect(userPath(id) + "?salvo=1")
}

// endUserSessions is the act "encerrar": one of the person's sessions, or all of them. Whoever ends their own stays
// signed in here.
func (s *site) endUserSessions(r *request, id int64) error {
	if err := s.endSessions(r, id); err != nil {
		return err
	}
	return r.redirect(userPath(id))
}

func (s *site) endSessions(r *request, user int64) error {
	if one := r.PostFormValue("sessao"); one != "" {
		return s.flow.EndSession(r.Context(), r.actor(), user, one)
	}
	spare := ""
	if user == r.user.ID {
		spare = s.sessionHash(r)
	}
	return s.flow.EndSessions(r.Context(), r.actor(), user, spare)
}

// endOwnSessions is POST /conta/sessoes.
func (s *site) endOwnSessions(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	if err := s.endSessions(r, r.user.ID); err != nil {
		return err
	}
	return r.redirect("/conta#sessoes")
}

// rolesText names what somebody may do.
func rolesText(p *page, u flow.User) string {
	names := make([]string, len(u.Roles))
	for i, r := range u.Roles {
		names[i] = p.T("role." + string(r))
	}
	return strings.Join(names, ", ")
}

// reachText names where somebody works; it says nothing of whoever works everywhere.
func reachText(u flow.User) string {
	codes := make([]string, len(u.Developments))
	for i, d := range u.Developments {
		codes[i] = d.Code
	}
	return strings.Join(codes, ", ")
}

// agentText is a browser in two words, as people know it: "Firefox, Linux".
func agentText(p *page, agent string) string {
	first := func(marks ...[2]string) string {
		for _, m := range marks {
			if strings.Contains(agent, m[0]) {
				return m[1]
			}
		}
		return ""
	}
	browser := first([2]string{"Edg/", "Edge"}, [2]string{"OPR/", "Opera"}, [2]string{"Firefox/", "Firefox"}, [2]string{"Chrome/", "Chrome"},
		[2]string{"Safari/", "Safari"})
	system := first([2]string{"Android", "Android"}, [2]string{"iPhone", "iPhone"}, [2]string{"iPad", "iPad"}, [2]string{"Windows", "Windows"},
		[2]string{"Mac OS", "macOS"}, [2]string{"Linux", "Linux"})
	switch {
	case browser != "" && system != "":
		return browser + ", " + system
	case browser != "":
		return browser
	}
	return p.T("users.agent_unknown")
}

// endAll: the session that looks is spared.
func endAll(all []flow.Session, current string) string {
	if slices.ContainsFunc(all, func(s flow.Session) bool { return s.ID == current }) {
		return "users.end_other_sessions"
	}
	return "users.end_sessions"
}
