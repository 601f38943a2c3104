package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// foreign are the clients that others write, each in a folder of clients/. Every one of them tells the same story in
// its own way, with what its users have at hand: parameters by name or by position, its own types, its own way to say
// who it is.
var foreign = []struct {
	name   string
	script string
	run    []string // the program, before the script
	form   string   // the script's last argument
	fault  string   // how a fault blames the sender; empty in REST
}{
	{"PHP SoapClient, SOAP 1.1, Basic", "php/client.php", []string{"php"}, "1", "soap:Client"},
	{"PHP SoapClient, SOAP 1.2, Basic", "php/client.php", []string{"php"}, "2", "soap:Sender"},
	{"zeep, UsernameToken", "python/client.py", []string{"/usr/bin/python3"}, "", "soap:Client"},
	{"node soap, SOAP 1.1, Bearer", "node/client.js", []string{"node"}, "1", "soap:Client"},
	{"node soap, SOAP 1.2, Bearer", "node/client.js", []string{"node"}, "2", "soap:Sender"},
	{"SOAP::Lite, Basic when challenged", "perl/client.pl", []string{"perl"}, "", "soap:Client"},
	{"curl, UTF-8 forms, Bearer", "curl/client.sh", []string{"bash"}, "utf8", ""},
	{"curl, Latin-1 forms, flat addresses, Basic", "curl/client.sh", []string{"bash"}, "latin1", ""},
}

// TestForeignClients lets each client do all seven operations against a demo, repeat its opening and meet refusals. What
// it saw is what Ponte itself says by REST.
func TestForeignClients(t *testing.T) {
	ponte := demo(t).serving[0]
	photo := photograph(t)
	for i, c := range foreign {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			id := fmt.Sprintf("cliente-%d", i)
			args := append(slices.Clone(c.run[1:]), script(t, c.script), ponte, fieldToken, photo, id)
			if c.form != "" {
				args = append(args, c.form)
			}
			verify(t, ponte, id, c.fault, []string{"inicio", "situacao"}, output(t, "", c.run[0], args...))
		})
	}
	t.Run("oapi-codegen", func(t *testing.T) {
		t.Parallel()
		client := generated(t, ponte)
		// Its types have no way to write a date that is none.
		verify(t, ponte, "cliente-go", "", []string{"situacao"}, output(t, "", client, ponte, fieldToken, photo, "cliente-go"))
	})
}

// TestOpenAPIPassesSpectral holds the served document against Spectral's recommended rules, hints among them, and
// against the same document with a flaw, so that the rules are known to be at work.
func TestOpenAPIPassesSpectral(t *testing.T) {
	document := openAPI(t, demo(t).serving[0])
	if said, err := lint(t, document); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
	flawed := bytes.Replace(document, []byte(`"operationId"`), []byte(`"x-operation"`), 1)
	if said, err := lint(t, flawed); err == nil || !strings.Contains(said, "operation-operationId") {
		t.Errorf("an operation without an id passes (%v):\n%s", err, said)
	}
}

func lint(t *testing.T, document []byte) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "openapi.json")
	if err := os.WriteFile(file, document, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), tool(t, "node"), filepath.Join(packages(t), ".bin", "spectral"),
		"lint", "--fail-severity=hint", "--ruleset="+script(t, "node/spectral.yaml"), file)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// photograph is a small file that really is a PNG.
func photograph(t *testing.T) string {
	t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, 24, 16))
	for x := range 24 {
		for y := range 16 {
			picture.Set(x, y, color.RGBA{uint8(x * 10), uint8(y * 15), uint8(x * y), 255})
		}
	}
	file := filepath.Join(t.TempDir(), "teto.png")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, picture); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

// script is a file of clients/. It is read here too, so that go test knows that its answer depends on it.
func script(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("clients", name))
	if err == nil {
		_, err = os.ReadFile(path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// tool is a program that scripts/setup.sh installs where it is missing.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v: scripts/setup.sh installs what the foreign clients need", err)
	}
	return path
}

// packages is where scripts/setup.sh installs what comes from npm; a lock file that changed since fails here.
func packages(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../../.clients/node")
	if err != nil {
		t.Fatal(err)
	}
	installed, _ := os.ReadFile(filepath.Join(root, "installed.json")) // missing is not the same either
	wanted, err := os.ReadFile(script(t, "node/package-lock.json"))
	if err != nil || !bytes.Equal(installed, wanted) {
		t.Fatalf("what clients/node/package-lock.json names is not installed: scripts/setup.sh installs it (%v)", err)
	}
	return filepath.Join(root, "node_modules")
}

// longest is how long a client may take, its start and, for the generated one, its build included.
const longest = 2 * time.Minute

// output runs a program to its end, which must be a good one.
func output(t *testing.T, dir, program string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool(t, program), args...)
	var complaint bytes.Buffer
	cmd.Dir, cmd.Stderr, cmd.Env = dir, &complaint, append(cleanEnv(), "GOWORK=off", "NODE_PATH="+packages(t))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s\n%s", program, strings.Join(args, " "), err, out, complaint.Bytes())
	}
	return out
}

// openAPI is the document as it is served.
func openAPI(t *testing.T, ponte string) []byte {
	t.Helper()
	a, err := web.do(t.Context(), http.MethodGet, ponte+rest+"/openapi.json", "", "")
	if err != nil || a.status != http.StatusOK || !json.Valid(a.body) {
		t.Fatalf("%s (%v)", a, err)
	}
	return a.body
}

// generated builds the client of clients/oapi over what oapi-codegen makes of the served document.
func generated(t *testing.T, ponte string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum", "main.go", "oapi-codegen.yaml"} {
		b, err := os.ReadFile(script(t, "oapi/"+name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	document := filepath.Join(dir, "openapi.json")
	if err := os.WriteFile(document, openAPI(t, ponte), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "ponte"), 0o700); err != nil {
		t.Fatal(err)
	}
	output(t, dir, "go", "tool", "oapi-codegen", "-config=oapi-codegen.yaml", document)
	output(t, dir, "go", "build", "-o", "cliente", ".")
	return filepath.Join(dir, "cliente")
}
