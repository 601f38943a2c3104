// Package app puts the parts together; it is the only place that does. It must not hold rules.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"ponte/internal/alert"
	"ponte/internal/auth"
	"ponte/internal/blob"
	"ponte/internal/bulk"
	"ponte/internal/conformance"
	"ponte/internal/connector"
	"ponte/internal/crashpoint"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/i18n"
	"ponte/internal/importer"
	"ponte/internal/index"
	"ponte/internal/letter"
	"ponte/internal/mail"
	"ponte/internal/metrics"
	"ponte/internal/outbox"
	"ponte/internal/probe"
	"ponte/internal/replica"
	"ponte/internal/seal"
	"ponte/internal/sso"
	"ponte/internal/store"
	"ponte/internal/tracing"
	"ponte/internal/unitlook"
	"ponte/internal/web"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
	"ponte/internal/webservice/rest"
	"ponte/internal/webservice/soap"
)

// Version is the release, set by the linker.
var Version = "dev"

// Config is what a process needs to know.
type Config struct {
	DatabaseURL string   // "sqlite:PATH" or "postgres://..."
	BlobURL     string   // "file:///folder" for attachments; empty: a folder "anexos" beside the SQLite file, or here
	SecretKeys  []string // current first
	Addr        string   // "127.0.0.1:8080"
	PublicURL   string   // what callers see; empty: made of Addr
	Demo        bool
	Log         *slog.Logger
	// Ready is asked beside the database by /readyz; nil: nothing more.
	Ready func(context.Context) error
	// NoLookUp is the negative control of the crash tests: see outbox.Options.
	NoLookUp bool
	// Lease, Poll and Pause are the outbox's; zero is its default. The crash tests shorten them, so that a replica takes
	// over from a killed one within their patience.
	Lease, Poll, Pause time.Duration
	// Keep is for how long what is over is kept.
	Keep    flow.Keep
	Workers int
	// Proxies are the reverse proxies in front.
	Proxies Proxies
	// CallsPerMinute is the limit of tokens that have none of their own; 0: none.
	CallsPerMinute int
	// ReplicaURL is where an embedded database and its attachments are followed to, a file:///folder; empty: nowhere.
	ReplicaURL string
	// ReplicaKeep is for how many days each moment can be taken back from there; 0: replica.KeepDays.
	ReplicaKeep int
	// ReplicaEvery is how long a round waits for the next; 0: replica's default.
	ReplicaEvery time.Duration
	// MailURL and MailFrom are mail.New's; without a MailURL no letter leaves.
	MailURL, MailFrom string
	// SSO is the house's own provider; nil: people sign in by password.
	SSO *sso.Provider
	// TraceFieldTool sends the header traceparent to the field's tool, where the environment turns tracing on.
	TraceFieldTool bool
}

// App is a running Ponte.
type App struct {
	Flow *flow.Flow

	cfg      Config
	tracer   *tracing.Tracer // nil: nobody traces
	store    *store.Store
	follow   *replica.Replica // nil: nowhere
	hub      *web.Hub
	news     *store.News
	outbox   *outbox.Outbox
	compares *outbox.Reconciler
	client   *connector.Client
	clock    *steadyClock
	conform  *conformance.Runner
	blobs    *blob.Store
	sender   *mail.Sender // nil: there is no mail
	letters  *mail.Queue  // in front of it, for what can be asked for again
	written  *letter.Worker
	hook     *connector.Hook
	alerts   *alert.Worker
	fetcher  *connector.Downloader
	imports  *importer.Worker
	looks    *unitlook.Worker
	many     *bulk.Worker
	indexes  *index.Worker
	sweeping sync.WaitGroup
	forgot   flow.Forgotten // of the sweep alone
	endSweep context.CancelFunc
	server   *http.Server
	listener net.Listener
	served   chan error
}

// New opens and migrates the database and wires the parts. Nothing listens or works yet.
func New(ctx context.Context, cfg Config) (_ *App, err error) {
	keys, err := seal.New(cfg.SecretKeys...)
	if err != nil {
		return nil, err
	}
	s, follow, err := openStore(ctx, cfg, keys)
	if err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, store: s, follow: follow, hub: web.NewHub(), news: s.News(flow.NewID(), cfg.Log), client: connector.New(), fetcher: connector.NewDownloader(), hook: connector.NewHook(), served: make(chan error, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Abandon())
		}
	}()
	if a.tracer, err = tracing.FromEnvironment(ctx, Version, cfg.Log); err != nil {
		return nil, err
	}
	a.client.SendTrace = cfg.TraceFieldTool
	if a.sender, err = openMail(cfg); err != nil {
		return nil, err
	}
	if a.sender != nil {
		a.letters = mail.NewQueue(a.sender.Send, cfg.Log)
	}
	if a.blobs, err = openBlobs(ctx, cfg); err != nil {
		return nil, err
	}
	if err = migrate(ctx, s, cfg.Log); err != nil {
		return nil, err
	}
	if a.clock, err = newSteadyClock(ctx, s, crashpoint.Now, cfg.Log); err != nil {
		return nil, fmt.Errorf("ask the database's clock: %w", err)
	}
	a.Flow = flow.New(flow.Deps{Store: s, Keys: keys, Now: crashpoint.Now, Steady: a.clock.Now, Blobs: a.blobs, Fetch: fetch(a.fetcher), Log: cfg.Log, Changed: a.changed,
		Operations: webservice.Known(), Wake: func() { a.wake(wakeOutbox) }, WakeImport: a.waker(wakeImports), WakeLooks: a.waker(wakeLooks),
		WakeReconcile: a.waker(wakeReconcile), WakeAlerts: a.waker(wakeAlerts), WakeBulk: a.waker(wakeBulk), WakeLetters: a.waker(wakeLetters)})
	a.Flow.Probe = probe.New(a.Flow).Candidate
	a.client.Files = files(a.Flow)
	if err = a.setUp(ctx); err != nil {
		return nil, err
	}
	words, err := i18n.Load()
	if err != nil {
		return nil, err
	}
	me := owner()
	a.imports = importer.NewWorker(importer.WorkerOptions{Flow: a.Flow, Owner: me, Words: words.In(i18n.Portuguese).Field, Log: cfg.Log, Lease: cfg.Lease})
	a.looks = unitlook.New(unitlook.Options{Flow: a.Flow, Owner: me, Log: cfg.Log, Lease: cfg.Lease})
	a.many = bulk.New(bulk.Options{Flow: a.Flow, Owner: me, Log: cfg.Log, Lease: cfg.Lease})
	a.indexes = index.New(index.Options{Flow: a.Flow, Owner: me, Log: cfg.Log, Lease: cfg.Lease})
	a.alerts = a.newAlerts(me, words)
	a.written = a.newLetters(me, words)
	m := metrics.New(Version, metrics.Counts{Deliveries: a.Flow.CountOpenDeliveries, Findings: a.Flow.CountFindingsByKind,
		Alerts: a.Flow.CountFiring, Compared: a.Flow.LastCompared, Letters: a.Flow.CountLetters})
	if a.follow != nil {
		m.Replica(a.follow.LastRound)
	}
	a.outbox = outbox.New(outbox.Options{Flow: a.Flow, Client: a.client, Now: a.clock.Now, Owner: me, Idle: cfg.Workers, Log: cfg.Log, Tracer: a.tracer,
		Lease: cfg.Lease, Poll: cfg.Poll, Pause: cfg.Pause, NoLookUp: cfg.NoLookUp, Question: a.question, Surplus: a.surplus(), Watch: outbox.Watcher{
			Settled: func(p desk.Point, v flow.Verdict, took time.Duration) { m.Attempted(p, v.String(), took) },
			Breaker: func(r flow.Route, open bool) { m.Breaker(r.Environment, open) },
			Limited: func(r flow.Route, waiting bool) { m.Limited(r.Environment, waiting) },
		}})
	a.compares = outbox.NewReconciler(a.outbox)
	a.server = &http.Server{Handler: cfg.Proxies.inFront(a.routes(m, words)), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(cfg.Log.Handler(), slog.LevelDebug)}
	return a, nil
}

func migrate(ctx context.Context, s *store.Store, log *slog.Logger) error {
	applied, backup, err := s.Migrate(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if applied > 0 {
		log.InfoContext(ctx, "database migrated", "migrations", applied, "copy", backup)
	}
	return nil
}

// setUp gives a new database its installation, and takes back what a predecessor held: on an embedded database
// nobody else can hold a lease.
func (a *App) setUp(ctx context.Context) error {
	if err := defaultInstallation(ctx, a.Flow); err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	if err := finishRestore(ctx, a.Flow, a.cfg.Log); err != nil {
		return err
	}
	if a.store.Dialect() != store.SQLite {
		return nil
	}
	n, err := a.Flow.VoidLeases(ctx)
	if n > 0 {
		a.cfg.Log.InfoContext(ctx, "took back what the predecessor held", "lanes", n)
	}
	return err
}

// owner tells processes apart, also two on one machine.
func owner() string {
	host, err := os.Hostname()
	if err != nil {
		host = "?"
	}
	return fmt.Sprintf("%s/%d/%s", host, os.Getpid(), flow.NewID())
}

func (a *App) routes(m *metrics.Metrics, words *i18n.Catalogues) http.Handler {
	// Both doors answer as each integration's profile says, and hold a token to one limit between them.
	o := doorsOf(a.Flow, words, a.cfg.Log)
	limits := webservice.NewLimits(a.cfg.CallsPerMinute, a.Flow.Now)
	o.Authenticate, o.Limit, o.CountUnauthenticated, o.Observe, o.PublicURL = a.authenticate, limits.Allow, m.Unauthenticated, m.Called, a.PublicURL
	o.Tracer = a.tracer
	registry, doors := o.Registry, door.New(o)
	mux := http.NewServeMux()
	// All of /ws is for programs: one that got the address wrong is told so, and not shown a page to sign in.
	about := rest.About{Version: Version, License: "Apache-2.0"}
	mux.Handle("/ws/", rest.New(doors, about))
	mux.Handle(rest.RegistryPrefix+"/", rest.NewRegistry(doors, registryRows(a.Flow, words, about)))
	inSOAP := soap.New(doors, func() string { return a.cfg.PublicURL })
	mux.Handle(soap.Prefix, inSOAP)
	mux.Handle(soap.Prefix+"/", inSOAP)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "vivo") })
	mux.HandleFunc("GET /readyz", a.readyz)
	mux.Handle("GET /metrics", m.Handler())
	a.conform = newConformance(a.Flow, a.client, doors, about, a.cfg.Log)
	mux.Handle("/", web.New(web.Options{Flow: a.Flow, Hub: a.hub, Log: a.cfg.Log, Demo: a.cfg.Demo,
		PublicURL: a.cfg.PublicURL, Secure: strings.HasPrefix(a.cfg.PublicURL, "https://"),
		Webservice: web.Webservice{BaseURL: a.PublicURL, CallsPerMinute: a.cfg.CallsPerMinute, Example: registry.Example,
			Sheet: sheetOf(registry, doors), Try: trials(doors, about)},
		Conformance: web.Conformance{Start: a.conform.Start, Stop: a.conform.Stop, Trial: a.conform.Trial},
		Inbound:     inbound(registry), Probe: probe.New(a.Flow).Probe, Registry: registrySheets(a.Flow), Reset: a.passwordReset(), SSO: web.SSO{Provider: a.cfg.SSO, BaseURL: a.PublicURL}}))
	return mux
}

func (a *App) authenticate(ctx context.Context, c webservice.Credentials) (*webservice.Caller, error) {
	token, actor, err := a.Flow.Authenticate(ctx, auth.HashKey(c.Token))
	if err != nil {
		return nil, err
	}
	return &webservice.Caller{Actor: actor, IgnoreUnknown: token.IgnoresUnknown, Token: token}, nil
}

// readyTimeout bounds what /readyz asks.
const readyTimeout = 2 * time.Second

func (a *App) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	err := a.store.Ping(ctx)
	if err == nil && a.cfg.Ready != nil {
		err = a.cfg.Ready(ctx)
	}
	if err != nil {
		a.cfg.Log.WarnContext(ctx, "not ready", "error", err)
		answer(w, http.StatusServiceUnavailable, "indisponível")
		return
	}
	answer(w, http.StatusOK, "pronto")
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text)
}

// PublicURL is what callers see.
func (a *App) PublicURL() string {
	if a.cfg.PublicURL != "" {
		return a.cfg.PublicURL
	}
	if a.listener != nil {
		return "http://" + a.listener.Addr().String()
	}
	return "http://" + a.cfg.Addr
}

// Start listens and works. It returns once connections are taken.
func (a *App) Start(ctx context.Context) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", a.cfg.Addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", a.cfg.Addr, err)
	}
	a.listener = l
	a.news.Listen(store.Heard{Names: a.heard, Missed: a.missed, Left: a.wakeAll})
	a.outbox.Start()
	a.compares.Start()
	ctx, a.endSweep = context.WithCancel(context.WithoutCancel(ctx))
	a.sweeping.Go(func() { a.sweep(ctx) })
	a.sweeping.Go(func() { a.Flow.KeepReads(ctx) })
	a.sweeping.Go(func() { a.clock.keep(ctx) })
	a.sweeping.Go(func() { a.imports.Run(ctx) })
	a.sweeping.Go(func() { a.looks.Run(ctx) })
	a.sweeping.Go(func() { a.alerts.Run(ctx) })
	a.sweeping.Go(func() { a.written.Run(ctx) })
	a.sweeping.Go(func() { a.many.Run(ctx) })
	a.sweeping.Go(func() { a.indexes.Run(ctx) })
	if a.follow != nil {
		a.sweeping.Go(func() { a.follow.Run(ctx, a.store, a.blobs) })
	}
	go func() {
		err := a.server.Serve(l)
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
		a.served <- err
	}()
	a.cfg.Log.InfoContext(ctx, "ready", "addr", l.Addr().String(), "database", string(a.store.Dialect()), "version", Version)
	return nil
}

// Addr is where it listens.
func (a *App) Addr() string { return a.listener.Addr().String() }

// Failed tells when the server ends by itself.
func (a *App) Failed() <-chan error { return a.served }

// Stop ends gracefully: no new calls, live pages let go, calls in flight finished, leases handed back, the other replicas
// told to go on, and the database closed last.
func (a *App) Stop(ctx context.Context) error {
	a.hub.Close()
	drained := make(chan error, 1) // a caller that lingers doesn't keep another replica from the lanes
	go func() {
		a.compares.Stop()
		err := a.outbox.Stop(ctx)
		a.news.Tell(wakeOutbox) // what was handed back, another replica takes at once
		drained <- err
	}()
	err := a.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, a.server.Close())
	}
	if a.letters != nil {
		a.letters.Close(ctx)
	}
	err = errors.Join(err, <-drained)
	a.conform.Close()
	a.endSweep()
	a.sweeping.Wait()
	a.client.Close()
	a.fetcher.Close()
	a.hook.Close()
	a.news.Close(context.WithoutCancel(ctx))
	a.endTraces(ctx)
	return errors.Join(err, a.Abandon())
}

// lastTraces is how long the end of a process waits for a collector.
const lastTraces = 2 * time.Second

// endTraces sends what is left. A collector that is away is no reason to fail.
func (a *App) endTraces(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lastTraces)
	defer cancel()
	if err := a.tracer.Close(ctx); err != nil {
		a.cfg.Log.WarnContext(ctx, "tracing: the last spans were lost", "error", err)
	}
}

// Abandon releases what New took, for a process that ends before it started.
func (a *App) Abandon() error {
	a.news.Close(context.Background())
	var err error
	if a.blobs != nil {
		err = a.blobs.Close()
	}
	return errors.Join(err, a.store.Close())
}
