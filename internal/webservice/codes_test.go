package webservice

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"ponte/internal/desk"
)

func TestEveryCodeHasItsTexts(t *testing.T) {
	seen := map[string]bool{}
	for _, code := range Codes() {
		if seen[code] {
			t.Errorf("%s twice", code)
		}
		seen[code] = true
		detail := Detail(desk.Fail(code)) // Fail panics for a code that desk doesn't know
		if Title(code) == "" || detail == "" || strings.ContainsAny(detail, "{}") {
			t.Errorf("%s: %q, %q", code, Title(code), detail)
		}
	}
	if len(seen) != 21 {
		t.Errorf("%d codes; CONTRACT.md has 21", len(seen))
	}
}

func TestEveryKindHasANearestCode(t *testing.T) {
	for k := desk.Internal; k <= desk.Unavailable; k++ {
		if _, ok := textOf(nearest[k]); !ok {
			t.Errorf("kind %d: %q", k, nearest[k])
		}
	}
}

func TestDetailLeavesOutWhatItDoesNotKnow(t *testing.T) {
	terse, full := Detail(desk.Fail(desk.ErrTransition)), Detail(desk.Fail(desk.ErrTransition, "motivo", "ordem_aberta", "de", "50", "para", "20"))
	if terse != "A movimentação não é permitida agora. Consulte a ocorrência antes de tentar de novo." {
		t.Error(terse)
	}
	if full != "A movimentação não é permitida agora. Motivo: já há uma ordem aberta no Mobuss. De 50 para 20. Consulte a ocorrência antes de tentar de novo." {
		t.Error(full)
	}
	if got := Detail(desk.Fail(desk.ErrForbidden, "motivo", "sem texto")); strings.Contains(got, "sem texto") {
		t.Error("an unknown reason was shown:", got)
	}
}

func TestDetailSaysKeptOnlyWhereItIsTrue(t *testing.T) {
	err := desk.Fail(desk.ErrUnit)
	if strings.Contains(Detail(err), "guardada") {
		t.Error(Detail(err))
	}
	err.KeptCall = "rec-1"
	if !strings.Contains(Detail(err), "recebimento rec-1") {
		t.Error(Detail(err))
	}
}

func TestFieldMessages(t *testing.T) {
	for _, c := range []struct {
		err  desk.FieldError
		want string
	}{
		{desk.FieldError{Code: "obrigatorio"}, "é obrigatório"},
		{desk.FieldError{Code: "longo_demais", Args: map[string]any{"max": 4000}}, "tem mais de 4000 caracteres"},
		{desk.FieldError{Code: "fora_da_lista", Args: map[string]any{"valores": []string{"a", "b"}}}, "deve ser um de: a, b"},
		{desk.FieldError{Code: "desconhecido", Args: map[string]any{"sugestao": "data"}}, "não é um parâmetro desta operação (seria data?)"},
		{desk.FieldError{Code: "desconhecido"}, "não é um parâmetro desta operação"},
		{desk.FieldError{Code: "sem_texto"}, "não é aceito"},
	} {
		if got := FieldMessage(c.err); got != c.want {
			t.Errorf("%s: %q, want %q", c.err.Code, got, c.want)
		}
	}
	// Every text names only arguments that fill can fill, and no brace is left open.
	placeholder := regexp.MustCompile(`\{[a-z]+\}`)
	for _, table := range []map[string]phrase{fieldTexts, reasons} {
		for id, p := range table {
			if rest := placeholder.ReplaceAllString(strings.Join(p, ""), ""); strings.ContainsAny(rest, "{}") {
				t.Errorf("%s: %q", id, rest)
			}
		}
	}
}

func TestSeconds(t *testing.T) {
	for d, want := range map[time.Duration]int64{0: 1, -5: 1, time.Millisecond: 1, time.Second: 1, 1001 * time.Millisecond: 2} {
		if got := Seconds(d); got != want {
			t.Errorf("%s: %d", d, got)
		}
	}
}
