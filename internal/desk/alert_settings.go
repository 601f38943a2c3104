package desk

import (
	"slices"
	"time"
)

// AlertSettings say what is told, and when. A limit of 0 turns its condition off.
type AlertSettings struct {
	DownMinutes     int  `json:"integracao_parada_minutos"`
	BacklogMinutes  int  `json:"fila_parada_minutos"`
	Failures        int  `json:"falhas"`
	Analysis        int  `json:"analise"`
	DiskMiB         int  `json:"disco_mib"`
	CertificateDays int  `json:"certificado_dias"`
	TokenDays       int  `json:"token_dias"`
	BackupHours     int  `json:"backup_horas"`
	Emergencies     int  `json:"emergencia_aberta"` // 1: each one that is opened; 0: none
	RemindMinutes   int  `json:"lembrar_minutos"`
	CalmMinutes     int  `json:"calma_minutos"`
	Quiet           bool `json:"silencio"`
	// QuietFrom and QuietUntil are minutes of the day in Zone; the night may lie over midnight.
	QuietFrom    int    `json:"silencio_das"`
	QuietUntil   int    `json:"silencio_ate"`
	QuietWeekend bool   `json:"silencio_fim_de_semana"` // Saturdays and Sundays, whole
	Zone         string `json:"fuso"`
	BreakThrough bool   `json:"critico_passa"` // what is critical is told at night too
}

// DefaultAlerts are good for most houses. Nobody is told before there is a receiver.
func DefaultAlerts() AlertSettings {
	return AlertSettings{DownMinutes: 5, BacklogMinutes: 30, Failures: 1, Analysis: 10, DiskMiB: 2048, CertificateDays: 21, TokenDays: 14,
		BackupHours: 30, Emergencies: 1, RemindMinutes: 240, CalmMinutes: 10, QuietFrom: 22 * 60, QuietUntil: 7 * 60, Zone: "America/Sao_Paulo", BreakThrough: true}
}

// Limit is the number from which a condition holds, in its own unit.
func (s AlertSettings) Limit(k AlertKind) int {
	switch k {
	case AlertDown:
		return s.DownMinutes
	case AlertBacklog:
		return s.BacklogMinutes
	case AlertFailure:
		return s.Failures
	case AlertAnalysis:
		return s.Analysis
	case AlertDisk:
		return s.DiskMiB
	case AlertCertificate:
		return s.CertificateDays
	case AlertToken:
		return s.TokenDays
	case AlertBackup:
		return s.BackupHours
	case AlertEmergency:
		return s.Emergencies
	}
	return 0
}

// Pace is how patiently conditions are told.
func (s AlertSettings) Pace() AlertPace {
	return AlertPace{Calm: time.Duration(s.CalmMinutes) * time.Minute, Remind: time.Duration(s.RemindMinutes) * time.Minute}
}

// MaxAlertLimit is more than any limit needs.
const MaxAlertLimit = 1_000_000

// Check gathers what is wrong, by the names of the fields.
func (s AlertSettings) Check() *Error {
	e := Fail(ErrParameter)
	bad := func(field, code string, args map[string]any) {
		e.Fields = append(e.Fields, FieldError{Field: field, Code: code, Args: args})
	}
	for _, k := range AlertKinds {
		if n := s.Limit(k); n < 0 || n > MaxAlertLimit {
			bad(string(k), "numero_fora", map[string]any{"minimo": 0, "maximo": MaxAlertLimit})
		}
	}
	if s.CalmMinutes < 1 || s.CalmMinutes > 24*60 {
		bad("calma", "numero_fora", map[string]any{"minimo": 1, "maximo": 24 * 60})
	}
	if s.RemindMinutes < 0 || s.RemindMinutes > 31*24*60 {
		bad("lembrar", "numero_fora", map[string]any{"minimo": 0, "maximo": 31 * 24 * 60})
	}
	for field, m := range map[string]int{"das": s.QuietFrom, "ate": s.QuietUntil} {
		if m < 0 || m >= 24*60 {
			bad(field, "hora_invalida", nil)
		}
	}
	if s.Quiet && s.QuietFrom == s.QuietUntil && !s.QuietWeekend {
		bad("ate", "silencio_vazio", nil)
	}
	if _, err := time.LoadLocation(s.Zone); err != nil || s.Zone == "" || s.Zone == "Local" {
		bad("fuso", "fuso_desconhecido", nil)
	}
	if len(e.Fields) == 0 {
		return nil
	}
	slices.SortFunc(e.Fields, func(a, b FieldError) int { return len(a.Field) - len(b.Field) })
	return e
}

// HeldUntil says when a message that is decided now is sent; zero: now. It is the end of the quiet hours that run.
func (s AlertSettings) HeldUntil(now time.Time, critical bool) time.Time {
	if !s.Quiet || critical && s.BreakThrough {
		return time.Time{}
	}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return time.Time{}
	}
	at := now.In(zone)
	for range 8 * 24 * 60 / 15 { // quiet hours end within a week, or never
		end := s.quietEnd(at)
		if end.IsZero() {
			break
		}
		at = end
	}
	if !at.After(now) || s.isQuiet(at) {
		return time.Time{}
	}
	return at
}

// quietEnd is the next moment at which the quiet that holds at a moment may end; zero where it is not quiet.
func (s AlertSettings) quietEnd(at time.Time) time.Time {
	if !s.isQuiet(at) {
		return time.Time{}
	}
	y, m, d := at.Date()
	ends := []time.Time{time.Date(y, m, d+1, 0, 0, 0, 0, at.Location())}
	for _, day := range []int{d, d + 1} {
		ends = append(ends, time.Date(y, m, day, s.QuietUntil/60, s.QuietUntil%60, 0, 0, at.Location()))
	}
	var next time.Time
	for _, e := range ends {
		if e.After(at) && (next.IsZero() || e.Before(next)) {
			next = e
		}
	}
	return next
}

func (s AlertSettings) isQuiet(at time.Time) bool {
	if day := at.Weekday(); s.QuietWeekend && (day == time.Saturday || day == time.Sunday) {
		return true
	}
	minute := at.Hour()*60 + at.Minute()
	if s.QuietFrom <= s.QuietUntil {
		return minute >= s.QuietFrom && minute < s.QuietUntil
	}
	return minute >= s.QuietFrom || minute < s.QuietUntil
}
