package sandbox

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// step is one call of a golden story.
type goldenStep struct {
	method, body string
	header       []string
}

// story is told to both generations; what differs is only how they answer.
func story(t *testing.T) []goldenStep {
	form, kind := multipartBody(t, "anexo", "foto.jpg", "bytes da foto")
	const one, none = "SAT-c0ffee-000001", "SAT-c0ffee-000099"
	return []goldenStep{
		{method: "consultarObrasEmpresa", body: `{}`},
		{method: "consultarSolicitacaoAtendimento", body: `{"idLegado":"1234"}`},
		{method: "consultarSolicitacaoAtendimento", body: `{}`},
		{method: "incluirSolicitacaoAtendimento", body: `{"desSolicitacao":"vazamento"}`},
		{method: "incluirSolicitacaoAtendimento", body: `{"idUnidade":"MOB-AUR-A-101","desSolicitacao":"  "}`},
		{method: "incluirSolicitacaoAtendimento", body: `{"idUnidade":{"a":1},"desSolicitacao":"x"}`},
		{method: "incluirSolicitacaoAtendimento", body: `não é json`},
		{method: "incluirSolicitacaoAtendimento", body: `{"idUnidade":"MOB-AUR-A-101","desSolicitacao":"Vazamento <na> pia",
			"cpfCnpjCliente":"111.444.777-35","nomeSolicitante":"Ana","emailSolicitante":"ana@exemplo.br",
			"telefoneSolicitante":"11 5555-0000","assunto":"Pia","local":"cozinha","emergencia":true,
			"idLegado":1234,"campoExtra":{"fica":[1,2]}}`},
		{method: "incluirSolicitacaoAtendimento", body: `{"idUnidade":101,"desSolicitacao":"de novo","idLegado":"1234","cpfCnpjCliente":"11144477735"}`},
		{method: "consultarSolicitacaoAtendimento", body: `{"idLegado":"1234"}`},
		{method: "consultarCliente", body: `{"cpfCnpj":"111.444.777-35"}`},
		{method: "consultarCliente", body: `{"cpfCnpj":"000"}`},
		{method: "consultarSolicitacoesCliente", body: `{"numCPFCNPJ":"11144477735"}`},
		{method: "consultarSolicitacoesCliente", body: `{"numCPFCNPJ":"52998224725"}`},
		{method: "incluirComentarioSolicitacaoAtendimento", body: `{"idSolicitacaoAtendimento":"` + one + `","comentario":"Cliente confirma.","autor":"Bia","data":"2026-01-29T08:30:00-05:00","idLegado":"envio-7"}`},
		{method: "incluirComentarioSolicitacaoAtendimento", body: `{"idSolicitacaoAtendimento":"` + one + `","texto":"Sem data."}`},
		{method: "incluirComentarioSolicitacaoAtendimento", body: `{"idSolicitacaoAtendimento":"` + one + `"}`},
		{method: "incluirComentarioSolicitacaoAtendimento", body: `{"idSolicitacaoAtendimento":"` + none + `","texto":"x"}`},
		{method: "consultarDisponibilidadeAgendamento", body: `{"idSolicitacaoAtendimento":"` + one + `","dataHoraInicio":"2026-01-30T18:30:00Z","numDisponibilidades":3}`},
		{method: "consultarDisponibilidadeAgendamento", body: `{"idSolicitacaoAtendimento":"` + none + `"}`},
		{method: "incluirAgendamentoVisitaSolicitacao", body: `{"idSolicitacaoAtendimento":"` + one + `","tipoVisita":"VISTORIA","objetivo":"ver a pia","idLegado":"envio-8"}`},
		{method: "incluirAgendamentoVisitaSolicitacao", body: `{"idSolicitacaoAtendimento":"` + one + `","dataInicioPrevisto":"2026-02-02T09:00","dataFimPrevisto":"2026-02-02 10:00","idColaborador":"T-01"}`},
		{method: "incluirAgendamentoVisitaSolicitacao", body: `{"idSolicitacaoAtendimento":"` + one + `","dataInicioPrevisto":"2026-02-02T09:00","dataFimPrevisto":"2026-02-01T09:00"}`},
		{method: "incluirAgendamentoVisitaSolicitacao", body: `{"idSolicitacaoAtendimento":"` + one + `","dataInicioPrevisto":"amanhã"}`},
		{method: "cancelarAgendamentoVisitaSolicitacao", body: `{"idVisita":"VIS-c0ffee-000001-2"}`},
		{method: "cancelarAgendamentoVisitaSolicitacao", body: `{"idVisita":"VIS-c0ffee-000001-2"}`},
		{method: "cancelarAgendamentoVisitaSolicitacao", body: `{"idVisita":"VIS-c0ffee-000001-9"}`},
		{method: "incluirAnexoSolicitacaoAtendimento", body: form, header: []string{"Content-Type", kind, "idMobussOrigem", one, "idLegadoAnexo", "anexo-1", "nomeAnexo", "=?UTF-8?Q?fog=C3=A3o.jpg?="}},
		{method: "incluirAnexoSolicitacaoAtendimento", body: form, header: []string{"Content-Type", kind, "idMobussOrigem", none}},
		{method: "incluirAnexoSolicitacaoAtendimento", body: form, header: []string{"Content-Type", kind}},
		{method: "incluirAnexoSolicitacaoAtendimento", body: `{}`, header: []string{"idMobussOrigem", one}},
		{method: "incluirAnexoSolicitacaoAtendimento", body: "torto", header: []string{"Content-Type", kind, "idMobussOrigem", one}},
		{method: "encerrarSolicitacaoAtendimento", body: `{"idSolicitacaoAtendimento":"` + one + `","solucao":"Sifão trocado."}`},
		{method: "encerrarSolicitacaoAtendimento", body: `{"idSolicitacaoAtendimento":"` + one + `"}`},
		{method: "incluirAgendamentoVisitaSolicitacao", body: `{"idSolicitacaoAtendimento":"` + one + `"}`},
		{method: "incluirComentarioSolicitacaoAtendimento", body: `{"idSolicitacaoAtendimento":"` + one + `","texto":"Depois do fim."}`},
		{method: "consultarSolicitacaoAtendimento", body: `{"idSolicitacaoAtendimento":"` + one + `"}`},
		{method: "metodoInexistente", body: `{}`},
		{method: "consultarObrasEmpresa", body: `{}`, header: []string{"Authorization", "Bearer errado"}},
	}
}

func TestGoldenBothGenerations(t *testing.T) {
	for name, prefix := range map[string]string{"nova": newer, "antiga": older} {
		t.Run(name, func(t *testing.T) {
			noon := time.Date(2026, 1, 30, 15, 0, 0, 0, time.UTC) // a Friday
			s, err := Open(Options{Dir: t.TempDir(), Token: token, epoch: "c0ffee",
				Clock: func() time.Time { return noon }})
			if err != nil {
				t.Fatal(err)
			}
			r := serve(t, s)
			var got strings.Builder
			for _, st := range story(t) {
				out, err := r.try("POST", prefix+st.method, st.body, st.header...)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&got, "> %s %s\n", st.method, strings.Join(strings.Fields(st.body), " "))
				fmt.Fprintf(&got, "< %d %s\n", out.status, out.raw)
			}
			controls := r.call(http.StatusOK, "GET", "/_sandbox/solicitacoes", "")
			fmt.Fprintf(&got, "> GET /_sandbox/solicitacoes\n< %s", controls.raw)
			compare(t, filepath.Join("testdata", name+".golden"), got.String())
		})
	}
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		g, w := "(end)", "(end)"
		if i < len(gotLines) {
			g = gotLines[i]
		}
		if i < len(wantLines) {
			w = wantLines[i]
		}
		if g != w {
			t.Fatalf("%s:%d\n got %s\nwant %s", file, i+1, g, w)
		}
	}
}

func TestOlderGenerationTakesTokenHeaderAndArrayOfOne(t *testing.T) {
	r := newRig(t)
	const body = `[{"idUnidade":"U","desSolicitacao":"d"}]`
	out := r.call(http.StatusOK, "POST", older+"incluirSolicitacaoAtendimento", body,
		"Authorization", "", "companyID", "1", "idObra", "2", "token", token)
	if out.fields["status"] != "OK" || out.fields["numSolicitacao"] != "88001" {
		t.Errorf("answer: %s", out.raw)
	}
	out = r.call(http.StatusOK, "POST", older+"incluirSolicitacaoAtendimento", `[{},{}]`)
	if out.fields["status"] != "ERRO" {
		t.Errorf("array of two: %s", out.raw)
	}
	r.call(http.StatusBadRequest, "POST", newer+"incluirSolicitacaoAtendimento", body)
	r.call(http.StatusUnauthorized, "POST", newer+"incluirSolicitacaoAtendimento", body, "Authorization", "", "token", token)
	r.call(http.StatusUnauthorized, "POST", older+"incluirSolicitacaoAtendimento", body, "Authorization", "", "token", "outro")
	r.call(http.StatusMethodNotAllowed, "GET", newer+"consultarObrasEmpresa", "")
	if n := len(r.orders()); n != 1 {
		t.Errorf("%d orders, want 1", n)
	}
}

func TestBodyLimit(t *testing.T) {
	r := newRig(t)
	r.call(http.StatusRequestEntityTooLarge, "POST", newer+"incluirSolicitacaoAtendimento",
		`{"desSolicitacao":"`+strings.Repeat("a", maxBody)+`"}`)
}

func TestKnownUnits(t *testing.T) {
	r := newRig(t)
	r.call(http.StatusOK, "PUT", "/_sandbox/cadastro", `{"obras":[{"id":"X","nome":"Obra X"}],"unidades":["U1"]}`)
	r = r.again()
	r.openFor("1")
	out := r.call(http.StatusUnprocessableEntity, "POST", newer+"incluirSolicitacaoAtendimento",
		`{"idUnidade":"U2","desSolicitacao":"d"}`)
	if !strings.Contains(out.raw, "idUnidade") {
		t.Errorf("refusal names no field: %s", out.raw)
	}
	if out := r.api("consultarObrasEmpresa", `{}`); !strings.Contains(out.raw, "Obra X") {
		t.Errorf("developments: %s", out.raw)
	}
}

func TestMoments(t *testing.T) {
	const want = "2026-01-31T14:30:00-03:00"
	for _, s := range []string{"2026-01-31T14:30:00-03:00", "2026-01-31T17:30:00Z", "2026-01-31T17:30:00.000Z",
		"2026-01-31T14:30:00", "2026-01-31T14:30", "2026-01-31 14:30:00", " 2026-01-31 14:30 ", "31/01/2026 14:30",
		"31/01/2026 14:30:00", "2026-01-31T14:30:00-0300"} {
		ms, ok := parseMoment(s)
		if !ok || formatMoment(ms) != want {
			t.Errorf("%q: %v %s", s, ok, formatMoment(ms))
		}
	}
	for _, s := range []string{"ontem", "31/31/2026", "2026-02-30T00:00:00"} {
		if _, ok := parseMoment(s); ok {
			t.Errorf("%q is no date", s)
		}
	}
}
