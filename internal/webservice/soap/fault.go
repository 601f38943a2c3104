package soap

import (
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
)

const declaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// succeeded answers 200 and the operation's response.
func (x *exchange) succeeded(a webservice.Answer) door.Reply {
	nodes := a.Nodes
	if x.Entry.Reads { // what a write answers is its contract, and toolkits unwrap its one element
		nodes = x.Profile.Prune(nodes)
	}
	b := make([]byte, 0, 512)
	b = append(b, declaration+`<soap:Envelope xmlns:soap="`+x.version.space+`"><soap:Body>`...)
	b = webservice.AppendXML(b, x.Entry.Name+"Response", Namespace, nodes)
	b = append(b, `</soap:Body></soap:Envelope>`...)
	return door.Reply{Status: http.StatusOK, Mime: x.version.mime + "; charset=utf-8", Body: b}
}

// receivers are the kinds of error that the same message may not meet again; all others are the sender's.
var receivers = map[desk.Kind]bool{desk.Internal: true, desk.Unavailable: true, desk.TooMany: true}

// faulted answers an error of the contract as a Fault.
func (x *exchange) faulted(err *desk.Error) door.Reply {
	out := door.Reply{Codigo: err.Code, Status: x.status(err), Mime: x.version.mime + "; charset=utf-8",
		Header: door.Headers(err, `Basic realm="ponte"`)}
	code := x.fault
	switch {
	case code != "":
	case receivers[err.Kind]:
		code = x.version.receiver
	default:
		code = x.version.sender
	}
	var b strings.Builder
	b.WriteString(declaration + `<soap:Envelope xmlns:soap="` + x.version.space + `">`)
	if x.version == soap12 {
		x.notUnderstood(&b)
		b.WriteString(`<soap:Body><soap:Fault><soap:Code><soap:Value>soap:` + code + `</soap:Value></soap:Code><soap:Reason><soap:Text xml:lang="pt-BR">`)
		escape(&b, webservice.ErrorText(err))
		b.WriteString(`</soap:Text></soap:Reason><soap:Detail>`)
		detail(&b, err)
		b.WriteString(`</soap:Detail>`)
	} else {
		b.WriteString(`<soap:Body><soap:Fault><faultcode>soap:` + code + `</faultcode><faultstring>`)
		escape(&b, webservice.ErrorText(err))
		b.WriteString(`</faultstring><detail>`)
		detail(&b, err)
		b.WriteString(`</detail>`)
	}
	b.WriteString(`</soap:Fault></soap:Body></soap:Envelope>`)
	out.Body = []byte(b.String())
	return out
}

// status is HTTP's. LWP and .NET send credentials only after they were asked for them, which takes a 401; what isn't a
// message at all is answered as HTTP would.
func (x *exchange) status(err *desk.Error) int {
	switch {
	case err.Kind == desk.Unauthenticated:
		return http.StatusUnauthorized
	case err.Code == desk.ErrHTTPMethod:
		return http.StatusMethodNotAllowed
	case err.Code == desk.ErrRoute && x.message.version == nil:
		return http.StatusNotFound
	case receivers[err.Kind], x.fault != "":
		return http.StatusInternalServerError
	}
	return x.version.refused
}

// notUnderstood names the header blocks, as 1.2 wants it.
func (x *exchange) notUnderstood(b *strings.Builder) {
	if x.fault != understand {
		return
	}
	b.WriteString(`<soap:Header>`)
	for i, n := range x.message.header.missed {
		prefix := "n" + strconv.Itoa(i)
		b.WriteString(`<soap:NotUnderstood xmlns:` + prefix + `="`)
		escape(b, n.space)
		b.WriteString(`" qname="` + prefix + `:`)
		escape(b, n.local)
		b.WriteString(`"/>`)
	}
	b.WriteString(`</soap:Header>`)
}

// detail is the same in both versions, and what the WSDL declares.
func detail(b *strings.Builder, err *desk.Error) {
	element := func(name, text string) {
		b.WriteString("<" + name + ">")
		escape(b, text)
		b.WriteString("</" + name + ">")
	}
	b.WriteString(`<` + faultElement + ` xmlns="` + Namespace + `">`)
	element("codigo", err.Code)
	element("mensagem", webservice.Detail(err))
	if len(err.Fields) > 0 {
		b.WriteString("<campos>")
		for _, f := range err.Fields {
			b.WriteString("<campo>")
			element("campo", f.Field)
			element("mensagem", webservice.FieldMessage(f))
			b.WriteString("</campo>")
		}
		b.WriteString("</campos>")
	}
	if err.KeptCall != "" {
		element("recebimento", err.KeptCall)
	}
	b.WriteString(`</` + faultElement + `>`)
}

// escape writes to memory, which can't fail.
func escape(b *strings.Builder, s string) { _ = xml.EscapeText(b, []byte(s)) }
