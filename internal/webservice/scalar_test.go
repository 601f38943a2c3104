package webservice

import (
	"testing"
	"time"
)

func TestParseMoment(t *testing.T) {
	saoPaulo := time.FixedZone("São Paulo", -3*3600)
	for text, want := range map[string]string{
		"2026-01-31T14:30:00-03:00":           "2026-01-31T14:30:00-03:00",
		"2026-01-31T14:30:00Z":                "2026-01-31T11:30:00-03:00",
		"2026-01-31t14:30z":                   "2026-01-31T11:30:00-03:00",
		"2026-01-31T14:30:00.123456789-03:00": "2026-01-31T14:30:00-03:00",
		"2026-01-31T14:30:00-0300":            "2026-01-31T14:30:00-03:00",
		"2026-01-31T14:30:00+00":              "2026-01-31T11:30:00-03:00",
		"2026-01-31T14:30:00":                 "2026-01-31T14:30:00-03:00",
		"2026-01-31 14:30:00":                 "2026-01-31T14:30:00-03:00",
		"2026-01-31 14:30":                    "2026-01-31T14:30:00-03:00",
		"2026-01-31":                          "2026-01-31T00:00:00-03:00",
		"31/01/2026 14:30":                    "2026-01-31T14:30:00-03:00",
		"31/01/2026 14:30:59":                 "2026-01-31T14:30:59-03:00",
		"":                                    "", "31/01/2026": "", "31/01/2026T14:30": "", "31/01/2026 14:30Z": "",
		"01/31/2026 14:30": "", "30/02/2026 10:00": "", "2026-02-30": "", "2026-01-31T25:00": "", "2026-01-31T14": "",
		"2026-01-31T": "", "2026-01-31T14:30:00-3": "", "0001-01-01T00:00:00": "", "2026-01-31T14:30:00 -03:00": "",
		"31-01-2026 14:30": "", "20260131T143000": "", "hoje": "",
	} {
		m, ok := ParseMoment(text)
		if ok != (want != "") {
			t.Errorf("%q: ok %v", text, ok)
			continue
		}
		if got := m.In(saoPaulo); ok && got.Format(time.RFC3339) != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestMomentRemembersItsZone(t *testing.T) {
	with, _ := ParseMoment("2026-01-31T14:30:00+00:00")
	without, _ := ParseMoment("2026-01-31T14:30:00")
	if !with.Zoned() || without.Zoned() || with.IsZero() {
		t.Error(with, without)
	}
	var none Moment
	if !none.In(time.UTC).IsZero() || !none.IsZero() {
		t.Error("an absent moment must stay zero")
	}
}

func TestParseFlag(t *testing.T) {
	for text, want := range map[string]Flag{"T": FlagT, "t": FlagT, "True": FlagT, "true": FlagT, "1": FlagT,
		"F": FlagF, "False": FlagF, "0": FlagF, "S": FlagAbsent, "sim": FlagAbsent, "": FlagAbsent} {
		if got, ok := ParseFlag(text); got != want || ok != (want != FlagAbsent) {
			t.Errorf("%q: %v %v", text, got, ok)
		}
	}
	if FlagT.String() != "T" || FlagF.String() != "F" || FlagAbsent.String() != "" || FlagF.True() || !FlagF.Has() {
		t.Error("Flag's own words")
	}
}

func TestBase64(t *testing.T) {
	for text, want := range map[string]string{"eA==": "x", "eA": "x", "e\r\nA==\r\n": "x", "": ""} {
		if got, ok := ParseBase64(text); !ok || string(got) != want {
			t.Errorf("%q: %q %v", text, got, ok)
		}
	}
	for _, text := range []string{"?", "eA=", "e A=="} {
		if _, ok := ParseBase64(text); ok {
			t.Errorf("%q accepted", text)
		}
	}
}
