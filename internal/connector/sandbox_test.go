package connector_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"ponte/internal/connector"
	"ponte/internal/desk"
	"ponte/internal/mapping"
	"ponte/internal/sandbox"
)

// photo is all that a picture needs to be for the wire.
const photo = "\xff\xd8\xff uma foto\r\n--ponte-"

// bench is a preset against the sandbox, over the wire.
type bench struct {
	*testing.T
	config *mapping.Compiled
	client *connector.Client
	ep     connector.Endpoint
	order  string // the last one opened
	n      int
}

func newBench(t *testing.T, preset string, auth connector.Auth) *bench {
	t.Helper()
	box, err := sandbox.Open(sandbox.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(box.Handler())
	cfg, err := mapping.Default(desk.MethodC, preset)
	if err != nil {
		t.Fatal(err)
	}
	k, err := mapping.Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c := connector.New()
	c.Files = func(context.Context, string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(photo)), nil
	}
	t.Cleanup(func() {
		c.Close()
		box.Stop()
		srv.Close()
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	ep := connector.Endpoint{BaseURL: srv.URL, AllowPrivate: true, Timeout: 5 * time.Second, Auth: auth}
	return &bench{T: t, config: k, client: c, ep: ep}
}

// call makes a request of the point, as a delivery of its own.
func (b *bench) call(p desk.Point) *mapping.Request {
	b.Helper()
	b.n++
	f := &mapping.Facts{
		Occurrence: mapping.Occurrence{Number: int64(b.n), LegacyID: fmt.Sprint(b.n), Subject: "Vazamento", Description: "Água no teto"},
		Unit:       mapping.Unit{Number: "101", MobussID: "MOB-AUR-A-101"}, Customer: mapping.Customer{Name: "Ana", Document: "390.533.447-05"},
		Movement: mapping.Movement{Comment: "Olá", Author: "Bia", At: time.Unix(1_770_000_000, 0), VisitStart: time.Unix(1_770_100_000, 0)},
		File:     mapping.File{Name: "água.jpg", Type: "image/jpeg", Size: int64(len(photo)), SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(photo)))},
	}
	z, err := b.config.Freeze(p, f)
	if err != nil {
		b.Fatal(err)
	}
	r, err := z.Bind(mapping.Refs{DeliveryID: fmt.Sprintf("envio-%d", b.n), OrderID: b.order, OrderNumber: "x"})
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func (b *bench) send(r *mapping.Request) mapping.Verdict {
	key := connector.Key{Connection: 1, Environment: desk.Homologation}
	x := b.client.Send(b.Context(), key, b.ep, r)
	return x.Verdict(b.config, r.Point)
}

func (b *bench) look(r *mapping.Request) mapping.LookVerdict {
	key := connector.Key{Connection: 1, Environment: desk.Homologation}
	x := b.client.Send(b.Context(), key, b.ep, r.LookUp)
	return x.LookVerdict(b.config, r.Point, r.Keys)
}

func (b *bench) open() {
	b.Helper()
	v := b.send(b.call(desk.OpenOrder))
	if v.Outcome != mapping.Delivered || v.Extracted["id_mobuss"] == "" || v.Extracted["numero_os"] == "" {
		b.Fatalf("opening: %+v", v)
	}
	b.order = v.Extracted["id_mobuss"]
}

// fault makes the next call go wrong.
func (b *bench) fault(kind string) {
	b.Helper()
	req, _ := http.NewRequest("PUT", b.ep.BaseURL+"/_sandbox/falhas", strings.NewReader(fmt.Sprintf(`[{"metodo":"*","tipo":%q,"quantas":1}]`, kind)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode/100 != 2 {
		b.Fatal(resp, err)
	}
	_ = resp.Body.Close()
}

func TestPresetsAgainstTheSandbox(t *testing.T) {
	bearer := connector.Auth{Kind: mapping.AuthBearer, Token: "sandbox-token"}
	header := connector.Auth{Kind: mapping.AuthHeader, Headers: map[string]string{"token": "sandbox-token", "companyID": "7"}}
	for name, auth := range map[string]connector.Auth{"mobuss-atual": bearer, "mobuss-legado": header} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, name, auth)
			b.open()
			for _, p := range append(slices.Clone(desk.Points), desk.SendFile) {
				r := b.call(p)
				if l := b.look(r); l.Outcome != mapping.NotFound {
					t.Errorf("%s before: %+v", p, l)
				}
				if v := b.send(r); v.Outcome != mapping.Delivered {
					t.Errorf("%s: %+v", p, v)
				}
				l := b.look(r)
				if l.Outcome != mapping.Found || p == desk.OpenOrder && l.Extracted["id_mobuss"] == "" || p == desk.AskVisit && l.Extracted["id_visita"] == "" {
					t.Errorf("%s after: %+v", p, l)
				}
			}
			if v := b.send(b.call(desk.CloseOrder)); v.Outcome != mapping.Delivered {
				t.Errorf("closed already: %+v", v)
			}
			if v := b.send(b.call(desk.AskVisit)); v.Outcome != mapping.Refused || v.ReasonCode != mapping.ReasonRefused || v.ReasonArgs["mensagem"] == "" {
				t.Errorf("a visit to what is closed: %+v", v)
			}
			b.ep.Auth = connector.Auth{Kind: mapping.AuthBearer, Token: "outro"}
			if v := b.send(b.call(desk.OpenOrder)); v.Outcome != mapping.Refused || v.ReasonCode != mapping.ReasonCredential {
				t.Errorf("a stranger: %+v", v)
			}
		})
	}
}

func TestFaultsOfTheSandbox(t *testing.T) {
	for _, name := range mapping.Presets() {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, name, connector.Auth{Kind: mapping.AuthBearer, Token: "sandbox-token"})
			b.open()
			for _, c := range []struct {
				kind   string
				want   mapping.Outcome
				reason string
				done   bool // by the sandbox
			}{
				{"http_500", mapping.Unknown, mapping.ReasonHTTP, false},
				{"http_503_retry_after", mapping.Retry, mapping.ReasonHTTP, false},
				{"http_429", mapping.Retry, mapping.ReasonHTTP, false},
				{"erro_200", mapping.Refused, mapping.ReasonRefused, false},
				{"recusar", mapping.Refused, mapping.ReasonRefused, false},
				{"timeout_apos_aceitar", mapping.Unknown, connector.ReasonTimeout, true},
				{"conexao_cortada", mapping.Unknown, connector.ReasonCut, true},
				{"cortada_antes", mapping.Unknown, connector.ReasonCut, false},
				{"corpo_invalido", mapping.Unknown, mapping.ReasonUnreadable, true},
			} {
				b.open() // the one before may be closed by now
				for _, p := range append(slices.Clone(desk.Points), desk.SendFile) {
					r := b.call(p)
					b.ep.Timeout = 5 * time.Second
					if c.kind == "timeout_apos_aceitar" {
						b.ep.Timeout = 150 * time.Millisecond
					}
					b.fault(c.kind)
					v := b.send(r)
					b.ep.Timeout = 5 * time.Second
					if v.Outcome != c.want || v.ReasonCode != c.reason || (v.Outcome == mapping.Retry) != (v.RetryAfter == time.Second) {
						t.Errorf("%s %s: %+v", c.kind, p, v)
					}
					want := mapping.NotFound
					if c.done {
						want = mapping.Found
					}
					if l := b.look(r); l.Outcome != want {
						t.Errorf("%s %s: look-up %+v", c.kind, p, l)
					}
				}
				// what befalls a look-up never passes for an answer
				r := b.call(desk.OpenOrder)
				b.fault(c.kind)
				b.ep.Timeout = 150 * time.Millisecond
				l := b.look(r)
				b.ep.Timeout = 5 * time.Second
				if l.Outcome == mapping.Found || l.Outcome == mapping.NotFound || l.Outcome == mapping.Unclear && c.kind != "recusar" {
					t.Errorf("%s: look-up %+v", c.kind, l)
				}
			}
		})
	}
}
