package flow_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

// mobussList imports a list of ids.
func mobussList(t testing.TB, in *flowtest.Installation, env desk.Environment, ids ...string) {
	t.Helper()
	l, err := in.ImportMobussUnits(t.Context(), flowtest.Admin(), env, "unidades-do-mobuss.csv")
	if err != nil {
		t.Fatal(err)
	}
	var units []flow.MobussUnit
	for _, id := range ids {
		units = append(units, flow.MobussUnit{ID: id})
	}
	if err := l.Take(t.Context(), units); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// look notes what a look-up said, at a moment.
func look(t testing.TB, in *flowtest.Installation, id string, known bool, at int64) {
	t.Helper()
	err := in.Store.Write(t.Context(), func(tx *store.Tx) error {
		return tx.PutMobussLook(t.Context(), db.PutMobussLookParams{ConnectionID: 1, Environment: desk.Homologation, MobussID: id, Known: known, At: at})
	})
	if err != nil {
		t.Fatal(err)
	}
}

const farAhead = 1 << 50 // milliseconds: later than any list of these tests

// TestUnitCheck: of flowtest's six units four have ids of their own in production (A-999 and the common area lack one),
// five in homologation.
func TestUnitCheck(t *testing.T) {
	const h, p = desk.Homologation, desk.Production
	all := []string{"MOB-AUR-A-101", "MOB-AUR-A-102", "MOB-AUR-A-AC", "MOB-AUR-B-101", "MOB-AUR-B-203"}
	twin := func(t *testing.T, in *flowtest.Installation) { // B-203 gets the id of B-101 in both environments
		r := flow.Registry{Developments: []flow.RegistryDevelopment{{Code: "AUR", Name: "Residencial Aurora", Blocks: []flow.RegistryBlock{{Code: "B", Name: "Bloco B",
			Units: []flow.RegistryUnit{{Number: "203", MobussIDHomologation: "MOB-AUR-B-101", MobussIDProduction: "PROD-AUR-B-101"}}}}}}}
		if err := in.PutRegistry(t.Context(), flowtest.Admin(), r); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		do   func(t *testing.T, in *flowtest.Installation)
		env  desk.Environment
		want string
	}{
		"nobody was asked": {func(*testing.T, *flowtest.Installation) {}, h, "6 units, 5 with, 1 missing, 0/0 shared, 0 unknown, 5 unchecked, listed false"},
		"in production":    {func(*testing.T, *flowtest.Installation) {}, p, "6 units, 4 with, 2 missing, 0/0 shared, 0 unknown, 4 unchecked, listed false"},
		"the whole list": {func(t *testing.T, in *flowtest.Installation) { mobussList(t, in, h, all...) }, h,
			"6 units, 5 with, 1 missing, 0/0 shared, 0 unknown, 0 unchecked, listed true"},
		"the other environment's list": {func(t *testing.T, in *flowtest.Installation) { mobussList(t, in, h, all...) }, p,
			"6 units, 4 with, 2 missing, 0/0 shared, 0 unknown, 4 unchecked, listed false"},
		"a short list": {func(t *testing.T, in *flowtest.Installation) { mobussList(t, in, p, "PROD-AUR-A-101", "PROD-OTHER") }, p,
			"6 units, 4 with, 2 missing, 0/0 shared, 3 unknown, 0 unchecked, listed true"},
		"the later list counts": {func(t *testing.T, in *flowtest.Installation) {
			mobussList(t, in, h, all...)
			mobussList(t, in, h, all[:2]...)
		}, h, "6 units, 5 with, 1 missing, 0/0 shared, 3 unknown, 0 unchecked, listed true"},
		"one id on two units":      {twin, h, "6 units, 5 with, 1 missing, 1/2 shared, 0 unknown, 5 unchecked, listed false"},
		"... in production":        {twin, p, "6 units, 4 with, 2 missing, 1/2 shared, 0 unknown, 4 unchecked, listed false"},
		"both of them are unknown": {func(t *testing.T, in *flowtest.Installation) { twin(t, in); mobussList(t, in, h, all[0]) }, h, "6 units, 5 with, 1 missing, 1/2 shared, 4 unknown, 0 unchecked, listed true"},
		"look-ups alone": {func(t *testing.T, in *flowtest.Installation) {
			look(t, in, all[0], true, 1)
			look(t, in, all[1], false, 1)
			look(t, in, "MOB-OF-NOBODY", false, 1)
		}, h, "6 units, 5 with, 1 missing, 0/0 shared, 1 unknown, 3 unchecked, listed false"},
		"a look-up before the list": {func(t *testing.T, in *flowtest.Installation) {
			look(t, in, all[0], false, 1)
			mobussList(t, in, h, all...)
		}, h, "6 units, 5 with, 1 missing, 0/0 shared, 0 unknown, 0 unchecked, listed true"},
		"look-ups after the list": {func(t *testing.T, in *flowtest.Installation) {
			mobussList(t, in, h, all[:3]...) // two are not in it
			look(t, in, all[0], false, farAhead)
			look(t, in, all[1], true, farAhead)
			look(t, in, all[3], true, farAhead)
			look(t, in, all[4], false, farAhead)
		}, h, "6 units, 5 with, 1 missing, 0/0 shared, 2 unknown, 0 unchecked, listed true"},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				in := flowtest.New(t, s, flow.Deps{})
				c.do(t, in)
				got, err := in.UnitCheck(t.Context(), flowtest.Admin(), c.env)
				if err != nil {
					t.Fatal(err)
				}
				text := fmt.Sprintf("%d units, %d with, %d missing, %d/%d shared, %d unknown, %d unchecked, listed %t",
					got.Units, got.WithID, got.Missing, got.SharedIDs, got.Duplicates, got.Unknown, got.Unchecked, got.Listed)
				if text != c.want {
					t.Errorf("got  %s\nwant %s", text, c.want)
				}
				if got.Right() {
					t.Error("it is called right, though A-999 has no id")
				}
				if got.Checked.IsZero() != (!got.Listed && got.Looks == 0) {
					t.Errorf("checked at %v", got.Checked)
				}
			})
		})
	}
}

func TestUnitCheckIsForConsultants(t *testing.T) {
	in := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
	if _, err := in.UnitCheck(t.Context(), flowtest.Attendant(), desk.Production); code(err) != desk.ErrForbidden {
		t.Errorf("an attendant is answered %v", err)
	}
	if _, err := in.UnitCheck(t.Context(), flowtest.Admin(), "treino"); code(err) != "parametro_invalido/ambiente" {
		t.Errorf("an unknown environment is answered %v", err)
	}
}

// BenchmarkUnitCheck checks many units (PONTE_BENCH_UNITS, 100,000 unless told), all with their ids, against a list of
// as many.
func BenchmarkUnitCheck(b *testing.B) {
	units := 100_000
	if n, err := strconv.Atoi(os.Getenv("PONTE_BENCH_UNITS")); err == nil {
		units = n
	}
	in := flowtest.New(b, storetest.New(b, store.SQLite), flow.Deps{})
	for from := 0; from < units; from += 10_000 {
		err := in.Store.Write(b.Context(), func(tx *store.Tx) error {
			var all []db.Unit
			for i := from; i < min(from+10_000, units); i++ {
				number := fmt.Sprintf("N%07d", i)
				id := store.NullText("MOB-" + number)
				all = append(all, db.Unit{ID: int64(1000 + i), DevelopmentID: 1, BlockID: 1 + int64(i%2), Number: number, NumberKey: number, IDMobussHomologacao: id, IDMobussProducao: id})
				if err := tx.PutMobussUnit(b.Context(), db.PutMobussUnitParams{ConnectionID: 1, Environment: desk.Production, MobussID: id.String, ImportedAt: farAhead}); err != nil {
					return err
				}
			}
			return tx.Many().PutUnits(b.Context(), all)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	mobussList(b, in, desk.Production, "PROD-AUR-A-101")
	for _, env := range []desk.Environment{desk.Homologation, desk.Production} {
		b.Run(string(env), func(b *testing.B) {
			for b.Loop() {
				if _, err := in.UnitCheck(b.Context(), flowtest.Admin(), env); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
