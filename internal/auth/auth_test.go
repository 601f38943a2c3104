package auth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"ponte/internal/auth"
)

func TestPasswords(t *testing.T) {
	p := auth.NewPasswords()
	hash, err := p.Hash(t.Context(), "ponte-demo")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash %q has other parameters", hash)
	}
	for _, c := range []struct {
		password, hash string
		want           bool
	}{{"ponte-demo", hash, true}, {"ponte-dem0", hash, false}, {"", hash, false}, {"ponte-demo", "", false},
		{"", "", false}, {strings.Repeat("a", 1<<20), hash, false}} {
		got, err := p.Verify(t.Context(), c.password, c.hash)
		if err != nil || got != c.want {
			t.Errorf("Verify(%.12q, %.12q) = %v, %v", c.password, c.hash, got, err)
		}
	}
	if _, err := p.Verify(t.Context(), "x", "not a hash"); err == nil {
		t.Error("a broken hash is verified")
	}
	for _, bad := range []string{"", strings.Repeat("a", auth.MaxPassword+1)} {
		if _, err := p.Hash(t.Context(), bad); !errors.Is(err, auth.ErrPasswordLength) {
			t.Errorf("a password of %d bytes: %v", len(bad), err)
		}
	}
}

// TestUnknownAccountTakesAsLong compares medians, generously: the machine is shared.
func TestUnknownAccountTakesAsLong(t *testing.T) {
	p := auth.NewPasswords()
	hash, _ := p.Hash(t.Context(), "ponte-demo")
	best := func(hash string) time.Duration {
		least := time.Hour
		for range 5 {
			start := time.Now()
			_, _ = p.Verify(t.Context(), "wrong", hash)
			least = min(least, time.Since(start))
		}
		return least
	}
	known, unknown := best(hash), best("")
	if ratio := float64(unknown) / float64(known); ratio < 0.5 || ratio > 2 {
		t.Errorf("known %v, unknown %v", known, unknown)
	}
}

func TestVerifyGivesUpWithItsCaller(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := auth.NewPasswords().Verify(ctx, "x", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who left is served: %v", err)
	}
}

func TestKeys(t *testing.T) {
	a, b := auth.NewKey(), auth.NewKey()
	if a == b || !strings.HasPrefix(a, "ponte_") || len(a) != len("ponte_")+43 {
		t.Errorf("keys %q and %q", a, b)
	}
	const want = "7c43ef5ae21d43ce2743f770c68e24def1a43ee2f416d2438410c8af7af2ff2c" // sha256sum
	if got := auth.HashKey("demo-token"); got != want {
		t.Errorf("HashKey = %q", got)
	}
}
