// Package metrics is what GET /metrics tells Prometheus.
//
// It promises names that stay, and never a label made of personal data or of anything unbounded. It must not
// know how what it counts is done.
package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ponte/internal/desk"
)

// Metrics is one process's.
type Metrics struct {
	registry        *prometheus.Registry
	calls           *prometheus.HistogramVec
	refused         *prometheus.CounterVec
	unauthenticated prometheus.Counter
	attempts        *prometheus.HistogramVec
	breaker         *prometheus.GaugeVec
	limited         *prometheus.GaugeVec
}

var buckets = []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// New makes the metrics.
func New(version string, is Counts) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "ponte_webservice_duration_seconds",
			Help: "Time to answer a call of a webservice.", Buckets: buckets}, []string{"operation", "status"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "ponte_webservice_refused_total",
			Help: "Calls of a webservice answered with an error."}, []string{"operation", "codigo"}),
		unauthenticated: prometheus.NewCounter(prometheus.CounterOpts{Name: "ponte_webservice_unauthenticated_total",
			Help: "Calls without credentials that are worth anything; they are counted, not kept."}),
		attempts: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "ponte_delivery_attempt_duration_seconds",
			Help: "Time of one exchange with the field's tool.", Buckets: buckets}, []string{"point", "outcome"}),
		breaker: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "ponte_breaker_open",
			Help: "1 while calls to an environment are paused: it does not answer, or refuses our credentials."}, []string{"environment"}),
		limited: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "ponte_route_limited",
			Help: "1 while deliveries to an environment are due and wait for the connection's limit of calls, in this process."}, []string{"environment"}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "ponte_build_info", Help: "Always 1.",
		ConstLabels: prometheus.Labels{"version": version}})
	info.Set(1)
	m.registry.MustRegister(m.calls, m.refused, m.unauthenticated, m.attempts, m.breaker, m.limited, info,
		counted{is}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler answers /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Called is told of each answered call of a webservice; codigo is empty for a success.
func (m *Metrics) Called(operation, codigo string, status int, took time.Duration) {
	if operation == "" {
		operation = "desconhecida"
	}
	m.calls.WithLabelValues(operation, strconv.Itoa(status)).Observe(took.Seconds())
	if codigo != "" {
		m.refused.WithLabelValues(operation, codigo).Inc()
	}
}

// Unauthenticated is told of each call without credentials that are worth anything.
func (m *Metrics) Unauthenticated() { m.unauthenticated.Inc() }

// Attempted is told of each exchange with the field's tool.
func (m *Metrics) Attempted(p desk.Point, outcome string, took time.Duration) {
	m.attempts.WithLabelValues(string(p), outcome).Observe(took.Seconds())
}

// Breaker is told when calls to an environment are paused and resumed.
func (m *Metrics) Breaker(e desk.Environment, open bool) {
	m.breaker.WithLabelValues(string(e)).Set(flag(open))
}

// Limited is told when deliveries begin and cease to wait for the connection's limit.
func (m *Metrics) Limited(e desk.Environment, waiting bool) {
	m.limited.WithLabelValues(string(e)).Set(flag(waiting))
}

func flag(on bool) float64 {
	if on {
		return 1
	}
	return 0
}
