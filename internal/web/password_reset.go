package web

import (
	"context"
	"net/http"
	"regexp"
	"time"
	"unicode/utf8"

	"ponte/internal/auth"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/i18n"
)

// PasswordReset is how people who lost their password come to a new one.
type PasswordReset struct {
	// BaseURL is what links begin with, without a slash at its end. Never what the request says: the host that a
	// stranger names must not stand in somebody else's mail.
	BaseURL func() string
	// Post takes a letter that is written when its turn comes, and answers at once; false: too many wait. Nil: there is
	// no mail, and people ask an administrator.
	Post func(write func(context.Context) (*desk.Letter, error)) bool
}

const (
	askPath      = "/entrar/esqueci"
	resetPath    = flow.ResetPath
	resetCookie  = "ponte-nova-senha"
	resetKeyLife = 15 * time.Minute // from following the link to the new password
)

// askView is the page "Esqueci a senha"; it says the same whether or not there is such an account.
type askView struct {
	mail     bool
	login    string
	asked    bool
	problems map[string]string
}

// showAsk is GET /entrar/esqueci.
func (s *site) showAsk(r *request) error {
	return s.ask(r, http.StatusOK, askView{asked: r.URL.Query().Get("pedido") != ""})
}

func (s *site) ask(r *request, status int, v askView) error {
	p := r.page(r.l.T("reset.title"), "")
	p.path = askPath
	v.mail = s.reset.Post != nil
	v.asked = v.asked && v.mail
	return r.show(status, askPage(p, v))
}

// askReset is POST /entrar/esqueci. The account is looked for behind the answer, so that neither its words nor its
// time tell whether there is one.
func (s *site) askReset(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	if s.reset.Post == nil {
		return s.ask(r, http.StatusOK, askView{})
	}
	login := r.typed("login")
	failed := s.postReset(r, login)
	if e, ok := understood(failed); ok {
		r.retryAfter(e.RetryAfter)
		return s.ask(r, statusOf[e.Kind], askView{login: login, problems: problemsOf(r, e)})
	}
	if failed != nil {
		return failed
	}
	return r.redirect(askPath + "?pedido=1")
}

func (s *site) postReset(r *request, login string) error {
	switch {
	case s.sso.only():
		return errLocalOff()
	case login == "":
		return desk.BadField("login", "obrigatorio")
	case utf8.RuneCountInString(login) > 120:
		return desk.BadField("login", "grande_demais", "maximo", 120)
	}
	if err := s.mayTry(r, flow.TryAsk, login); err != nil {
		return err
	}
	language := r.l.Lang
	taken := s.reset.Post(func(ctx context.Context) (*desk.Letter, error) {
		key := auth.NewResetKey()
		u, ok, err := s.flow.AskPasswordReset(ctx, login, auth.HashKey(key))
		if err != nil || !ok {
			return nil, err
		}
		return s.resetLetter(u, key, language, false), nil
	})
	if !taken {
		return desk.Fail(desk.ErrUnavailable)
	}
	return nil
}

// resetLetter is in the language of its reader, where that is known.
func (s *site) resetLetter(u flow.User, key, language string, handed bool) *desk.Letter {
	text := "reset.letter_asked"
	if handed {
		text = "reset.letter_handed"
	}
	if u.Language != "" {
		language = u.Language
	}
	l := s.words.In(language)
	return &desk.Letter{To: u.Login, Language: l.Lang, Subject: l.T("reset.letter_subject"),
		Text: l.T(text, "name", u.Name, "life", resetLife(l, handed), "link", flow.ResetLink(s.reset.BaseURL(), key))}
}

// resetView is the page behind the link: the new password, or that the link holds no more.
type resetView struct {
	user     flow.User
	mail     bool
	problems map[string]string
}

var resetKey = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// showReset is GET /entrar/nova-senha. The key leaves the address at once, for a cookie of these pages alone: what
// stays in the history, and what the page could tell others as where it came from, is the bare path. Looking uses
// nothing up, since mail programs look at links too.
func (s *site) showReset(r *request) error {
	if key := r.URL.Query().Get("chave"); key != "" {
		r.w.Header().Set("Referrer-Policy", "no-referrer")
		if !resetKey.MatchString(key) {
			return s.resetOver(r)
		}
		s.keepResetKey(r, key, resetKeyLife)
		return r.redirect(resetPath)
	}
	u, err := s.flow.PasswordReset(r.Context(), auth.HashKey(cookieText(r, resetCookie)))
	if err != nil {
		return s.resetFailed(r, u, err)
	}
	return s.showResetForm(r, http.StatusOK, resetView{user: u})
}

// useReset is POST /entrar/nova-senha.
func (s *site) useReset(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	key := auth.HashKey(cookieText(r, resetCookie))
	u, err := s.flow.PasswordReset(r.Context(), key) // before any hashing: a stranger's guess costs one read
	if err == nil {
		err = s.setPassword(r, key, r.PostFormValue("nova"))
	}
	if err != nil {
		return s.resetFailed(r, u, err)
	}
	if err := s.forgive(r, u.Login); err != nil {
		return err
	}
	s.keepResetKey(r, "", -time.Second)
	if s.sso.only() { // the emergency's way in
		if u, _, err = s.flow.UserByID(r.Context(), u.ID); err != nil {
			return err
		}
		return s.enter(r, u, flow.Entrance{How: flow.ByLink, Address: addressOf(r.Request)}, "/")
	}
	return r.redirect("/entrar?senha=nova")
}

func (s *site) setPassword(r *request, key, password string) error {
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return desk.BadField("nova", "senha_curta", "minimo", minPassword)
	case len(password) > auth.MaxPassword:
		return desk.BadField("nova", "grande_demais", "maximo", auth.MaxPassword)
	}
	hash, err := s.passwords.Hash(r.Context(), password)
	if err != nil {
		return err
	}
	_, err = s.flow.UsePasswordReset(r.Context(), key, hash)
	return err
}

func (s *site) resetFailed(r *request, u flow.User, err error) error {
	e, ok := understood(err)
	switch {
	case !ok:
		return err
	case e.Code == desk.ErrResetKey:
		return s.resetOver(r)
	}
	return s.showResetForm(r, statusOf[e.Kind], resetView{user: u, problems: problemsOf(r, e)})
}

// resetOver is the page of every link that opens nothing: it says what to do, whichever the reason.
func (s *site) resetOver(r *request) error {
	return s.showResetForm(r, statusOf[desk.Fail(desk.ErrResetKey).Kind], resetView{})
}

func (s *site) showResetForm(r *request, status int, v resetView) error {
	title := "reset.new_title"
	if v.user.ID == 0 {
		title = "reset.over_title"
	}
	p := r.page(r.l.T(title), "")
	p.path = resetPath
	v.mail = s.reset.Post != nil
	return r.show(status, resetPage(p, v))
}

func (s *site) keepResetKey(r *request, key string, life time.Duration) {
	http.SetCookie(r.w, &http.Cookie{Name: resetCookie, Value: key, Path: resetPath, MaxAge: int(life.Seconds()),
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode})
}

func cookieText(r *request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// resetLife is how long a key holds, in words.
func resetLife(l *i18n.Localizer, handed bool) string {
	if handed {
		return l.N("reset.hours", int(flow.HandedResetLife.Hours()))
	}
	return l.N("reset.hours", int(flow.AskedResetLife.Hours()))
}
