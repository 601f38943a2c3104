package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"slices"
)

// The controls steer the sandbox and show what it holds. They ask for no token: whoever runs the sandbox keeps it on
// the loopback address. Faults never touch them.
func (s *Server) routeControls(mux *http.ServeMux) {
	handle := func(pattern string, do func(*http.Request, []byte) (int, any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serveControl(w, r, do) })
	}
	handle("GET /_sandbox/solicitacoes", s.listOrders)
	handle("POST /_sandbox/solicitacoes/{id}/acoes", s.controlAct)
	handle("POST /_sandbox/solicitacoes/{id}/reenviar", s.controlRequeue)
	handle("POST /_sandbox/acoes", s.controlOpen)
	handle("GET /_sandbox/falhas", s.showFaults)
	handle("PUT /_sandbox/falhas", s.putFaults)
	handle("GET /_sandbox/retorno", s.showReturn)
	handle("PUT /_sandbox/retorno", s.putReturn)
	handle("GET /_sandbox/retornos", s.listCalls)
	handle("GET /_sandbox/cadastro", s.showCatalog)
	handle("PUT /_sandbox/cadastro", s.putCatalog)
	handle("POST /_sandbox/reset", s.controlReset)
	handle("GET /healthz", s.health)
	mux.HandleFunc("GET /_sandbox/anexos/{sha256}", s.serveBlob)
}

func message(text string) map[string]string { return map[string]string{"mensagem": text} }

func (s *Server) serveControl(w http.ResponseWriter, r *http.Request,
	do func(*http.Request, []byte) (int, any, error)) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		writeJSON(w, asRefusal(tooLarge(err)).status, message("Requisição maior que 32 MiB ou interrompida"))
		return
	}
	status, answer, err := do(r, body)
	if err != nil {
		s.logInternal(r.Pattern, err)
		known := asRefusal(err)
		writeJSON(w, known.status, message(known.message))
		return
	}
	writeJSON(w, status, answer)
}

// listOrders shows every order, oldest first; idMobuss or idLegado in the query narrow it.
func (s *Server) listOrders(r *http.Request, _ []byte) (int, any, error) {
	list := []controlView{}
	err := s.read(func(st *state) (seen int64) {
		orders := st.orders
		if id := r.URL.Query().Get("idMobuss"); id != "" {
			orders = slices.DeleteFunc([]*order{st.byID(id)}, func(o *order) bool { return o == nil })
		} else if legacy := r.URL.Query().Get("idLegado"); legacy != "" {
			orders = st.byLegacy[legacy]
		}
		for _, o := range orders {
			list = append(list, st.controlView(o))
			seen = max(seen, o.lsn)
		}
		return seen
	})
	return http.StatusOK, list, err
}

func (s *Server) controlAct(r *http.Request, body []byte) (int, any, error) {
	a, err := s.parseAction(body)
	if err != nil {
		return 0, nil, err
	}
	v, err := s.act(r.PathValue("id"), a)
	return http.StatusOK, v, err
}

func (s *Server) controlOpen(_ *http.Request, body []byte) (int, any, error) {
	a, err := s.parseAction(body)
	if err != nil {
		return 0, nil, err
	}
	v, err := s.openFromField(a)
	return http.StatusCreated, v, err
}

func (s *Server) controlRequeue(r *http.Request, _ []byte) (int, any, error) {
	v, err := s.requeue(r.PathValue("id"))
	return http.StatusOK, v, err
}

func (s *Server) showFaults(*http.Request, []byte) (int, any, error) {
	var list []fault
	err := s.read(func(st *state) int64 {
		list = append([]fault{}, st.faults...)
		return s.log.position()
	})
	return http.StatusOK, list, err
}

func (s *Server) putFaults(_ *http.Request, body []byte) (int, any, error) {
	list, err := parseFaults(body)
	if err != nil {
		return 0, nil, badAction("%v", err)
	}
	kept := append([]fault{}, list...)
	err = s.update(func(t *tx) error { return t.write(record{Faults: &kept}) })
	return http.StatusOK, list, err
}

// returnView is the address of the call-backs without its token.
type returnView struct {
	URL       string `json:"url"`
	Protocolo string `json:"protocolo"`
	TemToken  bool   `json:"temToken"`
}

func (r Return) view() returnView { return returnView{r.URL, r.Protocolo, r.Token != ""} }

func (s *Server) showReturn(*http.Request, []byte) (int, any, error) {
	var v returnView
	err := s.read(func(st *state) int64 {
		v = st.ret.view()
		return s.log.position()
	})
	return http.StatusOK, v, err
}

func (s *Server) putReturn(_ *http.Request, body []byte) (int, any, error) {
	var r Return
	if err := json.Unmarshal(body, &r); err != nil {
		return 0, nil, badAction("esperava {url, token, protocolo}: %v", err)
	}
	if err := s.SetReturn(r); err != nil {
		return 0, nil, err
	}
	return s.showReturn(nil, nil)
}

// listCalls shows every call back to Ponte that is kept, per order in the order of their lane.
func (s *Server) listCalls(*http.Request, []byte) (int, any, error) {
	list := []callView{}
	err := s.read(func(st *state) (seen int64) {
		for _, o := range st.orders {
			for i := range o.calls {
				list = append(list, st.callView(o, &o.calls[i]))
				seen = max(seen, o.lsn)
			}
		}
		return seen
	})
	return http.StatusOK, list, err
}

func (s *Server) showCatalog(*http.Request, []byte) (int, any, error) {
	var v registry
	err := s.read(func(st *state) int64 {
		v = st.catalog
		return s.log.position()
	})
	return http.StatusOK, v, err
}

func (s *Server) putCatalog(_ *http.Request, body []byte) (int, any, error) {
	c := registry{Obras: []development{}, Unidades: []string{}}
	if err := json.Unmarshal(body, &c); err != nil {
		return 0, nil, badAction("esperava {obras, unidades}: %v", err)
	}
	err := s.update(func(t *tx) error { return t.write(record{Catalog: &c}) })
	return http.StatusOK, c, err
}

// controlReset forgets orders, faults and queue. The address of the call-backs and the registry stay; the numbering
// goes on, so that no id ever means two orders.
func (s *Server) controlReset(*http.Request, []byte) (int, any, error) {
	err := s.update(func(t *tx) error { return t.write(record{Reset: true}) })
	s.lanes.rouse()
	return http.StatusOK, map[string]string{"status": "ok"}, err
}

// health answers while the process lives and its journal takes what it is given.
func (s *Server) health(*http.Request, []byte) (int, any, error) {
	if err := s.log.trouble(); err != nil {
		return 0, nil, gatewayError(http.StatusServiceUnavailable, "SAT-AT503", "O diário não aceita gravações")
	}
	return http.StatusOK, map[string]string{"status": "ok"}, nil
}

// serveBlob hands out the bytes of an attachment, always as a download.
func (s *Server) serveBlob(w http.ResponseWriter, r *http.Request) {
	sum := r.PathValue("sha256")
	if raw, err := hex.DecodeString(sum); err != nil || len(raw) != sha256.Size {
		writeJSON(w, http.StatusNotFound, message("Anexo não encontrado"))
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", "attachment")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeFile(w, r, s.blobs.path(sum))
}
