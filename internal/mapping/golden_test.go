package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ponte/internal/desk"
)

// everyRow is a call that has every source, type, format and answer to "empty" in it, named after what it is. In a list
// the rows take turns between two elements.
func everyRow(p desk.Point, kind BodyKind, inList bool) string {
	var b strings.Builder
	rows := 0
	row := func(format string, args ...any) { fmt.Fprintf(&b, "  - {destino: "+format+"}\n", args...) }
	under := func(group string) string { // a level deeper where the body has levels
		if rows++; inList {
			return fmt.Sprintf("[%d].%s.", rows%2, group)
		}
		switch kind {
		case BodyJSON, BodyXML:
			return group + "."
		}
		return group + "_"
	}
	for _, f := range FieldsOf(p) {
		row(`"%s%s", campo: %s`, under("campo"), strings.ReplaceAll(f.Name, ".", "_"), f.Name)
	}
	patterns := []string{"dd/MM/aaaa", "aaaaMMdd", "dd-MM-aa HHhmm", "yyyy-MM-ddTHH:mm:ss.SSSXXX", "dd.MM.yyyy HH:mm:ssXX"}
	for _, typ := range Types {
		sources := map[Type][]string{
			TypeText:   {"campo: cliente.cpf_cnpj", "fixo: Não é à toa", "cel: 'cliente.nome + \" & filhos\"'", "referencia: ordem.numero_os"},
			TypeNumber: {"campo: unidade.numero", "fixo: '12.50'", "cel: '1.0 / 8.0'", "referencia: envio.id"},
			TypeBool:   {"campo: ocorrencia.emergencia", "fixo: não", "cel: 1 > 2"},
			TypeDate:   {"campo: ocorrencia.aberta_em", "fixo: 31/01/2026", "cel: movimentacao.vistoria_inicio"},
			TypeMoment: {"campo: ocorrencia.aberta_em", "fixo: '2026-01-31T23:59:58-03:00'", "cel: movimentacao.data"},
		}[typ]
		all := append([]string{""}, Formats(typ)...)
		if TakesPattern(typ) {
			all = append(all, slices.DeleteFunc(slices.Clone(patterns), func(f string) bool { return !isFormat(typ, f) })...)
		}
		for i, format := range all {
			for _, source := range sources {
				name, _, _ := strings.Cut(source, ":")
				row(`"%s%s_%d_%s", %s, tipo: %s, formato: "%s"`, under(string(typ)), typ, i, name, source, typ, format)
			}
		}
	}
	for _, empty := range []IfEmpty{EmptyOmit, EmptyText, EmptyNull} {
		if kind != BodyJSON && kind != BodyXML && empty == EmptyNull {
			continue
		}
		row(`"%s%s", campo: solicitante.nome, se_vazio: %s`, under("vazio"), empty, empty)
		row(`"%s%s_por_referencia", referencia: ordem.numero_os, se_vazio: %s`, under("vazio"), empty, empty)
	}
	row(`"%slista", cel: '["a", "<b>"]'`, under("cel"))
	row(`"%smapa", cel: '{"z": 1, "a": {"t": "x & y"}}'`, under("cel"))
	row(`"cabecalho:X-Nota", campo: ocorrencia.descricao`)
	row(`"url:onde", campo: development`)
	row(`"caminho:unidade", campo: unidade.id_mobuss`)
	return strings.Replace(b.String(), "campo: development", "campo: empreendimento.nome", 1)
}

// TestGoldenRequests: every row in every kind of body, as it goes over the wire. Read the difference of
// testdata/requests before you take it.
func TestGoldenRequests(t *testing.T) {
	const head = "metodo: POST\ncaminho: /os/{unidade}\nresposta: "
	for name, c := range map[string]struct {
		head string
		kind BodyKind
	}{
		"json-list": {head + "json_ou_lista", BodyJSON},
		"json":      {head + "json", BodyJSON},
		"form":      {head + "texto", BodyForm},
		"query":     {head + "json_ou_lista", BodyQuery},
		"xml":       {head + "xml\nxml: {raiz: Ordem}", BodyXML},
		"soap11":    {head + "xml\nxml: {raiz: c:AbrirOrdem, espacos: {c: 'urn:campo', '': 'urn:padrao'}, envelope: soap11, acao: 'urn:campo#Abrir'}", BodyXML},
		"soap12":    {head + "xml\nxml: {raiz: AbrirOrdem, envelope: soap12, acao: 'urn:campo#Abrir'}", BodyXML},
		"multipart": {head + "json", BodyMultipart},
	} {
		t.Run(name, func(t *testing.T) {
			point, rows := desk.AddComment, ""
			if c.kind == BodyMultipart {
				point = desk.SendFile
				rows = `  - {destino: "arquivo:foto", referencia: anexo.conteudo, obrigatorio: true}` + "\n"
			}
			if name == "soap11" {
				rows = `  - {destino: "cabecalho_soap:c:Origem.c:sistema", fixo: Ponte}` + "\n"
			}
			text := one(c.head+"\ncorpo: "+string(c.kind), rows+everyRow(point, c.kind, name == "json-list"))
			doc := document(t, text)
			open := doc.Integration.Points[desk.OpenOrder]
			open.Required = []string{ExtractOrderID, ExtractOrderNumber}
			doc.Integration.Points[desk.OpenOrder] = open
			if point == desk.SendFile {
				doc.Integration.Points[point] = doc.Integration.Points[desk.AddComment]
				delete(doc.Integration.Points, desk.AddComment)
				doc.Method = desk.NoMethod // no status fires here
			}
			z, err := compiled(t, doc).Freeze(point, someFacts())
			if err != nil {
				t.Fatal(err)
			}
			r, err := z.Bind(Refs{DeliveryID: "0199", OrderID: "M77", OrderNumber: "OS-9"})
			if err != nil {
				t.Fatal(err)
			}
			empty, err := z.Bind(Refs{DeliveryID: "0199"})
			if err != nil {
				t.Fatal(err)
			}
			full, bare := readable(t, r), readable(t, empty)
			golden(t, "testdata/requests/"+name+".txt", full+"\n\n--- other lines, without an order:\n"+otherLines(full, bare)+"\n")
		})
	}
}

// otherLines are those of b that a does not have.
func otherLines(a, b string) string {
	known := strings.Split(a, "\n")
	return strings.Join(slices.DeleteFunc(strings.Split(b, "\n"), func(l string) bool { return slices.Contains(known, l) }), "\n")
}

// readable breaks a request into lines that a person can compare.
func readable(t *testing.T, r *Request) string {
	t.Helper()
	out := wire(&Request{Method: r.Method, Path: r.Path, Query: strings.ReplaceAll(r.Query, "&", "\n  &"), Header: r.Header, ContentType: r.ContentType})
	switch {
	case r.Body == "":
		return out
	case r.ContentType == "application/json":
		var b bytes.Buffer
		if err := json.Indent(&b, []byte(r.Body), "", "  "); err != nil {
			t.Fatal(err)
		}
		return out + b.String()
	case strings.Contains(r.ContentType, "xml"):
		return out + strings.ReplaceAll(r.Body, "><", ">\n<")
	case r.File != nil:
		return out + strings.ReplaceAll(r.Body+"[the file]"+r.File.Tail, "\r", "")
	}
	return out + strings.ReplaceAll(r.Body, "&", "\n&")
}
