package mail_test

import (
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"pgregory.net/rapid"

	"ponte/internal/desk"
	"ponte/internal/mail"
	"ponte/internal/mail/mailtest"
)

const secret = "s3nh@ do/correio"

var letter = desk.Letter{To: "ana@exemplo.com.br", Language: "pt-BR", Subject: "Sua senha nova é só uma promessa — já",
	Text: "Olá, Ana <Souza>.\n\nhttps://ponte.example.com.br/x?a=1&b=2\n\nDuas\nlinhas, à toa.\n"}

func TestAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"smtp://relay.exemplo.com.br?from=ponte@exemplo.com.br":                             "relay.exemplo.com.br:587",
		"smtps://relay.exemplo.com.br?from=ponte@exemplo.com.br":                            "relay.exemplo.com.br:465",
		"smtp://u:p@relay:25/?from=Ponte+%3Cponte@exemplo.com.br%3E&starttls=opportunistic": "relay:25",
		"smtp://u%40x.com:p%2Fw@[::1]:2525?from=ponte@exemplo.com.br&starttls=required":     "[::1]:2525",
		"": "", "relay:25": "", "http://relay?from=a@b.c": "", "smtp://?from=a@b.c": "", "smtp:relay?from=a@b.c": "",
		"smtp://u:" + "sekret@relay": "", "smtp://u@relay?from=a@b.c": "", "smtp://:sekret@relay?from=a@b.c": "",
		"smtp://u:sekret@relay/x?from=a@b.c": "", "smtp://u:sekret@relay?from=a@b.c#f": "", "smtp://u:sekret@relay:0?from=a@b.c": "",
		"smtp://u:sekret@relay:70000?from=a@b.c": "", "smtp://u:sekret@relay?from=nobody": "", "smtp://u:sekret@relay?from=a@b.c&starttls=never": "",
		"smtp://u:sekret@relay?from=a@b.c&start_tls=required": "", "smtps://u:sekret@relay?from=a@b.c&starttls=opportunistic": "",
		"smtp://u:sek%zzret@relay?from=a@b.c": "", "smtp://u:sekret@relay?from=a@b.c%0d%0aBcc:x@y.z": "",
	} {
		s, err := mail.New(address, "")
		switch {
		case want == "" && err == nil:
			t.Errorf("%s is taken", address)
		case want == "" && (strings.Contains(err.Error(), "sek") || strings.Contains(err.Error(), "relay")):
			t.Errorf("the error repeats the address: %v", err)
		case want != "" && (err != nil || s.String() != want):
			t.Errorf("%s: %v, %v", address, s, err)
		}
	}
	s, err := mail.New("smtp://u:sekret@relay?from=nobody", "Ponte <ponte@exemplo.com.br>")
	if err != nil {
		t.Fatal("mail-from does not go first:", err)
	}
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v", s, s, s)} {
		if strings.Contains(text, "sekret") {
			t.Errorf("printing the sender tells the password: %s", text)
		}
	}
}

// sender makes one that goes to the server; query is added to its address.
func sender(t *testing.T, scheme, user string, s *mailtest.Server, query string) *mail.Sender {
	t.Helper()
	at, err := mail.New(scheme+"://"+user+s.Addr+"?from=ponte@empresa.com.br"+query, "")
	if err != nil {
		t.Fatal(err)
	}
	at.Trust(s.Trust, 10*time.Second)
	return at
}

const signIn = "ponte:s3nh%40%20do%2Fcorreio@"

func TestALetterArrivesWhole(t *testing.T) {
	for name, c := range map[string]struct {
		scheme, query string
		o             mailtest.Options
		encrypted     bool
	}{
		"starttls":                  {"smtp", "", mailtest.Options{StartTLS: true, User: "ponte", Password: secret}, true},
		"tls":                       {"smtps", "", mailtest.Options{TLS: true, User: "ponte", Password: secret}, true},
		"opportunistic, and there":  {"smtp", "&starttls=opportunistic", mailtest.Options{StartTLS: true, User: "ponte", Password: secret}, true},
		"opportunistic, and absent": {"smtp", "&starttls=opportunistic", mailtest.Options{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			server := mailtest.New(t, c.o)
			user := ""
			if c.o.User != "" {
				user = signIn
			}
			if err := sender(t, c.scheme, user, server, c.query).Send(t.Context(), letter); err != nil {
				t.Fatal(err)
			}
			l := <-server.Letters
			if l.TLS != c.encrypted || l.From != "ponte@empresa.com.br" || len(l.To) != 1 || l.To[0] != letter.To {
				t.Errorf("taken as %v %s %v", l.TLS, l.From, l.To)
			}
			h, subject, text, html, err := l.Read()
			if err != nil {
				t.Fatal(err)
			}
			if subject != letter.Subject || strings.TrimSpace(text) != strings.TrimSpace(letter.Text) {
				t.Errorf("%q\n%q", subject, text)
			}
			for _, want := range []string{`<html lang="pt-BR">`, "<p>Olá, Ana &lt;Souza&gt;.</p>", `<a href="https://ponte.example.com.br/x?a=1&amp;b=2">https`, "Duas<br>\nlinhas"} {
				if !strings.Contains(html, want) {
					t.Errorf("no %s in %s", want, html)
				}
			}
			for name, want := range map[string]string{"From": "<ponte@empresa.com.br>", "To": "<ana@exemplo.com.br>", "Auto-Submitted": "auto-generated", "Content-Language": "pt-BR"} {
				if got := h[name]; len(got) != 1 || got[0] != want {
					t.Errorf("%s: %q", name, got)
				}
			}
			if !strings.HasSuffix(h.Get("Message-Id"), "@empresa.com.br>") || h.Get("Date") == "" {
				t.Errorf("%v", h)
			}
		})
	}
}

// TestFailures: each says what an operator needs, and neither whom the letter was for nor how we sign in.
func TestFailures(t *testing.T) {
	plain, tls := mailtest.Options{User: "ponte", Password: secret}, mailtest.Options{StartTLS: true, User: "ponte", Password: secret}
	refuse := func(code int) mailtest.Options {
		o := tls
		o.Refuse = func(to string) error {
			return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: "<" + to + ">: not here"}
		}
		return o
	}
	for name, c := range map[string]struct {
		o           mailtest.Options
		user, query string
		want        string
		final       bool
		signIns     int64
	}{
		"no starttls":             {plain, signIn, "", "the server offers no STARTTLS", false, 0},
		"a password in the clear": {plain, signIn, "&starttls=opportunistic", "keeps the password to itself", false, 0},
		"wrong password":          {tls, "ponte:outra-senha@", "", "the server says 535", true, 1},
		"nobody signed in":        {tls, "", "", "the server says 502", true, 0},
		"no such person":          {refuse(550), signIn, "", "the server says 550 (5.1.1)", true, 1},
		"later":                   {refuse(451), signIn, "", "the server says 451 (4.1.1)", false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			server := mailtest.New(t, c.o)
			err := sender(t, "smtp", c.user, server, c.query).Send(t.Context(), letter)
			var f *mail.Failure
			if !errors.As(err, &f) || !strings.Contains(err.Error(), c.want) || f.Final != c.final {
				t.Fatalf("%+v, want %q, final %v", f, c.want, c.final)
			}
			silent(t, err)
			if n := server.SignIns.Load(); n != c.signIns {
				t.Errorf("the password was shown %d times", n)
			}
			if len(server.Letters) > 0 {
				t.Error("a letter went all the same")
			}
		})
	}
}

func silent(t *testing.T, err error) {
	t.Helper()
	for _, told := range []string{letter.To, "ana@", "outra-senha", secret, "not here", "promessa"} {
		if text := fmt.Sprintf("%v %+v", err, errors.Unwrap(err)); strings.Contains(text, told) {
			t.Errorf("the error tells %q: %s", told, text)
		}
	}
}

// TestUnbelievableServers: a certificate that nobody vouches for, nobody at all, and one who never says a word.
func TestUnbelievableServers(t *testing.T) {
	server := mailtest.New(t, mailtest.Options{StartTLS: true})
	s, err := mail.New("smtp://"+signIn+server.Addr+"?from=ponte@empresa.com.br", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), letter); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown certificate: %v", err)
	}

	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, _ = mail.New("smtp://"+mute.Addr().String()+"?from=ponte@empresa.com.br", "")
	s.Trust(nil, 50*time.Millisecond)
	err = s.Send(t.Context(), letter) // it ends at all: the listener's queue takes the connection, and nobody answers
	if err == nil {
		t.Error("a mute server took the letter")
	}
	silent(t, err)
	_ = mute.Close()
	if err = s.Send(t.Context(), letter); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("nobody there: %v", err)
	}
}

func TestALetterIsToOneAndSaysOneThing(t *testing.T) {
	server := mailtest.New(t, mailtest.Options{})
	s := sender(t, "smtp", "", server, "&starttls=opportunistic")
	for name, bad := range map[string]desk.Letter{
		"two lines of subject": {To: letter.To, Subject: "a\r\nBcc: x@y.z", Text: "t"}, "a bare line end": {To: letter.To, Subject: "a\nBcc: x@y.z", Text: "t"},
		"no subject": {To: letter.To, Text: "t"}, "nobody": {Subject: "a"}, "no address": {To: "ana", Subject: "a"}, "two": {To: "a@b.c, d@e.f", Subject: "a"},
		"a header in the address": {To: "a@b.c\r\nBcc: x@y.z", Subject: "a"}, "a name": {To: "Ana <a@b.c>", Subject: "a"}, "a command": {To: "a@b.c>\r\nRCPT TO:<x@y.z", Subject: "a"},
	} {
		err := s.Send(t.Context(), bad)
		var f *mail.Failure
		if !errors.As(err, &f) || !f.Final {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(server.Letters) > 0 {
		t.Error("one of them went")
	}
}

// TestNothingInALetterBecomesAHeader, whatever stands in it.
func TestNothingInALetterBecomesAHeader(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\r\n", "\n", "\r", "Bcc: x@y.z", "\r\n.\r\n", "=?utf-8?q?=0d=0aBcc:_x@y.z?=", "@", "a@b.c", ",", "<", ">", "\x00", "é", strings.Repeat("palavra ", 40)}))
		text := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(piece, 0, 6).Draw(t, "pieces"), "") })
		l := desk.Letter{To: "ana@exemplo.com.br", Language: "pt-BR", Subject: text.Draw(t, "subject"), Text: text.Draw(t, "text"), From: text.Draw(t, "from"),
			Files: []desk.LetterFile{{Name: "vistoria.ics", Type: "text/calendar; charset=utf-8; method=PUBLISH", Body: []byte(text.Draw(t, "file"))}}}
		if rapid.Bool().Draw(t, "answers elsewhere") {
			l.ReplyTo = rapid.OneOf(text, rapid.Just("central@exemplo.com.br")).Draw(t, "reply to")
		}
		if rapid.Bool().Draw(t, "odd address") {
			l.To = text.Draw(t, "to")
		}
		raw, err := mail.Render("ponte@empresa.com.br", l)
		if errors.Is(err, mail.ErrLetter) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		m, err := netmail.ReadMessage(strings.NewReader(string(raw)))
		if err != nil {
			t.Fatalf("%v\n%s", err, raw)
		}
		for name := range m.Header {
			switch name {
			case "From", "To", "Subject", "Date", "Message-Id", "Auto-Submitted", "Content-Language", "Mime-Version", "Content-Type", "User-Agent", "X-Mailer", "Reply-To":
				if len(m.Header[name]) != 1 {
					t.Fatalf("%s stands there %d times", name, len(m.Header[name]))
				}
			default:
				t.Fatalf("a header %s", name)
			}
		}
		if from, err := m.Header.AddressList("From"); err != nil || len(from) != 1 || from[0].Address != "ponte@empresa.com.br" {
			t.Fatalf("from %v, %v", from, err)
		}
		if got := m.Header.Get("Reply-To"); (got != "") != (l.ReplyTo != "") {
			t.Fatalf("answers go to %q, not %q", got, l.ReplyTo)
		}
		to, err := m.Header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Address != l.To {
			t.Fatalf("to %v, %v", to, err)
		}
	})
}

// TestALetterThatIsSentAgainIsTheSame to a mail program: it goes by the Message-ID.
func TestALetterThatIsSentAgainIsTheSame(t *testing.T) {
	ids := map[string]int{}
	for _, id := range []string{"0198c0de-7", "0198c0de-7", "", ""} {
		l := letter
		l.ID = id
		raw, err := mail.Render("ponte@empresa.com.br", l)
		if err != nil {
			t.Fatal(err)
		}
		m, err := netmail.ReadMessage(strings.NewReader(string(raw)))
		if err != nil {
			t.Fatal(err)
		}
		ids[m.Header.Get("Message-Id")]++
	}
	if ids["<0198c0de-7@empresa.com.br>"] != 2 || len(ids) != 3 {
		t.Errorf("%v", ids)
	}
}

// TestAnAnswerThatComesLate: what the server was given, and nobody heard of in time, is unknown; who waits longer hears.
func TestAnAnswerThatComesLate(t *testing.T) {
	late := make(chan struct{})
	server := mailtest.New(t, mailtest.Options{Taken: func() { <-late }})
	s, err := mail.New("smtp://"+server.Addr+"?from=ponte@empresa.com.br&starttls=opportunistic", "")
	if err != nil {
		t.Fatal(err)
	}
	s.Trust(nil, 500*time.Millisecond)
	var f *mail.Failure
	if err := s.Send(t.Context(), letter); !errors.As(err, &f) || !f.Unknown || f.Final || len(server.Letters) != 1 {
		t.Errorf("%v, %d taken", err, len(server.Letters))
	}
	heard := make(chan error, 1)
	go func() { heard <- s.Patient(time.Minute).Send(t.Context(), letter) }()
	<-server.Letters
	<-server.Letters
	close(late)
	if err := <-heard; err != nil {
		t.Errorf("who waits: %v", err)
	}
}
