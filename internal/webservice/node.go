package webservice

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Node is one element of an answer, in order. What it holds is by Kind: Text for KindText, KindFlag and
// KindMoment; Num for KindInt; Bool for KindBool; Children for KindObject (its members) and KindList (its items,
// all of the list's name).
type Node struct {
	Name     string
	Kind     Kind
	Text     string
	Num      int64
	Bool     bool
	Children []Node
}

// FieldSpec describes one field of an answer.
type FieldSpec struct {
	Name string
	Kind Kind
	// Item is the kind of a list's items.
	Item     Kind
	Required bool
	Doc      string
	Example  string
	Enum     []string
	Children []FieldSpec
}

type outputField struct {
	spec  FieldSpec
	index []int
	plan  *outputPlan // of an object, or of a list's items
}

type outputPlan struct{ fields []outputField }

func planOutput(t reflect.Type) (*outputPlan, error) {
	p := &outputPlan{}
	for _, f := range reflect.VisibleFields(t) {
		tag := f.Tag.Get("ws")
		if f.Anonymous || tag == "" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		out := outputField{index: f.Index, spec: FieldSpec{Name: name, Doc: f.Tag.Get("doc"), Example: f.Tag.Get("exemplo")}}
		for option := range strings.SplitSeq(options, ",") {
			key, value, _ := strings.Cut(option, "=")
			switch key {
			case "":
			case "obrigatorio":
				out.spec.Required = true
			case "enum":
				out.spec.Enum = strings.Split(value, "|")
			default:
				return nil, fmt.Errorf("answer field %s: unknown option %q", name, option)
			}
		}
		if err := out.setKind(f.Type); err != nil {
			return nil, fmt.Errorf("answer field %s: %w", name, err)
		}
		p.fields = append(p.fields, out)
	}
	return p, nil
}

func (o *outputField) setKind(t reflect.Type) (err error) {
	if o.spec.Kind, o.plan, err = answerKind(t); err != nil || o.spec.Kind != KindList {
		return err
	}
	item := t
	for item.Kind() == reflect.Pointer {
		item = item.Elem()
	}
	o.spec.Item, o.plan, err = answerKind(item.Elem())
	if o.spec.Item == KindList {
		return fmt.Errorf("a list of lists has no form in XML")
	}
	return err
}

func answerKind(t reflect.Type) (Kind, *outputPlan, error) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == flagType:
		return KindFlag, nil, nil
	case t == timeType:
		return KindMoment, nil, nil
	}
	switch t.Kind() {
	case reflect.String:
		return KindText, nil, nil
	case reflect.Int, reflect.Int32, reflect.Int64:
		return KindInt, nil, nil
	case reflect.Bool:
		return KindBool, nil, nil
	case reflect.Struct:
		p, err := planOutput(t)
		return KindObject, p, err
	case reflect.Slice:
		return KindList, nil, nil
	}
	return 0, nil, fmt.Errorf("type %s has no form in an answer", t)
}

func (p *outputPlan) specs() []FieldSpec {
	specs := make([]FieldSpec, len(p.fields))
	for i, f := range p.fields {
		specs[i] = f.spec
		if f.plan != nil {
			specs[i].Children = f.plan.specs()
		}
	}
	return specs
}

// nodes leaves out what is absent: nil, an empty text, a zero time, an absent flag, an object without members.
// Numbers and booleans behind no pointer are always there, and so is a list that isn't nil; a field that is declared
// obrigatorio is there even when it is empty, save a zero time, for which there is no form.
func (p *outputPlan) nodes(v reflect.Value) []Node {
	nodes := make([]Node, 0, len(p.fields))
	for i := range p.fields {
		f := &p.fields[i]
		if n, ok := f.node(v.FieldByIndex(f.index)); ok {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

func (o *outputField) node(v reflect.Value) (Node, bool) {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return Node{}, false // nil is absent, whatever was declared
		}
		v = v.Elem()
	}
	if o.spec.Kind != KindList {
		n, given := answerNode(o.spec.Name, o.spec.Kind, o.plan, v)
		return n, given || o.spec.Required && o.spec.Kind != KindMoment
	}
	if v.IsNil() && !o.spec.Required {
		return Node{}, false
	}
	list := Node{Name: o.spec.Name, Kind: KindList, Children: make([]Node, 0, v.Len())}
	for i := range v.Len() {
		item := v.Index(i)
		for item.Kind() == reflect.Pointer {
			item = item.Elem()
		}
		if n, ok := answerNode(o.spec.Name, o.spec.Item, o.plan, item); ok {
			list.Children = append(list.Children, n)
		}
	}
	return list, true
}

func answerNode(name string, kind Kind, plan *outputPlan, v reflect.Value) (Node, bool) {
	n := Node{Name: name, Kind: kind}
	if !v.IsValid() {
		return n, false
	}
	switch kind {
	case KindInt:
		n.Num = v.Int()
	case KindBool:
		n.Bool = v.Bool()
	case KindText:
		n.Text = v.String()
		return n, n.Text != ""
	case KindFlag:
		n.Text = Flag(v.Uint()).String()
		return n, n.Text != ""
	case KindMoment:
		t := v.Interface().(time.Time)
		n.Text = t.Format(time.RFC3339)
		return n, !t.IsZero()
	case KindObject:
		n.Children = plan.nodes(v)
		return n, len(n.Children) > 0
	}
	return n, true
}
