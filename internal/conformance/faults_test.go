package conformance_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
)

// point changes one point of the configuration.
func point(p desk.Point, change func(*mapping.PointConfig)) func(*bench) {
	return func(b *bench) {
		b.configure(func(c *mapping.Config) {
			x := c.Integration.Points[p]
			change(&x)
			c.Integration.Points[p] = x
		})
	}
}

// lookUp changes the look-up in use of a point.
func lookUp(p desk.Point, change func(*mapping.LookUp)) func(*bench) {
	return point(p, func(x *mapping.PointConfig) {
		l := x.LookUps[x.LookUp]
		change(&l)
		x.LookUps[x.LookUp] = l
	})
}

func faults(json string) func(*bench) {
	return func(b *bench) { b.control(http.MethodPut, "/_sandbox/falhas", json) }
}

// rewrite lets another word come back than what the sandbox said.
func rewrite(from, to string) func(*bench) {
	return func(b *bench) {
		f := func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasPrefix(r.URL.Path, "/cc") || r.Header.Get("Relayed") != "" {
				return false
			}
			body, _ := io.ReadAll(r.Body)
			// the tool hears the whole call, though whoever made it may have hung up
			again, _ := http.NewRequestWithContext(context.WithoutCancel(r.Context()), r.Method, b.box+r.URL.Path, bytes.NewReader(body))
			again.Header = r.Header.Clone()
			again.Header.Set("Relayed", "1")
			res, err := http.DefaultClient.Do(again)
			if err != nil {
				return true
			}
			defer func() { _ = res.Body.Close() }()
			said, _ := io.ReadAll(res.Body)
			w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
			w.WriteHeader(res.StatusCode)
			_, _ = w.Write([]byte(strings.ReplaceAll(string(said), from, to)))
			return true
		}
		b.between.Store(&f)
	}
}

// TestWhatIsWrongIsFoundWhereItIs: each trouble makes the right case fail, and says why; the others are as ever.
func TestWhatIsWrongIsFoundWhereItIs(t *testing.T) {
	const opening, comments = "incluirSolicitacaoAtendimento", "incluirComentarioSolicitacaoAtendimento"
	for _, c := range []struct {
		name, preset string
		trouble      func(*bench)
		want         map[string]string // beside whole
		only         bool              // the other cases are not looked at
	}{
		{"a lax success rule, older Mobuss", "mobuss-legado", point(desk.AddComment, func(p *mapping.PointConfig) { p.Success = "http == 200" }),
			map[string]string{"MOBUSS_ICSA recusa": "falhou conf_sucesso_falso_ordem"}, false},
		{"a lax success rule of the opening", "mobuss-legado", point(desk.OpenOrder, func(p *mapping.PointConfig) { p.Success = "http == 200" }),
			map[string]string{"MOBUSS_ISA recusa": "falhou conf_recusa_em_duvida"}, false},
		{"a refusal taken for an opened order", "mobuss-legado", point(desk.OpenOrder, func(p *mapping.PointConfig) {
			p.Success, p.Extract["id_mobuss"] = "http == 200", `corpo.?idMobuss.orValue("SAT-0")`
		}), map[string]string{"MOBUSS_ISA recusa": "falhou conf_sucesso_falso"}, false},
		{"no message", "mobuss-atual", point(desk.AskVisit, func(p *mapping.PointConfig) { p.Message = "" }),
			map[string]string{"MOBUSS_IVV recusa": "ressalva conf_recusa_muda"}, false},
		{"errors of credentials sent again", "mobuss-atual", func(b *bench) {
			b.configure(func(c *mapping.Config) { c.Integration.Policy.HTTP["401"] = mapping.ActRetry })
		}, map[string]string{"MOBUSS_ISA credencial": "falhou conf_recusa_repetida", "MOBUSS_ICSA credencial": "falhou conf_recusa_repetida",
			"MOBUSS_IVV credencial": "falhou conf_recusa_repetida", "MOBUSS_ANEXO credencial": "falhou conf_recusa_repetida", "MOBUSS_SRSA credencial": "falhou conf_recusa_repetida"}, false},
		{"no authentication", "mobuss-atual", func(b *bench) {
			b.configure(func(c *mapping.Config) { c.Integration.Auth = mapping.Auth{Kind: mapping.AuthNone} })
		}, map[string]string{"MOBUSS_ISA credencial": "nao_se_aplica conf_sem_autenticacao", "MOBUSS_ISA sucesso": "falhou conf_recusada",
			"MOBUSS_ICSA recusa": "falhou conf_recusa_credencial", "MOBUSS_ICSA sucesso": "falhou conf_ordem_nao_abriu"}, true},
		{"a wrong token", "mobuss-atual", func(b *bench) { b.place(b.box, "errado-errado") },
			map[string]string{"MOBUSS_ISA sucesso": "falhou conf_recusada", "MOBUSS_ISA repetida": "falhou conf_sem_primeira", "MOBUSS_ISA consulta": "falhou conf_consulta_inconclusiva",
				"MOBUSS_ISA credencial": "passou conf_credencial_recusada", "MOBUSS_ISA recusa": "falhou conf_recusa_credencial"}, true},
		{"no look-up", "mobuss-atual", point(desk.AddComment, func(p *mapping.PointConfig) { p.LookUp = "" }),
			map[string]string{"MOBUSS_ICSA consulta": "nao_se_aplica conf_sem_consulta", "MOBUSS_ICSA repetida": "ressalva conf_repetida_pessoa",
				"MOBUSS_ICSA tempo_esgotado": "ressalva conf_pessoa_decide", "MOBUSS_ICSA acentos": "passou conf_texto_aceito"}, false},
		{"a look-up that finds nothing", "mobuss-atual", lookUp(desk.AddComment, func(l *mapping.LookUp) { l.Found, l.NotFound = "false", "true" }),
			map[string]string{"MOBUSS_ICSA repetida": "falhou conf_repetida_nao_achada", "MOBUSS_ICSA tempo_esgotado": "falhou conf_reenviada_sem_consulta"}, false},
		{"a look-up that finds everything", "mobuss-atual", lookUp(desk.OpenOrder, func(l *mapping.LookUp) {
			l.Found, l.NotFound, l.Extract = "true", "false", map[string]string{"id_mobuss": `"SAT-9"`, "numero_os": `"9"`}
		}),
			map[string]string{"MOBUSS_ISA consulta": "falhou conf_achou_inexistente", "MOBUSS_ISA repetida": "falhou conf_repetida_outra"}, true},
		{"a look-up that says neither", "mobuss-atual", lookUp(desk.CloseOrder, func(l *mapping.LookUp) { l.Found, l.NotFound = "false", "false" }),
			map[string]string{"MOBUSS_SRSA consulta": "falhou conf_consulta_inconclusiva", "MOBUSS_SRSA repetida": "falhou conf_consulta_inconclusiva",
				"MOBUSS_SRSA tempo_esgotado": "falhou conf_consulta_inconclusiva"}, true},
		{"an error dressed as HTTP 200", "mobuss-legado", faults(`[{"metodo": "` + opening + `", "tipo": "erro_200", "quantas": 1}]`),
			map[string]string{"MOBUSS_ISA sucesso": "falhou conf_recusada", "MOBUSS_ISA repetida": "falhou conf_sem_primeira"}, false},
		{"garbage for an answer", "mobuss-atual", faults(`[{"metodo": "` + opening + `", "tipo": "corpo_invalido", "quantas": 1}]`),
			map[string]string{"MOBUSS_ISA sucesso": "falhou conf_ilegivel_mas_chegou", "MOBUSS_ISA repetida": "falhou conf_sem_primeira"}, false},
		{"down for once", "mobuss-atual", faults(`[{"metodo": "` + comments + `", "tipo": "http_503_retry_after", "quantas": 1}]`),
			map[string]string{"MOBUSS_ICSA recusa": "falhou conf_recusa_repetida"}, false},
		{"always down", "mobuss-atual", func(b *bench) { b.place("http://127.0.0.1:1", "x-x-x-x") },
			map[string]string{"MOBUSS_ISA sucesso": "falhou conf_nao_agora", "MOBUSS_ISA tempo_esgotado": "falhou conf_nao_saiu", "MOBUSS_ISA consulta": "falhou conf_consulta_sem_resposta",
				"MOBUSS_SRSA sucesso": "falhou conf_ordem_nao_abriu", "entrada.rest abertura": "passou conf_aberta"}, true},
		{"a tool that takes any unit", "mobuss-atual", func(b *bench) { b.known() }, map[string]string{"MOBUSS_ISA recusa": "ressalva conf_aceitou_unidade",
			"MOBUSS_SRSA encerramento": "passou conf_encerradas"}, false},
		{"letters that get lost", "mobuss-atual", rewrite("ç", "?"), map[string]string{"MOBUSS_ISA acentos": "falhou conf_texto_outro",
			"MOBUSS_ICSA acentos": "falhou conf_texto_outro", "MOBUSS_IVV acentos": "falhou conf_texto_outro", "MOBUSS_SRSA acentos": "falhou conf_texto_outro"}, false},
		{"no unit's id in the call", "mobuss-atual", point(desk.OpenOrder, func(p *mapping.PointConfig) { p.Params[0].Field = "solicitante.relacao" }),
			map[string]string{"MOBUSS_ISA sucesso": "falhou conf_faltam_dados", "MOBUSS_ICSA sucesso": "falhou conf_faltam_dados"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, open(t), c.preset)
			b.known("MOB-AUR-A-101")
			c.trouble(b)
			p := b.run()
			want := with(c.want)
			if c.only {
				for name := range want {
					if _, asked := c.want[name]; !asked {
						delete(want, name)
					}
				}
				for name, got := range table(p) {
					if _, asked := want[name]; !asked {
						want[name] = got
					}
				}
			}
			compare(t, p, want)
			for _, k := range p.Cases {
				if r := want[k.Area+" "+k.Name]; strings.HasPrefix(r, "falhou") && p.State != flow.RunFailed {
					t.Errorf("a case failed, and the run is %q", p.State)
				}
			}
		})
	}
}

// TestALateAcceptance: what is accepted after we gave up and looked twice is there twice, and the run says so; with the
// settling time that the tool needs, there is one.
func TestALateAcceptance(t *testing.T) {
	late := func(ms string, settling mapping.Duration) (*flow.ConformancePage, *bench) {
		b := newBench(t, open(t), "mobuss-atual")
		b.known("MOB-AUR-A-101")
		b.configure(func(c *mapping.Config) { c.Integration.Policy.Settling = settling })
		// the first opening is "sucesso", the second "recusa", the third asks for wrong credentials: the fourth is the one
		var n atomic.Int64
		f := func(_ http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/incluirSolicitacaoAtendimento") {
				if n.Add(1) == 4 {
					b.control(http.MethodPut, "/_sandbox/falhas", `[{"metodo": "incluirSolicitacaoAtendimento", "tipo": "aceita_depois", "quantas": 1, "ms": `+ms+`}]`)
				}
			}
			return false
		}
		b.between.Store(&f)
		return b.run(), b
	}
	p, b := late("30", mapping.Duration(3e9))
	if got := table(p)["MOBUSS_ISA tempo_esgotado"]; got != "passou conf_achada" {
		t.Errorf("with a settling time that is long enough: %s", got)
	}
	seen := map[string]int{}
	for _, o := range b.orders() {
		if seen[o.Legacy]++; seen[o.Legacy] > 1 {
			t.Errorf("%s is there twice", o.Legacy)
		}
	}
	p, _ = late("400", mapping.Duration(50e6))
	if got := table(p)["MOBUSS_ISA tempo_esgotado"]; got != "passou conf_reenviada" && got != "falhou conf_duas" {
		t.Errorf("with one that is too short: %s", got)
	}
}

// TestMethods: what the method excludes is not tried, or its refusal is the case.
func TestMethods(t *testing.T) {
	method := func(m desk.Method) *flow.ConformancePage {
		b := newBench(t, open(t), "mobuss-atual")
		b.known("MOB-AUR-A-101")
		b.configure(func(c *mapping.Config) {
			c.Method = m
			for i := range c.Statuses {
				if !m.Sends() {
					c.Statuses[i].Point = desk.NoPoint
				}
			}
		})
		return b.run()
	}
	a := with(nil)
	for _, door := range []string{"entrada.rest", "entrada.soap"} {
		a[door+" abertura"] = "passou conf_metodo_recusou"
		delete(a, door+" repetida")
		delete(a, door+" recusa")
	}
	compare(t, method(desk.MethodA), a)
	onlyDoors := map[string]string{}
	for name, w := range whole {
		if strings.HasPrefix(name, "entrada.") {
			onlyDoors[name] = w
		}
	}
	compare(t, method(desk.MethodB), onlyDoors)
}

func TestWithoutATokenTheDoorsFail(t *testing.T) {
	b := newBench(t, open(t), "mobuss-atual")
	b.must(b.RevokeToken(t.Context(), flowtest.Admin(), b.FieldID))
	got := table(b.run())
	for _, door := range []string{"entrada.rest", "entrada.soap"} {
		if got[door+" token"] != "falhou conf_sem_token" {
			t.Errorf("%s: %v", door, got)
		}
	}
}
