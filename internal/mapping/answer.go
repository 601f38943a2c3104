package mapping

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Answer is what came back, as far as it was read.
type Answer struct {
	Status int
	// Header has lower-case names; repeated ones are joined with ", ".
	Header map[string]string
	Body   []byte
	// Truncated: the body was longer than the policy reads, or was cut on its way.
	Truncated bool
}

// view is an answer as expressions see it.
type view struct {
	answer   *Answer
	text     string
	body     any
	root     string // of XML
	fault    any    // a map where the answer is a Fault of SOAP
	readable bool   // in the call's expected form
	keys     *celKeys
}

func newView(a *Answer, kind AnswerKind, keys *Keys) *view {
	v := &view{answer: a, text: decodeText(a)}
	if keys != nil {
		v.keys = &celKeys{celDelivery{keys.DeliveryID}, celOrder{keys.OrderID, keys.OrderNumber}, celOccurrence{keys.LegacyID}}
	}
	switch {
	case a.Truncated:
	case kind == AnswerText, strings.TrimSpace(v.text) == "":
		v.readable = true
	case kind == AnswerXML:
		v.xml()
	default:
		v.body, v.readable = decodeJSON(v.text)
		if list, ok := v.body.([]any); ok && kind == AnswerJSONList && len(list) == 1 {
			v.body = list[0]
		}
	}
	return v
}

// xml reads the text as XML. What is no UTF-8 and was not declared as what it is can't be read.
func (v *view) xml() {
	var x *xmlAnswer
	if !utf8.Valid(v.answer.Body) && strings.ContainsRune(v.text, utf8.RuneError) {
		return
	}
	if x, v.readable = decodeXML(v.text); v.readable {
		v.root, v.body = x.root, x.body
		if x.fault != nil {
			v.fault = x.fault
		}
	}
}

// decodeText reads the body in the charset that its Content-Type declares, or its XML declaration; anything but the
// two that old servers still use is taken as UTF-8.
func decodeText(a *Answer) string {
	if !utf8.Valid(a.Body) {
		_, params, _ := mime.ParseMediaType(a.Header["content-type"])
		charset := params["charset"]
		if m := xmlEncoding.FindSubmatch(a.Body); m != nil && charset == "" {
			charset = string(m[1])
		}
		if latin1(charset) {
			if s, ok := fromLatin1(a.Body); ok {
				return s
			}
		}
	}
	return strings.ToValidUTF8(string(bytes.TrimPrefix(a.Body, []byte("\ufeff"))), "\ufffd")
}

func decodeJSON(text string) (any, bool) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil, false
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, false // something follows: two answers in one, or garbage
	}
	return v, true
}

// ResolveName and Parent make an answer the variables of a rule.
func (v *view) ResolveName(name string) (any, bool) {
	switch name {
	case "http":
		return types.Int(v.answer.Status), true
	case "corpo":
		return v.body, true
	case "texto":
		return v.text, true
	case "raiz":
		return v.root, true
	case "falha":
		return v.fault, true
	case "cabecalhos":
		if v.answer.Header == nil {
			return map[string]string{}, true
		}
		return v.answer.Header, true
	case "chave":
		return v.keys, v.keys != nil
	}
	return nil, false
}

func (v *view) Parent() cel.Activation { return nil }

// judging evaluates rules over one view.
type judging struct {
	ctx context.Context
	*view
}

// truth of a rule; failed where it could not be evaluated, which is neither yes nor no.
func (j judging) truth(p *program) (yes, failed bool) {
	if p == nil {
		return false, false
	}
	v, err := p.eval(j.ctx, j.view)
	if err != nil {
		return false, true
	}
	b, ok := v.(types.Bool)
	return bool(b), !ok
}

const maxExtract = 200 // characters of an id

// extracted gathers what the rules find. An id with control characters or of absurd length is not an id.
func (j judging) extracted(rules []extraction) map[string]string {
	if len(rules) == 0 {
		return nil
	}
	out := make(map[string]string, len(rules))
	for _, r := range rules {
		s := strings.TrimSpace(j.textOf(r.prg))
		if s != "" && len(s) <= maxExtract && !strings.ContainsFunc(s, unicode.IsControl) {
			out[r.name] = s
		}
	}
	return out
}

// textOf is an expression's result as a text; "" where it failed or is no text.
func (j judging) textOf(p *program) string {
	if p == nil {
		return ""
	}
	v, err := p.eval(j.ctx, j.view)
	if err != nil {
		return ""
	}
	return scalarText(v)
}

func scalarText(v ref.Val) string {
	native, ok := fromCEL(v)
	if !ok {
		return ""
	}
	s, _ := textOf(native, time.UTC)
	return s
}
