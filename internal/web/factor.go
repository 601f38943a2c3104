package web

import (
	"net/http"
	"slices"
	"time"

	"ponte/internal/auth"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

const (
	factorPath = "/conta/segundo-fator"
	codePath   = "/entrar/codigo"

	// What a session holds of somebody whose password was right and whose code is waited for.
	sessionPending = "espera"
	sessionBack    = "volta"
	sessionHow     = "como"
	// and of somebody who must have a second factor and has none yet
	sessionEnrol = "sem_fator"

	// codeLife is how long the code is waited for.
	codeLife = 10 * time.Minute
)

// enter lets somebody in whose password was right, or asks for the code of the device first.
func (s *site) enter(r *request, u flow.User, e flow.Entrance, back string) error {
	f, err := s.flow.FactorOf(r.Context(), u.ID)
	if err != nil {
		return err
	}
	if !f.On {
		return s.inside(r, u, e, back)
	}
	ctx := r.Context()
	if err := s.blank(ctx); err != nil {
		return err
	}
	s.sessions.SetDeadline(ctx, r.now.Add(codeLife))
	s.sessions.Put(ctx, sessionPending, u.ID)
	s.sessions.Put(ctx, sessionProof, proof(u))
	s.sessions.Put(ctx, sessionBack, back)
	s.sessions.Put(ctx, sessionHow, e.How)
	return r.redirect(codePath)
}

// inside begins the session; who must have a second factor and has none is led to it.
func (s *site) inside(r *request, u flow.User, e flow.Entrance, back string) error {
	must, err := s.mustHaveFactor(r, u)
	if err != nil {
		return err
	}
	if must {
		f, err := s.flow.FactorOf(r.Context(), u.ID)
		if err != nil {
			return err
		}
		must = !f.On
	}
	if err := s.forgive(r, u.Login); err != nil {
		return err
	}
	if err := s.begin(r, u); err != nil {
		return err
	}
	if must {
		s.sessions.Put(r.Context(), sessionEnrol, true)
	}
	if err := s.flow.SignedIn(r.Context(), u, e); err != nil {
		return err
	}
	return r.redirect(back)
}

func (s *site) mustHaveFactor(r *request, u flow.User) (bool, error) {
	roles, err := s.flow.FactorRoles(r.Context())
	return slices.ContainsFunc(u.Roles, func(role desk.Role) bool { return slices.Contains(roles, role) }), err
}

// waiting is who the code is waited of.
func (s *site) waiting(r *request) (flow.User, bool, error) {
	id := s.sessions.GetInt64(r.Context(), sessionPending)
	if id == 0 {
		return flow.User{}, false, nil
	}
	u, ok, err := s.flow.UserByID(r.Context(), id)
	return u, ok && proof(u) == s.sessions.GetString(r.Context(), sessionProof), err
}

// showCode is GET /entrar/codigo.
func (s *site) showCode(r *request) error {
	_, ok, err := s.waiting(r)
	if err != nil || !ok {
		return orElse(err, func() error { return r.redirect("/entrar") })
	}
	return s.codePage(r, http.StatusOK, "")
}

func (s *site) codePage(r *request, status int, failed string) error {
	return r.show(status, codePage(r.page(r.l.T("factor.code_title"), ""), failed))
}

func orElse(err error, do func() error) error {
	if err != nil {
		return err
	}
	return do()
}

// signInCode is POST /entrar/codigo. Its tries count with those of the password, and by themselves from wherever they come:
// whoever has the password must not guess a million codes from a million addresses.
func (s *site) signInCode(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	u, ok, err := s.waiting(r)
	if err != nil || !ok {
		return orElse(err, func() error { return r.redirect("/entrar") })
	}
	e := flow.Entrance{How: s.sessions.GetString(r.Context(), sessionHow) + flow.PlusCode, Address: addressOf(r.Request)}
	right, err := s.useFactor(r, u, r.typed("codigo"))
	if e, ok := understood(err); ok {
		r.retryAfter(e.RetryAfter)
		return s.codePage(r, statusOf[e.Kind], r.l.Error(e))
	}
	if err != nil {
		return err
	}
	if !right {
		if err := s.flow.SignInRefused(r.Context(), u.Login, flow.RefusedCode, e); err != nil {
			return err
		}
		return s.codePage(r, http.StatusUnauthorized, r.l.T("factor.wrong"))
	}
	back := ownPath(s.sessions.GetString(r.Context(), sessionBack))
	return s.inside(r, u, e, back)
}

// useFactor counts a try and takes the code.
func (s *site) useFactor(r *request, u flow.User, code string) (bool, error) {
	for _, scope := range []flow.TryScope{flow.TrySignIn, flow.TryCode} {
		if err := s.mayTry(r, scope, u.Login); err != nil {
			return false, err
		}
	}
	right, err := s.flow.UseFactor(r.Context(), u, code, auth.TOTPMatch)
	if err == nil && right {
		err = s.flow.Forgive(r.Context(), flow.TryCode, u.Login, "")
	}
	return right, err
}

// setFactorRoles is POST /parametrizacoes/usuarios/segundo-fator.
func (s *site) setFactorRoles(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	var roles []desk.Role
	for _, role := range r.PostForm["exige"] {
		roles = append(roles, desk.Role(role))
	}
	if err := s.flow.SetFactorRoles(r.Context(), r.actor(), roles); err != nil {
		return err
	}
	return r.redirect(usersPath)
}
