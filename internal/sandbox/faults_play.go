package sandbox

import (
	"net"
	"net/http"
	"time"
)

// playFault gives a call the trouble that was wished for. do is what the method would have done, durably.
func (s *Server) playFault(w http.ResponseWriter, r *http.Request, g generation, f fault, do func() (any, error)) {
	switch f.Type {
	case fault500:
		g.answer(w, nil, gatewayError(http.StatusInternalServerError, "SAT-AT500", "Erro interno (falha pedida)"))
	case fault503:
		w.Header().Set("Retry-After", "1")
		g.answer(w, nil, gatewayError(http.StatusServiceUnavailable, "SAT-AT503", "Indisponível (falha pedida)"))
	case fault429:
		w.Header().Set("Retry-After", "1")
		g.answer(w, nil, gatewayError(http.StatusTooManyRequests, "SAT-AT429", "Muitas chamadas (falha pedida)"))
	case faultError200:
		writeJSON(w, http.StatusOK, map[string]string{"status": "ERRO", "mensagem": "Erro com HTTP 200 (falha pedida)"})
	case faultRefuse:
		g.answer(w, nil, &refusal{status: http.StatusUnprocessableEntity, code: "SAT-AT099",
			message: "Recusado pela regra de negócio (falha pedida)"})
	case faultInvalidBody:
		_, _ = do()
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write([]byte(`{"idMobuss": <<<resposta ilegível`))
	case faultCutBefore:
		cut(w)
	case faultCut:
		_, _ = do()
		cut(w)
	case faultTimeout:
		_, _ = do()
		s.hold(r)
		cut(w)
	case faultAcceptLate:
		s.acceptLate(w, r, f, do)
	case faultSlow:
		s.answerSlowly(w, g, f, do)
	}
}

// acceptLate does nothing until the caller has given up, and then does it all the same.
func (s *Server) acceptLate(w http.ResponseWriter, r *http.Request, f fault, do func() (any, error)) {
	defer s.lateWork()()
	s.hold(r)
	s.pause(f.MS)
	_, _ = do()
	cut(w)
}

// answerSlowly does it after a while, whether or not the caller still waits, as a slow server would.
func (s *Server) answerSlowly(w http.ResponseWriter, g generation, f fault, do func() (any, error)) {
	defer s.lateWork()()
	if f.MS == 0 {
		f.MS = defaultSlow
	}
	s.pause(f.MS)
	body, err := do()
	g.answer(w, body, err)
}

// hold waits until the caller goes away; not for ever, and not past Stop.
func (s *Server) hold(r *http.Request) {
	limit := time.NewTimer(s.holdLimit)
	defer limit.Stop()
	select {
	case <-r.Context().Done():
	case <-limit.C:
	case <-s.quit:
	}
}

// pause waits some milliseconds; Stop cuts it short.
func (s *Server) pause(ms int) {
	t := time.NewTimer(time.Duration(ms) * time.Millisecond)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.quit:
	}
}

// cut ends the connection without a byte of an answer: with a reset where the server lets go of the connection,
// else as the server does it.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
