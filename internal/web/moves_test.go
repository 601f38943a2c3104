package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ponte/internal/bulk"
	"ponte/internal/flow"
)

// movesWork works at the one act that waits, as the server does in the background.
func (h *house) movesWork() {
	h.t.Helper()
	worked, err := bulk.New(bulk.Options{Flow: h.Flow, Owner: "eu"}).Once(h.t.Context())
	if !worked || err != nil {
		h.t.Fatal("the worker:", worked, err)
	}
}

// TestMoves: chosen in the list, planned, begun, done; what is missing is said beside the form, and those that stayed are a
// file and can be tried again. All of it without any script.
func TestMoves(t *testing.T) {
	h := newHouse(t)
	ana := h.signedIn("atendente@demo")
	want := func(what string, a answer, status int, texts ...string) {
		t.Helper()
		if a.status != status {
			t.Fatalf("%s: %d, want %d", what, a.status, status)
		}
		for _, text := range texts {
			if !strings.Contains(a.body, text) {
				t.Errorf("%s: no %q", what, text)
			}
		}
	}
	one, two := h.open("AUR-A-101", "Torneira pingando", "Pinga."), h.open("AUR-A-102", "=Tomada; sem energia", "Sem.")
	list := ana.get("/ocorrencias")
	want("the list", list, 200, fmt.Sprintf(`value="%d" form="mover-varias"`, one), `action="/mover"`)
	if strings.Contains(list.body, `name="todas"`) {
		t.Error("all of one page are offered beside the page")
	}
	if strings.Contains(h.signedIn("consultor@demo").get("/ocorrencias").body, "mover-varias") {
		t.Error("who may not move is offered to")
	}
	want("nothing was ticked", ana.post("/mover"), 422, "Marque ao menos uma")
	want("before anything", ana.get("/mover"), 200, "Nada foi movido em lote ainda.")
	chosen := ana.post("/mover", "todas", "1", "q", "", "visao", "abertas")
	want("all", chosen, http.StatusSeeOther)
	at := chosen.header.Get("Location")
	want("the choice", ana.get(at), 200, "Mover 2 ocorrências", "Para qual status?", "avisa o Mobuss", `value="20"`, "todas")
	want("no status", ana.post(at+"/planejar", "comentario", "Aviso geral."), 422, "Escolha o status.", "Aviso geral.")
	want("too long", ana.post(at+"/planejar", "status", "20", "comentario", strings.Repeat("a", 4001)), 422, "o máximo é")
	want("a plan is asked for", ana.post(at+"/planejar", "status", "20", "comentario", "Aviso geral."), http.StatusSeeOther)
	want("planning", ana.get(at), 200, "Fazendo o plano", "0 de 2")
	h.movesWork()
	want("the plan", ana.get(at), 200, "Isto abre 2 ordens no Mobuss.", "Mover 2 ocorrências", `name="rodada" value="1"`, "Sai de aberta")
	want("another plan is begun", ana.post(at+"/fazer", "rodada", "7"), 409, "já mudou de situação")
	h.move(two, "90", "") // somebody is quicker
	want("begun", ana.post(at+"/fazer", "rodada", "1"), http.StatusSeeOther)
	want("under way", ana.get(at+"?parte=1"), 200, "Em andamento", "0 de 2", "every 3s")
	h.movesWork()
	part := ana.get(at + "?parte=1&ver=fica")
	want("done", part, 200, "Terminou.", "depois da escolha", "Tentar de novo", fmt.Sprintf(`id="m-%d"`, two))
	_, rev, _ := strings.Cut(part.body, "rev=")
	rev, _, _ = strings.Cut(rev, "&")
	rev, _, _ = strings.Cut(rev, `"`)
	want("asked again", ana.get(at+"?parte=1&ver=fica&rev="+rev), http.StatusNoContent)
	file := ana.get(at + "/arquivo")
	want("the file", file, 200, "'=Tomada; sem energia", "Alguém, ou o Mobuss, as moveu depois da escolha")
	if strings.Contains(file.body, "Torneira") || !strings.Contains(file.header.Get("Content-Disposition"), "ficaram-") {
		t.Errorf("the file: %v %q", file.header, file.body)
	}
	if o, err := h.Show(t.Context(), h.ana, one); err != nil || o.Status.Code != "20" || o.Movements[len(o.Movements)-1].Comment != "Aviso geral." {
		t.Errorf("moved: %+v, %v", o, err)
	}
	again := ana.post(at+"/de-novo", "ver", "fica")
	want("again", again, http.StatusSeeOther)
	want("the one that stayed", ana.get(again.header.Get("Location")), 200, "Mover 1 ocorrência", `value="10"`)
	want("it is let go of", ana.post(again.header.Get("Location")+"/parar"), http.StatusSeeOther)
	want("let go of", ana.get(again.header.Get("Location")), 200, "Deixada de lado")
	want("an unknown act", ana.post(at+"/apagar"), 404)
	want("none of theirs", h.signedIn("consultor@demo").get(at), 403)
	gestor := h.signedIn("gestor@demo").get(at)
	want("the manager", gestor, 200, "Ana Souza")
	if n := len(h.claim()); n != 1 {
		t.Errorf("%d lanes are due", n)
	}
}

// TestMovesOfManyPages: what is offered as all is what the filters find, and not the page.
func TestMovesOfManyPages(t *testing.T) {
	h := newHouse(t)
	for i := range 51 {
		h.open("AUR-A-101", fmt.Sprint("Porta ", i), "Raspa.")
	}
	h.open("AUR-B-101", "Vazamento", "Pinga.")
	ana := h.signedIn("atendente@demo")
	if body := ana.get("/ocorrencias").body; !strings.Contains(body, "Todas as 52 que estes filtros acham") {
		t.Error("all are not offered")
	}
	if a := ana.get("/mover/contagem?q=porta&depois=7"); strings.TrimSpace(a.body) != "Todas as 51 que estes filtros acham" {
		t.Errorf("counted: %q", a.body)
	}
	chosen := ana.post("/mover", "todas", "1", "q", "porta", "depois", "7", "ocorrencia", "1")
	if body := ana.get(chosen.header.Get("Location")).body; !strings.Contains(body, "Mover 51 ocorrências") {
		t.Error("others were chosen")
	}
	moves, err := h.BulkMoves(t.Context(), h.ana, 5)
	if err != nil || len(moves) != 1 || moves[0].State != flow.BulkChosen || moves[0].Chosen != 51 {
		t.Errorf("%+v, %v", moves, err)
	}
}
