package e2e

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ponte/internal/store"
	"ponte/internal/store/storetest"
)

// TestTwoReplicasBehindNginx runs docs/operations/nginx.conf as it stands, but for its addresses and its certificate: two
// replicas on one PostgreSQL, callers and a signed-in person through the proxy. One replica is killed, the other is stopped,
// and both come back. No acknowledged call is lost and nothing is done twice; the person stays signed in, and live pages go on.
func TestTwoReplicasBehindNginx(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	front := freePort(t)
	l := &load{site: newSite(t, storetest.URL(t, store.Postgres), 2, released, "PONTE_TEST_LEASE=2s", "PONTE_TEST_POLL=200ms",
		"PONTE_PUBLIC_URL=https://"+front), seed: uint64(time.Now().UnixNano())}
	l.addrs, l.front = []string{freePort(t), freePort(t)}, "https://"+front
	proxy(t, front, l.addrs)
	l.begin(ctx, 12, 0, doubt()...)
	db := ledger(t, l.database)
	p := signedIn(ctx, t, l)
	p.hears()
	l.more(ctx, db, 8)
	if _, err := l.running[0].end(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	l.down(0)
	p.sees()
	p.hears()
	l.more(ctx, db, 8)
	if err := l.serve(ctx, 0, ""); err != nil {
		t.Fatal(err)
	}
	if err := l.terminate(1); err != nil {
		t.Fatal(err)
	}
	p.sees()
	p.hears()
	l.more(ctx, db, 8)
	if err := l.serve(ctx, 1, ""); err != nil {
		t.Fatal(err)
	}
	p.sees()
	for _, problem := range l.finish(ctx).all() {
		t.Error(problem)
	}
	t.Logf("tried: 1 replica killed and 1 stopped behind nginx; %d streams were needed", p.streams)
}

// freePort is a loopback address that nobody listens at now.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// proxy starts nginx with the example of the documentation.
func proxy(t *testing.T, front string, replicas []string) {
	t.Helper()
	program := "/usr/sbin/nginx" // where Debian has it, outside of other people's PATH
	if found, err := exec.LookPath("nginx"); err == nil {
		program = found
	}
	b, err := os.ReadFile("../../docs/operations/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certificate(t, dir)
	text := string(b)
	for _, r := range [][2]string{{"10.0.0.11:8080", replicas[0]}, {"10.0.0.12:8080", replicas[1]}, {"listen 443 ", "listen " + front + " "},
		{"/etc/letsencrypt/live/ponte.example.com.br", dir}, {"ponte.example.com.br", "127.0.0.1"}} {
		if !strings.Contains(text, r[0]) {
			t.Fatalf("docs/operations/nginx.conf has no %q", r[0])
		}
		text = strings.ReplaceAll(text, r[0], r[1])
	}
	// What the distribution's own nginx.conf has around it; the folders are ours.
	around := fmt.Sprintf("daemon off;\nworker_processes 1;\nerror_log stderr warn;\npid %[1]s/pid;\nevents {}\nhttp {\naccess_log off;\n", dir)
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		around += fmt.Sprintf("%s_temp_path %s/%s;\n", kind, dir, kind)
	}
	if os.Geteuid() == 0 {
		around = "user root;\n" + around // so that its worker may use them
	}
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, []byte(around+text+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-p", dir, "-c", conf)
	p, err := begin(cmd)
	if err != nil {
		t.Fatalf("nginx, which scripts/setup.sh installs: %v", err)
	}
	t.Cleanup(func() {
		_, _ = p.end(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("nginx said:\n%s", p.said())
		}
	})
	err = poll(t.Context(), func() (bool, error) {
		select {
		case <-p.exited:
			return false, fmt.Errorf("nginx ended:\n%s", p.said())
		default:
		}
		c, err := net.Dial("tcp", front)
		if err == nil {
			_ = c.Close()
		}
		return err == nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// certificate makes one for loopback that the tests trust.
func certificate(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "tests"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	trusted.AppendCertsFromPEM(public)
	for name, b := range map[string][]byte{"fullchain.pem": public, "privkey.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// clerk is somebody who signed in once, through the proxy, with a page that stays open.
type clerk struct {
	*load
	ctx     context.Context
	browser *http.Client
	lines   *bufio.Scanner // of the stream that is open; nil: none is
	streams int
}

func signedIn(ctx context.Context, t *testing.T, l *load) *clerk {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &clerk{load: l, ctx: ctx, browser: &http.Client{Jar: jar, Transport: web.Transport}}
	res, err := p.browser.PostForm(l.front+"/entrar", url.Values{"login": {"atendente@demo"}, "senha": {"ponte-demo"}})
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Request.URL.Path == "/entrar" {
		t.Fatalf("sign in: %s at %s", res.Status, res.Request.URL)
	}
	return p
}

func (p *clerk) get(path string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(p.ctx, http.MethodGet, p.front+path, nil)
	if err != nil {
		return nil, err
	}
	return p.browser.Do(r)
}

// sees a page at once, whatever became of the replica that served the last one: reading is passed on.
func (p *clerk) sees() {
	p.t.Helper()
	res, err := p.get("/ocorrencias")
	if err != nil {
		p.t.Fatalf("a page: %v", err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Request.URL.Path != "/ocorrencias" {
		p.t.Fatalf("a page: %s at %s", res.Status, res.Request.URL)
	}
}

// hears of an occurrence that is opened now, on a stream that is opened again where it was cut, as browsers do.
func (p *clerk) hears() {
	p.t.Helper()
	for {
		if p.lines == nil {
			res, err := p.get("/novidades")
			if err != nil {
				p.t.Fatalf("the stream: %v", err)
			}
			p.t.Cleanup(func() { _ = res.Body.Close() })
			if res.StatusCode != http.StatusOK || res.Request.URL.Path != "/novidades" {
				p.t.Fatalf("the stream: %s at %s", res.Status, res.Request.URL)
			}
			p.streams++
			p.lines = bufio.NewScanner(res.Body)
		}
		a, err := p.call(p.ctx, deskToken, http.MethodPost, "/ocorrencias", fmt.Sprintf(`{"id_externo": "visto-%d", "cod_projeto": "AUR-A-101", "bloqueio_incluir_cliente": "T", "descricao": "à vista"}`, time.Now().UnixNano()))
		m := numbered.FindSubmatch(a.body)
		if err != nil || m == nil {
			p.t.Fatalf("%s %v", a, err)
		}
		for p.lines.Scan() {
			if p.lines.Text() == "data: ocorrencia-"+string(m[1]) {
				return
			}
		}
		if p.ctx.Err() != nil {
			p.t.Fatal("nothing was heard")
		}
		p.lines = nil // it was cut
	}
}
