// Package crashpoint marks the places at which the crash tests kill the process. In a release build the marks do
// nothing; built with the tag "crashpoints", the process kills itself with SIGKILL at the mark that
// PONTE_CRASH_AT names ("depois_do_envio:17": the seventeenth time it is passed).
package crashpoint

// The named points of the delivery's way.
const (
	BeforeClaim  = "antes_da_reserva" // lanes claimed and requests bound, not yet durable
	AfterClaim   = "depois_da_reserva"
	AfterSend    = "depois_do_envio"
	BeforeSettle = "antes_do_registro" // the outcome written, not yet durable
)

// Points of other work that goes on behind a crash, or says that it was cut off.
const (
	AfterChunk = "depois_do_pedaco" // some rows of an import durable, more to come
	AfterCase  = "depois_do_caso"   // a case of a conformance run recorded
	// AfterLetter: the mail server has a letter, and nobody has written that down.
	AfterLetter = "depois_da_carta"
)

// Names are those of the delivery's way, in the order in which a delivery passes them.
var Names = []string{BeforeClaim, AfterClaim, AfterSend, BeforeSettle}
