package sandbox

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// picture is all that a sandbox shows of itself.
func picture(t testing.TB, s *Server) string {
	t.Helper()
	var all struct {
		Orders  []controlView
		Calls   []callView
		Faults  []fault
		Return  Return
		Catalog registry
		Next    int64
		Legacy  map[string]int
	}
	all.Faults, all.Return, all.Catalog, all.Next = s.state.faults, s.state.ret, s.state.catalog, s.state.next
	all.Legacy = map[string]int{}
	for k, v := range s.state.byLegacy {
		all.Legacy[k] = len(v)
	}
	for _, o := range s.state.orders {
		all.Orders = append(all.Orders, s.state.controlView(o))
		for i := range o.calls {
			all.Calls = append(all.Calls, s.state.callView(o, &o.calls[i]))
		}
	}
	raw, err := plainJSON(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// Whatever happened, a sandbox that is opened again is the same, from its journal and from its snapshot.
func TestAnyHistorySurvives(t *testing.T) {
	base := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		dir := filepath.Join(base, fmt.Sprint(n))
		s := open(t, dir)
		web := s.Handler()
		send := func(verb, path, body string) {
			req, _ := http.NewRequest(verb, path, strings.NewReader(body))
			req.Header.Set("Authorization", "Bearer "+token)
			web.ServeHTTP(&nowhere{}, req)
		}
		id := func() string {
			return s.state.order(rapid.Int64Range(1, 5).Draw(rt, "order"))
		}
		word := func() string { return rapid.StringMatching(`[a-z<&é]{1,6}`).Draw(rt, "word") }
		rt.Repeat(map[string]func(*rapid.T){
			"open": func(*rapid.T) {
				send("POST", newer+"incluirSolicitacaoAtendimento",
					fmt.Sprintf(`{"idUnidade":"U","desSolicitacao":%q,"idLegado":"%d"}`, word(), rapid.IntRange(0, 3).Draw(rt, "legacy")))
			},
			"field": func(*rapid.T) { send("POST", "/_sandbox/acoes", fmt.Sprintf(`{"acao":"abrir","unidade":%q}`, word())) },
			"comment": func(*rapid.T) {
				send("POST", newer+"incluirComentarioSolicitacaoAtendimento", fmt.Sprintf(`{"idSolicitacaoAtendimento":%q,"texto":%q}`, id(), word()))
			},
			"visit": func(*rapid.T) {
				send("POST", newer+"incluirAgendamentoVisitaSolicitacao", fmt.Sprintf(`{"idSolicitacaoAtendimento":%q}`, id()))
			},
			"cancel": func(*rapid.T) {
				send("POST", newer+"cancelarAgendamentoVisitaSolicitacao", fmt.Sprintf(`{"idVisita":"VIS-c0ffee-%06d-1"}`, rapid.IntRange(1, 5).Draw(rt, "of")))
			},
			"close": func(*rapid.T) {
				send("POST", newer+"encerrarSolicitacaoAtendimento", fmt.Sprintf(`{"idSolicitacaoAtendimento":%q}`, id()))
			},
			"act": func(*rapid.T) {
				do := rapid.SampledFrom([]string{"comentar", "agendar", "vistoriar", "executar", "encerrar"}).Draw(rt, "acao")
				send("POST", "/_sandbox/solicitacoes/"+id()+"/acoes", fmt.Sprintf(`{"acao":%q,"inicio":"2026-02-02T09:00"}`, do))
			},
			"refuse": func(*rapid.T) {
				_ = s.update(func(t *tx) error {
					o := t.byID(id())
					if o == nil || o.pending() == nil {
						return nil
					}
					state := rapid.SampledFrom([]string{callRefused, callDelivered}).Draw(rt, "verdict")
					return t.write(record{Change: &change{Seq: o.seq, Results: []result{{N: o.pending().N, State: state, Attempts: 1}}}})
				})
			},
			"requeue": func(*rapid.T) { send("POST", "/_sandbox/solicitacoes/"+id()+"/reenviar", "") },
			"faults": func(*rapid.T) {
				send("PUT", "/_sandbox/falhas", `[{"metodo":"consultarObrasEmpresa","tipo":"http_500","quantas":2}]`)
			},
			"fire":    func(*rapid.T) { send("POST", newer+"consultarObrasEmpresa", `{}`) },
			"address": func(*rapid.T) { send("PUT", "/_sandbox/retorno", `{"url":"http://h"}`) },
			"reset": func(*rapid.T) {
				if rapid.IntRange(0, 9).Draw(rt, "reset") == 0 {
					send("POST", "/_sandbox/reset", "")
				}
			},
		})
		want := picture(t, s)
		f, err := rewriteJournal(folderWith(t, nil), s.state.snapshot)
		if err != nil {
			rt.Fatal(err)
		}
		snapshot := filepath.Dir(f.Name())
		f.Close()
		if err := s.Close(); err != nil {
			rt.Fatal(err)
		}
		for _, from := range []string{dir, snapshot} {
			s := open(t, from)
			got := picture(t, s)
			s.Close()
			if got != want {
				rt.Fatalf("opened again from %s\n got %s\nwant %s", from, got, want)
			}
		}
	})
}

type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header {
	if n.header == nil {
		n.header = http.Header{}
	}
	return n.header
}
func (*nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (*nowhere) WriteHeader(int)             {}

func TestLongJournalIsShortened(t *testing.T) {
	r := newRig(t)
	id := r.openFor("1")
	for range 1100 {
		if err := r.SetReturn(Return{URL: "http://h"}); err != nil {
			t.Fatal(err)
		}
	}
	long, want := len(readDir(t, r.cfg.Dir)), picture(t, r.Server)
	r = r.again()
	if short := len(readDir(t, r.cfg.Dir)); short*10 > long {
		t.Errorf("%d bytes of %d are left", short, long)
	}
	r.api("incluirComentarioSolicitacaoAtendimento", `{"idSolicitacaoAtendimento":"`+id+`","texto":"x"}`)
	r = r.again()
	if got := r.orders(); len(got) != 1 || len(got[0].Comentarios) != 1 || strings.Contains(want, `"texto"`) {
		t.Errorf("orders: %+v", got)
	}
}
