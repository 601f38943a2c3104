// Package internal has no code: its tests enforce who may import whom, and what scripts rely on.
package internal

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// imports says, for each package, what it may import of ours; HOUSE.md says why. A package that does not stand
// here fails the test. Test files are exempt: they may build any world they like.
var imports = map[string][]string{
	"desk": {},

	"mapping":   {"desk"},
	"store":     {"desk", "store/db", "tracing"},
	"store/db":  {"desk"},
	"blob":      {"desk"},
	"seal":      {"desk"},
	"i18n":      {"desk"},
	"auth":      {"desk"},
	"metrics":   {"desk"},
	"mail":      {"desk"},
	"sso":       {"desk"},
	"tracing":   {"desk"},
	"alert":     {"flow", "desk", "i18n"}, // how receivers are reached is handed to it
	"letter":    {"flow", "desk", "i18n"}, // how mail travels is handed to it
	"sheet":     {},
	"config":    {"desk"},
	"flow":      {"desk", "mapping", "store", "store/db", "blob", "seal", "crashpoint", "tracing"},
	"connector": {"desk", "mapping", "tracing"},
	"outbox":    {"flow", "connector", "desk", "mapping", "crashpoint", "tracing"}, // docs/adr/0003

	"probe":       {"flow", "connector", "desk", "mapping"},
	"conformance": {"flow", "connector", "desk", "mapping"}, // drives runs as outbox drives lanes

	"web":             door("sheet", "mapping", "probe", "alert", "letter", "sso", "export"), // the pages of the configuration edit its document
	"webservice":      door("sheet"),
	"webservice/door": door("webservice", "tracing"),
	"webservice/rest": door("webservice", "webservice/door"),
	"webservice/soap": door("webservice", "webservice/door"),
	"importer":        door(),
	"bulk":            {"flow"},
	"index":           {"flow"},
	"export":          {},
	"unitlook":        {"flow", "connector", "desk", "mapping"}, // as outbox: puts calls on the wire, never sees SQL
	"cli":             door("app", "config", "importer", "backup", "doctor", "tracing", "sso"),

	"backup":  {"store", "blob"}, // a file of everything, whatever it means: docs/adr/0016
	"replica": {"store", "store/db", "blob"},

	"doctor": {"flow", "desk", "store", "blob", "probe", "replica", "sso"}, // looks at files and settings as well as at what use cases tell

	"app":       {"*"}, // the only wiring
	"cmd/ponte": {"cli"},

	"bench": {"app", "browsertest", "desk", "flow", "flow/flowtest", "mapping", "store", "store/db"}, // measures from outside and inside; nothing imports it

	"sandbox":    {}, // so that it can't share our mistakes
	"crashpoint": {},

	// for tests only: the name ends in "test"
	"browsertest":               {},
	"mail/mailtest":             {},
	"store/storetest":           {"store"},
	"webservice/webservicetest": {"desk", "webservice", "webservice/door"},
	"flow/flowtest":             {"blob", "desk", "flow", "mapping", "seal", "store", "store/db"},
}

// door is where a call comes in: it knows use cases and words, and never the store.
func door(more ...string) []string { return append([]string{"flow", "desk", "auth", "i18n"}, more...) }

// forbidden is what a package must not import of others.
var forbidden = map[string][]string{
	"desk":      {"net/http", "database/sql", "log", "log/slog", "os", "time/tzdata"},
	"mapping":   {"net/http", "database/sql", "os"},
	"connector": {"database/sql"},
	"outbox":    {"database/sql"},
	"probe":     {"database/sql"},
	"unitlook":  {"database/sql"},
	"alert":     {"database/sql"},
	"letter":    {"database/sql"},
}

// standardOnly are the packages that import nothing from outside.
var standardOnly = []string{"desk"}

// source is a package's folder and everything that its files import, whatever they are built for.
type source struct {
	path    string
	imports []string
}

// name is the package's in the table, and answers whether it is ours at all.
func name(path string) (string, bool) {
	n, ours := strings.CutPrefix(path, "ponte/")
	return strings.TrimPrefix(n, "internal/"), ours
}

func TestImportsFollowTheTable(t *testing.T) {
	all := sources(t, "../internal", "../cmd")
	for _, p := range all {
		for _, problem := range problems(p) {
			t.Error(problem)
		}
	}
	if len(all) < 10 {
		t.Errorf("only %d packages were looked at", len(all))
	}
}

func problems(p source) (out []string) {
	who, _ := name(p.path)
	allowed, known := imports[who]
	if !known {
		return []string{fmt.Sprintf("%s does not stand in the import table of internal/arch_test.go", who)}
	}
	for _, path := range p.imports {
		what, ours := name(path)
		switch {
		case ours && !permits(allowed, what), slices.Contains(forbidden[who], path):
			out = append(out, fmt.Sprintf("%s must not import %s (internal/arch_test.go, HOUSE.md)", who, path))
		case !ours && slices.Contains(standardOnly, who) && !standard(path):
			out = append(out, fmt.Sprintf("%s imports the standard library only, not %s", who, path))
		}
	}
	return out
}

func permits(allowed []string, what string) bool {
	return slices.Contains(allowed, what) || slices.Contains(allowed, "*") && !strings.HasSuffix(what, "test")
}

// standard tells the standard library by its first element, which has no dot.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// foreign says whether a folder is a module of its own, as the clients of e2e are.
func foreign(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

// sources reads the files by itself: go test then knows that its answer depends on them, and keeps none too long.
func sources(t *testing.T, roots ...string) (out []source) {
	t.Helper()
	packages := map[string]source{}
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case e.IsDir() && (e.Name() == "testdata" || foreign(path)):
				return fs.SkipDir
			case !strings.HasSuffix(path, ".go"), strings.HasSuffix(path, "_test.go"):
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			p := packages[filepath.Dir(path)]
			p.path = "ponte" + strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "..")
			for _, i := range file.Imports {
				if path := strings.Trim(i.Path.Value, "`\""); !slices.Contains(p.imports, path) {
					p.imports = append(p.imports, path)
				}
			}
			packages[filepath.Dir(path)] = p
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return slices.SortedFunc(maps.Values(packages), func(a, b source) int { return strings.Compare(a.path, b.path) })
}

// The control: each kind of breach is found, and what is allowed is not.
func TestControlTheTableFindsBreaches(t *testing.T) {
	for _, c := range []struct {
		name, imports string
		breach        bool
	}{
		{"desk", "strings", false}, {"desk", "os", true}, {"desk", "net/http", true}, {"desk", "log/slog", true},
		{"desk", "github.com/google/uuid", true}, {"desk", "ponte/internal/store", true},
		{"web", "ponte/internal/flow", false}, {"web", "ponte/internal/store", true}, {"web", "ponte/internal/store/db", true},
		{"outbox", "ponte/internal/store", true}, {"outbox", "ponte/internal/connector", false},
		{"connector", "database/sql", true}, {"connector", "net/http", false},
		{"sandbox", "ponte/internal/desk", true}, {"flow", "ponte/internal/store/db", false}, {"flow", "ponte/internal/store/storetest", true},
		{"app", "ponte/internal/store", false}, {"app", "ponte/internal/store/storetest", true},
		{"cli", "ponte/internal/app", false}, {"web", "ponte/internal/app", true},
		{"mapping", "net/http", true}, {"cmd/ponte", "ponte/internal/cli", false}, {"cmd/ponte", "ponte/internal/app", true},
		{"nobody/knows", "strings", true},
	} {
		if got := len(problems(source{path: importPath(c.name), imports: []string{c.imports}})) > 0; got != c.breach {
			t.Errorf("%s importing %s: breach=%v, want %v", c.name, c.imports, got, c.breach)
		}
	}
}

func importPath(name string) string {
	if strings.HasPrefix(name, "cmd/") {
		return "ponte/" + name
	}
	return "ponte/internal/" + name
}
