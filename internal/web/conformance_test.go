package web_test

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
)

// TestConformanceIsForThoseWhoConfigure is a table of roles and acts, over HTTP.
func TestConformanceIsForThoseWhoConfigure(t *testing.T) {
	h := newProving(t)
	run := h.startAndWait()
	for login, may := range map[string]bool{"atendente@demo": false, "gestor@demo": false, "consultor@demo": true, "admin@demo": true} {
		b := h.signedIn(login)
		for path, want := range map[string]int{runsPath: 200, runsPath + "?q=101": 200, runsPath + "/" + run.ID: 200, runsPath + "/" + run.ID + ".pdf": 200,
			runsPath + "/" + run.ID + "?parte=1": 200, runsPath + "/nenhuma": 404} {
			if !may {
				want = http.StatusForbidden
			}
			if got := b.get(path).status; got != want {
				t.Errorf("%s, GET %s: %d, want %d", login, path, got, want)
			}
		}
		if !may {
			for _, path := range []string{runsPath, runsPath + "/" + run.ID + "/interromper", runsPath + "/" + run.ID + "/assinar", stPath + "/20/integracao/testar"} {
				if got := b.post(path, "senha", password, "resumo", run.Digest, "nota", "x").status; got != http.StatusForbidden {
					t.Errorf("%s, POST %s: %d", login, path, got)
				}
			}
		}
	}
	if h.latest().ID != run.ID || !h.latest().SignedAt.IsZero() {
		t.Error("somebody began or signed a run who may not")
	}
}

func (h *proving) startAndWait() flow.ConformanceRun {
	h.t.Helper()
	b := h.signedIn("consultor@demo")
	a := b.post(runsPath)
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.header.Get("Location"), runsPath+"/") {
		h.t.Fatalf("starting: %d %s", a.status, a.header.Get("Location"))
	}
	return h.ended()
}

// TestAReportIsReadSignedAndPrinted: the whole way of the page, without script.
func TestAReportIsReadSignedAndPrinted(t *testing.T) {
	h := newProving(t)
	b := h.signedIn("consultor@demo")
	if page := b.get(runsPath); !strings.Contains(page.body, "ainda não tem relatório assinado") || !strings.Contains(page.body, "Residencial Aurora") && !strings.Contains(page.body, "Bloco A") {
		t.Errorf("before: %s", page.body)
	}
	run := h.startAndWait()
	if run.State != flow.RunPassed || run.Counts[flow.CaseReserved] != 1 {
		t.Fatalf("the run: %+v", run)
	}
	at := runsPath + "/" + run.ID
	page := b.get(at)
	for _, want := range []string{"Passou", "aceitou uma unidade que não existe", "idUnidade", run.Digest, h.box.URL, "Com ressalva", "O que fazer", "não confere"} {
		if strings.Contains(page.body, want) == (want == "não confere") {
			t.Errorf("the page and %q", want)
		}
	}
	if strings.Contains(page.body, "sandbox-token") || strings.Contains(page.body, "conformidade-credencial-errada") {
		t.Error("a credential stands on the page")
	}
	pdf := b.get(at + ".pdf")
	if pdf.header.Get("Content-Type") != "application/pdf" || !bytes.HasPrefix([]byte(pdf.body), []byte("%PDF")) || len(pdf.body) < 20_000 {
		t.Errorf("the PDF: %d bytes of %s", len(pdf.body), pdf.header.Get("Content-Type"))
	}

	sign := func(pairs ...string) answer { return b.post(at+"/assinar", pairs...) }
	for _, c := range []struct {
		name  string
		pairs []string
		want  string
	}{
		{"no password", []string{"resumo", run.Digest, "nota", "li"}, "erro-senha"},
		{"a wrong one", []string{"resumo", run.Digest, "nota", "li e aceito", "senha", "errada-errada"}, "erro-senha"},
		{"no note", []string{"resumo", run.Digest, "senha", password}, "erro-nota"},
		{"another digest", []string{"resumo", strings.Repeat("0", 64), "nota", "li", "senha", password}, "não confere com o resumo"},
	} {
		a := sign(c.pairs...)
		if a.status < 400 || !strings.Contains(a.body, c.want) || strings.Contains(a.body, password) {
			t.Errorf("%s: %d", c.name, a.status)
		}
		if c.name == "a wrong one" && !strings.Contains(a.body, "li e aceito") {
			t.Error("what was typed is gone")
		}
	}
	if a := sign("resumo", run.Digest, "nota", "A ferramenta de homologação não confere unidades.", "senha", password); a.status != http.StatusSeeOther {
		t.Fatalf("signing: %d", a.status)
	}
	page = b.get(at)
	if !strings.Contains(page.body, "Assinada por Caio Prates") || !strings.Contains(page.body, "não confere unidades") || strings.Contains(page.body, `name="senha"`) {
		t.Error("the page after signing")
	}
	if page := b.get(runsPath); !strings.Contains(page.body, "tem relatório assinado por Caio Prates") {
		t.Error("the key is not on the list")
	}
	if again := b.get(at + ".pdf"); again.status != http.StatusOK || again.body == pdf.body {
		t.Error("the signed PDF is the unsigned one")
	}
	h.configure(func(c *mapping.Config) { c.Integration.Policy.Settling++ })
	if page := b.get(runsPath); !strings.Contains(page.body, "ainda não tem relatório assinado") {
		t.Error("the configuration changed, and the key is still there")
	}
}

// TestARunIsFollowedAndStopped: while it goes on there is one, and no other can be begun.
func TestARunIsFollowedAndStopped(t *testing.T) {
	h := newProving(t)
	b := h.signedIn("consultor@demo")
	letGo := h.hold()
	b.post(runsPath)
	run := h.latest()
	at := runsPath + "/" + run.ID
	if page := b.get(at); !strings.Contains(page.body, "Rodando") || !strings.Contains(page.body, "/interromper") {
		t.Error("it goes on, and the page doesn't say so")
	}
	if page := b.get(runsPath); !strings.Contains(page.body, "Há uma rodada em curso") || strings.Contains(page.body, `<button class="btn pri">`) {
		t.Error("another could be begun")
	}
	if a := b.post(runsPath); a.status != http.StatusConflict || !strings.Contains(a.body, "Já há uma rodada") {
		t.Errorf("another was begun: %d", a.status)
	}
	part := b.htmx().get(at + "?parte=1")
	rev := between(part.body, `data-rev="`, `"`)
	if part.status != 200 || strings.Contains(part.body, "<html") || rev == "" {
		t.Errorf("the part: %d %q", part.status, rev)
	}
	if a := b.post(at + "/interromper"); a.status != http.StatusSeeOther {
		t.Errorf("stopping: %d", a.status)
	}
	letGo()
	if page := b.get(at); !strings.Contains(page.body, "Interrompida") || strings.Contains(page.body, "/interromper") || strings.Contains(page.body, "/assinar") {
		t.Error("the page of a stopped run")
	}
	if a := b.post(at + "/interromper"); a.status != http.StatusSeeOther {
		t.Errorf("stopping again: %d", a.status)
	}
}

func between(s, from, to string) string {
	_, rest, ok := strings.Cut(s, from)
	if !ok {
		return ""
	}
	out, _, _ := strings.Cut(rest, to)
	return out
}

// TestACallIsTriedAsTheFormStands: with a mapping that nobody saved, for real, and nothing of ours changes.
func TestACallIsTriedAsTheFormStands(t *testing.T) {
	h := newProving(t)
	n := h.open("AUR-A-101", "Vazamento no teto", "Pinga do teto.")
	b := h.signedIn("consultor@demo")
	at := stPath + "/20/integracao"
	f := b.form(b.get(at).body, at)
	before, err := h.VersionByNumber(t.Context(), flowtest.Admin(), 0)
	h.must(err)
	try := func(changes map[string][]string) answer {
		changes["ocorrencia"] = []string{strconv.FormatInt(n, 10)}
		return b.sendForm(at+"/testar", f, changes)
	}
	a := try(map[string][]string{})
	for _, want := range []string{"Foi uma chamada de verdade", "id_mobuss = SAT-", "TESTE-", "extrair.id_mobuss", "sucesso", "HTTP 200"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("after a trial there is no %q", want)
		}
	}
	if a.status != http.StatusOK || strings.Contains(a.body, "sandbox-token") {
		t.Errorf("a trial: %d", a.status)
	}
	if a := try(map[string][]string{"sucesso": {"http == 299"}}); !strings.Contains(a.body, "http == 299") || strings.Contains(a.body, "id_mobuss = SAT-") {
		t.Error("another success rule, unsaved, makes no difference")
	}
	if a := try(map[string][]string{"sucesso": {"http =="}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a rule that can't be read: %d", a.status)
	}
	o, err := h.Show(t.Context(), flowtest.Attendant(), n)
	h.must(err)
	after, err := h.VersionByNumber(t.Context(), flowtest.Admin(), 0)
	h.must(err)
	if len(o.Orders)+len(o.Deliveries) != 0 || after.Number != before.Number {
		t.Errorf("a trial changed something: %+v", o)
	}
	bare := h.open("AUR-A-999", "Rachadura", "Na sala.")
	if a := b.sendForm(at+"/testar", f, map[string][]string{"ocorrencia": {strconv.FormatInt(bare, 10)}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "A chamada não foi feita") || !strings.Contains(a.body, "idUnidade") {
		t.Errorf("a call that lacks the unit's id: %d", a.status)
	}
	if a := b.sendForm(at+"/testar", f, map[string][]string{"ocorrencia": {"987654"}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "A chamada não foi feita") {
		t.Errorf("no such occurrence: %d", a.status)
	}
}
