package sandbox

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// situation is where an order stands; the words are those of the API.
type situation string

const (
	orderOpen      situation = "aberta"
	orderScheduled situation = "agendada"
	orderInspected situation = "vistoriada"
	orderRepaired  situation = "executada"
	orderClosed    situation = "encerrada"
)

// The states of a visit.
const (
	visitRequested = "solicitada"
	visitScheduled = "agendada"
	visitDone      = "realizada"
	visitCancelled = "cancelada"
)

// firstOrder is the numSolicitacao of the first order.
const firstOrder = 88001

// order is one service order. Thousands lie in memory at once, so what can be derived (its id, its first number) is
// not stored, and what is seldom asked for stays in data as it came.
type order struct {
	seq       int64
	lsn       int64 // the journal position of its last change: an answer that shows it waits for that
	openedAt  int64
	legacy    string
	unit      string
	customer  string // CPF or CNPJ without punctuation
	number    string // numSolicitacao once Ponte renumbered it; blank: derived from seq
	data      json.RawMessage
	status    situation
	fromField bool
	comments  []comment
	visits    []visit
	files     []file
	calls     []call
	settled   int // how many calls at the front are settled
	closing   *closing
}

// numSolicitacao is the number people see: the order's own, until Ponte's answer replaces it (S11).
func (o *order) numSolicitacao() string {
	if o.number != "" {
		return o.number
	}
	return o.firstNumber()
}

// firstNumber is the number that the order had at first.
func (o *order) firstNumber() string { return strconv.FormatInt(firstOrder-1+o.seq, 10) }

// reopened is the suffix of an order that Ponte opened again for the same occurrence: "1234-2".
var reopened = regexp.MustCompile(`^(.+)-\d+$`)

// occurrence is Ponte's number for this order, blank while it is not known.
func (o *order) occurrence() string {
	if o.fromField {
		return o.number
	}
	if m := reopened.FindStringSubmatch(o.legacy); m != nil {
		return m[1]
	}
	return o.legacy
}

// texts reads fields of the request that opened the order; blank what is absent or no scalar.
func (o *order) texts(names ...string) []string {
	var fields map[string]json.RawMessage
	out := make([]string, len(names))
	if json.Unmarshal(o.data, &fields) == nil {
		for i, name := range names {
			out[i], _ = scalar(fields[name])
		}
	}
	return out
}

type comment struct {
	Text   string `json:"x"`
	Author string `json:"u,omitempty"`
	At     int64  `json:"t"`
	Legacy string `json:"l,omitempty"`
	Field  bool   `json:"m,omitempty"` // the technician's own, not the house's
}

type visit struct {
	N          int    `json:"n"` // its place among the order's visits, from 1
	Kind       string `json:"k"`
	Purpose    string `json:"p,omitempty"`
	Start      int64  `json:"i,omitempty"` // 0: no date yet
	End        int64  `json:"f,omitempty"`
	Situation  string `json:"e"`
	Technician string `json:"q,omitempty"`
	Legacy     string `json:"l,omitempty"`
}

type file struct {
	Name   string `json:"n"`
	Type   string `json:"c,omitempty"`
	Size   int64  `json:"z"`
	SHA256 string `json:"h"`
	At     int64  `json:"t"`
	Legacy string `json:"l,omitempty"`
	Field  bool   `json:"m,omitempty"` // as of a comment
}

type closing struct {
	Solution string `json:"x,omitempty"`
	At       int64  `json:"t"`
}

// The states of a call back to Ponte.
const (
	callQueued    = "fila"
	callDelivered = "entregue"
	callRefused   = "recusado"
)

// call is one call back to Ponte. Everything but the occurrence's number is frozen with the technician's action.
type call struct {
	N        int         `json:"n"` // its place in the order's lane, from 1; part of its id_externo
	Op       string      `json:"o"`
	Params   [][2]string `json:"p"`
	Blob     string      `json:"h,omitempty"` // sha256 of the bytes that become "conteudo"
	At       int64       `json:"t"`
	State    string      `json:"e"`
	Attempts int         `json:"a,omitempty"`
	Status   int         `json:"s,omitempty"`
	Body     string      `json:"b,omitempty"`
	Trouble  string      `json:"w,omitempty"`
}

// ids are spelt from the installation's epoch and a place, so that nothing need be indexed and no two
// installations, nor one before and after a reset, ever speak of the same thing.
type ids struct{ epoch string }

func (d ids) order(seq int64) string { return fmt.Sprintf("SAT-%s-%06d", d.epoch, seq) }

// part names the n-th (from 1) comment (COM), visit (VIS) or file (ANX) of an order.
func (d ids) part(kind string, seq int64, n int) string {
	return fmt.Sprintf("%s-%s-%06d-%d", kind, d.epoch, seq, n)
}

func (d ids) parseOrder(id string) (seq int64, ok bool) {
	digits, ok := strings.CutPrefix(id, "SAT-"+d.epoch+"-")
	if !ok {
		return 0, false
	}
	seq, err := strconv.ParseInt(digits, 10, 64)
	return seq, err == nil && d.order(seq) == id
}

func (d ids) parsePart(kind, id string) (seq int64, n int, ok bool) {
	rest, ok := strings.CutPrefix(id, kind+"-"+d.epoch+"-")
	if !ok {
		return 0, 0, false
	}
	digits, place, ok := strings.Cut(rest, "-")
	if !ok {
		return 0, 0, false
	}
	seq, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, 0, false
	}
	n, err = strconv.Atoi(place)
	return seq, n, err == nil && d.part(kind, seq, n) == id
}

// scalar reads a JSON string, number or boolean as text; null and absent are blank. Not ok: an object or an array.
func scalar(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", true
	}
	switch raw[0] {
	case '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err == nil
	case '{', '[':
		return "", false
	}
	return string(raw), true
}

// document strips a CPF or CNPJ of its punctuation; CNPJs may hold letters.
func document(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z':
			return r
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return -1
	}, s)
}
