package soap

import (
	"strings"

	"ponte/internal/webservice"
)

// faultElement is what a Fault's detail holds.
const faultElement = "Erro"

// WSDL is the service's description (WSDL 1.1) for one absolute address: a port for each version, document/literal
// wrapped, one message part named parameters.
func WSDL(registry *webservice.Registry, address string) []byte {
	d := &writer{}
	d.line(`<?xml version="1.0" encoding="UTF-8"?>`)
	d.open("wsdl:definitions", "name", "Ponte", "targetNamespace", Namespace, "xmlns:wsdl", "http://schemas.xmlsoap.org/wsdl/",
		"xmlns:soap", "http://schemas.xmlsoap.org/wsdl/soap/", "xmlns:soap12", "http://schemas.xmlsoap.org/wsdl/soap12/",
		"xmlns:xs", "http://www.w3.org/2001/XMLSchema", "xmlns:tns", Namespace)
	d.text("wsdl:documentation", intro)
	d.open("wsdl:types")
	d.schema(registry)
	d.close("wsdl:types")
	for _, e := range registry.Entries() {
		d.message(e.Name, "parameters", e.Name)
		d.message(e.Name+"Response", "parameters", e.Name+"Response")
	}
	d.message(faultElement, "fault", faultElement)
	d.portType(registry)
	d.binding(registry, "soap", "PonteSoap11")
	d.binding(registry, "soap12", "PonteSoap12")
	d.open("wsdl:service", "name", "Ponte")
	for _, b := range [][2]string{{"soap", "PonteSoap11"}, {"soap12", "PonteSoap12"}} {
		d.open("wsdl:port", "name", b[1], "binding", "tns:"+b[1])
		d.empty(b[0]+":address", "location", address)
		d.close("wsdl:port")
	}
	d.close("wsdl:service")
	d.close("wsdl:definitions")
	return []byte(d.b.String())
}

const intro = "Ocorrências da assistência técnica, abertas e acompanhadas de fora. " +
	"O token vai em Authorization: Bearer TOKEN, como senha da autenticação Basic, ou como senha (PasswordText) de um UsernameToken de WS-Security. " +
	"Elementos opcionais que não são informados ficam fora, ou vão com xsi:nil; a ordem não importa. " +
	"Datas: ISO 8601 ou dd/mm/aaaa hh:mm[:ss]; sem fuso, vale o do empreendimento. " +
	"A mesma chamada, com o mesmo id_externo, recebe a mesma resposta e nada é feito outra vez. " +
	"Arquivos são codificados em base64 uma única vez: SoapClient do PHP, zeep e Java já o fazem ao enviar xs:base64Binary. " +
	"Erros são Faults com codigo estável, campos e o número do recebimento guardado."

func (d *writer) message(name, part, element string) {
	d.open("wsdl:message", "name", name)
	d.empty("wsdl:part", "name", part, "element", "tns:"+element)
	d.close("wsdl:message")
}

func (d *writer) portType(registry *webservice.Registry) {
	d.open("wsdl:portType", "name", "PontePortType")
	for _, e := range registry.Entries() {
		d.open("wsdl:operation", "name", e.Name)
		d.text("wsdl:documentation", e.Describe())
		d.empty("wsdl:input", "message", "tns:"+e.Name)
		d.empty("wsdl:output", "message", "tns:"+e.Name+"Response")
		d.empty("wsdl:fault", "name", faultElement, "message", "tns:"+faultElement)
		d.close("wsdl:operation")
	}
	d.close("wsdl:portType")
}

func (d *writer) binding(registry *webservice.Registry, prefix, name string) {
	d.open("wsdl:binding", "name", name, "type", "tns:PontePortType")
	d.empty(prefix+":binding", "style", "document", "transport", "http://schemas.xmlsoap.org/soap/http")
	for _, e := range registry.Entries() {
		d.open("wsdl:operation", "name", e.Name)
		d.empty(prefix+":operation", "soapAction", Namespace+"#"+e.Name, "style", "document")
		for _, direction := range []string{"wsdl:input", "wsdl:output"} {
			d.open(direction)
			d.empty(prefix+":body", "use", "literal")
			d.close(direction)
		}
		d.open("wsdl:fault", "name", faultElement)
		d.empty(prefix+":fault", "name", faultElement, "use", "literal")
		d.close("wsdl:fault")
		d.close("wsdl:operation")
	}
	d.close("wsdl:binding")
}

// writer writes XML that a person reads too.
type writer struct {
	b     strings.Builder
	depth int
}

func (d *writer) line(text string) {
	d.b.WriteString(strings.Repeat("  ", d.depth) + text + "\n")
}

// tag is a start tag without its end; attributes are pairs.
func tag(name string, attributes []string) string {
	var b strings.Builder
	b.WriteString("<" + name)
	for i := 0; i+1 < len(attributes); i += 2 {
		b.WriteString(" " + attributes[i] + `="`)
		escape(&b, attributes[i+1])
		b.WriteString(`"`)
	}
	return b.String()
}

func (d *writer) open(name string, attributes ...string) {
	d.line(tag(name, attributes) + ">")
	d.depth++
}

func (d *writer) close(name string) {
	d.depth--
	d.line("</" + name + ">")
}

func (d *writer) empty(name string, attributes ...string) { d.line(tag(name, attributes) + "/>") }

func (d *writer) text(name, text string) {
	var b strings.Builder
	escape(&b, text)
	d.line(tag(name, nil) + ">" + b.String() + "</" + name + ">")
}
