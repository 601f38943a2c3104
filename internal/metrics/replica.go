package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Replica adds when the last whole round to the replica began; 0 before the first. How far it is behind is that moment's age.
func (m *Metrics) Replica(last func() time.Time) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "ponte_replica_last_round_timestamp_seconds",
		Help: "When the last whole copy to the replica began, in Unix seconds: what was durable then is there."}, func() float64 {
		if t := last(); !t.IsZero() {
			return float64(t.UnixMilli()) / 1000
		}
		return 0
	}))
}
