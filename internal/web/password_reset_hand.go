package web

import (
	"context"
	"net/http"

	"ponte/internal/auth"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

// handedLink is a link for a new password that an administrator just made. It is shown in this answer and nowhere
// again; mailed ones are not shown at all.
type handedLink struct {
	user   flow.User
	link   string
	mailed bool
}

// handReset is the act "link" on an account: a link to hand over.
func (s *site) handReset(r *request, id int64) error {
	if id == r.user.ID {
		return r.redirect("/conta")
	}
	key := auth.NewResetKey()
	u, err := s.flow.HandPasswordReset(r.Context(), r.actor(), id, auth.HashKey(key))
	if err != nil {
		return err
	}
	return s.users(r, http.StatusOK, usersView{handed: &handedLink{user: u, link: flow.ResetLink(s.ownAddress(r), key)}})
}

// mailReset is the act "link-por-email": the same, which nobody but its reader sees.
func (s *site) mailReset(r *request, id int64) error {
	if id == r.user.ID {
		return r.redirect("/conta")
	}
	u, ok, err := s.flow.UserByID(r.Context(), id)
	if err != nil {
		return err
	}
	if !ok || !s.mayMail(u) {
		return notFound()
	}
	actor, language := r.actor(), r.l.Lang
	taken := s.reset.Post(func(ctx context.Context) (*desk.Letter, error) {
		key := auth.NewResetKey()
		u, err := s.flow.HandPasswordReset(ctx, actor, id, auth.HashKey(key))
		if _, gone := understood(err); gone { // disabled since
			return nil, nil //nolint:nilnil // no letter and no error: there is nothing to send
		}
		if err != nil {
			return nil, err
		}
		return s.resetLetter(u, key, language, true), nil
	})
	if !taken {
		return desk.Fail(desk.ErrUnavailable)
	}
	return s.users(r, http.StatusOK, usersView{handed: &handedLink{user: u, mailed: true}})
}

// mayMail says whether a link can be mailed: there is mail, and the login is an address.
func (s *site) mayMail(u flow.User) bool { return s.reset.Post != nil && mailLink(u.Login) != "" }

// ownAddress is what links begin with that an administrator hands over; they see it before anybody else does.
func (s *site) ownAddress(r *request) string {
	if s.reset.BaseURL != nil {
		return s.reset.BaseURL()
	}
	if s.secure {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
