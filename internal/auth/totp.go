package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 6238's default, and the only one that every authenticator knows; HMAC doesn't need collisions to be hard
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// TOTPStep is how long a code of a device holds.
const TOTPStep = 30 * time.Second

// NewTOTPSecret makes one of 160 bits, as RFC 4226 wants.
func NewTOTPSecret() []byte {
	b := make([]byte, 20)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return b
}

// TOTPText is a secret for typing: base32 in groups of four.
func TOTPText(secret []byte) string {
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	var groups []string
	for ; len(text) > 4; text = text[4:] {
		groups = append(groups, text[:4])
	}
	return strings.Join(append(groups, text), " ")
}

// TOTPAddress is a secret for a picture that an authenticator reads.
func TOTPAddress(secret []byte, login string) string {
	return "otpauth://totp/" + url.PathEscape("Ponte:"+login) + "?issuer=Ponte&secret=" + strings.ReplaceAll(TOTPText(secret), " ", "")
}

// TOTPCode is the code of a step (RFC 6238: HMAC-SHA-1, six digits).
func TOTPCode(secret []byte, step int64) string {
	m := hmac.New(sha1.New, secret)
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step)) //nolint:gosec // steps are after 1970
	_, _ = m.Write(counter[:])
	sum := m.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1_000_000)
}

// TOTPMatch answers the step whose code this is: now's, or one beside it, since clocks differ.
func TOTPMatch(secret []byte, code string, now time.Time) (step int64, ok bool) {
	at := now.Unix() / int64(TOTPStep/time.Second)
	for _, s := range []int64{at, at - 1, at + 1} {
		if subtle.ConstantTimeCompare([]byte(TOTPCode(secret, s)), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}

// NewRecoveryCode makes one of 50 bits, in two groups.
func NewRecoveryCode() string {
	text := strings.ToLower(rand.Text())
	return text[:5] + "-" + text[5:10]
}
