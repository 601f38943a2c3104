package flow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestNearMatches: what a refused opening may have meant, the likeliest first, and why.
func TestNearMatches(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesks(t, s, flow.Deps{})
		for _, c := range []struct {
			name   string
			sent   []string
			first  string // "block-number customer"; empty: nothing is near
			reason string
		}{
			{"unit in another block", []string{"cod_projeto", "203", "cod_bloco", "A"}, "B-203 ", "perto_numero"},
			{"contract code", []string{"cod_projeto", "AUR-A-102"}, "A-102 ", "perto_contrato"},
			{"the other environment's id", []string{"cod_projeto", "PROD-AUR-B-203"}, "B-203 ", "perto_outro_ambiente"},
			{"an id with a letter for a digit", []string{"cod_projeto", "MOB-AUR-B-2O3"}, "B-203 ", "perto_id"},
			{"an id with one digit off", []string{"cod_projeto", "MOB-AUR-B-204"}, "B-203 ", "perto_id"},
			{"ambiguous, the customer's phone", []string{"cod_projeto", "101", "telefone", "+55 11 98765-4321"}, "A-101 Marina Figueiredo Prado", "perto_telefone"},
			{"one digit of the CPF off", []string{"cod_projeto", "101", "cpf_cnpj", "529.982.247-26"}, "A-101 Marina Figueiredo Prado", "perto_documento_errado"},
			{"two digits of the CPF swapped", []string{"cod_projeto", "203", "cpf_cnpj", "111.444.777-53"}, "B-203 Otávio Sá", "perto_documento_errado"},
			{"the name, other order, no accents", []string{"cod_projeto", "777", "nome_cliente", "sa otavio"}, "B-101 Otávio Sá", "perto_nome"},
			{"the name with a typo", []string{"cod_projeto", "777", "nome_cliente", "Marina Figueredo Prado"}, "A-101 Marina Figueiredo Prado", "perto_nome_errado"},
			{"the number and the name", []string{"cod_projeto", "101", "nome_cliente", "Prado, Marina"}, "A-101 Marina Figueiredo Prado", "perto_nome"},
			{"written with a word too much", []string{"cod_projeto", "apto 203 bloco B fundos"}, "B-203 ", "perto_numero"},
			{"an unknown customer: the unit's people", []string{"cod_projeto", "203", "cpf_cnpj", flowtest.Nobody}, "B-203 Otávio Sá", "perto_da_unidade"},
			{"somebody else's unit", []string{"cod_projeto", "203", "cpf_cnpj", flowtest.Marina}, "A-101 Marina Figueiredo Prado", "perto_documento"},
			{"nothing", []string{"cod_projeto", "zzz"}, "", ""},
		} {
			_, _, refused := d.call(t.Context(), d.Field, "IncluirOcorrencia", opening(c.sent...)...)
			if refused == nil {
				t.Errorf("%s: not refused", c.name)
				continue
			}
			near := d.kept(t, refused.KeptCall).Near
			got, reasons := "", []string{}
			for i, m := range near {
				if i == 0 {
					got = m.Unit.BlockCode + "-" + m.Unit.Number + " " + m.Customer.Name
				}
				for _, r := range m.Reasons {
					reasons = append(reasons, fmt.Sprint(i, r.Code))
				}
			}
			if got != c.first || c.reason != "" && !slices.Contains(reasons, "0"+c.reason) {
				t.Errorf("%s: %q (%v), want %q", c.name, got, reasons, c.first)
			}
		}
	})
}

// TestIdentifyWritten: how people write a unit is read at the door too, if every word of it names the place.
func TestIdentifyWritten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		for project, want := range map[string]string{
			"ap 101 bl A": "Marina Figueiredo Prado", "A-101": "Marina Figueiredo Prado", "101/B": "Otávio Sá", "bloco B unidade 101": "Otávio Sá",
			"AUR B 101": "Otávio Sá", "Residencial Aurora, torre B, apto 203": "Otávio Sá", "101B": "Otávio Sá",
			"Aurora 101": desk.ErrAmbiguousUnit, "101 bl C": desk.ErrUnit, "PDA 101": desk.ErrUnit, "apto 203 fundos": desk.ErrUnit,
			"AUR-A-101": desk.ErrUnit, // a contract's code, whatever it reads like
		} {
			r, err := in.Flow.Open(t.Context(), in.Call("IncluirOcorrencia", "", project, in.Field), flow.OpenInput{Project: project, BlockNewCustomer: "T", Description: "x"})
			got := code(err)
			if err == nil {
				o, err := in.Show(t.Context(), in.Field, r.Number)
				if err != nil {
					t.Fatal(err)
				}
				got = o.Customer.Name
			}
			if got != want {
				t.Errorf("%q: %s, want %s", project, got, want)
			}
		}
		for _, in2 := range []flow.OpenInput{{Project: "101 bl A", Block: "B"}, {Project: "101 bl A", Development: "PDA"}} {
			in2.BlockNewCustomer, in2.Description = "T", "x"
			if _, err := in.Flow.Open(t.Context(), in.Call("IncluirOcorrencia", "", fmt.Sprint(in2), in.Field), in2); code(err) != desk.ErrUnit {
				t.Errorf("%+v: %v", in2, err)
			}
		}
	})
}

// BenchmarkNearMatches measures the search in a registry of 60,000 units.
func BenchmarkNearMatches(b *testing.B) {
	d := newDesks(b, storetest.New(b, store.SQLite), flow.Deps{})
	big(b, d, 60)
	_, _, refused := d.call(b.Context(), d.Field, "IncluirOcorrencia", opening("cod_projeto", "MOB-X1-B-29x9", "nome_cliente", "Marina Figueredo Antunes", "cpf_cnpj", "529.982.247-26", "telefone", "11 5555-0101")...)
	_, _, number := d.call(b.Context(), d.Field, "IncluirOcorrencia", opening("cod_projeto", "101", "nome_cliente", "Maria Silva")...)
	for name, id := range map[string]string{"mobuss": refused.KeptCall, "number": number.KeptCall} {
		b.Run(name, func(b *testing.B) {
			began := time.Now()
			for b.Loop() {
				if _, err := d.ReceivedCall(b.Context(), consultant, id); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(time.Since(began).Milliseconds())/float64(b.N), "ms/op")
		})
	}
}

func big(b *testing.B, d *desks, developments int) {
	b.Helper()
	first := []string{"Maria", "José", "Marina", "Ana", "João", "Beatriz", "Caetano", "Débora"}
	last := []string{"Silva", "Souza", "Antunes", "Figueira", "Prado", "Moreira", "Sá", "Teles"}
	n := 0
	for i := range developments {
		dev := flow.RegistryDevelopment{Code: fmt.Sprint("X", i), Name: fmt.Sprint("Residencial ", i)}
		for _, block := range []string{"A", "B", "C", "D"} {
			blk := flow.RegistryBlock{Code: block, Name: "Bloco " + block}
			for u := range 250 {
				number := fmt.Sprintf("%d%02d", u/4+1, u%4+1)
				code := strings.Join([]string{dev.Code, block, number}, "-")
				blk.Units = append(blk.Units, flow.RegistryUnit{Number: number, MobussIDHomologation: "MOB-" + code, Contracts: []flow.RegistryContract{{Code: code,
					Customer: flow.RegistryCustomer{Name: first[n%8] + " " + last[n/8%8] + " " + last[n/64%8], Document: cpf(200_000_000 + n*3)}}}})
				n++
			}
			dev.Blocks = append(dev.Blocks, blk)
		}
		if err := d.PutRegistry(b.Context(), flowtest.Admin(), flow.Registry{Developments: []flow.RegistryDevelopment{dev}}); err != nil {
			b.Fatal(err)
		}
	}
}

// cpf gives nine digits their two check digits.
func cpf(nine int) string {
	s := fmt.Sprintf("%09d", nine)
	for len(s) < 11 {
		sum := 0
		for i, c := range s {
			sum += int(c-'0') * (len(s) + 1 - i)
		}
		check := 11 - sum%11
		if check > 9 {
			check = 0
		}
		s += fmt.Sprint(check)
	}
	return s
}
