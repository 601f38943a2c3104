package web

import (
	"net/http"
	"strings"
)

// policy lets a page use what this site serves and nothing else: no inline script or style, no frame around it,
// no form to elsewhere.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// headers go with every answer. Pages are never kept by a browser or proxy: they hold personal data.
func headers(next http.Handler, provider SSO) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, policy := w.Header(), policy
		if provider.Provider != nil {
			// Signing out is a form whose answer leads to the provider, which browsers take for the form's own address.
			policy = strings.Replace(policy, "form-action 'self'", "form-action 'self' "+strings.Join(provider.Origins(r.Context()), " "), 1)
		}
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "geolocation=(), microphone=(), payment=()")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
