package desk

import "time"

// AlertKind is a condition that whoever runs the installation is told of.
type AlertKind string

const (
	AlertDown        AlertKind = "integracao_parada" // calls to an environment are paused; the subject is the environment
	AlertBacklog     AlertKind = "fila_parada"       // a delivery that goes by itself has waited too long
	AlertFailure     AlertKind = "falha"             // occurrences are in the failure status
	AlertAnalysis    AlertKind = "analise_cresce"    // refused calls that nobody has settled
	AlertDisk        AlertKind = "disco_cheio"       // the subject is the machine and the folder
	AlertCertificate AlertKind = "certificado_vence" // ours, at an environment
	AlertToken       AlertKind = "token_vence"       // of the webservices
	AlertBackup      AlertKind = "backup_velho"      // the last one that is known
	AlertEmergency   AlertKind = "emergencia"        // one is open; the subject is its number
)

// AlertKinds in the order in which they are shown.
var AlertKinds = []AlertKind{AlertEmergency, AlertDown, AlertBacklog, AlertFailure, AlertAnalysis, AlertDisk, AlertCertificate, AlertToken, AlertBackup}

// Critical says whether it may break through quiet hours: nothing gets better by itself, or nothing works.
func (k AlertKind) Critical() bool { return k == AlertDown || k == AlertDisk }

// Sleepless says that quiet hours never hold it back, whatever the settings are: people are in danger.
func (k AlertKind) Sleepless() bool { return k == AlertEmergency }

// grows says whether twice as much is news: the value counts things that somebody has to do.
func (k AlertKind) grows() bool {
	return k == AlertBacklog || k == AlertFailure || k == AlertAnalysis || k == AlertToken
}

// AlertPhase is where a condition stands.
type AlertPhase string

const (
	AlertQuiet   AlertPhase = "quieto"
	AlertFiring  AlertPhase = "ativo"
	AlertCeasing AlertPhase = "cessando" // it is over, and nobody is told before it stays so
)

// AlertEvent is what a receiver is told of a condition.
type AlertEvent string

const (
	AlertFired    AlertEvent = "disparou"
	AlertWorse    AlertEvent = "piorou"   // twice what was told before
	AlertStill    AlertEvent = "continua" // once an episode
	AlertResolved AlertEvent = "resolveu"
	AlertTest     AlertEvent = "teste"
)

// AlertChannel is how a receiver is reached.
type AlertChannel string

const (
	AlertByMail  AlertChannel = "email"
	AlertByHook  AlertChannel = "ponte" // a webhook with everything, signed
	AlertBySlack AlertChannel = "slack"
	AlertByTeams AlertChannel = "teams"
)

// AlertChannels in the order in which they are offered.
var AlertChannels = []AlertChannel{AlertByMail, AlertByHook, AlertBySlack, AlertByTeams}

// AlertMessageState is what became of a message to a receiver.
type AlertMessageState string

const (
	AlertQueued  AlertMessageState = "fila"
	AlertSending AlertMessageState = "enviando"
	AlertTaken   AlertMessageState = "entregue" // the receiver's server took it
	AlertGivenUp AlertMessageState = "desistiu"
)

// AlertState is one condition over time. The zero value has never been true.
type AlertState struct {
	Phase     AlertPhase
	Episode   string    // names one stretch of trouble
	Since     time.Time // of the trouble
	Changed   time.Time // of the phase
	Ended     time.Time
	Value     int64
	Told      time.Time // of the last that receivers heard but for the reminder
	ToldValue int64
	Reminded  bool
	Flaps     int // episodes that followed one another closely
}

// AlertSight is what is seen of a condition now.
type AlertSight struct {
	On    bool
	Value int64
	Since time.Time // zero: now
}

// AlertPace is how patiently a condition is told.
type AlertPace struct {
	Calm   time.Duration // how long it must be over before that is told
	Remind time.Duration // when a reminder follows; 0: never
}

const (
	flapWindow = 6 * time.Hour // what begins again within this is the same trouble coming and going
	maxCalm    = 4 * time.Hour
)

// calm grows with every return, so that what comes and goes is told ever more rarely.
func (s AlertState) calm(p AlertPace) time.Duration {
	c := p.Calm
	for range s.Flaps {
		if c *= 2; c >= maxCalm {
			return maxCalm
		}
	}
	return c
}

// Step answers the next state, and what receivers are told; empty: nothing. episode names the stretch if one begins.
func (s AlertState) Step(k AlertKind, seen AlertSight, now time.Time, p AlertPace, episode string) (AlertState, AlertEvent) {
	quiet := s.Phase == AlertQuiet || s.Phase == ""
	switch {
	case seen.On && quiet:
		return s.begin(seen, now, episode), AlertFired
	case seen.On:
		s.Value = seen.Value
		if s.Phase == AlertCeasing {
			s.Phase, s.Changed = AlertFiring, now
		}
		return s.goOn(k, now, p)
	case s.Phase == AlertFiring:
		s.Phase, s.Changed = AlertCeasing, now
	case s.Phase == AlertCeasing && now.Sub(s.Changed) >= s.calm(p):
		s.Phase, s.Ended, s.Changed, s.Told = AlertQuiet, now, now, now
		return s, AlertResolved
	}
	return s, ""
}

func (s AlertState) begin(seen AlertSight, now time.Time, episode string) AlertState {
	next := AlertState{Phase: AlertFiring, Episode: episode, Since: seen.Since, Changed: now, Value: seen.Value, Told: now, ToldValue: seen.Value}
	if next.Since.IsZero() {
		next.Since = now
	}
	if !s.Ended.IsZero() && now.Sub(s.Ended) < flapWindow {
		next.Flaps = s.Flaps + 1
	}
	return next
}

// goOn tells of what became twice as much, no more often than it calms down, and reminds once.
func (s AlertState) goOn(k AlertKind, now time.Time, p AlertPace) (AlertState, AlertEvent) {
	switch {
	case k.grows() && s.ToldValue > 0 && s.Value >= 2*s.ToldValue && now.Sub(s.Told) >= p.Calm:
		s.Told, s.ToldValue = now, s.Value
		return s, AlertWorse
	case p.Remind > 0 && !s.Reminded && now.Sub(s.Told) >= p.Remind:
		s.Reminded = true
		return s, AlertStill
	}
	return s, ""
}
