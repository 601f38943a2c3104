package mapping

import (
	"strings"
	"time"
)

var layouts = map[string]string{
	"iso": "2006-01-02", "iso_utc": "2006-01-02T15:04:05Z", "iso_offset": "2006-01-02T15:04:05-07:00",
}

// A date's formato is one of Formats, or a pattern of a client's own, made of these: "dd/MM/aa HHhmm". Years are
// written aaaa or yyyy, milliseconds SSS after a full stop or comma, the zone's offset XXX (-03:00) or XX (-0300).
var patternTokens = []struct {
	token, layout string
	time          bool
}{
	{"aaaa", "2006", false}, {"yyyy", "2006", false}, {"aa", "06", false}, {"yy", "06", false}, {"MM", "01", false},
	{"dd", "02", false}, {"HH", "15", true}, {"mm", "04", true}, {"ss", "05", true}, {".SSS", ".000", true},
	{",SSS", ",000", true}, {"XXX", "-07:00", true}, {"XX", "-0700", true},
}

// patternLiterals stand for themselves, between the tokens.
const patternLiterals = " -/.,:Th"

// parsePattern makes Go's layout of a pattern; hasTime says that there is more than a date in it. It has to have
// something of a date.
func parsePattern(s string) (layout string, hasTime, ok bool) {
	var b strings.Builder
	rest, hasDate := s, false
	for rest != "" {
		found := false
		for _, t := range patternTokens {
			if after, there := strings.CutPrefix(rest, t.token); there {
				b.WriteString(t.layout)
				rest, found = after, true
				hasTime, hasDate = hasTime || t.time, hasDate || !t.time
				break
			}
		}
		if !found && !strings.ContainsRune(patternLiterals, rune(rest[0])) {
			return "", false, false
		}
		if !found {
			b.WriteByte(rest[0])
			rest = rest[1:]
		}
	}
	return b.String(), hasTime, hasDate && len(s) <= 40
}

// isFormat says whether a type can be written so.
func isFormat(t Type, format string) bool {
	for _, f := range formats[t] {
		if f == format {
			return true
		}
	}
	_, hasTime, ok := parsePattern(format)
	return ok && (t == TypeMoment || t == TypeDate && !hasTime)
}

func dateText(at time.Time, t Type, format string, zone *time.Location) string {
	if format == "" {
		format = formats[t][0]
	}
	layout, known := layouts[format]
	switch {
	case format == "br" && t == TypeDate:
		layout = "02/01/2006"
	case format == "br":
		layout = "02/01/2006 15:04:05"
	case format == "iso_utc":
		zone = time.UTC
	case !known:
		layout, _, _ = parsePattern(format)
	}
	return at.In(zone).Format(layout)
}
