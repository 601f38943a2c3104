package rest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ponte/internal/webservice"
	"ponte/internal/webservice/webservicetest"
)

const benchBody = `{"id_externo":"MOB-1","comentario":"Vazamento contido na cozinha; sifão trocado e vedação refeita. Volto na terça.","autor":"João","data":"2026-01-31T14:30:00-03:00"}`

// BenchmarkDecodeAndServe is a comment from its JSON to its answer's nodes: decode, bind, canonical form, hash.
func BenchmarkDecodeAndServe(b *testing.B) {
	registry := webservicetest.Registry()
	entry, _ := registry.Entry("IncluirComentario")
	call := &webservice.Call{Caller: &webservice.Caller{}}
	number := webservice.Param{Name: "numero_ocorrencia", Text: "1234"}
	b.ReportAllocs()
	for b.Loop() {
		params, err := decode(typeJSON, utf8Charset, benchBody)
		if err != nil {
			b.Fatal(err)
		}
		if _, refusal := registry.Serve(b.Context(), entry, call, append(params, number)); refusal != nil {
			b.Fatal(refusal)
		}
	}
}

// BenchmarkHandler is the whole handler without a network.
func BenchmarkHandler(b *testing.B) {
	h := newHandler(webservicetest.Options())
	for name, accept := range map[string]string{"json": "application/json", "text": "text/plain"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest("POST", Prefix+"/ocorrencias/1234/comentarios", strings.NewReader(benchBody))
				r.Header.Set("Authorization", "Bearer demo")
				r.Header.Set("Content-Type", typeJSON)
				r.Header.Set("Accept", accept)
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Code != http.StatusCreated {
					b.Fatal(w.Code)
				}
			}
		})
	}
}

// BenchmarkLargeFile shows what a file of 1 MiB costs in memory, as JSON and as multipart.
func BenchmarkLargeFile(b *testing.B) {
	h := newHandler(webservicetest.Options())
	const head = "--b\r\nContent-Disposition: form-data; name=\"conteudo\"; filename=\"a\"\r\n\r\n"
	for name, c := range map[string]struct{ kind, body string }{
		"json":      {typeJSON, `{"nome":"a","conteudo":"` + strings.Repeat("AAAA", 1<<20/3) + `"}`},
		"multipart": {typeMultipart + "; boundary=b", head + strings.Repeat("\x00", 1<<20) + "\r\n--b--\r\n"},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(1 << 20)
			for b.Loop() {
				w := send(h, "POST", "/ocorrencias/1/anexos", "demo", c.kind, io.Reader(strings.NewReader(c.body)))
				if w.Code != http.StatusCreated {
					b.Fatal(w.Code, w.Body.String())
				}
			}
		})
	}
}
