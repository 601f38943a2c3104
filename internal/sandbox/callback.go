package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// The operations of Ponte's webservices that the field calls.
const (
	opOpen    = "IncluirOcorrencia"
	opComment = "IncluirComentario"
	opVisit   = "InformarVistoria"
	opFile    = "IncluirAnexo"
	opMove    = "MovimentarOcorrencia"
	opClose   = "EncerrarOcorrencia"
)

// Return is where Ponte is called back.
type Return struct {
	URL       string `json:"url"` // Ponte's base; its REST or SOAP path after it is taken too. Blank: calls wait
	Token     string `json:"token"`
	Protocolo string `json:"protocolo"` // rest (also if blank) or soap
}

func (r *Return) normalise() error {
	r.Protocolo = strings.ToLower(r.Protocolo)
	if r.Protocolo == "" {
		r.Protocolo = "rest"
	}
	if r.Protocolo != "rest" && r.Protocolo != "soap" {
		return badAction("protocolo %q não existe; use rest ou soap", r.Protocolo)
	}
	r.URL = strings.TrimRight(strings.TrimSpace(r.URL), "/")
	for _, path := range []string{"/ws/rest/v1", "/ws/soap"} {
		r.URL = strings.TrimRight(strings.TrimSuffix(r.URL, path), "/")
	}
	if r.URL == "" {
		return nil
	}
	u, err := url.Parse(r.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return badAction("url inválida: esperava http://endereço ou https://endereço")
	}
	return nil
}

// externalID is Ponte's handle on this very call: the same through every retry, and never given to another.
func (s *state) externalID(seq int64, n int) string { return fmt.Sprintf("%s:c:%d", s.order(seq), n) }

// errand is a call that is ready to be sent.
type errand struct {
	Return
	call
	occurrence string // blank for an opening
	externalID string
	hopeless   string // why it can't be sent at all
}

// serveLane sends the next call of an order, if there is one, and records what became of it.
func (s *Server) serveLane(ctx context.Context, seq int64) next {
	job, want, err := s.nextErrand(seq)
	if err != nil {
		s.cfg.Logger.Error("sandbox: retorno parado, o diário falhou", "erro", err)
		return next{step: laneWait}
	}
	if want != laneMore {
		return next{step: want}
	}
	v := verdict{state: callRefused, trouble: job.hopeless}
	if job.hopeless == "" {
		v = s.send(ctx, job)
	}
	if ctx.Err() != nil && v.state == callQueued {
		return next{step: laneWait}
	}
	level := slog.LevelDebug
	if v.state == callRefused {
		level = slog.LevelInfo
	}
	s.cfg.Logger.Log(ctx, level, "sandbox: retorno", "ordem", s.state.order(seq), "operacao", job.Op, "situacao", v.state,
		"tentativa", job.Attempts+1, "status", v.status, "motivo", v.trouble)
	if err := s.settleCall(seq, job, v); err != nil {
		s.cfg.Logger.Error("sandbox: resultado do retorno não gravado", "erro", err)
		return next{step: laneRetry}
	}
	if v.state == callQueued {
		return next{laneRetry, v.retryAfter}
	}
	return next{step: laneMore}
}

// nextErrand binds the next call of a lane to what is known only now. It answers once the action that queued it is
// durable: Ponte must not hear of what a crash could take back.
func (s *Server) nextErrand(seq int64) (job errand, want step, err error) {
	err = s.read(func(st *state) int64 {
		o := st.bySeq(seq)
		switch {
		case o == nil || o.pending() == nil:
			want = laneEmpty
			return 0
		case st.ret.URL == "":
			want = laneWait
			return 0
		}
		want = laneMore
		job = errand{Return: st.ret, call: *o.pending(), externalID: st.externalID(seq, o.settled+1)}
		if job.Op != opOpen {
			job.occurrence = o.occurrence()
			job.hopeless = o.unaddressed()
		}
		return o.lsn
	})
	return job, want, err
}

// unaddressed says why there is no occurrence that a call could speak of; blank if there is one.
func (o *order) unaddressed() string {
	switch {
	case o.occurrence() != "":
		return ""
	case o.fromField:
		return troubleUnopened
	}
	return troubleNoLegacy
}

// settleCall records a verdict. One that ends the call is durable; the count of attempts that ended nothing is not,
// since who restarts tries again anyway. Ponte's number for an order from the field becomes the order's own (S11).
func (s *Server) settleCall(seq int64, job errand, v verdict) error {
	if v.state == callQueued {
		s.mu.Lock()
		defer s.mu.Unlock()
		if o := s.state.bySeq(seq); o != nil {
			q := &o.calls[job.N-1]
			q.Attempts, q.Status, q.Body, q.Trouble = job.Attempts+1, v.status, v.body, v.trouble
		}
		return nil
	}
	attempts := job.Attempts
	if job.hopeless == "" {
		attempts++
	}
	return s.update(func(t *tx) error {
		if t.bySeq(seq) == nil {
			return nil // forgotten by a reset meanwhile
		}
		return t.write(record{Change: &change{Seq: seq, Number: v.number, Results: []result{{N: job.N,
			State: v.state, Attempts: attempts, Status: v.status, Body: v.body, Trouble: v.trouble}}}})
	})
}

// send makes one attempt.
func (s *Server) send(ctx context.Context, job errand) verdict {
	params := append([][2]string{}, job.Params...)
	if job.Blob != "" {
		content, err := os.ReadFile(s.blobs.path(job.Blob))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return verdict{state: callRefused, trouble: troubleFileGone}
		case err != nil:
			return verdict{state: callQueued, trouble: troubleFileStuck}
		}
		params = append(params, [2]string{"conteudo", encodeContent(content)})
	}
	params = append(params, [2]string{"id_externo", job.externalID})
	var req *http.Request
	var err error
	if job.Protocolo == "soap" {
		req, err = soapRequest(ctx, job, params)
	} else {
		req, err = restRequest(ctx, job, params)
	}
	if err != nil {
		return verdict{state: callQueued, trouble: troubleAddress}
	}
	if job.Token != "" {
		req.Header.Set("Authorization", "Bearer "+job.Token)
	}
	return s.lanes.sender.do(req, job)
}
