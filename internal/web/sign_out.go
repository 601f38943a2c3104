package web

// signOut is POST /sair.
func (s *site) signOut(r *request) error {
	if r.user.ID != 0 {
		if err := s.flow.SignedOut(r.Context(), r.user, addressOf(r.Request)); err != nil {
			return err
		}
	}
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	return r.redirect("/entrar")
}
