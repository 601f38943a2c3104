package flow

import "time"

// The wall clock (Now) tells people when something happened, and somebody may set it. What the promises rest on is
// measured by the steady clock instead, which only ever goes on: leases, when a lane is due, since when an outcome is
// unknown, how long a message has been tried. All processes of one database share it; app makes it.

// steadyNow is the steady clock outside a transaction.
func (f *Flow) steadyNow() time.Time {
	if f.Steady == nil {
		return f.Now()
	}
	return f.Steady()
}

// steady is the steady clock inside one.
func (w *work) steady() time.Time {
	if w.flow.Steady == nil {
		return w.now
	}
	return w.flow.Steady()
}

// onTheWall is when the wall clock will show (or showed) a moment of the steady one, in Unix milliseconds. In whole
// seconds they differ by as much as somebody set the wall clock, and not at all otherwise.
func (f *Flow) onTheWall(steady int64) time.Time {
	return fromMillis(steady).Add(f.Now().Sub(f.steadyNow()).Round(time.Second))
}
