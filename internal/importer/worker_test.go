package importer_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/importer"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// clock is moved by hand.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).UnixMilli())
	return c
}

func (c *clock) now() time.Time        { return time.UnixMilli(c.at.Load()) }
func (c *clock) pass(by time.Duration) { c.at.Add(by.Milliseconds()) }

func worker(in *flowtest.Installation, owner string) *importer.Worker {
	return importer.NewWorker(importer.WorkerOptions{Flow: in.Flow, Owner: owner, Words: func(e desk.FieldError) string { return e.Code }})
}

// upload sends sheets: name, text, name, text ...
func upload(t testing.TB, in *flowtest.Installation, env desk.Environment, sheets ...string) string {
	t.Helper()
	u, err := in.ReceiveSheets(t.Context(), flowtest.Admin(), env)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(sheets); i += 2 {
		if err := u.Sheet(t.Context(), sheets[i], strings.NewReader(sheets[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	id, err := u.Done(t.Context(), false, "")
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func job(t testing.TB, in *flowtest.Installation, id string) *flow.RegistryJob {
	t.Helper()
	j, err := in.RegistryJob(t.Context(), flowtest.Admin(), id)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// work lets a worker do all that waits.
func work(t testing.TB, k *importer.Worker) {
	t.Helper()
	for {
		worked, err := k.Once(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !worked {
			return
		}
	}
}

func confirm(t testing.TB, in *flowtest.Installation, id string) {
	t.Helper()
	if err := in.ImportPlanned(t.Context(), flowtest.Admin(), id, job(t, in, id).Print); err != nil {
		t.Fatal(err)
	}
}

func units(t testing.TB, in *flowtest.Installation) int64 {
	t.Helper()
	n, err := in.Store.Read().CountUnits(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// tower is a sheet of so many units of a development of its own.
func tower(n int) string {
	var b strings.Builder
	b.WriteString("cod_empreendimento;nome_empreendimento;cod_bloco;numero;id_mobuss_homologacao\n")
	for i := range n {
		fmt.Fprintf(&b, "TOR;Torre Norte;T;%04d;MOB-T-%04d\n", i+1, i+1)
	}
	return b.String()
}

// TestUpload: planned, confirmed, imported as it was shown; sent again it does nothing; refused rows come back mended.
func TestUpload(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		k := worker(in, "a")
		before := units(t, in)
		sheet := "Obra;Torre;Apto;Mobuss Homologação;Observação\nAUR;A;101;MOB-AUR-A-101;x\nAUR;A;301;MOB-301;\nAUR;Z9;;;falta o número\n"
		id := upload(t, in, "", "unidades do ERP.csv", sheet)
		if j := job(t, in, id); j.State != flow.JobToPlan {
			t.Fatalf("after the upload it is %s", j.State)
		}
		work(t, k)
		j := job(t, in, id)
		r := j.Report
		if j.State != flow.JobPlanned || r.Rows != 3 || r.States[flow.RowNew] != 1 || r.States[flow.RowSame] != 1 || r.States[flow.RowBroken] != 1 || r.Gone["unidade"] != 5 {
			t.Fatalf("the plan: %s, %+v", j.State, r)
		}
		if got := fmt.Sprint(r.Sheets[0].Unknown, r.Sheets[0].Columns["numero"]); got != "[Observação]Apto" {
			t.Errorf("the sheet was understood as %s", got)
		}
		if units(t, in) != before {
			t.Fatal("a plan wrote")
		}
		if err := in.ImportPlanned(t.Context(), flowtest.Admin(), id, "of another plan"); code(err) != desk.ErrPlanChanged {
			t.Errorf("another plan is confirmed: %v", err)
		}
		confirm(t, in, id)
		work(t, k)
		j = job(t, in, id)
		if j.State != flow.JobDone || j.Report.States[flow.RowNew] != 1 || units(t, in) != before+1 || j.Tries != 1 {
			t.Fatalf("after the import: %s, %+v, %d units", j.State, j.Report.States, units(t, in))
		}
		refused, name, err := in.RefusedRows(t.Context(), flowtest.Admin(), id, j.Refused[0].Seq)
		if err != nil || name != "unidades do ERP-recusadas.csv" {
			t.Fatalf("the refused rows: %q, %v", name, err)
		}
		text, err := io.ReadAll(refused)
		if err != nil {
			t.Fatal(err)
		}
		want := "\ufeffObra;Torre;Apto;Mobuss Homologação;Observação;erro\r\nAUR;Z9;;;falta o número;numero: obrigatorio\r\n"
		if string(text) != want {
			t.Fatalf("the refused rows: %q", text)
		}
		id = upload(t, in, "", name, strings.Replace(string(text), "Z9;;", "A;302;", 1), "antes.csv", sheet)
		work(t, k)
		confirm(t, in, id)
		work(t, k)
		if n := units(t, in); n != before+2 {
			t.Errorf("with the mended row there are %d units, want %d", n, before+2)
		}
		id = upload(t, in, "", "unidades do ERP.csv", sheet)
		work(t, k)
		if j = job(t, in, id); j.Report.Changes() != 0 || j.Report.States[flow.RowSame] != 2 {
			t.Errorf("sent again it would do %+v", j.Report.States)
		}
		if err := in.DiscardImport(t.Context(), flowtest.Admin(), id); err != nil {
			t.Fatal(err)
		}
		if j = job(t, in, id); j.State != flow.JobDiscarded || j.Report != nil || !j.Swept {
			t.Errorf("discarded it is %+v", j)
		}
	})
}

// TestPlanIsWhatIsImported: what changed between the plan and its confirmation is planned anew and shown.
func TestPlanIsWhatIsImported(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		k := worker(in, "a")
		id := upload(t, in, "", "a.csv", tower(3))
		work(t, k)
		other := upload(t, in, "", "b.csv", "cod_empreendimento;nome_empreendimento;cod_bloco;numero\nTOR;Torre Norte;T;0002\n")
		work(t, k)
		confirm(t, in, other)
		work(t, k)
		before := units(t, in)
		confirm(t, in, id)
		work(t, k)
		j := job(t, in, id)
		if j.State != flow.JobPlanned || j.Reason.Code != "cadastro_mudou" || units(t, in) != before {
			t.Fatalf("the plan of another registry was carried out: %s, %+v", j.State, j.Reason)
		}
		if j.Report.States[flow.RowNew] != 2 || j.Report.States[flow.RowChanged] != 1 {
			t.Errorf("the new plan: %+v", j.Report.States)
		}
		confirm(t, in, id)
		work(t, k)
		if j = job(t, in, id); j.State != flow.JobDone || units(t, in) != before+2 {
			t.Errorf("then: %s, %d units", j.State, units(t, in))
		}
	})
}

// halfway imports the first rows of a confirmed upload, as a process that dies in the middle.
func halfway(t *testing.T, in *flowtest.Installation, rows int) (*flow.RegistryWork, *flow.RegistryImport) {
	t.Helper()
	w, err := in.NextUpload(t.Context(), "dies", 0)
	if err != nil || w == nil || w.State != flow.JobImporting {
		t.Fatalf("%+v, %v", w, err)
	}
	im, err := w.Import(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := im.Take(t.Context(), towerRows(1, rows)); err != nil {
		t.Fatal(err)
	}
	return w, im
}

func towerRows(from, to int) (out []flow.RegistryRow) {
	for i := from; i <= to; i++ {
		out = append(out, flow.RegistryRow{Line: i + 1, Kind: flow.OfUnits, Columns: flow.HasDevelopmentName | flow.HasMobussHomologation,
			Development: "TOR", DevelopmentName: "Torre Norte", Block: "T", Unit: fmt.Sprintf("%04d", i), MobussHomologation: fmt.Sprintf("MOB-T-%04d", i)})
	}
	return out
}

// TestImportGoesOn: the process that imports dies in the middle; nobody takes over while it may still live, then somebody
// does, and the dead one's late writes are refused.
func TestImportGoesOn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := newClock()
		in := flowtest.New(t, s, flow.Deps{Now: c.now})
		k := worker(in, "b")
		before := units(t, in)
		id := upload(t, in, "", "torre.csv", tower(1200))
		work(t, k)
		confirm(t, in, id)
		if worked, err := k.Once(t.Context()); !worked || err != nil { // finds the plan to be as it was
			t.Fatal(worked, err)
		}
		_, dead := halfway(t, in, 700)
		if n := units(t, in); n != before+700 {
			t.Fatalf("%d units are in", n-before)
		}
		c.pass(flow.WorkLeaseLife - time.Second)
		if worked, err := k.Once(t.Context()); worked || err != nil {
			t.Fatalf("it was taken from one that may live: %v", err)
		}
		c.pass(2 * time.Second)
		work(t, k)
		j := job(t, in, id)
		if n := units(t, in); j.State != flow.JobDone || n != before+1200 || j.Tries != 2 || j.Report.States[flow.RowNew] != 1200 {
			t.Fatalf("after the crash: %s, %d units, begun %d times, %+v", j.State, n-before, j.Tries, j.Report.States)
		}
		if _, err := dead.Take(t.Context(), towerRows(1201, 1202)); !errors.Is(err, flow.ErrNoLease) {
			t.Errorf("the dead one writes on: %v", err)
		}
		// The control: a walk that holds no lease is not fenced, and writes.
		free, err := in.ImportRegistry(t.Context(), flowtest.Admin())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := free.Take(t.Context(), towerRows(1201, 1202)); err != nil || units(t, in) != before+1202 {
			t.Errorf("the control: %v, %d units", err, units(t, in)-before)
		}
	})
}

// TestImportGoesOnAtAStart: on an embedded database nobody waits for the lease of a predecessor, which can only be dead.
func TestImportGoesOnAtAStart(t *testing.T) {
	in := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
	k := worker(in, "b")
	before := units(t, in)
	id := upload(t, in, "", "torre.csv", tower(20))
	work(t, k)
	confirm(t, in, id)
	if worked, err := k.Once(t.Context()); !worked || err != nil {
		t.Fatal(worked, err)
	}
	_, dead := halfway(t, in, 10)
	if worked, err := k.Once(t.Context()); worked || err != nil {
		t.Fatalf("the control: it was taken from a living one: %v", err)
	}
	if _, err := in.VoidLeases(t.Context()); err != nil {
		t.Fatal(err)
	}
	work(t, k)
	if j := job(t, in, id); j.State != flow.JobDone || units(t, in) != before+20 {
		t.Errorf("%s, %d units", j.State, units(t, in)-before)
	}
	if _, err := dead.Take(t.Context(), towerRows(21, 22)); !errors.Is(err, flow.ErrNoLease) {
		t.Errorf("the predecessor writes on: %v", err)
	}
}

// TestStop: a person stops an import on its way; its worker writes nothing more, and planning again tells what is left.
func TestStop(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		k := worker(in, "b")
		before := units(t, in)
		id := upload(t, in, "", "torre.csv", tower(20))
		work(t, k)
		confirm(t, in, id)
		if worked, err := k.Once(t.Context()); !worked || err != nil {
			t.Fatal(worked, err)
		}
		w, im := halfway(t, in, 10)
		if err := in.StopImport(t.Context(), flowtest.Admin(), id); err != nil {
			t.Fatal(err)
		}
		if _, err := im.Take(t.Context(), towerRows(11, 20)); !errors.Is(err, flow.ErrNoLease) || units(t, in) != before+10 {
			t.Fatalf("a stopped import writes on: %v, %d units", err, units(t, in)-before)
		}
		if err := w.Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := in.PlanAgain(t.Context(), flowtest.Admin(), id, false, nil); err != nil {
			t.Fatal(err)
		}
		work(t, k)
		if j := job(t, in, id); j.State != flow.JobPlanned || j.Report.States[flow.RowNew] != 10 || j.Report.States[flow.RowSame] != 10 {
			t.Errorf("what is left: %s, %+v", j.State, j.Report.States)
		}
	})
}

// TestOneWorksAtATime: of many workers over one database, only one is at an upload.
func TestOneWorksAtATime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		for range 4 {
			upload(t, in, "", "torre.csv", tower(5))
		}
		var at, most, taken atomic.Int64
		var all sync.WaitGroup
		for n := range 4 {
			all.Go(func() {
				for taken.Load() < 4 && t.Context().Err() == nil {
					w, err := in.NextUpload(t.Context(), fmt.Sprint(n), 0)
					if err != nil {
						t.Error(err)
						return
					}
					if w == nil {
						continue
					}
					most.Store(max(most.Load(), at.Add(1)))
					if err := w.Planned(t.Context(), &flow.RegistryReport{}, "p"); err != nil {
						t.Error(err)
					}
					at.Add(-1)
					taken.Add(1)
					if err := w.Leave(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if most.Load() != 1 || taken.Load() != 4 {
			t.Errorf("%d at once, %d planned", most.Load(), taken.Load())
		}
	})
}

// TestColumnsAreRemembered: what a person says of a sheet that was not understood holds for the next with its headers.
func TestColumnsAreRemembered(t *testing.T) {
	in := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
	k := worker(in, "a")
	sheet := "Empresa;Setor;Porta\nAUR;A;501\n"
	id := upload(t, in, "", "x.csv", sheet)
	work(t, k)
	j := job(t, in, id)
	if j.State != flow.JobRefused || j.Reason.Code != "cabecalho_incompleto" || len(j.Report.Sheets) != 1 || strings.Join(j.Report.Sheets[0].Headers, " ") != "Empresa Setor Porta" {
		t.Fatalf("%s, %+v, %+v", j.State, j.Reason, j.Report)
	}
	m := flow.RegistryMapping{Kind: flow.OfUnits, Map: map[string]string{"cod_empreendimento": "Empresa", "cod_bloco": "=A", "numero": "Porta"}}
	if err := in.PlanAgain(t.Context(), flowtest.Admin(), id, false, map[int]flow.RegistryMapping{0: m}); err != nil {
		t.Fatal(err)
	}
	work(t, k)
	if j = job(t, in, id); j.State != flow.JobPlanned || j.Report.States[flow.RowNew] != 1 || j.Report.Sheets[0].Columns["cod_bloco"] != "=A" {
		t.Fatalf("%s, %+v", j.State, j.Report)
	}
	if err := in.RememberMapping(t.Context(), flowtest.Admin(), j.Report.Sheets[0].Headers, m); err != nil {
		t.Fatal(err)
	}
	id = upload(t, in, "", "another.csv", strings.ReplaceAll(sheet, "501", "502"))
	work(t, k)
	if j = job(t, in, id); j.State != flow.JobPlanned || !j.Report.Sheets[0].Remembered || j.Report.States[flow.RowNew] != 1 {
		t.Fatalf("the next sheet: %s, %+v", j.State, j.Report)
	}
}

// TestSweepUploads: what nobody goes on with is forgotten after a week, a broken upload after an hour; what is done keeps
// its line.
func TestSweepUploads(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := newClock()
		in := flowtest.New(t, s, flow.Deps{Now: c.now})
		k := worker(in, "a")
		planned := upload(t, in, "", "a.csv", tower(2))
		done := upload(t, in, "", "b.csv", tower(2)+"TOR;;T;;\n")
		work(t, k)
		confirm(t, in, done)
		work(t, k)
		broken, err := in.ReceiveSheets(t.Context(), flowtest.Admin(), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := broken.Sheet(t.Context(), "c.csv", io.MultiReader(strings.NewReader("abc"), badReader{})); err == nil {
			t.Fatal("a sheet that broke off was taken")
		}
		sweep := func(want int) {
			t.Helper()
			if n, err := in.SweepUploads(t.Context(), 0); n != want || err != nil {
				t.Fatalf("swept %d, want %d: %v", n, want, err)
			}
		}
		sweep(0)
		c.pass(2 * time.Hour)
		sweep(1)
		c.pass(7*24*time.Hour - 3*time.Hour)
		sweep(0)
		c.pass(2 * time.Hour)
		sweep(2)
		if j := job(t, in, planned); j.State != flow.JobDiscarded || j.Report != nil {
			t.Errorf("the plan is %+v", j)
		}
		if j := job(t, in, done); j.State != flow.JobDone || j.Report != nil || len(j.Refused) != 0 || !j.Swept {
			t.Errorf("the import is %+v", j)
		}
		if err := in.PlanAgain(t.Context(), flowtest.Admin(), planned, false, nil); code(err) != desk.ErrImportState {
			t.Errorf("what was forgotten is planned: %v", err)
		}
	})
}

type badReader struct{}

func (badReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func code(err error) string {
	var e *desk.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return fmt.Sprint(err)
}
