package mapping

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"ponte/internal/desk"
)

// facts of a leak in unit 101, complete.
func someFacts() *Facts {
	zone := time.FixedZone("-03", -3*3600)
	return &Facts{
		Occurrence: Occurrence{Number: 1234, LegacyID: "1234", Subject: "Vazamento", Description: "Água no \"teto\"\nda sala <101>",
			Type: "hidraulica", Priority: "alta", Place: "sala", Emergency: true, Item: "hidraulica.torneira", ItemName: "Torneira",
			ItemPath: "Hidráulica > Torneira", Failure: "vazamento", FailureName: "Vazamento",
			OpenedAt: time.Date(2026, 1, 31, 9, 15, 0, 0, zone), Environment: "homologacao"},
		Customer:    Customer{Name: "Ana Lúcia", Document: "390.533.447-05", Email: "ana@exemplo.com.br", Phone: "(11) 91234-5678"},
		Unit:        Unit{Number: "101", MobussID: "MOB-AUR-A-101"},
		Block:       Block{Code: "A", Name: "Bloco A"},
		Development: Development{Code: "AUR", Name: "Residencial Aurora"},
		Contract:    Contract{Code: "AUR-A-101"},
		Movement: Movement{Comment: "Cliente em casa à tarde", Author: "Bia", At: time.Date(2026, 1, 31, 14, 30, 0, 0, zone),
			VisitStart: time.Date(2026, 2, 2, 9, 0, 0, 0, zone)},
		File: File{Name: "mancha no teto.jpg", Type: "image/jpeg", Size: 3, SHA256: strings.Repeat("ab", 32)},
		Zone: zone,
	}
}

var someRefs = Refs{DeliveryID: "0198-envio", OrderID: "M77", OrderNumber: "OS-9"}

// document is a whole configuration whose MOBUSS_ICSA is given.
func document(t testing.TB, point string) *Config {
	t.Helper()
	c, err := Default(desk.MethodC, "mobuss-atual")
	if err != nil {
		t.Fatal(err)
	}
	var in Integration
	if err := decode([]byte("pontos:\n  MOBUSS_ICSA:\n"+indent(point)), &in); err != nil {
		t.Fatal(err)
	}
	c.Integration.Points[desk.AddComment] = in.Points[desk.AddComment]
	return c
}

func indent(s string) string {
	var b strings.Builder
	for l := range strings.Lines(strings.Trim(s, "\n")) {
		b.WriteString("    " + l)
	}
	return b.String()
}

func compiled(t testing.TB, c *Config) *Compiled {
	t.Helper()
	out, err := Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// compiledPresets are made once: they are immutable.
var compiledPresets = sync.OnceValue(func() map[string]*Compiled {
	out := map[string]*Compiled{}
	for _, name := range Presets() {
		c, err := Default(desk.MethodC, name)
		if err != nil {
			panic(err)
		}
		if out[name], err = Compile(c); err != nil {
			panic(err)
		}
	}
	return out
})

func preset(t testing.TB, name string) *Compiled {
	t.Helper()
	k := compiledPresets()[name]
	if k == nil {
		t.Fatalf("no preset %s", name)
	}
	return k
}

func bound(t testing.TB, c *Compiled, p desk.Point, f *Facts) *Request {
	t.Helper()
	z, err := c.Freeze(p, f)
	if err != nil {
		t.Fatal(err)
	}
	r, err := z.Bind(someRefs)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// wire writes a request for comparison.
func wire(r *Request) string {
	var b strings.Builder
	b.WriteString(r.Method + " " + r.Path)
	if r.Query != "" {
		b.WriteString("?" + r.Query)
	}
	h, _ := json.Marshal(r.Header)
	b.WriteString(" " + string(h) + " " + r.ContentType + "\n" + r.Body)
	return b.String()
}

// fieldErrors are the "field: code" of a configuration's errors.
func fieldErrors(t testing.TB, err error) map[string]string {
	t.Helper()
	var e *desk.Error
	if err == nil {
		return nil
	}
	if !errors.As(err, &e) || e.Code != desk.ErrConfig {
		t.Fatalf("not a configuration error: %v", err)
	}
	out := map[string]string{}
	for _, f := range e.Fields {
		out[f.Field] = f.Code
	}
	return out
}
