package e2e

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ponte/internal/crashpoint"
	"ponte/internal/flow"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestBackgroundWorkOnSQLite kills Ponte in the middle of an import that a page confirmed, and of a conformance run. The
// import goes on by itself and ends with the registry that it promised; the run says that it was cut off, and can be made
// again.
func TestBackgroundWorkOnSQLite(t *testing.T) {
	t.Parallel() // it waits more than it works
	backgroundWork(t, sqliteURL(t))
}

// TestBackgroundWorkOnPostgres: there the work is taken over once its lease has run out.
func TestBackgroundWorkOnPostgres(t *testing.T) {
	t.Parallel()
	backgroundWork(t, storetest.URL(t, store.Postgres))
}

// towerUnits are several chunks of an import.
const towerUnits = 1300

func backgroundWork(t *testing.T, databaseURL string) {
	hands := filepath.Join(t.TempDir(), "relogio")
	s := newSite(t, databaseURL, 1, crashing, "PONTE_TEST_LEASE=2s", "PONTE_TEST_POLL=200ms", "PONTE_TEST_CLOCK="+hands)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	serve := func(at string) {
		t.Helper()
		if err := s.serve(ctx, 0, at); err != nil {
			t.Fatal(err)
		}
	}
	dies := func(where string) {
		t.Helper()
		select {
		case <-s.running[0].exited:
		case <-ctx.Done():
		}
		s.down(0)
		if p := s.running[0]; !p.killed() {
			t.Fatalf("it was not killed %s\n%s", where, p.said())
		}
		t.Logf("tried: 1 SIGKILL %s", where)
	}
	db := ledger(t, databaseURL)
	serve(crashpoint.AfterChunk + ":2")
	who := s.signIn(ctx, t, "consultor@demo")
	sheet := tower()
	page := who.upload(ctx, t, sheet)
	plan := who.until(ctx, t, page, `name="plano" value="(\w{20,})"`)
	if _, err := who.follow(ctx, page+"/importar", url.Values{"plano": {plan}}); err != nil {
		t.Fatal(err)
	}
	dies(crashpoint.AfterChunk)
	halfway := count(t, db, "SELECT count(*) FROM unit u JOIN development d ON d.id = u.development_id WHERE d.code = 'TOR'")
	if halfway == 0 || halfway == towerUnits {
		t.Fatalf("%d of %d units were in when it was killed: that is no middle", halfway, towerUnits)
	}

	serve(crashpoint.AfterCase + ":3")
	who.until(ctx, t, page, `(<section class="noted" role="status">)`)
	sameRegistry(t, db)
	if same := who.until(ctx, t, who.upload(ctx, t, sheet), `data-state="igual">([^<]+)<`); same != "1.300" {
		t.Errorf("the same sheet again finds %s rows to be so already", same)
	}

	run, err := who.follow(ctx, runs, nil)
	if err != nil {
		t.Fatal(err)
	}
	dies(crashpoint.AfterCase)
	if err := os.WriteFile(hands, []byte("1m"), 0o600); err != nil { // it is not believed dead before it was silent for long
		t.Fatal(err)
	}
	serve("")
	if a, err := who.get(ctx, run); err != nil || !strings.Contains(string(a.body), "A rodada não chegou ao fim.") {
		t.Errorf("what was cut off doesn't say so: %d %v", a.status, err)
	}
	if a, err := who.post(ctx, run+"/assinar", url.Values{"senha": {"ponte-demo"}}); err != nil || a.status != http.StatusConflict {
		t.Errorf("what was cut off can be signed: %d %v", a.status, err)
	}
	again, err := who.follow(ctx, runs, nil)
	if err != nil {
		t.Fatalf("no run can be made behind one that was cut off: %v", err)
	}
	further := "SELECT count(*) >= 4 FROM conformance_case WHERE run_id = $1 AND result <> 'rodando'"
	err = poll(ctx, func() (past bool, err error) {
		err = db.QueryRowContext(ctx, further, path.Base(again)).Scan(&past)
		return past, err
	})
	if err != nil {
		t.Errorf("the run that was made again did not get past where the first was cut off: %v", err)
	}
	var state string
	if err := db.QueryRowContext(ctx, "SELECT state FROM conformance_run WHERE id = $1", path.Base(run)).Scan(&state); err != nil || state != flow.RunStopped {
		t.Errorf("what was cut off is written down as %s (%v)", state, err)
	}
}

// runs is the page of conformance runs.
const runs = "/parametrizacoes/implantacao/conformidade"

// towerRow is a unit with its contract and customer, as the ERP has them.
func towerRow(i int) (number, mobuss, contract, name, document string) {
	number = fmt.Sprintf("%04d", i+1)
	return number, "MOB-TOR-" + number, "TOR-" + number, "Cliente da Torre " + number, cpf(i)
}

func tower() string {
	var b strings.Builder
	b.WriteString("cod_empreendimento;nome_empreendimento;cod_bloco;numero;id_mobuss_homologacao;cod_contrato;nome_cliente;cpf_cnpj\n")
	for i := range towerUnits {
		number, mobuss, contract, name, document := towerRow(i)
		fmt.Fprintf(&b, "TOR;Torre Norte;T;%s;%s;%s;%s;%s\n", number, mobuss, contract, name, document)
	}
	return b.String()
}

// cpf is a number's, with its check digits.
func cpf(n int) string {
	d := []byte(fmt.Sprintf("%09d", 300_000_000+n))
	for len(d) < 11 {
		sum := 0
		for i, c := range d {
			sum += int(c-'0') * (len(d) + 1 - i)
		}
		d = append(d, byte('0'+(11-sum%11)%11%10)) //nolint:gosec // a digit
	}
	return string(d)
}

// sameRegistry: every row of the sheet is there, once, and nothing else of its development.
func sameRegistry(t *testing.T, db *sql.DB) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT u.number, u.id_mobuss_homologacao, c.code, k.name, k.document_key,
		(SELECT count(*) FROM customer_word w WHERE w.customer_id = k.id) FROM unit u JOIN development d ON d.id = u.development_id
		LEFT JOIN contract c ON c.unit_id = u.id LEFT JOIN customer k ON k.id = c.customer_id WHERE d.code = 'TOR' ORDER BY u.number`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	i := 0
	for ; rows.Next(); i++ {
		var number, mobuss, contract, name, document string
		var words int
		if err := rows.Scan(&number, &mobuss, &contract, &name, &document, &words); err != nil {
			t.Fatalf("row %d: %v", i+1, err)
		}
		wantNumber, wantMobuss, wantContract, wantName, wantDocument := towerRow(i)
		if number != wantNumber || mobuss != wantMobuss || contract != wantContract || name != wantName || document != wantDocument || words != 4 {
			t.Fatalf("row %d is %s, %s, %s, %s, %s with %d words", i+1, number, mobuss, contract, name, document, words)
		}
	}
	if err := rows.Err(); err != nil || i != towerUnits {
		t.Errorf("%d rows of %d: %v", i, towerUnits, err)
	}
}

// upload sends a sheet and answers its page.
func (p *person) upload(ctx context.Context, t *testing.T, sheet string) string {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("planilhas", "torre.csv")
	if err == nil {
		_, err = file.Write([]byte(sheet))
	}
	if err == nil {
		err = form.Close()
	}
	at, unserved := p.site.address(ctx)
	if err != nil || unserved != nil {
		t.Fatal(err, unserved)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at+"/cadastros/importacao", &body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	a, err := p.send(r, "")
	if err != nil || a.status != http.StatusSeeOther {
		t.Fatalf("the upload: %s, %v", a, err)
	}
	return a.header.Get("Location")
}

// until looks at a page until it says something, and answers that.
func (p *person) until(ctx context.Context, t *testing.T, page, says string) (said string) {
	t.Helper()
	pattern := regexp.MustCompile(says)
	err := poll(ctx, func() (bool, error) {
		a, err := p.get(ctx, page)
		if m := pattern.FindSubmatch(a.body); m != nil {
			said = string(m[1])
		}
		return said != "", err
	})
	if err != nil {
		t.Fatalf("%s never said %s: %v\n%s", page, says, err, p.site.running[0].said())
	}
	return said
}
