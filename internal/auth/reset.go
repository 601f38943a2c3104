package auth

import (
	"crypto/rand"
	"encoding/base64"
)

// NewResetKey makes what lets a person who lost the password set a new one, once: 256 random bits that fit into an
// address. It is shown or mailed and never kept; HashKey of it is.
func NewResetKey() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b)
}
