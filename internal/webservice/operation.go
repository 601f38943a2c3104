package webservice

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"ponte/internal/desk"
)

// Route is an address of an operation in encodings that have addresses. A variable in braces feeds the parameter
// whose tag says caminho=NAME.
type Route struct {
	Method, Path string
	// ID names the route in documents; empty is the operation's name, numbered from the second route on.
	ID string
}

// Operation is what is said about an operation beside its parameters and its answer.
type Operation struct {
	Name string
	// Doc is in Portuguese; its first sentence is the summary.
	Doc    string
	Routes []Route
	// Reads says that the operation changes nothing: it may be called by GET and answers 200.
	Reads bool
	// MaxBody is the limit on the wire, in bytes; 0 leaves the encoding's default.
	MaxBody int64
	// Errors are the codigos that the use case may answer, for the documents; those that the toolkit itself
	// answers are known.
	Errors []string
}

// Summary is the first sentence of the operation's documentation.
func (o Operation) Summary() string {
	summary, _, _ := strings.Cut(o.Doc, ". ")
	return strings.TrimSuffix(summary, ".")
}

// Entry is an operation with its parameters, its answer and the use case behind it.
type Entry struct {
	Operation
	input  *inputPlan
	output *outputPlan
	invoke func(ctx context.Context, c *Call, params []Param) (Answer, error)
}

// Answer is what an operation answers, before a profile prunes it.
type Answer struct {
	Nodes []Node
	// Repeated says that the same call had been accepted before and nothing was done.
	Repeated bool
}

// Define ties an operation to its use case. I and O are structs with ws tags:
//
//	Comentario string `ws:"comentario,obrigatorio,max=4000" doc:"O que foi feito." exemplo:"Vazamento contido."`
//
// Options of a parameter: obrigatorio; exigido (documented as mandatory, refused by the use case); max= (runes,
// 255 unless told; decoded bytes for []byte; most for int64); min=; enum=a|b; linha (one line); um_de=GROUP
// (exactly one of the group); caminho=VARIABLE (of a route); arquivo_nome and arquivo_tipo (taken from a multipart
// file part where not sent). Of an answer's field: obrigatorio (always there).
//
// The use case answers whether the call repeats an accepted one. A mistake in the tags panics: it is found when
// the program starts.
func Define[I, O any](op Operation, use func(ctx context.Context, c *Call, in *I) (out *O, repeated bool, err error)) *Entry {
	input, err := planInput(reflect.TypeFor[I]())
	if err != nil {
		panic(fmt.Sprintf("webservice: %s: %v", op.Name, err))
	}
	output, err := planOutput(reflect.TypeFor[O]())
	if err != nil {
		panic(fmt.Sprintf("webservice: %s: %v", op.Name, err))
	}
	e := &Entry{Operation: op, input: input, output: output}
	for _, r := range op.Routes {
		if err := e.checkRoute(r); err != nil {
			panic(fmt.Sprintf("webservice: %s: %v", op.Name, err))
		}
	}
	e.invoke = func(ctx context.Context, c *Call, params []Param) (Answer, error) {
		in := new(I)
		b := input.bind(reflect.ValueOf(in).Elem(), params, c.Caller.IgnoreUnknown)
		c.received(input.canonical(params))
		c.Warnings = b.warnings
		// The call is known by now, so that one that was out of reach can be kept, and replayed once the token may.
		if !c.Caller.Actor.MayCall(op.Name) {
			return Answer{}, desk.Fail(desk.ErrForbidden, "motivo", "operacao_fora_do_token")
		}
		if err := b.err(); err != nil {
			return Answer{}, err
		}
		out, repeated, err := use(ctx, c, in)
		if err != nil {
			return Answer{}, err
		}
		if out == nil {
			return Answer{Repeated: repeated}, nil
		}
		return Answer{Nodes: output.nodes(reflect.ValueOf(out).Elem()), Repeated: repeated}, nil
	}
	return e
}

func (e *Entry) checkRoute(r Route) error {
	for segment := range strings.SplitSeq(r.Path, "/") {
		if !strings.HasPrefix(segment, "{") {
			continue
		}
		if _, ok := e.PathParam(strings.Trim(segment, "{}")); !ok {
			return fmt.Errorf("route %s: no parameter has caminho=%s", r.Path, strings.Trim(segment, "{}"))
		}
	}
	return nil
}

// Params describes the parameters, in the order of their declaration, which positional callers rely on.
func (e *Entry) Params() []ParamSpec { return e.input.specs }

// PathParam is the name of the parameter that a route's variable feeds.
func (e *Entry) PathParam(variable string) (string, bool) {
	for _, s := range e.input.specs {
		if s.Path == variable {
			return s.Name, true
		}
	}
	return "", false
}

// FileParam is the operation's file, if it has one.
func (e *Entry) FileParam() (ParamSpec, bool) {
	for _, s := range e.input.specs {
		if s.Kind == KindFile {
			return s, true
		}
	}
	return ParamSpec{}, false
}

// AnswerFields describes the answer, whole, as a tree.
func (e *Entry) AnswerFields() []FieldSpec { return e.output.specs() }
