package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ponte/internal/desk"
)

func anyFacts(t *rapid.T) *Facts {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", " ", "a", "\"\\\n", "<b>&", "\xff", "..", "é/ç?", "529.982.247-25"}))
	at := rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "none") {
			return time.Time{}
		}
		return time.Unix(rapid.Int64Range(1, 1<<32).Draw(t, "unix"), 0)
	})
	f := &Facts{Zone: rapid.SampledFrom([]*time.Location{nil, time.UTC, time.FixedZone("", -3*3600)}).Draw(t, "zone")}
	v := reflect.ValueOf(f).Elem()
	for _, field := range factFields {
		switch dst := v.FieldByIndex(field.index); field.Type {
		case TypeText:
			dst.SetString(text.Draw(t, field.Name))
		case TypeNumber:
			dst.SetInt(rapid.Int64().Draw(t, field.Name))
		case TypeBool:
			dst.SetBool(rapid.Bool().Draw(t, field.Name))
		case TypeMoment:
			dst.Set(reflect.ValueOf(at.Draw(t, field.Name)))
		}
	}
	return f
}

// everyField is a call with all facts in it, as they are.
func everyField(kind BodyKind) string {
	var b strings.Builder
	for i, f := range FieldsOf(desk.AddComment) {
		fmt.Fprintf(&b, "  - {destino: \"c%d\", campo: %s}\n", i, f.Name)
		fmt.Fprintf(&b, "  - {destino: \"e%d\", cel: %s, se_vazio: vazio}\n", i, f.Name)
	}
	b.WriteString("  - {destino: o, referencia: ordem.id_mobuss}\n")
	head := "metodo: POST\ncaminho: /x\ncorpo: " + string(kind)
	if kind == BodyXML {
		head += "\nxml: {raiz: r, envelope: soap12, acao: a}"
	}
	return one(head, b.String())
}

func TestFreezeAndBindArePure(t *testing.T) {
	kinds := []BodyKind{BodyJSON, BodyForm, BodyQuery, BodyXML}
	var kits []*Compiled
	for _, kind := range kinds {
		kits = append(kits, compiled(t, document(t, everyField(kind))))
	}
	kits = append(kits, preset(t, "mobuss-atual"))
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(0, len(kits)-1).Draw(t, "kit")
		p := desk.AddComment
		if i == len(kinds) {
			p = rapid.SampledFrom(append(slices.Clone(desk.Points), desk.SendFile)).Draw(t, "point")
		}
		f := anyFacts(t)
		copied := *f
		refs := Refs{rapid.String().Draw(t, "delivery"), rapid.SampledFrom([]string{"", "M1", "\xff", "\"", "a/b"}).Draw(t, "order"), "7"}
		a, err := kits[i].Freeze(p, f)
		b, err2 := kits[i].Freeze(p, &copied)
		if !reflect.DeepEqual(a, b) || !reflect.DeepEqual(err, err2) {
			t.Fatalf("two freezes: %+v %v, %+v %v", a, err, b, err2)
		}
		if err != nil {
			var m *Missing
			if !errors.As(err, &m) {
				t.Fatal(err)
			}
			return
		}
		stored, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var back Frozen
		if err := json.Unmarshal(stored, &back); err != nil {
			t.Fatal(err)
		}
		x, err := a.Bind(refs)
		y, err2 := back.Bind(refs)
		if !reflect.DeepEqual(x, y) || !reflect.DeepEqual(err, err2) {
			t.Fatalf("two binds:\n%+v %v\n%+v %v", x, err, y, err2)
		}
		if err == nil {
			wellFormed(t, x)
		}
	})
}

func wellFormed(t *rapid.T, r *Request) {
	switch r.ContentType {
	case `application/soap+xml; charset=utf-8; action="a"`:
		if x, ok := decodeXML(r.Body); !ok || x.root != "r" {
			t.Fatalf("not XML: %s", r.Body)
		}
	case "application/json":
		if !json.Valid([]byte(r.Body)) {
			t.Fatalf("not JSON: %s", r.Body)
		}
	case "application/x-www-form-urlencoded":
		if _, err := url.ParseQuery(r.Body); err != nil {
			t.Fatal(err)
		}
	}
	if u, err := url.Parse(r.Path + "?" + r.Query); err != nil || u.Host != "" {
		t.Fatalf("%s?%s: %v", r.Path, r.Query, err)
	}
	if stored, err := json.Marshal(r); err != nil {
		t.Fatal(err)
	} else {
		var back Request
		if json.Unmarshal(stored, &back) != nil || !reflect.DeepEqual(&back, r) {
			t.Fatalf("a stored request is another: %s", stored)
		}
	}
	if r.LookUp != nil {
		wellFormed(t, r.LookUp)
	}
}

func TestTargetsNeverCollideSilently(t *testing.T) {
	name := rapid.SampledFrom([]string{"a", "b", "[0]", "[1]", "[2]"})
	rapid.Check(t, func(t *rapid.T) {
		var root tree
		leaves := 0
		for range rapid.IntRange(1, 12).Draw(t, "rows") {
			text := strings.ReplaceAll(strings.Join(rapid.SliceOfN(name, 1, 4).Draw(t, "path"), "."), ".[", "[")
			steps, ok := parseSteps(text)
			if !ok {
				t.Fatalf("%s is no path", text)
			}
			if root.put(steps, "7") {
				leaves++
			}
		}
		out := string(root.write(nil))
		if !json.Valid([]byte(out)) || strings.Count(out, "7") != leaves {
			t.Fatalf("%d leaves in %s", leaves, out)
		}
	})
}

func TestXMLTargetsNeverCollideSilently(t *testing.T) {
	name := rapid.SampledFrom([]string{"a", "b", "a[0]", "a[1]", "p:b"})
	rapid.Check(t, func(t *rapid.T) {
		var root element
		leaves := 0
		for range rapid.IntRange(1, 12).Draw(t, "rows") {
			text := strings.Join(rapid.SliceOfN(name, 1, 4).Draw(t, "path"), ".")
			if rapid.Bool().Draw(t, "attribute") {
				text += "." + rapid.SampledFrom([]string{"@a", "@p:b"}).Draw(t, "name")
			}
			target, code := parseTarget(text, BodyXML)
			if code != "" {
				t.Fatalf("%s is no path", text)
			}
			if root.put(target.steps, "7") {
				leaves++
			}
		}
		out := (&XML{Root: "r", Namespaces: map[string]string{"p": "urn:p"}}).write(&element{}, &root)
		if _, ok := decodeXML(out); !ok || strings.Count(out, "7") != leaves {
			t.Fatalf("%d leaves in %s", leaves, out)
		}
	})
}

func TestBadTargets(t *testing.T) {
	for _, s := range []string{".", "a.", "[0]", "a[0][1]", "@a.b", "@a[0]", "@", "@xmlns", "a b", "a<b", "1a", "a:b:c", ":a", "a:", "-a",
		"cabecalho_soap:", "cabecalho_soap:@a", "cabecalho_soap:[0]"} {
		if got, code := parseTarget(s, BodyXML); code == "" {
			t.Errorf("%q is a target in XML: %+v", s, got)
		}
	}
	for _, s := range []string{".", "a.", ".a", "a[", "a]", "a[x]", "a[-1]", "a[01]", "a[100]", "a[0]b", "a.[0]", "[]", " a", "a\n",
		"a.b.c.d.e.f.g.h.i.j.k", strings.Repeat("a", 201), "url:", "caminho:A b", "a\xff"} {
		if got, code := parseTarget(s, BodyJSON); code == "" {
			t.Errorf("%q is a target: %+v", s, got)
		}
	}
}
