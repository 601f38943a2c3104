package i18n_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"ponte/internal/desk"
	"ponte/internal/i18n"
)

func load(t *testing.T) *i18n.Catalogues {
	t.Helper()
	c, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// raw reads the files as they are: id -> plural form -> text. A plain message has the form "other".
func raw(t *testing.T, lang string) map[string]map[string]string {
	t.Helper()
	out := map[string]map[string]string{}
	names, err := filepath.Glob("mensagens/*." + lang + ".yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("no files of %s: %v", lang, err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		doc := map[string]any{}
		if err := yaml.Unmarshal(b, &doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		flatten(t, "", doc, out)
	}
	return out
}

func flatten(t *testing.T, prefix string, node map[string]any, out map[string]map[string]string) {
	for key, v := range node {
		id := strings.TrimPrefix(prefix+"."+key, ".")
		switch v := v.(type) {
		case string:
			out[id] = map[string]string{"other": v}
		case map[string]any:
			if _, counts := v["other"]; !counts {
				flatten(t, id, v, out)
				continue
			}
			out[id] = map[string]string{}
			for form, text := range v {
				out[id][form], _ = text.(string)
			}
		default:
			t.Errorf("%s: %T is no message", id, v)
		}
	}
}

var placeholder = regexp.MustCompile(`\.([a-z_]+)`)
var action = regexp.MustCompile(`{{[^}]*}}`)

func placeholders(forms map[string]string) string {
	seen := map[string]bool{}
	for _, text := range forms {
		for _, a := range action.FindAllString(text, -1) {
			for _, m := range placeholder.FindAllStringSubmatch(a, -1) {
				seen[m[1]] = true
			}
		}
	}
	var names []string
	for n := range seen {
		names = append(names, n)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// TestLanguagesAreComplete: the same ids, the same placeholders, and every plural form that a language needs.
func TestLanguagesAreComplete(t *testing.T) {
	pt, en := raw(t, i18n.Portuguese), raw(t, i18n.English)
	for id, forms := range pt {
		other, ok := en[id]
		if !ok {
			t.Errorf("%s is missing in English", id)
			continue
		}
		if a, b := placeholders(forms), placeholders(other); a != b {
			t.Errorf("%s: Portuguese fills in %q, English %q", id, a, b)
		}
		if counts := len(forms) > 1; counts != (len(other) > 1) {
			t.Errorf("%s counts in one language only", id)
		} else if counts && (forms["one"] == "" || forms["many"] == "" || other["one"] == "") {
			t.Errorf("%s lacks a plural form: Portuguese needs one, many and other, English one and other", id)
		}
		for form, text := range forms {
			if strings.TrimSpace(text) == "" || strings.TrimSpace(other["other"]) == "" {
				t.Errorf("%s %s is empty", id, form)
			}
		}
	}
	for id := range en {
		if pt[id] == nil {
			t.Errorf("%s is missing in Portuguese", id)
		}
	}
}

// TestPluralsOfPortuguese: 0 counts as one, a million is "many", and neither is an error.
func TestPluralsOfPortuguese(t *testing.T) {
	c := load(t)
	for n, want := range map[int]string{0: "há 0 dia", 1: "há 1 dia", 2: "há 2 dias", 1000: "há 1.000 dias", 1_000_000: "há 1.000.000 de dias"} {
		if got := c.In(i18n.Portuguese).N("time.days_ago", n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	if got := c.In(i18n.English).N("time.days_ago", 1000); got != "1,000 days ago" {
		t.Errorf("English: %q", got)
	}
}

func TestNegotiate(t *testing.T) {
	c := load(t)
	for accept, want := range map[string]string{
		"": "pt-BR", "pt": "pt-BR", "pt-PT,pt;q=0.9": "pt-BR", "en-GB,en;q=0.9": "en", "de,en;q=0.5": "en",
		"ja": "pt-BR", "*": "pt-BR", "en;q=0.1,pt;q=0.9": "pt-BR", strings.Repeat("x", 5000): "pt-BR", "<script>": "pt-BR",
	} {
		if got := c.Negotiate(accept); got != want {
			t.Errorf("%.40q: %s, want %s", accept, got, want)
		}
	}
	if c.In("klingon").Lang != i18n.Portuguese {
		t.Error("an unknown language is not the default")
	}
}

func TestErrorsAndReasons(t *testing.T) {
	c := load(t)
	pt, en := c.In(i18n.Portuguese), c.In(i18n.English)
	tooMany := desk.Fail(desk.ErrTooMany)
	tooMany.RetryAfter = 30e9
	for _, x := range []struct{ got, want string }{
		{pt.Error(tooMany), "Tentativas demais. Espere 30 s e tente de novo."},
		{pt.Error(desk.Fail(desk.ErrTransition, "motivo", "ordem_aberta")), "Daqui a ocorrência não pode ir para esse status: já existe uma ordem aberta no Mobuss. Escolha um dos botões que a página mostra agora."},
		{en.Error(desk.Fail(desk.ErrDelivery, "situacao", "entregue")), "This delivery has changed already (now: delivered); someone may have decided before you. See what the page shows now."},
		{pt.Error(&desk.Error{Code: "nunca_visto"}), "Não deu certo (nunca_visto). Recarregue a página e tente de novo; se continuar, avise quem administra a Ponte."},
		{pt.Reason(desk.ParseReason("recusado_pelo_mobuss", `{"http":200,"mensagem":"{{.x}} em edição"}`)), "O Mobuss recusou: “{{.x}} em edição”"},
		{pt.Reason(desk.ParseReason("recusado_pelo_mobuss", `{"http":200}`)), "O Mobuss recusou, sem dizer por quê."},
		{pt.Reason(desk.ParseReason("http_inesperado", `{"http":503}`)), "O Mobuss respondeu com um erro (HTTP 503)."},
		{pt.Reason(desk.ParseReason("resposta_ilegivel", `{"http":200,"motivo":"extracao","nome":"id_mobuss"}`)), "A resposta do Mobuss não pôde ser lida: faltou id_mobuss na resposta."},
		{pt.Reason(desk.ParseReason("limite_de_tentativas", `{"causa":"http_inesperado","tentativas":3}`)), "O prazo das tentativas acabou. O Mobuss respondeu com um erro."},
		{pt.Reason(desk.ParseReason("pulado_por_pessoa", `{"quem":"Ana","motivo":"regra"}`)), "Ana seguiu sem enviar: regra"},
		{en.Reason(desk.ParseReason("outro_ambiente", `{"ambiente":"homologacao"}`)), "The occurrence belongs to homologation, which isn't the active environment."},
		{pt.Reason(desk.Reason{Code: "nunca_visto"}), "O motivo não tem texto (nunca_visto)."},
		{pt.Advice(desk.Reason{Code: "nunca_visto"}), "Reenvie; se falhar de novo, avise por telefone e siga sem enviar."},
		{pt.Field(desk.FieldError{Code: "menor_que", Args: map[string]any{"minimo": 1}}), "Precisa ser 1 ou mais."},
	} {
		if x.got != x.want {
			t.Errorf("got  %s\nwant %s", x.got, x.want)
		}
	}
}

// TestNoArgumentIsLeftOut: without its optional arguments no message may show Go's "<no value>".
func TestOptionalArguments(t *testing.T) {
	c := load(t)
	for _, lang := range i18n.Languages {
		l := c.In(lang)
		for _, id := range l.IDs() {
			if code, ok := strings.CutPrefix(id, "reason."); ok && !strings.Contains("unknown metodo_nao_envia outro_ambiente pulado_por_pessoa dados_faltando tipo_desconhecido_virou_padrao prioridade_desconhecida_virou_padrao", code) {
				if s := l.Reason(desk.Reason{Code: code}); strings.Contains(s, "no value") {
					t.Errorf("%s %s: %s", lang, id, s)
				}
			}
			if code, ok := strings.CutPrefix(id, "error."); ok && code != "unknown" {
				if s := l.Error(&desk.Error{Code: code, Args: map[string]any{"metodo": "A", "situacao": "fila"}}); strings.Contains(s, "no value") {
					t.Errorf("%s %s: %s", lang, id, s)
				}
			}
		}
	}
}
