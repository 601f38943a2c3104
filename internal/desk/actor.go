package desk

import "slices"

// Origin says where a movement or a caller comes from.
type Origin string

const (
	// House: a person at the developer's desk, or a program of the house (portal, chatbot, ERP).
	House Origin = "casa"
	// Field: Mobuss. What it writes is news and is never sent back.
	Field Origin = "mobuss"
	// System: Ponte itself, as a consequence of an answer or a failure.
	System Origin = "sistema"
)

// Role is what a person may do; a person has one or more.
type Role string

const (
	Attendant  Role = "atendente"
	Consultant Role = "consultor"
	Manager    Role = "gestor"
	Admin      Role = "admin"
)

// Roles in the order in which pages and commands list them.
var Roles = []Role{Attendant, Consultant, Manager, Admin}

// ReachesAll says whether what the role does concerns the whole installation, whatever the development: its
// configuration, its registry, its people.
func (r Role) ReachesAll() bool { return r == Consultant || r == Admin }

// Actor is who does it: an argument of every use case, never hidden in a context.
type Actor struct {
	Kind   string // "usuario", "token", "sistema" or "comando"
	ID     string // the user's or token's id; empty for the system
	Name   string // what the timeline shows
	Origin Origin
	Roles  []Role
	// Integration is the name that rotating tokens share; idempotency binds to it.
	Integration string
	// Environment and Connection are a token's; a person acts in the active ones.
	Environment Environment
	Connection  int64
	// Developments limits what the actor sees and touches; empty means all.
	Developments []int64
	// Operations limits what a token may call, by name; empty means all.
	Operations []string
	// SeesDocuments says whether CPF and CNPJ are answered whole.
	SeesDocuments bool
}

// Ponte is the actor of what the system does by itself.
func Ponte() Actor { return Actor{Kind: "sistema", Name: "Ponte", Origin: System} }

// Has says whether the actor has one of the roles; an administrator has them all.
func (a Actor) Has(roles ...Role) bool {
	return slices.ContainsFunc(a.Roles, func(r Role) bool { return r == Admin || slices.Contains(roles, r) })
}

// MayTouch says whether the actor's developments include this one.
func (a Actor) MayTouch(development int64) bool {
	return len(a.Developments) == 0 || slices.Contains(a.Developments, development)
}

// Covers says whether the actor's developments include all of these; none are all there are.
func (a Actor) Covers(developments []int64) bool {
	if len(a.Developments) == 0 {
		return true
	}
	return len(developments) > 0 && !slices.ContainsFunc(developments, func(d int64) bool { return !slices.Contains(a.Developments, d) })
}

// MayCall says whether the actor's operations include this one.
func (a Actor) MayCall(operation string) bool {
	return len(a.Operations) == 0 || slices.Contains(a.Operations, operation)
}

// ScopeRegistry is what a token's operations name where it may keep the registry up to date. No token has it without
// that: all operations are those of the occurrences.
const ScopeRegistry = "cadastro"

// MayKeepRegistry says whether the actor may import the registry: a consultant, or a program of the house whose scope
// names it.
func (a Actor) MayKeepRegistry() bool {
	return a.Has(Consultant) || a.Kind == "token" && a.Origin == House && slices.Contains(a.Operations, ScopeRegistry)
}

// MayReveal says whether the actor may have one document shown whole, which is written down: a person who talks to the
// customer, or answers for who does.
func (a Actor) MayReveal() bool {
	return a.Kind == "usuario" && a.Has(Attendant, Manager)
}

// MayReopen: reopening is a movement of a person with the right (RULES.md, "What the field reports").
func (a Actor) MayReopen() bool {
	return a.Kind == "usuario" && a.Has(Attendant, Manager)
}
