// Package sheet is the parameter sheet (S15): what a consultant mails to whoever programs the other side. It turns a
// description of the webservices into words, copyable calls and a PDF.
//
// What it promises: everything about an operation comes from its description, so that whatever is added there stands
// here; no token ever stands in it. It is in Portuguese always, as the answers of the webservices are: its readers are
// the integrators, and they have no account here.
//
// What it must not know: how operations are defined and run, and anything of HTTP's handlers.
package sheet

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Sheet is all that it says.
type Sheet struct {
	// Base is what callers see, without a slash at its end.
	Base string
	// Integration is the one whose answers are shown; empty: those of all.
	Integration string
	// Production says in which of the two databases the house works now.
	Production bool
	At         time.Time
	Version    string
	// CallsPerMinute is the limit of tokens that have none of their own; 0: none.
	CallsPerMinute int
	// MaxBody is what a call may weigh on the wire, in bytes, where its operation doesn't say more.
	MaxBody    int64
	Operations []Operation
	Codes      []Code
}

// Operation is one of the webservices' operations.
type Operation struct {
	Name string
	// Doc is one or more sentences; the first is the summary.
	Doc     string
	Reads   bool
	MaxBody int64 // 0: the sheet's
	Routes  []Route
	Params  []Param
	// Errors are the codes that only some operations have.
	Errors []string
	// Answer is an example of the body under the configured profile, Status and Type what comes with it.
	Answer, Type string
	Status       int
}

// Route is an address of the operation under REST; a variable in braces is a parameter's.
type Route struct{ Method, Path string }

// Kind is a parameter's type.
type Kind int

const (
	Text Kind = iota
	Integer
	Flag
	Moment
	File
)

// Param is a parameter as it is enforced.
type Param struct {
	Name      string
	Kind      Kind
	Mandatory bool
	Max       int // characters of a text, bytes of a file
	Min, Most *int64
	Enum      []string
	// OneOf are all the parameters, this one among them, of which exactly one is sent.
	OneOf []string
	// Path is the variable of a route that carries it.
	Path string
	// FileName says that a multipart file brings it along.
	FileName     bool
	Doc, Example string
}

// Code is an error that a call can be answered with.
type Code struct {
	Code   string
	HTTP   int
	Title  string // what happened
	Detail string // what to do
}

// Token stands wherever a real one would.
const Token = "SEU_TOKEN"

const (
	rest = "/ws/rest/v1"
	soap = "/ws/soap"
	// Namespace is that of the SOAP operations.
	Namespace = "urn:ponte:webservice:v1"
)

// Address is a place to call or to read from.
type Address struct{ Name, URL, Use string }

// Addresses are those of this very installation.
func (s *Sheet) Addresses() []Address {
	return []Address{
		{"REST", s.Base + rest, "endereço de base; o de cada operação está na sua seção"},
		{"REST, sem montar caminhos", s.Base + rest + "/NOME_DA_OPERACAO", "POST, com numero_ocorrencia entre os parâmetros"},
		{"OpenAPI 3.1", s.Base + rest + "/openapi.json", "descrição das operações REST, para gerar clientes"},
		{"SOAP 1.1 e 1.2", s.Base + soap, "document/literal wrapped, namespace " + Namespace},
		{"WSDL", s.Base + soap + "?wsdl", "descrição das operações SOAP, para gerar clientes"},
	}
}

// Environment is the name of the database that the house works in now.
func (s *Sheet) Environment() string {
	if s.Production {
		return "produção"
	}
	return "homologação"
}

// Limit is what a call of the operation may weigh.
func (s *Sheet) Limit(op *Operation) string { return Bytes(cmp.Or(op.MaxBody, s.MaxBody)) }

// Summary is the first sentence of what the operation is for.
func (o *Operation) Summary() string {
	first, _, _ := strings.Cut(o.Doc, ". ")
	return strings.TrimSuffix(first, ".") + "."
}

// Called are the addresses of the operation, as method and URL.
func (s *Sheet) Called(op *Operation) (lines []string) {
	for _, r := range op.Routes {
		lines = append(lines, r.Method+" "+s.Base+rest+r.Path)
	}
	return append(lines, "POST "+s.Base+rest+"/"+op.Name, "SOAP "+s.Base+soap+" · elemento "+op.Name)
}

// Find is the operation of this name.
func (s *Sheet) Find(name string) (*Operation, bool) {
	i := slices.IndexFunc(s.Operations, func(o Operation) bool { return o.Name == name })
	if i < 0 {
		return nil, false
	}
	return &s.Operations[i], true
}

// Own are the operation's own errors; Common those that any operation can answer.
func (s *Sheet) Own(op *Operation) (own []Code) {
	for _, c := range s.Codes {
		if slices.Contains(op.Errors, c.Code) {
			own = append(own, c)
		}
	}
	return own
}

// Needed says whether the parameter must be sent, in words.
func (p *Param) Needed() string {
	switch {
	case p.Mandatory:
		return "sim"
	case len(p.OneOf) > 0:
		return "um destes: " + strings.Join(p.OneOf, ", ")
	}
	return "não"
}

// Type is the parameter's type and limits, in words.
func (p *Param) Type() string {
	switch p.Kind {
	case Integer:
		switch {
		case p.Min != nil && p.Most != nil:
			return fmt.Sprintf("inteiro, de %d a %d", *p.Min, *p.Most)
		case p.Min != nil:
			return fmt.Sprintf("inteiro, de %d em diante", *p.Min)
		case p.Most != nil:
			return fmt.Sprintf("inteiro, até %d", *p.Most)
		}
		return "inteiro"
	case Flag:
		return "T ou F"
	case Moment:
		return "data e hora"
	case File:
		return "arquivo em base64, até " + Bytes(int64(p.Max)) + " decodificado"
	}
	if len(p.Enum) > 0 {
		return "um de: " + strings.Join(p.Enum, ", ")
	}
	return "texto, até " + thousands(p.Max) + " caracteres"
}

// Bytes is a size as people say it.
func Bytes(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + " MiB"
	case n >= 1<<10 && n%(1<<10) == 0:
		return strconv.FormatInt(n>>10, 10) + " KiB"
	}
	return strconv.FormatInt(n, 10) + " bytes"
}

// thousands is a number as it is written in Portuguese.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "." + s[i:]
	}
	return s
}
