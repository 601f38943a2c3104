package letter_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/i18n"
	"ponte/internal/letter"
	"ponte/internal/mail"
	"ponte/internal/mail/mailtest"
	"ponte/internal/store"
)

// house is an installation in production that writes to its customers, with a clock that the test moves and a real mail server.
type house struct {
	*flowtest.Installation
	t      *testing.T
	server *mailtest.Server
	worker *letter.Worker
	field  desk.Actor // of production
	tokens map[string]int64

	mu     sync.Mutex
	now    time.Time
	refuse error
}

func newHouse(t *testing.T, s *store.Store) *house {
	t.Helper()
	h := &house{t: t, now: time.Date(2026, 11, 25, 15, 0, 0, 0, time.UTC), tokens: map[string]int64{}}
	h.Installation = flowtest.New(t, s, flow.Deps{Now: h.clock})
	h.Probing(true)
	h.Live(t)
	h.tokens["campo"], h.field = h.ProductionToken(t, "campo", desk.Field)
	h.server = mailtest.New(t, mailtest.Options{Refuse: func(string) error {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.refuse
	}})
	h.worker = h.sender("um", nil)
	h.settings(func(*desk.LetterSettings) {})
	return h
}

// sender is one process.
func (h *house) sender(owner string, more func(*letter.Options)) *letter.Worker {
	h.t.Helper()
	words, err := i18n.Load()
	h.must(err)
	at, err := mail.New("smtp://"+h.server.Addr+"?from=ponte@empresa.com.br&starttls=opportunistic", "")
	h.must(err)
	o := letter.Options{Flow: h.Flow, Owner: owner, Words: words, From: at.From(), Send: func(ctx context.Context, l desk.Letter) flow.LetterOutcome {
		err := at.Send(ctx, l)
		var f *mail.Failure
		if errors.As(err, &f) {
			return flow.LetterOutcome{Retry: !f.Final, Reason: desk.LetterServerRefused, Code: f.Code}
		}
		return flow.LetterOutcome{Taken: err == nil}
	}}
	if more != nil {
		more(&o)
	}
	return letter.New(o)
}

func (h *house) settings(change func(*desk.LetterSettings)) {
	h.t.Helper()
	s := desk.DefaultLetters()
	s.On, s.SenderName, s.ReplyTo = desk.LetterKinds, "Central Aurora", "central@empresa.com.br"
	change(&s)
	h.must(h.SetLetterSettings(h.t.Context(), flowtest.Admin(), s))
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) open(in flow.OpenInput) int64 {
	h.t.Helper()
	if in.Project == "" {
		in.Project = "AUR-A-101"
	}
	in.BlockNewCustomer = "T"
	if in.Description == "" {
		in.Description = "Vazamento no teto"
	}
	n, err := h.OpenByHand(h.t.Context(), flowtest.Attendant(), in)
	h.must(err)
	return n
}

func (h *house) call(operation string) flow.Call {
	c := h.Call(operation, flow.NewID(), flow.NewID(), h.field)
	c.TokenID = h.tokens["campo"]
	return c
}

// visit has the field tell of one, days from now.
func (h *house) visit(number int64, days int, end time.Duration, state string) {
	h.t.Helper()
	start := time.Date(2026, 11, 25+days, 17, 0, 0, 0, time.UTC)
	in := flow.VisitInput{Number: number, Start: flow.When{Time: start, Set: true}, State: state, Technician: "Jorge", Comment: "SEGREDO do campo"}
	if end > 0 {
		in.End = flow.When{Time: start.Add(end), Set: true}
	}
	_, err := h.Visit(h.t.Context(), h.call("InformarVistoria"), in)
	h.must(err)
}

// letters are what there is, oldest first, in short: "protocolo enviada".
func (h *house) letters() (out []string) {
	h.t.Helper()
	l, err := h.ListLetters(h.t.Context(), flowtest.Admin(), flow.LettersQuery{Most: 100})
	h.must(err)
	for i := range l.Lines {
		x := l.Lines[len(l.Lines)-1-i]
		text := string(x.Kind) + " " + string(x.State)
		if x.Reason != "" {
			text += " " + x.Reason
		}
		out = append(out, text)
	}
	return out
}

// send sends what is due, and answers what the mail server took.
func (h *house) send() (out []mailtest.Letter) {
	h.t.Helper()
	h.must(h.worker.Once(h.t.Context()))
	for len(h.server.Letters) > 0 {
		out = append(out, <-h.server.Letters)
	}
	return out
}
