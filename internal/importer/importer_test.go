package importer_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/importer"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func sheet(name, text string) importer.File {
	return importer.File{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
}

// counted adds up what is read.
type counted struct {
	io.Reader
	n *int
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	*c.n += n
	return n, err
}

func fromDisk(path string) importer.File {
	return importer.File{Name: filepath.Base(path), Open: func() (io.ReadCloser, error) { return os.Open(path) }}
}

// told is a report as a person would tell it.
func told(r *importer.Report) string {
	var b strings.Builder
	for i := range r.Sheets {
		s := &r.Sheets[i]
		fmt.Fprintf(&b, "%s: %s, %s, %q, headers in line %d, passed over %q\n", s.Name, s.Kind, s.Charset, s.Comma, s.Line, s.Unknown)
	}
	for _, st := range importer.States {
		if n := r.States[st]; n > 0 {
			fmt.Fprintf(&b, "%s %d\n", st, n)
		}
	}
	for _, o := range r.Told {
		fmt.Fprintf(&b, "%s:%d %s\n", o.Sheet, o.Line, o.State)
		for _, c := range o.Changes {
			fmt.Fprintf(&b, "  %s %s %s: %q -> %q\n", c.Thing, c.Key, c.Field, c.Old, c.New)
		}
		for _, f := range slices.Concat(o.Reasons, o.Warnings) {
			fmt.Fprintf(&b, "  ! %s: %s", f.Field, f.Code)
			for _, k := range slices.Sorted(maps.Keys(f.Args)) {
				fmt.Fprintf(&b, " %s=%v", k, f.Args[k])
			}
			b.WriteByte('\n')
		}
	}
	for _, g := range r.Missing {
		fmt.Fprintf(&b, "gone: %s %s %s\n", g.Thing, g.Key, g.Unit)
	}
	return b.String()
}

type buffer struct{ bytes.Buffer }

func (*buffer) Close() error { return nil }

// TestSheets imports each of testdata/*.csv into the small registry of the tests: what the plan says, what becomes of it,
// the sheet of refused rows, and that doing it again changes nothing.
func TestSheets(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.csv")
	if err != nil || len(paths) < 8 {
		t.Fatal(len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			in := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
			files := []importer.File{fromDisk(path)}
			if strings.HasPrefix(filepath.Base(path), "mapa") {
				files[0].Map = map[string]string{"numero": "Local", "cod_bloco": "=A", "cod_empreendimento": "=AUR"}
			}
			var refused buffer
			o := importer.Options{Errors: func(string, string) (io.WriteCloser, error) { return &refused, nil }}
			plan, err := importer.Plan(t.Context(), in.Flow, flowtest.Admin(), files, o)
			if err != nil {
				golden(t, path+".golden", err.Error()+"\n")
				return
			}
			before := told(plan)
			done, err := importer.Import(t.Context(), in.Flow, flowtest.Admin(), files, importer.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if after := told(done); after != before {
				t.Errorf("the plan said\n%s\nand done was\n%s", before, after)
			}
			again, err := importer.Import(t.Context(), in.Flow, flowtest.Admin(), files, importer.Options{})
			if err != nil || !again.Nothing() || again.Refused() != plan.Refused() {
				t.Errorf("again: %s %v", told(again), err)
			}
			golden(t, path+".golden", before+"--- refused\n"+strings.ReplaceAll(refused.String(), "\r\n", "\n"))
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || got != string(want) {
		t.Errorf("%s differs (%v), run with -update and read the difference; got\n%s", path, err, got)
	}
}

// TestCharsets: the same sheet in every encoding and with every separator says the same.
func TestCharsets(t *testing.T) {
	const text = "cod_empreendimento;nome_empreendimento;cod_bloco;numero;cod_contrato;cpf_cnpj;nome_cliente\r\n" +
		"IPE;Residencial Ipê Ação;A;1;C-1;529.982.247-25;\"Conceição; Júnior\"\r\n"
	encode := func(e interface{ String(string) (string, error) }) string {
		t.Helper()
		out, err := e.String(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for name, c := range map[string]struct {
		text string
		want importer.Charset
	}{
		"utf-8": {text, importer.UTF8}, "with a mark": {"\ufeff" + text, importer.UTF8},
		"windows-1252": {encode(charmap.Windows1252.NewEncoder()), importer.Windows}, "latin-1": {encode(charmap.ISO8859_1.NewEncoder()), importer.Windows},
		"utf-16": {encode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()), importer.UTF16},
		"unix":   {strings.ReplaceAll(text, "\r\n", "\n"), importer.UTF8}, "without a last line end": {strings.TrimRight(text, "\r\n"), importer.UTF8},
		"commas": {strings.ReplaceAll(strings.ReplaceAll(text, ";", ","), ", J", "; J"), importer.UTF8},
		"tabs":   {strings.ReplaceAll(strings.ReplaceAll(text, ";", "\t"), "\t J", "; J"), importer.UTF8},
		"sep=":   {"sep=;\r\n" + text, importer.UTF8}, "an accent far behind": {text + strings.Repeat(";;;;;;\r\n", 40_000), importer.UTF8},
		"latin-1, far behind": {strings.Repeat("\n", 70_000) + encode(charmap.ISO8859_1.NewEncoder()), importer.Windows},
	} {
		t.Run(name, func(t *testing.T) {
			in := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
			read := 0
			f := importer.File{Name: "x.csv", Open: func() (io.ReadCloser, error) {
				return io.NopCloser(&counted{strings.NewReader(c.text), &read}), nil
			}}
			r, err := importer.Import(t.Context(), in.Flow, flowtest.Admin(), []importer.File{f}, importer.Options{})
			if err != nil || len(r.Told) != 1 || r.Sheets[0].Charset != c.want {
				t.Fatalf("%+v: %v", r, err)
			}
			if most := 2*len(c.text) + 128<<10; read > most { // to know its letters, and to take its rows; and its beginning for its headers
				t.Errorf("%d bytes of a sheet of %d were read", read, len(c.text))
			}
			if ch := r.Told[0].Changes; len(ch) != 5 || ch[0].New != "Residencial Ipê Ação" || ch[3].New != "Conceição; Júnior" {
				t.Errorf("%+v", ch)
			}
		})
	}
}

// TestRefusedRowsComeBack: the sheet of refused rows, mended by hand, imports.
func TestRefusedRowsComeBack(t *testing.T) {
	in := flowtest.New(t, storetest.New(t, store.SQLite), flow.Deps{})
	var refused buffer
	o := importer.Options{Errors: func(string, string) (io.WriteCloser, error) { return &refused, nil }}
	run := func(text string) *importer.Report {
		t.Helper()
		r, err := importer.Import(t.Context(), in.Flow, flowtest.Admin(), []importer.File{sheet("clientes.csv", text)}, o)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := run("CPF;Nome;Telefone\n529.982.247-26;\"=Marina; \"\"M\"\"\";+55 11 98765-4321\n153.509.460-56;Tomás Teles;\n")
	if r.States[importer.Broken] != 1 {
		t.Fatal(told(r))
	}
	text := refused.String()
	if !strings.Contains(text, `"'=Marina; ""M"""`) || !strings.Contains(text, "'+55") {
		t.Errorf("a spreadsheet would run %s", text)
	}
	refused.Reset()
	r = run(strings.ReplaceAll(text, "247-26", "247-25"))
	if r.Refused() != 0 || r.States[flow.RowChanged] != 1 || r.Told[0].Changes[0].New != `=Marina; "M"` || refused.Len() > 0 {
		t.Errorf("%s", told(r))
	}
}

// TestInterrupted: an import that ends in the middle is done again and goes on.
func TestInterrupted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		var b strings.Builder
		b.WriteString("cod_empreendimento;nome_empreendimento;cod_bloco;numero\n")
		const all = 1700
		for n := range all {
			fmt.Fprintf(&b, "IPE;Ipê;B%d;%d\n", n%3, n)
		}
		files := []importer.File{sheet("unidades.csv", b.String())}
		ctx, cancel := context.WithCancel(t.Context())
		_, err := importer.Import(ctx, in.Flow, flowtest.Admin(), files, importer.Options{Progress: func(p importer.Progress) {
			if p.Rows >= 500 {
				cancel()
			}
		}})
		if err == nil {
			t.Fatal("it was not interrupted")
		}
		r, err := importer.Import(t.Context(), in.Flow, flowtest.Admin(), files, importer.Options{})
		if err != nil || r.States[flow.RowSame] < 500 || r.States[flow.RowNew] == 0 || r.States[flow.RowNew]+r.States[flow.RowSame] != all {
			t.Fatalf("%v %v", r.States, err)
		}
		if r, err = importer.Import(t.Context(), in.Flow, flowtest.Admin(), files, importer.Options{}); err != nil || !r.Nothing() {
			t.Errorf("%v %v", r.States, err)
		}
	})
}

// TestComplete: what a complete sheet no longer names ends, but never while a row is refused, and nothing is deleted.
func TestComplete(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := flowtest.New(t, s, flow.Deps{})
		const header = "cod_empreendimento;cod_bloco;numero;cod_contrato;cpf_cnpj;nome_cliente\n"
		const row = "AUR;A;101;AUR-A-101;529.982.247-25;Marina Figueiredo Prado\n"
		run := func(text string, complete bool) *importer.Report {
			t.Helper()
			r, err := importer.Import(t.Context(), in.Flow, flowtest.Admin(), []importer.File{sheet("x.csv", text)}, importer.Options{Complete: complete})
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		if r := run(header+row, false); r.Ended != 0 || r.Gone["contrato"] != 4 || r.Gone["unidade"] != 5 {
			t.Errorf("reported %v, ended %d", r.Gone, r.Ended)
		}
		if r := run(header+row+"AUR;A;102;AUR-A-102;123;Marina\n", true); r.Ended != 0 {
			t.Errorf("%d ended beside a refused row", r.Ended)
		}
		if r := run(header+row, true); r.Ended != 4 {
			t.Errorf("%d ended", r.Ended)
		}
		if r := run(header+row, true); r.Ended != 0 || r.Gone["contrato"] != 0 {
			t.Errorf("again: %d ended", r.Ended)
		}
		c, err := s.Read().ContractByCode(t.Context(), "AUR-B-101")
		if err != nil || c.Current {
			t.Errorf("%+v: %v", c, err)
		}
		if c, err = s.Read().ContractByCode(t.Context(), "AUR-A-101"); err != nil || !c.Current {
			t.Errorf("%+v: %v", c, err)
		}
	})
}
