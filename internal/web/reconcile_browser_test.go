package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ponte/internal/browsertest"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

// TestFindingsLook opens the list and a finding of each kind, in both languages, both themes and both widths.
func TestFindingsLook(t *testing.T) {
	h := newHouse(t)
	empty := newHouse(t)
	n := h.drift()
	all := h.found()
	for _, k := range []desk.FindingKind{desk.OrderMissing, desk.OrderUnknown, desk.OrderDoubled, desk.ClosedThere, desk.NumberDrifted, desk.OurCommentLost, desk.CommentUntold, desk.VisitUntold, desk.StepUntold} {
		if all[k] == "" {
			t.Errorf("no %s among %v", k, all)
		}
	}
	gestor, _, err := h.UserByLogin(t.Context(), "gestor@demo")
	h.must(err)
	b := browsertest.Start(t)
	for _, c := range everyLook {
		t.Run(c.name, func(t *testing.T) {
			h.t, empty.t = t, t
			h.must(h.SetLook(t.Context(), gestor.Actor(), gestor.ID, c.p.Language, ""))
			x := h.tab(b, c.p)
			x.signIn("gestor@demo")
			pages := map[string]string{"conciliacao": "", "conciliacao-filtro": "?q=nada", "conciliacao-conhecidas": "?visao=ignorados", "conciliacao-lote": "/lote"}
			for kind, id := range all {
				pages["achado-"+string(kind)] = "/" + id
			}
			for name, path := range pages {
				x.Open(findings + path)
				x.live()
				x.look(name + "-" + c.name)
			}
			x.Open("/ocorrencias/" + fmt.Sprint(n))
			x.live()
			x.look("ocorrencia-que-difere-" + c.name)
			x.Quiet()
			y := empty.tab(b, c.p)
			y.signIn("admin@demo")
			y.Open(findings)
			y.live()
			browsertest.Eval[any](y.Tab, `document.querySelector("#agenda").open = true; null`)
			y.look("conciliacao-vazia-" + c.name)
			y.Quiet()
		})
	}
	h.t, empty.t = t, t
}

// TestFindingsLive: a run finds something while the list is open; it is taken in from its page by keyboard and click, and
// both the list and the occurrence tell.
func TestFindingsLive(t *testing.T) {
	h := newHouse(t)
	b := browsertest.Start(t)
	x, list := h.tab(b, desktop), h.tab(b, desktop)
	x.signIn("atendente@demo")
	list.signIn("gestor@demo")
	list.Open(findings)
	list.live()
	list.UntilText("#lista", "Nada foi conferido ainda")
	n := h.drift()
	list.UntilText("#nav-conciliacao", fmt.Sprint(len(h.found())))
	comment := h.found()[desk.CommentUntold]
	x.Open("/ocorrencias/" + fmt.Sprint(n))
	x.live()
	x.UntilText("#conciliacao", "Comentário do campo que não chegou")
	x.Open(findings + "/" + comment)
	x.live()
	x.UntilText("#falha", "O campo escreveu e não chegou aqui")
	x.Click("#ato-trazer")
	x.UntilText(".occ-head .st", "Corrigida")
	x.Axe("a mended one")
	list.Until("a list without it", fmt.Sprintf(`!document.querySelector("#d-%s")`, comment))
	x.Open("/ocorrencias/" + fmt.Sprint(n))
	x.UntilText("#ocorrencia", "não estava em casa")

	x.Open(findings + "/" + h.found()[desk.OrderUnknown])
	x.live()
	x.Click("#ato-amarrar")
	x.UntilText("#erro-numero_ocorrencia", "Falta preencher")
	x.Axe("a number that is missing")

	list.Click("#em-lote")
	list.Until("the bulk page", `location.pathname.endsWith("/lote")`)
	list.Click("#ensaiar-corrigir")
	list.UntilText("#lote", "O ensaio terminou")
	before := len(h.found())
	list.Click("#fazer")
	list.UntilText("#lote", "Pronto")
	list.Axe("a bulk that is over")
	if after := h.found(); len(after) >= before || after[desk.OrderMissing] == "" || after[desk.ClosedThere] != "" {
		t.Errorf("%v", after)
	}
}

// TestFindingsOverHTTP: who may see and mend, what a refusal leaves, and the settings.
func TestFindingsOverHTTP(t *testing.T) {
	h := newHouse(t)
	h.drift()
	all := h.found()
	ana := h.signedIn("atendente@demo")
	consultant := h.signedIn("consultor@demo")
	page := findings + "/" + all[desk.CommentUntold]
	if a := ana.get(page); a.status != http.StatusOK || strings.Contains(a.body, "98765-4321") || strings.Contains(a.body, "Marina Figueiredo") {
		t.Errorf("a person's data is shown: %d", a.status)
	}
	if a := ana.post(page+"/corrigir", "conserto", "ignorar", "motivo", ""); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "erro-motivo") {
		t.Errorf("ignored without a reason: %d", a.status)
	}
	if a := ana.post(page+"/corrigir", "conserto", "encerrar_la"); a.status != http.StatusConflict {
		t.Errorf("a mend of another kind: %d", a.status)
	}
	if a := consultant.post(page+"/corrigir", "conserto", "trazer"); a.status != http.StatusForbidden {
		t.Errorf("a consultant mends: %d", a.status)
	}
	if a := ana.get(findings + "/nada"); a.status != http.StatusNotFound {
		t.Errorf("nothing: %d", a.status)
	}
	if a := ana.post(findings+"/lote", "ato", "corrigir", "ensaio", "1"); a.status != http.StatusForbidden {
		t.Errorf("an attendant in bulk: %d", a.status)
	}
	if a := ana.post(page+"/corrigir", "conserto", "ignorar", "motivo", "já sei"); a.status != http.StatusSeeOther {
		t.Errorf("ignored: %d", a.status)
	}
	if a := ana.get(findings + "?visao=ignorados"); !strings.Contains(a.body, "já sei") {
		t.Error("the reason is not shown")
	}
	if a := ana.post(page + "/reabrir"); a.status != http.StatusSeeOther || h.found()[desk.CommentUntold] == "" {
		t.Errorf("reopened: %d", a.status)
	}
	// the settings are a version of the configuration, and what is wrong is said beside its field
	before := h.versionCount()
	if a := consultant.post(findings+"/agenda", "intervalo", "às vezes", "por_minuto", "0"); a.status != http.StatusUnprocessableEntity ||
		!strings.Contains(a.body, "erro-intervalo") || !strings.Contains(a.body, "erro-por_minuto") || !strings.Contains(a.body, `value="às vezes"`) {
		t.Errorf("bad settings: %d", a.status)
	}
	if a := consultant.post(findings+"/agenda", "intervalo", "5", "por_minuto", "120", "trazer", "comentario_deles", "trazer", "encerrada_la"); a.status != http.StatusSeeOther {
		t.Errorf("settings: %d %s", a.status, a.body)
	}
	r := h.config().Integration.Reconcile
	if h.versionCount() != before+1 || r.Every.String() != "5m" || r.PerMinute != 120 || len(r.Take) != 2 {
		t.Errorf("%d versions, %+v", h.versionCount(), r)
	}
	if a := ana.post(findings+"/agenda", "intervalo", "5"); a.status != http.StatusForbidden {
		t.Errorf("an attendant's settings: %d", a.status)
	}
	if a := ana.post(findings + "/conferir"); a.status != http.StatusSeeOther {
		t.Errorf("asked: %d", a.status)
	}
	status, err := h.ReconcileStatus(t.Context(), h.ana)
	h.must(err)
	if !status.Asked || status.Next.IsZero() || len(status.Runs) != 1 || status.Runs[0].State != flow.RunDone {
		t.Errorf("%+v", status)
	}
}
