package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ponte/internal/i18n"
)

// TestAuditAreas: the trail can be narrowed to whatever is written into it, by a word in both languages.
func TestAuditAreas(t *testing.T) {
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{i18n.Portuguese, i18n.English} {
		for _, area := range auditAreas {
			if !words.In(lang).Has("audit_area." + area) {
				t.Errorf("%s has no word for the area %s", lang, area)
			}
		}
	}
	actions := auditActions(t)
	if len(actions) < 80 || !slices.Contains(actions, "usuario.fator.zerar") || !slices.Contains(actions, "ocorrencia.mover") || !slices.Contains(actions, "cadastro.importacao.parar") {
		t.Fatalf("the test finds %d actions only: %q", len(actions), actions)
	}
	written := map[string]bool{}
	for _, action := range actions {
		area, _, _ := strings.Cut(action, ".")
		written[area] = true
		if !slices.Contains(auditAreas, area) {
			t.Errorf("nobody can narrow the trail to %s", action)
		}
	}
	for _, area := range auditAreas {
		if !written[area] {
			t.Errorf("nothing that is written begins with %s", area)
		}
	}
}

// auditActions are the texts in flow that stand where an action is meant: as an argument of that name, or put into a variable of it.
func auditActions(t *testing.T) (out []string) {
	t.Helper()
	entries, err := os.ReadDir("../flow")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") {
			f, err := parser.ParseFile(token.NewFileSet(), "../flow/"+e.Name(), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
	}
	takes := map[string]int{} // which argument of a function is the action
	for _, f := range files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				at := 0
				for _, field := range fn.Type.Params.List {
					for _, name := range field.Names {
						if name.Name == "action" {
							takes[fn.Name.Name] = at
						}
						at++
					}
				}
			}
		}
	}
	add := func(e ast.Expr) {
		if sum, ok := e.(*ast.BinaryExpr); ok {
			e = sum.X
		}
		if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
			if text, err := strconv.Unquote(l.Value); err == nil && strings.Contains(text, ".") {
				out = append(out, text)
			}
		}
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				name := ""
				switch fn := n.Fun.(type) {
				case *ast.Ident:
					name = fn.Name
				case *ast.SelectorExpr:
					name = fn.Sel.Name
				}
				if at, ok := takes[name]; ok && at < len(n.Args) {
					add(n.Args[at])
				}
			case *ast.AssignStmt:
				for i, to := range n.Lhs {
					if id, ok := to.(*ast.Ident); ok && id.Name == "action" && i < len(n.Rhs) {
						add(n.Rhs[i])
					}
				}
			}
			return true
		})
	}
	slices.Sort(out)
	return slices.Compact(out)
}
