package mapping

import (
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
)

// TestAFrozenCallHasOnlyWhatIsListed: with a fact of a person that is nowhere else in it, the call carries it where the page
// lists it, and nowhere where the page does not. The control is a row that the page must then list.
func TestAFrozenCallHasOnlyWhatIsListed(t *testing.T) {
	for _, preset := range Presets() {
		d := whole(t, preset)
		for _, extra := range []bool{false, true} {
			if extra {
				p := d.Integration.Points[desk.CloseOrder]
				p.Params = append(slices.Clone(p.Params), Param{Target: "quem", CEL: `cliente.email + " / " + solicitante.telefone`})
				d.Integration.Points[desk.CloseOrder] = p
			}
			z, err := Compile(&d.Config)
			if err != nil {
				t.Fatal(err)
			}
			listed := map[desk.Point][]string{}
			for _, c := range PersonalCalls(&d.Config) {
				for _, r := range c.Rows {
					listed[c.Point] = append(listed[c.Point], r.Facts...)
				}
			}
			if got := slices.Contains(listed[desk.CloseOrder], "cliente.email"); got != extra {
				t.Errorf("%s: the closing lists the e-mail: %v", preset, got)
			}
			for _, point := range []desk.Point{desk.OpenOrder, desk.AskVisit, desk.AddComment, desk.CloseOrder} {
				facts := someFacts()
				facts.Customer = Customer{Name: "xqnome", Document: "52998224725", Email: "xqemail@exemplo.com.br", Phone: "11900000001"}
				facts.Requester = Requester{Name: "xqpede", Phone: "11900000002"}
				f, err := z.Freeze(point, facts)
				if err != nil {
					t.Fatal(preset, point, err)
				}
				r, err := f.Bind(Refs{DeliveryID: "0199", OrderID: "M77", OrderNumber: "OS-9"})
				if err != nil {
					t.Fatal(preset, point, err)
				}
				sent := readable(t, r)
				for fact, mark := range map[string]string{"cliente.nome": "xqnome", "cliente.cpf_cnpj": "52998224725", "cliente.email": "xqemail", "cliente.telefone": "11900000001",
					"solicitante.nome": "xqpede", "solicitante.telefone": "11900000002"} {
					if strings.Contains(sent, mark) && !slices.Contains(listed[point], fact) {
						t.Errorf("%s %s sends %s, which the page does not list", preset, point, fact)
					}
				}
			}
		}
	}
}

// TestWhatCouldBeSpared: an e-mail with the opening is more than the technician needs; a CPF is what Mobuss knows people by.
func TestWhatCouldBeSpared(t *testing.T) {
	c := Config{Integration: Integration{Points: map[desk.Point]PointConfig{desk.OpenOrder: {}}}}
	p := c.Integration.Points[desk.OpenOrder]
	p.Params = []Param{{Target: "cpf", Field: "cliente.cpf_cnpj"}, {Target: "email", Field: "cliente.email"}, {Target: "des", Field: "ocorrencia.descricao"},
		{Target: "quem", CEL: `has(solicitante.nome) ? solicitante.nome : cliente.nome`}, {Target: "tudo", CEL: `string(size(dyn(cliente)))`}, {Target: "bloco", Field: "bloco.nome"}}
	c.Integration.Points[desk.OpenOrder] = p
	got := PersonalCalls(&c)
	want := map[string]bool{"cpf": false, "email": true, "des": false, "quem": false, "tudo": false}
	if len(got) != 1 || len(got[0].Rows) != len(want) {
		t.Fatalf("%+v", got)
	}
	for _, r := range got[0].Rows {
		if spare, there := want[r.Target]; !there || r.Spare != spare {
			t.Errorf("%+v", r)
		}
	}
	if len(got[0].Rows[4].Facts) != 4 {
		t.Errorf("a whole person is %v", got[0].Rows[4].Facts)
	}
}

// TestPresetsSendTheLeast: what a preset sends of people is what the field's work needs; a consultant adds to it, knowingly.
func TestPresetsSendTheLeast(t *testing.T) {
	for _, preset := range Presets() {
		d := whole(t, preset)
		for _, c := range PersonalCalls(&d.Config) {
			for _, r := range c.Rows {
				if r.Spare {
					t.Errorf("%s %s: %s sends %v, which could be spared", preset, c.Point, r.Target, r.Facts)
				}
			}
		}
	}
}
