package mapping

import (
	"net/url"
	"strings"
	"time"

	"ponte/internal/desk"
)

// Refs are the values that are known only when a lane is claimed.
type Refs struct {
	DeliveryID  string
	OrderID     string // the order's id in Mobuss, from the opening's answer
	OrderNumber string
}

// Keys is what a look-up looks for.
type Keys struct {
	DeliveryID  string `json:"delivery_id,omitempty"`
	OrderID     string `json:"order_id,omitempty"`
	OrderNumber string `json:"order_number,omitempty"`
	LegacyID    string `json:"legacy_id,omitempty"`
}

// Request is a call ready to be sent, without credentials. It is stored (sealed) as JSON before a byte is sent,
// and every retry sends the same.
type Request struct {
	Point       desk.Point        `json:"point"`
	Method      string            `json:"method"`
	Path        string            `json:"path"` // escaped; begins with "/"
	Query       string            `json:"query,omitempty"`
	Header      map[string]string `json:"header,omitempty"`
	ContentType string            `json:"content_type,omitempty"`
	Body        string            `json:"body,omitempty"` // always UTF-8
	// File stands after Body, where the call carries an attachment.
	File *FileBody `json:"file,omitempty"`
	// LookUp asks whether this request was done; nil where the point has no strategy.
	LookUp   *Request `json:"look_up,omitempty"`
	Strategy string   `json:"strategy,omitempty"`
	Keys     Keys     `json:"keys"`
}

// Bind fills in the values that were kept by name. The same Frozen and Refs give the same bytes. The error is a
// *Missing where a reference that the call can't do without is empty.
func (f *Frozen) Bind(r Refs) (*Request, error) {
	r = Refs{validText(r.DeliveryID), validText(r.OrderID), validText(r.OrderNumber)}
	b := binder{refs: r, file: f.File, missing: Missing{Point: f.Point}}
	keys := Keys{DeliveryID: r.DeliveryID, OrderID: r.OrderID, OrderNumber: r.OrderNumber, LegacyID: f.LegacyID}
	out := b.call(&f.Call)
	out.Point, out.Keys = f.Point, keys
	if f.LookUp != nil {
		b.inLookUp = true
		out.LookUp = b.call(f.LookUp)
		out.LookUp.Point, out.LookUp.Keys = f.Point, keys
		out.Strategy = f.Strategy
	}
	if len(b.missing.Values) > 0 {
		return nil, &b.missing
	}
	return out, nil
}

type binder struct {
	refs     Refs
	file     *File
	missing  Missing
	inLookUp bool
}

func (b *binder) lack(v FrozenValue, code string) {
	source := v.Ref
	if source == "" {
		source = "congelado"
	}
	b.missing.Values = append(b.missing.Values, MissingValue{v.Target, source, code, b.inLookUp})
}

func (b *binder) call(c *FrozenCall) *Request {
	out := &Request{Method: c.Method, Path: c.Path, Header: make(map[string]string, len(c.Header)+1)}
	for name, v := range c.Header {
		out.setHeader(name, v)
	}
	var body tree
	var root, soapHead element
	var form, query strings.Builder
	var multi *parts
	if c.Body == BodyMultipart && b.file != nil {
		multi = newParts(b.refs.DeliveryID, b.file)
	}
	for _, v := range c.Values {
		if name, isFile := strings.CutPrefix(v.Target, "arquivo:"); isFile && multi != nil {
			multi.part = name
			continue
		}
		json, ok := b.value(v)
		if !ok {
			continue
		}
		t, code := parseTarget(v.Target, c.Body)
		switch {
		case code != "":
			b.lack(v, code)
		case t.place == inHeader:
			out.setHeader(t.name, headerText(plain(json)))
		case t.place == inPath:
			segment := plain(json)
			if isDots(segment) {
				b.lack(v, "valor_invalido")
			}
			out.Path = strings.ReplaceAll(out.Path, "{"+t.name+"}", url.PathEscape(segment))
		case t.place == inURL:
			appendPair(&query, t.name, plain(json))
		case t.place == inSOAPHeader, c.Body == BodyXML:
			under := &root
			if t.place == inSOAPHeader {
				under = &soapHead
			}
			if !c.XML.fits(t.steps, json) {
				b.lack(v, "valor_invalido")
			} else if !under.put(t.steps, json) {
				b.lack(v, "destino_repetido")
			}
		case c.Body == BodyForm:
			appendPair(&form, t.name, plain(json))
		case multi != nil:
			multi.field(t.name, plain(json))
		case !body.put(t.steps, json):
			b.lack(v, "destino_repetido")
		}
	}
	out.Query = query.String()
	switch c.Body {
	case BodyJSON:
		out.Body, out.ContentType = string(body.write(make([]byte, 0, 1024))), orDefault(out.ContentType, "application/json")
	case BodyForm:
		out.Body, out.ContentType = form.String(), orDefault(out.ContentType, "application/x-www-form-urlencoded")
	case BodyXML:
		out.Body, out.ContentType = c.XML.write(&soapHead, &root), orDefault(out.ContentType, c.XML.contentType())
		if c.XML.Envelope == SOAP11 && !out.has("SOAPAction") {
			out.Header["SOAPAction"] = `"` + c.XML.Action + `"`
		}
	case BodyMultipart:
		if multi == nil {
			b.lack(FrozenValue{Target: "arquivo", Ref: RefFileContent}, "obrigatorio")
			break
		}
		out.Body, out.File = multi.finish(b.file)
		out.ContentType = "multipart/form-data; boundary=" + multi.boundary
	}
	if accept := accepts[c.Answer]; accept != "" && !out.has("Accept") {
		out.Header["Accept"] = accept
	}
	return out
}

// accepts is what a call asks for, where its configuration doesn't say so itself.
var accepts = map[AnswerKind]string{
	AnswerJSON: "application/json", AnswerJSONList: "application/json", AnswerXML: "text/xml, application/soap+xml, application/xml",
}

// has says whether a header is there, in whatever case.
func (r *Request) has(header string) bool {
	for name := range r.Header {
		if strings.EqualFold(name, header) {
			return true
		}
	}
	return false
}

// value is the encoded value of a row; false where the row is left out.
func (b *binder) value(v FrozenValue) (string, bool) {
	if v.Ref == "" {
		return v.JSON, true
	}
	text := ""
	switch v.Ref {
	case RefOrderID:
		text = b.refs.OrderID
	case RefOrderNumber:
		text = b.refs.OrderNumber
	case RefDeliveryID:
		text = b.refs.DeliveryID
	}
	if text == "" {
		json, code := ifEmpty(v.IfEmpty)
		if code != "" {
			b.lack(v, code)
		}
		return json, json != ""
	}
	value, ok := convert(text, v.Type, v.Format, time.UTC)
	if !ok {
		b.lack(v, "valor_invalido")
		return "", false
	}
	return encode(value, time.UTC), true
}

// setHeader keeps Content-Type apart, under one spelling: a configuration may give its own.
func (r *Request) setHeader(name, value string) {
	switch {
	case strings.EqualFold(name, "Content-Type"):
		r.ContentType = value
	case strings.EqualFold(name, "Accept"):
		r.Header["Accept"] = value
	default:
		r.Header[name] = value
	}
}

// headerText keeps a value on its line.
func headerText(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s))
}

func appendPair(b *strings.Builder, name, value string) {
	if b.Len() > 0 {
		b.WriteByte('&')
	}
	b.WriteString(url.QueryEscape(name))
	b.WriteByte('=')
	b.WriteString(url.QueryEscape(value))
}

func orDefault(s, def string) string {
	if s == "" {
		return def
	}
	return s
}
