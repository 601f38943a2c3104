package e2e

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// seen is a line that a client prints: what one step of the story saw.
type seen struct {
	Step   string      `json:"step"`
	Number json.Number `json:"number"`
	Shown  any         `json:"shown"`

	// A fault, as far as the client's users can read it.
	Fault   string   `json:"fault"`
	Text    string   `json:"text"`
	Code    string   `json:"code"`
	Message string   `json:"message"`
	Fields  []string `json:"fields"`
	Receipt string   `json:"receipt"`

	Problem *struct {
		Status  int    `json:"status"`
		Code    string `json:"codigo"`
		Message string `json:"detail"`
		Fields  []struct {
			Field string `json:"campo"`
		} `json:"campos"`
		Receipt string `json:"recebimento"`
	} `json:"problem"` // the same in REST, as it came
}

// steps are the story's, in its order.
var steps = []string{"open", "again", "comment", "visit", "attach", "move", "close", "show", "find", "unknown unit", "bad fields", "no token"}

// verify holds what a client saw against what Ponte says, and what Ponte says against the story.
func verify(t *testing.T, ponte, id, fault string, fields []string, out []byte) {
	t.Helper()
	story := told(t, out)
	number := story[0].Number
	truth := ask(t, ponte, "/ocorrencias/"+url.PathEscape(number.String()), http.StatusOK)
	storyTold(t, truth, id)
	for _, s := range story[:7] {
		if s.Number == "" || s.Number != number {
			t.Errorf("%s answers %q, the opening %q", s.Step, s.Number, number)
		}
	}
	for _, s := range story[7:9] {
		if got, want := normal("", s.Shown), normal("", truth); !reflect.DeepEqual(got, want) {
			t.Errorf("%s shows\n%v\nREST says\n%v", s.Step, got, want)
		}
	}
	refused(t, story[9], fault, 422, "unidade_nao_identificada", true)
	refused(t, story[10], fault, 422, "parametro_invalido", true, fields...)
	refused(t, story[11], fault, 401, "nao_autenticado", false)
	ask(t, ponte, "/ocorrencias?id_externo="+id+"-3", http.StatusNotFound) // what was refused is not there
}

func told(t *testing.T, out []byte) []seen {
	t.Helper()
	var list []seen
	var names []string
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var s seen
		if err := d.Decode(&s); err != nil {
			t.Fatalf("%v in\n%s", err, out)
		}
		if p := s.Problem; p != nil {
			s.Code, s.Message, s.Receipt = p.Code, p.Message, p.Receipt
			for _, f := range p.Fields {
				s.Fields = append(s.Fields, f.Field)
			}
		}
		list, names = append(list, s), append(names, s.Step)
	}
	if !slices.Equal(names, steps) {
		t.Fatalf("the steps are %q, not %q", names, steps)
	}
	return list
}

// ask is what Ponte answers to the field, by REST.
func ask(t *testing.T, ponte, path string, status int) (out any) {
	t.Helper()
	a, err := web.do(t.Context(), http.MethodGet, ponte+rest+path, fieldToken, "")
	if err != nil || a.status != status {
		t.Fatalf("%s: %s, want %d (%v)", path, a, status, err)
	}
	if err := json.Unmarshal(a.body, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// storyTold holds an occurrence against what every client wrote, in its own encoding.
func storyTold(t *testing.T, shown any, id string) {
	t.Helper()
	b, err := json.Marshal(shown)
	var o struct {
		occurrence
		Subject     string `json:"assunto"`
		Description string `json:"descricao"`
		Unit        struct {
			Development string `json:"cod_empreendimento"`
			Number      string `json:"numero"`
		} `json:"unidade"`
		Files []struct {
			Name string `json:"nome"`
			Type string `json:"tipo_conteudo"`
			Size int    `json:"tamanho"`
		} `json:"anexos"`
	}
	if err == nil {
		err = json.Unmarshal(b, &o)
	}
	if err != nil {
		t.Fatal(err)
	}
	for what, pair := range map[string][2]string{
		"the subject":     {o.Subject, "Infiltração no teto – suíte"},
		"the description": {o.Description, "Infiltração no teto – suíte: água & luz <apagada>.\nSegunda linha, com “aspas” e 50% de 3 m²."},
		"the status":      {o.Status, "90"},
		"the order":       {o.MobussID, id + "-1"},
		"the unit":        {o.Unit.Development + " " + o.Unit.Number, "PDA 7"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %q, want %q", what, pair[0], pair[1])
		}
	}
	var written []string
	for _, m := range o.Movements {
		written = append(written, m.Author+": "+m.Comment)
	}
	for _, want := range []string{"Técnico João: Rejunte refeito – aguardar 48 h “de cura”.", "Técnico João: Vistoria realizada.",
		"Mobuss: Reparo executado na suíte.", "Mobuss: Vedação refeita."} {
		if n := times(written, want); n != 1 {
			t.Errorf("%q stands %d times in %q", want, n, written)
		}
	}
	if len(o.Visits) != 1 || o.Visits[0].Technician != "Técnico João" || o.Visits[0].State != "realizada" ||
		normal("", o.Visits[0].Start) != "2026-02-03T17:00:00Z" || normal("", o.Visits[0].End) != "2026-02-03T18:00:00Z" {
		t.Errorf("the inspections are %+v", o.Visits)
	}
	if len(o.Files) != 1 || o.Files[0].Name != "teto-da-suíte.png" || o.Files[0].Type != "image/png" || o.Files[0].Size < 100 {
		t.Errorf("the attachments are %+v", o.Files)
	}
}

func times(list []string, what string) (n int) {
	for _, s := range list {
		if s == what {
			n++
		}
	}
	return n
}

// refused holds what a client could read of a refusal against what was to be read. A stranger's call is not kept.
func refused(t *testing.T, s seen, fault string, status int, code string, kept bool, fields ...string) {
	t.Helper()
	slices.Sort(s.Fields)
	if s.Code != code || s.Message == "" || (s.Receipt != "") != kept || !slices.Equal(s.Fields, fields) {
		t.Errorf("%s reads %+v; want %s with the fields %q, kept: %t", s.Step, s, code, fields, kept)
	}
	switch {
	case fault == "" && (s.Problem == nil || s.Problem.Status != status):
		t.Errorf("%s is no problem of status %d: %+v", s.Step, status, s.Problem)
	case fault != "" && (s.Fault != fault || !strings.HasPrefix(s.Text, code+": ")):
		t.Errorf("%s is a fault %q, %q; want %q", s.Step, s.Fault, s.Text, fault)
	}
}

// listed are the elements that may come more than once: one alone is no list to some clients, and none is nothing.
var listed = []string{"movimentacoes", "vistorias", "anexos", "envios"}

// normal is a value without what languages differ in: numbers as text, moments in UTC, one alone as a list, and what is
// empty as absent.
func normal(name string, v any) any {
	if one, ok := v.(map[string]any); ok && slices.Contains(listed, name) {
		v = []any{one}
	}
	switch v := v.(type) {
	case map[string]any:
		out := maps.Clone(v)
		for k, inner := range v {
			if out[k] = normal(k, inner); out[k] == nil {
				delete(out, k)
			}
		}
		return out
	case []any:
		if len(v) == 0 {
			return nil
		}
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = normal("", inner)
		}
		return out
	case float64:
		b, _ := json.Marshal(v) // of a number: can't fail
		return string(b)
	case string:
		if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return at.UTC().Format(time.RFC3339Nano)
		}
		if v == "" {
			return nil
		}
		return v
	}
	return v
}

// TestNormalKeepsWhatMatters: what is the same but for the language is equal, and nothing else is.
func TestNormalKeepsWhatMatters(t *testing.T) {
	rest := `{"numero_ocorrencia": 7, "aberta_em": "2026-01-31T14:30:00-03:00", "vistorias": [{"tecnico": "João"}], "anexos": [], "assunto": "a"}`
	for other, same := range map[string]bool{
		`{"numero_ocorrencia": "7", "aberta_em": "2026-01-31T17:30:00.000Z", "vistorias": {"tecnico": "João"}, "assunto": "a", "descricao": null}`: true,
		`{"numero_ocorrencia": "7", "aberta_em": "2026-01-31T14:30:00Z", "vistorias": {"tecnico": "João"}, "assunto": "a"}`:                        false,
		`{"numero_ocorrencia": 8, "aberta_em": "2026-01-31T14:30:00-03:00", "vistorias": [{"tecnico": "João"}], "assunto": "a"}`:                   false,
		`{"numero_ocorrencia": 7, "aberta_em": "2026-01-31T14:30:00-03:00", "vistorias": [{"tecnico": "JoÃ£o"}], "assunto": "a"}`:                  false,
		`{"numero_ocorrencia": 7, "aberta_em": "2026-01-31T14:30:00-03:00", "assunto": "a"}`:                                                       false,
	} {
		var a, b any
		if err := json.Unmarshal([]byte(rest), &a); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(other), &b); err != nil {
			t.Fatal(err)
		}
		if got := reflect.DeepEqual(normal("", a), normal("", b)); got != same {
			t.Errorf("%s: equal is %t, want %t", other, got, same)
		}
	}
}
