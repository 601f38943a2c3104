package alert_test

import (
	"bytes"
	"strconv"
	"testing"
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/flow/flowtest"
	"ponte/internal/mapping"
	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestEveryConditionIsSeen: each fires by what it is about, and no other does; and a limit of zero turns it off.
func TestEveryConditionIsSeen(t *testing.T) {
	for kind, cause := range map[desk.AlertKind]func(*house){
		desk.AlertDown: func(h *house) { h.down(h.clock().Add(-time.Hour)) },
		desk.AlertBacklog: func(h *house) {
			n := h.Open(h.t)
			h.must(h.MoveByHand(h.t.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: "20"}))
			h.after(31 * time.Minute)
		},
		desk.AlertFailure: func(h *house) { h.fail(1) },
		desk.AlertAnalysis: func(h *house) {
			for range 10 {
				h.refuse()
			}
		},
		desk.AlertDisk: func(h *house) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.seen = []flow.Sighting{{Kind: desk.AlertDisk, Subject: "maquina:/var/lib/ponte", Value: 1024, Since: h.now}}
		},
		desk.AlertCertificate: func(h *house) {
			certificate, key := flowtest.Certificate(h.t, "ponte", 10*24*time.Hour)
			c := flowtest.Config(h.t)
			c.Integration.Auth.ClientCertificate = true
			h.must(h.Configure(h.t.Context(), flowtest.Admin(), c))
			h.mu.Lock()
			h.now = time.Now()
			h.mu.Unlock()
			h.must(h.SetSecrets(h.t.Context(), flowtest.Admin(), desk.Homologation, map[string]string{mapping.SecretCertificate: certificate, mapping.SecretKey: key}))
		},
		desk.AlertToken: func(h *house) {
			_, err := h.AddToken(h.t.Context(), flowtest.Admin(), flow.Token{Name: "Portal", Integration: "casa", Hash: "h", Origin: desk.House,
				Environment: desk.Homologation, ExpiresAt: h.clock().Add(48 * time.Hour)})
			h.must(err)
		},
		desk.AlertEmergency: func(h *house) { h.emergency() },
		desk.AlertBackup: func(h *house) {
			h.must(flow.NoteBackup(h.t.Context(), h.Store, h.clock(), 1))
			h.after(31 * time.Hour)
		},
	} {
		t.Run(string(kind), func(t *testing.T) {
			h := newHouse(t, storetest.New(t, store.SQLite))
			h.after(time.Minute)
			if b := h.board(); len(b.Firing) != 0 {
				t.Fatalf("before: %+v", b.Firing)
			}
			cause(h)
			h.after(time.Minute)
			b := h.board()
			if len(b.Firing) != 1 || b.Firing[0].Kind != kind {
				t.Fatalf("firing: %+v", b.Firing)
			}
			h.settings(func(s *desk.AlertSettings) {
				s.DownMinutes, s.BacklogMinutes, s.Failures, s.Analysis, s.DiskMiB, s.CertificateDays, s.TokenDays, s.BackupHours, s.Emergencies = 0, 0, 0, 0, 0, 0, 0, 0, 0
			})
			h.every(6*time.Minute, 18*time.Minute)
			if b := h.board(); len(b.Firing) != 0 {
				t.Errorf("turned off: %+v", b.Firing)
			}
		})
	}
}

func (h *house) refuse() {
	h.t.Helper()
	id := flow.NewID()
	_, err := h.Flow.Open(h.t.Context(), h.Call("IncluirOcorrencia", "", id, h.Field), flow.OpenInput{Project: "777", BlockNewCustomer: "T", Description: "Vazamento"})
	if err == nil {
		h.t.Fatal("it was taken")
	}
}

// TestOnlyAdministrators: nobody else sees or decides who is told.
func TestOnlyAdministrators(t *testing.T) {
	h := newHouse(t, storetest.New(t, store.SQLite))
	for _, role := range desk.Roles {
		a := desk.Actor{Kind: "usuario", ID: "9", Name: "X", Roles: []desk.Role{role}}
		if a.Has(desk.Admin) {
			continue
		}
		ctx := t.Context()
		_, seen := h.Alerts(ctx, a)
		_, _, _, settings := h.AlertSettings(ctx, a)
		_, list := h.AlertReceivers(ctx, a)
		_, add := h.AddAlertReceiver(ctx, a, flow.AlertReceiver{})
		for name, err := range map[string]error{"see": seen, "settings": settings, "list": list, "add": add, "set": h.SetAlertSettings(ctx, a, desk.DefaultAlerts()),
			"test": h.TestAlertReceiver(ctx, a, 1), "remove": h.RemoveAlertReceiver(ctx, a, 1), "enable": h.EnableAlertReceiver(ctx, a, 1, true)} {
			if err == nil {
				t.Errorf("%s may %s", role, name)
			}
		}
	}
}

func (h *house) emergency() int64 {
	h.t.Helper()
	n, err := h.OpenByHand(h.t.Context(), flowtest.Attendant(), flow.OpenInput{Project: "AUR-A-101", BlockNewCustomer: "T", Description: "Cheiro de gás", Emergency: true})
	h.must(err)
	return n
}

// TestAnEmergencyWaitsForNobody: each one is told at once, in quiet hours too, and even where what is critical waits; its
// end may wait for the morning. The control is a failure at the same hour, which waits.
func TestAnEmergencyWaitsForNobody(t *testing.T) {
	h := newHouse(t, storetest.New(t, store.SQLite))
	h.settings(func(s *desk.AlertSettings) {
		s.Quiet, s.QuietFrom, s.QuietUntil, s.BreakThrough, s.CalmMinutes = true, 1, 0, false, 1
	})
	h.receiver(flow.AlertReceiver{})
	h.fail(1)
	first := h.emergency()
	h.after(time.Minute)
	if got := h.hook.taken(); len(got) != 1 || !bytes.Contains(got[0].body, []byte(strconv.FormatInt(first, 10))) || bytes.Contains(got[0].body, []byte("Marina")) {
		t.Fatalf("the first: %d messages, %s", len(got), got)
	}
	second := h.emergency()
	h.after(time.Minute)
	if got := h.hook.taken(); len(got) != 1 || !bytes.Contains(got[0].body, []byte(strconv.FormatInt(second, 10))) {
		t.Fatalf("the second: %s", got)
	}
	h.must(h.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: first, Status: "90"}))
	h.every(2*time.Minute, 6*time.Minute)
	if got := h.hook.taken(); len(got) != 0 || len(h.board().Firing) != 2 {
		t.Errorf("its end was told in the quiet hours: %s; firing %+v", got, h.board().Firing)
	}
}

// TestMoreEmergenciesThanAreLookedAt: one that the others push out of sight is not told as over, nor again; it is over when
// it is closed and the flood is.
func TestMoreEmergenciesThanAreLookedAt(t *testing.T) {
	h := newHouse(t, storetest.New(t, store.SQLite))
	h.settings(func(s *desk.AlertSettings) { s.Quiet, s.CalmMinutes = false, 1 })
	h.receiver(flow.AlertReceiver{})
	first := h.emergency()
	h.after(time.Minute)
	h.hook.taken()
	last := first
	for range 100 {
		last = h.emergency()
	}
	h.after(time.Minute)
	h.hook.taken()
	h.every(time.Minute, 4*time.Minute)
	if told := h.hook.taken(); len(told) != 0 {
		t.Errorf("nothing happened, and it is told: %s", told)
	}
	if firing := len(h.board().Firing); firing != 101 {
		t.Errorf("%d are open", firing)
	}
	for _, n := range []int64{first, last} {
		h.must(h.MoveByHand(t.Context(), flowtest.Attendant(), flow.MoveInput{Number: n, Status: "90"}))
	}
	h.every(time.Minute, 4*time.Minute)
	if firing := len(h.board().Firing); firing != 99 {
		t.Errorf("%d are open after two were closed", firing)
	}
}
