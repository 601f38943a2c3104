package desk

// Letter is a mail to one person, in plain words. Who carries it makes the form that mail programs like to show.
type Letter struct {
	ID       string // stays the same when the letter is sent again; empty: each has its own
	To       string // one address, without a name: ana@exemplo.com.br
	Language string // "pt-BR" or "en"
	Subject  string // one line
	Text     string // paragraphs parted by blank lines; one that is a web address alone becomes a link
	// From is the name beside the sender's address, ReplyTo where answers go; empty: the sender's own.
	From, ReplyTo string
	// Unlinked makes no link of anything: part of the text is somebody else's.
	Unlinked bool
	// Files go with it.
	Files []LetterFile
}

// LetterFile goes with a letter.
type LetterFile struct {
	Name string // letter.ics
	Type string // of its content, with its parameters
	Body []byte
}

// LetterKind is what a letter to a customer is about.
type LetterKind string

const (
	LetterOpened LetterKind = "protocolo"    // an occurrence was recorded
	LetterVisit  LetterKind = "vistoria"     // an inspection was booked, changed or cancelled
	LetterClosed LetterKind = "encerramento" // the occurrence was closed, or cancelled
	LetterTrial  LetterKind = "teste"        // to whoever tries the settings, about nothing real
)

// LetterKinds are those that a house turns on.
var LetterKinds = []LetterKind{LetterOpened, LetterVisit, LetterClosed}

// LetterState is where a letter stands.
type LetterState string

const (
	LetterQueued  LetterState = "fila"
	LetterSending LetterState = "enviando"
	LetterSent    LetterState = "enviada"    // the mail server took it
	LetterFailed  LetterState = "falhou"     // it was refused for good, or nobody took it in time
	LetterDropped LetterState = "dispensada" // it was not to be sent any more
)

// LetterStates in the order in which pages list them.
var LetterStates = []LetterState{LetterQueued, LetterSending, LetterSent, LetterFailed, LetterDropped}

// Over says that nothing more happens to it.
func (s LetterState) Over() bool {
	return s == LetterSent || s == LetterFailed || s == LetterDropped
}

// Why nobody gets a letter, or one goes no further.
const (
	NoLetterKind        = "tipo_desligado"
	NoLetterPlace       = "empreendimento_sem_cartas"
	NoLetterFormer      = "importada"
	NoLetterTest        = "sem_endereco_de_teste"
	NoLetterErased      = "removida"
	NoLetterOptedOut    = "recusou_cartas"
	NoLetterAsker       = "solicitante_sem_email"
	NoLetterAddress     = "sem_email"
	LetterReplaced      = "substituida"
	LetterNeverTold     = "nunca_avisada"
	LetterReopened      = "reaberta"
	LetterTooLate       = "passou_do_prazo"
	LetterMoved         = "endereco_mudou"
	LetterMaybe         = "talvez_enviada"
	LetterInvalid       = "carta_invalida"
	LetterCorrected     = "cliente_corrigido"
	LetterUnreadable    = "ilegivel"
	LetterNoServer      = "sem_servidor"
	LetterServerRefused = "correio_recusou"
	LetterServerAway    = "correio"
)

// LetterCase is what decides whether somebody gets a letter. The zero value, with an Address, gets it.
type LetterCase struct {
	KindOff     bool   // the house doesn't send this kind
	PlaceOff    bool   // nor to this development
	Former      bool   // the occurrence came from the system that was used before
	Test        bool   // the occurrence is a test, or of homologation
	TestAddress string // where letters of tests go; empty: nowhere
	Erased      bool   // the person's data was removed
	OptedOut    bool   // the person asked for none
	OtherAsked  bool   // somebody else asked, whom the registry doesn't know
	Address     string // the person's, on record
}

// Refusal says why nobody gets this letter; empty: somebody does.
func (c LetterCase) Refusal() string {
	switch {
	case c.KindOff:
		return NoLetterKind
	case c.PlaceOff:
		return NoLetterPlace
	case c.Former:
		return NoLetterFormer
	case c.Test && c.TestAddress == "":
		return NoLetterTest
	case c.Erased:
		return NoLetterErased
	case c.OtherAsked:
		return NoLetterAsker
	case c.OptedOut:
		return NoLetterOptedOut
	case !MailAddress(c.Address):
		return NoLetterAddress
	}
	return ""
}
