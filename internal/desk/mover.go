package desk

import (
	"slices"
	"strings"
)

// Mover is who a status may be kept for: a role of people, or the programs of the house.
type Mover string

const (
	MoverAttendant Mover = Mover(Attendant)
	MoverManager   Mover = Mover(Manager)
	MoverAdmin     Mover = Mover(Admin)
	// MoverProgram is a token of origin house: a portal, a chatbot, the ERP. A token has no role.
	MoverProgram Mover = "programa"
)

var movers = []Mover{MoverAttendant, MoverManager, MoverAdmin, MoverProgram}

// Movers are all of them, in the order of the page. Consultants are not among them: they move nothing.
func Movers() []Mover { return slices.Clone(movers) }

// Lets says whether a status is open to whoever may move at all. Movements by the system and from Mobuss are never
// asked; an administrator counts as every role.
func (s Status) Lets(a Actor) bool {
	if len(s.Movers) == 0 || a.Origin != House {
		return true
	}
	return slices.ContainsFunc(s.Movers, func(m Mover) bool {
		if a.Kind == "token" || m == MoverProgram {
			return a.Kind == "token" && m == MoverProgram
		}
		return a.Has(Role(m))
	})
}

// CheckComment refuses a movement of a person or house token that lacks the comment which its status asks for.
func (c *Catalogue) CheckComment(a Actor, to, comment string) *Error {
	s, _ := c.Status(to)
	if a.Origin != House || !s.CommentRequired || strings.TrimSpace(comment) != "" {
		return nil
	}
	return BadField("comentario", "exigido_pelo_status", "para", to, "nome", s.Name)
}
