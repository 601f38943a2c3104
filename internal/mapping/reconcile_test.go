package mapping

import (
	"strings"
	"testing"
	"time"

	"ponte/internal/desk"
)

func reconciling(t *testing.T, preset string) *Compiled {
	t.Helper()
	c, err := Default(desk.MethodC, preset)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

const orderAnswer = `{"idMobuss":"SAT-1","numSolicitacao":"88001","idLegado":"1234","situacao":"encerrada","solucao":"Trocado o sifão",
"dataEncerramento":"2026-03-02T10:00:00-03:00","comentarios":[{"idComentario":"C1","texto":"ok","autor":"Jorge","data":"2026-03-01T10:00:00-03:00","idLegado":""},
{"idComentario":"C2","texto":"nosso","autor":"Ana","data":"","idLegado":"D-9"}],
"visitas":[{"idVisita":"V1","situacao":"agendada","inicio":"2026-03-02T08:00:00-03:00","fim":"","tecnico":"Jorge","idLegado":""}]}`

// TestWhatAnAnswerSaysOfAnOrder: both generations' presets read an order whole.
func TestWhatAnAnswerSaysOfAnOrder(t *testing.T) {
	for _, preset := range Presets() {
		rules := reconciling(t, preset)
		for _, form := range []string{orderAnswer, strings.Replace(orderAnswer, "{", `{"status":"OK",`, 1)} {
			got, v := rules.ReadOrder(&Answer{Status: 200, Body: []byte(form)}, Keys{OrderID: "SAT-1"}, time.UTC)
			if v.Outcome != Found || got.OrderID != "SAT-1" || got.Number != "88001" || got.LegacyID != "1234" || !got.Closed || got.Open ||
				got.Situation != "encerrada" || got.Solution != "Trocado o sifão" || got.ClosedAt.Unix() != 1772456400 {
				t.Errorf("%s: %+v %+v", preset, got, v)
			}
			if c := got.Comments; c == nil || !c.Whole || !c.Legacy || len(c.Items) != 2 || c.Items[0].ID != "C1" || c.Items[0].Author != "Jorge" ||
				c.Items[0].At.IsZero() || !c.Items[1].At.IsZero() || !c.Has("D-9") {
				t.Errorf("%s: %+v", preset, c)
			}
			if w := got.Visits; w == nil || len(w.Items) != 1 || w.Items[0].State != "agendada" || w.Items[0].Start.IsZero() || w.Items[0].Author != "Jorge" {
				t.Errorf("%s: %+v", preset, w)
			}
		}
	}
}

// TestWhatSaysNothingIsUnknown: an answer that is none, or lacks what was asked for, is never read as "not there".
func TestWhatSaysNothingIsUnknown(t *testing.T) {
	cases := []struct {
		name   string
		status int
		body   string
		want   LookOutcome
	}{
		{"failure dressed as 200", 200, `{"status":"ERRO","mensagem":"Erro com HTTP 200"}`, LookNext},
		{"garbage", 200, `{"idMobuss": <<<`, LookNext},
		{"empty", 200, ``, Unclear},
		{"another order", 200, strings.Replace(orderAnswer, "SAT-1", "SAT-2", 1), Unclear},
		{"down", 503, `{}`, LookNext},
		{"too many", 429, `{}`, LookNext},
		{"a refusal", 422, `{"codigoInterno":"SAT-AT099","mensagem":"não"}`, Unclear},
		{"not allowed", 401, `{"codigoInterno":"SAT-AT401"}`, Unclear},
	}
	for _, preset := range Presets() {
		rules := reconciling(t, preset)
		for _, c := range cases {
			if _, v := rules.ReadOrder(&Answer{Status: c.status, Body: []byte(c.body)}, Keys{OrderID: "SAT-1"}, time.UTC); v.Outcome != c.want {
				t.Errorf("%s, %s: %+v", preset, c.name, v)
			}
			if list, v := rules.ReadCustomer(&Answer{Status: c.status, Body: []byte(c.body)}, Keys{}); v.Outcome == Found || v.Outcome == NotFound || list != nil {
				t.Errorf("%s, %s: %+v of a customer's list", preset, c.name, v)
			}
		}
	}
	// and the control: these are read as what they say
	_, v := reconciling(t, "mobuss-atual").ReadOrder(&Answer{Status: 404, Body: []byte(`{"codigoInterno":"SAT-AT002"}`)}, Keys{OrderID: "SAT-1"}, time.UTC)
	_, w := reconciling(t, "mobuss-legado").ReadOrder(&Answer{Status: 200, Body: []byte(`{"status":"ERRO","mensagem":"SAT-AT002 - não encontrada"}`)}, Keys{OrderID: "SAT-1"}, time.UTC)
	if v.Outcome != NotFound || w.Outcome != NotFound {
		t.Errorf("%+v %+v", v, w)
	}
}

// TestAListThatCantBeReadIsNotWhole: what lacks its text or has an impossible date leaves the rest, and says that
// something is missing; a list that is none says nothing.
func TestAListThatCantBeReadIsNotWhole(t *testing.T) {
	rules := reconciling(t, "mobuss-atual")
	read := func(comments string) *Items {
		body := `{"idMobuss":"SAT-1","situacao":"aberta"` + comments + `}`
		got, v := rules.ReadOrder(&Answer{Status: 200, Body: []byte(body)}, Keys{OrderID: "SAT-1"}, time.UTC)
		if v.Outcome != Found || !got.Open || got.Closed {
			t.Fatalf("%s: %+v %+v", body, got, v)
		}
		return got.Comments
	}
	if c := read(`,"comentarios":[{"autor":"x"},{"texto":"ok"},{"texto":"ok","data":"ontem"}]`); c == nil || c.Whole || len(c.Items) != 1 {
		t.Errorf("%+v", c)
	}
	for _, none := range []string{``, `,"comentarios":"x"`, `,"comentarios":7`} {
		if c := read(none); c != nil {
			t.Errorf("%s: %+v", none, c)
		}
	}
	if c := read(`,"comentarios":null`); c == nil || !c.Whole || len(c.Items) != 0 {
		t.Errorf("%+v", c)
	}
}

func TestOrdersOfACustomer(t *testing.T) {
	rules := reconciling(t, "mobuss-atual")
	got, v := rules.ReadCustomer(&Answer{Status: 200, Body: []byte(`{"solicitacaoAtendimento":[{"id":7,"idLegado":"1234","situacao":"encerrada"},{"id":"SAT-2"}]}`)}, Keys{})
	if v.Outcome != Found || len(got) != 2 || got[0] != (CustomersOrder{OrderID: "7", LegacyID: "1234", Closed: true}) || got[1].OrderID != "SAT-2" {
		t.Errorf("%+v %+v", got, v)
	}
	if got, v := rules.ReadCustomer(&Answer{Status: 200, Body: []byte(`{"solicitacaoAtendimento":[{"idLegado":"1"}]}`)}, Keys{}); v.Outcome != Unclear {
		t.Errorf("an order without an id: %+v %+v", got, v)
	}
}

// TestTheBlockIsChecked when it is saved.
func TestTheBlockIsChecked(t *testing.T) {
	for name, change := range map[string]func(*Reconcile){
		"integracao.conciliacao.intervalo":                      func(r *Reconcile) { r.Every = Duration(time.Millisecond) },
		"integracao.conciliacao.por_minuto":                     func(r *Reconcile) { r.PerMinute = -1 },
		"integracao.conciliacao.trazer":                         func(r *Reconcile) { r.Take = []desk.FindingKind{desk.OrderMissing} },
		"integracao.conciliacao.situacoes.x":                    func(r *Reconcile) { r.Steps = map[string]string{"x": "7777"} },
		"integracao.conciliacao.ordem":                          func(r *Reconcile) { r.Order = nil },
		"integracao.conciliacao.ordem.achado":                   func(r *Reconcile) { r.Order.Found = "" },
		"integracao.conciliacao.ordem.comentarios.texto":        func(r *Reconcile) { r.Order.Comments.Text = "" },
		"integracao.conciliacao.ordem.visitas.lista":            func(r *Reconcile) { r.Order.Visits.List = "corpo." },
		"integracao.conciliacao.por_id_legado.id_mobuss":        func(r *Reconcile) { r.ByLegacy.OrderID = "" },
		"integracao.conciliacao.do_cliente.parametros[0].campo": func(r *Reconcile) { r.OfCustomer.Params[0].Field = "cliente.nada" },
	} {
		c, err := Default(desk.MethodC, "mobuss-atual")
		if err != nil {
			t.Fatal(err)
		}
		change(c.Integration.Reconcile)
		if _, err := Compile(c); err == nil || !hasField(err, name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func hasField(err error, name string) bool {
	e, ok := err.(*desk.Error) //nolint:errorlint // Compile answers it as it is
	if !ok {
		return false
	}
	for _, f := range e.Fields {
		if f.Field == name {
			return true
		}
	}
	return false
}
