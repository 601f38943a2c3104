package letter_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

// TestWhoGetsALetter is the table of it, through the use cases: what is done, what the settings say, and who is written to.
func TestWhoGetsALetter(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		ctx, admin := t.Context(), flowtest.Admin()
		tenant := func(email string) {
			reg := flowtest.Registry()
			reg.Developments[0].Blocks[0].Units[0].Parties[0].Customer.Email = email
			h.must(h.PutRegistry(ctx, admin, reg))
		}
		for _, c := range []struct {
			name string
			set  func(*desk.LetterSettings)
			do   func()
			in   flow.OpenInput
			want string // the recipient; empty: nobody
		}{
			{name: "the customer", want: "marina@exemplo.com.br"},
			{name: "nothing is on", set: func(s *desk.LetterSettings) { s.On = nil }},
			{name: "another kind is on", set: func(s *desk.LetterSettings) { s.On = []desk.LetterKind{desk.LetterVisit} }},
			{name: "this development gets none", set: func(s *desk.LetterSettings) { s.Without = []string{"AUR"} }},
			{name: "no e-mail on record", in: flow.OpenInput{Project: "AUR-B-101"}},
			{name: "the customer asked", in: flow.OpenInput{RequesterName: " marina  figueiredo PRADO"}, want: "marina@exemplo.com.br"},
			{name: "somebody asked whom nobody knows", in: flow.OpenInput{RequesterName: "Vizinha"}},
			{name: "a tenant without an e-mail asked", in: flow.OpenInput{RequesterName: "Tomás Teles"}},
			{name: "a tenant asked", do: func() { tenant("tomas@exemplo.com.br") }, in: flow.OpenInput{RequesterName: "Tomás Teles"}, want: "tomas@exemplo.com.br"},
			{name: "the syndic asked for the condominium", in: flow.OpenInput{Project: "AC", RequesterName: "Marina Figueiredo Prado"}, want: "marina@exemplo.com.br"},
			{name: "the condominium, which has no e-mail", in: flow.OpenInput{Project: "AC"}},
			{name: "an address that is two", do: func() { tenant("a@b.c, d@e.f") }, in: flow.OpenInput{RequesterName: "Tomás Teles"}},
			{name: "an address that grows a heading", do: func() { tenant("a@b.c\r\nBcc: x@y.z") }, in: flow.OpenInput{RequesterName: "Tomás Teles"}},
			{name: "who asked for none", do: func() { h.refuseLetters("AUR-A-101", true) }},
			{name: "who asked for them again", do: func() { h.refuseLetters("AUR-A-101", false) }, want: "marina@exemplo.com.br"},
			{name: "a test, and nowhere to send it", do: func() { h.must(h.SwitchBack(ctx, admin, flow.SwitchInput{Note: "teste"})) }, in: flow.OpenInput{Test: true}},
			{name: "a test", set: func(s *desk.LetterSettings) { s.TestAddress = "teste@empresa.com.br" }, in: flow.OpenInput{Test: true}, want: "teste@empresa.com.br"},
			{name: "real, beside an address for tests", set: func(s *desk.LetterSettings) { s.TestAddress = "teste@empresa.com.br" }, want: "marina@exemplo.com.br"},
		} {
			if c.set == nil {
				c.set = func(*desk.LetterSettings) {}
			}
			h.settings(c.set)
			if c.do != nil {
				c.do()
			}
			h.open(c.in)
			got := ""
			for _, l := range h.send() {
				got += strings.Join(l.To, ",")
			}
			if got != c.want {
				t.Errorf("%s: to %q, want %q", c.name, got, c.want)
			}
		}
		// Of the former system: the occurrence is there, and its customer was told by somebody else.
		h.settings(func(*desk.LetterSettings) {})
		n := h.open(flow.OpenInput{})
		h.send()
		h.must(s.Write(ctx, func(tx *store.Tx) error {
			o, err := tx.OccurrenceByNumber(context.Background(), n)
			if err == nil {
				_, err = tx.InsertMovement(context.Background(), db.InsertMovementParams{OccurrenceID: o.ID, Kind: "nota", ToStatus: o.StatusCode,
					ReasonCode: "importada_do_sistema_anterior", Origin: desk.System, ActorKind: "sistema", ActorName: "Ponte"})
			}
			return err
		}))
		h.visit(n, 5, time.Hour, "agendada")
		if got := h.send(); len(got) != 0 {
			t.Error("of an imported occurrence, a letter went")
		}
	})
}

// refuseLetters keeps that a unit's owner wants none.
func (h *house) refuseLetters(project string, none bool) {
	h.t.Helper()
	ctx, a := h.t.Context(), flowtest.Attendant()
	found, err := h.Search(ctx, a, project, 1)
	h.must(err)
	h.must(h.RefuseLetters(ctx, a, found.People[0].UnitID, found.People[0].CustomerID, none))
}

// TestLettersTellWhatHappened: from the protocol to the closing, as mail programs and calendars get it.
func TestLettersTellWhatHappened(t *testing.T) {
	h := newHouse(t, storetest.New(t, store.SQLite))
	h.settings(func(s *desk.LetterSettings) {
		s.Texts = map[desk.LetterKind]map[string]desk.LetterText{desk.LetterOpened: {"pt-BR": {Intro: "Prezado {cliente},\r\nsobre {assunto}:", Footer: "0800 111 222"}}}
	})
	ctx := t.Context()
	n := h.open(flow.OpenInput{Subject: "Torneira <b>{numero}</b>\r\nBcc: x@y.z", Description: "SEGREDO da descrição"})
	h.must(h.CommentByHand(ctx, flowtest.Attendant(), flow.CommentInput{Number: n, Text: "SEGREDO interno", Private: true}))
	all := h.send()
	if len(all) != 1 {
		t.Fatalf("%d letters, %q", len(all), h.letters())
	}
	headers, subject, text, html, err := all[0].Read()
	h.must(err)
	for _, want := range []string{"Recebemos a sua solicitação", "Prezado Marina Figueiredo Prado,\nsobre Torneira <b>{numero}</b> Bcc: x@y.z:", "Unidade: Residencial Aurora · A · 101",
		"Aberta em: quarta-feira, 25/11/2026, 12:00", "A data e o horário chegarão por e-mail", "0800 111 222", "Você pode responder"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if !strings.HasPrefix(subject, "Ocorrência ") || !strings.HasSuffix(subject, ": recebemos a sua solicitação") {
		t.Errorf("%q", subject)
	}
	if !strings.Contains(html, "Torneira &lt;b&gt;") || strings.Contains(html, "<b>") || strings.Contains(html, "<img") || strings.Contains(html, "<a ") {
		t.Errorf("%s", html)
	}
	for name, want := range map[string]string{"From": `"Central Aurora" <ponte@empresa.com.br>`, "Reply-To": "<central@empresa.com.br>", "Auto-Submitted": "auto-generated", "Bcc": ""} {
		if got := headers.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}

	h.visit(n, 5, time.Hour, "agendada")
	booked := h.one()
	h.visit(n, 5, time.Hour, "agendada") // said again: nothing new
	h.pass(time.Minute)
	h.visit(n, 5, 2*time.Hour, "agendada")
	changed := h.one()
	h.visit(n, 6, time.Hour, "agendada")
	other := h.one()
	h.pass(time.Minute)
	h.visit(n, 5, 0, "cancelada")
	cancelled := h.one()
	h.visit(n, -3, time.Hour, "agendada") // past: it tells nobody anything
	h.visit(n, 6, time.Hour, "realizada")
	if got := h.send(); len(got) != 0 {
		t.Errorf("%d letters of visits that are past or over", len(got))
	}
	if !strings.Contains(booked.text, "Data: segunda-feira, 30/11/2026\nHorário: das 14:00 às 15:00 (GMT-03)") || !strings.Contains(changed.text, "das 14:00 às 16:00") ||
		!strings.Contains(other.text, "Continua marcada também a vistoria de: segunda-feira, 30/11/2026, 14:00.") || !strings.Contains(cancelled.text, "foi cancelada") {
		t.Errorf("%s\n%s\n%s\n%s", booked.text, changed.text, other.text, cancelled.text)
	}
	uid := booked.event["UID"]
	for i, l := range []written{booked, changed, cancelled} {
		if l.event["UID"] != uid || l.event["SEQUENCE"] != fmt.Sprint(60*i) || l.event["DTSTART"] != "20261130T170000Z" {
			t.Errorf("%d: %v", i, l.event)
		}
	}
	if booked.event["METHOD"] != "PUBLISH" || cancelled.event["METHOD"] != "CANCEL" || cancelled.event["STATUS"] != "CANCELLED" || other.event["UID"] == uid ||
		changed.event["DTEND"] != "20261130T190000Z" {
		t.Errorf("%v\n%v\n%v", booked.event, cancelled.event, other.event)
	}

	_, err = h.Close(ctx, h.call("EncerrarOcorrencia"), flow.CloseInput{Number: n, Solution: "Vedação trocada.\n\nhttps://x.example/"})
	h.must(err)
	closing := h.one()
	if !strings.Contains(closing.text, "O que foi feito:\nVedação trocada.\nhttps://x.example/") || !strings.Contains(closing.text, "pode ser reaberta") || closing.event != nil ||
		strings.Contains(closing.html, "<a ") {
		t.Errorf("%s\n%s", closing.text, closing.html)
	}
	for _, l := range []written{booked, changed, other, cancelled, closing} {
		if strings.Contains(string(l.raw), "SEGREDO") || strings.Contains(l.text, "SEGREDO") || strings.Contains(l.text, "Jorge") {
			t.Errorf("it tells what is the house's: %s", l.text)
		}
	}
	p, err := h.Page(ctx, flowtest.Attendant(), n)
	h.must(err)
	if len(p.Letters) != 6 || p.Letters[0].To != "m•••@exemplo.com.br" || p.Letters[0].State != desk.LetterSent {
		t.Errorf("%+v", p.Letters)
	}
	found, err := h.Search(ctx, flowtest.Admin(), "AUR-A-101", 1)
	h.must(err)
	if f, err := h.ExportPerson(ctx, flowtest.Admin(), found.People[0].CustomerID); err != nil || len(f.Letters) != 6 || f.Letters[5].Kind != desk.LetterClosed || f.Letters[5].Number != n {
		t.Errorf("what is held of her has %+v, %v", f, err)
	}
	if left := h.sealed(); left != 0 {
		t.Errorf("%d letters that are over keep what they said", left)
	}
}

// sealed counts the letters whose words are kept.
func (h *house) sealed() (n int) {
	h.t.Helper()
	h.must(h.Store.Snapshot(h.t.Context(), func(v *store.Snapshot) error {
		for _, table := range v.Tables {
			if table.Name != "letter" {
				continue
			}
			h.must(v.Rows(h.t.Context(), table, func(values []any) error {
				for i, value := range values {
					if table.Columns[i].Name == "facts" && value != nil {
						n++
					}
				}
				return nil
			}))
		}
		return nil
	}))
	return n
}

// TestAnAppointmentIsNeverOvertaken: what is said of a visit before an earlier letter left takes its place, and who was never
// told of a visit need not hear that it falls through.
func TestAnAppointmentIsNeverOvertaken(t *testing.T) {
	h := newHouse(t, storetest.New(t, store.SQLite))
	h.settings(func(s *desk.LetterSettings) { s.On = []desk.LetterKind{desk.LetterVisit} })
	n := h.open(flow.OpenInput{})
	h.visit(n, 5, time.Hour, "agendada")
	h.visit(n, 5, 2*time.Hour, "agendada")
	if l := h.one(); !strings.Contains(l.text, "das 14:00 às 16:00") {
		t.Errorf("%s", l.text)
	}
	h.visit(n, 7, time.Hour, "agendada")
	h.visit(n, 7, 0, "cancelada")
	h.open(flow.OpenInput{})
	if got := h.send(); len(got) != 0 {
		t.Errorf("%d letters of a visit that came and went", len(got))
	}
	want := []string{"vistoria dispensada substituida", "vistoria enviada", "vistoria dispensada substituida", "vistoria dispensada nunca_avisada"}
	if got := h.letters(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	// A closing that was undone before it was told is not told.
	h.settings(func(s *desk.LetterSettings) { s.On = []desk.LetterKind{desk.LetterVisit, desk.LetterClosed} })
	for _, to := range []string{"90", "10"} {
		h.must(h.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: to}))
	}
	if got := h.send(); len(got) != 0 || h.last().Reason != desk.LetterReopened {
		t.Errorf("%d went, %+v", len(got), h.last())
	}
	// What waits when the house, or the customer, wants no more letters doesn't leave.
	h.visit(n, 8, time.Hour, "agendada")
	h.refuseLetters("AUR-A-101", true)
	h.visit(n, 9, time.Hour, "agendada")
	if got := h.send(); len(got) != 0 || h.letters()[6] != "vistoria dispensada recusou_cartas" || len(h.letters()) != 7 {
		t.Errorf("%d went, %q", len(got), h.letters())
	}
}

// TestAClosingTakesTheAppointmentAway from the calendar of whoever was told of it, and a reopening brings it back; what was undone
// before it left was never said.
func TestAClosingTakesTheAppointmentAway(t *testing.T) {
	h := newHouse(t, storetest.New(t, store.SQLite))
	h.settings(func(s *desk.LetterSettings) { s.On = []desk.LetterKind{desk.LetterVisit} })
	n := h.open(flow.OpenInput{})
	h.visit(n, -2, time.Hour, "agendada") // past
	h.visit(n, 5, time.Hour, "agendada")
	booked := h.one()
	move := func(to string) {
		t.Helper()
		h.pass(time.Minute)
		h.must(h.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: to}))
	}
	move("90")
	move("10")
	if got := h.send(); len(got) != 0 || h.last().Reason != desk.LetterReopened {
		t.Errorf("%d letters of a closing that was undone, %q", len(got), h.letters())
	}
	move("90")
	gone := h.one()
	move("10")
	back := h.one()
	for i, l := range []written{gone, back} {
		if want := []string{"CANCEL", "PUBLISH"}[i]; l.event["METHOD"] != want || l.event["UID"] != booked.event["UID"] || l.event["DTSTART"] != "20261130T170000Z" {
			t.Errorf("%s: %v", want, l.event)
		}
	}
	if !strings.Contains(gone.text, "foi cancelada") || back.event["SEQUENCE"] <= gone.event["SEQUENCE"] {
		t.Errorf("%s\n%v %v", gone.text, gone.event, back.event)
	}
	// What was never told, because the closing came before it left, is told when it stands again.
	h.visit(n, 8, time.Hour, "agendada")
	move("90")
	h.send()
	move("10")
	told := false
	for _, l := range h.send() {
		e := read(t, l).event
		told = told || e["METHOD"] == "PUBLISH" && e["DTSTART"] == "20261203T170000Z"
	}
	if !told {
		t.Errorf("a visit that stands again was told to nobody: %q", h.letters())
	}
	// One that the mail server refuses is written anew as what it is.
	h.refuses(550)
	move("90")
	h.send()
	h.refuses(0)
	h.must(h.SendAgain(t.Context(), flowtest.Attendant(), n, h.last().ID))
	if l := h.one(); l.event["METHOD"] != "CANCEL" {
		t.Errorf("%v", l.event)
	}
}

// TestACorrectedAppointment: who was told of a visit that is not theirs hears that it falls through, whose it is hears of it, and
// neither's calendar knows the other's.
func TestACorrectedAppointment(t *testing.T) {
	h := newHouse(t, storetest.New(t, store.SQLite))
	ctx, a := t.Context(), flowtest.Attendant()
	reg := flowtest.Registry()
	for i := range reg.Developments[0].Blocks[1].Units { // both are his
		reg.Developments[0].Blocks[1].Units[i].Contracts[0].Customer.Email = "otavio@exemplo.com.br"
	}
	h.must(h.PutRegistry(ctx, flowtest.Admin(), reg))
	right, err := h.Search(ctx, a, "AUR-B-101", 1)
	h.must(err)
	n := h.open(flow.OpenInput{})
	h.visit(n, 5, time.Hour, "agendada")
	h.send()
	h.pass(time.Minute)
	h.must(h.Correct(ctx, a, flow.CorrectInput{Number: n, Unit: right.People[0].UnitID, Customer: right.People[0].CustomerID, Way: desk.CorrectHere}))
	got := map[string][]string{}
	uids := map[string]bool{}
	for _, l := range h.send() {
		w := read(t, l)
		got[l.To[0]] = append(got[l.To[0]], w.event["METHOD"])
		if w.event != nil {
			uids[w.event["UID"]] = true
		}
	}
	slices.Sort(got["otavio@exemplo.com.br"])
	if !slices.Equal(got["marina@exemplo.com.br"], []string{"CANCEL"}) || !slices.Equal(got["otavio@exemplo.com.br"], []string{"", "PUBLISH"}) || len(uids) != 2 {
		t.Errorf("%q, %v", got, uids)
	}
}

// TestAClosingAnew says what its own movement did.
func TestAClosingAnew(t *testing.T) {
	h := newHouse(t, storetest.New(t, store.SQLite))
	ctx, a := t.Context(), flowtest.Attendant()
	again := func(n int64) written {
		t.Helper()
		h.refuses(550)
		h.send()
		h.refuses(0)
		h.must(h.SendAgain(ctx, a, n, h.last().ID))
		return h.one()
	}
	h.settings(func(s *desk.LetterSettings) { s.On = []desk.LetterKind{desk.LetterClosed} })
	n := h.open(flow.OpenInput{})
	_, err := h.Close(ctx, h.call("EncerrarOcorrencia"), flow.CloseInput{Number: n, Solution: "Vedação trocada."})
	h.must(err)
	if l := again(n); !strings.Contains(l.text, "Vedação trocada.") {
		t.Errorf("%s", l.text)
	}
	h.must(h.MoveByHand(ctx, a, flow.MoveInput{Number: n, Status: "10"}))
	h.must(h.MoveByHand(ctx, a, flow.MoveInput{Number: n, Status: "90", Comment: "SEGREDO da casa"}))
	if l := again(n); strings.Contains(l.text, "Vedação") || strings.Contains(l.text, "SEGREDO") {
		t.Errorf("%s", l.text)
	}
	m := h.open(flow.OpenInput{})
	h.must(h.Cancel(ctx, a, flow.CancelInput{Number: m, Reason: "em dobro"}))
	if l := again(m); !strings.Contains(l.text, "foi cancelada") || strings.Contains(l.text, "em dobro") {
		t.Errorf("%s", l.text)
	}
}
