package flow

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// lookBack walks an index from the newest row back, and keeps the rows that fit until a page is full. It looks no
// further than a person would wait for: the rest is asked for anew, from where it stopped.
type lookBack[R, L any] struct {
	after  string    // a cursor of the page before; empty begins at the top
	until  time.Time // begins below it; zero is now
	stride int       // rows asked for at once
	far    int       // rows looked at before it stops

	rows func(before int64, beforeID string, most int64) ([]R, error)
	at   func(R) (millis int64, id string) // where a row stands in the index
	fits func(R) bool
	line func(R) (L, error)
}

// page answers so many lines and the cursor of what comes behind them, empty at the end. Partial: it stopped because it
// had looked far, and more may fit.
func (b lookBack[R, L]) page(most int) (lines []L, next string, partial bool, err error) {
	before, id := b.start()
	stride := max(b.stride, most+1)
	last := "" // of the lines
	for looked := 0; ; {
		rows, err := b.rows(before, id, int64(stride))
		if err != nil {
			return nil, "", false, err
		}
		for _, r := range rows {
			if !b.fits(r) {
				continue
			}
			if len(lines) == most {
				return lines, last, false, nil
			}
			l, err := b.line(r)
			if err != nil {
				return nil, "", false, err
			}
			lines, last = append(lines, l), cursorOf(b.at(r))
		}
		if len(rows) < stride {
			return lines, "", false, nil
		}
		before, id = b.at(rows[len(rows)-1])
		if looked += len(rows); looked >= b.far {
			return lines, cursorOf(before, id), true, nil
		}
	}
}

// start reads where a page begins; what is no cursor begins at the top.
func (b lookBack[R, L]) start() (before int64, id string) {
	before = math.MaxInt64
	if !b.until.IsZero() {
		before = b.until.UnixMilli()
	}
	at, rest, ok := strings.Cut(b.after, ".")
	if ms, err := strconv.ParseInt(at, 10, 64); ok && err == nil && ms <= before {
		return ms, rest
	}
	return before, ""
}

// cursorOf is where the next page begins: behind this row.
func cursorOf(millis int64, id string) string { return itoa(millis) + "." + id }
