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
	s, _ := c.Status(from)
	if !slices.Contains(s.Next, to) {
		return Fail(ErrTransition, "motivo", "fora_do_catalogo", "de", from, "para", to)
	}
	return nil
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

// Check gathers everything that makes a catalogue unusable.
func (c *Catalogue) Check() *Error {
	e := Fail(ErrConfig)
	bad := func(field, code string, args ...any) {
		e.Fields = append(e.Fields, FieldError{Field: field, Code: code, Args: pairs(args)})
	}
	if !c.Method.Valid() {
		bad("metodo", "metodo_desconhecido")
	}
	seen, points := map[string]bool{}, map[Point]string{}
	for _, s := range c.Statuses {
		at := "status." + s.Code
		if s.Code == "" || seen[s.Code] {
			bad(at, "codigo_repetido_ou_vazio")
		}
		seen[s.Code] = true
		if s.Name == "" {
			bad(at+".nome", "obrigatorio")
		}
		if !slices.Contains(statusKinds, s.Kind) {
			bad(at+".tipo", "tipo_desconhecido")
		}
		if s.Point == NoPoint {
			continue
		}
		if !s.Point.Valid() {
			bad(at+".ponto", "ponto_desconhecido")
		}
		if other, ok := points[s.Point]; ok {
			bad(at+".ponto", "ponto_em_outro_status", "outro", other)
		}
		points[s.Point] = s.Code
		if s.Code == c.Failure || s.Code == c.Initial || s.Code == c.FieldInitial {
			bad(at+".ponto", "status_sem_ponto")
		}
	}
	ref := func(field, code string, must bool) {
		if code == "" && must {
			bad(field, "obrigatorio")
		} else if code != "" && !seen[code] {
			bad(field, "status_desconhecido")
		}
	}
	for _, s := range c.Statuses {
		for _, n := range s.Next {
			ref("status."+s.Code+".proximos", n, true)
		}
		ref("status."+s.Code+".apos_sucesso", s.AfterSuccess, false)
	}
	ref("status_inicial", c.Initial, true)
	ref("status_inicial_do_campo", c.FieldInitial, true)
	ref("status_encerrada", c.Closed, true)
	ref("status_de_falha", c.Failure, c.Method.Sends())
	if len(c.Types) == 0 {
		bad("tipos", "obrigatorio")
	}
	if len(c.Priorities) == 0 {
		bad("prioridades", "obrigatorio")
	}
	if c.FirstNumber < 1 {
		bad("primeiro_numero", "menor_que", "minimo", 1)
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// CheckSwitchOn refuses to switch a point on where the method sends nothing. Points that were on when the
// method was changed stay: a movement to them is recorded and its delivery is Ignored (RULES.md, "Method and
// environment").
func (c *Catalogue) CheckSwitchOn(before *Catalogue) *Error {
	e := Fail(ErrConfig)
	for _, s := range c.Statuses {
		if s.Point == NoPoint || c.Method.Sends() {
			continue
		}
		if before != nil {
			if old, _ := before.Status(s.Code); old.Point == s.Point {
				continue
			}
		}
		e.Fields = append(e.Fields, FieldError{Field: "status." + s.Code + ".ponto", Code: "envio_desligado",
			Args: map[string]any{"metodo": string(c.Method)}})
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}
