package desk

import "slices"

// FindingKind is a way in which Mobuss and Ponte can differ.
type FindingKind string

const (
	OrderMissing   FindingKind = "ordem_ausente"      // we believe it is there, and Mobuss does not know it
	OrderUnknown   FindingKind = "ordem_desconhecida" // Mobuss has it, and we know of none such
	OrderDoubled   FindingKind = "ordem_duplicada"    // several carry one id of ours
	ClosedThere    FindingKind = "encerrada_la"       // and open here
	ClosedHere     FindingKind = "encerrada_aqui"     // and open there
	NumberDrifted  FindingKind = "numero_mudou"
	StepUntold     FindingKind = "situacao_deles" // the order has come to a state that we were not told of
	OurCommentLost FindingKind = "comentario_nosso"
	CommentUntold  FindingKind = "comentario_deles"
	OurVisitLost   FindingKind = "visita_nossa"
	VisitUntold    FindingKind = "visita_deles"
	DeliveryThere  FindingKind = "envio_chegou" // it waits for a person here, and is there
)

// FindingKinds in the order of what they mean for the customer, the worst first.
var FindingKinds = []FindingKind{OrderMissing, OrderDoubled, ClosedThere, ClosedHere, OrderUnknown, DeliveryThere, OurCommentLost,
	OurVisitLost, CommentUntold, VisitUntold, StepUntold, NumberDrifted}

// Valid says whether k is one of them.
func (k FindingKind) Valid() bool { return slices.Contains(FindingKinds, k) }

// FindingState is what became of a finding.
type FindingState string

const (
	FindingOpen    FindingState = "aberto"
	FindingMended  FindingState = "corrigido"
	FindingIgnored FindingState = "ignorado" // known, with a reason; not found again
	FindingGone    FindingState = "sumiu"    // a later look no longer found it
)

// FindingStates is all of them.
var FindingStates = []FindingState{FindingOpen, FindingMended, FindingIgnored, FindingGone}

// Mend is what can be done about a finding.
type Mend string

const (
	MendOpenAgain Mend = "abrir_de_novo" // open another order for the occurrence
	MendTie       Mend = "amarrar"       // believe that this order is the occurrence's
	MendCloseHere Mend = "encerrar_aqui" // take over the closing, as news from the field
	MendCloseFar  Mend = "encerrar_la"   // send the closing
	MendNumber    Mend = "adotar_numero"
	MendTakeIn    Mend = "trazer"      // take the news in, as if it had been called in
	MendSendAgain Mend = "enviar_nova" // send what was lost once more
	MendConfirm   Mend = "confirmar"   // the delivery has arrived
	MendIgnore    Mend = "ignorar"     // known, with a reason
)

// mends are those of each kind; the first is what is proposed. Every finding can be ignored with a reason.
var mends = map[FindingKind][]Mend{
	OrderMissing:   {MendOpenAgain, MendTie},
	OrderUnknown:   {MendTie},
	OrderDoubled:   {MendTie},
	ClosedThere:    {MendCloseHere},
	ClosedHere:     {MendCloseFar},
	NumberDrifted:  {MendNumber},
	StepUntold:     {MendTakeIn},
	OurCommentLost: {MendSendAgain},
	CommentUntold:  {MendTakeIn},
	OurVisitLost:   {MendSendAgain},
	VisitUntold:    {MendTakeIn},
	DeliveryThere:  {MendConfirm},
}

// Proposed is the mend of a kind; empty where only a person in Mobuss can mend it.
func (k FindingKind) Proposed() Mend {
	if m := mends[k]; len(m) > 0 && k != OrderDoubled { // which of them is too many, only somebody in Mobuss can say
		return m[0]
	}
	return ""
}

// Allows says whether a mend fits the kind.
func (k FindingKind) Allows(m Mend) bool { return m == MendIgnore || slices.Contains(mends[k], m) }

// InBulk says whether the kind's mend may be applied to many at once: those that need a person's eye on each are not.
func (k FindingKind) InBulk() bool {
	return k != OrderUnknown && k != OrderMissing && k != OrderDoubled
}

// Sends says whether a mend calls Mobuss.
func (m Mend) Sends() bool { return m == MendOpenAgain || m == MendCloseFar || m == MendSendAgain }

// ByItself are the kinds that a configuration may have mended without a person: news from the field.
var ByItself = []FindingKind{CommentUntold, VisitUntold, StepUntold, ClosedThere}

// Mends are those of a kind, the proposed one first.
func (k FindingKind) Mends() []Mend { return slices.Clone(mends[k]) }
