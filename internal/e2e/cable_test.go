package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// cable is the connection between Ponte and PostgreSQL, with toxiproxy in it.
type cable struct {
	t     testing.TB
	proxy *toxiproxy.Proxy
	to    *url.URL
}

// newCable leads to the server of a database's URL.
func newCable(t testing.TB, databaseURL string) *cable {
	t.Helper()
	to, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	quiet := zerolog.Nop()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), quiet)
	c := &cable{t: t, to: to, proxy: toxiproxy.NewProxy(server, "postgres", "127.0.0.1:0", to.Host)}
	if err := c.proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.proxy.Stop)
	return c
}

// url is the database's, by way of the cable.
func (c *cable) url() string {
	through := *c.to
	through.Host = c.proxy.Listen
	return through.String()
}

// poison puts a toxic in; heal takes all of them out.
func (c *cable) poison(kind, direction string, toxicity float64, attributes any) {
	c.t.Helper()
	text, err := json.Marshal(map[string]any{"type": kind, "stream": direction, "toxicity": toxicity, "attributes": attributes})
	if err == nil {
		_, err = c.proxy.Toxics.AddToxicJson(bytes.NewReader(text))
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *cable) heal(ctx context.Context) { c.proxy.Toxics.ResetToxics(ctx) }

// commits counts answers to COMMIT, and lost those of them that nobody got.
var commits, lost atomic.Int64

// commitLost is a toxic of ours: the server has committed, and the connection breaks before its answer arrives. Of the
// answers, each Every-th is lost.
type commitLost struct {
	Every int64 `json:"every"`
}

// committed is how PostgreSQL answers COMMIT.
var committed = []byte("C\x00\x00\x00\x0bCOMMIT\x00")

// Pipe passes on what the server says until the answer that gets lost.
func (c *commitLost) Pipe(stub *toxics.ToxicStub) {
	for {
		var chunk *stream.StreamChunk
		select {
		case <-stub.Interrupt:
			return
		case chunk = <-stub.Input:
		}
		if chunk == nil {
			stub.Close()
			return
		}
		if bytes.Contains(chunk.Data, committed) && commits.Add(1)%c.Every == 0 {
			lost.Add(1)
			stub.Close()
			return
		}
		stub.Output <- chunk
	}
}

// registerToxics makes ours known to toxiproxy.
func registerToxics() { toxics.Register("commit_lost", new(commitLost)) }
