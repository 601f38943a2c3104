package web

import (
	"net/http"
	"slices"
	"time"

	"ponte/internal/desk"
	"ponte/internal/i18n"
)

// look is how a person wants the pages: what they set, else what their browser says.
type look struct {
	language string
	theme    string // "light", "dark", or empty for the device's
}

// Cookies that remember the look of who has not signed in.
const (
	languageCookie = "ponte-idioma"
	themeCookie    = "ponte-tema"
	lookLife       = 365 * 24 * time.Hour
)

var themes = []string{"", "light", "dark"}

func (s *site) lookOf(r *request) look {
	l := look{language: r.user.Language, theme: r.user.Theme}
	if !slices.Contains(i18n.Languages, l.language) {
		l.language = cookie(r, languageCookie, i18n.Languages)
	}
	if l.language == "" {
		l.language = s.words.Negotiate(r.Header.Get("Accept-Language"))
	}
	if r.user.ID == 0 {
		l.theme = cookie(r, themeCookie, themes)
	}
	return l
}

func cookie(r *request, name string, allowed []string) string {
	c, err := r.Cookie(name)
	if err != nil || !slices.Contains(allowed, c.Value) {
		return ""
	}
	return c.Value
}

// changeLook is POST /aparencia: language and theme, of a person for good, of a browser for a year.
func (s *site) changeLook(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	l := r.look
	if v, given := r.PostForm["idioma"]; given {
		l.language = v[0]
	}
	if v, given := r.PostForm["tema"]; given {
		l.theme = v[0]
	}
	if !slices.Contains(i18n.Languages, l.language) || !slices.Contains(themes, l.theme) {
		return desk.Fail(desk.ErrContent)
	}
	if r.user.ID != 0 {
		if err := s.flow.SetLook(r.Context(), r.actor(), r.user.ID, l.language, l.theme); err != nil {
			return err
		}
	}
	// The browser remembers too, so that the sign-in page looks the same.
	for name, value := range map[string]string{languageCookie: l.language, themeCookie: l.theme} {
		http.SetCookie(r.w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(lookLife.Seconds()),
			HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode})
	}
	return r.redirect(ownPath(r.PostFormValue("volta")))
}
