package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestForeignTools plays testdata/tools: field tools that are not Mobuss, each written in another language and connected
// by a file of docs/examples alone. Ponte is a serve of its own, and what the tool has in its books is what counts.
func TestForeignTools(t *testing.T) {
	examples, err := filepath.Abs("../../docs/examples")
	if err != nil {
		t.Fatal(err)
	}
	play(t, "testdata/tools", func(p *testscript.Params) {
		setup := p.Setup
		p.Setup = func(e *testscript.Env) error {
			e.Setenv("EXAMPLES", examples)
			e.Setenv("PONTE_DATABASE_URL", "sqlite:"+filepath.Join(e.WorkDir, "ponte.db"))
			return setup(e)
		}
	})
	for _, file := range []string{"soap11.yaml", "rest-location.yaml"} {
		if _, err := os.ReadFile(filepath.Join(examples, file)); err != nil { // so that go test knows it depends on it
			t.Error(err)
		}
	}
}

// fieldTools are the programs of tools/, each with what it is started by.
var fieldTools = map[string][]string{
	"mantec":   {"php", "-S", "127.0.0.1:0", "service.php"},
	"fieldkit": {"node", "server.js"},
}

// cmdTool starts one. PHP's web server answers by several processes, one of which a fault kills; all of them belong to
// one group, which ends with the script.
func cmdTool(ts *testscript.TestScript, _ bool, args []string) {
	line := fieldTools[args[0]]
	dir, err := filepath.Abs(filepath.Join("tools", args[0]))
	ts.Check(err)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	ts.Check(err)
	for _, file := range files {
		_, err := os.ReadFile(file) // so that go test knows it depends on it
		ts.Check(err)
	}
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Dir = dir
	cmd.Env = append(cleanEnv(), "PHP_CLI_SERVER_WORKERS=8", "MANTEC_DADOS="+ts.MkAbs("mantec.json"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p, err := begin(cmd, sandboxURL)
	ts.Check(err)
	ts.Defer(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // the group is this script's own
		<-p.exited
	})
	select {
	case <-p.known:
		ts.Setenv("SANDBOX", p.url(sandboxURL))
	case <-p.exited:
		ts.Fatalf("%s ended:\n%s", args[0], p.said())
	case <-time.After(patience):
		ts.Fatalf("%s never said where it listens:\n%s", args[0], p.said())
	}
}
