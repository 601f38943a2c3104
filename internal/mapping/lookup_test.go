package mapping

import (
	"maps"
	"testing"

	"ponte/internal/desk"
)

func TestJudgeLookUp(t *testing.T) {
	const atual, legado = "mobuss-atual", "mobuss-legado"
	isa, icsa, ivv, srsa := desk.OpenOrder, desk.AddComment, desk.AskVisit, desk.CloseOrder
	keys := Keys{DeliveryID: "D1", OrderID: "M1", OrderNumber: "7", LegacyID: "1234-2"}
	found := map[string]string{"id_mobuss": "M1", "numero_os": "7"}
	none := answer(404, `{"codigoInterno":"SAT-AT002","mensagem":"não há"}`)
	order := func(s string) *Answer { return answer(200, `{"idMobuss":"M1","numSolicitacao":"7",`+s+`}`) }
	for name, c := range map[string]struct {
		preset  string
		point   desk.Point
		answer  *Answer
		outcome LookOutcome
		got     map[string]string
	}{
		"there":                     {atual, isa, order(`"idLegado":"1234-2"`), Found, found},
		"there, by another's leave": {atual, isa, order(`"situacao":"aberta"`), Found, found},
		"not there":                 {atual, isa, none, NotFound, nil},
		"another's":                 {atual, isa, order(`"idLegado":"1234"`), Unclear, nil},
		"no such page":              {atual, isa, answer(404, `<html>`), LookNext, nil},
		"404 of another kind":       {atual, isa, answer(404, `{}`), Unclear, nil},
		"there, without an id":      {atual, isa, answer(200, `{"idMobuss":null}`), Unclear, nil},
		"says nothing":              {atual, isa, answer(200, `{}`), Unclear, nil},
		"empty":                     {atual, isa, answer(200, ``), Unclear, nil},
		"garbage":                   {atual, isa, answer(200, `%%`), LookNext, nil},
		"cut":                       {atual, isa, &Answer{Status: 404, Truncated: true, Body: none.Body}, LookNext, nil},
		"broken":                    {atual, isa, answer(500, `{"codigoInterno":"SAT-AT002"}`), LookNext, nil},
		"busy":                      {atual, isa, answer(429, `{}`), LookNext, nil},
		"failure dressed as 200":    {atual, isa, answer(200, `{"status":"ERRO","mensagem":"fora do ar"}`), LookNext, nil},
		"not allowed":               {atual, isa, answer(401, `{}`), Unclear, nil},

		"comment there":     {atual, icsa, order(`"comentarios":[{"idLegado":"D0"},{"texto":"x"},{"idLegado":"D1"}]`), Found, nil},
		"comment not there": {atual, icsa, order(`"comentarios":[{"idLegado":"D0"},{"texto":"x"}]`), NotFound, nil},
		"no comments":       {atual, icsa, order(`"comentarios":[]`), NotFound, nil},
		"null comments":     {atual, icsa, order(`"comentarios":null`), NotFound, nil},
		"comments not told": {atual, icsa, order(`"situacao":"aberta"`), Unclear, nil},
		"order not there":   {atual, icsa, none, NotFound, nil},
		"visit there":       {atual, ivv, order(`"visitas":[{"idLegado":"D1","idVisita":9}]`), Found, map[string]string{"id_visita": "9"}},
		"visit, no id":      {atual, ivv, order(`"visitas":[{"idLegado":"D1"}]`), Found, nil},
		"visit not there":   {atual, ivv, order(`"visitas":[{"idLegado":"D2"}]`), NotFound, nil},
		"closed":            {atual, srsa, order(`"situacao":"encerrada"`), Found, nil},
		"not closed":        {atual, srsa, order(`"situacao":"aberta"`), NotFound, nil},
		"state not told":    {atual, srsa, order(`"x":1`), Unclear, nil},

		"old: there":        {legado, isa, answer(200, `[{"status":"OK","idMobuss":"M1","numSolicitacao":7,"idLegado":"1234-2"}]`), Found, found},
		"old: not there":    {legado, isa, answer(200, `{"status":"ERRO","codigoInterno":"SAT-AT002"}`), NotFound, nil},
		"old: in words":     {legado, isa, answer(200, `{"status":"ERRO","mensagem":"SAT-AT002 - não há"}`), NotFound, nil},
		"old: by status":    {legado, isa, none, NotFound, nil},
		"old: failure":      {legado, isa, answer(200, `{"status":"ERRO","mensagem":"fora do ar"}`), LookNext, nil},
		"old: comment":      {legado, icsa, answer(200, `{"status":"OK","comentarios":[{"idLegado":"D1"}]}`), Found, nil},
		"old: not closed":   {legado, srsa, answer(200, `{"status":"OK","situacao":"aberta"}`), NotFound, nil},
		"old: closed":       {legado, srsa, answer(200, `{"status":"OK","situacao":"encerrada"}`), Found, nil},
		"old: says nothing": {legado, srsa, answer(200, `{"status":"OK"}`), Unclear, nil},
	} {
		l := preset(t, c.preset).JudgeLookUp(c.point, c.answer, keys)
		if l.Outcome != c.outcome || !maps.Equal(l.Extracted, c.got) {
			t.Errorf("%s: got %+v", name, l)
		}
	}
}

func TestLookUpByTheCustomersRequests(t *testing.T) {
	c, _ := Default(desk.MethodC, "mobuss-atual")
	p := c.Integration.Points[desk.OpenOrder]
	p.LookUp = "requisicoes_do_cliente"
	c.Integration.Points[desk.OpenOrder] = p
	k := compiled(t, c)
	for body, want := range map[string]LookOutcome{
		`{"solicitacaoAtendimento":[{"id":1,"idLegado":"1"},{"id":2,"idLegado":1234,"numSolicitacao":"n"}]}`: Found,
		`{"solicitacaoAtendimento":[{"id":1,"idLegado":"1"}]}`:                                               NotFound,
		`{"solicitacaoAtendimento":[]}`:                                                                      NotFound,
		`{"solicitacaoAtendimento":[{"id":1}]}`:                                                              Unclear,
		`{"solicitacaoAtendimento":[{"idLegado":"1234"}]}`:                                                   Unclear,
		`{}`: Unclear,
	} {
		l := k.JudgeLookUp(desk.OpenOrder, answer(200, body), Keys{LegacyID: "1234"})
		if l.Outcome != want || want == Found && (l.Extracted["id_mobuss"] != "2" || l.Extracted["numero_os"] != "n") {
			t.Errorf("%s: got %+v", body, l)
		}
	}
	r := bound(t, k, desk.OpenOrder, someFacts())
	if r.LookUp.Body != `{"numCPFCNPJ":"39053344705"}` || r.Strategy != p.LookUp {
		t.Errorf("got %s", r.LookUp.Body)
	}
}
