package mapping

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestSchemaIsCurrent: docs/configuration.schema.json is what the types say; -update writes it.
func TestSchemaIsCurrent(t *testing.T) {
	b, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "../../docs/configuration.schema.json", string(b))
}

// TestSchemaTakesThePresets, and refuses what ParseDocument refuses for its form.
func TestSchemaTakesThePresets(t *testing.T) {
	b, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(b, &schema); err != nil {
		t.Fatal(err)
	}
	for _, preset := range Presets() {
		text := written(t, whole(t, preset))
		if problems := judged(t, schema, text); len(problems) > 0 {
			t.Errorf("%s: %v", preset, problems)
		}
		for _, wrong := range [][2]string{
			{"metodo: C", "metodo: D"}, {"metodo: C", "metodo_: C"}, {"primeiro_numero: 1000", "primeiro_numero: mil"},
			{"tempo_limite: 15s", "tempo_limite: logo"}, {"MOBUSS_ISA:", "MOBUSS_XYZ:"}, {"obrigatorio: true", "obrigatorio: sim"},
			{"tipo: envio", "tipo: cor"}, {"destino: idUnidade", "fim: idUnidade"}, {"\"408\": consultar", "\"408\": pensar"},
		} {
			bad := strings.Replace(text, wrong[0], wrong[1], 1)
			if bad == text {
				bad = strings.Replace(text, strings.ReplaceAll(wrong[0], "\": ", "\":\n"), wrong[1], 1)
			}
			if bad != text && len(judged(t, schema, bad)) == 0 {
				t.Errorf("%s: %s is taken", preset, wrong[1])
			}
			if bad == text {
				t.Errorf("%s: no %s", preset, wrong[0])
			}
		}
	}
}

// TestEveryKeyIsDescribed, in the schema and in the page that people read.
func TestEveryKeyIsDescribed(t *testing.T) {
	b, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(b, &schema); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	var walk func(s map[string]any, path string)
	walk = func(s map[string]any, path string) {
		for name, v := range object(asMap(s["properties"])) {
			n++
			if asMap(v)["description"] == nil {
				t.Errorf("%s.%s has no description", path, name)
			}
			if !strings.Contains(string(page), "`"+name+"`") && !strings.Contains(string(page), "."+name+"`") {
				t.Errorf("%s.%s is not in docs/configuration.md", path, name)
			}
			walk(asMap(v), path+"."+name)
		}
		for _, key := range []string{"items", "additionalProperties"} {
			if sub := asMap(s[key]); sub != nil {
				walk(sub, path+".*")
			}
		}
	}
	walk(schema, "")
	if n < 60 {
		t.Errorf("only %d keys were looked at", n)
	}
}

func asMap(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// judged applies the words of JSON Schema that Schema uses, and fails on one that it does not know.
func judged(t *testing.T, schema map[string]any, doc string) (problems []string) {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(doc), &v); err != nil {
		t.Fatal(err)
	}
	var check func(s map[string]any, v any, at string)
	bad := func(at, format string, args ...any) {
		problems = append(problems, at+": "+fmt.Sprintf(format, args...))
	}
	check = func(s map[string]any, v any, at string) {
		for word, rule := range s {
			switch word {
			case "description", "$schema", "title", "propertyNames":
			case "type":
				if kinds, ok := rule.([]any); !isKind(v, fmt.Sprint(rule)) && (!ok || !slices.ContainsFunc(kinds, func(k any) bool { return isKind(v, fmt.Sprint(k)) })) {
					bad(at, "%v is no %v", v, rule)
				}
			case "enum":
				if !slices.Contains(rule.([]any), v) {
					bad(at, "%v is not among %v", v, rule)
				}
			case "pattern":
				if text, ok := v.(string); !ok || !regexp.MustCompile(fmt.Sprint(rule)).MatchString(text) {
					bad(at, "%v does not match %v", v, rule)
				}
			case "items":
				list, _ := v.([]any)
				for i, e := range list {
					check(asMap(rule), e, fmt.Sprintf("%s[%d]", at, i))
				}
			case "required":
				for _, name := range rule.([]any) {
					if _, ok := asMap(v)[fmt.Sprint(name)]; !ok {
						bad(at, "%v is missing", name)
					}
				}
			case "properties":
				for name, sub := range asMap(rule) {
					if e, ok := asMap(v)[name]; ok {
						check(asMap(sub), e, at+"."+name)
					}
				}
			case "additionalProperties":
				for name, e := range asMap(v) {
					if asMap(s["properties"])[name] != nil {
						continue
					}
					if rule == false {
						bad(at, "%s is unknown", name)
						continue
					}
					check(asMap(s["propertyNames"]), name, at)
					check(asMap(rule), e, at+"."+name)
				}
			default:
				t.Fatalf("the judge does not know %q", word)
			}
		}
	}
	check(schema, v, "")
	return problems
}

func isKind(v any, kind string) bool {
	switch v.(type) {
	case map[string]any:
		return kind == "object"
	case []any:
		return kind == "array"
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case int:
		return kind == "integer" || kind == "number"
	case float64:
		return kind == "number"
	}
	return false
}

// TestSchemaKnowsEveryWord: a named text type of the document whose values are few has them in the schema.
func TestSchemaKnowsEveryWord(t *testing.T) {
	for _, typ := range []reflect.Type{reflect.TypeFor[Type](), reflect.TypeFor[Action](), reflect.TypeFor[BodyKind]()} {
		if len(words[typ]) < 3 {
			t.Errorf("%s has %v", typ, words[typ])
		}
	}
}

// TestExamplesAreTaken: the files of docs/examples, which internal/e2e connects foreign tools by, are right as they stand,
// for the schema and for ParseDocument, and survive an export.
func TestExamplesAreTaken(t *testing.T) {
	b, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(b, &schema); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../docs/examples/*.yaml")
	if err != nil || len(files) < 2 {
		t.Fatal("no examples", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if problems := judged(t, schema, string(text)); len(problems) > 0 {
			t.Errorf("%s: %v", file, problems)
		}
		d, err := ParseDocument(text)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		again, err := ParseDocument([]byte(written(t, d)))
		if err != nil || !reflect.DeepEqual(d, again) {
			t.Errorf("%s: the export is another document: %v", file, err)
		}
	}
}
