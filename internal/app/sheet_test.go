package app_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"ponte/internal/app"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/sheet"
	"ponte/internal/webservice"
	"ponte/internal/webservice/rest"
)

// sheet is the parameter sheet of this house.
func (h *house) sheet() sheet.Sheet {
	r := webservice.NewRegistry(webservice.Operations(nil, func(desk.Reason) string { return "" })...)
	s := r.Sheet(rest.Status, func(op string) flow.Profile { return flow.Preset(op, "") })
	s.Base, s.MaxBody = "http://"+h.app.Addr(), 1<<20
	return s
}

// needs fails where a program is missing.
func needs(t *testing.T, name, from string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Fatalf("no %s in PATH: `make test` installs it (%s)", name, from)
	}
}

// runIn runs a command in a folder, and fails with what it said.
func runIn(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...) //nolint:gosec // the sheet's own text
	c.Dir = dir
	var out, wrong bytes.Buffer
	c.Stdout, c.Stderr = &out, &wrong
	if err := c.Run(); err != nil {
		t.Fatalf("%s: %v\n%s\n%s", strings.Join(args, " "), err, &out, &wrong)
	}
	return out.String()
}

// TestTheSheetsCallsWork copies each call out of the sheet and runs it as it stands: only the token and the number are
// one's own, and the ids, so that each language does its own seven operations.
func TestTheSheetsCallsWork(t *testing.T) {
	needs(t, "curl", "curl")
	needs(t, "php", "php-cli, php-soap, php-curl")
	needs(t, "javac", "default-jdk-headless")
	h := newHouse(t)
	s := h.sheet()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "teto.jpg"), []byte(photo("sheet", 2000)), 0o600); err != nil {
		t.Fatal(err)
	}
	kinds := s.Examples(&s.Operations[0])
	if len(kinds) != 6 || len(s.Operations) != 7 {
		t.Fatalf("%d kinds of %d operations", len(kinds), len(s.Operations))
	}
	for i, kind := range kinds {
		t.Run(kind.ID, func(t *testing.T) {
			number := ""
			var shown string
			for n := range s.Operations {
				e := s.Examples(&s.Operations[n])[i]
				shown = runExample(t, dir, e, mine(e, number, kind.ID))
				got := answered.FindString(shown)
				if got == "" || number != "" && got != number {
					t.Fatalf("%s answered %q, not %s: %s", s.Operations[n].Name, got, number, shown)
				}
				number = got
			}
			for _, text := range []string{"Mancha", "encerrada", "teto.jpg", "agendada"} {
				if !strings.Contains(shown, text) {
					t.Errorf("the look-up lacks %q: %s", text, shown)
				}
			}
			n, err := strconv.ParseInt(number, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			o := h.show(n)
			if o.Status.Code != "90" || len(o.Visits) != 1 || len(o.Attachments) != 1 || o.Subject != "Infiltração no teto" ||
				o.Description != "Mancha úmida no teto do banheiro da suíte." || o.Solution != "Rejunte do 201 refeito e teto pintado." {
				t.Errorf("%+v", o)
			}
			// curl's JSON carries the example's bytes, the others the file's.
			if want := sumOf(photo("sheet", 2000)); kind.ID != "curl" && o.Attachments[0].SHA256 != want {
				t.Errorf("the file arrived as %s, sent %s", o.Attachments[0].SHA256, want)
			}
		})
	}
}

// answered is the first number of an occurrence in what a program prints.
var answered = regexp.MustCompile(`\b1\d{3}\b`)

// exampleNumber is the occurrence's in the examples, and no part of a telephone's.
var exampleNumber = regexp.MustCompile(`\b1234\b`)

// mine is an example as whoever copied it makes it their own.
func mine(e sheet.Example, number, id string) string {
	code := exampleNumber.ReplaceAllString(e.Code, number)
	return strings.NewReplacer(sheet.Token, app.DemoToken, "SAT-2026-000123", "A-"+id, "SAT-000123", "M-"+id, "C-991", "C-"+id).Replace(code)
}

// runExample answers what the program printed, without what curl says of the connection.
func runExample(t *testing.T, dir string, e sheet.Example, code string) string {
	t.Helper()
	if e.File == "" {
		out := runIn(t, dir, "sh", "-c", code)
		head, body, _ := strings.Cut(out, "\r\n\r\n")
		if !strings.Contains(head, " 201 ") && !strings.Contains(head, " 200 ") {
			t.Fatalf("%s\n%s", code, out)
		}
		return body
	}
	if err := os.WriteFile(filepath.Join(dir, e.File), []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	if class, ok := strings.CutSuffix(e.File, ".java"); ok {
		runIn(t, dir, "javac", "--release", "8", "-Xlint:-options", "-encoding", "UTF-8", e.File)
		return runIn(t, dir, "java", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8", "-cp", dir, class)
	}
	return runIn(t, dir, "php", e.File)
}

// TestTheSheetSaysWhereTheDoorsAre: each address that can be read answers, and with what it should.
func TestTheSheetSaysWhereTheDoorsAre(t *testing.T) {
	needs(t, "curl", "curl")
	h := newHouse(t)
	s := h.sheet()
	for _, a := range s.Addresses() {
		want := map[string]string{"OpenAPI 3.1": `"openapi": "3.1`, "WSDL": sheet.Namespace}[a.Name]
		if want == "" {
			continue
		}
		if got := runIn(t, t.TempDir(), "curl", "-sS", a.URL); !strings.Contains(got, want) && !strings.Contains(strings.ReplaceAll(got, " ", ""), strings.ReplaceAll(want, " ", "")) {
			t.Errorf("%s: %.200s", a.URL, got)
		}
	}
	for i := range s.Operations {
		op := &s.Operations[i]
		r := s.ByName(op, nil)
		got := runIn(t, t.TempDir(), "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-X", r.Method, r.URL)
		if got != "401" {
			t.Errorf("%s without a token: HTTP %s", r.URL, got)
		}
	}
}
