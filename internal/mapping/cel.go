package mapping

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

const (
	// costLimit stops an expression after some ten milliseconds. Ordinary ones cost less than a hundred; what
	// uses it up is nested loops and searches through megabytes of text.
	costLimit = 200_000
	// patience is the second net, for what costs more time than it is charged for.
	patience = 2 * time.Second
	// expressionSize is more than anyone would want to read.
	expressionSize = 8_000
	nestingDepth   = 50
)

// factEnv sees the facts; answerEnv an answer; lookUpEnv an answer and what was looked for.
var (
	factEnv   = sync.OnceValue(func() *cel.Env { return must(newFactEnv()) })
	answerEnv = sync.OnceValue(func() *cel.Env { return must(newAnswerEnv()) })
	lookUpEnv = sync.OnceValue(func() *cel.Env { return must(newLookUpEnv()) })
)

func must(e *cel.Env, err error) *cel.Env {
	if err != nil {
		panic("mapping: " + err.Error())
	}
	return e
}

func baseOptions() []cel.EnvOption {
	return append(functions(),
		cel.OptionalTypes(),
		cel.CrossTypeNumericComparisons(true),
		cel.ParserExpressionSizeLimit(expressionSize),
		cel.ExpressionNestingDepthLimit(nestingDepth),
	)
}

// native declares a Go struct under a name of ours. Its fields are checked when an expression is compiled.
func native[T any](name string) *cel.NativeTypeDesc {
	return cel.NativeTypeFor[T](types.ParseStructTags(true), cel.NativeTypeAlias("ponte."+name))
}

func newFactEnv() (*cel.Env, error) {
	o := append(baseOptions(), cel.Types(native[Occurrence]("ocorrencia"), native[Customer]("cliente"), native[Unit]("unidade"),
		native[Block]("bloco"), native[Development]("empreendimento"), native[Contract]("contrato"),
		native[Requester]("solicitante"), native[Movement]("movimentacao"), native[File]("anexo")))
	for _, name := range []string{"ocorrencia", "cliente", "unidade", "bloco", "empreendimento", "contrato", "solicitante", "movimentacao", "anexo"} {
		o = append(o, cel.Variable(name, cel.ObjectType("ponte."+name)))
	}
	return cel.NewEnv(o...)
}

func newAnswerEnv() (*cel.Env, error) {
	return answerLike()
}

func newLookUpEnv() (*cel.Env, error) {
	return answerLike(
		cel.Types(native[celKeys]("chave"), native[celDelivery]("chave_envio"), native[celOrder]("chave_ordem"),
			native[celOccurrence]("chave_ocorrencia")),
		cel.Variable("chave", cel.ObjectType("ponte.chave")))
}

func answerLike(more ...cel.EnvOption) (*cel.Env, error) {
	o := append(baseOptions(),
		cel.Variable("http", cel.IntType),
		cel.Variable("corpo", cel.DynType),
		cel.Variable("texto", cel.StringType),
		cel.Variable("raiz", cel.StringType),
		cel.Variable("falha", cel.DynType),
		cel.Variable("cabecalhos", cel.MapType(cel.StringType, cel.StringType)))
	env, err := cel.NewEnv(append(o, more...)...)
	if err != nil {
		return nil, err
	}
	return env.Extend(cel.CustomTypeAdapter(jsonAdapter{env.CELTypeAdapter()}))
}

// celKeys gives the keys of a look-up the names that rows know them by.
type celKeys struct {
	Delivery   celDelivery   `cel:"envio"`
	Order      celOrder      `cel:"ordem"`
	Occurrence celOccurrence `cel:"ocorrencia"`
}
type celDelivery struct {
	ID string `cel:"id"`
}
type celOrder struct {
	ID     string `cel:"id_mobuss"`
	Number string `cel:"numero_os"`
}
type celOccurrence struct {
	LegacyID string `cel:"numero_legado"`
}

// jsonAdapter shows decoded JSON to CEL: a whole number as an int, another as a double, and one too large for
// an int as the text it was, because it is an id and must not lose digits.
type jsonAdapter struct{ types.Adapter }

func (a jsonAdapter) NativeToValue(v any) ref.Val {
	switch v := v.(type) {
	case map[string]any:
		return types.NewStringInterfaceMap(a, v)
	case []any:
		return types.NewDynamicList(a, v)
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return types.Int(i)
		}
		if !strings.ContainsAny(v.String(), ".eE") {
			return types.String(v.String())
		}
		f, err := v.Float64()
		if err != nil {
			return types.String(v.String())
		}
		return types.Double(f)
	}
	return a.Adapter.NativeToValue(v)
}

// program is a checked expression; safe for concurrent use.
type program struct {
	prg cel.Program
	out *cel.Type
	// asksFault: it speaks of falha.
	asksFault bool
}

// compileError is where and why an expression is wrong, in CEL's own words.
type compileError struct {
	Line, Column int
	Detail       string
}

func compileCEL(env *cel.Env, expr string) (*program, *compileError) {
	ast, issues := env.Compile(expr)
	if issues.Err() != nil {
		e := issues.Errors()[0]
		return nil, &compileError{e.Location.Line(), e.Location.Column() + 1, e.Message}
	}
	prg, err := env.Program(ast, cel.CostLimit(costLimit), cel.CostTracking(textCost{}),
		cel.InterruptCheckFrequency(100), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, &compileError{1, 1, err.Error()}
	}
	out := &program{prg: prg, out: ast.OutputType()}
	for _, r := range ast.NativeRep().ReferenceMap() {
		out.asksFault = out.asksFault || r.Name == "falha"
	}
	return out, nil
}

func (p *program) isBool() bool {
	return p.out.IsExactType(cel.BoolType) || p.out.IsExactType(cel.DynType)
}

func (p *program) eval(ctx context.Context, vars cel.Activation) (ref.Val, error) {
	v, _, err := p.prg.ContextEval(ctx, vars)
	return v, err
}

// factVars is Facts as the variables of a row's expression.
type factVars Facts

func (f *factVars) ResolveName(name string) (any, bool) {
	switch name {
	case "ocorrencia":
		return &f.Occurrence, true
	case "cliente":
		return &f.Customer, true
	case "unidade":
		return &f.Unit, true
	case "bloco":
		return &f.Block, true
	case "empreendimento":
		return &f.Development, true
	case "contrato":
		return &f.Contract, true
	case "solicitante":
		return &f.Requester, true
	case "movimentacao":
		return &f.Movement, true
	case "anexo":
		return &f.File, true
	}
	return nil, false
}

func (f *factVars) Parent() cel.Activation { return nil }
