package importer_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"

	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/importer"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

const benchUnits = 100_000

// benchSheet writes a combined sheet of made-up units, each with its contract and customer.
func benchSheet(b *testing.B) importer.File {
	b.Helper()
	path := filepath.Join(b.TempDir(), "completo.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "cod_empreendimento;nome_empreendimento;cod_bloco;numero;id_mobuss_homologacao;cod_contrato;cpf_cnpj;nome_cliente;email;telefone")
	for n := range benchUnits {
		d, block, unit := n/2000, n/100%20, n%100+1
		code := fmt.Sprintf("D%03d-T%02d-%03d", d, block, unit)
		fmt.Fprintf(w, "D%03d;Empreendimento %03d;T%02d;%03d;MOB-%s;%s;%s;Cliente %s da Silva %d;c%d@exemplo.com.br;(11) 9%08d\n",
			d, d, block, unit, code, code, cpf(n), []string{"Ana", "Bento", "Célia", "Davi"}[n%4], n, n, n)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return importer.File{Name: path, Open: func() (io.ReadCloser, error) { return os.Open(path) }}
}

// cpf counts up, with its check digits.
func cpf(n int) string {
	d := []byte(fmt.Sprintf("%09d", 100_000_000+n*7))
	for len(d) < 11 {
		sum := 0
		for i, c := range d {
			sum += int(c-'0') * (len(d) + 1 - i)
		}
		check := 11 - sum%11
		if check > 9 {
			check = 0
		}
		d = append(d, byte('0'+check))
	}
	return string(d)
}

// peak samples the heap in use while f runs, in MB.
func peak(f func()) float64 {
	runtime.GC()
	debug.FreeOSMemory()
	var most atomic.Uint64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), m.HeapInuse+m.StackInuse))
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	f()
	close(stop)
	<-stopped
	return float64(most.Load()) / (1 << 20)
}

// BenchmarkImport100k: a first import of 100,000 units with contracts and customers, its plan, and the import again,
// where nothing changes; durable, on the embedded database.
func BenchmarkImport100k(b *testing.B) {
	file := benchSheet(b)
	for b.Loop() {
		in := flowtest.New(b, storetest.New(b, store.SQLite), flow.Deps{})
		walk := func(name string, what func() (*importer.Report, error)) {
			var report *importer.Report
			var err error
			began := time.Now()
			most := peak(func() { report, err = what() })
			if err != nil || report.Rows != benchUnits || report.Refused() > 0 {
				b.Fatal(report, err)
			}
			b.ReportMetric(benchUnits/time.Since(began).Seconds(), name+"-rows/s")
			b.ReportMetric(most, name+"-MB")
		}
		files := []importer.File{file}
		walk("plan", func() (*importer.Report, error) {
			return importer.Plan(b.Context(), in.Flow, flowtest.Admin(), files, importer.Options{})
		})
		walk("import", func() (*importer.Report, error) {
			return importer.Import(b.Context(), in.Flow, flowtest.Admin(), files, importer.Options{})
		})
		walk("again", func() (*importer.Report, error) {
			return importer.Import(b.Context(), in.Flow, flowtest.Admin(), files, importer.Options{})
		})
	}
}

// BenchmarkUpload sends the sheet as a page does, plans it, confirms the plan and imports it; the peak includes the
// database.
func BenchmarkUpload(b *testing.B) {
	file := benchSheet(b)
	for b.Loop() {
		b.StopTimer()
		in := flowtest.New(b, storetest.New(b, store.SQLite), flow.Deps{})
		k := worker(in, "bench")
		b.StartTimer()
		var planned, imported time.Duration
		most := peak(func() {
			u, err := in.ReceiveSheets(b.Context(), flowtest.Admin(), "")
			if err != nil {
				b.Fatal(err)
			}
			r, err := file.Open()
			if err != nil {
				b.Fatal(err)
			}
			if err := u.Sheet(b.Context(), "completo.csv", r); err != nil {
				b.Fatal(err)
			}
			id, err := u.Done(b.Context(), false, "")
			if err != nil {
				b.Fatal(err)
			}
			began := time.Now()
			work(b, k)
			planned = time.Since(began)
			confirm(b, in, id)
			began = time.Now()
			work(b, k)
			imported = time.Since(began)
			if j := job(b, in, id); j.State != flow.JobDone || j.Report.States[flow.RowNew] != benchUnits {
				b.Fatalf("%s, %+v", j.State, j.Report.States)
			}
		})
		b.ReportMetric(most, "MB-peak")
		b.ReportMetric(planned.Seconds(), "s-plan")
		b.ReportMetric(imported.Seconds(), "s-check+import")
	}
}
