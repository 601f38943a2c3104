package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"ponte/internal/browsertest"
)

// TestFromNothingToProduction is the consultant's whole job, by the hands of one person: an empty installation, its first
// administrator, the registry, the connection, tokens, the conformance run with its signature, production at a second
// sandbox, go-live, a switch back and a resumption. Real processes, a real browser, no short cut behind the pages.
func TestFromNothingToProduction(t *testing.T) {
	g := newGoLive(t)
	g.signIn()
	g.registry()
	g.connection()
	g.token("homologacao")
	g.byCommands()
	g.agreed()
	g.conformance()
	g.production()
	g.live()
	g.pause()
	g.x.Quiet("status of 422") // production said no once
}

const (
	consultantPassword = "uma senha bem longa"
	sheetName          = "unidades-e-contratos.csv"
)

// goLive is an installation that begins empty, between two sandboxes.
type goLive struct {
	t                 *testing.T
	x                 *browsertest.Tab
	ponte             *process
	env               []string
	trial, real       field // homologation and production
	trialURL, realURL string
	dir               string
}

func newGoLive(t *testing.T) *goLive {
	t.Helper()
	g := &goLive{t: t, dir: t.TempDir()}
	path := binary(t, released)
	env := []string{"PONTE_DATABASE_URL=" + sqliteURL(t), "PONTE_SECRET_KEY=" + secret, "PONTE_BLOB_URL=file://" + filepath.Join(g.dir, "anexos")}
	box := func() string {
		return launch(t, path, nil, []string{"sandbox", "--sandbox-addr=127.0.0.1:0", "--data=" + t.TempDir()}, sandboxURL).url(sandboxURL)
	}
	g.env, g.trialURL, g.realURL = env, box(), box()
	g.trial, g.real = field(g.trialURL), field(g.realURL)
	g.command(env, consultantPassword, "user", "add", "caio@exemplo.com.br", "--name", "Caio Nunes", "--role", "admin", "--password-stdin")
	g.ponte = launch(t, path, env, []string{"serve", "--addr=127.0.0.1:0"}, ponteURL)
	g.x = browsertest.Start(t).Tab(t, g.ponte.url(ponteURL), browsertest.Desktop)
	return g
}

// command runs ponte to its end, and answers what it said.
func (g *goLive) command(env []string, input string, args ...string) string {
	g.t.Helper()
	c := exec.CommandContext(g.t.Context(), binary(g.t, released), args...)
	c.Env, c.Dir, c.Stdin = append(cleanEnv(), env...), g.dir, strings.NewReader(input+"\n")
	out, err := c.Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			out = append(out, failed.Stderr...)
		}
		g.t.Fatalf("ponte %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// byCommands builds the same installation a second time, from what the first one exports and the same sheet: it is the same
// to the letter, and homologation proves it as well.
func (g *goLive) byCommands() {
	file := filepath.Join(g.dir, "ponte.yaml")
	made := g.command(g.env, "", "config", "export")
	if err := os.WriteFile(file, []byte(made), 0o600); err != nil {
		g.t.Fatal(err)
	}
	env := []string{"PONTE_DATABASE_URL=" + sqliteURL(g.t), "PONTE_SECRET_KEY=" + secret, "PONTE_BLOB_URL=file://" + filepath.Join(g.dir, "outros")}
	g.command(env, "", "config", "import", file, "--yes")
	g.command(env, "sandbox-token", "config", "secret", "homologacao", "token")
	g.command(env, "", "import", filepath.Join(g.dir, sheetName), "--yes")
	g.command(env, "", "token", "add", "Mobuss", "--integration", "mobuss", "--origin", "mobuss")
	if again := g.command(env, "", "config", "export"); again != made {
		g.t.Errorf("what was imported is not what was made on the pages:\n%s\n%s", made, again)
	}
	g.command(env, "", "conformance") // exit code 0: it passed
}

func (g *goLive) signIn() {
	g.x.Open("/entrar?volta=/ocorrencias")
	g.x.Until("focus on the login", `document.activeElement?.id === "login"`)
	g.x.Keys("caio@exemplo.com.br" + kb.Tab + consultantPassword + kb.Enter)
	g.x.Until("inside", `location.pathname === "/ocorrencias"`)
}

// fill types over what a field holds.
func (g *goLive) fill(selector, text string) {
	g.t.Helper()
	g.x.Until("a field "+selector, fmt.Sprintf(`(e => e && (e.focus(), e.select?.(), document.activeElement === e))(document.querySelector(%q))`, selector))
	g.x.Keys(text)
}

func (g *goLive) choose(selector, value string) {
	g.t.Helper()
	browsertest.Eval[any](g.x, fmt.Sprintf(`(e => { e.value = %q; e.dispatchEvent(new Event("input", {bubbles: true})); e.dispatchEvent(new Event("change", {bubbles: true})) })(document.querySelector(%q)); null`, value, selector))
}

const officeSheet = `Empreendimento;Nome do Empreendimento;Torre;Unidade;ID Mobuss Homolog.;ID Mobuss Produção;Contrato;CPF/CNPJ;Cliente;E-mail;Celular
MAN;Residencial Manacá;T1;101;MOB-1;PROD-1;MAN-T1-101;529.982.247-25;Marina Figueiredo Prado;marina@exemplo.com.br;(11) 98765-4321
MAN;Residencial Manacá;T1;102;MOB-2;PROD-2;MAN-T1-102;111.444.777-35;Otávio Sá;;
`

func (g *goLive) registry() {
	path := filepath.Join(g.dir, sheetName)
	if err := os.WriteFile(path, []byte(officeSheet), 0o600); err != nil {
		g.t.Fatal(err)
	}
	g.x.Open("/cadastros/importacao")
	g.x.Do(chromedp.SetUploadFiles(chromedp.CSS("#planilhas"), []string{path}))
	g.x.Click("#planejar")
	g.x.Until("the plan", `document.querySelector("#ato-importar")`)
	g.x.Click("#ato-importar")
	g.x.UntilText("#trabalho", "2 linhas importadas")
}

func (g *goLive) connection() {
	g.x.Open("/parametrizacoes/mobuss")
	g.x.Click("[name=metodo][value=C]")
	g.choose("#falha", "99")
	g.fill("#url", g.trialURL)
	g.x.Click("[name=rede_privada]")
	browsertest.Eval[any](g.x, `document.querySelectorAll("form.sheet details").forEach(d => d.open = true); null`)
	for name, long := range map[string]string{"tempo_limite": "2s", "primeira_espera": "200ms", "espera_maxima": "5s", "assentamento": "1s"} {
		g.fill("#"+name, long)
	}
	g.fill("#nota", "Início da homologação"+kb.Enter)
	g.x.Until("saved", `document.querySelector(".noted[role=status]")`)
	g.fill("#credencial-token", "sandbox-token"+kb.Enter)
	g.x.Until("the credential is kept", `document.querySelector("#credencial-token")?.placeholder.includes("••••")`)
}

func (g *goLive) token(environment string) {
	g.x.Open("/parametrizacoes/webservice")
	g.x.Until("the form", `(e => { e.closest("details").open = true; return true })(document.querySelector("#nome"))`)
	g.fill("#nome", "Mobuss "+environment)
	g.fill("#integracao", "mobuss")
	g.x.Click("[name=origem][value=mobuss]")
	g.x.Click("[name=ambiente][value=" + environment + "]")
	g.x.Click(`form[action="/parametrizacoes/webservice/tokens"] .form-end .pri`)
	g.x.Until("the key", `document.querySelector("#chave")?.textContent.length > 20`)
}

// agreed confirms what only a person can.
func (g *goLive) agreed() {
	for {
		g.x.Open("/parametrizacoes/implantacao")
		g.x.Until("the steps", `document.querySelectorAll("[id^=passo-]").length > 9`)
		if !browsertest.Eval[bool](g.x, `!!document.querySelector("form.confirm input")`) {
			return
		}
		before := browsertest.Eval[int](g.x, `document.querySelectorAll("form.confirm").length`)
		g.fill("form.confirm input", "Carla, do Mobuss, na reunião de abertura"+kb.Enter)
		g.x.Until("it is confirmed", fmt.Sprintf(`document.querySelectorAll("form.confirm").length < %d`, before))
	}
}

func (g *goLive) conformance() {
	g.x.Open("/parametrizacoes/implantacao/producao")
	g.x.Until("production is locked", `!document.querySelector("#url")`)
	g.x.Open("/parametrizacoes/implantacao/conformidade")
	g.x.Click("#comecar .btn.pri")
	g.x.UntilText(".occ-head", "Passou")
	g.x.Until("the form", `document.querySelector("#senha")`)
	if browsertest.Eval[bool](g.x, `!!document.querySelector("#nota")`) {
		g.fill("#nota", "A homologação não confere unidades.")
	}
	g.fill("#senha", consultantPassword+kb.Enter)
	g.x.UntilText("#assinatura", "Assinada por Caio Nunes")
}

func (g *goLive) production() {
	if heard := g.orders(g.real); len(heard) != 0 {
		g.t.Fatalf("production heard of %v before its time", heard)
	}
	g.x.Open("/parametrizacoes/implantacao/producao")
	g.fill("#url", g.realURL)
	g.x.Click("[name=rede_privada]")
	g.fill(`[name="credencial.token"]`, "wrong"+kb.Enter)
	g.x.Until("refused", `document.querySelector(".refused")`)
	g.fill(`[name="credencial.token"]`, "sandbox-token"+kb.Enter)
	g.x.Until("the data is kept", `location.search === "?feito=dados"`)
	g.token("producao")
	g.x.Open("/parametrizacoes/implantacao/producao")
	g.fill("#motivo", "O Mobuss ainda não mandou a lista de produção")
	g.fill("#senha", consultantPassword+kb.Enter)
	g.x.Until("it is live", `document.querySelector(".phase.is-producao") && document.querySelector(".env.real")`)
}

// orders are the legacy ids that a sandbox knows; those of the conformance run are called CONF.
func (g *goLive) orders(f field) (ids []string) {
	g.t.Helper()
	all, err := f.orders(g.t.Context())
	if err != nil {
		g.t.Fatal(err)
	}
	for _, o := range all {
		if !strings.HasPrefix(o.Legacy, "CONF") {
			ids = append(ids, o.Legacy)
		}
	}
	slices.Sort(ids)
	return ids
}

// open records an occurrence by the form, and answers its number. A contract names its customer and unit, so nothing is
// left to choose.
func (g *goLive) open(contract, description string) string {
	g.x.Open("/ocorrencias/nova?q=" + contract)
	g.fill("#descricao", description)
	g.x.Do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	g.x.Until("the occurrence", `/^\/ocorrencias\/\d+$/.test(location.pathname)`)
	return browsertest.Eval[string](g.x, `location.pathname.split("/").pop()`)
}

func (g *goLive) live() {
	before := g.orders(g.trial)
	n := g.open("MAN-T1-101", "Mancha no teto")
	g.x.Click(`#mover button[value="20"]`)
	g.x.UntilText(".facts", "88001")
	if got := g.orders(g.real); !slices.Equal(got, []string{n}) {
		g.t.Errorf("production has %v, want %s", got, n)
	}
	if got := g.orders(g.trial); !slices.Equal(got, before) {
		g.t.Errorf("homologation heard of production: %v, had %v", got, before)
	}
}

func (g *goLive) pause() {
	g.x.Open("/parametrizacoes/implantacao/producao")
	g.x.Click(".switch .danger")
	g.x.Until("it is paused", `document.querySelector(".phase.is-producao_pausada")`)
	n := g.open("MAN-T1-102", "Porta que não fecha")
	g.x.Click(`#mover button[value="20"]`)
	g.x.Until("it was moved", `document.querySelector(".occ-head")?.textContent.includes("Enviar ao campo")`)
	if slices.Contains(g.orders(g.real), n) || slices.Contains(g.orders(g.trial), n) {
		g.t.Errorf("%s left in the pause", n)
	}
	g.x.Open("/parametrizacoes/implantacao/producao")
	g.x.Click(`form[action$="/retomada"] .pri`)
	g.x.Until("it is live again", `document.querySelector(".phase.is-producao")`)
	err := poll(g.t.Context(), func() (bool, error) {
		all, err := g.real.orders(context.WithoutCancel(g.t.Context()))
		return len(all) == 2, err
	})
	if err != nil || !slices.Contains(g.orders(g.real), n) {
		g.t.Errorf("what waited did not arrive: %v, %v", g.orders(g.real), err)
	}
}
