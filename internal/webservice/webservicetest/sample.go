// Package webservicetest is what the tests of both doors play with: operations of the contract's shapes whose use cases
// only play back what a test needs, tokens whose names say what they do, and golden pairs of requests and answers.
package webservicetest

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
)

type openIn struct {
	Project string          `ws:"cod_projeto,obrigatorio,max=60,linha" doc:"Unidade." exemplo:"101"`
	Text    string          `ws:"descricao,obrigatorio,max=4000" doc:"O que aconteceu." exemplo:"Vazamento na cozinha"`
	Asks    string          `ws:"relacao,enum=proprietario|inquilino|sindico|outro" doc:"Quem pede."`
	Block   webservice.Flag `ws:"bloqueio_incluir_cliente,exigido" doc:"T com o Mobuss integrado." exemplo:"T"`
}

type written struct {
	Number int64  `ws:"numero_ocorrencia,obrigatorio" doc:"O número no Ponte." exemplo:"1234"`
	Note   string `ws:"observacao" doc:"Só para os testes."`
}

type commentIn struct {
	Number     int64             `ws:"numero_ocorrencia,obrigatorio,min=1,caminho=numero" doc:"O número no Ponte." exemplo:"1234"`
	ExternalID string            `ws:"id_externo,max=100,linha" doc:"O id no sistema de quem chama." exemplo:"MOB-1"`
	Text       string            `ws:"comentario,obrigatorio,max=4000" doc:"O que foi feito." exemplo:"Vazamento contido."`
	Author     string            `ws:"autor,max=120,linha" doc:"Quem fez." exemplo:"João"`
	When       webservice.Moment `ws:"data" doc:"Quando." exemplo:"2026-01-31T14:30:00-03:00"`
}

type attachIn struct {
	Number  int64  `ws:"numero_ocorrencia,obrigatorio,min=1,caminho=numero" doc:"O número no Ponte." exemplo:"1234"`
	Name    string `ws:"nome,obrigatorio,max=255,linha,arquivo_nome" doc:"O nome do arquivo." exemplo:"foto.jpg"`
	Type    string `ws:"tipo_conteudo,max=100,linha,arquivo_tipo" doc:"O tipo." exemplo:"image/jpeg"`
	Content []byte `ws:"conteudo,max=1048576,um_de=origem" doc:"O arquivo." exemplo:"Zm90bw=="`
	URL     string `ws:"url,max=2000,linha,um_de=origem" doc:"De onde buscá-lo."`
}

type lookIn struct {
	Number     int64  `ws:"numero_ocorrencia,um_de=chave,min=1,caminho=numero" doc:"O número no Ponte." exemplo:"1234"`
	ExternalID string `ws:"id_externo,max=100,linha,um_de=chave" doc:"O id no sistema de quem chama." exemplo:"MOB-1"`
}

type looked struct {
	Number    int64        `ws:"numero_ocorrencia,obrigatorio" doc:"O número no Ponte."`
	Status    string       `ws:"situacao,enum=aberta|encerrada" doc:"A situação."`
	Opened    time.Time    `ws:"aberta_em" doc:"Quando foi aberta."`
	Customer  *lookedWho   `ws:"cliente" doc:"O cliente."`
	Movements []lookedMove `ws:"movimentacoes" doc:"O que aconteceu."`
}

type lookedWho struct {
	Name string `ws:"nome" doc:"Nome."`
}

type lookedMove struct {
	Code string `ws:"cod_status" doc:"Status."`
	Text string `ws:"comentario" doc:"Comentário."`
}

// Registry has four operations.
func Registry() *webservice.Registry {
	open := webservice.Define(webservice.Operation{Name: "IncluirOcorrencia", Doc: "Abre uma ocorrência. Devolve o número.",
		Routes: []webservice.Route{{Method: "POST", Path: "/ocorrencias"}}, Errors: []string{desk.ErrUnit}},
		func(_ context.Context, c *webservice.Call, in *openIn) (*written, bool, error) {
			if code, ok := strings.CutPrefix(in.Project, "codigo "); ok {
				return nil, false, desk.Fail(code)
			}
			switch in.Project {
			case "nenhuma":
				return nil, false, desk.Fail(desk.ErrUnit)
			case "guardada":
				e := desk.Fail(desk.ErrAmbiguousUnit, "candidatas", []string{"A 101", "B 101"})
				e.KeptCall = "rec-do-caso-de-uso"
				return nil, false, e
			case "quebra":
				return nil, false, fmt.Errorf("database is on fire")
			case "panico":
				panic("on fire")
			case "fora":
				e := desk.Fail(desk.ErrUnavailable)
				e.RetryAfter = 1500 * time.Millisecond
				return nil, false, e
			}
			return &written{Number: 1234, Note: "ok"}, in.Project == "repetida", nil
		})
	comment := webservice.Define(webservice.Operation{Name: "IncluirComentario", Doc: "Inclui um comentário. Não move a ocorrência.",
		Routes: []webservice.Route{{Method: "POST", Path: "/ocorrencias/{numero}/comentarios"}}},
		func(_ context.Context, c *webservice.Call, in *commentIn) (*written, bool, error) {
			if in.Number == 404 {
				return nil, false, desk.Fail(desk.ErrNotFound)
			}
			return &written{Number: in.Number, Note: in.Text + "/" + in.Author}, false, nil
		})
	attach := webservice.Define(webservice.Operation{Name: "IncluirAnexo", Doc: "Inclui um anexo. Um por chamada.", MaxBody: 2 << 20,
		Routes: []webservice.Route{{Method: "POST", Path: "/ocorrencias/{numero}/anexos"}}},
		func(_ context.Context, c *webservice.Call, in *attachIn) (*written, bool, error) {
			return &written{Number: in.Number, Note: fmt.Sprintf("%s %s %d %s", in.Name, in.Type, len(in.Content), in.URL)}, false, nil
		})
	look := webservice.Define(webservice.Operation{Name: "ConsultarOcorrencia", Doc: "Consulta uma ocorrência. Nada muda.", Reads: true,
		Routes: []webservice.Route{{Method: "GET", Path: "/ocorrencias/{numero}"}, {Method: "GET", Path: "/ocorrencias", ID: "ConsultarOcorrenciaPorIdExterno"}}},
		func(_ context.Context, c *webservice.Call, in *lookIn) (*looked, bool, error) {
			return &looked{Number: max(in.Number, 7), Status: "aberta", Opened: time.Date(2026, 1, 31, 14, 30, 0, 0, time.FixedZone("", -3*3600)),
				Customer: &lookedWho{Name: "Ana"}, Movements: []lookedMove{{Code: "10", Text: "aberta"}}}, false, nil
		})
	r := webservice.NewRegistry(open, comment, attach, look)
	r.Log = slog.New(slog.DiscardHandler)
	return r
}

// Options has tokens whose names say what they do: "texto" and "xml" have a profile, "ok" answers 200 always,
// "numero" answers the number alone, "tolerante" ignores unknown parameters, "limitado" has used up its limit.
func Options() door.Options {
	return door.Options{
		Registry: Registry(),
		Authenticate: func(_ context.Context, c webservice.Credentials) (*webservice.Caller, error) {
			switch {
			case c.Token == "quebra":
				return nil, fmt.Errorf("database is on fire")
			case c.Token == "panico":
				panic("on fire")
			case !strings.Contains(" demo texto xml ok numero tolerante limitado ", " "+c.Token+" "):
				return nil, desk.Fail(desk.ErrUnauthenticated)
			}
			return &webservice.Caller{Actor: desk.Actor{Name: c.Token}, IgnoreUnknown: c.Token == "tolerante"}, nil
		},
		Profile: func(_ context.Context, c *webservice.Call) webservice.Profile {
			switch c.Caller.Actor.Name {
			case "texto":
				return webservice.Profile{Form: "text", Fields: []string{"numero_ocorrencia"}}
			case "xml":
				return webservice.Profile{Form: "xml"}
			case "ok":
				return webservice.Profile{AlwaysOK: true, Fields: []string{"numero_ocorrencia"}}
			case "numero":
				return webservice.Profile{Fields: []string{"numero_ocorrencia"}}
			}
			return webservice.Profile{}
		},
		Limit: func(c *webservice.Caller) (bool, time.Duration) {
			return c.Actor.Name != "limitado", 3 * time.Second
		},
		Logger:    slog.New(slog.DiscardHandler),
		PublicURL: func() string { return "https://ponte.construtora.com.br" },
		NewID:     func() string { return "PEDIDO" },
	}
}
