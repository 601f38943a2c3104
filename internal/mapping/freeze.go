package mapping

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"ponte/internal/desk"
)

// The names of a row's referencia.
const (
	RefOrderID     = "ordem.id_mobuss"
	RefOrderNumber = "ordem.numero_os"
	RefDeliveryID  = "envio.id"
	RefFileContent = "anexo.conteudo"
)

// The names that Ponte itself looks for in what was extracted; a configuration may extract others.
const (
	ExtractOrderID     = "id_mobuss"
	ExtractOrderNumber = "numero_os"
	ExtractVisitID     = "id_visita"
)

// Frozen is a call with every value fixed but those that are bound by name. It is stored (sealed) as JSON; what
// was stored binds to the same bytes.
type Frozen struct {
	Point desk.Point `json:"point"`
	// LegacyID is what the order is called over there, a key of look-ups.
	LegacyID string      `json:"legacy_id"`
	Call     FrozenCall  `json:"call"`
	Strategy string      `json:"strategy,omitempty"`
	LookUp   *FrozenCall `json:"look_up,omitempty"`
	// File is the attachment whose bytes the call carries, by their hash.
	File *File `json:"file,omitempty"`
}

// FrozenCall is one call's part of a Frozen.
type FrozenCall struct {
	Method string            `json:"method"`
	Path   string            `json:"path"`
	Body   BodyKind          `json:"body"`
	XML    *XML              `json:"xml,omitempty"`
	Answer AnswerKind        `json:"answer"`
	Header map[string]string `json:"header,omitempty"`
	Values []FrozenValue     `json:"values"`
}

// FrozenValue is one row: a value, or the name of one.
type FrozenValue struct {
	Target string `json:"target"`
	// JSON is the value, encoded. As a text in the stored JSON it survives storing byte for byte.
	JSON string `json:"json,omitempty"`
	// Ref names the value instead; Type and IfEmpty then apply when it is bound.
	Ref     string  `json:"ref,omitempty"`
	Type    Type    `json:"type,omitempty"`
	Format  string  `json:"format,omitempty"`
	IfEmpty IfEmpty `json:"if_empty,omitempty"`
}

// Missing says which values a call can't do without. It unwraps to a *desk.Error (ErrParameter) whose fields are
// the targets, for whoever only shows it.
type Missing struct {
	Point  desk.Point
	Values []MissingValue
}

// MissingValue is one of them.
type MissingValue struct {
	Target string // the destino of the row: "idUnidade"
	Source string // where it would have come from: "unidade.id_mobuss", "cel"...
	// Code is obrigatorio (there is none), valor_invalido (it can't have the row's type) or expressao_falhou.
	Code   string
	LookUp bool // the row belongs to the look-up
}

func (m *Missing) Error() string {
	parts := make([]string, len(m.Values))
	for i, v := range m.Values {
		parts[i] = fmt.Sprintf("%s (%s): %s", v.Target, v.Source, v.Code)
	}
	return fmt.Sprintf("%s: %s", m.Point, strings.Join(parts, "; "))
}

// Unwrap is the error for a door.
func (m *Missing) Unwrap() error {
	e := desk.Fail(desk.ErrParameter, "ponto", string(m.Point))
	for _, v := range m.Values {
		e.Fields = append(e.Fields, desk.BadField(v.Target, v.Code, "origem", v.Source).Fields...)
	}
	return e
}

// Freeze fixes the call of a point. The error is a *Missing where a value is wanting, and a *desk.Error of code
// ErrConfig where the point is not configured.
func (c *Compiled) Freeze(p desk.Point, f *Facts) (*Frozen, error) {
	pt := c.points[p]
	if pt == nil {
		return nil, desk.Fail(desk.ErrConfig, "motivo", "ponto_sem_configuracao", "ponto", string(p))
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	z := freezer{ctx: ctx, facts: f, zone: f.Zone, missing: Missing{Point: p}}
	if z.zone == nil {
		z.zone = time.UTC
	}
	out := &Frozen{Point: p, LegacyID: validText(f.Occurrence.LegacyID), Call: z.call(pt.call)}
	if pt.call.carriesFile() {
		file := f.File
		file.Name, file.Type, file.SHA256 = validText(file.Name), validText(file.Type), validText(file.SHA256)
		out.File = &file
		if file.SHA256 == "" {
			z.missing.Values = append(z.missing.Values, MissingValue{"arquivo", RefFileContent, "obrigatorio", false})
		}
	}
	if pt.lookUp != nil {
		z.inLookUp = true
		l := z.call(pt.lookUp.call)
		out.Strategy, out.LookUp = pt.strategy, &l
	}
	if len(z.missing.Values) > 0 {
		return nil, &z.missing
	}
	return out, nil
}

// LookUpRequest is a point's look-up alone, ready to be sent: a question that changes nothing. Nil where the point has
// none in use. The error is a *Missing where a value is wanting.
func (c *Compiled) LookUpRequest(p desk.Point, f *Facts, refs Refs) (*Request, error) {
	pt := c.points[p]
	if pt == nil || pt.lookUp == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	z := freezer{ctx: ctx, facts: f, zone: f.Zone, missing: Missing{Point: p}, inLookUp: true}
	if z.zone == nil {
		z.zone = time.UTC
	}
	call := z.call(pt.lookUp.call)
	if len(z.missing.Values) > 0 {
		return nil, &z.missing
	}
	asks, err := (&Frozen{Point: p, LegacyID: validText(f.Occurrence.LegacyID), Call: call}).Bind(refs)
	if err != nil {
		return nil, err
	}
	asks.Strategy = pt.strategy
	return asks, nil
}

type freezer struct {
	ctx      context.Context
	facts    *Facts
	zone     *time.Location
	missing  Missing
	inLookUp bool
}

func (z *freezer) call(c *call) FrozenCall {
	out := FrozenCall{Method: c.Method, Path: c.Path, Body: c.Body, XML: c.XML, Answer: c.Answer, Header: maps.Clone(c.Header),
		Values: make([]FrozenValue, 0, len(c.rows))}
	for i := range c.rows {
		r := &c.rows[i]
		if r.Ref != "" {
			out.Values = append(out.Values, FrozenValue{Target: r.Target, Ref: r.Ref, Type: r.Type, Format: r.Format, IfEmpty: r.IfEmpty})
			continue
		}
		json, code := z.value(r)
		if code != "" {
			z.missing.Values = append(z.missing.Values, MissingValue{r.Target, r.source(), code, z.inLookUp})
		} else if json != "" {
			out.Values = append(out.Values, FrozenValue{Target: r.Target, JSON: json})
		}
	}
	return out
}

func (r *row) source() string {
	switch {
	case r.Field != "":
		return r.Field
	case r.CEL != "":
		return "cel"
	case r.Ref != "":
		return r.Ref
	}
	return "fixo"
}

// value is a row's value, encoded; "" where it is to be left out, or the code of what is wrong.
func (z *freezer) value(r *row) (json, code string) {
	var v any
	switch {
	case r.Fixed != nil:
		if r.fixed != `""` && !isEmpty(r.Fixed.Value) {
			return r.fixed, ""
		}
	case r.prg != nil:
		out, err := r.prg.eval(z.ctx, (*factVars)(z.facts))
		if err != nil {
			return "", "expressao_falhou"
		}
		var ok bool
		if v, ok = fromCEL(out); !ok {
			return "", "valor_invalido"
		}
	default:
		v = r.field.of(z.facts)
	}
	if isEmpty(v) {
		return ifEmpty(r.IfEmpty)
	}
	v, ok := convert(v, r.Type, r.Format, z.zone)
	if !ok {
		return "", "valor_invalido"
	}
	if isEmpty(v) { // a formato may leave nothing of a text
		return ifEmpty(r.IfEmpty)
	}
	return encode(v, z.zone), ""
}

// validText is s as JSON would store it, so that what was stored and what was not are the same.
func validText(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

func ifEmpty(how IfEmpty) (json, code string) {
	switch how {
	case EmptyNull:
		return "null", ""
	case EmptyText:
		return `""`, ""
	case EmptyRefuse:
		return "", "obrigatorio"
	}
	return "", ""
}
