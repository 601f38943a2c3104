package flow_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestTheNarrowerProfileHolds: an integration's own before that of all, that before the preset.
func TestTheNarrowerProfileHolds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := twoPlaces(t, s, nil)
		ctx, admin := t.Context(), flowtest.Admin()
		is := func(integration, want string) {
			t.Helper()
			p, err := in.Profile(ctx, "ConsultarOcorrencia", integration)
			must(t, err)
			if got := p.Form + " " + strings.Join(p.Fields, ","); got != want {
				t.Errorf("%q: %q, want %q", integration, got, want)
			}
		}
		is("mobuss", "json ")
		must(t, in.SetProfile(ctx, admin, flow.Profile{Operation: "ConsultarOcorrencia", Form: "xml", Fields: []string{"status", "cod_status"}}))
		must(t, in.SetProfile(ctx, admin, flow.Profile{Operation: "ConsultarOcorrencia", Integration: "casa", Form: "text", Fields: []string{"numero_ocorrencia"}}))
		must(t, in.SetProfile(ctx, admin, flow.Profile{Operation: "IncluirOcorrencia", Integration: "mobuss", Form: "text", AlwaysOK: true}))
		is("mobuss", "xml cod_status,status")
		is("casa", "text numero_ocorrencia")
		must(t, in.SetProfile(ctx, admin, flow.Profile{Operation: "ConsultarOcorrencia", Integration: "casa", Form: "json", Fields: []string{"situacao"}}))
		is("casa", "json situacao")
		must(t, in.DropProfile(ctx, admin, "ConsultarOcorrencia", "casa"))
		must(t, in.DropProfile(ctx, admin, "ConsultarOcorrencia", "casa")) // nothing to do
		is("casa", "xml cod_status,status")
		must(t, in.DropProfile(ctx, admin, "ConsultarOcorrencia", ""))
		is("casa", "json ")
		if p, err := in.Profile(ctx, "IncluirOcorrencia", "mobuss"); err != nil || !p.AlwaysOK || p.Form != "text" {
			t.Error(p, err)
		}
		wantAudit(t, s, "resposta:ConsultarOcorrencia:casa", "resposta.configurar", "resposta.configurar", "resposta.padrao")
	})
}

// TestAChangeComesToTheOtherProcesses, which remember the answers for a while: two flows over one database.
func TestAChangeComesToTheOtherProcesses(t *testing.T) {
	now, s := clock(), storetest.New(t, store.SQLite)
	here := twoPlaces(t, s, now.Now)
	there := flow.New(flow.Deps{Store: s, Keys: here.Keys, Now: now.Now, Operations: here.Operations})
	form := func(f *flow.Flow) string {
		p, err := f.Profile(t.Context(), "IncluirOcorrencia", "casa")
		must(t, err)
		return p.Form
	}
	if a, b := form(here.Flow), form(there); a != "json" || b != "json" {
		t.Fatal(a, b)
	}
	must(t, here.SetProfile(t.Context(), flowtest.Admin(), flow.Profile{Operation: "IncluirOcorrencia", Form: "xml"}))
	if a, b := form(here.Flow), form(there); a != "xml" || b != "json" {
		t.Errorf("at once: here %s, there %s; the other was to remember", a, b)
	}
	now.pass(2 * time.Second)
	if got := form(there); got != "xml" {
		t.Errorf("two seconds later the other process still answers %s", got)
	}
}

func TestProfilesAreChecked(t *testing.T) {
	in := twoPlaces(t, storetest.New(t, store.SQLite), nil)
	show := "ConsultarOcorrencia"
	for _, c := range []struct {
		name string
		p    flow.Profile
		want string // the kept fields, or the refusal with what it names
	}{
		{"in the answer's order", flow.Profile{Operation: show, Fields: []string{"status", "assunto"}}, "assunto status"},
		{"an object by all that is in it", flow.Profile{Operation: show, Fields: []string{"cliente.nome", "cliente.cpf_cnpj"}}, "cliente"},
		{"a part of an object", flow.Profile{Operation: show, Fields: []string{"movimentacoes.comentario", "cliente.nome"}}, "cliente.nome movimentacoes.comentario"},
		{"an object and a part of it", flow.Profile{Operation: show, Fields: []string{"cliente.nome", "cliente"}}, "cliente"},
		{"twice", flow.Profile{Operation: show, Fields: []string{"status", "status"}}, "status"},
		{"none is all", flow.Profile{Operation: show}, ""},
		{"a write keeps its number", flow.Profile{Operation: "IncluirOcorrencia"}, ""},
		{"unknown field", flow.Profile{Operation: show, Fields: []string{"status", "statuss"}}, "campos statuss"},
		{"case counts", flow.Profile{Operation: show, Fields: []string{"Status"}}, "campos Status"},
		{"a prefix is no field", flow.Profile{Operation: show, Fields: []string{"cliente.nom"}}, "campos cliente.nom"},
		{"another operation's field", flow.Profile{Operation: "IncluirOcorrencia", Fields: []string{"status"}}, "campos status"},
		{"unknown form", flow.Profile{Operation: show, Form: "yaml"}, "forma yaml"},
		{"unknown operation", flow.Profile{Operation: "ApagarOcorrencia"}, "operacao ApagarOcorrencia"},
	} {
		p, err := in.CheckProfile(c.p)
		got := strings.Join(p.Fields, " ")
		var e *desk.Error
		if errors.As(err, &e) {
			got = e.Fields[0].Field + " " + e.Fields[0].Args["nome"].(string)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	every := in.Operations[len(in.Operations)-1]
	if p, err := in.CheckProfile(flow.Profile{Operation: every.Name, Fields: every.Leaves()}); err != nil || p.Fields != nil {
		t.Errorf("every leaf is everything, also what is added later: %v %v", p.Fields, err)
	}
}

// BenchmarkProfile is what a call pays for its profile.
func BenchmarkProfile(b *testing.B) {
	s := storetest.New(b, store.SQLite)
	in := flowtest.New(b, s, flow.Deps{})
	for b.Loop() {
		if _, err := in.Profile(b.Context(), "IncluirOcorrencia", "mobuss"); err != nil {
			b.Fatal(err)
		}
	}
}
