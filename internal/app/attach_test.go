package app_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ponte/internal/app"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

// house is the demo: Ponte and the sandbox, wired to each other over loopback.
type house struct {
	t    *testing.T
	app  *app.App
	box  *app.Sandbox
	news chan struct{} // something that is shown has changed
}

func newHouse(t *testing.T) *house { return newHouseThat(t, true) }

// newHouseThat looks up before it sends again, or not, for the negative control.
func newHouseThat(t *testing.T, looksUp bool) *house {
	t.Helper()
	dir, ctx, log := t.TempDir(), t.Context(), slog.New(slog.DiscardHandler)
	box, err := app.StartSandbox(ctx, "127.0.0.1:0", filepath.Join(dir, "sandbox"), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Stop() })
	a, err := app.New(ctx, app.Config{DatabaseURL: "sqlite:" + filepath.Join(dir, "ponte.db"), SecretKeys: []string{"a secret of the tests only"},
		Addr: "127.0.0.1:0", Demo: true, Log: log, NoLookUp: !looksUp})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.SeedDemo(ctx, box.URL()); err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, app: a, box: box, news: make(chan struct{}, 1)}
	h.listen(a)
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := a.Stop(ctx); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	if err := box.CallBack("http://"+a.Addr(), app.DemoToken); err != nil {
		t.Fatal(err)
	}
	return h
}

// listen has until look again whenever a process, which has not started yet, tells that something changed.
func (h *house) listen(a *app.App) {
	changed := a.Flow.Changed
	a.Flow.Changed = func(topic string) {
		changed(topic)
		select {
		case h.news <- struct{}{}:
		default: // nobody has looked since the last one
		}
	}
}

var attendant = desk.Actor{Kind: "usuario", ID: "1", Name: "Ana Souza", Origin: desk.House, Roles: []desk.Role{desk.Attendant}}

// call makes a request and answers its status and body.
func (h *house) call(method, url, token, kind string, body io.Reader) (int, string) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, url, body)
	if err != nil {
		h.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	r.Header.Set("Content-Type", kind)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func (h *house) rest(path, token string, body any) (int, string) {
	h.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.call("POST", "http://"+h.app.Addr()+"/ws/rest/v1"+path, token, "application/json", bytes.NewReader(b))
}

// open opens an occurrence of the house and answers its number.
func (h *house) open() int64 {
	h.t.Helper()
	status, body := h.rest("/ocorrencias", app.DemoDeskToken, map[string]string{"cod_projeto": "AUR-A-101", "descricao": "Vazamento", "bloqueio_incluir_cliente": "T"})
	var out struct {
		Number int64 `json:"numero_ocorrencia"`
	}
	if err := json.Unmarshal([]byte(body), &out); err != nil || status != http.StatusCreated {
		h.t.Fatalf("opening: %d %s", status, body)
	}
	return out.Number
}

// order is what the sandbox holds of an occurrence.
type order struct {
	IDMobuss string `json:"idMobuss"`
	Anexos   []struct {
		Nome     string `json:"nome"`
		Tipo     string `json:"tipoConteudo"`
		Tamanho  int64  `json:"tamanho"`
		SHA256   string `json:"sha256"`
		IDLegado string `json:"idLegado"`
	} `json:"anexos"`
}

func (h *house) orders(number int64) (out []order) {
	h.t.Helper()
	_, body := h.call("GET", fmt.Sprintf("%s/_sandbox/solicitacoes?idLegado=%d", h.box.URL(), number), "", "", nil)
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		h.t.Fatalf("%v: %s", err, body)
	}
	return out
}

func (h *house) show(number int64) *flow.Occurrence {
	h.t.Helper()
	o, err := h.app.Flow.Show(h.t.Context(), attendant, number)
	if err != nil {
		h.t.Fatal(err)
	}
	return o
}

// until waits for something that others bring about.
func (h *house) until(what string, ok func() bool) {
	h.t.Helper()
	for late := time.After(30 * time.Second); !ok(); {
		select {
		case <-h.news:
		case <-late:
			h.t.Fatalf("waited in vain until %s", what)
		}
	}
}

func (h *house) settled(number int64) bool {
	for _, d := range h.show(number).Deliveries {
		if !d.State.Done() {
			return false
		}
	}
	return true
}

// move moves with photos.
func (h *house) move(number int64, status string, photos ...[]byte) {
	h.t.Helper()
	in := flow.MoveInput{Number: number, Status: status, Comment: "com fotos"}
	for i, p := range photos {
		u, err := h.app.Flow.StoreFile(h.t.Context(), attendant, fmt.Sprintf("água %d.jpg", i), "image/jpeg", bytes.NewReader(p))
		if err != nil {
			h.t.Fatal(err)
		}
		in.Files = append(in.Files, u)
	}
	if err := h.app.Flow.MoveByHand(h.t.Context(), attendant, in); err != nil {
		h.t.Fatal(err)
	}
}

// photo is bytes that begin like a JPEG, and are no one else's.
func photo(name string, size int) []byte {
	return append([]byte("\xff\xd8\xff"), bytes.Repeat([]byte(name+" "), 1+size/(len(name)+1))...)
}

func sumOf(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b)) }

// TestPhotosBothWays: what leaves arrives, what arrives is kept, bit by bit, and nothing comes back as an echo.
func TestPhotosBothWays(t *testing.T) {
	h := newHouse(t)
	n := h.open()
	out := [][]byte{photo("do cliente", 300<<10), photo("do porteiro", 3)}
	h.move(n, "20", out...)
	h.until("both photos are in Mobuss", func() bool { return h.settled(n) })
	orders := h.orders(n)
	if len(orders) != 1 || len(orders[0].Anexos) != 2 {
		t.Fatalf("Mobuss has %+v", orders)
	}
	for i, a := range orders[0].Anexos {
		if a.SHA256 != sumOf(out[i]) || a.Nome != fmt.Sprintf("água %d.jpg", i) || a.Tipo != "image/jpeg" || a.Tamanho != int64(len(out[i])) {
			t.Errorf("photo %d arrived as %+v", i, a)
		}
	}
	in := photo("do técnico", 200<<10)
	status, body := h.call("POST", h.box.URL()+"/_sandbox/solicitacoes/"+orders[0].IDMobuss+"/acoes", "", "application/json", strings.NewReader(fmt.Sprintf(
		`{"acao": "executar", "texto": "Rejunte refeito", "anexos": [{"nome": "depois.jpg", "tipo_conteudo": "image/jpeg", "conteudo": %q}]}`, base64.StdEncoding.EncodeToString(in))))
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	h.until("the technician's photo is here", func() bool { return len(h.show(n).Attachments) == 3 })
	a := h.show(n).Attachments[2]
	if a.SHA256 != sumOf(in) || a.Name != "depois.jpg" || a.Origin != desk.Field || a.Type != "image/jpeg" {
		t.Errorf("it is %+v", a)
	}
	f, err := h.app.Flow.OpenAttachment(t.Context(), attendant, n, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(f.Content)
	_ = f.Content.Close()
	if err != nil || !bytes.Equal(content, in) {
		t.Errorf("its bytes differ: %v", err)
	}
	h.move(n, "40") // nothing that came from Mobuss goes along
	h.until("the comment is there", func() bool { return h.settled(n) })
	if got := len(h.orders(n)[0].Anexos); got != 3 { // its own one among them
		t.Errorf("Mobuss has %d photos", got)
	}
	_, body = h.call("GET", fmt.Sprintf("http://%s/ws/rest/v1/ocorrencias/%d", h.app.Addr(), n), app.DemoDeskToken, "", nil)
	if !strings.Contains(body, `{"nome":"depois.jpg","tipo_conteudo":"image/jpeg","tamanho":`) || !strings.Contains(body, `{"ponto":"MOBUSS_ANEXO","situacao":"entregue","tentativas":1}`) {
		t.Errorf("ConsultarOcorrencia: %s", body)
	}
}

// TestPhotosExactlyOnce: whatever becomes of the call, the photo is there once.
func TestPhotosExactlyOnce(t *testing.T) {
	h := newHouse(t)
	n := h.open()
	h.move(n, "20")
	h.until("the order is open", func() bool { return h.settled(n) })
	for i, fault := range []string{"conexao_cortada", "timeout_apos_aceitar", "cortada_antes", "corpo_invalido", "http_500", "http_503_retry_after", "erro_200"} {
		h.fault(fault)
		h.move(n, "40", photo(fault, 50<<10))
		if fault == "erro_200" { // a refusal: a person decides
			h.until("it is refused", func() bool { return h.show(n).Status.Code == "99" })
			all := h.show(n).Deliveries
			if err := h.app.Flow.Resend(t.Context(), attendant, all[len(all)-1].ID); err != nil {
				t.Fatal(err)
			}
		}
		h.until("the photo with "+fault+" is settled", func() bool { return h.settled(n) })
		if times := h.times(n, photo(fault, 50<<10)); times != 1 || len(h.orders(n)[0].Anexos) != i+1 {
			t.Errorf("%s: it is there %d times", fault, times)
		}
		if got := h.show(n).Status.Code; got != "50" {
			t.Errorf("%s: the occurrence is in %s", fault, got)
		}
	}
}

// The control: without the look-up the photo is there twice. If this fails, the test above proves nothing.
func TestWithoutLookUpPhotosDouble(t *testing.T) {
	h := newHouseThat(t, false)
	n := h.open()
	h.move(n, "20")
	h.until("the order is open", func() bool { return h.settled(n) })
	h.fault("conexao_cortada")
	h.move(n, "40", photo("dobrada", 50<<10))
	h.until("it is settled", func() bool { return h.settled(n) })
	if times := h.times(n, photo("dobrada", 50<<10)); times != 2 {
		t.Errorf("it is there %d times", times)
	}
}

// fault makes the next photo's call go wrong.
func (h *house) fault(kind string) {
	h.t.Helper()
	faults := fmt.Sprintf(`[{"metodo": "incluirAnexoSolicitacaoAtendimento", "tipo": %q, "quantas": 1}]`, kind)
	if status, body := h.call("PUT", h.box.URL()+"/_sandbox/falhas", "", "application/json", strings.NewReader(faults)); status != http.StatusOK {
		h.t.Fatalf("%d %s", status, body)
	}
}

// times counts how often Mobuss has a photo.
func (h *house) times(number int64, photo []byte) (n int) {
	h.t.Helper()
	for _, a := range h.orders(number)[0].Anexos {
		if a.SHA256 == sumOf(photo) {
			n++
		}
	}
	return n
}
