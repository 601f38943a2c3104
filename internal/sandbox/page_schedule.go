package sandbox

import "time"

// scheduleAct sets the date of the inspection. A visit that the house asked for is the one that gets it.
func scheduleAct() act {
	return act{
		name: "agendar", from: []situation{orderOpen, orderScheduled},
		title:  func(w words) string { return w.T("act.agendar.title") },
		submit: func(w words) string { return w.T("act.agendar") },
		start:  proposeVisit, fields: scheduleFields, read: readVisit,
	}
}

// proposeVisit fills in the visit that is booked, or else tomorrow from 9 to 10.
func proposeVisit(f *form, o *order, now int64) {
	y, m, d := local(now).Date()
	start := time.Date(y, m, d+1, 9, 0, 0, 0, saoPaulo())
	end := start.Add(time.Hour)
	if v, booked := o.lastVisit(visitScheduled); booked {
		start = local(v.Start)
		end = start.Add(time.Hour)
		if v.End > v.Start {
			end = local(v.End)
		}
	}
	f.values.Set("dia", start.Format(time.DateOnly))
	f.values.Set("inicio", start.Format("15:04"))
	f.values.Set("fim", end.Format("15:04"))
}

func readVisit(f *form, a *action) {
	a.Texto = f.text(false)
	day, err := time.ParseInLocation(time.DateOnly, f.value("dia"), saoPaulo())
	if err != nil {
		f.fail("dia", f.T("bad.day"))
	} else if daysAhead(day.UnixMilli(), a.at) < 0 {
		f.fail("dia", f.T("bad.past"))
	}
	a.start, a.end = f.hourOf(day, "inicio"), f.hourOf(day, "fim")
	if !f.failed() && a.end <= a.start {
		f.fail("fim", f.T("bad.order"))
	}
}

// hourOf is a time of day that was typed, on a day.
func (f *form) hourOf(day time.Time, name string) int64 {
	at, err := time.Parse("15:04", f.value(name))
	if err != nil {
		f.fail(name, f.T("bad.time"))
		return 0
	}
	y, m, d := day.Date()
	return time.Date(y, m, d, at.Hour(), at.Minute(), 0, 0, saoPaulo()).UnixMilli()
}
