package flow

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ponte/internal/desk"
)

// TestWhatIsNotAskedHoldsNothing: a text that is passed over because of what it lacks is one that the expressions leave alone.
func TestWhatIsNotAskedHoldsNothing(t *testing.T) {
	r := newRedactor(desk.Actor{}, person{"Íris Kátia Assis", "15350946056", "(11) 98765-4321", "iris@exemplo.com.br"})
	pieces := []string{"Íris Kátia Assis", "íris kÁTIA assis", "\u00cdris \u212aátia A\u017f\u017fis", "153.509.460-56", "15350946056", "153 509\t460\n56", "11.222.333/0001-81", "11222333000181",
		"(11) 98765-4321", "+55 11 98765-4321", "11987654321", "11\f3456-7890", "2345 6789", "iris@exemplo.com.br", "a@b.c", "@", "token: x", "\u017fenha=y", "TO\u212aEN>z", "api_key=w", "apikey", "secreto",
		" ", "-", ".", "/", "(", ")", "+", "7", "2026-11-25T10:00:00-03:00", "ok", "é", "\n", "1", "56"}
	found := 0
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 12).Draw(t, "text"), "")
		may := seen(s)
		if !may.secret && secretLike.MatchString(s) {
			t.Errorf("a secret in %q is passed over", s)
		}
		for _, h := range r.known {
			if !may.folds && !strings.Contains(may.lower, h.word) && h.text.MatchString(s) {
				t.Errorf("%s in %q is passed over", h.text, s)
			}
		}
		if !may.number && (cnpjLike.MatchString(s) || cpfLike.MatchString(s) || phoneLike.MatchString(s)) {
			t.Errorf("a number in %q is passed over", s)
		}
		if !may.mail && mailLike.MatchString(s) {
			t.Errorf("an address in %q is passed over", s)
		}
		if r.text(s) != s {
			found++
		}
	})
	if found == 0 {
		t.Error("nothing was ever hidden: it proves little")
	}
	if quiet := seen("Vazamento no teto do banheiro, 2026-11-25T10:00:00-03:00"); quiet.secret || quiet.number || quiet.mail || quiet.folds {
		t.Errorf("an ordinary text is not passed over: %+v", quiet)
	}
}
