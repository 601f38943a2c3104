package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// keyPrefix makes a leaked key recognisable, to people and to scanners of secrets.
const keyPrefix = "ponte_"

// NewKey makes a program's key: 256 random bits. It is shown once and never kept; HashKey of it is.
func NewKey() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return keyPrefix + base64.RawURLEncoding.EncodeToString(b)
}

// HashKey is what is kept of a key, in hex. A key has 256 bits of its own, so that a plain SHA-256 is enough; the
// demo's tokens are plain words, and only the demo has them.
func HashKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// hintLength is short enough that what is left of a key has 232 bits, and long enough to tell a few keys apart.
const hintLength = 4

// KeyHint is the end of a key: what is kept of it in the clear, so that people can tell which one they hold.
func KeyHint(key string) string { return key[max(0, len(key)-hintLength):] }
