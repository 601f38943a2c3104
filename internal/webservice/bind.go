package webservice

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"ponte/internal/desk"
)

// maxFaults bounds the faults that are listed; a call with more has another problem.
const maxFaults = 50

// inputPlan is what reflection found out about an operation's input, once, in Define.
type inputPlan struct {
	specs  []ParamSpec
	index  [][]int
	byName map[string]int
	groups [][]int // fields of which exactly one must be sent
}

func planInput(t reflect.Type) (*inputPlan, error) {
	p := &inputPlan{byName: map[string]int{}}
	groups := map[string]int{}
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous || f.Tag.Get("ws") == "" {
			continue
		}
		s, err := parseTag(f)
		if err != nil {
			return nil, err
		}
		if !f.IsExported() {
			return nil, fmt.Errorf("parameter %s: field %s is not exported", s.Name, f.Name)
		}
		if _, twice := p.byName[s.Name]; twice || s.Name == "" {
			return nil, fmt.Errorf("parameter %q: named twice or not at all", s.Name)
		}
		i := len(p.specs)
		p.byName[s.Name] = i
		p.specs = append(p.specs, s)
		p.index = append(p.index, f.Index)
		if s.OneOf != "" {
			g, ok := groups[s.OneOf]
			if !ok {
				g = len(p.groups)
				groups[s.OneOf] = g
				p.groups = append(p.groups, nil)
			}
			p.groups[g] = append(p.groups[g], i)
		}
	}
	if len(p.specs) > 64 {
		return nil, fmt.Errorf("%d parameters; the binder's set holds 64", len(p.specs))
	}
	return p, nil
}

// binding gathers what one call's parameters were found to be.
type binding struct {
	seen, given uint64 // sets of fields: named at all, with a value
	faults      []desk.FieldError
	warnings    []desk.FieldError
	unknown     bool
	tooLarge    bool
}

func (b *binding) fault(field, code string, args map[string]any) {
	if len(b.faults) < maxFaults {
		b.faults = append(b.faults, desk.FieldError{Field: field, Code: code, Args: args})
	}
}

// bind fills dst, an addressable struct, and gathers every fault. Bytes that it decoded are left in the
// parameter's Raw, so that the canonical form can name them by hash without decoding again.
func (p *inputPlan) bind(dst reflect.Value, params []Param, ignoreUnknown bool) *binding {
	b := &binding{}
	for i := range params {
		param := &params[i]
		f, known := p.byName[param.Name]
		if !known {
			p.stray(b, param, ignoreUnknown)
			continue
		}
		// The same name twice is refused, even with the same value: which one is meant would be a guess. It is a
		// fault of the parameter (422), not of the syntax: JSON and forms both allow it.
		if b.seen&(1<<f) != 0 {
			b.fault(param.Name, "repetido", nil)
			continue
		}
		b.seen |= 1 << f
		if param.Form == Null {
			continue
		}
		given, code, args := p.set(dst, f, param)
		if code != "" {
			b.fault(param.Name, code, args)
			b.tooLarge = b.tooLarge || code == "grande_demais"
		}
		if given {
			b.given |= 1 << f
		}
	}
	p.checkPresence(b)
	return b
}

// stray deals with a name that the operation doesn't have.
func (p *inputPlan) stray(b *binding, param *Param, ignore bool) {
	if ignore {
		if len(b.warnings) < maxFaults {
			b.warnings = append(b.warnings, desk.FieldError{Field: ShownName(param.Name), Code: "desconhecido"})
		}
		return
	}
	b.unknown = true
	if len(b.faults) >= maxFaults {
		return
	}
	var args map[string]any
	if near := nearestName(param.Name, p.specs); near != "" {
		args = map[string]any{"sugestao": near}
	}
	b.fault(ShownName(param.Name), "desconhecido", args)
}

// set parses one parameter into its field. given says that it had a value, right or wrong, so that a wrong one
// isn't called missing as well.
func (p *inputPlan) set(dst reflect.Value, f int, param *Param) (given bool, code string, args map[string]any) {
	s := &p.specs[f]
	switch param.Form {
	case Nested:
		return true, "nao_simples", nil
	case Hollow:
		if s.Kind == KindText {
			return false, "", nil
		}
		return true, "vazio", nil
	case File:
		if s.Kind != KindFile {
			return true, "arquivo_no_lugar", nil
		}
		return p.setFile(dst, f, param.Raw)
	}
	if s.Kind == KindFile {
		return p.setBase64(dst, f, param)
	}
	text, code := cleanText(param.Text, s.OneLine || s.Kind != KindText)
	if code != "" {
		return true, code, nil
	}
	if text == "" {
		return false, "", nil
	}
	param.Text = text
	code, args = s.store(dst.FieldByIndex(p.index[f]), text)
	return true, code, args
}

// store parses the text by the parameter's kind.
func (s *ParamSpec) store(field reflect.Value, text string) (code string, args map[string]any) {
	switch s.Kind {
	case KindFlag:
		flag, ok := ParseFlag(text)
		if !ok {
			return "nao_e_sim_nao", nil
		}
		field.SetUint(uint64(flag))
	case KindMoment:
		m, ok := ParseMoment(text)
		if !ok {
			return "nao_e_data", nil
		}
		*field.Addr().Interface().(*Moment) = m
	case KindInt:
		n, err := strconv.ParseInt(text, 10, 64)
		switch {
		case err != nil:
			return "nao_e_numero", nil
		case s.Min != nil && n < *s.Min:
			return "menor_que", map[string]any{"minimo": *s.Min}
		case s.Most != nil && n > *s.Most:
			return "maior_que", map[string]any{"maximo": *s.Most}
		}
		field.SetInt(n)
	default:
		if longer(text, s.Max) {
			return "longo_demais", map[string]any{"max": s.Max}
		}
		if s.Enum != nil && !slices.Contains(s.Enum, text) {
			return "fora_da_lista", map[string]any{"valores": s.Enum}
		}
		field.SetString(text)
	}
	return "", nil
}

func (p *inputPlan) setBase64(dst reflect.Value, f int, param *Param) (given bool, code string, args map[string]any) {
	limit := p.specs[f].Max
	// Refuse before decoding: line breaks make base64 longer by a few percent, never by a half.
	if len(param.Text)/2 > limit {
		return true, "grande_demais", map[string]any{"max": limit}
	}
	raw, ok := ParseBase64(param.Text)
	if !ok {
		return true, "nao_e_base64", nil
	}
	param.Raw = raw
	return p.setFile(dst, f, raw)
}

func (p *inputPlan) setFile(dst reflect.Value, f int, raw []byte) (given bool, code string, args map[string]any) {
	if limit := p.specs[f].Max; len(raw) > limit {
		return true, "grande_demais", map[string]any{"max": limit}
	}
	if len(raw) == 0 {
		return false, "", nil
	}
	dst.FieldByIndex(p.index[f]).SetBytes(raw)
	return true, "", nil
}

// checkPresence finds what is missing, in the order in which the operation declares its parameters.
func (p *inputPlan) checkPresence(b *binding) {
	for i := range p.specs {
		if p.specs[i].Required && b.given&(1<<i) == 0 {
			b.fault(p.specs[i].Name, "obrigatorio", nil)
		}
	}
	for _, group := range p.groups {
		var names, sent []string
		for _, i := range group {
			names = append(names, p.specs[i].Name)
			if b.given&(1<<i) != 0 {
				sent = append(sent, p.specs[i].Name)
			}
		}
		switch {
		case len(sent) == 0:
			b.fault(names[0], "um_deles", map[string]any{"nomes": names})
		case len(sent) > 1:
			b.fault(sent[1], "so_um_deles", map[string]any{"nomes": names})
		}
	}
}

// err is the refusal, nil where there is none. A stray name decides the codigo over a bad value: "comentaro" makes
// comentario missing as well, and the stray name is the cause. campos carries both.
func (b *binding) err() *desk.Error {
	if len(b.faults) == 0 {
		return nil
	}
	code := desk.ErrParameter
	switch {
	case b.unknown:
		code = desk.ErrUnknownParameter
	case b.tooLarge:
		code = desk.ErrTooLarge
	}
	err := desk.Fail(code)
	err.Fields = b.faults
	return err
}
