package web

// signOut is POST /sair.
func (s *site) signOut(r *request) error {
	leave := s.leaveSSO(r)
	if r.user.ID != 0 {
		if err := s.flow.SignedOut(r.Context(), r.user, addressOf(r.Request)); err != nil {
			return err
		}
	}
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	if leave != "" {
		return r.redirect(leave)
	}
	return r.redirect("/entrar")
}
