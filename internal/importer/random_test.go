package importer_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/importer"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

// line is one row of a random registry, as it must be found again.
type line struct {
	block, unit, mobuss, contract, document, name, email string
	common, current                                      bool
}

// TestRandomRegistries: whatever the sheet looks like, what is in it is in the registry afterwards, the plan had said so,
// and a second time nothing changes.
func TestRandomRegistries(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		run := 0
		rapid.Check(t, func(t *rapid.T) {
			run++
			code := fmt.Sprintf("R%d", run)
			before := lines(t, run, nil)
			take(t, in, s, code, before)
			take(t, in, s, code, lines(t, run, before)) // the same units, told anew
		})
	})
}

func take(t *rapid.T, in *flowtest.Installation, s *store.Store, code string, want map[string]line) {
	files := []importer.File{sheet("x.csv", written(t, code, want))}
	plan, err := importer.Plan(t.Context(), in.Flow, flowtest.Admin(), files, importer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	done, err := importer.Import(t.Context(), in.Flow, flowtest.Admin(), files, importer.Options{})
	if err != nil || done.Refused() > 0 || told(plan) != told(done) {
		t.Fatalf("planned\n%s\ndone\n%s\n%v", told(plan), told(done), err)
	}
	if again, err := importer.Import(t.Context(), in.Flow, flowtest.Admin(), files, importer.Options{}); err != nil || !again.Nothing() {
		t.Fatalf("again\n%s\n%v", told(again), err)
	}
	got := found(t, s, code)
	for key, w := range want {
		if g := got[key]; g != w {
			t.Fatalf("%s is\n%+v\nwant\n%+v", key, g, w)
		}
	}
}

var letters = rapid.StringMatching(`[A-Za-zÀ-ÖØ-öø-ÿ0-9;,"' ]{0,12}`)

// lines makes a registry by its units; where there was one before, of the same units.
func lines(t *rapid.T, run int, before map[string]line) map[string]line {
	out := map[string]line{}
	n := rapid.IntRange(1, 12).Draw(t, "units")
	for i := range n {
		l := line{block: fmt.Sprintf("B%d", i%3), unit: fmt.Sprint(i + 1), current: true, common: rapid.Bool().Draw(t, "common")}
		if rapid.Bool().Draw(t, "mapped") {
			l.mobuss = fmt.Sprintf("M%d-%d-%d", run, len(before), i)
		}
		if before[l.block+"-"+l.unit].contract != "" || rapid.Bool().Draw(t, "sold") { // a contract that is missing stays
			l.current = rapid.Bool().Draw(t, "current")
			l.contract = fmt.Sprintf("C%d-%d", run, i)
			l.document = document(uint64(run)<<8|uint64(i), len(before) > 0 && rapid.Bool().Draw(t, "resold"))
			l.name = strings.TrimSpace("N " + strings.Join(strings.Fields(letters.Draw(t, "name")), " "))
			if rapid.Bool().Draw(t, "email") {
				l.email = "a@b"
			}
		}
		out[l.block+"-"+l.unit] = l
	}
	return out
}

// document makes a valid CPF.
func document(n uint64, other bool) string {
	if other {
		n |= 1 << 40
	}
	r := rand.New(rand.NewPCG(n, 1))
	for {
		text := fmt.Sprintf("%011d", r.Uint64N(1e11))
		if d, ok := desk.ParseDocument(text); ok {
			return string(d)
		}
	}
}

// written is the registry as a sheet: columns and rows in any order, any separator, any line end.
func written(t *rapid.T, code string, all map[string]line) string {
	sep := rapid.SampledFrom([]string{";", ",", "\t", "|"}).Draw(t, "separator")
	end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end")
	columns := rapid.Permutation([]string{"Empreendimento", "Nome da obra", "Torre", "Nº unidade", "Área comum", "id_mobuss_homologacao", "Contrato", "CPF", "Comprador", "E-mail", "Vigente"}).Draw(t, "columns")
	var b strings.Builder
	quote := func(s string) string {
		if strings.ContainsAny(s, sep+`"`) || rapid.IntRange(0, 4).Draw(t, "quoted") == 0 {
			return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
		}
		return s
	}
	row := func(value func(column string) string) {
		for i, c := range columns {
			if i > 0 {
				b.WriteString(sep)
			}
			b.WriteString(quote(value(c)))
		}
		b.WriteString(end)
	}
	row(func(c string) string { return c })
	for _, k := range rapid.Permutation(slices.Sorted(maps.Keys(all))).Draw(t, "rows") {
		l := all[k]
		cpf := l.document
		switch {
		case cpf == "":
		case rapid.Bool().Draw(t, "punctuated"):
			cpf = desk.Document(cpf).String()
		case cpf[0] == '0' && cpf[1] != '0':
			if _, company := desk.ParseDocument("000" + cpf); !company {
				cpf = cpf[1:] // as a spreadsheet would
			}
		}
		row(func(c string) string {
			switch c {
			case "Empreendimento":
				return code
			case "Nome da obra":
				return "Obra " + code
			case "Torre":
				return l.block
			case "Nº unidade":
				return l.unit
			case "Área comum":
				return map[bool]string{true: "Sim", false: "não"}[l.common]
			case "Contrato":
				return l.contract
			case "CPF":
				return cpf
			case "Comprador":
				return l.name
			case "E-mail":
				return l.email
			case "Vigente":
				return map[bool]string{true: "S", false: "N"}[l.current]
			}
			return l.mobuss
		})
	}
	return b.String()
}

// found reads a development back.
func found(t *rapid.T, s *store.Store, code string) map[string]line {
	ctx, q, out := t.Context(), s.Read(), map[string]line{}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	developments, err := q.AllDevelopments(ctx)
	must(err)
	for _, d := range developments {
		if d.Code != code {
			continue
		}
		blocks, err := q.BlocksOfDevelopment(ctx, d.ID)
		must(err)
		for _, b := range blocks {
			units, err := q.UnitsOfBlock(ctx, db.UnitsOfBlockParams{BlockID: b.ID, Column3: 1000})
			must(err)
			for _, u := range units {
				place, err := q.Place(ctx, u.ID)
				must(err)
				l := line{block: b.Code, unit: u.Number, mobuss: place.IDMobussHomologacao.String, common: place.CommonArea, current: true}
				contracts, err := q.ContractsOfUnit(ctx, u.ID)
				must(err)
				for _, c := range contracts {
					customer, err := q.CustomerByID(ctx, c.CustomerID)
					must(err)
					l.contract, l.current, l.document, l.name, l.email = c.Code, c.Current, customer.DocumentKey.String, customer.Name, customer.Email
				}
				out[b.Code+"-"+u.Number] = l
			}
		}
	}
	return out
}
