package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"encoding/base32"

	"github.com/chromedp/chromedp"

	"ponte/internal/auth"
	"ponte/internal/browsertest"
	"ponte/internal/desk"
	"ponte/internal/flow/flowtest"
	"ponte/internal/sso"
	"ponte/internal/web"
)

const factorAt = "/conta/segundo-fator"

// device is an authenticator that read the secret of a page.
type device []byte

var (
	secretText = regexp.MustCompile(`<code class="secret">([A-Z2-7 ]+)</code>`)
	reserve    = regexp.MustCompile(`<li><code>([a-z0-9]{5}-[a-z0-9]{5})</code></li>`)
)

func (h *house) device(page string) device {
	h.t.Helper()
	m := secretText.FindStringSubmatch(page)
	if m == nil {
		h.t.Fatalf("no secret on the page: %.400s", page)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(m[1], " ", ""))
	h.must(err)
	return secret
}

func (d device) code(at time.Time) string { return auth.TOTPCode(d, at.Unix()/30) }

// enrol turns a browser's person's second factor on; the code that confirms is of the moment before.
func (h *house) enrol(b *browser) (device, []string) {
	h.t.Helper()
	if a := b.post(factorAt+"/comecar", "senha", password); a.status != http.StatusSeeOther {
		h.t.Fatalf("begin: %d", a.status)
	}
	return h.confirms(b)
}

// confirms reads the device that the page shows, and gives its first code.
func (h *house) confirms(b *browser) (device, []string) {
	h.t.Helper()
	page := b.get(factorAt).body
	if !strings.Contains(page, `<svg class="qr"`) {
		h.t.Error("there is no picture")
	}
	d := h.device(page)
	if a := b.post(factorAt+"/confirmar", "codigo", "000000"); a.status != http.StatusUnprocessableEntity {
		h.t.Errorf("a wrong code confirms: %d", a.status)
	}
	a := b.post(factorAt+"/confirmar", "codigo", d.code(h.now().Add(-auth.TOTPStep)))
	var codes []string
	for _, m := range reserve.FindAllStringSubmatch(a.body, -1) {
		codes = append(codes, m[1])
	}
	if a.status != http.StatusOK || len(codes) != 10 {
		h.t.Fatalf("confirmed: %d, %d codes", a.status, len(codes))
	}
	if again := b.get(factorAt).body; strings.Contains(again, codes[0]) || secretText.MatchString(again) {
		h.t.Error("codes or secret are shown again")
	}
	return d, codes
}

// half has given the right password, and waits for the code.
func (h *house) half(login string) *browser {
	h.t.Helper()
	b := h.browser()
	if a := b.post("/entrar", "login", login, "senha", password, "volta", "/ocorrencias"); a.header.Get("Location") != "/entrar/codigo" {
		h.t.Fatalf("%d to %q", a.status, a.header.Get("Location"))
	}
	if a := b.get("/ocorrencias"); a.status != http.StatusSeeOther {
		h.t.Fatalf("the password alone opens: %d", a.status)
	}
	return b
}

// TestSecondFactor: with it the password alone opens nothing; a code counts once, also for two who send it at once; clocks may
// differ by a step; a recovery code counts once; and an administrator takes it away.
func TestSecondFactor(t *testing.T) {
	h := newHouse(t)
	h.later(time.Second)
	d, codes := h.enrol(h.signedIn("atendente@demo"))
	h.later(5 * time.Minute)
	if a := h.half("atendente@demo").post("/entrar/codigo", "codigo", d.code(h.now().Add(-2*auth.TOTPStep))); a.status != http.StatusUnauthorized {
		t.Errorf("a code of two steps before: %d", a.status)
	}
	h.later(15 * time.Minute) // so that all tries are there again
	two, got, both := [2]*browser{h.half("atendente@demo"), h.half("atendente@demo")}, [2]int{}, sync.WaitGroup{}
	code := d.code(h.now().Add(auth.TOTPStep)) // the device's clock is ahead
	for i := range two {
		both.Go(func() { got[i] = two[i].post("/entrar/codigo", "codigo", code).status })
	}
	both.Wait()
	slices.Sort(got[:])
	if got != [2]int{http.StatusSeeOther, http.StatusUnauthorized} {
		t.Errorf("the same code by two at once: %v", got)
	}
	h.later(15*time.Minute + time.Second)
	if a := h.half("atendente@demo").post("/entrar/codigo", "codigo", d.code(h.now())); a.status != http.StatusUnauthorized {
		t.Errorf("a code from before the one that was taken: %d", a.status)
	}
	h.later(30 * time.Minute)
	b := h.half("atendente@demo")
	if a := b.post("/entrar/codigo", "codigo", " "+strings.ToUpper(codes[3])+" "); a.header.Get("Location") != "/ocorrencias" || b.get("/ocorrencias").status != http.StatusOK {
		t.Errorf("a recovery code: %d to %q", a.status, a.header.Get("Location"))
	}
	if a := h.half("atendente@demo").post("/entrar/codigo", "codigo", codes[3]); a.status != http.StatusUnauthorized {
		t.Errorf("a recovery code twice: %d", a.status)
	}
	admin := h.signedIn("admin@demo")
	if a := h.signedIn("gestor@demo").post(fmt.Sprintf("/parametrizacoes/usuarios/%s/fator", h.ana.ID)); a.status != http.StatusForbidden {
		t.Errorf("a manager takes it away: %d", a.status)
	}
	if a := admin.post(fmt.Sprintf("/parametrizacoes/usuarios/%s/fator", h.ana.ID)); a.status != http.StatusSeeOther {
		t.Errorf("an administrator: %d", a.status)
	}
	h.signedIn("atendente@demo")
	trail := admin.get(auditAt + "?acao=usuario").body
	for _, want := range []string{"Segundo fator ligado", "Código de reserva usado", "Segundo fator zerado por administrador"} {
		if !strings.Contains(trail, want) {
			t.Errorf("the trail lacks %q", want)
		}
	}
	if got := h.entrances(); !slices.Contains(got, "entrada.recusada usuario:"+h.ana.ID+" senha+codigo codigo_errado") {
		t.Errorf("refusals: %q", got)
	}
}

// TestGuessingCodesIsSlow, also for whoever has the password and signs in again between the tries.
func TestGuessingCodesIsSlow(t *testing.T) {
	h := newHouse(t)
	d, _ := h.enrol(h.signedIn("atendente@demo"))
	b := h.half("atendente@demo")
	for range 3 {
		b.post("/entrar/codigo", "codigo", "000000")
	}
	status := 0
	for range 12 {
		if a := b.post("/entrar", "login", "atendente@demo", "senha", password); a.status == http.StatusTooManyRequests {
			status = a.status
			break
		}
		if status = b.post("/entrar/codigo", "codigo", "000000").status; status == http.StatusTooManyRequests {
			break
		}
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("guessing goes on: %d", status)
	}
	if a := b.post("/entrar/codigo", "codigo", d.code(time.Now())); a.status != http.StatusTooManyRequests {
		t.Errorf("even the right one, now: %d", a.status)
	}
}

// TestRequiredFactor: whoever has such a role is led to it, does nothing else before, and can't take it away.
func TestRequiredFactor(t *testing.T) {
	h := newHouse(t)
	admin := h.signedIn("admin@demo")
	if a := admin.post("/parametrizacoes/usuarios/segundo-fator", "exige", "gestor"); a.status != http.StatusSeeOther {
		t.Fatal(a.status)
	}
	roles, err := h.FactorRoles(t.Context())
	if err != nil || !slices.Equal(roles, []desk.Role{desk.Manager}) {
		t.Fatal(roles, err)
	}
	b := h.signedIn("gestor@demo")
	for _, at := range []string{"/ocorrencias", "/", "/conta"} {
		if a := b.get(at); a.header.Get("Location") != factorAt {
			t.Errorf("%s before: %d to %q", at, a.status, a.header.Get("Location"))
		}
	}
	if a := b.post(factorAt + "/comecar"); a.status != http.StatusSeeOther {
		t.Fatalf("who was led here by the password is asked for it again: %d", a.status)
	}
	d, _ := h.confirms(b)
	if a := b.get("/ocorrencias"); a.status != http.StatusOK {
		t.Errorf("afterwards: %d", a.status)
	}
	if a := b.post(factorAt+"/retirar", "codigo", d.code(time.Now())); a.status != http.StatusUnprocessableEntity {
		t.Errorf("taken away: %d", a.status)
	}
	h.must(h.SetFactorRoles(t.Context(), flowtest.Admin(), nil))
	if a := b.post(factorAt+"/retirar", "codigo", d.code(time.Now().Add(auth.TOTPStep))); a.status != http.StatusSeeOther {
		t.Errorf("by a code: %d", a.status)
	}
	h.signedIn("gestor@demo")
}

// TestAFoundSessionEnrolsNoDevice: a first device by choice wants the password, and one that waits is its own session's.
func TestAFoundSessionEnrolsNoDevice(t *testing.T) {
	h := newHouse(t)
	found, own := h.signedIn("atendente@demo"), h.signedIn("atendente@demo")
	for _, pairs := range [][]string{nil, {"senha", "outra-senha-qualquer"}} {
		if a := found.post(factorAt+"/comecar", pairs...); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "erro-senha") {
			t.Errorf("%q begins: %d", pairs, a.status)
		}
	}
	own.post(factorAt+"/comecar", "senha", password)
	d := h.device(own.get(factorAt).body)
	if page := found.get(factorAt).body; secretText.MatchString(page) {
		t.Error("another session sees the secret")
	}
	if a := found.post(factorAt+"/confirmar", "codigo", d.code(h.now())); a.status != http.StatusUnprocessableEntity {
		t.Errorf("another session confirms: %d", a.status)
	}
	h.later(11 * time.Minute)
	if a := own.post(factorAt+"/confirmar", "codigo", d.code(h.now())); a.status != http.StatusUnprocessableEntity || secretText.MatchString(a.body) {
		t.Errorf("long afterwards: %d", a.status)
	}
}

// TestRequiredFactorIsRenewed: who must have one gets another device and new recovery codes, by a code, and no code is no way.
// The former device counts until the new one is confirmed.
func TestRequiredFactorIsRenewed(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("atendente@demo")
	old, codes := h.enrol(b)
	h.must(h.SetFactorRoles(t.Context(), flowtest.Admin(), []desk.Role{desk.Attendant}))
	for _, act := range []string{"/trocar", "/codigos"} {
		if a := b.post(factorAt+act, "codigo", "000000"); a.status != http.StatusUnprocessableEntity || secretText.MatchString(b.get(factorAt).body) || reserve.MatchString(a.body) {
			t.Errorf("%s without a code: %d", act, a.status)
		}
	}
	if a := b.post(factorAt+"/comecar", "senha", password); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a first device though there is one: %d", a.status)
	}
	a := b.post(factorAt+"/codigos", "codigo", codes[0])
	if all := reserve.FindAllString(a.body, -1); a.status != http.StatusOK || len(all) != 10 || strings.Contains(a.body, codes[1]) {
		t.Fatalf("new codes: %d, %d of them", a.status, len(all))
	}
	fresh := reserve.FindStringSubmatch(a.body)[1]
	if page := b.get(factorAt).body; !strings.Contains(page, "Restam 10 códigos de reserva.") || !strings.Contains(page, "#shield-check") {
		t.Error("the page doesn't say how many are left, or has no sign")
	}
	if a := b.post(factorAt+"/trocar", "codigo", codes[1]); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a former code: %d", a.status)
	}
	if a := b.post(factorAt+"/trocar", "codigo", fresh); a.status != http.StatusSeeOther {
		t.Fatalf("another device: %d", a.status)
	}
	h.later(15 * time.Minute) // as long as the tries need; the device that waits is over
	if a := b.post(factorAt+"/confirmar", "codigo", "000000"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("confirmed long afterwards: %d", a.status)
	}
	if a := h.half("atendente@demo").post("/entrar/codigo", "codigo", old.code(h.now())); a.status != http.StatusSeeOther {
		t.Fatalf("the former device, meanwhile: %d", a.status)
	}
	h.later(30 * time.Minute)
	if a := b.post(factorAt+"/trocar", "codigo", old.code(h.now())); a.status != http.StatusSeeOther {
		t.Fatalf("by the former device: %d", a.status)
	}
	d, _ := h.confirms(b)
	h.later(45 * time.Minute)
	if a := h.half("atendente@demo").post("/entrar/codigo", "codigo", old.code(h.now())); a.status != http.StatusUnauthorized {
		t.Errorf("the former device, afterwards: %d", a.status)
	}
	if a := h.half("atendente@demo").post("/entrar/codigo", "codigo", d.code(h.now())); a.status != http.StatusSeeOther {
		t.Errorf("the new one: %d", a.status)
	}
}

// TestOwnFactorIsNotReset: an administrator's session takes others' away, and not its own person's.
func TestOwnFactorIsNotReset(t *testing.T) {
	h := newHouse(t)
	admin := h.signedIn("admin@demo")
	h.enrol(admin)
	u, _, err := h.UserByLogin(t.Context(), "admin@demo")
	h.must(err)
	if a := admin.post(fmt.Sprintf("/parametrizacoes/usuarios/%d/fator", u.ID)); a.status != http.StatusForbidden {
		t.Errorf("one's own: %d", a.status)
	}
	if f, err := h.FactorOf(t.Context(), u.ID); err != nil || !f.On {
		t.Errorf("it is gone: %+v %v", f, err)
	}
}

// TestTheNextPersonOfASession has nothing of the former one's.
func TestTheNextPersonOfASession(t *testing.T) {
	h := newHouse(t)
	h.must(h.SetFactorRoles(t.Context(), flowtest.Admin(), []desk.Role{desk.Manager}))
	b := h.signedIn("gestor@demo")
	if a := b.get("/ocorrencias"); a.header.Get("Location") != factorAt {
		t.Fatalf("who must have one: %d", a.status)
	}
	if a := b.post("/entrar", "login", "atendente@demo", "senha", password); a.status != http.StatusSeeOther {
		t.Fatal(a.status)
	}
	if a := b.get("/ocorrencias"); a.status != http.StatusOK {
		t.Errorf("who need not have one is led to %q by the former person's session", a.header.Get("Location"))
	}
}

// TestEmergencyLinkAndCode: the trail says by which way somebody came in whom the code let in.
func TestEmergencyLinkAndCode(t *testing.T) {
	h := newHouse(t)
	d, _ := h.enrol(h.signedIn("admin@demo"))
	u, _, err := h.UserByLogin(t.Context(), "admin@demo")
	h.must(err)
	provider, err := sso.New(sso.Config{Issuer: "http://127.0.0.1:1", ClientID: "ponte", Only: true})
	h.must(err)
	h.http = httptest.NewServer(web.New(web.Options{Flow: h.Flow, Hub: h.hub, Log: h.logger(), SSO: web.SSO{Provider: provider, BaseURL: func() string { return "" }}}))
	t.Cleanup(h.http.Close)
	key := auth.NewResetKey()
	_, err = h.HandPasswordReset(t.Context(), flowtest.Admin(), u.ID, auth.HashKey(key))
	h.must(err)
	b := h.browser()
	b.get("/entrar/nova-senha?chave=" + key)
	if a := b.post("/entrar/nova-senha", "nova", "uma senha de emergência"); a.header.Get("Location") != "/entrar/codigo" {
		t.Fatalf("the link: %d to %q", a.status, a.header.Get("Location"))
	}
	if a := b.post("/entrar/codigo", "codigo", d.code(h.now())); a.status != http.StatusSeeOther {
		t.Fatalf("the code: %d", a.status)
	}
	if got := h.entrances(); !slices.Contains(got, fmt.Sprintf("entrada.feita usuario:%d link+codigo", u.ID)) {
		t.Errorf("the trail has %q", got)
	}
}

// TestSecondFactorInABrowser: the pages can be seen, read and typed into.
func TestSecondFactorInABrowser(t *testing.T) {
	h := newHouse(t)
	b := browsertest.Start(t)
	x := h.tab(b, desktop)
	x.signIn("atendente@demo")
	x.Open(factorAt)
	x.Axe("second factor, off")
	x.Write("#senha", password)
	x.Click("main form.sheet button.pri")
	x.Until("the picture", `!!document.querySelector("svg.qr path")`)
	x.Axe("second factor, to be read")
	x.Picture("factor-1440-light")
	x.Quiet()
	phone := h.tab(b, darkest)
	phone.signIn("atendente@demo")
	phone.Open(factorAt)
	phone.Wide("second factor")
	phone.Picture("factor-360-dark")
	shown, err := chromedp.Run(x.Ctx, chromedp.Evaluate[string](`document.querySelector("main").outerHTML`))
	h.must(err)
	x.Click("#codigo")
	x.Keys(h.device(shown).code(time.Now()))
	x.Click("main form.sheet button.pri")
	x.Until("the codes", `document.querySelectorAll(".recovery code").length === 10`)
	x.Axe("recovery codes")
	x.Picture("factor-codes-1440-light")
	x.Open(factorAt)
	x.Axe("second factor, on")
	x.Picture("factor-on-1440-light")
	phone.Open(factorAt)
	phone.Wide("second factor, on")
	phone.Picture("factor-on-360-dark")
}
