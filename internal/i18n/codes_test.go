package i18n_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ponte/internal/i18n"
)

// TestEveryCodeHasWords reads the sources of the rules and asks for a message for every code that they can give.
func TestEveryCodeHasWords(t *testing.T) {
	found := codes(t, "../desk", "../flow", "../mapping", "../connector", "../outbox", "../conformance")
	if len(found["error."]) < 20 || len(found["field."]) < 30 || len(found["reason."]) < 20 || len(found["cause."]) < 8 {
		t.Fatalf("too few codes found, the reading of the sources is broken: %v", found)
	}
	found["cause."] = append(found["cause."], "formato", "truncada") // mapping.unreadableBecause returns them
	found["field."] = append(found["field."], "expressao_falhou", "valor_invalido")
	c := load(t)
	for _, lang := range i18n.Languages {
		l := c.In(lang)
		for prefix, ids := range found {
			for _, id := range ids {
				if !l.Has(prefix + id) {
					t.Errorf("%s: no message %s%s", lang, prefix, id)
				}
			}
		}
	}
}

// codes finds, per kind of message, the literals that stand where a code stands.
func codes(t *testing.T, dirs ...string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	add := func(prefix string, e ast.Expr) {
		if s, ok := text(e); ok && s != "" && !slices.Contains(found[prefix], s) {
			found[prefix] = append(found[prefix], s)
		}
	}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					inCall(n, add)
				case *ast.ValueSpec:
					inConstants(n, add)
				case *ast.CompositeLit:
					inLiteral(n, add)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// outcomes are what a case of a conformance run comes to.
var outcomes = []string{"passed", "reserved", "failed", "notForUs"}

func inCall(n *ast.CallExpr, add func(string, ast.Expr)) {
	name := ""
	switch f := n.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	switch {
	case (name == "Because" || slices.Contains(outcomes, name)) && len(n.Args) > 0:
		add("reason.", n.Args[0])
	case (name == "bad" || name == "BadField") && len(n.Args) > 1:
		add("field.", n.Args[1])
	}
	if name != "Fail" && name != "reason" && name != "unreadable" && name != "Because" {
		return
	}
	if name == "unreadable" && len(n.Args) > 1 {
		add("cause.", n.Args[1])
	}
	for i := 0; i+1 < len(n.Args); i++ {
		if s, _ := text(n.Args[i]); s == "motivo" {
			add("cause.", n.Args[i+1])
		}
	}
}

func inConstants(n *ast.ValueSpec, add func(string, ast.Expr)) {
	for i, name := range n.Names {
		if i >= len(n.Values) {
			continue
		}
		switch {
		case strings.HasPrefix(name.Name, "Why"), strings.HasPrefix(name.Name, "Reason"):
			add("reason.", n.Values[i])
		case strings.HasPrefix(name.Name, "Err"):
			add("error.", n.Values[i])
		}
	}
}

func inLiteral(n *ast.CompositeLit, add func(string, ast.Expr)) {
	for _, e := range n.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if k, ok := kv.Key.(*ast.Ident); ok && k.Name == "Code" {
			if name, ok := n.Type.(*ast.SelectorExpr); ok && name.Sel.Name == "FieldError" {
				add("field.", kv.Value)
			} else if ok && name.Sel.Name == "Reason" {
				add("reason.", kv.Value)
			}
		}
	}
}

func text(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}
