package desk

// Point is an integration point: the one action that a status can cause in Mobuss (S6).
type Point string

const (
	NoPoint    Point = ""
	OpenOrder  Point = "MOBUSS_ISA"
	AddComment Point = "MOBUSS_ICSA"
	AskVisit   Point = "MOBUSS_IVV"
	CloseOrder Point = "MOBUSS_SRSA"

	// SendFile is no status's point: a chosen attachment follows its movement in the lane by it.
	SendFile Point = "MOBUSS_ANEXO"
)

// Points in the order of the source.
var Points = []Point{OpenOrder, AddComment, AskVisit, CloseOrder}

// Configurable says whether a configuration may say how p is called: the four, and SendFile.
func (p Point) Configurable() bool { return p.Valid() || p == SendFile }

// Valid says whether p is one of the four.
func (p Point) Valid() bool {
	return p == OpenOrder || p == AddComment || p == AskVisit || p == CloseOrder
}

// DeliveryState is where an outbound call stands. docs/delivery-states.md draws the ways between them.
type DeliveryState string

const (
	Queued    DeliveryState = "fila"     // to be sent, for the first time or again
	Sending   DeliveryState = "enviando" // bound and durable; a byte may have left
	Delivered DeliveryState = "entregue" // Mobuss has it
	Uncertain DeliveryState = "incerto"  // sent, outcome unknown: look up before anything else
	Refused   DeliveryState = "recusado" // Mobuss said no, or the policy's limit was reached: blocks the lane
	Ignored   DeliveryState = "ignorado" // will not be sent, with the reason
)

// DeliveryStates is all of them.
var DeliveryStates = []DeliveryState{Queued, Sending, Delivered, Uncertain, Refused, Ignored}

// Done says whether the lane may go on to the next message.
func (s DeliveryState) Done() bool { return s == Delivered || s == Ignored }

// CanBecome is the drawing of docs/delivery-states.md as a table. A state can always stay what it is, so that a
// further attempt is recorded; a commit that settles and claims at once takes two ways.
func (s DeliveryState) CanBecome(to DeliveryState) bool {
	if s == to {
		return true
	}
	switch s {
	case Queued:
		return to == Sending || to == Ignored || to == Refused || to == Uncertain
	case Sending:
		return to == Delivered || to == Uncertain || to == Refused || to == Queued
	case Uncertain:
		return to == Delivered || to == Queued || to == Refused || to == Ignored
	case Refused:
		return to == Queued || to == Ignored
	}
	return false
}

// OrderState is what Ponte believes of a service order in Mobuss.
type OrderState string

const (
	OrderOpening   OrderState = "abrindo"    // its opening is queued, sending, unknown or refused
	OrderOpen      OrderState = "aberta"     // Mobuss has it
	OrderClosed    OrderState = "encerrada"  // closed on either side
	OrderAbandoned OrderState = "abandonada" // its opening was skipped by a person
)

// Live says whether the order holds its lane: at most one per lane, by a unique index.
func (s OrderState) Live() bool { return s == OrderOpening || s == OrderOpen }

// CheckPoint says whether a movement may fire p now (RULES.md, "A second opening"). live is the state of the
// lane's live order, or empty; opening is the state of that order's opening delivery, or empty for an order
// that Mobuss opened. resend is true where the movement resends the refused opening instead of a new one.
func CheckPoint(p Point, live OrderState, opening DeliveryState) (resend bool, err *Error) {
	switch {
	case p == OpenOrder && live == OrderOpening && opening == Refused:
		return true, nil
	case p == OpenOrder && live == OrderOpening:
		return false, Fail(ErrTransition, "motivo", "abertura_em_andamento")
	case p == OpenOrder && live == OrderOpen:
		return false, Fail(ErrTransition, "motivo", "ordem_aberta")
	case p != OpenOrder && (!live.Live() || live == OrderOpening && opening == Refused):
		return false, Fail(ErrTransition, "motivo", "sem_ordem")
	}
	return false, nil
}
