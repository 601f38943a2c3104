package mapping

import (
	"maps"
	"slices"
	"strings"

	"ponte/internal/desk"
)

// Window is an address that a person opens in a pop-up from an occurrence that is in a certain status (S7). Nothing is
// sent: it has no body, no header and no credential, and no answer to be judged.
type Window struct {
	Name string `yaml:"nome"`
	// Note is for the reader.
	Note string `yaml:"observacao,omitempty"`
	// Path is as a call's: it follows the environment's URL, and {name} is filled by a row.
	Path   string  `yaml:"caminho"`
	Params []Param `yaml:"parametros"`
}

// call is a window as the one call that it resembles.
func (w Window) call() Call {
	return Call{Method: "GET", Path: w.Path, Body: BodyQuery, Answer: AnswerText, Params: w.Params}
}

func (k *checker) windows(in map[string]Window) map[string]*call {
	out := map[string]*call{}
	for _, code := range slices.Sorted(maps.Keys(in)) {
		at := "integracao.janelas." + code
		switch s, there := k.config.Status(code); {
		case !there:
			k.bad(at, "status_desconhecido")
		case s.Point != desk.NoPoint:
			k.bad(at, "ponto_ou_janela")
		}
		out[code] = k.window(at, in[code])
	}
	return out
}

func (k *checker) window(at string, w Window) *call {
	if w.Name == "" {
		k.bad(at+".nome", "obrigatorio")
	}
	// What a window says of the order may be empty, so the opening need not learn it for its sake.
	asked := k.usesOrder
	k.usesOrder = map[string]string{RefOrderID: at, RefOrderNumber: at}
	c := k.call(at, desk.NoPoint, w.call(), true)
	k.usesOrder = asked
	c.Header = nil
	for i, r := range c.rows {
		row := rowAt(at, i)
		if r.Ref == RefDeliveryID {
			k.bad(row+".referencia", "sem_envio")
		}
		if r.target.place == inHeader {
			k.bad(row+".destino", "janela_so_na_url")
		}
	}
	return c
}

// HasWindow says whether a status offers one.
func (c *Compiled) HasWindow(code string) bool { return c.windows[code] != nil }

// Window shows the address of a status's window for these facts, row by row: its path and query, and what it lacks. An
// order that is not known yet is empty. The error is a *desk.Error of code ErrConfig where the status has none.
func (c *Compiled) Window(code string, f *Facts, refs Refs) (*Trace, error) {
	w := c.windows[code]
	if w == nil {
		return nil, desk.Fail(desk.ErrConfig, "motivo", "status_sem_janela", "status", code)
	}
	return w.trace(f, refs, false), nil
}

// Address is where a traced window leads: below the environment's URL, or at the complete address that the environment
// gives in its place. Empty where neither is known.
func (t *Trace) Address(base, complete string) string {
	address := strings.TrimSuffix(base, "/") + t.Request.Path
	switch {
	case complete != "":
		address = complete
	case base == "":
		return ""
	}
	if t.Request.Query == "" {
		return address
	}
	if strings.Contains(address, "?") {
		return address + "&" + t.Request.Query
	}
	return address + "?" + t.Request.Query
}
