package mapping

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ponte/internal/desk"
)

func TestCompileNamesTheRow(t *testing.T) {
	const ok = "metodo: POST\ncaminho: /x"
	const at = "integracao.pontos.MOBUSS_ICSA."
	for name, c := range map[string]struct{ head, rows, field, code string }{
		"no source":               {ok, `  - {destino: a}`, at + "parametros[0]", "uma_origem_so"},
		"two sources":             {ok, `  - {destino: a, campo: cliente.nome, fixo: 1}`, at + "parametros[0]", "uma_origem_so"},
		"unknown fact":            {ok, "  - {destino: b, fixo: 1}\n" + `  - {destino: a, campo: cliente.apelido}`, at + "parametros[1].campo", "campo_desconhecido"},
		"unknown fact in CEL":     {ok, `  - {destino: a, cel: cliente.apelido}`, at + "parametros[0].cel", "cel_invalido"},
		"no CEL":                  {ok, `  - {destino: a, cel: 'cliente.'}`, at + "parametros[0].cel", "cel_invalido"},
		"a group is no value":     {ok, `  - {destino: a, campo: cliente}`, at + "parametros[0].campo", "campo_desconhecido"},
		"unknown reference":       {ok, `  - {destino: a, referencia: ordem.cor}`, at + "parametros[0].referencia", "referencia_desconhecida"},
		"reference not learnt":    {ok, `  - {destino: a, referencia: ordem.numero_os}`, "integracao.pontos.MOBUSS_ISA.obrigatorio_na_resposta", "extracao_necessaria"},
		"no target":               {ok, `  - {fixo: 1}`, at + "parametros[0].destino", "obrigatorio"},
		"bad target":              {ok, `  - {destino: a..b, fixo: 1}`, at + "parametros[0].destino", "destino_invalido"},
		"target twice":            {ok, "  - {destino: a, fixo: 1}\n  - {destino: a, fixo: 2}", at + "parametros[1].destino", "destino_repetido"},
		"a value and an object":   {ok, "  - {destino: a, fixo: 1}\n  - {destino: a.b, fixo: 2}", at + "parametros[1].destino", "destino_repetido"},
		"a list and an object":    {ok, "  - {destino: 'a[0]', fixo: 1}\n  - {destino: a.b, fixo: 2}", at + "parametros[1].destino", "destino_repetido"},
		"header twice":            {ok + "\ncabecalhos: {X-A: 1}", `  - {destino: "cabecalho:x-a", fixo: 1}`, at + "parametros[0].destino", "destino_repetido"},
		"query twice":             {ok + "\ncorpo: query", "  - {destino: a, fixo: 1}\n  - {destino: 'url:a', fixo: 2}", at + "parametros[1].destino", "destino_repetido"},
		"form field twice":        {ok + "\ncorpo: form", "  - {destino: a, fixo: 1}\n  - {destino: a, fixo: 2}", at + "parametros[1].destino", "destino_repetido"},
		"credentials in a row":    {ok, `  - {destino: "cabecalho:Authorization", fixo: 1}`, at + "parametros[0].destino", "cabecalho_reservado"},
		"credentials in a header": {ok + "\ncabecalhos: {cookie: x}", "  []", at + "cabecalhos.cookie", "cabecalho_reservado"},
		"two lines in a header":   {ok + "\ncabecalhos: {X-A: \"a\\nb\"}", "  []", at + "cabecalhos.X-A", "valor_invalido"},
		"unknown type":            {ok, `  - {destino: a, fixo: 1, tipo: moeda}`, at + "parametros[0].tipo", "tipo_desconhecido"},
		"unknown format":          {ok, `  - {destino: a, fixo: x, tipo: texto, formato: iso}`, at + "parametros[0].formato", "formato_desconhecido"},
		"pattern of no date":      {ok, `  - {destino: a, campo: movimentacao.data, formato: HH:mm}`, at + "parametros[0].formato", "formato_desconhecido"},
		"pattern of nothing":      {ok, `  - {destino: a, campo: movimentacao.data, tipo: data, formato: dd de MMMM}`, at + "parametros[0].formato", "formato_desconhecido"},
		"a time in a date":        {ok, `  - {destino: a, campo: movimentacao.data, tipo: data, formato: dd/MM/aaaa HH:mm}`, at + "parametros[0].formato", "formato_desconhecido"},
		"a number as a date":      {ok, `  - {destino: a, campo: ocorrencia.numero, formato: dd/MM/aaaa}`, at + "parametros[0].tipo", "tipo_incompativel"},
		"format of two types":     {ok, `  - {destino: a, cel: cliente.nome, formato: br}`, at + "parametros[0].tipo", "obrigatorio_com_formato"},
		"type it can't have":      {ok, `  - {destino: a, campo: ocorrencia.numero, tipo: data}`, at + "parametros[0].tipo", "tipo_incompativel"},
		"fixed it can't have":     {ok, `  - {destino: a, fixo: abc, tipo: numero}`, at + "parametros[0].fixo", "tipo_incompativel"},
		"a date by reference":     {ok, `  - {destino: a, referencia: envio.id, tipo: data}`, at + "parametros[0].tipo", "tipo_incompativel"},
		"unknown se_vazio":        {ok, `  - {destino: a, fixo: 1, se_vazio: talvez}`, at + "parametros[0].se_vazio", "se_vazio_desconhecido"},
		"null in a form":          {ok + "\ncorpo: form", `  - {destino: a, fixo: 1, se_vazio: nulo}`, at + "parametros[0].se_vazio", "nulo_so_em_json"},
		"obligatory or empty":     {ok, `  - {destino: a, fixo: 1, obrigatorio: true, se_vazio: vazio}`, at + "parametros[0].se_vazio", "contradiz_obrigatorio"},
		"a hole in the path":      {"metodo: POST\ncaminho: /x/{id}", "  []", at + "caminho", "caminho_sem_parametro"},
		"no hole in the path":     {ok, `  - {destino: "caminho:id", fixo: 1}`, at + "parametros[0].destino", "destino_fora_do_caminho"},
		"a whole URL":             {"metodo: POST\ncaminho: https://x/y", "  []", at + "caminho", "caminho_invalido"},
		"another host":            {"metodo: POST\ncaminho: //x/y", "  []", at + "caminho", "caminho_invalido"},
		"upwards":                 {"metodo: POST\ncaminho: /x/../y", "  []", at + "caminho", "caminho_invalido"},
		"a query in the path":     {"metodo: POST\ncaminho: /x?a=1", "  []", at + "caminho", "caminho_invalido"},
		"unknown method":          {"metodo: TRACE\ncaminho: /x", "  []", at + "metodo", "metodo_http_desconhecido"},
		"unknown body":            {ok + "\ncorpo: yaml", "  []", at + "corpo", "corpo_desconhecido"},
		"no frame":                {ok + "\ncorpo: xml", "  []", at + "xml", "obrigatorio"},
		"a frame around JSON":     {ok + "\nxml: {raiz: a}", "  []", at + "xml", "nao_se_aplica"},
		"no root":                 {ok + "\ncorpo: xml\nxml: {raiz: ''}", "  []", at + "xml.raiz", "obrigatorio"},
		"root that is no name":    {ok + "\ncorpo: xml\nxml: {raiz: 'a><b'}", "  []", at + "xml.raiz", "nome_xml_invalido"},
		"root's unknown prefix":   {ok + "\ncorpo: xml\nxml: {raiz: n:a}", "  []", at + "xml.raiz", "prefixo_sem_espaco"},
		"row's unknown prefix":    {ok + "\ncorpo: xml\nxml: {raiz: a}", "  - {destino: b, fixo: 1}\n  - {destino: a.n:b, fixo: 1}", at + "parametros[1].destino", "prefixo_sem_espaco"},
		"prefix of the envelope":  {ok + "\ncorpo: xml\nxml: {raiz: a, espacos: {soap: 'urn:x'}}", "  []", at + "xml.espacos.soap", "prefixo_reservado"},
		"prefix that is no name":  {ok + "\ncorpo: xml\nxml: {raiz: a, espacos: {'1x': 'urn:x'}}", "  []", at + "xml.espacos.1x", "nome_xml_invalido"},
		"no namespace":            {ok + "\ncorpo: xml\nxml: {raiz: a, espacos: {x: ''}}", "  []", at + "xml.espacos.x", "valor_invalido"},
		"unknown envelope":        {ok + "\ncorpo: xml\nxml: {raiz: a, envelope: soap13}", "  []", at + "xml.envelope", "envelope_desconhecido"},
		"action of no envelope":   {ok + "\ncorpo: xml\nxml: {raiz: a, acao: b}", "  []", at + "xml.acao", "nao_se_aplica"},
		"action with quotes":      {ok + "\ncorpo: xml\nxml: {raiz: a, envelope: soap11, acao: 'a\"b'}", "  []", at + "xml.acao", "valor_invalido"},
		"header of no envelope":   {ok + "\ncorpo: xml\nxml: {raiz: a}", `  - {destino: "cabecalho_soap:b", fixo: 1}`, at + "parametros[0].destino", "cabecalho_sem_envelope"},
		"markup in a name":        {ok + "\ncorpo: xml\nxml: {raiz: a}", `  - {destino: "b c='d'", fixo: 1}`, at + "parametros[0].destino", "destino_invalido"},
		"below an attribute":      {ok + "\ncorpo: xml\nxml: {raiz: a}", `  - {destino: "@b.c", fixo: 1}`, at + "parametros[0].destino", "destino_invalido"},
		"a list of roots":         {ok + "\ncorpo: xml\nxml: {raiz: a}", `  - {destino: "[0].c", fixo: 1}`, at + "parametros[0].destino", "destino_invalido"},
		"an attribute twice":      {ok + "\ncorpo: xml\nxml: {raiz: a}", "  - {destino: '@b', fixo: 1}\n  - {destino: '@b', fixo: 2}", at + "parametros[1].destino", "destino_repetido"},
		"a text with elements":    {ok + "\ncorpo: xml\nxml: {raiz: a}", "  - {destino: b, fixo: 1}\n  - {destino: b.c, fixo: 2}", at + "parametros[1].destino", "destino_repetido"},
		"one and several":         {ok + "\ncorpo: xml\nxml: {raiz: a}", "  - {destino: b, fixo: 1}\n  - {destino: 'b[1]', fixo: 2}", at + "parametros[1].destino", "destino_repetido"},
		"null in an attribute":    {ok + "\ncorpo: xml\nxml: {raiz: a}", `  - {destino: "@b", campo: cliente.nome, se_vazio: nulo}`, at + "parametros[0].se_vazio", "nulo_so_em_json"},
		"rule of refusal":         {ok + "\nrecusar_se: http + 1", "  []", at + "recusar_se", "cel_nao_booleano"},
		"a body by GET":           {"metodo: GET\ncaminho: /x\ncorpo: json", "  []", at + "corpo", "corpo_em_get"},
		"unknown answer":          {ok + "\nresposta: csv", "  []", at + "resposta", "resposta_desconhecida"},
		"no rule of success":      {ok + "\nsucesso: ''", "  []", at + "sucesso", "obrigatorio"},
		"rule that is no answer":  {ok + "\nmensagem: corpo.a\nconsultar_se: 'http + 1'", "  []", at + "consultar_se", "cel_nao_booleano"},
		"facts in a rule":         {ok + "\nconsultar_se: cliente.nome == ''", "  []", at + "consultar_se", "cel_invalido"},
		"keys in a rule":          {ok + "\nconsultar_se: chave.envio.id == ''", "  []", at + "consultar_se", "cel_invalido"},
		"bad extraction":          {ok + "\nextrair: {id_visita: 'corpo['}", "  []", at + "extrair.id_visita", "cel_invalido"},
		"name of an extraction":   {ok + "\nextrair: {ID: corpo.a}", "  []", at + "extrair.ID", "nome_invalido"},
		"obligatory, not taken":   {ok + "\nobrigatorio_na_resposta: [id_visita]", "  []", at + "obrigatorio_na_resposta", "extracao_necessaria"},
		"unknown strategy":        {ok + "\nconsulta: sorte", "  []", at + "consulta", "consulta_desconhecida"},
		"unknown key looked for": {ok + "\nconsultas: {a: {metodo: POST, caminho: /y, parametros: [], achado: chave.envio.cor == '', nao_achado: 'true'}}",
			"  []", at + "consultas.a.achado", "cel_invalido"},
	} {
		t.Run(name, func(t *testing.T) {
			text := one(c.head, c.rows)
			if strings.Contains(c.head, "sucesso:") {
				text = strings.Replace(text, "sucesso: http == 200\n", "", 1)
			}
			_, err := Compile(document(t, text))
			got := fieldErrors(t, err)
			if got[c.field] != c.code {
				t.Errorf("got %v, want %s: %s", got, c.field, c.code)
			}
		})
	}
}

func TestCompileChecksTheWhole(t *testing.T) {
	for name, c := range map[string]struct {
		change      func(*Config)
		field, code string
	}{
		"catalogue":        {func(c *Config) { c.Initial = "77" }, "status_inicial", "status_desconhecido"},
		"jitter":           {func(c *Config) { c.Integration.Policy.Jitter = 2 }, "integracao.politica.variacao", "fora_da_faixa"},
		"patience":         {func(c *Config) { c.Integration.Policy.Timeout = 2 * MaxTimeout }, "integracao.politica.tempo_limite", "fora_da_faixa"},
		"timeout":          {func(c *Config) { c.Integration.Policy.Timeout = 0 }, "integracao.politica.tempo_limite", "menor_que"},
		"waits":            {func(c *Config) { c.Integration.Policy.MaxRetry = 1 }, "integracao.politica.espera_maxima", "menor_que"},
		"body":             {func(c *Config) { c.Integration.Policy.BodyCap = 1 << 40 }, "integracao.politica.corpo_maximo", "fora_da_faixa"},
		"status of HTTP":   {func(c *Config) { c.Integration.Policy.HTTP["5xx"] = ActRetry }, "integracao.politica.http.5xx", "http_desconhecido"},
		"action":           {func(c *Config) { c.Integration.Policy.HTTP["500"] = "rezar" }, "integracao.politica.http.500", "acao_desconhecida"},
		"authentication":   {func(c *Config) { c.Integration.Auth.Kind = "sorriso" }, "integracao.autenticacao.tipo", "autenticacao_desconhecida"},
		"no secret header": {func(c *Config) { c.Integration.Auth.Kind = AuthHeader }, "integracao.autenticacao.cabecalhos", "obrigatorio"},
		"unknown point":    {func(c *Config) { c.Integration.Points["MOBUSS_XYZ"] = PointConfig{} }, "integracao.pontos.MOBUSS_XYZ", "ponto_desconhecido"},
		"point of a status": {func(c *Config) { delete(c.Integration.Points, desk.AskVisit) }, "status.30.ponto",
			"ponto_sem_configuracao"},
		"secret as a plain header": {func(c *Config) {
			c.Integration.Auth = Auth{Kind: AuthHeader, Headers: []string{"token"}}
			c.Integration.Header = map[string]string{"Token": "x"}
		}, "integracao.cabecalhos.Token", "cabecalho_reservado"},
		"order in an opening": {func(c *Config) {
			p := c.Integration.Points[desk.OpenOrder]
			p.Params = append(p.Params, Param{Target: "x", Ref: RefOrderID})
			c.Integration.Points[desk.OpenOrder] = p
		}, "integracao.pontos.MOBUSS_ISA.parametros[12].referencia", "referencia_sem_ordem"},
	} {
		doc, _ := Default(desk.MethodC, "mobuss-atual")
		doc.Integration.Policy.HTTP = maps.Clone(doc.Integration.Policy.HTTP)
		c.change(doc)
		_, err := Compile(doc)
		if got := fieldErrors(t, err); got[c.field] != c.code {
			t.Errorf("%s: got %v, want %s: %s", name, got, c.field, c.code)
		}
	}
}

func TestCompiledIsItsOwn(t *testing.T) {
	c, _ := Default(desk.MethodC, "mobuss-atual")
	k := compiled(t, c)
	want := wire(bound(t, k, desk.OpenOrder, someFacts()))
	p := c.Integration.Points[desk.OpenOrder]
	p.Params[0].Target = "outro"
	c.Statuses[0].Code = "11"
	z, _ := k.Freeze(desk.OpenOrder, someFacts())
	z.Call.Header["X"] = "y"
	if got := wire(bound(t, k, desk.OpenOrder, someFacts())); got != want || k.Config().Statuses[0].Code != "10" {
		t.Errorf("a change from outside reached it: %s", got)
	}
}

func TestRunawayExpressionStops(t *testing.T) {
	nine := "[1,2,3,4,5,6,7,8,9]"
	loop := "true"
	for _, v := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"} {
		loop = nine + ".all(" + v + ", " + loop + ")"
	}
	const head = "metodo: POST\ncaminho: /x"
	for at, point := range map[string]string{
		"parametros[0].cel": one(head, "  - {destino: a, cel: '"+loop+"'}"), "consultar_se": one(head+"\nconsultar_se: '"+loop+"'", "  []"),
	} {
		_, err := Compile(document(t, point))
		if got := fieldErrors(t, err); got["integracao.pontos.MOBUSS_ICSA."+at] != "cel_caro" { // found when it is saved
			t.Errorf("%s: got %v", at, got)
		}
	}
	for name, expr := range map[string]string{
		"nested loops":    strings.Replace(loop, "true", `ocorrencia.descricao != ""`, 1),
		"doubling":        "[ocorrencia.descricao]" + strings.Repeat(".map(x, x + x)", 30),
		"replace":         `ocorrencia.descricao.replace("", ocorrencia.descricao)`,
		"join":            `[1,2,3].map(x, ocorrencia.descricao.split("").join(ocorrencia.descricao)).size()`,
		"split in a loop": nine + ".map(a, " + nine + ".map(b, " + nine + `.map(c, ocorrencia.descricao.split("x").size())))`,
	} {
		k := compiled(t, document(t, one(head, "  - {destino: a, cel: '"+expr+"'}")))
		f := someFacts()
		f.Occurrence.Description = strings.Repeat("x", 20_000)
		start := time.Now()
		_, err := k.Freeze(desk.AddComment, f)
		var m *Missing
		if !errors.As(err, &m) || m.Values[0].Code != "expressao_falhou" {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("%s ran for %v", name, took)
		}
	}
}

func TestExpressionTooLong(t *testing.T) {
	for _, expr := range []string{strings.Repeat("1+", 5000) + "1", strings.Repeat("(", 300) + "1" + strings.Repeat(")", 300)} {
		_, err := Compile(document(t, one("metodo: POST\ncaminho: /x", "  - {destino: a, cel: '"+expr+"'}")))
		if got := fieldErrors(t, err); got["integracao.pontos.MOBUSS_ICSA.parametros[0].cel"] != "cel_invalido" {
			t.Errorf("got %v", got)
		}
	}
}

// A fact has one name, whether a row picks it or an expression reads it.
func TestFieldsAreTheNamesOfCEL(t *testing.T) {
	f := someFacts()
	for _, field := range Fields() {
		if field.Type == "" || strings.HasSuffix(field.Name, ".") {
			t.Errorf("%+v has no type or name", field)
		}
		p, cerr := compileCEL(factEnv(), field.Name)
		if cerr != nil {
			t.Errorf("%s: %v", field.Name, cerr)
			continue
		}
		v, err := p.eval(t.Context(), (*factVars)(f))
		if err != nil {
			t.Errorf("%s: %v", field.Name, err)
		}
		got, ok := fromCEL(v)
		want := factByName[field.Name].of(f)
		if at, isTime := want.(time.Time); isTime && at.IsZero() {
			want = nil
		} else if isTime {
			got, want = got.(time.Time).UTC(), at.UTC()
		}
		if !ok || got != want {
			t.Errorf("%s: CEL says %v, the row %v", field.Name, got, want)
		}
	}
	if n := len(Fields()); n != 39 {
		t.Errorf("%d fields", n)
	}
	if !slices.Contains(ReferenceNames(), "ordem.id_mobuss") {
		t.Error("references")
	}
}

func TestConcurrentUse(t *testing.T) {
	k := preset(t, "mobuss-atual")
	want := wire(bound(t, k, desk.OpenOrder, someFacts()))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if wire(bound(t, k, desk.OpenOrder, someFacts())) != want {
					t.Error("another request")
				}
				if v := k.Judge(desk.OpenOrder, &Answer{Status: 200, Body: []byte(`{"idMobuss":1}`)}); v.Outcome != Delivered {
					t.Errorf("%+v", v)
				}
			}
		})
	}
	wg.Wait()
}
