package webservice

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Kind is the type of a parameter or of a field of an answer, as every encoding and document describes it.
type Kind uint8

const (
	KindText Kind = iota
	KindInt
	KindFlag
	KindMoment
	KindFile
	KindBool   // answers only
	KindObject // answers only
	KindList   // answers only
)

// ParamSpec describes one parameter: what the binder enforces and the documents say.
type ParamSpec struct {
	Name string
	Kind Kind
	// Required is enforced by the binder; Demanded is documented as mandatory but refused by the use case, which
	// has a codigo of its own for it.
	Required, Demanded bool
	// Max is in runes for text, in decoded bytes for a file; Min and Most bound a number.
	Max       int
	Min, Most *int64
	Enum      []string
	// OneLine turns line breaks into blanks.
	OneLine bool
	// OneOf names a group of which exactly one must be sent.
	OneOf string
	// Path is the variable of a route that feeds it.
	Path string
	// FileName and FileType take the name and type of the file part of a multipart body where they aren't sent.
	FileName, FileType bool
	Doc, Example       string
}

// defaultMax bounds a text that doesn't say its own limit.
const defaultMax = 255

var (
	flagType   = reflect.TypeFor[Flag]()
	momentType = reflect.TypeFor[Moment]()
	bytesType  = reflect.TypeFor[[]byte]()
	timeType   = reflect.TypeFor[time.Time]()
)

// parseTag reads one field of an input struct. Its mistakes are the programmer's, so Define panics with them.
func parseTag(f reflect.StructField) (ParamSpec, error) {
	name, options, _ := strings.Cut(f.Tag.Get("ws"), ",")
	s := ParamSpec{Name: name, Doc: f.Tag.Get("doc"), Example: f.Tag.Get("exemplo")}
	switch {
	case f.Type == flagType:
		s.Kind = KindFlag
	case f.Type == momentType:
		s.Kind = KindMoment
	case f.Type == bytesType:
		s.Kind = KindFile
	case f.Type.Kind() == reflect.String:
		s.Kind, s.Max = KindText, defaultMax
	case f.Type.Kind() == reflect.Int64:
		s.Kind = KindInt
	default:
		return s, fmt.Errorf("parameter %s: type %s is none of string, int64, Flag, Moment, []byte", name, f.Type)
	}
	for option := range strings.SplitSeq(options, ",") {
		if option == "" {
			continue
		}
		if err := s.option(option); err != nil {
			return s, fmt.Errorf("parameter %s: %w", name, err)
		}
	}
	if s.Kind == KindFile && s.Max == 0 {
		return s, fmt.Errorf("parameter %s: a file needs max=BYTES", name)
	}
	return s, nil
}

func (s *ParamSpec) option(option string) error {
	key, value, _ := strings.Cut(option, "=")
	var err error
	switch key {
	case "obrigatorio":
		s.Required = true
	case "exigido":
		s.Demanded = true
	case "linha":
		s.OneLine = true
	case "arquivo_nome":
		s.FileName = true
	case "arquivo_tipo":
		s.FileType = true
	case "um_de":
		s.OneOf = value
	case "caminho":
		s.Path = value
	case "enum":
		s.Enum = strings.Split(value, "|")
	case "min":
		s.Min, err = parseBound(value)
	case "max":
		if s.Kind == KindInt {
			s.Most, err = parseBound(value)
			break
		}
		s.Max, err = strconv.Atoi(value)
	default:
		return fmt.Errorf("unknown option %q", option)
	}
	return err
}

func parseBound(s string) (*int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	return &n, err
}
