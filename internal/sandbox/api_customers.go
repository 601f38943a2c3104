package sandbox

import (
	"net/http"
	"slices"
)

// customerOrder is an order in the list of a customer's requests.
type customerOrder struct {
	ID             string    `json:"id"`
	NumSolicitacao string    `json:"numSolicitacao"`
	IDLegado       string    `json:"idLegado"`
	Situacao       situation `json:"situacao"`
}

// customerOrders lists a customer's orders, oldest first; a customer without any has an empty list.
func (s *Server) customerOrders(q *request) (any, error) {
	f := q.reader()
	who := document(f.required("numCPFCNPJ"))
	if err := f.failed(); err != nil {
		return nil, err
	}
	list := []customerOrder{}
	err := s.read(func(st *state) (seen int64) {
		for _, o := range st.byCustomer[who] {
			list = append(list, customerOrder{st.order(o.seq), o.numSolicitacao(), o.legacy, o.status})
			seen = max(seen, o.lsn)
		}
		return seen
	})
	return map[string]any{"solicitacaoAtendimento": list}, err
}

// findCustomer answers what the orders tell of a customer: the sandbox has no registry of people.
func (s *Server) findCustomer(q *request) (any, error) {
	f := q.reader()
	who := document(f.required("cpfCnpj"))
	if err := f.failed(); err != nil {
		return nil, err
	}
	var out struct {
		CPFCNPJ  string `json:"cpfCnpj"`
		Nome     string `json:"nome"`
		Email    string `json:"email"`
		Telefone string `json:"telefone"`
	}
	err := s.read(func(st *state) int64 {
		// The newest order that names the customer speaks for them.
		var seen int64
		for _, o := range slices.Backward(st.byCustomer[who]) {
			texts := o.texts("nomeSolicitante", "emailSolicitante", "telefoneSolicitante")
			out.CPFCNPJ, out.Nome, out.Email, out.Telefone = who, texts[0], texts[1], texts[2]
			if seen = max(seen, o.lsn); out.Nome != "" {
				break
			}
		}
		return seen
	})
	if err == nil && out.CPFCNPJ == "" {
		err = &refusal{status: http.StatusNotFound, code: "SAT-AT003", message: "Cliente não encontrado"}
	}
	return out, err
}
