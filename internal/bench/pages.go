package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"ponte/internal/app"
	"ponte/internal/desk"
	"ponte/internal/store"
	"ponte/internal/store/db"
)

const (
	// asked is how often each page is opened; the p99 is then the 20th slowest.
	asked = 2000
	// filledAtOnce is how many occurrences are written in one transaction.
	filledAtOnce = 200
	// firstFilled is far above what the other figures open.
	firstFilled = 1_000_000
)

// pages measures what the server needs for the list and an occurrence, over loopback and signed in: with the demo's
// data, and with many occurrences beside it. One reader at a time: it is a page's time, not the server's rate.
func pages(ctx context.Context, t *table, name, dbURL string, many int, bars bool) error {
	b, err := newBench(ctx, dbURL)
	if err != nil {
		return err
	}
	defer b.close()
	t.section(name + ": pages")
	t.bars = bars
	for i := range 20 {
		if _, err := b.call(ctx, "/ocorrencias", map[string]any{"cod_projeto": fmt.Sprintf("AUR-A-%d01", i%10+1),
			"descricao": "Mancha úmida no teto do banheiro.", "bloqueio_incluir_cliente": "T"}); err != nil {
			return err
		}
	}
	r, err := b.signedIn(ctx)
	if err != nil {
		return err
	}
	if err := r.row(ctx, t, "the demo's data", "/ocorrencias/1000", 20*time.Millisecond); err != nil {
		return err
	}
	if bars { // the same page on either database
		if err := firstPaint(ctx, t, r); err != nil {
			return err
		}
	}
	began := time.Now()
	if err := b.fill(ctx, many, 10*time.Minute, false); err != nil {
		return err
	}
	t.note(fmt.Sprintf("%d occurrences of four movements written in %.0f s", many, time.Since(began).Seconds()))
	return r.row(ctx, t, fmt.Sprint(many, " occurrences"), fmt.Sprint("/ocorrencias/", firstFilled+many/2), 50*time.Millisecond)
}

// reader is a person's browser without its screen.
type reader struct {
	*http.Client
	base string
}

func (b *bench) signedIn(ctx context.Context) (*reader, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	r := &reader{&http.Client{Jar: jar}, "http://" + b.app.Addr()}
	form := url.Values{"login": {"atendente@demo"}, "senha": {app.DemoPassword}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.base+"/entrar", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r, r.read(req)
}

// read takes an answer whole; what is not a page for somebody who has signed in is an error.
func (r *reader) read(req *http.Request) error {
	res, err := r.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK || res.Request.URL.Path == "/entrar" {
		return fmt.Errorf("%s: %s", res.Request.URL, res.Status)
	}
	return nil
}

func (r *reader) times(ctx context.Context, path string) (times, error) {
	took := make(times, asked)
	for i := range took {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+path, nil)
		if err != nil {
			return nil, err
		}
		began := time.Now()
		if err := r.read(req); err != nil {
			return nil, err
		}
		took[i] = time.Since(began)
	}
	return took, nil
}

// row measures the pages; their limit is an answer of the same server that needs no page.
func (r *reader) row(ctx context.Context, t *table, with, occurrence string, bar time.Duration) error {
	least, err := r.times(ctx, "/healthz")
	if err != nil {
		return err
	}
	for _, p := range []struct{ name, path string }{
		{"list", "/ocorrencias"}, {"list, all", "/ocorrencias?visao=todas"}, {"list, a name", "/ocorrencias?q=helena"},
		{"panel", "/painel"}, {"occurrence", occurrence},
	} {
		took, err := r.times(ctx, p.path)
		if err != nil {
			return err
		}
		p99 := took.at(.99)
		t.row(fmt.Sprintf("%s, %s: p99 (p50)", p.name, with), fmt.Sprintf("%s (%s)", millis(p99), millis(took.at(.5))),
			millis(least.at(.99))+" /healthz", fmt.Sprintf("%.1f", float64(p99)/float64(least.at(.99))),
			"< "+millis(bar), p99 < bar)
	}
	return nil
}

// lives are the statuses that filled occurrences stand in, and how many of a thousand: most are closed.
var lives = []struct {
	status string
	share  int
}{{"10", 15}, {"50", 40}, {"60", 10}, {"99", 5}, {"90", 930}}

// fill writes occurrences of years past, so far apart, each with four movements and its order, and a visit where that is
// wanted.
func (b *bench) fill(ctx context.Context, n int, apart time.Duration, visited bool) error {
	now := time.Now()
	for first := 0; first < n; first += filledAtOnce {
		err := b.app.RawWrite(ctx, func(tx *store.Tx) error {
			for i := first; i < min(first+filledAtOnce, n); i++ {
				at := now.Add(-time.Duration(n-i) * apart).UnixMilli()
				id, err := filled(context.WithoutCancel(ctx), tx, i, at)
				if err == nil && visited {
					err = visitedAt(context.WithoutCancel(ctx), tx, id, at+2000)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func filled(ctx context.Context, tx *store.Tx, i int, at int64) (int64, error) {
	status, closed := lives[len(lives)-1].status, store.Null(at+3000)
	for left, l := i*7919%1000, 0; l < len(lives)-1; l++ { // a prime scatters them
		if left -= lives[l].share; left < 0 {
			status = lives[l].status
			closed.Valid = false
			break
		}
	}
	unit := int64(i%40 + 1)
	o, err := tx.InsertOccurrence(ctx, db.InsertOccurrenceParams{Number: int64(firstFilled + i), Environment: desk.Homologation, ConnectionID: 1,
		Origin: desk.House, Subject: fmt.Sprintf("Infiltração no teto do banheiro da suíte, caso %d", i),
		Description: "Mancha úmida no teto do banheiro da suíte; aumenta quando o apartamento de cima usa o chuveiro.",
		Type:        "reparo", Priority: "normal", StatusCode: status, DevelopmentID: 1, UnitID: unit, CustomerID: unit, OpenedAt: at, CreatedAt: at,
		CreatedBy: "bench", News: "Rejunte refeito; aguardar 48 h de cura.", NewsBy: "Jorge Lima", NewsAt: at + 3000})
	if err != nil {
		return 0, err
	}
	for m, to := range []string{"10", "20", "50", status} {
		if _, err := tx.InsertMovement(ctx, db.InsertMovementParams{OccurrenceID: o, Kind: "movimentacao", ToStatus: to,
			Comment: "Rejunte refeito; aguardar 48 h de cura.", Origin: desk.House, ActorKind: "usuario", ActorID: "1", ActorName: "Ana Souza",
			At: at + int64(m)*1000, ArrivedAt: at + int64(m)*1000}); err != nil {
			return 0, err
		}
	}
	if closed.Valid {
		if err := tx.SetOccurrenceStatus(ctx, db.SetOccurrenceStatusParams{ID: o, StatusCode: status, ClosedAt: closed}); err != nil {
			return 0, err
		}
	}
	_, err = tx.InsertOrder(ctx, db.InsertOrderParams{OccurrenceID: o, ConnectionID: 1, Environment: desk.Homologation,
		LegacyID: fmt.Sprint(firstFilled + i), State: desk.OrderClosed, OpenedBy: desk.House,
		MobussID: store.NullText(fmt.Sprint("SAT-", i)), MobussNumber: store.NullText(fmt.Sprint(700000 + i)), CreatedAt: at})
	return o, err
}
