package webservice

import (
	"encoding/base64"
	"strings"
	"time"
)

// Flag is a yes/no parameter that can also be absent.
type Flag uint8

const (
	FlagAbsent Flag = iota
	FlagF
	FlagT
)

// Has says whether the flag was sent.
func (f Flag) Has() bool { return f != FlagAbsent }

// True says whether the flag was sent and is T.
func (f Flag) True() bool { return f == FlagT }

// String is "T", "F", or "" where absent.
func (f Flag) String() string {
	switch f {
	case FlagT:
		return "T"
	case FlagF:
		return "F"
	}
	return ""
}

// ParseFlag takes T, F, true, false, 1 and 0 in any case: PHP sends 1, zeep True.
func ParseFlag(s string) (Flag, bool) {
	switch {
	case s == "1", strings.EqualFold(s, "T"), strings.EqualFold(s, "true"):
		return FlagT, true
	case s == "0", strings.EqualFold(s, "F"), strings.EqualFold(s, "false"):
		return FlagF, true
	}
	return FlagAbsent, false
}

// Moment is a date and time as a caller wrote it. It remembers whether a zone was written, because one without
// a zone means the development's, which the binder doesn't know. The zero Moment is absent.
type Moment struct {
	t     time.Time
	zoned bool
}

// IsZero says whether no moment was sent.
func (m Moment) IsZero() bool { return m.t.IsZero() }

// Zoned says whether the caller wrote a zone.
func (m Moment) Zoned() bool { return m.zoned }

// In is the instant, shown in loc. A moment without a zone is read as loc's local time; an absent one stays zero.
func (m Moment) In(loc *time.Location) time.Time {
	if m.IsZero() {
		return time.Time{}
	}
	if m.zoned {
		return m.t.In(loc)
	}
	t := m.t
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), loc)
}

// ParseMoment takes ISO 8601 (also with a blank for the T, as zeep writes it, without seconds, or a date alone)
// and dd/mm/aaaa hh:mm[:ss]. Years outside 1900-2199 are refused: .NET sends the year 1 for "no date".
func ParseMoment(s string) (Moment, bool) {
	if len(s) < len("2006-01-02") || len(s) > len("2006-01-02T15:04:05.999999999-07:00") {
		return Moment{}, false
	}
	date, layout := s[:10], "2006-01-02"
	brazilian := s[2] == '/'
	if brazilian {
		layout = "02/01/2006"
	}
	clock, zone := "", ""
	if len(s) > 10 {
		if s[10] != ' ' && (brazilian || s[10] != 'T' && s[10] != 't') {
			return Moment{}, false
		}
		clock = s[11:]
		if i := strings.IndexAny(clock, "Zz+-"); i >= 0 && !brazilian {
			clock, zone = clock[:i], strings.ToUpper(clock[i:])
		}
		if strings.Count(clock, ":") == 1 {
			layout += "T15:04"
		} else {
			layout += "T15:04:05"
		}
		clock = "T" + clock
	} else if brazilian {
		return Moment{}, false
	}
	zoneLayout, ok := zoneLayouts[len(zone)]
	if !ok {
		return Moment{}, false
	}
	t, err := time.Parse(layout+zoneLayout, date+clock+zone)
	if err != nil || t.Year() < 1900 || t.Year() > 2199 {
		return Moment{}, false
	}
	return Moment{t: t, zoned: zone != ""}, true
}

// zoneLayouts by the length of what was written: none, Z, -03, -0300, -03:00.
var zoneLayouts = map[int]string{0: "", 1: "Z07:00", 3: "Z07", 5: "Z0700", 6: "Z07:00"}

// ParseBase64 takes the standard alphabet, with or without padding and line breaks. Blanks inside are refused: in a
// form they are plus signs that were not escaped.
func ParseBase64(s string) ([]byte, bool) {
	s = strings.TrimRight(s, "\r\n \t")
	enc := base64.StdEncoding
	if !strings.HasSuffix(s, "=") {
		enc = base64.RawStdEncoding
	}
	b, err := enc.DecodeString(s)
	return b, err == nil
}
