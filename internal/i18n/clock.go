package i18n

import (
	"strings"
	"time"
)

// Times are told in the zone that they carry; now is converted to it, so that "today" is the reader's.

// Clock is the time of day, 16:05.
func (l *Localizer) Clock(t time.Time) string { return t.Format("15:04") }

// Date is a day, with its year only where that is not this one: "sáb., 21 nov.".
func (l *Localizer) Date(t, now time.Time) string {
	year := 0
	if t.Year() != now.In(t.Location()).Year() {
		year = t.Year()
	}
	return l.T("time.date", "weekday", l.word("time.weekdays_short", int(t.Weekday())),
		"day", t.Day(), "month", l.word("time.months_short", int(t.Month())-1), "year", year)
}

// Day is a day as people say it: today, yesterday, tomorrow, or its date.
func (l *Localizer) Day(t, now time.Time) string {
	switch daysBetween(t, now) {
	case 0:
		return l.T("time.today")
	case 1:
		return l.T("time.yesterday")
	case -1:
		return l.T("time.tomorrow")
	}
	return l.Date(t, now)
}

// Ago is how long ago something was: "agora", "há 6 min", "ontem, 16:05", "há 6 dias", and the date after a week.
func (l *Localizer) Ago(t, now time.Time) string {
	age, days := now.Sub(t), daysBetween(t, now)
	switch {
	case age < time.Minute:
		return l.T("time.now")
	case age < time.Hour:
		return l.T("time.minutes_ago", "count", int(age.Minutes()))
	case days == 0 || age < 6*time.Hour:
		return l.T("time.hours_ago", "count", int(age.Hours()))
	case days == 1:
		return l.T("time.yesterday_at", "clock", l.Clock(t))
	case days < 7:
		return l.N("time.days_ago", days)
	}
	return l.Date(t, now)
}

// Exact is the whole of it, to the second and with the offset: what a title shows.
func (l *Localizer) Exact(t time.Time) string {
	return l.T("time.exact", "weekday", l.word("time.weekdays", int(t.Weekday())), "day", t.Day(),
		"month", l.word("time.months", int(t.Month())-1), "year", t.Year(), "clock", t.Format("15:04:05"),
		"offset", strings.Replace(t.Format("-07:00"), "-", "−", 1))
}

// Span is when something takes place: "qui., 19 nov. · 14:10 – 14:45". A zero end is not said.
func (l *Localizer) Span(start, end, now time.Time) string {
	s := l.Day(start, now) + "\u00a0· " + l.Clock(start)
	switch {
	case end.IsZero():
		return s
	case daysBetween(start, end) == 0:
		return s + "\u00a0–\u00a0" + l.Clock(end)
	}
	return s + " – " + l.Day(end, now) + "\u00a0· " + l.Clock(end)
}

func (l *Localizer) word(id string, i int) string {
	words := strings.Fields(l.T(id))
	if i < 0 || i >= len(words) {
		return ""
	}
	return words[i]
}

// daysBetween counts midnights from t's day to now's, in t's zone.
func daysBetween(t, now time.Time) int {
	now = now.In(t.Location())
	a := time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC)
	b := time.Date(now.Year(), now.Month(), now.Day(), 12, 0, 0, 0, time.UTC)
	return int(b.Sub(a).Hours() / 24)
}
