package sandbox

import (
	"strings"
	"sync"
	"time"
)

// saoPaulo is the zone of every time that carries none, and of every time that goes out. Where the machine has no
// zone files (and main embeds none) Brazil's fixed offset serves: there has been no summer time since 2019.
var saoPaulo = sync.OnceValue(func() *time.Location {
	if l, err := time.LoadLocation("America/Sao_Paulo"); err == nil {
		return l
	}
	return time.FixedZone("-03", -3*60*60)
})

var layouts = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05",
	"2006-01-02T15:04", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02",
	"02/01/2006 15:04:05", "02/01/2006 15:04", "02/01/2006",
}

// parseMoment reads ISO 8601 with or without a zone, and the Brazilian way of writing a date, as Unix milliseconds.
// Blank is 0 and ok.
func parseMoment(s string) (ms int64, ok bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, true
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, s, saoPaulo()); err == nil {
			return t.UnixMilli(), true
		}
	}
	return 0, false
}

// formatMoment writes ISO 8601 with offset; 0 is blank.
func formatMoment(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).In(saoPaulo()).Format(time.RFC3339)
}
