package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
)

// refusal is an answer that is not a success. A door translates it: the newer generation to a status and a code, the
// older to HTTP 200 with status ERRO (except what a gateway before it would answer), the controls to a status and a
// message.
type refusal struct {
	status  int
	code    string
	message string
	gateway bool // said before the method is reached: a real status in both generations
}

func (r *refusal) Error() string { return r.code + ": " + r.message }

func invalidField(name, why string) *refusal {
	return &refusal{status: http.StatusUnprocessableEntity, code: "SAT-AT001", message: "Campo " + name + ": " + why}
}

func errUnknownOrder() *refusal {
	return &refusal{status: http.StatusNotFound, code: "SAT-AT002",
		message: "Solicitação de atendimento não encontrada"}
}

func errUnreadable(why string) *refusal {
	return &refusal{status: http.StatusBadRequest, code: "SAT-AT000", message: "Conteúdo inválido: " + why}
}

func gatewayError(status int, code, message string) *refusal {
	return &refusal{status: status, code: code, message: message, gateway: true}
}

// asRefusal translates any error; what is not a refusal is the sandbox's own trouble.
func asRefusal(err error) *refusal {
	var r *refusal
	switch {
	case errors.As(err, &r):
		return r
	case errors.Is(err, errClosed):
		return gatewayError(http.StatusServiceUnavailable, "SAT-AT503", "Serviço em encerramento")
	}
	return gatewayError(http.StatusInternalServerError, "SAT-AT500", "Erro interno")
}

// plainJSON is json.Marshal without HTML escapes: nobody shows these texts as HTML, and a kept request stays as it came.
func plainJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	out := json.NewEncoder(&buf)
	out.SetEscapeHTML(false)
	err := out.Encode(v)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	raw, err := plainJSON(body)
	if err != nil {
		http.Error(w, "Erro interno", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(raw, '\n'))
}
