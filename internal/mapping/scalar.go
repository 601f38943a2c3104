package mapping

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// Duration is written as Go writes one ("1m30s"), without the zeros at its end.
type Duration time.Duration

// Std is d for the standard library.
func (d Duration) Std() time.Duration { return time.Duration(d) }

func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func (d Duration) MarshalYAML() (any, error) { return d.String(), nil }

func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		return typeError(n, "duration")
	}
	*d = Duration(v)
	return nil
}

// Scalar is a fixed value as it is sent: a string, int64, float64 or bool. Dates stay the text they are.
type Scalar struct{ Value any }

// Fixed makes a Scalar from Go.
func Fixed(v any) *Scalar {
	if i, ok := v.(int); ok {
		v = int64(i)
	}
	return &Scalar{Value: v}
}

// MarshalYAML puts a text with line breaks or tabs in quotes: see Param.MarshalYAML.
func (s Scalar) MarshalYAML() (any, error) {
	if text, ok := s.Value.(string); ok && strings.IndexFunc(text, unicode.IsControl) >= 0 {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text, Style: yaml.DoubleQuotedStyle}, nil
	}
	return s.Value, nil
}

func (s *Scalar) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return typeError(n, "scalar")
	}
	var err error
	switch n.ShortTag() {
	case "!!int":
		var v int64
		err = n.Decode(&v)
		s.Value = v
	case "!!float":
		var v float64
		err = n.Decode(&v)
		s.Value = v
		// 1.0 and 1 are one number in JSON; keeping one form keeps the document's canonical form stable
		if math.Abs(v) < 1<<53 && v == math.Trunc(v) {
			s.Value = int64(v)
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return typeError(n, "number")
		}
	case "!!bool":
		var v bool
		err = n.Decode(&v)
		s.Value = v
	default:
		s.Value = n.Value
	}
	if err != nil {
		return typeError(n, "scalar")
	}
	return nil
}

// typeError is gathered by the YAML decoder with its own, where another error would end the decoding.
func typeError(n *yaml.Node, want string) error {
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: cannot unmarshal into %s", n.Line, want)}}
}

// numberText writes a float as JSON does for everyday sizes: 0.5, 1200000, never 1.2e+06.
func numberText(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
