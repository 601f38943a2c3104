package alert_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ponte/internal/alert"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/i18n"
	"ponte/internal/store"
	"ponte/internal/store/db"
	"ponte/internal/store/storetest"
)

type told struct {
	ID     string
	Digest bool
	Text   string
	Alerts []struct{ ID, Kind, Subject, Event, Title, What, Means, Do, Link string }
}

func read(t *testing.T, c call) (m told) {
	t.Helper()
	if err := json.Unmarshal(c.body, &m); err != nil {
		t.Fatalf("%v: %s", err, c.body)
	}
	return m
}

// events is what receivers were told since the last time, such as "integracao_parada disparou".
func (h *house) events() (out []string) {
	h.t.Helper()
	for _, c := range h.hook.taken() {
		m := read(h.t, c)
		var parts []string
		for _, a := range m.Alerts {
			parts = append(parts, a.Kind+" "+a.Event)
		}
		text := strings.Join(parts, ", ")
		if m.Digest {
			text = "resumo: " + text
		}
		out = append(out, text)
	}
	return out
}

func (h *house) want(when string, want ...string) {
	h.t.Helper()
	if got := h.events(); !slices.Equal(got, want) {
		h.t.Errorf("%s: told %q, want %q", when, got, want)
	}
}

// TestTroubleIsToldOnce: fired, one reminder, resolved; by a signed webhook that says what to do.
func TestTroubleIsToldOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		h.receiver(flow.AlertReceiver{})
		h.receiver(flow.AlertReceiver{Name: "Outro assunto", Kinds: []desk.AlertKind{desk.AlertBackup}})
		h.down(h.clock())
		h.after(time.Minute)
		h.want("before it lasts")
		h.after(5 * time.Minute)
		calls := h.hook.taken()
		if len(calls) != 1 {
			t.Fatalf("%d messages", len(calls))
		}
		m := read(t, calls[0])
		a := m.Alerts[0]
		if a.Title != "Integração parada (homologação)" || a.Event != "disparou" || !strings.Contains(a.What, "não responde desde") || a.Means == "" || a.Do == "" ||
			a.Link != "https://ponte.example.com.br/integracao/envios" {
			t.Errorf("%+v", a)
		}
		checkSigned(t, calls[0])
		h.every(30*time.Minute, 8*time.Hour)
		h.want("eight hours on", "integracao_parada continua")
		h.down(time.Time{})
		h.after(time.Minute)
		h.want("just over")
		h.after(10 * time.Minute)
		h.want("over", "integracao_parada resolveu")
		if b := h.board(); len(b.Firing) != 0 || len(b.Messages) != 3 || b.Messages[0].State != desk.AlertTaken {
			t.Errorf("%+v", b)
		}
	})
}

// checkSigned is what a receiver does: https://www.standardwebhooks.com.
func checkSigned(t *testing.T, c call) {
	t.Helper()
	mac := hmac.New(sha256.New, []byte(hookKey))
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", c.header.Get("Webhook-Id"), c.header.Get("Webhook-Timestamp"), c.body)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); c.header.Get("Webhook-Signature") != want || c.header.Get("Webhook-Id") != read(t, c).ID {
		t.Errorf("signed %v", c.header)
	}
}

// TestSeveralProcessesTellOnce: two that watch the same database tell what one would; one that dies between deciding and
// sending is followed by the other, with the same id; and what it did not live to settle is told again.
func TestSeveralProcessesTellOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		h.receiver(flow.AlertReceiver{})
		other := h.watcher("dois", nil)
		h.down(h.clock())
		for range 10 {
			h.after(time.Minute)
			h.must(other.Once(t.Context()))
		}
		h.want("two watch", "integracao_parada disparou")

		// Another one takes over, decides, sends, and never comes to know what became of it.
		gone, sent := make(chan struct{}), make(chan struct{})
		h.worker = h.watcher("três", func(o *alert.Options) {
			post := o.Post
			o.Post = func(ctx context.Context, p alert.Post) alert.Answer {
				a := post(ctx, p)
				close(sent)
				<-gone
				return a
			}
		})
		h.down(time.Time{})
		h.after(10 * time.Minute) // the others' leases ran out
		h.pass(11 * time.Minute)
		back := make(chan error, 1)
		go func() { back <- h.worker.Once(context.WithoutCancel(t.Context())) }()
		<-sent
		first := h.hook.taken()
		if len(first) != 1 {
			t.Fatalf("it told %d before it died", len(first))
		}
		h.pass(3 * time.Minute)
		h.must(other.Once(t.Context()))
		again := h.hook.taken()
		if len(again) != 1 || read(t, again[0]).ID != read(t, first[0]).ID || read(t, again[0]).Alerts[0].Event != "resolveu" {
			t.Fatalf("its successor told %d", len(again))
		}
		close(gone) // it comes back, and has nothing to say any more
		h.must(<-back)
		h.every(time.Minute, 5*time.Minute)
		h.want("afterwards")

		// The control: what forgets that it told tells again, and the test sees it.
		h.down(h.clock().Add(-time.Hour))
		h.pass(2 * time.Minute)
		h.must(other.Once(t.Context())) // it finds that the right is another's, whose time is over by now
		h.must(other.Once(t.Context()))
		h.want("anew", "integracao_parada disparou")
		h.must(s.Write(t.Context(), func(tx *store.Tx) error {
			return tx.PutAlert(context.Background(), db.PutAlertParams{Kind: desk.AlertDown, Subject: "homologacao", Phase: desk.AlertQuiet})
		}))
		h.must(other.Once(t.Context()))
		h.want("the control", "integracao_parada disparou")
	})
}

// TestQuietHoursEndInOneDigest: what waits is one message; what is critical breaks through, unless it may not.
func TestQuietHoursEndInOneDigest(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		h.receiver(flow.AlertReceiver{})
		h.settings(func(s *desk.AlertSettings) { s.Quiet, s.RemindMinutes = true, 0 })
		h.after(12 * time.Hour) // 00:00 in São Paulo
		h.fail(2)
		h.after(time.Minute)
		h.want("at night")
		h.down(h.clock())
		h.every(time.Minute, 6*time.Minute)
		h.want("critical", "integracao_parada disparou")
		h.down(time.Time{})
		h.every(5*time.Minute, time.Hour)
		h.want("its end is critical's too", "integracao_parada resolveu")
		h.fail(3)
		h.every(10*time.Minute, time.Hour)
		h.want("still night")
		h.every(30*time.Minute, 5*time.Hour)
		h.want("morning", "resumo: falha disparou, falha piorou")
		h.every(10*time.Minute, time.Hour)
		h.want("once")
	})
}

// fail has Mobuss refuse the openings of so many occurrences, which go to the failure status.
func (h *house) fail(n int) {
	h.t.Helper()
	ctx := h.t.Context()
	for range n {
		h.must(h.MoveByHand(ctx, flowtest.Attendant(), flow.MoveInput{Number: h.Open(h.t), Status: "20"}))
	}
	routes, err := h.Routes(ctx)
	h.must(err)
	jobs, err := h.Claim(ctx, flow.ClaimRequest{Owner: "teste", Connection: routes[0].Connection, Environment: desk.Homologation, Lease: time.Minute, Limit: n})
	h.must(err)
	if len(jobs) != n {
		h.t.Fatalf("%d of %d are to be sent", len(jobs), n)
	}
	for _, j := range jobs {
		h.must(h.Settle(ctx, j, flow.Outcome{Verdict: flow.Rejected, Reason: desk.Because("recusado_pelo_mobuss")}))
	}
}

// TestReceiversThatFail: what may be taken another time is tried again, later and later; what is refused is not; and
// either shows.
func TestReceiversThatFail(t *testing.T) {
	h := newHouse(t, storetest.New(t, store.SQLite))
	id := h.receiver(flow.AlertReceiver{})
	for _, c := range []struct {
		status int
		tries  int // within an hour
		state  desk.AlertMessageState
	}{
		{http.StatusNoContent, 1, desk.AlertTaken}, {http.StatusServiceUnavailable, 5, desk.AlertQueued}, {http.StatusTooManyRequests, 1, desk.AlertQueued},
		{http.StatusNotFound, 1, desk.AlertGivenUp}, {http.StatusFound, 1, desk.AlertGivenUp}, {http.StatusGone, 1, desk.AlertGivenUp},
	} {
		h.hook.mu.Lock()
		h.hook.calls, h.hook.status = 0, func(int) int { return c.status }
		h.hook.mu.Unlock()
		h.must(h.TestAlertReceiver(t.Context(), flowtest.Admin(), id))
		h.every(5*time.Minute, time.Hour-5*time.Minute)
		m := h.board().Messages[0]
		if h.hook.calls != c.tries || m.State != c.state || m.HTTPStatus != c.status || m.Attempts != c.tries {
			t.Errorf("%d: tried %d times, %s %d", c.status, h.hook.calls, m.State, m.HTTPStatus)
		}
		if c.state != desk.AlertQueued {
			continue
		}
		h.every(time.Hour, 40*time.Hour) // given up after a day
		if m := h.board().Messages[0]; m.State != desk.AlertGivenUp || m.Attempts < 20 {
			t.Errorf("%d: %s after two days, %d tries", c.status, m.State, m.Attempts)
		}
	}
	// One that may not lie inside is not asked at all.
	h.hook.calls = 0
	_, err := h.AddAlertReceiver(t.Context(), flowtest.Admin(), flow.AlertReceiver{Name: "x", Channel: desk.AlertBySlack, URL: h.hook.URL, Language: "en"})
	if err == nil {
		t.Error("plain HTTP is taken")
	}
	// Nor is one that was removed, whatever waited.
	h.hook.status = func(int) int { return 200 }
	h.must(h.TestAlertReceiver(t.Context(), flowtest.Admin(), id))
	h.must(h.RemoveAlertReceiver(t.Context(), flowtest.Admin(), id))
	h.every(time.Minute, 3*time.Minute)
	if m := h.board().Messages[0]; h.hook.calls != 0 || m.Reason != "destino_retirado" {
		t.Errorf("%d calls, %+v", h.hook.calls, m)
	}
}

// TestEachServiceIsToldInItsWords: Slack and Teams take their own form, mail a letter whose id stays.
func TestEachServiceIsToldInItsWords(t *testing.T) {
	h := newHouse(t, storetest.New(t, store.SQLite))
	var letters []desk.Letter
	h.worker = h.watcher("um", func(o *alert.Options) {
		o.Mail = func(_ context.Context, l desk.Letter) flow.AlertSent {
			letters = append(letters, l)
			return flow.AlertSent{Taken: len(letters) > 1, Retry: true, Reason: "correio"}
		}
	})
	h.receiver(flow.AlertReceiver{Channel: desk.AlertBySlack})
	h.receiver(flow.AlertReceiver{Channel: desk.AlertByTeams, Language: i18n.English})
	h.receiver(flow.AlertReceiver{Channel: desk.AlertByMail, Target: "plantao@exemplo.com.br", Language: i18n.English})
	h.down(h.clock())
	h.fail(1)
	h.every(time.Minute, 6*time.Minute)
	var all []string
	for _, c := range h.hook.taken() {
		all = append(all, string(c.body))
	}
	joined := strings.Join(all, "\n")
	if len(all) != 4 || !strings.Contains(joined, `{"text":"*Integração parada (homologação)*\n\nA ferramenta`) || !strings.Contains(joined, `"AdaptiveCard"`) ||
		!strings.Contains(joined, "1 occurrence is in the failure status.") {
		t.Errorf("%d: %s", len(all), joined)
	}
	if len(letters) != 3 || letters[0].ID != letters[1].ID || letters[0].Subject != "[Ponte] Occurrences failed to integrate" ||
		!strings.Contains(letters[0].Text, "\n\nhttps://ponte.example.com.br/painel\n\n") {
		t.Errorf("%+v", letters)
	}
}
