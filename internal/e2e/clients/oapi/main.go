// A REST client by what oapi-codegen makes of the served OpenAPI document: cliente URL TOKEN FILE ID. Package ponte is
// generated anew at each run of the tests, so it is never here. Each line printed is what one step saw.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"cliente/ponte"
)

func main() {
	url, token, file, id := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	content, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	story(connect(url, token), connect(url, "not-a-token"), content, id)
}

func connect(url, token string) *ponte.ClientWithResponses {
	c, err := ponte.NewClientWithResponses(url+"/ws/rest/v1", ponte.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}))
	if err != nil {
		log.Fatal(err)
	}
	return c
}

func story(c, stranger *ponte.ClientWithResponses, file []byte, id string) {
	ctx := context.Background()
	at := time.Date(2026, time.February, 3, 17, 0, 0, 0, time.UTC)
	end := at.Add(time.Hour)
	opening := ponte.IncluirOcorrencia{
		IdExterno:              new(id + "-1"),
		CodProjeto:             "7",
		CodEmpreendimento:      new("PDA"),
		BloqueioIncluirCliente: ponte.IncluirOcorrenciaBloqueioIncluirClienteT,
		Assunto:                new("Infiltração no teto – suíte"),
		Descricao:              "Infiltração no teto – suíte: água & luz <apagada>.\nSegunda linha, com “aspas” e 50% de 3 m².",
		Emergencia:             new(ponte.IncluirOcorrenciaEmergenciaF),
	}

	open, err := c.IncluirOcorrenciaWithResponse(ctx, opening)
	must(err, open.Body, open.JSON201 != nil)
	number := open.JSON201.NumeroOcorrencia
	saw("open", "number", number)

	again, err := c.IncluirOcorrenciaWithResponse(ctx, opening)
	must(err, again.Body, again.JSON200 != nil) // the same call again is 200
	saw("again", "number", again.JSON200.NumeroOcorrencia)

	comment, err := c.IncluirComentarioWithResponse(ctx, number, ponte.IncluirComentario{IdExterno: new(id + "-2"),
		Comentario: "Rejunte refeito – aguardar 48 h “de cura”.", Autor: new("Técnico João")})
	must(err, comment.Body, comment.JSON201 != nil)
	saw("comment", "number", comment.JSON201.NumeroOcorrencia)

	visit, err := c.InformarVistoriaWithResponse(ctx, number, ponte.InformarVistoria{Inicio: at, Fim: &end,
		Tecnico: new("Técnico João"), Situacao: ponte.InformarVistoriaSituacaoRealizada})
	must(err, visit.Body, visit.JSON201 != nil)
	saw("visit", "number", visit.JSON201.NumeroOcorrencia)

	attach, err := c.IncluirAnexoWithResponse(ctx, number, ponte.IncluirAnexo{Nome: "teto-da-suíte.png",
		TipoConteudo: new("image/png"), Conteudo: &file})
	must(err, attach.Body, attach.JSON201 != nil)
	saw("attach", "number", attach.JSON201.NumeroOcorrencia)

	move, err := c.MovimentarOcorrenciaWithResponse(ctx, number, ponte.MovimentarOcorrencia{CodStatus: "60",
		Comentario: new("Reparo executado na suíte.")})
	must(err, move.Body, move.JSON201 != nil)
	saw("move", "number", move.JSON201.NumeroOcorrencia)

	closing, err := c.EncerrarOcorrenciaWithResponse(ctx, number, ponte.EncerrarOcorrencia{Solucao: "Vedação refeita.",
		Procedente: new(ponte.EncerrarOcorrenciaProcedenteT)})
	must(err, closing.Body, closing.JSON201 != nil)
	saw("close", "number", closing.JSON201.NumeroOcorrencia)

	show, err := c.ConsultarOcorrenciaWithResponse(ctx, number)
	must(err, show.Body, show.JSON200 != nil)
	saw("show", "shown", show.JSON200)

	find, err := c.ConsultarOcorrenciaPorIdExternoWithResponse(ctx, &ponte.ConsultarOcorrenciaPorIdExternoParams{IdExterno: new(id + "-1")})
	must(err, find.Body, find.JSON200 != nil)
	saw("find", "shown", find.JSON200)

	unknown := opening
	unknown.IdExterno, unknown.CodProjeto = new(id+"-3"), "9999"
	unit, err := c.IncluirOcorrenciaWithResponse(ctx, unknown)
	must(err, unit.Body, unit.ApplicationproblemJSON422 != nil)
	saw("unknown unit", "problem", unit.ApplicationproblemJSON422)

	fields, err := c.InformarVistoriaWithResponse(ctx, number, ponte.InformarVistoria{Inicio: at, Situacao: "marcada"})
	must(err, fields.Body, fields.ApplicationproblemJSON422 != nil)
	saw("bad fields", "problem", fields.ApplicationproblemJSON422)

	refused, err := stranger.ConsultarOcorrenciaWithResponse(ctx, number)
	must(err, refused.Body, refused.ApplicationproblemJSON401 != nil)
	saw("no token", "problem", refused.ApplicationproblemJSON401)
}

// must ends the story where an answer isn't what the document promises.
func must(err error, body []byte, as bool) {
	if err != nil {
		log.Fatal(err)
	}
	if !as {
		log.Fatalf("not what was expected: %s", body)
	}
}

func saw(step, name string, what any) {
	b, err := json.Marshal(map[string]any{"step": step, name: what})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(b))
}
