package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"ponte/internal/desk"
)

// maxDocument is a hundred times what a long configuration takes.
const maxDocument = 1 << 20

// Parse reads a configuration document. It refuses unknown and repeated keys, aliases and values of the wrong
// kind, all gathered in one *desk.Error of code ErrConfig. Whether the values make sense is Compile's business.
func Parse(doc []byte) (*Config, error) {
	return parse(doc, false)
}

// ParseKept reads a document that was published once. Keys that it does not know are of a later release, which published it
// while both ran: they are passed over, so that this release goes on beside that one.
func ParseKept(doc []byte) (*Config, error) {
	return parse(doc, true)
}

func parse(doc []byte, later bool) (*Config, error) {
	c := &Config{Integration: Integration{Policy: DefaultPolicy()}}
	if err := decodeFrom(doc, c, later); err != nil {
		return nil, err
	}
	normalise(reflect.ValueOf(c).Elem())
	return c, nil
}

// YAML is the document in its canonical form: Parse of it gives c again, and YAML of that the same bytes.
func (c *Config) YAML() ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(c); err != nil {
		return nil, fmt.Errorf("mapping: write configuration: %w", err)
	}
	return b.Bytes(), nil
}

// MarshalYAML writes a row on one line: thirty of them are read as a table.
func (p Param) MarshalYAML() (any, error) {
	type bare Param
	row := bare(p)
	// The library writes a text with line breaks as a block, which can't stand inside a row, and which it can't
	// always read again. Such a text steps aside for a stand-in and comes back in quotes.
	aside := map[string]string{}
	for v, i := reflect.ValueOf(&row).Elem(), 0; i < v.NumField(); i++ {
		if f := v.Field(i); f.Kind() == reflect.String && strings.IndexFunc(f.String(), unicode.IsControl) >= 0 {
			standIn := fmt.Sprintf("ponte-stand-in-%d", i)
			aside[standIn] = f.String()
			f.SetString(standIn)
		}
	}
	var n yaml.Node
	if err := n.Encode(row); err != nil {
		return nil, err
	}
	n.Style = yaml.FlowStyle
	for _, child := range n.Content {
		if text, ok := aside[child.Value]; ok {
			child.Value, child.Style = text, yaml.DoubleQuotedStyle
		}
	}
	return &n, nil
}

// normalise gives "nothing" one form, so that two documents that mean the same are equal: an empty list or map is
// nil, wherever it is.
func normalise(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			normalise(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			normalise(v.Field(i))
		}
	case reflect.Slice:
		if v.Len() == 0 {
			v.SetZero()
		}
		for i := range v.Len() {
			normalise(v.Index(i))
		}
	case reflect.Map:
		if v.Len() == 0 {
			v.SetZero()
		}
		for it := v.MapRange(); it.Next(); {
			e := reflect.New(v.Type().Elem()).Elem()
			e.Set(it.Value())
			normalise(e)
			v.SetMapIndex(it.Key(), e)
		}
	}
}

// decode fills out from a document, naming what is wrong by its path.
func decode(doc []byte, out any) error { return decodeFrom(doc, out, false) }

// decodeFrom passes over unknown keys where a later release may have written them.
func decodeFrom(doc []byte, out any, later bool) error {
	e := desk.Fail(desk.ErrConfig)
	if len(doc) > maxDocument {
		e.Fields = desk.BadField("documento", "grande_demais", "maximo", maxDocument).Fields
		return e
	}
	var root yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(doc))
	if err := dec.Decode(&root); err != nil {
		e.Fields = desk.BadField("documento", "yaml_invalido", "linha", lineOf(err.Error())).Fields
		return e
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		e.Fields = desk.BadField("documento", "um_documento_so").Fields
		return e
	}
	w := walker{lines: map[int]string{}, later: later}
	w.walk(root.Content[0], reflect.TypeOf(out).Elem(), "", false)
	var te *yaml.TypeError
	if err := root.Decode(out); errors.As(err, &te) {
		w.typeErrors(te.Errors)
	} else if err != nil && len(w.fields) == 0 {
		w.bad("documento", "yaml_invalido", lineOf(err.Error()))
	}
	if len(w.fields) > 0 {
		e.Fields = w.fields
		return e
	}
	return nil
}

// walker compares a document with the Go types that it is read into. The YAML package's own check of unknown keys
// knows lines only, and a page has to show the error at its row.
type walker struct {
	fields []desk.FieldError
	lines  map[int]string // the outermost row or value that begins on a line
	later  bool           // unknown keys may be a later release's
}

func (w *walker) bad(path, code string, line int) {
	w.fields = append(w.fields, desk.BadField(path, code, "linha", line).Fields...)
}

var unmarshaler = reflect.TypeFor[yaml.Unmarshaler]()

func (w *walker) walk(n *yaml.Node, t reflect.Type, path string, isRow bool) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		w.bad(path, "ancora_nao_aceita", n.Line)
		return
	}
	isLeaf := reflect.PointerTo(t).Implements(unmarshaler)
	branch := n.Kind == yaml.MappingNode && !isLeaf && (t.Kind() == reflect.Struct || t.Kind() == reflect.Map)
	if _, ok := w.lines[n.Line]; !ok && (isRow || !branch || n.Style&yaml.FlowStyle != 0) {
		w.lines[n.Line] = path
	}
	switch {
	case n.Kind == yaml.SequenceNode && !isLeaf && t.Kind() == reflect.Slice:
		for i, e := range n.Content {
			w.walk(e, t.Elem(), fmt.Sprintf("%s[%d]", path, i), true)
		}
	case branch:
		w.mapping(n, t, path)
	}
}

func (w *walker) mapping(n *yaml.Node, t reflect.Type, path string) {
	var known map[string]reflect.Type
	if t.Kind() == reflect.Struct {
		known = yamlKeys(t)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := strings.TrimPrefix(path+"."+key.Value, ".")
		kt, ok := known[key.Value]
		if t.Kind() == reflect.Map {
			kt, ok = t.Elem(), true
		}
		switch {
		case seen[key.Value]:
			w.bad(at, "chave_repetida", key.Line)
		case !ok && w.later:
		case !ok:
			w.bad(at, "chave_desconhecida", key.Line)
		default:
			w.walk(value, kt, at, false)
		}
		seen[key.Value] = true
	}
}

// yamlKeys are the keys that a struct takes, those of its inlined structs among them.
func yamlKeys(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if strings.Contains(options, "inline") {
			maps.Copy(out, yamlKeys(f.Type))
		} else {
			out[name] = f.Type
		}
	}
	return out
}

func (w *walker) typeErrors(msgs []string) {
	for _, m := range msgs {
		line := lineOf(m)
		path, ok := w.lines[line]
		if !ok {
			path = "documento"
		}
		already := func(f desk.FieldError) bool { return f.Args["linha"] == line }
		if !strings.Contains(m, "already defined") && !slices.ContainsFunc(w.fields, already) {
			w.bad(path, "valor_de_outro_tipo", line)
		}
	}
}

var lineNumber = regexp.MustCompile(`line (\d+)`)

// lineOf finds the line in a message of the YAML package, which offers it in no other way; 0 where there is none.
func lineOf(msg string) int {
	m := lineNumber.FindStringSubmatch(msg)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}
