package i18n_test

import (
	"testing"
	"time"

	"ponte/internal/i18n"
)

func TestTimes(t *testing.T) {
	zone := time.FixedZone("", -3*3600)
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04:05", s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	now := at("2026-11-23 14:30:00")
	c := load(t)
	pt, en := c.In(i18n.Portuguese), c.In(i18n.English)
	for _, x := range []struct{ got, want string }{
		{pt.Ago(at("2026-11-23 14:29:30"), now), "agora"},
		{pt.Ago(at("2026-11-23 14:31:00"), now), "agora"},
		{pt.Ago(at("2026-11-23 14:24:00"), now), "há 6 min"},
		{en.Ago(at("2026-11-23 14:24:00"), now), "6 min ago"},
		{pt.Ago(at("2026-11-23 08:20:00"), now), "há 6 h"},
		{pt.Ago(at("2026-11-22 16:05:00"), now), "ontem, 16:05"},
		{en.Ago(at("2026-11-22 16:05:00"), now), "yesterday, 16:05"},
		{pt.Ago(at("2026-11-17 16:05:00"), now), "há 6 dias"},
		{pt.Ago(at("2026-11-03 16:05:00"), now), "ter., 3 nov."},
		{pt.Ago(at("2026-11-22 23:55:00"), at("2026-11-23 00:10:00")), "há 15 min"},
		{pt.Day(now, now), "Hoje"}, {pt.Day(at("2026-11-22 00:00:00"), now), "Ontem"}, {en.Day(at("2026-11-24 23:59:59"), now), "Tomorrow"},
		{pt.Day(at("2026-11-21 12:00:00"), now), "sáb., 21 nov."}, {en.Day(at("2026-11-21 12:00:00"), now), "Sat 21 Nov"},
		{pt.Day(at("2028-03-14 12:00:00"), now), "ter., 14 mar. 2028"},
		{pt.Exact(at("2026-11-26 09:05:07")), "quinta-feira, 26 de novembro de 2026, 09:05:07 (UTC−03:00)"},
		{en.Exact(at("2026-11-26 09:05:07")), "Thursday 26 November 2026, 09:05:07 (UTC−03:00)"},
		{pt.Span(at("2026-11-19 14:10:00"), at("2026-11-19 14:45:00"), now), "qui., 19 nov.\u00a0· 14:10\u00a0–\u00a014:45"},
		{pt.Span(at("2026-11-23 15:30:00"), time.Time{}, now), "Hoje\u00a0· 15:30"},
		{pt.Span(at("2026-11-23 22:00:00"), at("2026-11-24 01:00:00"), now), "Hoje\u00a0· 22:00 – Amanhã\u00a0· 01:00"},
		{pt.Day(at("2026-11-23 23:30:00"), at("2026-11-23 23:45:00").UTC()), "Hoje"}, // the zone is the time's, not now's
	} {
		if x.got != x.want {
			t.Errorf("got %q, want %q", x.got, x.want)
		}
	}
}
