package soap

import (
	"fmt"
	"strings"

	"ponte/internal/webservice"
)

// schema is the types. They are built-in ones only, because SOAP::Lite makes xsi:nil of any simpleType; what is optional
// may be left out, and nothing is nillable; a sequence keeps positional callers (PHP, SOAP::Lite) working as long as
// parameters are only ever appended.
func (d *writer) schema(registry *webservice.Registry) {
	d.open("xs:schema", "targetNamespace", Namespace, "elementFormDefault", "qualified")
	for _, e := range registry.Entries() {
		d.record(e.Name, nil, "", func() {
			for _, s := range e.Params() {
				d.leaf(s.Name, paramType(s.Kind), docOf(s), optional(!s.Required && !s.Demanded)...)
			}
		})
		d.record(e.Name+"Response", nil, "", func() {
			for _, f := range e.AnswerFields() {
				d.field(f, !promised(e, f))
			}
		})
	}
	d.record(faultElement, nil, "Por que a chamada foi recusada.", func() {
		d.leaf("codigo", "xs:string", "Estável: "+strings.Join(webservice.Codes(), ", ")+".")
		d.leaf("mensagem", "xs:string", "O que houve e o que fazer.")
		d.record("campos", optional(true), "O que está errado em cada parâmetro.", func() {
			d.record("campo", []string{"maxOccurs", "unbounded"}, "", func() {
				d.leaf("campo", "xs:string", "O parâmetro.")
				d.leaf("mensagem", "xs:string", "O que está errado nele.")
			})
		})
		d.leaf("recebimento", "xs:string", "O número da chamada guardada para análise.", optional(true)...)
	})
	d.close("xs:schema")
}

// promised says whether an answer always has the field: what a write answers and its caller didn't know. Anything else
// a response profile may leave out.
func promised(e *webservice.Entry, f webservice.FieldSpec) bool {
	if e.Reads || !f.Required {
		return false
	}
	for _, s := range e.Params() {
		if s.Name == f.Name {
			return false
		}
	}
	return true
}

// record is an element with elements inside.
func (d *writer) record(name string, attributes []string, doc string, inside func()) {
	d.open("xs:element", append([]string{"name", name}, attributes...)...)
	d.annotation(doc)
	d.open("xs:complexType")
	d.open("xs:sequence")
	inside()
	d.close("xs:sequence")
	d.close("xs:complexType")
	d.close("xs:element")
}

func (d *writer) leaf(name, kind, doc string, attributes ...string) {
	attributes = append([]string{"name", name, "type", kind}, attributes...)
	if doc == "" {
		d.empty("xs:element", attributes...)
		return
	}
	d.open("xs:element", attributes...)
	d.annotation(doc)
	d.close("xs:element")
}

func (d *writer) annotation(doc string) {
	if doc == "" {
		return
	}
	d.open("xs:annotation")
	d.text("xs:documentation", doc)
	d.close("xs:annotation")
}

// field is one of an answer. A list is its items, one element each, as AppendXML writes it.
func (d *writer) field(f webservice.FieldSpec, mayMiss bool) {
	kind, attributes := f.Kind, optional(mayMiss)
	if kind == webservice.KindList {
		kind, attributes = f.Item, []string{"minOccurs", "0", "maxOccurs", "unbounded"}
	}
	if kind != webservice.KindObject {
		d.leaf(f.Name, answerType(kind), f.Doc, attributes...)
		return
	}
	d.record(f.Name, attributes, f.Doc, func() {
		for _, child := range f.Children {
			d.field(child, true)
		}
	})
}

func optional(is bool) []string {
	if is {
		return []string{"minOccurs", "0"}
	}
	return nil
}

// paramType is lax where the binder is: a moment may be dd/mm/aaaa, or lack a zone.
func paramType(k webservice.Kind) string {
	switch k {
	case webservice.KindInt:
		return "xs:long"
	case webservice.KindFile:
		return "xs:base64Binary"
	}
	return "xs:string"
}

func answerType(k webservice.Kind) string {
	switch k {
	case webservice.KindInt:
		return "xs:long"
	case webservice.KindBool:
		return "xs:boolean"
	case webservice.KindMoment:
		return "xs:dateTime"
	}
	return "xs:string"
}

// docOf is the parameter's own text and what its type doesn't say.
func docOf(s webservice.ParamSpec) string {
	doc := s.Describe()
	switch s.Kind {
	case webservice.KindText:
		if s.Enum != nil {
			doc += " Um de: " + strings.Join(s.Enum, ", ") + "."
		} else {
			doc += fmt.Sprintf(" Até %d caracteres.", s.Max)
		}
	case webservice.KindFile:
		doc += fmt.Sprintf(" Até %d bytes decodificado.", s.Max)
	}
	if s.Example != "" {
		doc += " Exemplo: " + s.Example
	}
	return doc
}
