package flow_test

import (
	"strings"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestUnsent: what somebody wrote is theirs alone, wherever they sit, until it is sent, thrown away, forgotten or its
// person is erased; and nobody writes where they may not look.
func TestUnsent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		aur, pda := twoDevelopments(t, in)
		number := in.Open(t)
		o, err := in.Store.Read().OccurrenceByNumber(t.Context(), number)
		must(t, err)
		composer, form := flow.AtOccurrence(number), flow.AtNew(o.UnitID, o.CustomerID)
		other := flowtest.Attendant()
		other.ID = "77"
		keep := func(a desk.Actor, place flow.UnsentPlace, text string) error {
			return in.KeepWriting(t.Context(), a, place, func(name string) string {
				return map[string]string{"comentario": text, "descricao": text, "nome_solicitante": "Marina", "outro": "x"}[name]
			})
		}
		written := func(a desk.Actor, place flow.UnsentPlace) string {
			u, err := in.Written(t.Context(), a, place)
			must(t, err)
			if u == nil {
				return ""
			}
			if u.Fields["outro"] != "" {
				t.Error("a field that the form doesn't have is kept")
			}
			return u.Fields["comentario"] + u.Fields["descricao"]
		}
		for _, place := range []flow.UnsentPlace{composer, form} {
			must(t, keep(aur, place, "A cliente disse"))
			must(t, keep(aur, place, "A cliente disse que pinga"))
			if got := written(aur, place); got != "A cliente disse que pinga" {
				t.Errorf("%s: %q", place, got)
			}
			if got := written(other, place); got != "" {
				t.Errorf("another person reads %q", got)
			}
			if err := keep(pda, place, "x"); err == nil {
				t.Errorf("%s: kept for somebody who may not look there", place)
			}
		}
		begun, err := in.BegunOccurrences(t.Context(), aur)
		if err != nil || len(begun) != 1 || begun[0].UnitID != o.UnitID {
			t.Errorf("begun: %+v, %v", begun, err)
		}
		must(t, keep(aur, composer, strings.Repeat("é", 9000)))
		if got := len([]rune(written(aur, composer))); got != 8000 {
			t.Errorf("%d characters are kept", got)
		}
		must(t, keep(aur, composer, " "))
		if got := written(aur, composer); got != "" {
			t.Errorf("an emptied form holds %q", got)
		}
		must(t, in.DropWriting(t.Context(), aur, form))
		if got := written(aur, form); got != "" {
			t.Errorf("thrown away, it holds %q", got)
		}
		must(t, keep(aur, form, "x"))
		must(t, keep(aur, composer, "x"))
		must(t, s.Write(t.Context(), func(tx *store.Tx) error {
			n, err := tx.EraseUnsent(t.Context(), o.CustomerID)
			if n != 2 {
				t.Errorf("with their person, %d of 2 go", n)
			}
			return err
		}))
		clock := time.Now()
		old := flow.New(flow.Deps{Store: s, Keys: in.Keys, Now: func() time.Time { return clock }})
		must(t, keep(aur, form, "x"))
		for _, days := range []int{flow.KeepUnsent - 1, flow.KeepUnsent + 1} {
			clock = time.Now().AddDate(0, 0, days)
			_, err := old.ForgetUnsent(t.Context(), 0)
			must(t, err)
			if kept := written(aur, form) != ""; kept != (days < flow.KeepUnsent) {
				t.Errorf("after %d days: kept is %v", days, kept)
			}
		}
		for _, odd := range []flow.UnsentPlace{"", "nova", "nova:1", "nova:1:x", "ocorrencia:", "ocorrencia:+1", "ocorrencia:1:2", "x:1", "ocorrencia:999999"} {
			if err := keep(aur, odd, "x"); err == nil {
				t.Errorf("%q is a place", odd)
			}
		}
	})
}
