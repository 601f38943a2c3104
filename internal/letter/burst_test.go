package letter_test

import (
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// BenchmarkOpening is what a letter costs whoever opens an occurrence: with the kind off, and on.
func BenchmarkOpening(b *testing.B) {
	for name, on := range map[string][]desk.LetterKind{"off": nil, "on": {desk.LetterOpened}} {
		b.Run(name, func(b *testing.B) {
			in := flowtest.New(b, storetest.New(b, store.SQLite), flow.Deps{})
			is := desk.DefaultLetters()
			is.On, is.TestAddress = on, "teste@empresa.com.br"
			if err := in.SetLetterSettings(b.Context(), flowtest.Admin(), is); err != nil {
				b.Fatal(err)
			}
			b.SetParallelism(32)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := in.Flow.Open(b.Context(), in.Call("IncluirOcorrencia", flow.NewID(), flow.NewID(), in.House),
						flow.OpenInput{Project: "AUR-A-101", BlockNewCustomer: "T", Description: "Vazamento no teto"}); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
