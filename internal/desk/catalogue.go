package desk

import "slices"

// StatusKind groups statuses for icons, colours and the "situacao" that webservices answer.
type StatusKind string

const (
	KindNew    StatusKind = "novo"
	KindSend   StatusKind = "envio"
	KindField  StatusKind = "campo"
	KindWait   StatusKind = "espera"
	KindDone   StatusKind = "feito"
	KindClosed StatusKind = "encerrado"
	KindFail   StatusKind = "falha"
)

var statusKinds = []StatusKind{KindNew, KindSend, KindField, KindWait, KindDone, KindClosed, KindFail}

// StatusKinds are all of them, in the order of a case's life.
func StatusKinds() []StatusKind { return slices.Clone(statusKinds) }

// Situation is the coarse state that ConsultarOcorrencia answers.
func (k StatusKind) Situation() string {
	switch k {
	case KindNew:
		return "aberta"
	case KindFail:
		return "falha"
	case KindClosed:
		return "encerrada"
	}
	return "em_andamento"
}

// Status is one entry of the catalogue, with its tab "Integração Externa" (S7).
type Status struct {
	Code string     `yaml:"codigo"`
	Name string     `yaml:"nome"`
	Kind StatusKind `yaml:"tipo"`
	Icon string     `yaml:"icone,omitempty"`
	// Next are the codes that a person or a house token may move to from here.
	Next []string `yaml:"proximos,flow,omitempty"`
	// Button is the "Texto do Botão"; empty shows the name.
	Button string `yaml:"botao,omitempty"`
	// Point is fired by a movement to this status; a status has at most one, a point at most one status.
	Point Point `yaml:"ponto,omitempty"`
	// AfterSuccess is the status that follows a delivered call, unless someone moved the occurrence since.
	AfterSuccess string `yaml:"apos_sucesso,omitempty"`
	// Movers are who may move here, of those who may move at all; empty: all of them.
	Movers []Mover `yaml:"quem_move,flow,omitempty"`
	// CommentRequired asks whoever moves here for a comment.
	CommentRequired bool `yaml:"comentario_obrigatorio,omitempty"`
}

// ButtonText is what the button that moves to s says.
func (s Status) ButtonText() string {
	if s.Button != "" {
		return s.Button
	}
	return s.Name
}

// Catalogue is the desk's part of a configuration version: method, statuses, transitions.
type Catalogue struct {
	Method   Method   `yaml:"metodo"`
	Statuses []Status `yaml:"status"`
	// Initial is the status of an occurrence opened by the house; FieldInitial that of one opened from Mobuss,
	// whose order is open already.
	Initial      string `yaml:"status_inicial"`
	FieldInitial string `yaml:"status_inicial_do_campo"`
	// Failure is the status of S4; without one, sending can't be switched on.
	Failure string `yaml:"status_de_falha"`
	// Closed is where EncerrarOcorrencia moves to.
	Closed string `yaml:"status_encerrada"`
	// Types and Priorities of an occurrence; the first is the default, which an unknown one becomes.
	Types      []string `yaml:"tipos,flow"`
	Priorities []string `yaml:"prioridades,flow"`
	// FirstNumber is where the numbering of occurrences starts (S11).
	FirstNumber int64 `yaml:"primeiro_numero"`
}

// Status finds a status by its code.
func (c *Catalogue) Status(code string) (Status, bool) {
	i := slices.IndexFunc(c.Statuses, func(s Status) bool { return s.Code == code })
	if i < 0 {
		return Status{}, false
	}
	return c.Statuses[i], true
}

// IsClosed says whether the status ends the occurrence.
func (c *Catalogue) IsClosed(code string) bool {
	s, _ := c.Status(code)
	return s.Kind == KindClosed
}

// CheckMove says whether a person or house token may move from one status to another. Movements by the system
// and from Mobuss bypass transitions; they only need the status to exist.
func (c *Catalogue) CheckMove(a Actor, from, to string) *Error {
	if _, ok := c.Status(to); !ok {
		return BadField("cod_status", "status_desconhecido")
	}
	if c.IsClosed(from) {
		if a.Origin != House || !a.MayReopen() || c.IsClosed(to) {
			return Fail(ErrClosed)
		}
	}
	if a.Origin != House {
		return nil
	}
	if !slices.Contains(c.next(from), to) {
		return Fail(ErrTransition, "motivo", "fora_do_catalogo", "de", from, "para", to)
	}
	if s, _ := c.Status(to); !s.Lets(a) {
		return Fail(ErrForbidden, "motivo", "status_restrito", "para", to)
	}
	return nil
}

// next are the statuses that one may move to from another. An occurrence in a status that the catalogue no longer has
// goes on as if it had just begun, so that it is never stuck.
func (c *Catalogue) next(from string) []string {
	if s, there := c.Status(from); there {
		return s.Next
	}
	s, _ := c.Status(c.Initial)
	return append(slices.Clone(s.Next), c.Initial)
}

// Fires is the point that this actor's movement to a status causes. Movements from Mobuss and by the system
// never fire.
func (c *Catalogue) Fires(a Actor, to string) Point {
	if a.Origin != House {
		return NoPoint
	}
	s, _ := c.Status(to)
	return s.Point
}
