package auth_test

import (
	"testing"
	"time"

	"ponte/internal/auth"
)

// TestTOTP: the vectors of RFC 6238, appendix B, of which six digits are the last six.
func TestTOTP(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := auth.TOTPCode(secret, at/30); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
	now := time.Unix(1111111111, 0)
	for skew, ok := range map[time.Duration]bool{0: true, auth.TOTPStep: true, -auth.TOTPStep: true, 2 * auth.TOTPStep: false, -2 * auth.TOTPStep: false} {
		if _, got := auth.TOTPMatch(secret, auth.TOTPCode(secret, now.Add(skew).Unix()/30), now); got != ok {
			t.Errorf("a clock that differs by %s: %v", skew, got)
		}
	}
	if _, ok := auth.TOTPMatch(secret, "", now); ok {
		t.Error("no code is a code")
	}
}
