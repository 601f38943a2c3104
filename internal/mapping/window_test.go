package mapping_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
)

func withWindow(t testing.TB, status string, w mapping.Window) *mapping.Config {
	t.Helper()
	c, err := mapping.Default(desk.MethodC, "mobuss-atual")
	if err != nil {
		t.Fatal(err)
	}
	c.Integration.Windows = map[string]mapping.Window{status: w}
	return c
}

// TestAWindowsAddress: values in the query and in the path, an order that is known and one that isn't, below the
// environment's address and at a complete one.
func TestAWindowsAddress(t *testing.T) {
	w := mapping.Window{Name: "Ficha", Path: "/ficha/{unidade}", Params: []mapping.Param{
		{Target: "caminho:unidade", Field: "unidade.id_mobuss"},
		{Target: "doc", Field: "cliente.cpf_cnpj", Format: "pontuado"},
		{Target: "url:os", Ref: mapping.RefOrderNumber},
		{Target: "id", Ref: mapping.RefOrderID, IfEmpty: mapping.EmptyText},
		{Target: "quando", Field: "movimentacao.data", Format: "iso"},
		{Target: "origem", Fixed: mapping.Fixed("ponte & cia")},
		{Target: "urgente", CEL: `ocorrencia.emergencia ? "1" : ""`}}}
	rules, err := mapping.Compile(withWindow(t, "60", w))
	if err != nil {
		t.Fatal(err)
	}
	facts := func() *mapping.Facts {
		return &mapping.Facts{Unit: mapping.Unit{MobussID: "MOB/1"}, Customer: mapping.Customer{Document: "52998224725"},
			Movement: mapping.Movement{At: time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)}}
	}
	for name, c := range map[string]struct {
		change         func(*mapping.Facts)
		refs           mapping.Refs
		base, complete string
		want           string
		lacks          []string
	}{
		"no order yet":           {base: "https://h.example/", want: "https://h.example/ficha/MOB%2F1?doc=529.982.247-25&id=&quando=2026-03-02&origem=ponte+%26+cia"},
		"with its order":         {refs: mapping.Refs{OrderID: "77", OrderNumber: "88"}, base: "https://h.example", want: "https://h.example/ficha/MOB%2F1?doc=529.982.247-25&os=88&id=77&quando=2026-03-02&origem=ponte+%26+cia"},
		"a complete address":     {base: "https://h.example", complete: "https://outro.example/u?x=1", want: "https://outro.example/u?x=1&doc=529.982.247-25&id=&quando=2026-03-02&origem=ponte+%26+cia"},
		"no address at all":      {want: ""},
		"an expression has some": {change: func(f *mapping.Facts) { f.Occurrence.Emergency = true }, base: "https://h.example", want: "https://h.example/ficha/MOB%2F1?doc=529.982.247-25&id=&quando=2026-03-02&origem=ponte+%26+cia&urgente=1"},
		"without the unit's id":  {change: func(f *mapping.Facts) { f.Unit.MobussID = "" }, base: "https://h.example", lacks: []string{"caminho:unidade"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := facts()
			if c.change != nil {
				c.change(f)
			}
			got, err := rules.Window("60", f, c.refs)
			if err != nil {
				t.Fatal(err)
			}
			var lacks []string
			for _, m := range got.Missing() {
				lacks = append(lacks, m.Target)
			}
			if !slices.Equal(lacks, c.lacks) {
				t.Errorf("lacks %v, want %v", lacks, c.lacks)
			}
			if a := got.Address(c.base, c.complete); c.lacks == nil && a != c.want {
				t.Errorf("leads to\n%s, want\n%s", a, c.want)
			}
			if got.Request.Body != "" || got.Request.Method != "GET" {
				t.Errorf("it carries something: %+v", got.Request)
			}
		})
	}
	if _, err := rules.Window("50", facts(), mapping.Refs{}); code(err) != desk.ErrConfig {
		t.Errorf("a status without one: %v", err)
	}
}

func TestAWindowThatCantBe(t *testing.T) {
	one := func(p mapping.Param) mapping.Window {
		return mapping.Window{Name: "x", Path: "/x", Params: []mapping.Param{p}}
	}
	const row = "integracao.janelas.60.parametros[0]"
	for name, c := range map[string]struct {
		status      string
		w           mapping.Window
		field, code string
	}{
		"no such status":      {"77", mapping.Window{Name: "x", Path: "/"}, "integracao.janelas.77", "status_desconhecido"},
		"a status that fires": {"20", mapping.Window{Name: "x", Path: "/"}, "integracao.janelas.20", "ponto_ou_janela"},
		"no name":             {"60", mapping.Window{Path: "/"}, "integracao.janelas.60.nome", "obrigatorio"},
		"a whole address":     {"60", mapping.Window{Name: "x", Path: "https://x.example/"}, "integracao.janelas.60.caminho", "caminho_invalido"},
		"a hole in the path":  {"60", mapping.Window{Name: "x", Path: "/{a}"}, "integracao.janelas.60.caminho", "caminho_sem_parametro"},
		"a header":            {"60", one(mapping.Param{Target: "cabecalho:X-A", Fixed: mapping.Fixed("1")}), row + ".destino", "janela_so_na_url"},
		"a delivery's id":     {"60", one(mapping.Param{Target: "a", Ref: mapping.RefDeliveryID}), row + ".referencia", "sem_envio"},
		"a file":              {"60", one(mapping.Param{Target: "arquivo:a", Ref: mapping.RefFileContent}), row, "so_no_envio_de_anexo"},
		"a file's name":       {"60", one(mapping.Param{Target: "a", Field: "anexo.nome"}), row, "so_no_envio_de_anexo"},
		"no such fact":        {"60", one(mapping.Param{Target: "a", Field: "cliente.apelido"}), row + ".campo", "campo_desconhecido"},
		"an empty target":     {"60", one(mapping.Param{Field: "cliente.nome"}), row + ".destino", "obrigatorio"},
		"twice the same":      {"60", mapping.Window{Name: "x", Path: "/", Params: []mapping.Param{{Target: "a", Fixed: mapping.Fixed("1")}, {Target: "url:a", Fixed: mapping.Fixed("2")}}}, "integracao.janelas.60.parametros[1].destino", "destino_repetido"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := mapping.Compile(withWindow(t, c.status, c.w))
			if !slices.Contains(fields(err), c.field+" "+c.code) {
				t.Errorf("said %v, want %s %s", fields(err), c.field, c.code)
			}
		})
	}
	d := &mapping.Document{Config: *withWindow(t, "60", one(mapping.Param{Target: "token", Fixed: mapping.Fixed("abc123")}))}
	if err := d.Check(); !slices.Contains(fields(err), row+".fixo segredo_no_documento") {
		t.Errorf("a credential in a window: %v", fields(err))
	}
}

func code(err error) string {
	var e *desk.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Code
}

// fields are what an error says of fields, as "path code".
func fields(err error) (out []string) {
	var e *desk.Error
	if errors.As(err, &e) {
		for _, f := range e.Fields {
			out = append(out, f.Field+" "+f.Code)
		}
	}
	return out
}
