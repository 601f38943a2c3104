package mapping

import (
	"maps"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ponte/internal/desk"
)

func answer(status int, body string, header ...string) *Answer {
	a := &Answer{Status: status, Body: []byte(body), Header: map[string]string{"content-type": "application/json"}}
	for i := 0; i+1 < len(header); i += 2 {
		a.Header[header[i]] = header[i+1]
	}
	return a
}

func TestJudge(t *testing.T) {
	const atual, legado = "mobuss-atual", "mobuss-legado"
	isa, icsa, ivv, srsa := desk.OpenOrder, desk.AddComment, desk.AskVisit, desk.CloseOrder
	for name, c := range map[string]struct {
		preset  string
		point   desk.Point
		answer  *Answer
		outcome Outcome
		reason  string
		args    map[string]any
		got     map[string]string
	}{
		"opened": {atual, isa, answer(200, `{"idMobuss":"M1","numSolicitacao":77}`), Delivered, "", nil, map[string]string{"id_mobuss": "M1", "numero_os": "77"}},
		"created": {atual, isa, answer(201, "\ufeff"+` {"idMobuss":12345678901234567890,"numSolicitacao":null} `), Delivered, "", nil,
			map[string]string{"id_mobuss": "12345678901234567890"}},
		"opened, no id":                   {atual, isa, answer(200, `{"numSolicitacao":77}`), Unknown, ReasonUnreadable, map[string]any{"http": 200, "motivo": "extracao", "nome": "id_mobuss"}, nil},
		"opened, absurd id":               {atual, isa, answer(200, `{"idMobuss":"`+strings.Repeat("x", 300)+`"}`), Unknown, ReasonUnreadable, map[string]any{"http": 200, "motivo": "extracao", "nome": "id_mobuss"}, nil},
		"opened, an id of two lines":      {atual, isa, answer(200, `{"idMobuss":"a\nb"}`), Unknown, ReasonUnreadable, nil, nil},
		"opened, empty":                   {atual, isa, answer(200, ``), Unknown, ReasonUnreadable, nil, nil},
		"opened, garbage":                 {atual, isa, answer(200, `<html>`), Unknown, ReasonUnreadable, map[string]any{"http": 200, "motivo": "formato"}, nil},
		"opened, two answers":             {atual, isa, answer(200, `{"idMobuss":"a"}{}`), Unknown, ReasonUnreadable, nil, nil},
		"opened, another form":            {atual, isa, answer(200, `[{"idMobuss":"a"}]`), Unknown, ReasonUnreadable, map[string]any{"http": 200, "motivo": "regra"}, nil},
		"opened, cut":                     {atual, isa, &Answer{Status: 200, Body: []byte(`{"idMobuss":"a"}`), Truncated: true}, Unknown, ReasonUnreadable, map[string]any{"http": 200, "motivo": "truncada"}, nil},
		"failure dressed as 200":          {atual, isa, answer(200, `{"status":"ERRO","mensagem":" Unidade\n inválida "}`), Refused, ReasonRefused, map[string]any{"http": 200, "mensagem": "Unidade inválida"}, nil},
		"refused":                         {atual, isa, answer(422, `{"mensagem":"CPF inválido"}`), Refused, ReasonRefused, map[string]any{"http": 422, "mensagem": "CPF inválido"}, nil},
		"refused without a word":          {atual, isa, answer(400, ``), Refused, ReasonHTTP, map[string]any{"http": 400}, nil},
		"refused, in HTML":                {atual, isa, answer(404, `<html>`), Refused, ReasonHTTP, map[string]any{"http": 404}, nil},
		"refused, cut":                    {atual, isa, &Answer{Status: 400, Body: []byte(`{"mensagem":`), Truncated: true}, Refused, ReasonHTTP, map[string]any{"http": 400}, nil},
		"who are you":                     {atual, isa, answer(401, `{"mensagem":"token"}`), Refused, ReasonCredential, map[string]any{"http": 401, "mensagem": "token"}, nil},
		"a redirect":                      {atual, isa, answer(302, ``), Refused, ReasonHTTP, nil, nil},
		"busy":                            {atual, isa, answer(429, ``), Retry, ReasonHTTP, map[string]any{"http": 429}, nil},
		"away":                            {atual, isa, answer(503, ``), Retry, ReasonHTTP, nil, nil},
		"broken":                          {atual, isa, answer(500, `{"mensagem":"NullPointerException"}`), Unknown, ReasonHTTP, map[string]any{"http": 500, "mensagem": "NullPointerException"}, nil},
		"broken in another way":           {atual, isa, answer(599, ``), Unknown, ReasonHTTP, nil, nil},
		"too slow over there":             {atual, isa, answer(408, ``), Unknown, ReasonHTTP, nil, nil},
		"409 is no success of an opening": {atual, isa, answer(409, `{"codigoInterno":"SAT-AT010"}`), Refused, ReasonHTTP, nil, nil},
		"commented":                       {atual, icsa, answer(204, ``), Delivered, "", nil, map[string]string{}},
		"commented, said nothing":         {atual, icsa, answer(200, `{}`), Delivered, "", nil, map[string]string{}},
		"visit":                           {atual, ivv, answer(200, `{"idVisita":5}`), Delivered, "", nil, map[string]string{"id_visita": "5"}},
		"closed":                          {atual, srsa, answer(200, `{"status":"OK"}`), Delivered, "", nil, map[string]string{}},
		"closed already":                  {atual, srsa, answer(409, `{"codigoInterno":"SAT-AT010","mensagem":"já encerrada"}`), Delivered, "", nil, map[string]string{}},
		"closing conflicts":               {atual, srsa, answer(409, `{"codigoInterno":"SAT-AT011","mensagem":"aguarda peça"}`), Refused, ReasonRefused, map[string]any{"http": 409, "mensagem": "aguarda peça"}, nil},

		"old: opened":                   {legado, isa, answer(200, `{"status":"OK","idMobuss":"M1","numSolicitacao":"7"}`), Delivered, "", nil, map[string]string{"id_mobuss": "M1", "numero_os": "7"}},
		"old: a list of one":            {legado, isa, answer(200, `[{"status":"OK","idMobuss":"M1"}]`), Delivered, "", nil, map[string]string{"id_mobuss": "M1"}},
		"old: a list of two":            {legado, isa, answer(200, `[{"status":"OK","idMobuss":"M1"},{"status":"OK"}]`), Unknown, ReasonUnreadable, nil, nil},
		"old: no status":                {legado, isa, answer(200, `{"idMobuss":"M1"}`), Unknown, ReasonUnreadable, map[string]any{"http": 200, "motivo": "regra"}, nil},
		"old: failure":                  {legado, isa, answer(200, `{"status":"ERRO","mensagem":"Obra inválida"}`), Refused, ReasonRefused, map[string]any{"http": 200, "mensagem": "Obra inválida"}, nil},
		"old: registered already":       {legado, isa, answer(200, `{"status":"400","mensagem":"já cadastrada"}`), Unknown, ReasonAmbiguous, map[string]any{"http": 200, "mensagem": "já cadastrada"}, nil},
		"old: closed already":           {legado, srsa, answer(200, `{"status":"ERRO","codigoInterno":"SAT-AT010"}`), Delivered, "", nil, map[string]string{}},
		"old: closed already, in words": {legado, srsa, answer(200, `{"status":"ERRO","mensagem":"SAT-AT010 - Solicitação já encerrada"}`), Delivered, "", nil, map[string]string{}},
		"old: closing refused":          {legado, srsa, answer(200, `{"status":"ERRO","mensagem":"SAT-AT011 - não"}`), Refused, ReasonRefused, nil, nil},
		"old: Latin-1": {legado, isa, answer(200, "{\"status\":\"ERRO\",\"mensagem\":\"inv\xe1lida\"}", "content-type", "application/json; charset=ISO-8859-1"),
			Refused, ReasonRefused, map[string]any{"http": 200, "mensagem": "inválida"}, nil},
		"old: broken": {legado, icsa, answer(500, ``), Unknown, ReasonHTTP, nil, nil},
	} {
		v := preset(t, c.preset).Judge(c.point, c.answer)
		if v.Outcome != c.outcome || v.ReasonCode != c.reason || c.args != nil && !maps.Equal(v.ReasonArgs, c.args) ||
			len(v.Extracted) != len(c.got) || !maps.Equal(v.Extracted, c.got) {
			t.Errorf("%s: got %+v", name, v)
		}
	}
}

func TestJudgeWithoutLookUp(t *testing.T) {
	c, _ := Default(desk.MethodC, "mobuss-atual")
	p := c.Integration.Points[desk.AddComment]
	p.LookUp = ""
	c.Integration.Points[desk.AddComment] = p
	k := compiled(t, c)
	for status, want := range map[int]Outcome{500: Retry, 502: Retry, 599: Retry, 408: Unknown, 429: Retry, 400: Refused} {
		if v := k.Judge(desk.AddComment, answer(status, "")); v.Outcome != want {
			t.Errorf("%d: got %+v", status, v)
		}
	}
	if v := k.Judge(desk.AddComment, answer(200, "x")); v.Outcome != Unknown {
		t.Errorf("an unreadable answer: %+v", v)
	}
	if v := k.JudgeLookUp(desk.AddComment, answer(200, "{}"), Keys{}); v.Outcome != Unclear {
		t.Errorf("a look-up that isn't there: %+v", v)
	}
}

func TestAnswersInText(t *testing.T) {
	k := compiled(t, document(t, `nome: x
metodo: POST
caminho: /x
resposta: texto
parametros: []
sucesso: http == 200 && texto.trim().matches("^[0-9]+$") || http == 302
mensagem: texto.substring(0, 20)
extrair: {numero: texto, lugar: cabecalhos.location}
`))
	if v := k.Judge(desk.AddComment, answer(200, " 77\n", "location", "/os/77")); v.Outcome != Delivered || v.Extracted["numero"] != "77" || v.Extracted["lugar"] != "/os/77" {
		t.Errorf("got %+v", v)
	}
	if v := k.Judge(desk.AddComment, answer(302, "")); v.Outcome != Delivered {
		t.Errorf("got %+v", v)
	}
	if v := k.Judge(desk.AddComment, answer(200, "ERRO: unidade "+strings.Repeat("x", 999))); v.Outcome != Refused || v.ReasonArgs["mensagem"] != "ERRO: unidade xxxxxx" {
		t.Errorf("got %+v", v)
	}
}

func TestRetryAfter(t *testing.T) {
	k := preset(t, "mobuss-atual")
	date := func(s string) []string { return []string{"retry-after", s, "date", "Sat, 31 Jan 2026 12:00:00 GMT"} }
	for name, c := range map[string]struct {
		header []string
		want   time.Duration
	}{
		"seconds": {[]string{"retry-after", " 7 "}, 7 * time.Second}, "none": {nil, 0}, "nonsense": {[]string{"retry-after", "-1"}, 0},
		"a day at most": {[]string{"retry-after", "999999999"}, 24 * time.Hour}, "a date": {date("Sat, 31 Jan 2026 12:00:30 GMT"), 30 * time.Second},
		"gone by": {date("Sat, 31 Jan 2026 11:00:30 GMT"), 0}, "no date to count from": {[]string{"retry-after", "Sat, 31 Jan 2026 12:00:30 GMT"}, 0},
	} {
		if v := k.Judge(desk.OpenOrder, answer(503, "", c.header...)); v.RetryAfter != c.want {
			t.Errorf("%s: got %v", name, v.RetryAfter)
		}
		if v := k.JudgeLookUp(desk.OpenOrder, answer(503, "", c.header...), Keys{}); v.RetryAfter != c.want || v.Outcome != LookNext {
			t.Errorf("%s: look-up got %+v", name, v)
		}
	}
}

// Whatever comes back: nothing unreadable is a success, an opening without an id is none, and judging never fails.
func TestJudgeAnything(t *testing.T) {
	kits := []*Compiled{preset(t, "mobuss-atual"), preset(t, "mobuss-legado")}
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.SampledFrom(kits).Draw(t, "preset")
		p := rapid.SampledFrom(desk.Points).Draw(t, "point")
		body := rapid.OneOf(rapid.SliceOf(rapid.Byte()), rapid.Custom(func(t *rapid.T) []byte {
			return []byte(rapid.SampledFrom([]string{`{}`, `null`, `[]`, `[{}]`, `"x"`, `{"status":null}`, `{"status":{"a":1},"idMobuss":[]}`,
				`{"status":"OK","idMobuss":"1","comentarios":[null,1,{}],"visitas":{},"situacao":1}`, `{"status":"ERRO","mensagem":{}}`}).Draw(t, "json"))
		})).Draw(t, "body")
		a := &Answer{Status: rapid.IntRange(100, 599).Draw(t, "status"), Body: body, Truncated: rapid.Bool().Draw(t, "truncated")}
		v := k.Judge(p, a)
		if v.Outcome == Delivered && (a.Truncated || p == desk.OpenOrder && v.Extracted["id_mobuss"] == "") {
			t.Fatalf("%+v", v)
		}
		if (v.ReasonCode == "") != (v.Outcome == Delivered) {
			t.Fatalf("%+v", v)
		}
		l := k.JudgeLookUp(p, a, Keys{"d", "o", "n", "1234"})
		if (l.ReasonCode == "") != (l.Outcome == Found || l.Outcome == NotFound) || a.Truncated && l.ReasonCode == "" {
			t.Fatalf("%+v", l)
		}
	})
}
