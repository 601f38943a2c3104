package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// chromium is a browser process for one test.
func chromium(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Fatal("no chromium in PATH: `make test` installs it")
	}
	o := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("font-render-hinting", "none"))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), o...)
	t.Cleanup(cancel)
	first, stop := chromedp.NewContext(ctx)
	t.Cleanup(stop)
	if err := chromedp.Do(first); err != nil { // no time limit: it would be the browser's
		t.Fatal(err)
	}
	return first
}

// tab is one page in a browser context of its own.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string

	mu       sync.Mutex
	messages []string // errors of the console, violations of the policy, exceptions
}

// profile is one person's browser: its own cookies, language and window.
type profile struct {
	width, height int64
	language      string
	dark, mobile  bool
}

var desktop = profile{width: 1440, height: 1000, language: "pt-BR"}

func (h *house) tab(browser context.Context, p profile) *tab {
	t := h.t.(*testing.T)
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	return h.prepare(ctx, p)
}

// sibling is another tab of the same browser.
func (h *house) sibling(x *tab, p profile) *tab {
	ctx, cancel := chromedp.NewContext(x.ctx)
	x.t.Cleanup(cancel)
	return h.prepare(ctx, p)
}

func (h *house) prepare(ctx context.Context, p profile) *tab {
	x := &tab{t: h.t.(*testing.T), ctx: ctx, base: h.http.URL}
	x.t.Helper()
	x.do(chromedp.EmulateViewport(p.width, p.height, func(m *emulation.SetDeviceMetricsOverrideParams, touch *emulation.SetTouchEmulationEnabledParams) {
		m.Mobile, touch.Enabled = p.mobile, p.mobile
		if p.mobile {
			m.DeviceScaleFactor = 2
		}
	}))
	scheme := "light"
	if p.dark {
		scheme = "dark"
	}
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
	x.must(err)
	_, err = chromedp.Call(ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{
		UserAgent: eval[string](x, "navigator.userAgent"), AcceptLanguage: p.language})
	x.must(err)
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == "error" || m.Type == "warning" || m.Source == "security" {
				x.mu.Lock()
				x.messages = append(x.messages, fmt.Sprintf("%s %s %s", m.Source, m, m.URL))
				x.mu.Unlock()
			}
		}
	}()
	return x
}

func (x *tab) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

const patience = 60 * time.Second

func (x *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	x.t.Helper()
	x.must(chromedp.Do(x.ctx, steps...))
}

func (x *tab) open(path string) {
	x.t.Helper()
	x.do(chromedp.Navigate(x.base + path))
}

func eval[T any](x *tab, js string) T {
	x.t.Helper()
	v, err := chromedp.Run(x.ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		x.t.Fatalf("%s: %v", js, err)
	}
	return v
}

// until waits for the page to say yes.
func (x *tab) until(what, js string) {
	x.t.Helper()
	deadline := time.Now().Add(patience)
	js = "(() => { try { return !!(" + js + ") } catch { return false } })()" // a page that is being left has nothing
	yes := func() bool {                                                      // a page that goes away while it is asked has not said yes
		v, err := chromedp.Run(x.ctx, chromedp.Evaluate[bool](js))
		return err == nil && v
	}
	for !yes() {
		if time.Now().After(deadline) {
			x.t.Fatalf("%s never came true; the page says: %.3000s\nconsole: %v", what, eval[string](x, "document.body.innerText"), x.messages)
		}
		time.Sleep(30 * time.Millisecond)
	}
}

func (x *tab) untilText(selector, text string) {
	x.t.Helper()
	x.until(fmt.Sprintf("%q in %s", text, selector), fmt.Sprintf("document.querySelector(%q)?.textContent.includes(%q)", selector, text))
}

// keys types as a keyboard does.
func (x *tab) keys(text string) {
	x.t.Helper()
	x.do(chromedp.KeyEvent(text))
}

var ctrlEnter = chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl))

// shortcut presses one key, as a keyboard does: a page that takes it for itself gets no letter from it.
func (x *tab) shortcut(key string) {
	x.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		p := input.DispatchKeyEventParams{Type: kind, Key: key}
		if kind == input.DispatchKeyEventTypeKeyDown {
			p.Text = key
		}
		_, err := chromedp.Call(x.ctx, input.DispatchKeyEvent, p)
		x.must(err)
	}
}

func (x *tab) click(selector string) {
	x.t.Helper()
	x.do(chromedp.Click(chromedp.CSS(selector)))
}

// signIn uses the keyboard alone: the cursor waits in the first field.
func (x *tab) signIn(login string) {
	x.t.Helper()
	x.open("/entrar?volta=/ocorrencias")
	x.until("focus on the login", `document.activeElement?.id === "login"`)
	x.keys(login + kb.Tab + password + kb.Enter)
	x.until("the list", `location.pathname === "/ocorrencias"`)
}

// live waits for the stream.
func (x *tab) live() {
	x.t.Helper()
	x.until("a live page", `(e => e && !e.hidden && !e.classList.contains("off"))(document.querySelector("[data-live-state]"))`)
}

// quiet fails the test if the console heard of anything that should not be.
func (x *tab) quiet(except ...string) {
	x.t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, m := range x.messages {
		if !slices.ContainsFunc(except, func(s string) bool { return strings.Contains(m, s) }) {
			x.t.Errorf("console: %s", m)
		}
	}
}

// heard counts the console's messages that contain a text.
func (x *tab) heard(text string) (n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, m := range x.messages {
		if strings.Contains(m, text) {
			n++
		}
	}
	return n
}

// axe runs axe-core; anything serious or critical fails the test, in every state that a test brings the page into.
func (x *tab) axe(where string) {
	x.t.Helper()
	source, err := os.ReadFile("../browsertest/axe.min.js")
	x.must(err)
	if !eval[bool](x, "!!window.axe") {
		eval[any](x, string(source)+";null")
	}
	raw := eval[string](x, `axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
		.then(r => JSON.stringify(r.violations.map(v => ({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map(n => n.html + " " + n.failureSummary)}))))`)
	var found []struct {
		ID, Impact, Help string
		Nodes            []string
	}
	x.must(json.Unmarshal([]byte(raw), &found))
	for _, v := range found {
		x.t.Errorf("axe, %s: %s (%s): %s\n%.900s", where, v.ID, v.Impact, v.Help, strings.Join(v.Nodes, "\n"))
	}
}

// screens is where pictures for the documentation are kept; they are written only where PONTE_SCREENS is set, so
// that a test run leaves the tree as it is.
func (x *tab) picture(name string) {
	x.t.Helper()
	dir := os.Getenv("PONTE_SCREENS")
	if dir == "" {
		return
	}
	b, err := chromedp.Run(x.ctx, chromedp.CaptureScreenshot())
	x.must(err)
	x.must(os.MkdirAll(dir, 0o755))
	x.must(os.WriteFile(filepath.Join(dir, name+".png"), b, 0o600))
}

// wide fails if the page scrolls sideways.
func (x *tab) wide(where string) {
	x.t.Helper()
	if over := eval[float64](x, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
		x.t.Errorf("%s scrolls %v px sideways: %s", where, over, eval[string](x, `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).slice(0, 5).map(e => e.outerHTML.slice(0, 120)).join("\n")`))
	}
}
