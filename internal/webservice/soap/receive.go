package soap

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
)

// maxHead is how much of a message must hold its header and the operation's name. No more is read before it is
// known who calls and how much the operation takes.
const maxHead = 64 << 10

// receive reads the message. done gives back the place of a large body and is never nil.
func (h *handler) receive(x *exchange, charset string, known bool) (params []webservice.Param, done func(), err error) {
	done = func() {}
	if x.R.ContentLength > h.largest {
		x.Call.ReceivedUnkept(x.R.ContentLength)
		if !known {
			return nil, done, h.Stranger()
		}
		return nil, done, desk.Fail(desk.ErrTooLarge, "limite", h.largest)
	}
	read := h.Hurry(x.Exchange)
	defer read()
	raw, whole, err := start(x.R)
	if err != nil {
		x.Call.ReceivedUnkept(x.R.ContentLength)
		err = door.ReadFault(err, "incompleto")
	}
	s := &scanner{}
	if err == nil {
		err = x.open(s, raw, charset, whole)
	}
	if err := h.admitted(x, known, err); err != nil {
		return nil, done, err
	}
	if !whole {
		if done, err = h.rest(x, s, raw, charset); err != nil {
			return nil, done, err
		}
	}
	if params, err = s.params(x.Entry); err != nil {
		x.undecoded(s.text)
	}
	return params, done, err
}

// start reads as much as the head may take.
func start(r *http.Request) (raw string, whole bool, err error) {
	var b strings.Builder
	size := r.ContentLength
	if size >= 0 && size <= maxHead {
		b.Grow(int(size))
		_, err = io.CopyBuffer(&b, r.Body, make([]byte, max(min(size, 32<<10), 1)))
		return b.String(), true, err
	}
	n, err := io.Copy(&b, io.LimitReader(r.Body, maxHead))
	return b.String(), n < maxHead, err
}

// open reads the message's head.
func (x *exchange) open(s *scanner, raw, charset string, whole bool) error {
	text, err := textOf(raw, charset, whole)
	if err != nil {
		x.Call.ReceivedUnkept(x.R.ContentLength)
		return err
	}
	*s = scanner{text: text}
	x.message, err = s.head()
	if x.message.version != nil {
		x.version = x.message.version
	}
	if err == nil {
		return nil
	}
	if !whole && s.at == len(s.text) {
		err = desk.Fail(desk.ErrContent, "motivo", "cabecalho_longo")
	}
	if errors.As(err, new(wrongEnvelope)) {
		x.fault = mismatch
	}
	x.undecoded(text)
	return err
}

// admitted sees who calls and what, with what the head said; unread is why it said nothing.
func (h *handler) admitted(x *exchange, known bool, unread error) error {
	if !known {
		if x.message.header.digest && x.message.header.password == "" {
			return h.Stranger("motivo", "password_digest")
		}
		credentials, given := x.message.header.credentials()
		if err := h.known(x, credentials, given); err != nil {
			return err
		}
	}
	if unread != nil {
		return unread
	}
	x.Call.ReceivedUnkept(x.R.ContentLength)
	called := x.message.operation
	entry, ok := h.Registry.Entry(called.local)
	if !ok || called.space != "" && called.space != Namespace {
		return desk.Fail(desk.ErrRoute, "motivo", "operacao", "espaco", Namespace, "documento", Prefix+"?wsdl")
	}
	x.Answers(entry)
	h.Shape(x.Exchange)
	if len(x.message.header.missed) > 0 {
		x.fault = understand
		return desk.Fail(desk.ErrContent, "motivo", "cabecalho_obrigatorio")
	}
	return nil
}

// rest reads what follows the head, and begins the scan anew on the whole.
func (h *handler) rest(x *exchange, s *scanner, raw, charset string) (done func(), err error) {
	limit := h.BodyLimit(x.Entry)
	if done, err = h.Room(x.Exchange, limit); err != nil {
		return done, err
	}
	var b strings.Builder
	b.Grow(int(max(x.R.ContentLength, int64(2*len(raw)))))
	b.WriteString(raw)
	_, err = io.CopyBuffer(&b, http.MaxBytesReader(x.W, x.R.Body, limit-int64(len(raw))), make([]byte, 32<<10))
	if err != nil {
		fault := door.ReadFault(err, "incompleto")
		if fault.Code == desk.ErrTooLarge {
			fault.Args["limite"] = limit
		}
		return done, fault
	}
	return done, x.open(s, b.String(), charset, true)
}

// secretive are words that stand in a text where credentials may.
var secretive = []string{"header", "security", "password", "token", "authorization", "senha"}

// undecoded keeps, of a message that no parameters could be read from, what can't hold the header's credentials.
func (x *exchange) undecoded(text string) {
	text = text[x.message.body:]
	lower := ""
	if x.message.body == 0 {
		lower = strings.ToLower(text)
	}
	if x.Entry == nil && len(text) > webservice.KeptBody ||
		slices.ContainsFunc(secretive, func(word string) bool { return strings.Contains(lower, word) }) {
		x.Call.ReceivedUnkept(x.R.ContentLength)
		return
	}
	if x.Entry == nil {
		x.Call.ReceivedText([]byte(text))
		return
	}
	x.Call.ReceivedUndecoded(x.Entry, []byte(text))
}
