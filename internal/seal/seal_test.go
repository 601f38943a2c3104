package seal_test

import (
	"bytes"
	"testing"

	"ponte/internal/seal"
)

const (
	first  = "first secret of sixteen+"
	second = "second secret of sixteen+"
)

func ring(t *testing.T, secrets ...string) *seal.Keyring {
	t.Helper()
	k, err := seal.New(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestOpensOnlyInItsPlace(t *testing.T) {
	k := ring(t, first)
	sealed := k.Seal("call:1", []byte("CPF 529.982.247-25"))
	if bytes.Contains(sealed, []byte("529")) {
		t.Fatal("the plain text shows")
	}
	if got, err := k.Open("call:1", sealed); err != nil || string(got) != "CPF 529.982.247-25" {
		t.Fatalf("Open = %q, %v", got, err)
	}
	if _, err := k.Open("call:2", sealed); err == nil {
		t.Error("a value moved to another row opens")
	}
	for i := range sealed {
		altered := bytes.Clone(sealed)
		altered[i] ^= 1
		if _, err := k.Open("call:1", altered); err == nil {
			t.Errorf("altered at byte %d, it opens", i)
		}
	}
	for n := range sealed {
		if _, err := k.Open("call:1", sealed[:n]); err == nil {
			t.Errorf("cut at %d, it opens", n)
		}
	}
}

func TestKeysRotate(t *testing.T) {
	old := ring(t, first).Seal("a", []byte("x"))
	both := ring(t, second, first)
	if got, err := both.Open("a", old); err != nil || string(got) != "x" {
		t.Fatalf("the previous key does not open: %v", err)
	}
	if both.Current(old) {
		t.Error("the previous key's seal counts as current")
	}
	if fresh := both.Seal("a", []byte("x")); !both.Current(fresh) {
		t.Error("what was just sealed is not current")
	} else if _, err := ring(t, first).Open("a", fresh); err == nil {
		t.Error("opens without its key")
	}
}

func TestRefusesShortOrNoSecret(t *testing.T) {
	for _, secrets := range [][]string{nil, {""}, {"short"}, {first, "short"}} {
		if _, err := seal.New(secrets...); err == nil {
			t.Errorf("New(%q) is accepted", secrets)
		}
	}
}
