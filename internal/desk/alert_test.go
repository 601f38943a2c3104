package desk_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"ponte/internal/desk"
)

// TestAnAlertsLife is one condition from its first moment to its end, minute by minute.
func TestAnAlertsLife(t *testing.T) {
	pace := desk.AlertPace{Calm: 10 * time.Minute, Remind: time.Hour}
	start := time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name  string
		value func(minute int) int64 // 0: it does not hold
		want  map[int]desk.AlertEvent
	}{
		{"nothing", func(int) int64 { return 0 }, nil},
		{"told once, reminded once, resolved once", func(m int) int64 { return within(m, 5, 200, 3) },
			map[int]desk.AlertEvent{5: desk.AlertFired, 65: desk.AlertStill, 210: desk.AlertResolved}},
		{"a gap is no end", func(m int) int64 {
			if m == 20 || m == 25 {
				return 0
			}
			return within(m, 5, 40, 3)
		}, map[int]desk.AlertEvent{5: desk.AlertFired, 50: desk.AlertResolved}},
		{"twice as much is news, no sooner than it calms down", func(m int) int64 { return within(m, 5, 40, int64(m)) },
			map[int]desk.AlertEvent{5: desk.AlertFired, 15: desk.AlertWorse, 30: desk.AlertWorse, 50: desk.AlertResolved}},
		{"what comes again is told, and must be over for longer", func(m int) int64 { return within(m, 5, 6, 1) + within(m, 20, 21, 1) },
			map[int]desk.AlertEvent{5: desk.AlertFired, 16: desk.AlertResolved, 20: desk.AlertFired, 41: desk.AlertResolved}},
	} {
		var s desk.AlertState
		got := map[int]desk.AlertEvent{}
		for m := range 400 {
			v := c.value(m)
			var e desk.AlertEvent
			s, e = s.Step(desk.AlertFailure, desk.AlertSight{On: v > 0, Value: v}, start.Add(time.Duration(m)*time.Minute), pace, "e")
			if e != "" {
				got[m] = e
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		for m, e := range c.want {
			if got[m] != e {
				t.Errorf("%s: minute %d is %q, want %q (%v)", c.name, m, got[m], e, got)
			}
		}
	}
}

func within(m, from, to int, value int64) int64 {
	if m >= from && m < to {
		return value
	}
	return 0
}

// TestNoStorm: whatever comes and goes, a day has few messages, they alternate between trouble and its end, and a
// condition that ended for good is told to have ended. The control shows what a rule without patience would send.
func TestNoStorm(t *testing.T) {
	eager := 0
	rapid.Check(t, func(t *rapid.T) {
		pace := desk.AlertPace{Calm: time.Duration(rapid.IntRange(5, 30).Draw(t, "calm")) * time.Minute, Remind: 4 * time.Hour}
		period := rapid.IntRange(1, 60).Draw(t, "period")
		now := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
		var s desk.AlertState
		var last desk.AlertEvent
		told, changes, was := 0, 0, false
		for m := range 2 * 24 * 60 {
			on := m < 24*60 && m/period%2 == 0
			if on != was {
				was, changes = on, changes+1
			}
			var e desk.AlertEvent
			s, e = s.Step(desk.AlertDown, desk.AlertSight{On: on}, now.Add(time.Duration(m)*time.Minute), pace, "e")
			if e == "" {
				continue
			}
			told++
			if e == desk.AlertStill {
				continue
			}
			if e == desk.AlertResolved == (last == desk.AlertResolved || last == "") {
				t.Fatalf("%q after %q", e, last)
			}
			last = e
		}
		eager = max(eager, changes)
		if told > 16 {
			t.Fatalf("%d messages in a day", told)
		}
		if last != desk.AlertResolved || s.Phase != desk.AlertQuiet {
			t.Fatalf("it ends with %q, %s", last, s.Phase)
		}
	})
	if eager < 100 {
		t.Errorf("the control: nothing came and went (%d)", eager)
	}
}

func TestQuietHours(t *testing.T) {
	at := func(text string) time.Time {
		zone, err := time.LoadLocation("America/Sao_Paulo")
		if err != nil {
			t.Fatal(err)
		}
		m, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	night := desk.DefaultAlerts()
	night.Quiet = true
	weekend := night
	weekend.QuietWeekend = true
	siesta := night
	siesta.QuietFrom, siesta.QuietUntil = 12*60, 13*60+30
	strict := night
	strict.BreakThrough = false
	always := weekend
	always.QuietFrom, always.QuietUntil = 0, 23*60+59
	for _, c := range []struct {
		name     string
		s        desk.AlertSettings
		now      string
		critical bool
		want     string // empty: at once
	}{
		{"by day", night, "2026-11-25 12:00", false, ""},
		{"the last minute", night, "2026-11-25 21:59", false, ""},
		{"evening", night, "2026-11-25 22:00", false, "2026-11-26 07:00"},
		{"morning", night, "2026-11-26 02:10", false, "2026-11-26 07:00"},
		{"it ends", night, "2026-11-26 07:00", false, ""},
		{"critical breaks through", night, "2026-11-26 02:10", true, ""},
		{"unless it may not", strict, "2026-11-26 02:10", true, "2026-11-26 07:00"},
		{"off", desk.DefaultAlerts(), "2026-11-26 02:10", false, ""},
		{"within a day", siesta, "2026-11-26 12:30", false, "2026-11-26 13:30"},
		{"before it", siesta, "2026-11-26 11:30", false, ""},
		{"Friday night to Monday", weekend, "2026-11-27 23:00", false, "2026-11-30 07:00"},
		{"Saturday noon", weekend, "2026-11-28 12:00", false, "2026-11-30 07:00"},
		{"one minute a day is enough", always, "2026-11-28 12:00", false, "2026-11-30 23:59"},
	} {
		got := c.s.HeldUntil(at(c.now), c.critical)
		if c.want == "" && !got.IsZero() || c.want != "" && !got.Equal(at(c.want)) {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
}

func TestAlertSettingsAreChecked(t *testing.T) {
	if e := desk.DefaultAlerts().Check(); e != nil {
		t.Errorf("the usual ones: %v", e)
	}
	s := desk.DefaultAlerts()
	s.Failures, s.CalmMinutes, s.RemindMinutes, s.QuietFrom, s.Zone = -1, 0, -1, 24*60, "Lua"
	e := s.Check()
	if e == nil || len(e.Fields) != 5 {
		t.Errorf("%+v", e)
	}
	s = desk.DefaultAlerts()
	s.Quiet, s.QuietUntil = true, s.QuietFrom
	if e := s.Check(); e == nil || e.Fields[0].Code != "silencio_vazio" {
		t.Errorf("%+v", e)
	}
}
