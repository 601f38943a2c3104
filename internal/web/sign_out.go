package web

import (
	"context"
	"time"
)

// leavePatience is how long signing out waits to learn where one signs out of the provider.
const leavePatience = 2 * time.Second

// signOut is POST /sair. What is ours ends first, whether or not the provider answers.
func (s *site) signOut(r *request) error {
	bySSO := s.sessions.GetBool(r.Context(), sessionSSO)
	if r.user.ID != 0 {
		if err := s.flow.SignedOut(r.Context(), r.user, addressOf(r.Request)); err != nil {
			return err
		}
	}
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	if bySSO {
		ctx, done := context.WithTimeout(r.Context(), leavePatience)
		defer done()
		if leave := s.leaveSSO(ctx); leave != "" {
			return r.redirect(leave)
		}
	}
	return r.redirect("/entrar")
}
