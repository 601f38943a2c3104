package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ponte/internal/desk"
)

// Counts are what the database knows. It is asked when Prometheus asks, so that nothing can drift, and every replica answers
// the same.
type Counts struct {
	Deliveries func(context.Context) (map[desk.DeliveryState]int64, error) // those that are not done
	Findings   func(context.Context) (map[desk.FindingKind]int64, error)   // that are open
	Alerts     func(context.Context) (map[desk.AlertKind]int64, error)     // that hold
	Letters    func(context.Context) (map[desk.LetterState]int64, error)   // to customers, that wait or failed
	// Compared is the latest finished comparison with Mobuss: when it ended, and how many of its questions had no usable
	// answer. The zero time: there was none.
	Compared func(context.Context) (env desk.Environment, ended time.Time, failed int64, err error)
}

var (
	statesDesc   = prometheus.NewDesc("ponte_deliveries_open", "Deliveries that are not done, by state.", []string{"state"}, nil)
	findingsDesc = prometheus.NewDesc("ponte_findings_open", "Differences between Mobuss and Ponte that are open, by kind.", []string{"kind"}, nil)
	alertsDesc   = prometheus.NewDesc("ponte_alerts_firing", "Conditions that Ponte itself alerts of, by kind.", []string{"kind"}, nil)
	lettersDesc  = prometheus.NewDesc("ponte_letters", "Letters to customers that are under way, and those that failed and are kept, by state.", []string{"state"}, nil)
	comparedDesc = prometheus.NewDesc("ponte_reconcile_last_end_timestamp_seconds",
		"When the latest finished comparison with Mobuss ended.", []string{"environment"}, nil)
	unansweredDesc = prometheus.NewDesc("ponte_reconcile_last_unanswered",
		"Questions of the latest finished comparison that had no usable answer.", []string{"environment"}, nil)
)

// counted answers them. What is done is counted by the attempts.
type counted struct{ Counts }

func (c counted) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{statesDesc, findingsDesc, alertsDesc, lettersDesc, comparedDesc, unansweredDesc} {
		out <- d
	}
}

func (c counted) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var open []desk.DeliveryState
	for _, s := range desk.DeliveryStates {
		if !s.Done() {
			open = append(open, s)
		}
	}
	gauges(ctx, out, statesDesc, c.Deliveries, open)
	gauges(ctx, out, findingsDesc, c.Findings, desk.FindingKinds)
	gauges(ctx, out, alertsDesc, c.Alerts, desk.AlertKinds)
	gauges(ctx, out, lettersDesc, c.Letters, []desk.LetterState{desk.LetterQueued, desk.LetterSending, desk.LetterFailed})
	if c.Compared == nil {
		return
	}
	env, ended, failed, err := c.Compared(ctx)
	switch {
	case err != nil:
		out <- prometheus.NewInvalidMetric(comparedDesc, err)
	case !ended.IsZero():
		out <- prometheus.MustNewConstMetric(comparedDesc, prometheus.GaugeValue, float64(ended.UnixMilli())/1000, string(env))
		out <- prometheus.MustNewConstMetric(unansweredDesc, prometheus.GaugeValue, float64(failed), string(env))
	}
}

// gauges answers a number for every label, 0 where nothing was counted.
func gauges[L ~string](ctx context.Context, out chan<- prometheus.Metric, d *prometheus.Desc, count func(context.Context) (map[L]int64, error), all []L) {
	if count == nil {
		return
	}
	counts, err := count(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(d, err)
		return
	}
	for _, l := range all {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(counts[l]), string(l))
	}
}
