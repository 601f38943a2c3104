package doctor

import (
	"errors"

	"ponte/internal/sso"
)

// provider looks at the house's own provider, by its discovery document. It is asked only online.
func (e *examination) provider() {
	const check = "single sign-on"
	switch {
	case e.SSOErr != nil:
		e.say(check, Wrong, e.SSOErr.Error(), "mend the oidc settings; serve doesn't start with them")
	case e.SSO == nil:
		return
	case !e.Online:
		e.say(check, Skipped, "the provider is asked only with --online", "")
	default:
		err := e.SSO(e.ctx)
		var f *sso.Failure
		switch {
		case errors.As(err, &f):
			e.say(check, Wrong, f.Error(), f.Do)
		case err != nil:
			e.fail(check, err, "check the oidc settings")
		default:
			e.say(check, OK, "the provider's discovery document is as it should be", "")
		}
	}
}
