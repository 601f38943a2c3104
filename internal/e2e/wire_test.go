package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// The demo's tokens, and the doors.
const (
	deskToken  = "desk-token"
	fieldToken = "demo-token"
	rest       = "/ws/rest/v1"
)

// trusted are the certificates that tests made for their proxies.
var trusted = x509.NewCertPool()

// web is the one HTTP client of the tests.
var web = &caller{&http.Client{Timeout: 20 * time.Second,
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 10 * time.Second, TLSClientConfig: &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}

type caller struct{ *http.Client }

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, bytes.TrimSpace(a.body)) }

// do makes one call; body is JSON, or nothing.
func (c *caller) do(ctx context.Context, method, url, token, body string) (answer, error) {
	var content io.Reader = http.NoBody
	if body != "" {
		content = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, url, content)
	if err != nil {
		return answer{}, err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return c.send(r, token)
}

func (c *caller) send(r *http.Request, token string) (answer, error) {
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := c.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, b}, err
}

// occurrence is ConsultarOcorrencia's answer, as far as the tests look at it.
type occurrence struct {
	Number    int64           `json:"numero_ocorrencia"`
	Status    string          `json:"cod_status"`
	Name      string          `json:"status"`
	Situation string          `json:"situacao"`
	Order     string          `json:"numero_os"`
	MobussID  string          `json:"id_mobuss"`
	Movements []movementShown `json:"movimentacoes"`
	Visits    []struct {
		Start      string `json:"inicio"`
		End        string `json:"fim"`
		Technician string `json:"tecnico"`
		State      string `json:"situacao"`
	} `json:"vistorias"`
	Deliveries []struct {
		Point    string `json:"ponto"`
		State    string `json:"situacao"`
		Attempts int    `json:"tentativas"`
		Error    string `json:"erro"`
	} `json:"envios"`
}

type movementShown struct {
	Status  string `json:"cod_status"`
	Comment string `json:"comentario"`
	Author  string `json:"autor"`
	Origin  string `json:"origem"`
}

// order is what the sandbox shows of an order.
type order struct {
	MobussID   string `json:"idMobuss"`
	Number     string `json:"numSolicitacao"`
	Legacy     string `json:"idLegado"`
	Unit       string `json:"idUnidade"`
	State      string `json:"situacao"`
	Solution   string `json:"solucao"`
	Occurrence string `json:"numOcorrencia"`
	Comments   []struct {
		Text   string `json:"texto"`
		Author string `json:"autor"`
		Legacy string `json:"idLegado"`
	} `json:"comentarios"`
	Visits []struct {
		Start  string `json:"inicio"`
		State  string `json:"situacao"`
		Legacy string `json:"idLegado"`
	} `json:"visitas"`
}

// fault is a row of PUT /_sandbox/falhas.
type fault struct {
	Method      string  `json:"metodo"`
	Type        string  `json:"tipo"`
	Count       int     `json:"quantas,omitempty"`
	Probability float64 `json:"probabilidade,omitempty"`
	MS          int     `json:"ms,omitempty"`
	Fired       int     `json:"disparadas,omitempty"` // answered only
}

// field is a sandbox's address.
type field string

// control uses one of the sandbox's controls and reads its answer into out, unless that is nil.
func (f field) control(ctx context.Context, method, path string, body, out any) error {
	text := ""
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		text = string(b)
	}
	a, err := web.do(ctx, method, string(f)+"/_sandbox"+path, "", text)
	if err != nil {
		return err
	}
	if a.status >= 300 {
		return fmt.Errorf("%s %s: %s", method, path, a)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(a.body, out)
}

func (f field) orders(ctx context.Context) (list []order, err error) {
	return list, f.control(ctx, http.MethodGet, "/solicitacoes", nil, &list)
}

func (f field) setFaults(ctx context.Context, list ...fault) error {
	if list == nil {
		list = []fault{}
	}
	return f.control(ctx, http.MethodPut, "/falhas", list, nil)
}

// played counts the faults since they were set.
func (f field) played(ctx context.Context) (n int, err error) {
	var list []fault
	err = f.control(ctx, http.MethodGet, "/falhas", nil, &list)
	for _, one := range list {
		n += one.Fired
	}
	return n, err
}

// callBack says where the sandbox finds Ponte.
func (f field) callBack(ctx context.Context, ponte string) error {
	return f.control(ctx, http.MethodPut, "/retorno", map[string]string{"url": ponte, "token": fieldToken, "protocolo": "rest"}, nil)
}

// act presses one of the technician's buttons.
func (f field) act(ctx context.Context, order string, action map[string]string) error {
	return f.control(ctx, http.MethodPost, "/solicitacoes/"+order+"/acoes", action, nil)
}

// unheard counts calls to Ponte that are still queued, and those that were refused.
func (f field) unheard(ctx context.Context) (queued, refused int, err error) {
	var list []struct {
		State string `json:"situacao"`
	}
	err = f.control(ctx, http.MethodGet, "/retornos", nil, &list)
	for _, c := range list {
		switch c.State {
		case "fila":
			queued++
		case "recusado":
			refused++
		}
	}
	return queued, refused, err
}
