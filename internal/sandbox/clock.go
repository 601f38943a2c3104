package sandbox

import (
	"strconv"
	"strings"
	"time"
)

// Times are shown in São Paulo's zone, wherever the browser is: the orders are there.

func local(ms int64) time.Time { return time.UnixMilli(ms).In(saoPaulo()) }

// hour is the time of day, 15:30.
func hour(ms int64) string { return local(ms).Format("15:04") }

// day is a day as people say it: today, yesterday, tomorrow, or its date, with a year only where it is another one.
func (w words) day(ms, now int64) string {
	t := local(ms)
	switch daysAhead(ms, now) {
	case 0:
		return w.T("clock.today")
	case 1:
		return w.T("clock.tomorrow")
	case -1:
		return w.T("clock.yesterday")
	}
	text := w.T("clock.date", "weekday", strings.Fields(w.T("clock.weekdays"))[t.Weekday()],
		"day", t.Day(), "month", strings.Fields(w.T("clock.months"))[t.Month()-1])
	if t.Year() != local(now).Year() {
		text += " " + strconv.Itoa(t.Year())
	}
	return text
}

// daysAhead counts midnights from now to ms.
func daysAhead(ms, now int64) int {
	noon := func(ms int64) time.Time {
		y, m, d := local(ms).Date()
		return time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
	}
	return int(noon(ms).Sub(noon(now)).Hours() / 24)
}

// when is a day and an hour: "hoje, 15:30".
func (w words) when(ms, now int64) string { return w.day(ms, now) + ", " + hour(ms) }

// span is when a visit takes place: "hoje, 15:30 – 16:30". An end of 0 is not said.
func (w words) span(start, end, now int64) string {
	switch {
	case end == 0 || end == start:
		return w.when(start, now)
	case daysAhead(end, start) == 0:
		return w.when(start, now) + "\u00a0–\u00a0" + hour(end)
	}
	return w.when(start, now) + " – " + w.when(end, now)
}

// ago is how long ago something was: "agora", "há 6 min", "há 3 h" of the same day; else its day and hour.
func (w words) ago(ms, now int64) string {
	age := time.Duration(now-ms) * time.Millisecond
	switch {
	case age < time.Minute && age > -time.Minute:
		return w.T("clock.now")
	case age < 0 || daysAhead(ms, now) != 0 && age > 6*time.Hour:
		return w.when(ms, now)
	case age < time.Hour:
		return w.T("clock.minutes_ago", "n", int(age.Minutes()))
	}
	return w.T("clock.hours_ago", "n", int(age.Hours()))
}

// exact is for a title: "17/11/2026 15:30:05 (UTC−03:00)".
func exact(ms int64) string {
	return local(ms).Format("02/01/2006 15:04:05") + " (UTC" + strings.Replace(local(ms).Format("-07:00"), "-", "−", 1) + ")"
}

// wait is a short time to come, rounded up: "5 s", "2 min".
func (w words) wait(d time.Duration) string {
	if seconds := int((d + time.Second - 1) / time.Second); seconds < 100 {
		return w.T("clock.seconds", "n", max(seconds, 0))
	}
	return w.T("clock.minutes", "n", int((d+time.Minute-1)/time.Minute))
}

// shortDay fits a narrow column: tomorrow and yesterday by name, else "17 nov.".
func (w words) shortDay(ms, now int64) string {
	if n := daysAhead(ms, now); n >= -1 && n <= 1 {
		return w.day(ms, now)
	}
	t := local(ms)
	return strconv.Itoa(t.Day()) + " " + strings.Fields(w.T("clock.months"))[t.Month()-1]
}
