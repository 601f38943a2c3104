package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"ponte/internal/app"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

// limit bounds one figure; a benchmark that hangs is a failure, not a wait.
const limit = 3 * time.Minute

// parallel runs f for 0..n-1 by a number of callers and answers how long each and all took.
func parallel(n, by int, f func(i int) error) (times, time.Duration, error) {
	took := make(times, n)
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	began := time.Now()
	for range by {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && failed.Load() == nil; i = int(next.Add(1)) - 1 {
				t := time.Now()
				if err := f(i); err != nil {
					failed.Store(&err)
				}
				took[i] = time.Since(t)
			}
		})
	}
	all.Wait()
	if e := failed.Load(); e != nil {
		return nil, 0, *e
	}
	return took, time.Since(began), nil
}

func perSecond(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

// openings: IncluirOcorrencia from 64 callers, by REST beside raw durable commits of the same rows, and by SOAP beside
// REST.
func (b *bench) openings(ctx context.Context, t *table, n, _ int) error {
	var byREST float64
	for _, door := range []struct {
		name string
		open func(context.Context, map[string]any) error
	}{
		{"REST", func(ctx context.Context, params map[string]any) error {
			_, err := b.call(ctx, "/ocorrencias", params)
			return err
		}},
		{"SOAP", b.callSOAP},
	} {
		took, all, err := parallel(n, callers, func(i int) error {
			return door.open(ctx, map[string]any{"cod_projeto": fmt.Sprintf("AUR-%c-%d%02d", "AB"[i%2], i%10+1, i%4+1),
				"descricao": "Mancha úmida no teto do banheiro da suíte; aumenta quando o apartamento de cima usa o chuveiro.",
				"assunto":   "Infiltração no teto", "bloqueio_incluir_cliente": "T", "id_externo": fmt.Sprint(b.run, door.name, i)})
		})
		if err != nil {
			return err
		}
		rate := perSecond(n, all)
		beside, than := fmt.Sprintf("%.0f/s raw commits of the same rows", b.raw), b.raw
		if byREST > 0 {
			beside, than = fmt.Sprintf("%.0f/s by REST", byREST), byREST
		}
		t.row("opened by "+door.name+", 64 callers", fmt.Sprintf("%.0f/s", rate), beside, fmt.Sprintf("%.2f", rate/than), ">= 2000/s", rate >= 2000)
		t.row("  of those, p99 (p50)", fmt.Sprintf("%s (%s)", millis(took.at(.99)), millis(took.at(.5))), "", "", "< 75 ms", took.at(.99) < 75*time.Millisecond)
		if byREST > 0 {
			t.row("  SOAP's cost in REST's", fmt.Sprintf("%.2f", byREST/rate), "", "", "<= 1.30", byREST/rate <= 1.3)
		}
		byREST = rate
	}
	return nil
}

// deliveries: four a lane, queued while there is nowhere to send them, then drained into a sink.
func (b *bench) deliveries(ctx context.Context, t *table, _, lanes int) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	plain, err := b.plainHTTP(ctx, lanes)
	if err != nil {
		return fmt.Errorf("plain HTTP: %w", err)
	}
	if err := b.queue(ctx, lanes, "d"); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	before, total := b.sink.count(), lanes*4
	began := time.Now()
	if err := b.pointAt(ctx, b.sink.url); err != nil {
		return err
	}
	if err := b.sink.waitFor(ctx, before+total); err != nil {
		return err
	}
	if err := b.settled(ctx); err != nil {
		return err
	}
	rate := perSecond(total, time.Since(began))
	t.row("deliveries, 48 workers, four a lane", fmt.Sprintf("%.0f/s", rate), fmt.Sprintf("%.0f/s plain net/http to the same sink", plain),
		fmt.Sprintf("%.2f", rate/plain), ">= 2500/s", rate >= 2500)
	t.row("  of those, out of order", fmt.Sprint(b.sink.disorder()), "", "", "0", b.sink.disorder() == 0)
	return nil
}

// queue fires four deliveries in each of so many lanes.
func (b *bench) queue(ctx context.Context, lanes int, name string) error {
	_, _, err := parallel(lanes, callers, func(i int) error {
		number, err := b.call(ctx, "/ocorrencias", map[string]any{"cod_projeto": fmt.Sprintf("PDA-U-%d", i%60+1),
			"descricao": "Porta-balcão não trava", "bloqueio_incluir_cliente": "T", "id_externo": fmt.Sprint(b.run, name, i)})
		if err != nil {
			return err
		}
		for k, status := range []string{"20", "40", "40", "40"} {
			if _, err := b.call(ctx, fmt.Sprintf("/ocorrencias/%d/movimentacoes", number), map[string]any{"cod_status": status, "comentario": fmt.Sprint("c", k)}); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// plainHTTP posts a request of the same size to the same sink, with nothing durable about it.
func (b *bench) plainHTTP(ctx context.Context, n int) (float64, error) {
	body := []byte(`{"idUnidade":"MOB-PDA-U-1","cpfCnpjCliente":"52998224725","nomeSolicitante":"Marina Figueiredo Prado","desSolicitacao":"Porta-balcão não trava","assunto":"Porta-balcão não trava"}`)
	_, all, err := parallel(n, 48, func(int) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.sink.url, bytes.NewReader(body))
		if err != nil {
			return err
		}
		res, err := b.client.Do(r)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, res.Body)
		return errors.Join(err, res.Body.Close())
	})
	return perSecond(n, all), err
}

func (b *bench) pointAt(ctx context.Context, url string) error {
	return b.app.Flow.SetEndpoint(ctx, admin(), desk.Homologation, flow.Endpoint{BaseURL: url, AllowPrivate: true,
		Secrets: map[string]string{"token": app.DemoSandboxToken}})
}

// settled waits until nothing is queued or on the wire.
func (b *bench) settled(ctx context.Context) error {
	for {
		counts, err := b.app.Flow.CountDeliveries(ctx)
		if err != nil {
			return err
		}
		if counts[desk.Queued]+counts[desk.Sending]+counts[desk.Uncertain] == 0 {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// idle: from the movement's call to the order's arrival, one at a time.
func (b *bench) idle(ctx context.Context, t *table, _, _ int) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	const n = 300
	took := make(times, n)
	for i := range n {
		number, err := b.call(ctx, "/ocorrencias", map[string]any{"cod_projeto": "AUR-A-101", "descricao": "x",
			"bloqueio_incluir_cliente": "T", "id_externo": fmt.Sprint(b.run, "i", i)})
		if err != nil {
			return err
		}
		began := time.Now()
		if _, err := b.call(ctx, fmt.Sprintf("/ocorrencias/%d/movimentacoes", number), map[string]any{"cod_status": "20"}); err != nil {
			return err
		}
		at, err := b.sink.arrival(ctx, fmt.Sprint(number))
		if err != nil {
			return err
		}
		took[i] = at.Sub(began)
	}
	t.row("movement to order, idle, p50", millis(took.at(.5)), "", "", "< 15 ms", took.at(.5) < 15*time.Millisecond)
	t.row("movement to order, idle, p99", millis(took.at(.99)), "", "", "< 100 ms", took.at(.99) < 100*time.Millisecond)
	return nil
}

// callSOAP opens an occurrence as the house's program.
func (b *bench) callSOAP(ctx context.Context, params map[string]any) error {
	var body bytes.Buffer
	body.WriteString(`<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><IncluirOcorrencia xmlns="urn:ponte:webservice:v1">`)
	for name, value := range params {
		fmt.Fprintf(&body, "<%s>%s</%s>", name, value, name)
	}
	body.WriteString(`</IncluirOcorrencia></s:Body></s:Envelope>`)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+b.app.Addr()+"/ws/soap", &body)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+app.DemoDeskToken)
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	res, err := b.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("SOAP: %s %s", res.Status, text)
	}
	return err
}

// call calls the webservice as the house's program and answers the occurrence's number.
func (b *bench) call(ctx context.Context, path string, params map[string]any) (int64, error) {
	body, err := json.Marshal(params)
	if err != nil {
		return 0, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+b.app.Addr()+"/ws/rest/v1"+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+app.DemoDeskToken)
	r.Header.Set("Content-Type", "application/json")
	res, err := b.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	var out struct {
		Number int64 `json:"numero_ocorrencia"`
	}
	if res.StatusCode != http.StatusCreated {
		return 0, fmt.Errorf("%s: %s %s", path, res.Status, text)
	}
	err = json.Unmarshal(text, &out)
	return out.Number, err
}
