package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
)

// The types of fault. CONTRACT.md says of each whether it does what was asked.
const (
	fault500         = "http_500"
	fault503         = "http_503_retry_after"
	fault429         = "http_429"
	faultError200    = "erro_200"
	faultTimeout     = "timeout_apos_aceitar"
	faultAcceptLate  = "aceita_depois"
	faultCut         = "conexao_cortada"
	faultCutBefore   = "cortada_antes"
	faultSlow        = "lento"
	faultInvalidBody = "corpo_invalido"
	faultRefuse      = "recusar"
)

func faultTypes() []string {
	return []string{fault500, fault503, fault429, faultError200, faultTimeout, faultAcceptLate, faultCut,
		faultCutBefore, faultSlow, faultInvalidBody, faultRefuse}
}

// defaultSlow is how long "lento" takes where "ms" says nothing.
const defaultSlow = 1000

// fault is one wish for trouble: for the next Count calls, or for each call with a probability.
type fault struct {
	Method      string   `json:"metodo"`
	Type        string   `json:"tipo"`
	Count       *int     `json:"quantas,omitempty"` // what is left of it
	Probability *float64 `json:"probabilidade,omitempty"`
	MS          int      `json:"ms,omitempty"`
	Fired       int      `json:"disparadas"` // how often so far; ignored when put
}

// fired counts one firing.
func (f *fault) fired() {
	f.Fired++
	if f.Count != nil {
		left := *f.Count - 1
		f.Count = &left
	}
}

// fires rolls the die, where there is one.
func (f *fault) fires(method string, roll func() float64) bool {
	if f.Method != "*" && f.Method != method {
		return false
	}
	if f.Count != nil {
		return *f.Count > 0
	}
	return roll() < *f.Probability
}

func (f *fault) check() error {
	if f.Method == "" {
		f.Method = "*"
	}
	if f.Method != "*" && !slices.ContainsFunc(apiMethods(), func(m method) bool { return m.name == f.Method }) {
		return fmt.Errorf("metodo %q não existe", f.Method)
	}
	if !slices.Contains(faultTypes(), f.Type) {
		return fmt.Errorf("tipo %q não existe; use um de: %s", f.Type, strings.Join(faultTypes(), ", "))
	}
	if (f.Count == nil) == (f.Probability == nil) {
		return errors.New("informe quantas ou probabilidade (um dos dois)")
	}
	if f.Count != nil && *f.Count < 0 {
		return errors.New("quantas não pode ser negativo")
	}
	if p := f.Probability; p != nil && (*p < 0 || *p > 1) {
		return errors.New("probabilidade vai de 0 a 1")
	}
	if f.MS < 0 || f.MS > 10*60*1000 {
		return errors.New("ms vai de 0 a 600000")
	}
	f.Fired = 0
	return nil
}

// parseFaults reads the whole list or nothing.
func parseFaults(body []byte) ([]fault, error) {
	in := json.NewDecoder(bytes.NewReader(body))
	in.DisallowUnknownFields()
	list := []fault{}
	if err := in.Decode(&list); err != nil {
		return nil, fmt.Errorf("esperava uma lista JSON de falhas: %w", err)
	}
	if _, err := in.Token(); err != io.EOF {
		return nil, errors.New("há algo depois da lista JSON")
	}
	if list == nil {
		return nil, errors.New("esperava uma lista JSON de falhas, veio null")
	}
	for i := range list {
		if err := list[i].check(); err != nil {
			return nil, fmt.Errorf("falha %d: %w", i+1, err)
		}
	}
	return list, nil
}

// pickFault answers the first fault of the list that fires for a call, and counts it durably; nil: none.
func (s *Server) pickFault(method string) (*fault, error) {
	s.mu.RLock()
	none := len(s.state.faults) == 0
	s.mu.RUnlock()
	if none {
		return nil, nil
	}
	var hit *fault
	err := s.update(func(t *tx) error {
		for i := range t.faults {
			if f := t.faults[i]; f.fires(method, rand.Float64) {
				hit = &f
				return t.write(record{Fired: &i})
			}
		}
		return nil
	})
	return hit, err
}
