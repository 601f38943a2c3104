package mapping

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
)

func TestPresetsAreWholeConfigurations(t *testing.T) {
	for _, name := range Presets() {
		for _, m := range []desk.Method{desk.NoMethod, desk.MethodA, desk.MethodB, desk.MethodC} {
			c, err := Default(m, name)
			if err != nil {
				t.Fatal(err)
			}
			k := compiled(t, c)
			for _, p := range desk.Points {
				if _, ok := k.LookUp(p); !ok || !k.Has(p) {
					t.Errorf("%s %s: no look-up", name, p)
				}
			}
			doc, err := c.YAML()
			if err != nil {
				t.Fatal(err)
			}
			again, err := Parse(doc)
			if err != nil {
				t.Fatalf("%v\n%s", err, doc)
			}
			if !reflect.DeepEqual(c, again) {
				t.Errorf("%s: Parse(YAML()) is not the identity\n%s", name, doc)
			}
			if c.Integration.Preset != name {
				t.Errorf("preset is %q", c.Integration.Preset)
			}
		}
	}
	if _, err := Preset("../config"); err == nil {
		t.Error("an unknown preset was answered")
	}
}

// The strategies that are not in use are data all the same: each can be chosen by its name alone.
func TestEveryStrategyCanBeChosen(t *testing.T) {
	for _, name := range Presets() {
		base, _ := Default(desk.MethodC, name)
		for p, cfg := range base.Integration.Points {
			for strategy := range cfg.LookUps {
				c, _ := Default(desk.MethodC, name)
				cfg.LookUp = strategy
				c.Integration.Points[p] = cfg
				k := compiled(t, c)
				if got, ok := k.LookUp(p); !ok || got != strategy {
					t.Errorf("%s %s: %q", name, p, got)
				}
				if r := bound(t, k, p, someFacts()); r.LookUp == nil || r.Strategy != strategy {
					t.Errorf("%s %s %s: look-up not bound", name, p, strategy)
				}
			}
		}
	}
}

func TestPresetRequests(t *testing.T) {
	const accept = ` {"Accept":"application/json"} application/json` + "\n"
	const atual, legado = "POST /ccapi/assistencia/solicitacao/v1/", "POST /ccweb/rest/v1/assistencia/solicitacao/"
	opening := `{"idUnidade":"MOB-AUR-A-101","cpfCnpjCliente":"39053344705","nomeSolicitante":"Ana Lúcia",` +
		`"telefoneSolicitante":"(11) 91234-5678",` +
		`"desSolicitacao":"Água no \"teto\"\nda sala <101>","assunto":"Vazamento","local":"sala","emergencia":true,` +
		`"idLegado":"1234","empreendimento":"Residencial Aurora","bloco":"Bloco A","unidade":"101"}`
	comment := `{"idSolicitacaoAtendimento":"M77","comentario":"Cliente em casa à tarde","autor":"Bia","data":"2026-01-31T17:30:00Z","idLegado":"0198-envio"}`
	visit := `{"idSolicitacaoAtendimento":"M77","tipoVisita":"VISTORIA","objetivo":"Cliente em casa à tarde","dataInicioPrevisto":"2026-02-02T12:00:00Z","idLegado":"0198-envio"}`
	closing := `{"idSolicitacaoAtendimento":"M77","solucao":"Cliente em casa à tarde","data":"2026-01-31T17:30:00Z"}`
	byOrder := `{"idSolicitacaoAtendimento":"M77"}`
	for _, c := range []struct {
		point        desk.Point
		method, body string
		lookUp       string
	}{
		{desk.OpenOrder, "incluirSolicitacaoAtendimento", opening, `{"idLegado":"1234"}`},
		{desk.AddComment, "incluirComentarioSolicitacaoAtendimento", comment, byOrder},
		{desk.AskVisit, "incluirAgendamentoVisitaSolicitacao", visit, byOrder},
		{desk.CloseOrder, "encerrarSolicitacaoAtendimento", closing, byOrder},
	} {
		for name, prefix := range map[string]string{"mobuss-atual": atual, "mobuss-legado": legado} {
			r := bound(t, preset(t, name), c.point, someFacts())
			if got, want := wire(r), prefix+c.method+accept+c.body; got != want {
				t.Errorf("%s %s\n got %s\nwant %s", name, c.point, got, want)
			}
			if got, want := wire(r.LookUp), prefix+"consultarSolicitacaoAtendimento"+accept+c.lookUp; got != want {
				t.Errorf("%s %s look-up\n got %s\nwant %s", name, c.point, got, want)
			}
			if want := (Keys{"0198-envio", "M77", "OS-9", "1234"}); r.Keys != want || r.LookUp.Keys != want {
				t.Errorf("keys %+v", r.Keys)
			}
		}
	}
}

func TestPresetSaysWhatIsMissing(t *testing.T) {
	k := preset(t, "mobuss-atual")
	f := someFacts()
	f.Unit.MobussID, f.Occurrence.Description, f.Movement.Comment = "", " \n", ""
	missing := func(p desk.Point) []MissingValue {
		_, err := k.Freeze(p, f)
		var m *Missing
		if !errors.As(err, &m) || m.Point != p {
			t.Fatalf("%s: %v", p, err)
		}
		var e *desk.Error
		if !errors.As(err, &e) || e.Code != desk.ErrParameter || len(e.Fields) != len(m.Values) {
			t.Errorf("for a door: %v", e)
		}
		return m.Values
	}
	if got, want := missing(desk.OpenOrder), []MissingValue{{"idUnidade", "unidade.id_mobuss", "obrigatorio", false},
		{"desSolicitacao", "ocorrencia.descricao", "obrigatorio", false}}; !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if got, want := missing(desk.AddComment), []MissingValue{{"comentario", "movimentacao.comentario", "obrigatorio", false}}; !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	// an inspection and a closing say something by themselves
	for p, text := range map[desk.Point]string{desk.AskVisit: "Vistoria solicitada", desk.CloseOrder: "Encerrada pela"} {
		if r := bound(t, k, p, f); !strings.Contains(r.Body, text) {
			t.Errorf("%s: %s", p, r.Body)
		}
	}
}

func TestBindSaysWhatIsMissing(t *testing.T) {
	z, err := preset(t, "mobuss-atual").Freeze(desk.AddComment, someFacts())
	if err != nil {
		t.Fatal(err)
	}
	_, err = z.Bind(Refs{DeliveryID: "x"})
	var m *Missing
	if !errors.As(err, &m) || !slices.Equal(m.Values, []MissingValue{
		{"idSolicitacaoAtendimento", RefOrderID, "obrigatorio", false}, {"idSolicitacaoAtendimento", RefOrderID, "obrigatorio", true}}) {
		t.Errorf("got %v", err)
	}
}

func TestFrozenSurvivesStoring(t *testing.T) {
	for _, p := range desk.Points {
		z, err := preset(t, "mobuss-legado").Freeze(p, someFacts())
		if err != nil {
			t.Fatal(err)
		}
		stored, err := json.Marshal(z)
		if err != nil {
			t.Fatal(err)
		}
		var back Frozen
		if err := json.Unmarshal(stored, &back); err != nil {
			t.Fatal(err)
		}
		a, _ := z.Bind(someRefs)
		b, _ := back.Bind(someRefs)
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s: stored and fresh differ\n%+v\n%+v", p, a, b)
		}
	}
}

func TestUnconfiguredPoint(t *testing.T) {
	c, _ := Default(desk.MethodB, "mobuss-atual")
	delete(c.Integration.Points, desk.AskVisit)
	_, err := compiled(t, c).Freeze(desk.AskVisit, someFacts())
	var e *desk.Error
	if !errors.As(err, &e) || e.Code != desk.ErrConfig || e.Reason() != "ponto_sem_configuracao" {
		t.Errorf("got %v", err)
	}
}
