package desk

// Phase is where an installation stands on its way into production (RULES.md, "Method and environment"; docs/adr/0014).
type Phase string

const (
	// Implementing: homologation alone exists. Nothing reaches production but the probe of its form.
	Implementing Phase = "implantacao"
	// Live: production works, and homologation is closed.
	Live Phase = "producao"
	// Paused: switched back. Production queues, and tests go to homologation.
	Paused Phase = "producao_pausada"
)

// Phases is all of them, in the order in which an installation comes to them.
var Phases = []Phase{Implementing, Live, Paused}

// PhaseOf reads the phase from what an installation keeps: where new occurrences are born, and whether production is paused.
func PhaseOf(active Environment, paused bool) Phase {
	switch {
	case active != Production:
		return Implementing
	case paused:
		return Paused
	}
	return Live
}

// Active is the environment in which an occurrence is born that nobody marked as a test.
func (p Phase) Active() Environment {
	if p == Implementing {
		return Homologation
	}
	return Production
}

// Born is where an occurrence of a person at the desk is born. Tests are only told apart from real ones where there are
// real ones, and only while homologation is open to them: otherwise a test is refused, with the reason.
func (p Phase) Born(test bool) (Environment, *Error) {
	switch {
	case !test:
		return p.Active(), nil
	case p == Live:
		return "", BadField("teste", "teste_com_producao_no_ar")
	}
	return Homologation, nil
}

// Passage is what becomes of a call to an environment.
type Passage int

const (
	// Shut: it is not sent and never will be; its delivery is Ignored.
	Shut Passage = iota
	// Waits: it queues until the phase changes.
	Waits
	// Goes: it is sent.
	Goes
)

// Passage says what becomes of the calls of an occurrence. They go to the environment in which it was born or nowhere.
func (p Phase) Passage(born Environment, test bool) Passage {
	switch {
	case born == Production && p == Live:
		return Goes
	case born == Production:
		return Waits
	case p == Implementing, p == Paused && test:
		return Goes
	}
	return Shut
}

// Takes says whether calls with an environment's tokens are taken; if not, why.
func (p Phase) Takes(env Environment) *Error {
	switch {
	case env == Production && p == Implementing:
		return Fail(ErrForbidden, "motivo", "antes_da_entrada", "ambiente", string(env))
	case env == Homologation && p == Live:
		return Fail(ErrForbidden, "motivo", "homologacao_encerrada", "ambiente", string(env))
	}
	return nil
}

// Marks says whether what a program opens with an environment's token is a test: it can be nothing else in homologation
// once there is a production.
func (p Phase) Marks(env Environment) bool { return env == Homologation && p != Implementing }

// Switch is a way from one phase to another, as environment_act has it.
type Switch string

const (
	GoLive     Switch = "entrada"
	SwitchBack Switch = "volta"
	Resume     Switch = "retomada"
)

// After is the phase that a switch leads to from p; false where it leads nowhere from there.
func (s Switch) After(p Phase) (Phase, bool) {
	switch {
	case s == GoLive && p == Implementing, s == Resume && p == Paused:
		return Live, true
	case s == SwitchBack && p == Live:
		return Paused, true
	}
	return p, false
}

// Proof is what is known of a conformance report of the configuration version that runs: the key of the go-live (B3).
type Proof string

const (
	NoProof       Proof = "sem_relatorio"               // none was ever made
	ProofOther    Proof = "relatorio_de_outra"          // the latest that passed and was signed is of another version
	ProofPlace    Proof = "relatorio_de_outro_endereco" // homologation was elsewhere when it was made
	ProofRunning  Proof = "relatorio_rodando"           // one is being made
	ProofFailed   Proof = "relatorio_falhou"            // the latest did not pass
	ProofUnsigned Proof = "relatorio_sem_assinar"       // it passed, and nobody has signed it
	Proven        Proof = "relatorio_assinado"          // passed and signed, of this very version
)

// Ready is what a switch into production rests on.
type Ready struct {
	Method Method
	Proof  Proof
	// Complete: production's address and every credential are there. They were probed, or they would not be kept.
	Complete bool
	// Token: at least one token of the field that works in production.
	Token bool
	// Unmapped is how many of the units have no id in production, share it, or have one that Mobuss does not know or that
	// nobody compared; Reason is why somebody goes live with them.
	Units    int64
	Unmapped int64
	Reason   string
}

// What a switch into production can lack, in the order in which it is said.
const (
	LacksMethod  = "metodo"
	LacksProof   = "relatorio"
	LacksAddress = "dados_de_producao"
	LacksUnits   = "unidades"
	LacksReason  = "unidades_sem_motivo"
	LacksToken   = "token_de_producao"
)

// Lacks names what keeps a switch from leading into production; none: it may be made. The first go-live wants
// everything; to go on after a pause wants the proof and the data, for the rest was there when it went live.
func (s Switch) Lacks(r Ready) []string {
	var out []string
	need := func(ok bool, what string) {
		if !ok {
			out = append(out, what)
		}
	}
	if s == SwitchBack {
		return nil
	}
	need(r.Method.Integrated(), LacksMethod)
	need(r.Proof == Proven, LacksProof)
	need(r.Complete || !r.Method.Sends(), LacksAddress)
	if s == Resume {
		return out
	}
	if r.Method.Sends() {
		need(r.Units > 0, LacksUnits)
		need(r.Unmapped == 0 || r.Reason != "", LacksReason)
	}
	need(r.Token || !r.Method.FieldMayReport(), LacksToken)
	return out
}

// CheckSwitch refuses a switch that does not lead from p, or that lacks something; the error names all of it.
func CheckSwitch(s Switch, p Phase, r Ready) (Phase, *Error) {
	to, ok := s.After(p)
	if !ok {
		return p, Fail(ErrSwitch, "motivo", "fase", "ato", string(s), "fase", string(p))
	}
	if lacks := s.Lacks(r); len(lacks) > 0 {
		e := Fail(ErrSwitch, "motivo", "falta", "ato", string(s))
		for _, what := range lacks {
			code := "falta_" + what
			if what == LacksProof {
				code = string(r.Proof)
			}
			e.Fields = append(e.Fields, FieldError{Field: what, Code: code})
		}
		return p, e
	}
	return to, nil
}

// MayEnterProduction says whether production's address and credentials may be entered: once the version that runs is
// proven, and from then on while there is a production, because a password that changes at night must be changed at night.
func (p Phase) MayEnterProduction(proof Proof) *Error {
	if p != Implementing || proof == Proven {
		return nil
	}
	return Fail(ErrLocked, "motivo", string(proof))
}
