package webservice

import (
	"encoding/json"
	"encoding/xml"
	"reflect"
	"strings"
	"testing"
	"time"
)

type customer struct {
	Name string `ws:"nome"`
	CPF  string `ws:"cpf_cnpj"`
}

type movement struct {
	At   time.Time `ws:"data,obrigatorio"`
	Text string    `ws:"comentario"`
}

type record struct {
	Number    int64      `ws:"numero_ocorrencia,obrigatorio"`
	Subject   string     `ws:"assunto"`
	Closed    *time.Time `ws:"encerrada_em"`
	Urgent    Flag       `ws:"emergencia"`
	Open      bool       `ws:"aberta"`
	Customer  *customer  `ws:"cliente"`
	Movements []movement `ws:"movimentacoes"`
	Tags      []string   `ws:"marcas"`
	Unsent    []string   `ws:"vazias"`
	Retries   int        `ws:"tentativas"`
}

func nodesOf(t *testing.T, v any) []Node {
	t.Helper()
	plan, err := planOutput(reflect.TypeOf(v))
	if err != nil {
		t.Fatal(err)
	}
	return plan.nodes(reflect.ValueOf(v))
}

var full = record{Number: 1234, Subject: "Vazamento & <mofo>\n\"já\"", Urgent: FlagT, Customer: &customer{Name: "Ana", CPF: "***"},
	Movements: []movement{{At: time.Date(2026, 1, 31, 14, 30, 0, 0, time.FixedZone("", -3*3600)), Text: "a"}, {At: time.Unix(0, 0).UTC()}},
	Tags:      []string{"x", "y"}}

func TestAnswerForms(t *testing.T) {
	nodes := nodesOf(t, full)
	const wantJSON = `{"numero_ocorrencia":1234,"assunto":"Vazamento & <mofo>\n\"já\"","emergencia":"T","aberta":false,` +
		`"cliente":{"nome":"Ana","cpf_cnpj":"***"},"movimentacoes":[{"data":"2026-01-31T14:30:00-03:00","comentario":"a"},{"data":"1970-01-01T00:00:00Z"}],` +
		`"marcas":["x","y"],"tentativas":0}`
	got := AppendJSON(nil, nodes)
	if string(got) != wantJSON || !json.Valid(got) {
		t.Errorf("JSON: %s", got)
	}
	const wantXML = `<R xmlns="urn:x"><numero_ocorrencia>1234</numero_ocorrencia><assunto>Vazamento &amp; &lt;mofo&gt;&#xA;&#34;já&#34;</assunto>` +
		`<emergencia>T</emergencia><aberta>false</aberta><cliente><nome>Ana</nome><cpf_cnpj>***</cpf_cnpj></cliente>` +
		`<movimentacoes><data>2026-01-31T14:30:00-03:00</data><comentario>a</comentario></movimentacoes>` +
		`<movimentacoes><data>1970-01-01T00:00:00Z</data></movimentacoes><marcas>x</marcas><marcas>y</marcas><tentativas>0</tentativas></R>`
	got = AppendXML(nil, "R", "urn:x", nodes)
	if string(got) != wantXML || xml.Unmarshal(got, new(struct{})) != nil {
		t.Errorf("XML: %s", got)
	}
	text := string(AppendText(nil, nodes))
	for _, line := range []string{"numero_ocorrencia: 1234\n", "cliente.nome: Ana\n", "movimentacoes.1.data: 2026-01-31T14:30:00-03:00\n", "marcas.2: y\n"} {
		if !strings.Contains(text, line) {
			t.Errorf("text lacks %q:\n%s", line, text)
		}
	}
}

func TestWhatIsDeclaredIsThereEvenWhenEmpty(t *testing.T) {
	type inner struct {
		Text string `ws:"texto"`
	}
	nodes := nodesOf(t, struct {
		Text  string    `ws:"comentario,obrigatorio"`
		Inner inner     `ws:"dentro,obrigatorio"`
		List  []inner   `ws:"lista,obrigatorio"`
		At    time.Time `ws:"data,obrigatorio"`
		None  inner     `ws:"fora"`
	}{})
	if got := string(AppendJSON(nil, nodes)); got != `{"comentario":"","dentro":{},"lista":[]}` {
		t.Error(got)
	}
}

func TestASingleValueIsBareText(t *testing.T) {
	if got := string(AppendText(nil, nodesOf(t, output{Number: 1234}))); got != "1234" {
		t.Error(got)
	}
}

func TestProfilePrunes(t *testing.T) {
	nodes := nodesOf(t, full)
	for _, c := range []struct {
		fields []string
		want   string
	}{
		{[]string{"numero_ocorrencia"}, `{"numero_ocorrencia":1234}`},
		{[]string{"cliente.nome", "numero_ocorrencia"}, `{"numero_ocorrencia":1234,"cliente":{"nome":"Ana"}}`},
		{[]string{"cliente"}, `{"cliente":{"nome":"Ana","cpf_cnpj":"***"}}`},
		{[]string{"movimentacoes.comentario"}, `{"movimentacoes":[{"comentario":"a"},{}]}`},
		{[]string{"client", "numero"}, `{}`},
	} {
		if got := string(AppendJSON(nil, Profile{Fields: c.fields}.Prune(nodes))); got != c.want {
			t.Errorf("%v: %s", c.fields, got)
		}
	}
	if got := (Profile{}).Prune(nodes); len(got) != len(nodes) {
		t.Error("no fields means all")
	}
	if string(AppendJSON(nil, nodes)) != string(AppendJSON(nil, nodesOf(t, full))) {
		t.Error("pruning changed its argument")
	}
}

func TestPaths(t *testing.T) {
	e := Define[nothing, record](Operation{Name: "Op"}, nil)
	want := []string{"numero_ocorrencia", "assunto", "encerrada_em", "emergencia", "aberta", "cliente", "cliente.nome", "cliente.cpf_cnpj",
		"movimentacoes", "movimentacoes.data", "movimentacoes.comentario", "marcas", "vazias", "tentativas"}
	if got := e.Paths(); !reflect.DeepEqual(got, want) {
		t.Error(got)
	}
}

func FuzzJSONString(f *testing.F) {
	f.Add("a\"\\\n\x00\xff\u2028é😀")
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		if err := json.Unmarshal(AppendJSONString(nil, s), &got); err != nil {
			t.Fatal(err)
		}
		if want := strings.ToValidUTF8(s, "\uFFFD"); strings.ReplaceAll(got, "\uFFFD", "") != strings.ReplaceAll(want, "\uFFFD", "") {
			t.Errorf("%q became %q", s, got)
		}
	})
}
