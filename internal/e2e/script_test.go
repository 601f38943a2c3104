package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"ponte/internal/store/storetest"
)

// TestStories plays testdata/story: an occurrence from its opening to its closing, each in a demo of its own.
//
// Their commands, beside testscript's:
//
//	demo [FLAG...]                      starts ponte demo; $PONTE and $SANDBOX say where
//	serve [FLAG...]                     starts ponte serve; $PONTE says where
//	field [FLAG...]                     starts ponte sandbox; $SANDBOX says where
//	tool NAME                           starts a field tool of tools/ in a sandbox's place; $SANDBOX says where
//	terminate NAME                      SIGTERM, which must end it with exit code 0
//	crash NAME                          SIGKILL
//	exits CODE COMMAND...               runs a command, which must end with this exit code
//	house STATUS METHOD PATH [BODY]     a call of REST with the house's token, answered with this status
//	mobuss STATUS METHOD PATH [BODY]    the same with Mobuss's
//	token TOKEN STATUS METHOD PATH [BODY]
//	sandbox STATUS METHOD PATH [BODY]   a control of the sandbox
//	until PATH EXPRESSION               waits until a control of the sandbox answers something that matches
//	key NAME                            sets $NAME to the key that token add has just shown
//	keep NAME FIELD                     sets $NAME from the last answer's field, such as envios.0.tentativas
//	occurrence NUMBER FILE              waits until ConsultarOcorrencia tells what FILE says
//	order ID FILE                       waits until the sandbox's order is what FILE says
//
// With $HOUSE set, occurrence asks by that token. In FILE, $NAME is filled in, and a line that ends in * matches every line that begins like it.
func TestStories(t *testing.T) { play(t, "testdata/story", nil) }

// TestCommands plays testdata/commands on both databases: what an administrator types, with exit codes and words.
func TestCommands(t *testing.T) {
	for _, d := range storetest.Dialects {
		t.Run(string(d), func(t *testing.T) {
			files, err := filepath.Glob("testdata/commands/*.txtar")
			if err != nil || len(files) == 0 {
				t.Fatal("no scripts", err)
			}
			for _, file := range files {
				url := storetest.URL(t, d)
				play(t, file, func(p *testscript.Params) {
					p.Condition = func(name string) (bool, error) { return name == string(d), nil }
					setup := p.Setup
					p.Setup = func(e *testscript.Env) error {
						e.Setenv("PONTE_DATABASE_URL", url)
						return setup(e)
					}
				})
			}
		})
	}
}

func play(t *testing.T, scripts string, more func(*testscript.Params)) {
	t.Helper()
	path := binary(t, released)
	p := testscript.Params{Dir: scripts, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			s := &stage{path: path, running: map[string]*process{}}
			e.Values[stageKey] = s
			e.Defer(s.clear)
			e.Setenv("PATH", filepath.Dir(path)+string(os.PathListSeparator)+e.Getenv("PATH"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"demo": start("demo", "--addr=127.0.0.1:0", "--sandbox-addr=127.0.0.1:0", "--data=data"), "serve": start("serve", "--addr=127.0.0.1:0"),
			"field": start("sandbox", "--sandbox-addr=127.0.0.1:0", "--data=field"),
			"tool":  cmdTool, "terminate": cmdTerminate, "crash": cmdCrash, "exits": cmdExits,
			"house": call(deskToken), "mobuss": call(fieldToken), "token": callWith, "sandbox": callSandbox, "keep": cmdKeep, "key": cmdKey,
			"until":      cmdUntil,
			"occurrence": awaitOccurrence, "order": awaitOrder,
		}}
	if strings.HasSuffix(scripts, ".txtar") {
		p.Dir, p.Files = "", []string{scripts}
	}
	if more != nil {
		more(&p)
	}
	testscript.Run(t, p)
}

// stage is what belongs to one script.
type stage struct {
	path    string
	running map[string]*process
	last    answer
}

type key int

const stageKey key = 0

func on(ts *testscript.TestScript) *stage { return ts.Value(stageKey).(*stage) }

func (s *stage) clear() {
	for _, p := range s.running {
		_, _ = p.end(syscall.SIGKILL)
	}
}

func start(name string, flags ...string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		names := map[string][]string{"demo": {ponteURL, sandboxURL}, "serve": {ponteURL}, "sandbox": {sandboxURL}}[name]
		var env []string
		for _, v := range []string{"PONTE_DATABASE_URL", "PONTE_SECRET_KEY"} {
			if value := ts.Getenv(v); value != "" {
				env = append(env, v+"="+value)
			}
		}
		p, err := run(on(ts).path, ts.MkAbs("."), env, append(append([]string{name}, flags...), args...), slices.Clone(names)...)
		ts.Check(err)
		on(ts).running[name] = p
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := p.ready(ctx); err != nil {
			ts.Fatalf("%s: %v\n%s", name, err, p.said())
		}
		if url := p.url(ponteURL); url != "" {
			ts.Setenv("PONTE", url)
			ts.Setenv("ADDR", strings.TrimPrefix(url, "http://"))
		}
		if url := p.url(sandboxURL); url != "" {
			ts.Setenv("SANDBOX", url)
		}
	}
}

func cmdTerminate(ts *testscript.TestScript, _ bool, args []string) {
	p := on(ts).running[args[0]]
	code, err := p.end(syscall.SIGTERM)
	ts.Check(err)
	if code != 0 {
		ts.Fatalf("%s ended with exit code %d:\n%s", args[0], code, p.said())
	}
}

func cmdCrash(ts *testscript.TestScript, _ bool, args []string) {
	_, err := on(ts).running[args[0]].end(syscall.SIGKILL)
	ts.Check(err)
}

func cmdExits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	got := 0
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func call(token string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		expect(ts, ts.Getenv("PONTE")+rest, token, args)
	}
}

func callWith(ts *testscript.TestScript, _ bool, args []string) {
	expect(ts, ts.Getenv("PONTE")+rest, args[0], args[1:])
}

func callSandbox(ts *testscript.TestScript, _ bool, args []string) {
	expect(ts, ts.Getenv("SANDBOX"), "", args)
}

// expect makes a call; its answer becomes the script's stdout.
func expect(ts *testscript.TestScript, base, token string, args []string) {
	if len(args) < 3 || len(args) > 4 {
		ts.Fatalf("usage: STATUS METHOD PATH [BODY]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	body := ""
	if len(args) == 4 {
		body = args[3]
	}
	a, err := web.do(context.Background(), args[1], base+args[2], token, body)
	ts.Check(err)
	on(ts).last = a
	_, _ = fmt.Fprintf(ts.Stdout(), "%s\n", a.body)
	if a.status != want {
		ts.Fatalf("answered %s, want %d", a, want)
	}
}

func cmdKey(ts *testscript.TestScript, _ bool, args []string) {
	_, shown, found := strings.Cut(ts.ReadFile("stdout"), "shown only now: ")
	if !found {
		ts.Fatalf("no key was shown")
	}
	ts.Setenv(args[0], strings.TrimSpace(shown))
}

func cmdUntil(ts *testscript.TestScript, _ bool, args []string) {
	want, err := regexp.Compile(args[1])
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ts.Check(poll(ctx, func() (bool, error) {
		a, err := web.do(ctx, http.MethodGet, ts.Getenv("SANDBOX")+args[0], "", "")
		return want.Match(a.body), err
	}))
}

func cmdKeep(ts *testscript.TestScript, _ bool, args []string) {
	var v any
	ts.Check(json.Unmarshal(on(ts).last.body, &v))
	for name := range strings.SplitSeq(args[1], ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[name]
		case []any:
			i, err := strconv.Atoi(name)
			ts.Check(err)
			if i >= len(at) {
				ts.Fatalf("%s has %d items", args[1], len(at))
			}
			v = at[i]
		}
	}
	if v == nil {
		ts.Fatalf("the answer has no %s: %s", args[1], on(ts).last)
	}
	ts.Setenv(args[0], fmt.Sprint(v))
}

func awaitOccurrence(ts *testscript.TestScript, _ bool, args []string) {
	token := deskToken
	if house := ts.Getenv("HOUSE"); house != "" {
		token = house
	}
	await(ts, args[1], func(ctx context.Context) (string, error) {
		var o occurrence
		err := get(ctx, ts.Getenv("PONTE")+rest+"/ocorrencias/"+args[0], token, &o)
		return o.told(), err
	})
}

func awaitOrder(ts *testscript.TestScript, _ bool, args []string) {
	await(ts, args[1], func(ctx context.Context) (string, error) {
		var list []order
		if err := get(ctx, ts.Getenv("SANDBOX")+"/_sandbox/solicitacoes?idMobuss="+args[0], "", &list); err != nil || len(list) == 0 {
			return "", err
		}
		return list[0].told(), nil
	})
}

func get(ctx context.Context, url, token string, out any) error {
	a, err := web.do(ctx, http.MethodGet, url, token, "")
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, a)
	}
	return json.Unmarshal(a.body, out)
}

func await(ts *testscript.TestScript, file string, tell func(context.Context) (string, error)) {
	want := os.Expand(ts.ReadFile(file), ts.Getenv)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var got string
	err := poll(ctx, func() (bool, error) {
		text, err := tell(ctx)
		if err != nil {
			return false, err
		}
		got = text
		return matches(got, want), nil
	})
	_, _ = fmt.Fprint(ts.Stdout(), got)
	if err != nil {
		ts.Fatalf("%v; it is\n%s\nwant\n%s", err, got, want)
	}
}

// matches compares line by line.
func matches(got, want string) bool {
	g, w := strings.Split(strings.TrimSpace(got), "\n"), strings.Split(strings.TrimSpace(want), "\n")
	if len(g) != len(w) {
		return false
	}
	for i := range w {
		if start, open := strings.CutSuffix(w[i], "*"); g[i] != w[i] && (!open || !strings.HasPrefix(g[i], start)) {
			return false
		}
	}
	return true
}

// told is an occurrence as a person would tell it: what varies from run to run (times, attempts) is left out.
func (o occurrence) told() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d: %s %s, %s\nOS %s\n", o.Number, o.Status, o.Name, o.Situation, o.Order)
	for _, m := range o.Movements {
		fmt.Fprintf(&b, "%s %s, %s: %s\n", m.Status, m.Origin, m.Author, m.Comment)
	}
	for _, v := range o.Visits {
		fmt.Fprintf(&b, "vistoria %s %s, %s\n", v.State, v.Start, v.Technician)
	}
	for _, d := range o.Deliveries {
		fmt.Fprintf(&b, "envio %s %s: %s\n", d.Point, d.State, d.Error)
	}
	return trimmed(b.String())
}

func (o order) told() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s, unidade %s, ocorrência %s\n", o.Number, o.State, o.Unit, o.Occurrence)
	for _, c := range o.Comments {
		from := "casa"
		if c.Legacy == "" {
			from = "campo"
		}
		fmt.Fprintf(&b, "comentário da %s, %s: %s\n", from, c.Author, c.Text)
	}
	for _, v := range o.Visits {
		fmt.Fprintf(&b, "visita %s %s\n", v.State, v.Start)
	}
	fmt.Fprintf(&b, "solução: %s\n", o.Solution)
	return trimmed(b.String())
}

// trimmed takes blanks from the ends of lines, where a golden file can't show them.
func trimmed(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}
