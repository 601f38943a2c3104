// Package tracing follows a call from the door that took it to the field's tool and back, for whoever collects traces by
// OpenTelemetry.
//
// It promises that nothing is recorded unless the standard OTEL_* variables name a collector, that what is recorded holds
// neither personal data nor credentials (names of operations, states, codes, numbers of attempts and hosts, and no more),
// and that nothing waits for the collector. It must not know what is followed.
package tracing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"ponte/internal/desk"
)

// scope is who records.
const scope = "ponte"

// Tracer begins traces. A nil one begins none.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// FromEnvironment answers a tracer to the collector that the standard variables name, and nil where they name none:
// OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, or OTEL_TRACES_EXPORTER=otlp for the usual local one.
// OTEL_SDK_DISABLED=true and OTEL_TRACES_EXPORTER=none turn it off. Samplers, headers, certificates and batches are the
// SDK's own variables. The protocol is http/protobuf.
func FromEnvironment(ctx context.Context, version string, log *slog.Logger) (*Tracer, error) {
	exporter := os.Getenv("OTEL_TRACES_EXPORTER")
	named := os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
	switch {
	case strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true"), exporter == "none", exporter == "" && !named:
		return nil, nil //nolint:nilnil // no tracing is no error
	case exporter != "" && exporter != "otlp":
		return nil, fmt.Errorf("OTEL_TRACES_EXPORTER is %q: only otlp and none are known", exporter)
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		if p := os.Getenv(name); p != "" && p != "http/protobuf" {
			return nil, fmt.Errorf("%s is %q: only http/protobuf is spoken", name, p)
		}
	}
	out, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	is, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", scope), attribute.String("service.version", version)),
		resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil && !errors.Is(err, resource.ErrPartialResource) {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	// The SDK tells what goes wrong behind its queue nowhere else. It is the process's one collector.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("tracing: a batch was lost", "error", err) }))
	return With(sdk.NewTracerProvider(sdk.WithBatcher(out), sdk.WithResource(is))), nil
}

// With makes a tracer of a provider.
func With(p *sdk.TracerProvider) *Tracer { return &Tracer{p, p.Tracer(scope)} }

// Close sends what is left, until ctx ends.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// Span is a stretch of work. The zero one records nothing.
type Span struct{ span trace.Span }

// Kind is which side of a call a span is.
type Kind = trace.SpanKind

const (
	Server   = trace.SpanKindServer
	Consumer = trace.SpanKindConsumer
	Client   = trace.SpanKindClient
)

var w3c propagation.TraceContext

// Begin begins a span that nothing of this process caused: a call that came in, or work that was stored. traceparent is what
// it is part of, by the W3C's header; empty or unreadable: it begins a trace of its own.
func (t *Tracer) Begin(ctx context.Context, name string, k Kind, traceparent string, at time.Time) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	if traceparent != "" {
		ctx = w3c.Extract(ctx, propagation.MapCarrier{"traceparent": traceparent})
	}
	ctx, s := t.tracer.Start(ctx, name, trace.WithSpanKind(k), trace.WithTimestamp(at))
	return ctx, Span{s}
}

// Start begins a part of what ctx is in the course of. Where nobody records that, nothing is done.
func Start(ctx context.Context, name string) (context.Context, Span) {
	return start(ctx, name, trace.SpanKindInternal)
}

// Call is Start for what goes to another system.
func Call(ctx context.Context, name string) (context.Context, Span) { return start(ctx, name, Client) }

func start(ctx context.Context, name string, k Kind) (context.Context, Span) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, Span{}
	}
	ctx, s := parent.TracerProvider().Tracer(scope).Start(ctx, name, trace.WithSpanKind(k))
	return ctx, Span{s}
}

// Past tells of a part that is over, because what it belongs to was not known before.
func Past(ctx context.Context, name string, from, to time.Time) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return
	}
	_, s := parent.TracerProvider().Tracer(scope).Start(ctx, name, trace.WithTimestamp(from))
	s.End(trace.WithTimestamp(to))
}

// Rename gives the span the name that is known only later.
func (s Span) Rename(name string) {
	if s.span != nil {
		s.span.SetName(name)
	}
}

// Text tells a fact. It must be a word of ours or a host: never what a caller wrote.
func (s Span) Text(key, value string) {
	if s.span != nil && value != "" {
		s.span.SetAttributes(attribute.String(key, value))
	}
}

// Number tells a number.
func (s Span) Number(key string, value int64) {
	if s.span != nil {
		s.span.SetAttributes(attribute.Int64(key, value))
	}
}

// Fail marks the span as failed, by a code.
func (s Span) Fail(code string) {
	if s.span != nil {
		s.span.SetStatus(codes.Error, code)
	}
}

// End ends it; err is told by its code alone, because its text may hold what a caller wrote.
func (s Span) End(err error) {
	if s.span == nil {
		return
	}
	var known *desk.Error
	switch {
	case errors.As(err, &known):
		s.Fail(known.Code)
	case err != nil:
		s.Fail(desk.ErrInternal)
	}
	s.span.End()
}

// Traceparent is what ctx is part of, as the W3C's header says it; empty where nobody traces.
func Traceparent(ctx context.Context) string {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return ""
	}
	c := propagation.MapCarrier{}
	w3c.Inject(ctx, c)
	return c["traceparent"]
}
