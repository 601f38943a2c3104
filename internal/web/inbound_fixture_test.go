package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/i18n"
	"ponte/internal/web"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
	"ponte/internal/webservice/rest"
)

// newGate is a house with its webservice: callers come by REST, people by their pages.
func newGate(t testing.TB) *house {
	h := newHouse(t)
	words, err := i18n.Load()
	h.must(err)
	r := webservice.NewRegistry(webservice.Operations(h.Flow, words.In(i18n.Portuguese).Reason)...)
	complain := func(err error) { t.Error(err) }
	r.Keep, r.Replayed = webservice.KeepWith(h.Flow, complain), webservice.ReplayedWith(h.Flow, complain)
	in := web.Inbound{Fields: r.Fields, Replay: r.Replay}
	for _, e := range r.Entries() {
		in.Operations = append(in.Operations, e.Name)
	}
	log := slog.New(slog.NewTextHandler(&h.log, nil))
	mux := http.NewServeMux()
	mux.Handle("/ws/", h.door(r))
	mux.Handle("/", web.New(web.Options{Flow: h.Flow, Hub: h.hub, Demo: true, Log: log, Inbound: in}))
	h.http = httptest.NewServer(mux)
	t.Cleanup(func() { h.hub.Close(); h.http.Close() })
	return h
}

// door is the webservice by REST, for the tokens of the installation.
func (h *house) door(r *webservice.Registry) http.Handler {
	return rest.New(door.New(door.Options{Registry: r, Logger: slog.New(slog.NewTextHandler(&h.log, nil)), PublicURL: func() string { return "http://ponte.test" },
		Authenticate: func(ctx context.Context, c webservice.Credentials) (*webservice.Caller, error) {
			token, actor, err := h.Authenticate(ctx, "hash of "+c.Token)
			return &webservice.Caller{Actor: actor, Token: token}, err
		}}), rest.About{Version: "dev"})
}

// called is a REST call's answer.
type called struct {
	status int
	Number int64  `json:"numero_ocorrencia"`
	Code   string `json:"codigo"`
	Kept   string `json:"recebimento"`
}

// calls sends a call as the token of that name: pairs of name and value.
func (h *house) calls(token, operation string, pairs ...string) called {
	h.t.Helper()
	body := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		body[pairs[i]] = pairs[i+1]
	}
	b, err := json.Marshal(body)
	h.must(err)
	return h.sends(token, operation, string(b))
}

func (h *house) sends(token, operation, body string) (out called) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.http.URL+"/ws/rest/v1/"+operation, strings.NewReader(body))
	h.must(err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	h.must(err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	h.must(err)
	h.must(json.Unmarshal(b, &out))
	out.status = res.StatusCode
	return out
}

func opens(more ...string) []string {
	return append([]string{"bloqueio_incluir_cliente", "T", "descricao", "Mancha úmida no teto do banheiro; aumenta quando chove.", "assunto", "Infiltração no teto"}, more...)
}

// gateStory is a queue as it looks on a working day; it answers the call that the pictures show.
func (h *house) gateStory() string {
	h.t.Helper()
	n := h.story()
	h.at(26 * time.Hour)
	h.calls("mobuss", "IncluirOcorrencia", opens("id_externo", "SAT-2026-000117", "cod_projeto", "AUR-A-102")...)
	h.at(5 * time.Hour)
	h.calls("mobuss", "IncluirComentario", "id_externo", "C-440", "numero_ocorrencia", "999999", "comentario", "Cliente ausente.")
	h.at(3 * time.Hour)
	h.calls("mobuss", "IncluirOcorrencia", opens("id_externo", "SAT-2026-000121", "cod_projeto", "apto 203 fundos", "cod_bloco", "B", "nome_cliente", "Otavio Sa")...)
	h.at(2 * time.Hour)
	h.sends("casa", "IncluirOcorrencia", `{"cod_projeto": "203", "descricao": "sem fim`)
	h.at(90 * time.Minute)
	h.calls("mobuss", "IncluirComentario", "id_externo", "C-441", "numero_ocorrencia", fmt.Sprint(n), "comentario", "Retorno na sexta.")
	h.calls("mobuss", "IncluirComentario", "id_externo", "C-441", "numero_ocorrencia", fmt.Sprint(n), "comentario", "Retorno na sexta.")
	h.at(40 * time.Minute)
	c := h.calls("mobuss", "IncluirOcorrencia", opens("id_externo", "SAT-2026-000123", "numero_os", "88231", "cod_projeto", "101", "cpf_cnpj", "529.982.247-26",
		"nome_cliente", "Marina Figueredo Prado", "telefone", "(11) 98765-4321", "local", "Banheiro da suíte")...)
	h.at(0)
	if c.Kept == "" {
		h.t.Fatalf("not kept: %+v", c)
	}
	user, _, err := h.UserByLogin(h.t.Context(), "consultor@demo")
	h.must(err)
	h.must(h.AssignCall(h.t.Context(), flowtest.Admin(), c.Kept, user.ID))
	return c.Kept
}

var liveList = regexp.MustCompile(`id="lista" data-live-part hx-get="([^"]+)"`)

func callAt(id string) string { return "/integracao/recebimentos/" + id }

func admin() desk.Actor { return flowtest.Admin() }

// onlyUnit is a unit of block A with its Mobuss id, as an import brings it.
func onlyUnit(number, mobuss string) flow.Registry {
	r := flowtest.Registry()
	units := &r.Developments[0].Blocks[0].Units
	*units = slices.DeleteFunc(*units, func(u flow.RegistryUnit) bool { return u.Number != number })
	(*units)[0].MobussIDHomologation = mobuss
	return r
}
