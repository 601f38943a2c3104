package mapping

import (
	"time"

	"ponte/internal/desk"
)

// Reconcile is how the field's tool is asked what it holds, to be compared with what Ponte believes. Without it nothing
// is compared.
type Reconcile struct {
	Note string `yaml:"observacao,omitempty"`
	// Every is the time from the beginning of one scheduled run to that of the next. Zero: only on demand.
	Every Duration `yaml:"intervalo,omitempty"`
	// PerMinute bounds how many orders and customers are looked at. Zero is DefaultPerMinute.
	PerMinute int `yaml:"por_minuto,omitempty"`
	// Grace is how old news of the field must be before it is missed: its call-back may be on its way.
	Grace Duration `yaml:"carencia,omitempty"`
	// ClosedFor is for how long an order that is closed here is still compared. Zero is DefaultClosedFor.
	ClosedFor Duration `yaml:"encerradas_por,omitempty"`
	// Take are the findings that are taken in without a person, of desk.ByItself: where the tool never calls back, this
	// is how its news comes.
	Take []desk.FindingKind `yaml:"trazer,flow,omitempty"`
	// Steps are the statuses that a state of the order means here, by what situacao extracts.
	Steps map[string]string `yaml:"situacoes,omitempty"`
	// Order asks for one order by its id; mandatory.
	Order *OrderQuestion `yaml:"ordem,omitempty"`
	// ByLegacy asks for the orders that carry an id of ours.
	ByLegacy *OrderQuestion `yaml:"por_id_legado,omitempty"`
	// OfCustomer asks for all orders of a customer.
	OfCustomer *CustomerQuestion `yaml:"do_cliente,omitempty"`
}

// What a document that says nothing of it has.
const (
	DefaultPerMinute = 60
	DefaultClosedFor = 7 * 24 * time.Hour
)

// MostPerMinute bounds what a configuration may ask for.
const MostPerMinute = 6000

// leastInterval keeps a schedule from being a loop.
const leastInterval = time.Second

// Pace is how many looks a minute may have.
func (r *Reconcile) Pace() int {
	if r.PerMinute == 0 {
		return DefaultPerMinute
	}
	return r.PerMinute
}

// Closed is for how long closed orders are compared.
func (r *Reconcile) Closed() time.Duration {
	if r.ClosedFor == 0 {
		return DefaultClosedFor
	}
	return r.ClosedFor.Std()
}

// OrderQuestion is a call that answers one order, and what its answer says. The expressions see what those of a look-up
// see; those that find nothing, or fail, say nothing.
type OrderQuestion struct {
	Note string `yaml:"observacao,omitempty"`
	Call `yaml:",inline"`
	// Found, NotFound and RetryIf are as a look-up's. What says neither is no answer.
	Found    string `yaml:"achado"`
	NotFound string `yaml:"nao_achado"`
	RetryIf  string `yaml:"repetir_se,omitempty"`
	// Open and Closed must each be said.
	Open   string `yaml:"aberta,omitempty"`
	Closed string `yaml:"encerrada,omitempty"`
	// OrderID, Number and LegacyID are texts; Copies is how many orders carry the id of ours that was asked for.
	OrderID  string `yaml:"id_mobuss,omitempty"`
	Number   string `yaml:"numero_os,omitempty"`
	LegacyID string `yaml:"id_legado,omitempty"`
	Copies   string `yaml:"quantidade,omitempty"`
	// Situation is the order's state, for Steps.
	Situation string `yaml:"situacao,omitempty"`
	Solution  string `yaml:"solucao,omitempty"`
	ClosedAt  string `yaml:"encerrada_em,omitempty"`

	Comments *ListRule `yaml:"comentarios,omitempty"`
	Visits   *ListRule `yaml:"visitas,omitempty"`
}

// ListRule takes apart a list in an answer. List is an expression over the answer; the others see each of its items as
// item as well, and are texts. Those of a comment are Text, Author and At; those of a visit State (agendada, realizada,
// cancelada; anything else is no news), Start, End, Author (the technician) and Text.
type ListRule struct {
	List     string `yaml:"lista"`
	ID       string `yaml:"id,omitempty"`
	LegacyID string `yaml:"id_legado,omitempty"`
	Text     string `yaml:"texto,omitempty"`
	Author   string `yaml:"autor,omitempty"`
	At       string `yaml:"data,omitempty"`
	State    string `yaml:"situacao,omitempty"`
	Start    string `yaml:"inicio,omitempty"`
	End      string `yaml:"fim,omitempty"`
}

// CustomerQuestion is a call that answers the orders of a customer.
type CustomerQuestion struct {
	Note string `yaml:"observacao,omitempty"`
	Call `yaml:",inline"`
	// Found says that the answer is a list, perhaps an empty one.
	Found   string `yaml:"achado"`
	RetryIf string `yaml:"repetir_se,omitempty"`
	// List is an expression over the answer; the others see each item as item.
	List     string `yaml:"lista"`
	OrderID  string `yaml:"id_mobuss"`
	Number   string `yaml:"numero_os,omitempty"`
	LegacyID string `yaml:"id_legado,omitempty"`
	Closed   string `yaml:"encerrada,omitempty"`
}

// Addresses of the questions, as Place.URLs names them.
const (
	AddressOrder    = "conciliacao.ordem"
	AddressByLegacy = "conciliacao.por_id_legado"
	AddressCustomer = "conciliacao.do_cliente"
)

func isQuestion(action string) bool {
	return action == AddressOrder || action == AddressByLegacy || action == AddressCustomer
}

// calls are those of the block, by what they are called below integracao.
func (r *Reconcile) calls() map[string]Call {
	out := map[string]Call{}
	if r == nil {
		return out
	}
	if r.Order != nil {
		out[AddressOrder] = r.Order.Call
	}
	if r.ByLegacy != nil {
		out[AddressByLegacy] = r.ByLegacy.Call
	}
	if r.OfCustomer != nil {
		out[AddressCustomer] = r.OfCustomer.Call
	}
	return out
}
