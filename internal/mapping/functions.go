package mapping

import (
	"errors"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"golang.org/x/text/unicode/norm"
)

// maxText is the longest text that a function makes. CEL's own strings library has no such limit, and its replace
// would fill the memory with one call, before any cost is charged; hence these, under its names.
const maxText = 1 << 20

var errTooLong = errors.New("text too long")

func functions() []cel.EnvOption {
	s, i := cel.StringType, cel.IntType
	text := func(f func(string) string) cel.OverloadOpt {
		return cel.UnaryBinding(func(v ref.Val) ref.Val { return types.String(f(string(v.(types.String)))) })
	}
	return []cel.EnvOption{
		cel.Function("trim", cel.MemberOverload("trim", []*cel.Type{s}, s, text(strings.TrimSpace))),
		cel.Function("lowerAscii", cel.MemberOverload("lower_ascii", []*cel.Type{s}, s, text(asciiMap('A', 'Z', 'a'-'A')))),
		cel.Function("upperAscii", cel.MemberOverload("upper_ascii", []*cel.Type{s}, s, text(asciiMap('a', 'z', 'A'-'a')))),
		cel.Function("so_digitos", cel.Overload("so_digitos", []*cel.Type{s}, s, text(onlyDigits))),
		cel.Function("maiusculas", cel.Overload("maiusculas", []*cel.Type{s}, s, text(strings.ToUpper))),
		cel.Function("sem_acentos", cel.Overload("sem_acentos", []*cel.Type{s}, s, text(withoutAccents))),
		cel.Function("ultimo_segmento", cel.Overload("ultimo_segmento", []*cel.Type{s}, s, text(lastSegment))),
		cel.Function("lista", cel.Overload("lista", []*cel.Type{cel.DynType}, cel.ListType(cel.DynType), cel.UnaryBinding(celList))),
		cel.Function("texto_de", cel.Overload("texto_de", []*cel.Type{cel.DynType}, s, cel.UnaryBinding(celText))),
		cel.Function("substring",
			cel.MemberOverload("substring_from", []*cel.Type{s, i}, s, cel.FunctionBinding(celSubstring)),
			cel.MemberOverload("substring_from_to", []*cel.Type{s, i, i}, s, cel.FunctionBinding(celSubstring))),
		cel.Function("replace", cel.MemberOverload("replace", []*cel.Type{s, s, s}, s, cel.FunctionBinding(celReplace))),
		cel.Function("split", cel.MemberOverload("split", []*cel.Type{s, s}, cel.ListType(s), cel.BinaryBinding(celSplit))),
		cel.Function("join", cel.MemberOverload("join", []*cel.Type{cel.ListType(s), s}, s, cel.BinaryBinding(celJoin))),
	}
}

func asciiMap(from, to, by rune) func(string) string {
	return func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= from && r <= to {
				return r + by
			}
			return r
		}, s)
	}
}

// celSubstring counts characters, as CEL does, and is lenient where CEL's own fails: beyond the end is the end,
// so that "the first 200 characters" works for a short text too.
func celSubstring(args ...ref.Val) ref.Val {
	runes := []rune(string(args[0].(types.String)))
	n := int64(len(runes))
	from, to := min(int64(args[1].(types.Int)), n), n
	if len(args) == 3 {
		to = min(int64(args[2].(types.Int)), n)
	}
	if from < 0 || to < from {
		return types.NewErr("substring: bad range")
	}
	return types.String(runes[from:to])
}

func celReplace(args ...ref.Val) ref.Val {
	s, old, with := string(args[0].(types.String)), string(args[1].(types.String)), string(args[2].(types.String))
	n := strings.Count(s, old)
	if len(s)+n*(len(with)-len(old)) > maxText {
		return types.WrapErr(errTooLong)
	}
	return types.String(strings.ReplaceAll(s, old, with))
}

func celSplit(s, sep ref.Val) ref.Val {
	text, by := string(s.(types.String)), string(sep.(types.String))
	if utf8.RuneCountInString(text) > maxText/16 { // each piece weighs sixteen bytes, whatever its length
		return types.WrapErr(errTooLong)
	}
	return types.NewStringList(types.DefaultTypeAdapter, strings.Split(text, by))
}

func celJoin(list, sep ref.Val) ref.Val {
	var b strings.Builder
	by := string(sep.(types.String))
	for it, first := list.(traits.Lister).Iterator(), true; it.HasNext() == types.True; first = false {
		s, ok := it.Next().(types.String)
		if !ok {
			return types.NewErr("join: not a text")
		}
		if !first {
			b.WriteString(by)
		}
		b.WriteString(string(s))
		if b.Len() > maxText {
			return types.WrapErr(errTooLong)
		}
	}
	return types.String(b.String())
}

// withoutAccents is for tools that know ASCII only: "Água" is "Agua".
func withoutAccents(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(s))
}

// lastSegment is the last piece of a URL's path, unescaped: the id at the end of a Location. "" where there is none.
func lastSegment(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil {
		return ""
	}
	path := strings.TrimRight(u.Path, "/")
	return path[strings.LastIndexByte(path, '/')+1:]
}

// celList makes a list of what XML may have once or many times, or not at all.
func celList(v ref.Val) ref.Val {
	switch v := v.(type) {
	case types.Null:
		return types.NewRefValList(types.DefaultTypeAdapter, nil)
	case *types.Optional:
		if !v.HasValue() {
			return types.NewRefValList(types.DefaultTypeAdapter, nil)
		}
		return celList(v.GetValue())
	case traits.Lister:
		return v
	}
	return types.NewRefValList(types.DefaultTypeAdapter, []ref.Val{v})
}

// celText is the text of anything that has one: of an element of XML whether it has attributes or not, of a number as
// it is written, of null and of what is not there "".
func celText(v ref.Val) ref.Val {
	switch v := v.(type) {
	case *types.Optional:
		if !v.HasValue() {
			return types.String("")
		}
		return celText(v.GetValue())
	case traits.Mapper:
		if own, there := v.Find(types.String(xmlText)); there {
			return celText(own)
		}
		return types.String("")
	}
	return types.String(scalarText(v))
}

// textCost charges our functions for the text they touch, ten bytes a unit as CEL charges its own.
type textCost struct{}

func (textCost) CallCost(function, _ string, args []ref.Val, result ref.Val) *uint64 {
	switch function {
	case "trim", "lowerAscii", "upperAscii", "so_digitos", "maiusculas", "sem_acentos", "ultimo_segmento", "texto_de", "substring", "replace", "split", "join":
	default:
		return nil
	}
	cost := 1 + weight(result)
	for _, v := range args {
		cost += weight(v)
	}
	return &cost
}

func weight(v ref.Val) uint64 {
	switch v := v.(type) {
	case types.String:
		return uint64(len(v)) / 10
	case traits.Sizer:
		if n, ok := v.Size().(types.Int); ok {
			return uint64(n)
		}
	}
	return 0
}
