package e2e

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"ponte/internal/app"
	"ponte/internal/crashpoint"
	"ponte/internal/desk"
	"ponte/internal/mail/mailtest"
)

// TestALetterSurvivesTheProcess kills Ponte between the mail server's answer and its being written down. The letter goes once more,
// under the same Message-ID, and not a third time; the one that was written while nothing was killed goes once.
func TestALetterSurvivesTheProcess(t *testing.T) {
	t.Parallel() // it waits more than it works
	server := mailtest.New(t, mailtest.Options{})
	s := newSite(t, sqliteURL(t), 1, crashing, "PONTE_MAIL_URL=smtp://"+server.Addr+"?from=ponte@empresa.com.br&starttls=opportunistic", "PONTE_PUBLIC_URL=http://ponte.test")
	err := s.inside(func(a *app.App) error {
		is := desk.DefaultLetters()
		is.On, is.TestAddress = desk.LetterKinds, "teste@empresa.com.br"
		return a.Flow.SetLetterSettings(t.Context(), desk.Actor{Kind: "comando", Name: "e2e", Origin: desk.House, Roles: []desk.Role{desk.Admin}}, is)
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.serve(ctx, 0, crashpoint.AfterLetter+":1"); err != nil {
		t.Fatal(err)
	}
	open := func(id string) {
		t.Helper()
		body := `{"cod_projeto": "AUR-A-101", "bloqueio_incluir_cliente": "T", "descricao": "Torneira pingando", "id_externo": "` + id + `"}`
		if a, err := s.call(ctx, "desk-token", http.MethodPost, "/ocorrencias", body); err != nil || a.status >= 300 {
			t.Errorf("%d %v %s", a.status, err, a.body)
		}
	}
	opened := make(chan struct{})
	go func() { defer close(opened); open("carta-1") }() // the same call again, where the answer was lost
	first := taken(ctx, t, server)
	select {
	case <-s.running[0].exited:
	case <-ctx.Done():
	}
	s.down(0)
	if p := s.running[0]; !p.killed() {
		t.Fatalf("it was not killed\n%s", p.said())
	}
	if err := s.serve(ctx, 0, ""); err != nil {
		t.Fatal(err)
	}
	<-opened
	again := taken(ctx, t, server)
	if messageID(first) == "" || messageID(again) != messageID(first) {
		t.Errorf("the same letter came as %q and as %q", messageID(first), messageID(again))
	}
	open("carta-2")
	if other := messageID(taken(ctx, t, server)); other == messageID(first) {
		t.Error("another letter has the same Message-ID")
	}
	db := ledger(t, s.database)
	err = poll(ctx, func() (done bool, err error) {
		err = db.QueryRowContext(ctx, "SELECT count(*) = 2 AND sum(attempts) = 3 FROM letter WHERE state = 'enviada' AND facts IS NULL").Scan(&done)
		return done, err
	})
	if err != nil || len(server.Letters) > 0 {
		t.Errorf("%v; %d letters more", err, len(server.Letters))
	}
	t.Logf("tried: 1 SIGKILL %s", crashpoint.AfterLetter)
}

func taken(ctx context.Context, t *testing.T, s *mailtest.Server) string {
	t.Helper()
	select {
	case l := <-s.Letters:
		if len(l.To) != 1 || l.To[0] != "teste@empresa.com.br" {
			t.Errorf("to %v", l.To)
		}
		return string(l.Raw)
	case <-ctx.Done():
		t.Fatal("no letter came")
		return ""
	}
}

func messageID(raw string) string {
	_, rest, _ := strings.Cut(raw, "Message-ID: ")
	id, _, _ := strings.Cut(rest, "\r\n")
	return id
}
