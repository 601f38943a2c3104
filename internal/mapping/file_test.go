package mapping

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
)

// TestFileRequest: the presets send an attachment as MOBUSS.md saw it, and the same again gives the same bytes.
func TestFileRequest(t *testing.T) {
	f := someFacts()
	f.File.Name = "mancha \"no\" teto.jpg"
	for name, path := range map[string]string{"mobuss-atual": "/ccapi/assistencia/solicitacao/v1/", "mobuss-legado": "/ccweb/rest/v1/assistencia/solicitacao/"} {
		r := bound(t, preset(t, name), desk.SendFile, f)
		if r.Path != path+"incluirAnexoSolicitacaoAtendimento" || r.Header["idLegadoAnexo"] != "0198-envio" ||
			r.Header["idMobussOrigem"] != "M77" || r.Header["nomeAnexo"] != f.File.Name {
			t.Errorf("%s: %+v", name, r)
		}
		if r.File == nil || r.File.SHA256 != f.File.SHA256 || r.File.Size != 3 {
			t.Fatalf("%s: file %+v", name, r.File)
		}
		kind, params, err := mime.ParseMediaType(r.ContentType)
		if err != nil || kind != "multipart/form-data" {
			t.Fatalf("%s: %q: %v", name, r.ContentType, err)
		}
		parts := multipart.NewReader(strings.NewReader(r.Body+"\xff\xd8\xff"+r.File.Tail), params["boundary"])
		p, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(p)
		if err != nil || string(content) != "\xff\xd8\xff" || p.FormName() != "anexo" || p.Header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("%s: part %v: %q %v", name, p.Header, content, err)
		}
		if _, err := parts.NextPart(); !errors.Is(err, io.EOF) {
			t.Errorf("%s: after the file: %v", name, err)
		}
		if again := bound(t, preset(t, name), desk.SendFile, f); wire(again) != wire(r) || *again.File != *r.File {
			t.Errorf("%s: another request for the same", name)
		}
		if r.LookUp == nil || r.LookUp.File != nil || r.LookUp.Body != `{"idSolicitacaoAtendimento":"M77"}` {
			t.Errorf("%s: look-up %+v", name, r.LookUp)
		}
	}
}

// A stored Frozen and a stored Request are the same call.
func TestFileSurvivesStoring(t *testing.T) {
	z, err := preset(t, "mobuss-atual").Freeze(desk.SendFile, someFacts())
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(z)
	if err != nil {
		t.Fatal(err)
	}
	var stored Frozen
	if err := json.Unmarshal(b, &stored); err != nil {
		t.Fatal(err)
	}
	want, err := z.Bind(someRefs)
	if err != nil {
		t.Fatal(err)
	}
	got, err := stored.Bind(someRefs)
	if err != nil || wire(got) != wire(want) || *got.File != *want.File {
		t.Errorf("%v %+v", err, got)
	}
}

func TestFileLookUp(t *testing.T) {
	k := preset(t, "mobuss-atual")
	keys := Keys{DeliveryID: "e-1"}
	for body, want := range map[string]LookOutcome{
		`{"anexos":[{"idLegado":"e-0"},{"idLegado":"e-1"}]}`: Found, `{"anexos":[{"idLegado":"e-0"}]}`: NotFound,
		`{"anexos":[]}`: NotFound, `{"anexos":null}`: NotFound, `{}`: Unclear, `{"status":"ERRO"}`: LookNext,
	} {
		if v := k.JudgeLookUp(desk.SendFile, &Answer{Status: 200, Body: []byte(body)}, keys); v.Outcome != want {
			t.Errorf("%s: %s, want %s", body, v.Outcome, want)
		}
	}
}

func TestFileNeedsItsPoint(t *testing.T) {
	c, _ := Default(desk.MethodC, "mobuss-atual")
	delete(c.Integration.Points, desk.SendFile)
	k := compiled(t, c) // a document of before is still one
	if _, err := k.Freeze(desk.SendFile, someFacts()); k.Has(desk.SendFile) || err == nil {
		t.Error("an attachment is sent without a configuration")
	}
	f := someFacts()
	f.File = File{}
	var m *Missing
	if _, err := preset(t, "mobuss-atual").Freeze(desk.SendFile, f); !errors.As(err, &m) {
		t.Errorf("without a file: %v", err)
	}
}

func TestCompileChecksFiles(t *testing.T) {
	part := Param{Target: "arquivo:anexo", Ref: RefFileContent}
	at := func(p desk.Point) string { return "integracao.pontos." + string(p) }
	for name, c := range map[string]struct {
		point       desk.Point
		change      func(*PointConfig)
		field, code string
	}{
		"no part":         {desk.SendFile, func(p *PointConfig) { p.Params = p.Params[:3] }, ".corpo", "anexo_sem_arquivo"},
		"two parts":       {desk.SendFile, func(p *PointConfig) { p.Params = append(p.Params, Param{Target: "arquivo:b", Ref: RefFileContent}) }, ".corpo", "anexo_sem_arquivo"},
		"not multipart":   {desk.SendFile, func(p *PointConfig) { p.Body = BodyJSON }, ".corpo", "anexo_sem_arquivo"},
		"other content":   {desk.SendFile, func(p *PointConfig) { p.Params[3] = Param{Target: "arquivo:anexo", Field: "anexo.nome"} }, ".parametros[3]", "arquivo_so_conteudo"},
		"in a header":     {desk.SendFile, func(p *PointConfig) { p.Params[0].Ref = RefFileContent }, ".parametros[0]", "arquivo_so_conteudo"},
		"with a type":     {desk.SendFile, func(p *PointConfig) { p.Params[3].Type = TypeText }, ".parametros[3].tipo", "nao_se_aplica"},
		"its boundary":    {desk.SendFile, func(p *PointConfig) { p.Header = map[string]string{"content-type": "x"} }, ".cabecalhos.content-type", "cabecalho_reservado"},
		"in a comment":    {desk.AddComment, func(p *PointConfig) { p.Params = append(p.Params, part) }, ".parametros[5]", "so_no_envio_de_anexo"},
		"a comment in it": {desk.AddComment, func(p *PointConfig) { p.Body = BodyMultipart }, ".corpo", "so_no_envio_de_anexo"},
		"its facts":       {desk.AddComment, func(p *PointConfig) { p.Params[0] = Param{Target: "a", Field: "anexo.nome"} }, ".parametros[0]", "so_no_envio_de_anexo"},
	} {
		doc, _ := Default(desk.MethodC, "mobuss-atual")
		p := doc.Integration.Points[c.point]
		p.Params = slices.Clone(p.Params)
		c.change(&p)
		doc.Integration.Points[c.point] = p
		_, err := Compile(doc)
		if got := fieldErrors(t, err); got[at(c.point)+c.field] != c.code {
			t.Errorf("%s: got %v, want %s: %s", name, got, at(c.point)+c.field, c.code)
		}
	}
}

func TestHosts(t *testing.T) {
	doc, _ := Default(desk.MethodC, "mobuss-atual")
	doc.Files.Hosts = []string{"arquivos.exemplo.com.br", "*.exemplo.com", "127.0.0.1:8080"}
	k := compiled(t, doc)
	for host, want := range map[string]bool{
		"arquivos.exemplo.com.br": true, "ARQUIVOS.exemplo.com.br": true, "arquivos.exemplo.com.br.": true,
		"outros.exemplo.com.br": false, "arquivos.exemplo.com.br.outro.com": false, "xarquivos.exemplo.com.br": false,
		"a.exemplo.com": true, "a.b.exemplo.com": true, "exemplo.com": false, ".exemplo.com": false, "aexemplo.com": false,
		"127.0.0.1:8080": true, "127.0.0.1": false, "127.0.0.1:80": false, "": false,
	} {
		if got := k.Config().Files.Allows(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
	for _, bad := range []string{"", "*", "*.", "https://a.com", "a.com/x", "a.com:", "a.com:x", "A.com", "*.1.2.3.4", "a b", ".a.com"} {
		doc.Files.Hosts = []string{bad}
		_, err := Compile(doc)
		if got := fieldErrors(t, err); got["anexos.hosts_permitidos[0]"] != "host_invalido" {
			t.Errorf("%q is a host: %v", bad, err)
		}
	}
}
