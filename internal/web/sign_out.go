package web

// signOut is POST /sair.
func (s *site) signOut(r *request) error {
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	return r.redirect("/entrar")
}
