package desk

// CorrectionWay is what a correction of unit or customer does about the order in the field. Mobuss has no method that changes an
// order's unit or customer, so these are all the ways that there are.
type CorrectionWay string

const (
	// CorrectHere changes the record alone.
	CorrectHere CorrectionWay = "aqui"
	// CorrectTell tells the field in a comment, by the status with MOBUSS_ICSA.
	CorrectTell CorrectionWay = "comentario"
	// CorrectAnew closes the order, by the status with MOBUSS_SRSA. Once it is closed the occurrence is reopened and sent, which
	// opens the next order for the right unit: at no time are there two.
	CorrectAnew CorrectionWay = "nova_ordem"
)

// OrderStanding is how far an occurrence's order has come, for whoever wants to change what it says.
type OrderStanding string

const (
	NoOrder      OrderStanding = "nenhuma"    // none lives
	OrderWaits   OrderStanding = "espera"     // its opening waits and has never been sent
	OrderRefused OrderStanding = "recusada"   // its opening was refused: sending it again takes the new values
	OrderLeaving OrderStanding = "a_caminho"  // its opening was sent, and what became of it is not known yet
	OrderThere   OrderStanding = "no_campo"   // it is open over there
	OrderByField OrderStanding = "do_campo"   // it is open, and Mobuss opened it
	OrderClosing OrderStanding = "encerrando" // its closing is on the way
)

// Standing says how far the order is. opening and closing are its deliveries' states; unsent: nothing of the opening was ever sent.
func Standing(live OrderState, openedBy Origin, opening DeliveryState, unsent bool, closing bool) OrderStanding {
	switch {
	case !live.Live():
		return NoOrder
	case closing:
		return OrderClosing
	case live == OrderOpen && openedBy == Field:
		return OrderByField
	case live == OrderOpen:
		return OrderThere
	case opening == Refused:
		return OrderRefused
	case opening == Queued && unsent:
		return OrderWaits
	}
	return OrderLeaving
}

// InField says that the field has the order, or may have it.
func (s OrderStanding) InField() bool {
	return s == OrderThere || s == OrderByField || s == OrderLeaving || s == OrderClosing
}
