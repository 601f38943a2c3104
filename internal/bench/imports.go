package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"ponte/internal/app"
	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

const (
	importBar      = 90 * time.Second
	importMB       = 300
	callsBeside    = 4                     // callers beside an import
	callEvery      = 50 * time.Millisecond // of each
	importPatience = 10 * time.Minute
)

// imports measures a first import of many units, each with its contract and customer: sent to the built binary as a
// page sends it, planned, confirmed and imported, while programs call. Every index is kept all along: nothing is built
// afterwards. Its limit is the same rows written alone, by the hundred, to a database of their own.
func imports(ctx context.Context, t *table, binary, dir string, units int) error {
	ctx, cancel := context.WithTimeout(ctx, importPatience)
	defer cancel()
	t.section(fmt.Sprintf("the registry: %d units with contracts and customers, %d callers beside (SQLite, every index kept)", units, callsBeside))
	t.bars = true
	raw, err := rawRegistry(ctx, "sqlite:"+filepath.Join(dir, "registry-raw.db"), units)
	if err != nil {
		return fmt.Errorf("raw: %w", err)
	}
	d, err := startDemo(ctx, binary, filepath.Join(dir, "registry"))
	if err != nil {
		return err
	}
	defer d.stop()
	calls := &beside{d: d}
	quietly := calls.during(ctx, 10*time.Second)
	began := time.Now()
	page, err := d.upload(ctx, units)
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	sent := time.Since(began)
	stop := calls.start(ctx)
	began = time.Now()
	planned, err := d.until(ctx, page, regexp.MustCompile(`name="plano" value="(\w{20,})"`))
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	planning := time.Since(began)
	stopped := stop()
	stop = calls.start(ctx)
	before, err := cpuTime(d.cmd.Process.Pid)
	if err != nil {
		return err
	}
	began = time.Now()
	if err := d.confirm(ctx, page, planned); err != nil {
		return err
	}
	if _, err := d.until(ctx, page, regexp.MustCompile(`(<section class="noted" role="status">)`)); err != nil {
		return fmt.Errorf("import: %w", err)
	}
	took := time.Since(began)
	after, err := cpuTime(d.cmd.Process.Pid)
	during := stop()
	if err != nil {
		return err
	}
	if len(calls.errs) > 0 {
		return errors.Join(calls.errs...)
	}
	most, err := memory(d.cmd.Process.Pid, "VmHWM:")
	if err != nil {
		return err
	}
	t.note(fmt.Sprintf("sent in %.0f s (%.0f MB), planned in %.0f s; the import's time includes its check of the plan; its process took %.0f s of the processors", sent.Seconds(), float64(d.sent)/1e6, planning.Seconds(), (after - before).Seconds()))
	t.row("import, confirmed to done", fmt.Sprintf("%.0f s (%.0f/s)", took.Seconds(), perSecond(units, took)), fmt.Sprintf("%.0f s the rows alone", raw.Seconds()),
		fmt.Sprintf("%.2f", took.Seconds()/raw.Seconds()), "< 90 s", took < importBar)
	t.row("  most memory of the process", fmt.Sprintf("%d MB", most), "", "", fmt.Sprintf("< %d MB", importMB), most < importMB)
	t.row("  calls during the import, p99 (p50)", fmt.Sprintf("%s (%s)", millis(during.at(.99)), millis(during.at(.5))), millis(quietly.at(.99))+" before it",
		fmt.Sprintf("%.1f", float64(during.at(.99))/float64(quietly.at(.99))), "< 100 ms", during.at(.99) < 100*time.Millisecond)
	t.row("  calls during the plan, p99 (p50)", fmt.Sprintf("%s (%s)", millis(stopped.at(.99)), millis(stopped.at(.5))), "", "", "< 100 ms", stopped.at(.99) < 100*time.Millisecond)
	return nil
}

// demo is the built binary with the demo's data, and a consultant who has signed in.
type demo struct {
	cmd  *exec.Cmd
	base string
	*http.Client
	sent int64
}

func startDemo(ctx context.Context, binary, dir string) (*demo, error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, binary, "--log-level", "warn", "demo", "--addr", addr, "--sandbox-addr", "127.0.0.1:0", "--data", dir)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	d := &demo{cmd: cmd, base: "http://" + addr, Client: &http.Client{Jar: jar, Transport: &http.Transport{MaxIdleConnsPerHost: callers}}}
	for {
		if res, err := d.get(ctx, "/readyz"); err == nil && res != "" {
			break
		}
		if ctx.Err() != nil || cmd.ProcessState != nil {
			return nil, fmt.Errorf("not ready: %s", said.String())
		}
		time.Sleep(20 * time.Millisecond)
	}
	form := url.Values{"login": {"consultor@demo"}, "senha": {app.DemoPassword}}
	_, err = d.post(ctx, "/entrar", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	return d, err
}

func (d *demo) stop() {
	_ = d.cmd.Process.Signal(syscall.SIGTERM)
	_ = d.cmd.Wait()
}

func (d *demo) get(ctx context.Context, path string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.base+path, nil)
	if err != nil {
		return "", err
	}
	return d.text(r)
}

// post answers the page that it is led to, below its address.
func (d *demo) post(ctx context.Context, path, kind string, body io.Reader) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.base+path, body)
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", kind)
	return d.text(r)
}

func (d *demo) text(r *http.Request) (string, error) {
	res, err := d.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Request.URL.Path, res.Status)
	}
	return res.Request.URL.Path + "\n" + string(b), err
}

// upload sends the sheet as it is written, and answers its page.
func (d *demo) upload(ctx context.Context, units int) (string, error) {
	r, w := io.Pipe()
	form := multipart.NewWriter(w)
	go func() {
		file, err := form.CreateFormFile("planilhas", "completo.csv")
		if err == nil {
			counted := &countedWriter{w: file}
			err = writeSheet(counted, units)
			d.sent = counted.n
		}
		_ = w.CloseWithError(errors.Join(err, form.Close()))
	}()
	text, err := d.post(ctx, "/cadastros/importacao", form.FormDataContentType(), r)
	page, _, _ := strings.Cut(text, "\n")
	return page, err
}

type countedWriter struct {
	w io.Writer
	n int64
}

func (c *countedWriter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// until looks at the page until it says something.
func (d *demo) until(ctx context.Context, page string, says *regexp.Regexp) (string, error) {
	for {
		text, err := d.get(ctx, page)
		if err != nil {
			return "", err
		}
		if m := says.FindStringSubmatch(text); m != nil {
			return m[1], nil
		}
		if strings.Contains(text, `class="trouble"`) || ctx.Err() != nil {
			return "", errors.Join(errors.New("it failed, or took too long"), ctx.Err())
		}
		time.Sleep(250 * time.Millisecond)
	}
}

func (d *demo) confirm(ctx context.Context, page, plan string) error {
	_, err := d.post(ctx, page+"/importar", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"plano": {plan}}.Encode()))
	return err
}

// beside calls while something else goes on.
type beside struct {
	d    *demo
	mu   sync.Mutex
	errs []error
}

func (b *beside) during(ctx context.Context, long time.Duration) times {
	stop := b.start(ctx)
	time.Sleep(long)
	return stop()
}

// start lets callers open occurrences, each at its pace, until the answer is called, which tells how long each took.
func (b *beside) start(ctx context.Context) (stop func() times) {
	ctx, cancel := context.WithCancel(ctx)
	var took times
	var all sync.WaitGroup
	for range callsBeside {
		all.Go(func() {
			tick := time.NewTicker(callEvery)
			defer tick.Stop()
			for n := 0; ; n++ {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				began := time.Now()
				err := b.d.open(ctx, n)
				b.mu.Lock()
				if err == nil {
					took = append(took, time.Since(began))
				} else if ctx.Err() == nil {
					b.errs = append(b.errs, err)
				}
				b.mu.Unlock()
			}
		})
	}
	return func() times {
		cancel()
		all.Wait()
		return took
	}
}

func (d *demo) open(ctx context.Context, n int) error {
	body := fmt.Sprintf(`{"cod_projeto":"AUR-A-%d01","descricao":"Mancha úmida no teto do banheiro.","bloqueio_incluir_cliente":"T"}`, n%10+1)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.base+"/ws/rest/v1/ocorrencias", strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+app.DemoDeskToken)
	r.Header.Set("Content-Type", "application/json")
	res, err := d.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if _, err = io.Copy(io.Discard, res.Body); err == nil && res.StatusCode != http.StatusCreated {
		err = errors.New(res.Status)
	}
	return err
}

// A sheet's names: the words of a name are found by their beginnings, so their number counts.
var firstNames, lastNames = []string{"Ana", "Bento", "Célia", "Davi", "Elisa", "Fábio", "Helena"}, []string{"Souza", "Lima", "Prado", "Figueiredo", "Nunes"}

type madeUnit struct{ development, block, number, mobuss, contract, document, name, email, phone string }

const unitsInBlock, unitsInDevelopment = 100, 2000 // so that each number is that of a unit in every block

func made(n int) (u madeUnit) {
	u.development, u.block = fmt.Sprintf("D%04d", n/unitsInDevelopment), fmt.Sprintf("T%02d", n%unitsInDevelopment/unitsInBlock)
	u.number = fmt.Sprintf("%03d", n%unitsInBlock+1)
	u.contract = u.development + "-" + u.block + "-" + u.number
	u.mobuss, u.document = "MOB-"+u.contract, cpf(n)
	u.name = firstNames[n%len(firstNames)] + " da " + lastNames[n%len(lastNames)] + fmt.Sprint(" ", n)
	u.email, u.phone = fmt.Sprintf("c%d@exemplo.com.br", n), fmt.Sprintf("(11) 9%08d", n*7919%100_000_000)
	return u
}

func writeSheet(to io.Writer, units int) error {
	w := bufio.NewWriterSize(to, 64<<10)
	_, _ = fmt.Fprintln(w, "empreendimento;nome_empreendimento;bloco;numero;id_mobuss_homologacao;contrato;cpf_cnpj;nome_cliente;email;telefone")
	for n := range units {
		u := made(n)
		_, _ = fmt.Fprintf(w, "%s;Empreendimento %s;%s;%s;%s;%s;%s;%s;%s;%s\n", u.development, u.development, u.block, u.number, u.mobuss, u.contract, u.document, u.name, u.email, u.phone)
	}
	return w.Flush() // which says what went wrong before
}

// cpf is a number's, with its check digits; a prime scatters them.
func cpf(n int) string {
	d := []byte(fmt.Sprintf("%09d", 100_000_000+n*7919%899_999_981))
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

// rawRegistry writes the rows of the sheet with nothing around them.
func rawRegistry(ctx context.Context, dbURL string, units int) (time.Duration, error) {
	b, err := newBench(ctx, dbURL)
	if err != nil {
		return 0, err
	}
	defer b.close()
	began := time.Now()
	err = b.registry(ctx, units)
	return time.Since(began), err
}

// registryAhead is below the ids of the rows that registry writes.
const registryAhead = 1_000_000

// registry writes units, each with its customer and contract.
func (b *bench) registry(ctx context.Context, units int) error {
	const chunk = 500
	var development, block int64
	for from := 0; from < units; from += chunk {
		err := b.app.RawWrite(ctx, func(tx *store.Tx) (err error) {
			ctx, many := context.WithoutCancel(ctx), tx.Many()
			var us []db.Unit
			var cs []db.Customer
			var ws []db.CustomerWord
			var ks []db.Contract
			for n := from; n < min(from+chunk, units); n++ {
				u, id := made(n), int64(registryAhead+n)
				if n%unitsInDevelopment == 0 {
					if development, err = tx.UpsertDevelopment(ctx, db.UpsertDevelopmentParams{Code: u.development, Name: "Empreendimento " + u.development, Zone: "America/Sao_Paulo"}); err != nil {
						return err
					}
				}
				if n%unitsInBlock == 0 {
					if block, err = tx.UpsertBlock(ctx, db.UpsertBlockParams{DevelopmentID: development, Code: u.block, Name: u.block}); err != nil {
						return err
					}
				}
				us = append(us, db.Unit{ID: id, DevelopmentID: development, BlockID: block, Number: u.number, NumberKey: desk.UnitKey(u.number), IDMobussHomologacao: store.NullText(u.mobuss)})
				cs = append(cs, db.Customer{ID: id, Name: u.name, DocumentKey: store.NullText(u.document), Email: u.email, Phone: u.phone, PhoneKey: desk.PhoneKey(u.phone)})
				for _, w := range desk.Words(u.name) {
					ws = append(ws, db.CustomerWord{Word: w, CustomerID: id})
				}
				ks = append(ks, db.Contract{ID: id, Code: u.contract, UnitID: id, CustomerID: id, Current: true})
			}
			return errors.Join(many.PutUnits(ctx, us), many.PutCustomers(ctx, cs), many.PutCustomerWords(ctx, ws), many.PutContracts(ctx, ks))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
