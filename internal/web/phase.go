package web

import (
	"time"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// phaseIcon stands for where the installation is.
func phaseIcon(f desk.Phase) string {
	switch f {
	case desk.Live:
		return "circle-check"
	case desk.Paused:
		return "clock"
	}
	return "adjustments-horizontal"
}

// phaseTitle says where the installation is, since when, and by whom.
func (p *page) phaseTitle(s flow.Standing) string {
	if s.Last.At.IsZero() {
		return p.T("phase.title_" + string(s.Phase))
	}
	return p.T("phase.since_"+string(s.Phase), "when", p.moment(s.Last.At), "who", s.Last.By)
}

// whoWhen is a signature; without a name the system itself saw it.
func (p *page) whoWhen(who string, when time.Time) string {
	switch {
	case when.IsZero():
		return who
	case who == "":
		return p.moment(when)
	}
	return p.T("implementation.signed", "who", who, "when", p.moment(when))
}

func stepClass(s flow.StepState) string {
	switch s {
	case flow.StepDone:
		return "done"
	case flow.StepMissing, flow.StepConfirm: // nothing is wrong: it is to be done
		return "wait"
	}
	return "closed"
}

func stepIcon(s flow.StepState) string {
	switch s {
	case flow.StepDone:
		return "circle-check"
	case flow.StepMissing:
		return "circle-dashed"
	case flow.StepConfirm:
		return "user"
	}
	return "ban"
}
