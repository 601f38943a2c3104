package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"time"
)

const callers = 64

// BenchmarkOpenings is 64 callers over HTTP on the same cores, each answer after its fsync. Beside it stands what one
// fsync costs on this disk at this moment.
func BenchmarkOpenings(b *testing.B) {
	s, err := Open(Options{Dir: b.TempDir(), Token: token})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}
	var n atomic.Int64
	parallel(b, func() error {
		i := n.Add(1)
		body := fmt.Appendf(nil, `{"cpfCnpjCliente":"111.444.777-35","nomeSolicitante":"Ana Souza","emailSolicitante":"ana@exemplo.br","telefoneSolicitante":"(11) 95555-0000","desSolicitacao":"Vazamento embaixo da pia da cozinha, molhando o armário","assunto":"Vazamento","local":"Cozinha","idUnidade":"MOB-AUR-A-%d","idLegado":"%d"}`, i%999, i)
		req, err := http.NewRequest("POST", web.URL+newer+"incluirSolicitacaoAtendimento", bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		io.Copy(io.Discard, resp.Body)
		if resp.StatusCode != 200 {
			return fmt.Errorf("status %d", resp.StatusCode)
		}
		return nil
	})
	b.ReportMetric(fsyncsPerSecond(b), "fsync/s")
	if got := len(s.state.orders); got != b.N {
		b.Errorf("%d orders, want %d", got, b.N)
	}
}

// BenchmarkOpeningsWithoutHTTP is the same work without the wire.
func BenchmarkOpeningsWithoutHTTP(b *testing.B) {
	s, err := Open(Options{Dir: b.TempDir(), Token: token})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var n atomic.Int64
	parallel(b, func() error {
		q := &request{}
		q.parse(fmt.Appendf(nil, `{"idUnidade":"U","desSolicitacao":"Vazamento embaixo da pia","idLegado":"%d"}`, n.Add(1)))
		_, err := s.openOrder(q)
		return err
	})
}

func parallel(b *testing.B, do func() error) {
	b.SetParallelism(callers) // times GOMAXPROCS goroutines; a semaphore keeps 64 of them calling
	slots := make(chan bool, callers)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			slots <- true
			err := do()
			<-slots
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

func fsyncsPerSecond(b *testing.B) float64 {
	f, err := os.CreateTemp(b.TempDir(), "")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	const rounds = 200
	begun := time.Now()
	for range rounds {
		_, _ = f.Write(make([]byte, 512))
		_ = f.Sync()
	}
	return rounds / time.Since(begun).Seconds()
}
