package mapping

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Namespaces that Ponte itself writes, by the prefixes that it gives them.
const (
	soap11Space = "http://schemas.xmlsoap.org/soap/envelope/"
	soap12Space = "http://www.w3.org/2003/05/soap-envelope"
	xsiSpace    = "http://www.w3.org/2001/XMLSchema-instance"
)

// reservedPrefixes are bound by XML and by the envelope.
var reservedPrefixes = []string{"xml", "xmlns", "xsi", "soap"}

// xml checks the frame of an XML body and the names that its rows use.
func (k *checker) xml(at string, c *call) {
	switch {
	case c.Body != BodyXML && c.XML != nil:
		k.bad(at+".xml", "nao_se_aplica")
		return
	case c.Body != BodyXML:
		return
	case c.XML == nil:
		k.bad(at+".xml", "obrigatorio")
		return
	}
	x := c.XML
	known := append(slices.Collect(maps.Keys(x.Namespaces)), "", "xml", "xsi")
	switch {
	case x.Root == "":
		k.bad(at+".xml.raiz", "obrigatorio")
	case !isQName(x.Root):
		k.bad(at+".xml.raiz", "nome_xml_invalido")
	case !slices.Contains(known, prefixOf(x.Root)):
		k.bad(at+".xml.raiz", "prefixo_sem_espaco", "nome", prefixOf(x.Root))
	}
	for _, prefix := range slices.Sorted(maps.Keys(x.Namespaces)) {
		uri := x.Namespaces[prefix]
		switch {
		case prefix != "" && !isNCName(prefix):
			k.bad(at+".xml.espacos."+prefix, "nome_xml_invalido")
		case slices.Contains(reservedPrefixes, prefix):
			k.bad(at+".xml.espacos."+prefix, "prefixo_reservado")
		case uri == "" || strings.ContainsFunc(uri, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }):
			k.bad(at+".xml.espacos."+prefix, "valor_invalido")
		}
	}
	switch {
	case !slices.Contains([]Envelope{"", NoEnvelope, SOAP11, SOAP12}, x.Envelope):
		k.bad(at+".xml.envelope", "envelope_desconhecido")
	case !x.isSOAP() && x.Action != "":
		k.bad(at+".xml.acao", "nao_se_aplica")
	case strings.ContainsFunc(x.Action, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' || r == '\\' }):
		k.bad(at+".xml.acao", "valor_invalido")
	}
	for i, r := range c.rows {
		field := rowAt(at, i) + ".destino"
		if r.target.place == inSOAPHeader && !x.isSOAP() {
			k.bad(field, "cabecalho_sem_envelope")
		}
		for _, s := range r.target.steps {
			if !slices.Contains(known, prefixOf(s.key)) {
				k.bad(field, "prefixo_sem_espaco", "nome", prefixOf(s.key))
			}
		}
	}
}

func (x *XML) isSOAP() bool { return x.Envelope == SOAP11 || x.Envelope == SOAP12 }
