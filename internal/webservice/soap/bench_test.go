package soap

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
	"ponte/internal/webservice/rest"
	"ponte/internal/webservice/webservicetest"
)

const (
	benchSOAP = `<numero_ocorrencia>1234</numero_ocorrencia><id_externo>MOB-1</id_externo><comentario>Vazamento contido na cozinha; sifão trocado e vedação refeita. Volto na terça.</comentario><autor>João</autor><data>2026-01-31T14:30:00-03:00</data>`
	benchJSON = `{"numero_ocorrencia":1234,"id_externo":"MOB-1","comentario":"Vazamento contido na cozinha; sifão trocado e vedação refeita. Volto na terça.","autor":"João","data":"2026-01-31T14:30:00-03:00"}`
)

// BenchmarkDecodeAndServe is a comment from its envelope to its answer's nodes, as in package rest.
func BenchmarkDecodeAndServe(b *testing.B) {
	registry := webservicetest.Registry()
	entry, _ := registry.Entry("IncluirComentario")
	call := &webservice.Call{Caller: &webservice.Caller{}}
	raw := in11(comment(benchSOAP))
	b.ReportAllocs()
	for b.Loop() {
		text, err := textOf(raw, "utf-8", true)
		if err != nil {
			b.Fatal(err)
		}
		s := &scanner{text: text}
		if _, err := s.head(); err != nil {
			b.Fatal(err)
		}
		params, err := s.params(entry)
		if err != nil {
			b.Fatal(err)
		}
		if _, refusal := registry.Serve(b.Context(), entry, call, params); refusal != nil {
			b.Fatal(refusal)
		}
	}
}

// BenchmarkSOAP is the whole handler without a network and without a house; BenchmarkSOAPLimit is the same call as JSON.
func BenchmarkSOAP(b *testing.B) {
	shared := door.New(webservicetest.Options())
	benchmark(b, New(shared, shared.PublicURL), Prefix, "text/xml; charset=utf-8", in11(comment(benchSOAP)))
}

func BenchmarkSOAPLimit(b *testing.B) {
	benchmark(b, rest.New(door.New(webservicetest.Options()), rest.About{}), rest.Prefix+"/IncluirComentario", "application/json", benchJSON)
}

// BenchmarkLargeFile is a file of 1 MiB; BenchmarkLargeFileLimit is the same as JSON.
func BenchmarkLargeFile(b *testing.B) {
	shared := door.New(webservicetest.Options())
	file, err := io.ReadAll(attach(strings.NewReader(base64.StdEncoding.EncodeToString(make([]byte, 1<<20)))))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(1 << 20)
	benchmark(b, New(shared, shared.PublicURL), Prefix, "text/xml", string(file))
}

func BenchmarkLargeFileLimit(b *testing.B) {
	b.SetBytes(1 << 20)
	benchmark(b, rest.New(door.New(webservicetest.Options()), rest.About{}), rest.Prefix+"/ocorrencias/1/anexos", "application/json",
		`{"nome":"a","conteudo":"`+base64.StdEncoding.EncodeToString(make([]byte, 1<<20))+`"}`)
}

func benchmark(b *testing.B, h http.Handler, path, kind, body string) {
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest("POST", path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer demo")
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 300 {
			b.Fatal(w.Code, w.Body.String())
		}
	}
}
