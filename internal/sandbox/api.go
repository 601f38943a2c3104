package sandbox

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// maxBody is the largest request, attachments included.
const maxBody = 32 << 20

// method is one method of the area assistencia/solicitacao. The same work serves both generations.
type method struct {
	name string
	do   func(*Server, *request) (any, error)
}

func apiMethods() []method {
	return []method{
		{"incluirSolicitacaoAtendimento", (*Server).openOrder},
		{"consultarSolicitacaoAtendimento", (*Server).findOrder},
		{"incluirComentarioSolicitacaoAtendimento", (*Server).addComment},
		{"encerrarSolicitacaoAtendimento", (*Server).closeOrder},
		{"consultarDisponibilidadeAgendamento", (*Server).freeSlots},
		{"incluirAgendamentoVisitaSolicitacao", (*Server).addVisit},
		{"cancelarAgendamentoVisitaSolicitacao", (*Server).cancelVisit},
		{"incluirAnexoSolicitacaoAtendimento", (*Server).addFile},
		{"consultarCliente", (*Server).findCustomer},
		{"consultarSolicitacoesCliente", (*Server).customerOrders},
		{"consultarObrasEmpresa", (*Server).developments},
	}
}

// generation is one way of speaking: where the methods lie, what a token looks like, how an answer is said.
type generation struct {
	prefix string
	older  bool
}

func (s *Server) routeAPI(mux *http.ServeMux) {
	for _, g := range []generation{
		{prefix: "/ccapi/assistencia/solicitacao/v1/"},
		{prefix: "/ccweb/rest/v1/assistencia/solicitacao/", older: true},
	} {
		for _, m := range apiMethods() {
			mux.HandleFunc(g.prefix+m.name, func(w http.ResponseWriter, r *http.Request) { s.serveAPI(w, r, g, m) })
		}
		mux.HandleFunc(g.prefix, func(w http.ResponseWriter, r *http.Request) {
			g.answer(w, nil, gatewayError(http.StatusNotFound, "SAT-AT404", "Método inexistente"))
		})
	}
}

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request, g generation, m method) {
	begun := time.Now()
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		g.answer(w, nil, gatewayError(http.StatusMethodNotAllowed, "SAT-AT405", "Use POST"))
		return
	}
	if !s.allowed(r, g) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		g.answer(w, nil, gatewayError(http.StatusUnauthorized, "SAT-AT401", "Token ausente ou inválido"))
		return
	}
	req, err := s.readRequest(w, r, g)
	if err != nil {
		g.answer(w, nil, err)
		return
	}
	defer req.upload.discard()
	f, err := s.pickFault(m.name)
	if err != nil {
		g.answer(w, nil, err)
		return
	}
	kind := ""
	if f != nil {
		kind = f.Type
	}
	// Deferred, because a cut connection may end in a panic.
	defer func() {
		s.cfg.Logger.Debug("sandbox: chamada", "metodo", m.name, "antiga", g.older, "falha", kind,
			"duracao", time.Since(begun))
	}()
	do := func() (any, error) {
		body, err := m.do(s, req)
		s.logInternal(m.name, err)
		return body, err
	}
	if f != nil {
		s.playFault(w, r, g, *f, do)
		return
	}
	body, err := do()
	g.answer(w, body, err)
}

// logInternal logs what is nobody's refusal.
func (s *Server) logInternal(what string, err error) {
	var known *refusal
	if err != nil && !errors.As(err, &known) && !errors.Is(err, errClosed) {
		s.cfg.Logger.Error("sandbox: erro interno", "metodo", what, "erro", err)
	}
}

// allowed compares the token; the older generation also takes it in a header of that name, beside companyID and
// idObra, which it does not check.
func (s *Server) allowed(r *http.Request, g generation) bool {
	given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if g.older && given == "" {
		given = r.Header.Get("token")
	}
	return subtle.ConstantTimeCompare([]byte(strings.TrimSpace(given)), []byte(s.cfg.Token)) == 1
}

// answer says a success or a failure in the generation's own way.
func (g generation) answer(w http.ResponseWriter, body any, err error) {
	switch {
	case err == nil && !g.older:
		writeJSON(w, http.StatusOK, body)
	case err == nil:
		writeJSON(w, http.StatusOK, withStatusOK{body})
	default:
		g.refuse(w, asRefusal(err))
	}
}

func (g generation) refuse(w http.ResponseWriter, r *refusal) {
	switch {
	case !g.older:
		writeJSON(w, r.status, map[string]string{"codigoInterno": r.code, "mensagem": r.message})
	case r.gateway:
		writeJSON(w, r.status, olderFailure(r))
	default:
		writeJSON(w, http.StatusOK, olderFailure(r))
	}
}

// olderFailure keeps the code inside the text: no member for it was seen in the older generation.
func olderFailure(r *refusal) map[string]string {
	return map[string]string{"status": "ERRO", "mensagem": r.code + " - " + r.message}
}

// withStatusOK puts "status":"OK" before the members of an answer that is a JSON object.
type withStatusOK struct{ body any }

func (a withStatusOK) MarshalJSON() ([]byte, error) {
	raw, err := plainJSON(a.body)
	if err != nil {
		return nil, err
	}
	out := append([]byte(nil), `{"status":"OK"`...)
	if len(raw) > 2 {
		out = append(out, ',')
	}
	return append(out, raw[1:]...), nil
}

// request is a call that was read to its end, so that a caller who gives up is noticed from then on.
type request struct {
	older  bool
	header http.Header
	raw    json.RawMessage // the JSON object as it came; nil if unreadable or multipart
	fields map[string]json.RawMessage
	upload *upload
	broken *refusal // why there are no fields
}

// readRequest fails only where nothing could be read; a body that makes no sense is for the method to refuse, because
// a fault comes first.
func (s *Server) readRequest(w http.ResponseWriter, r *http.Request, g generation) (*request, error) {
	req := &request{older: g.older, header: r.Header}
	in := http.MaxBytesReader(w, r.Body, maxBody)
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "multipart/form-data" {
		var err error
		req.upload, err = s.readUpload(in, params["boundary"])
		var bad *refusal
		if errors.As(err, &bad) {
			req.broken, err = bad, nil
		}
		if _, drainErr := io.Copy(io.Discard, in); err == nil {
			err = drainErr
		}
		if err != nil {
			req.upload.discard()
			return nil, tooLarge(err)
		}
		return req, nil
	}
	body, err := io.ReadAll(in)
	if err != nil {
		return nil, tooLarge(err)
	}
	req.parse(body)
	return req, nil
}

func tooLarge(err error) error {
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return gatewayError(http.StatusRequestEntityTooLarge, "SAT-AT413", "Requisição maior que 32 MiB")
	}
	if err != nil {
		return gatewayError(http.StatusBadRequest, "SAT-AT000", "Requisição interrompida")
	}
	return nil
}

// parse reads a JSON object; in the older generation an array of one is taken for what it holds.
func (q *request) parse(body []byte) {
	body = bytes.TrimSpace(body)
	if q.older && len(body) > 0 && body[0] == '[' {
		var list []json.RawMessage
		if json.Unmarshal(body, &list) != nil || len(list) != 1 {
			q.broken = errUnreadable("esperava uma lista JSON com um único objeto")
			return
		}
		body = list[0]
	}
	if err := json.Unmarshal(body, &q.fields); err != nil || q.fields == nil {
		q.broken = errUnreadable("esperava um objeto JSON")
		return
	}
	q.raw = body
}

// compact is the request as it came, without blanks and in memory of its own.
func (q *request) compact() json.RawMessage {
	var buf bytes.Buffer
	if json.Compact(&buf, q.raw) != nil {
		return nil
	}
	return bytes.Clone(buf.Bytes())
}
