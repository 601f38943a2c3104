package door

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/webservice"
)

// Credentials are what the Authorization header says, if it says anything of use.
func Credentials(r *http.Request) (webservice.Credentials, bool) {
	if _, password, ok := r.BasicAuth(); ok {
		return webservice.Credentials{Scheme: "basic", Token: password}, password != ""
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	return webservice.Credentials{Scheme: "bearer", Token: token}, strings.EqualFold(scheme, "Bearer") && token != ""
}

// Authenticate finds out who calls. Where nothing usable was given it need not ask.
func (d *Door) Authenticate(x *Exchange, credentials webservice.Credentials, given bool) error {
	var caller *webservice.Caller
	var err error
	if given {
		caller, err = d.Options.Authenticate(x.R.Context(), credentials)
	}
	var known *desk.Error
	if err != nil && !(errors.As(err, &known) && known.Kind == desk.Unauthenticated) {
		return err
	}
	if caller == nil || err != nil {
		return d.Stranger()
	}
	x.Call.Caller = caller
	return nil
}

// Stranger counts a call without worth and refuses it; args are the refusal's.
func (d *Door) Stranger(args ...any) error {
	if d.CountUnauthenticated != nil {
		d.CountUnauthenticated()
	}
	return desk.Fail(desk.ErrUnauthenticated, args...)
}

// Shape finds out how the caller of a known operation is answered.
func (d *Door) Shape(x *Exchange) {
	if d.Options.Profile != nil {
		x.Profile = d.Options.Profile(x.R.Context(), x.Call)
	}
}

// Admit finds out whether the caller may call now.
func (d *Door) Admit(x *Exchange) error {
	if d.Limit == nil {
		return nil
	}
	ok, wait := d.Limit(x.Call.Caller)
	if ok {
		return nil
	}
	err := desk.Fail(desk.ErrTooMany)
	err.RetryAfter = wait
	return err
}

// Headers are those that an error brings along whatever its form: Allow, WWW-Authenticate (the challenge), Retry-After.
func Headers(err *desk.Error, challenge string) http.Header {
	h := http.Header{}
	if allowed, ok := err.Args["permitidos"].(string); ok && err.Code == desk.ErrHTTPMethod {
		h.Set("Allow", allowed)
	}
	if err.Code == desk.ErrUnauthenticated {
		h.Set("WWW-Authenticate", challenge)
	}
	if err.Code == desk.ErrTooMany || err.Code == desk.ErrUnavailable {
		h.Set("Retry-After", strconv.FormatInt(webservice.Seconds(err.RetryAfter), 10))
	}
	return h
}

// MethodNotAllowed is metodo_http; allowed is what the Allow header says.
func MethodNotAllowed(allowed string) *desk.Error {
	return desk.Fail(desk.ErrHTTPMethod, "permitidos", allowed)
}

// warningsHeader names the ignored parameters, in ASCII, as headers want it.
func warningsHeader(warnings []desk.FieldError) string {
	if len(warnings) == 0 {
		return ""
	}
	names := make([]string, 0, len(warnings))
	for _, w := range warnings {
		names = append(names, strings.Map(func(r rune) rune {
			if r <= ' ' || r > '~' || r == ',' || r == ';' {
				return '?'
			}
			return r
		}, w.Field))
	}
	return desk.ErrUnknownParameter + ": " + strings.Join(names, ", ")
}
