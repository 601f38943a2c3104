package desk

// Environment is homologation or production. Everything that crosses the border belongs to one (RULES.md,
// "Method and environment"): settings, credentials, the unit's Mobuss id, tokens, calls, deliveries, orders.
type Environment string

const (
	Homologation Environment = "homologacao"
	Production   Environment = "producao"
)

// Valid says whether e is one of the two.
func (e Environment) Valid() bool { return e == Homologation || e == Production }

// Method is what was agreed with the client about who opens what where (S2).
type Method string

const (
	NoMethod Method = "nenhum"
	MethodA  Method = "A" // Ponte opens in Mobuss and receives progress
	MethodB  Method = "B" // Mobuss opens in Ponte, for the record; Ponte sends nothing
	MethodC  Method = "C" // both ways
)

// Valid says whether m is one of the four.
func (m Method) Valid() bool { return m == NoMethod || m == MethodA || m == MethodB || m == MethodC }

// Integrated is RULES.md's "Mobuss is integrated": a method is chosen.
func (m Method) Integrated() bool { return m == MethodA || m == MethodB || m == MethodC }

// Sends says whether a movement by an attendant or a house token fires its point.
func (m Method) Sends() bool { return m == MethodA || m == MethodC }

// FieldMayOpen says whether IncluirOcorrencia from Mobuss is taken.
func (m Method) FieldMayOpen() bool { return m == MethodB || m == MethodC }

// FieldMayReport says whether the other operations from Mobuss are taken.
func (m Method) FieldMayReport() bool { return m.Integrated() }
