package sandbox

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
	"github.com/chromedp/chromedp"
)

// chromium is a browser process for one test.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("no chromium in PATH: `make test` installs it")
	}
	o := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("font-render-hinting", "none"))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), o...)
	t.Cleanup(cancel)
	first, stop := chromedp.NewContext(ctx)
	t.Cleanup(stop)
	if err := chromedp.Do(first); err != nil { // no time limit: it would be the browser's
		t.Fatal(err)
	}
	return first
}

// window is how a page is looked at.
type window struct {
	width, height int64
	dark          bool
}

var (
	phone     = window{width: 360, height: 780}
	darkPhone = window{width: 360, height: 780, dark: true}
	desk      = window{width: 1440, height: 1000}
)

// tab is one page in a browser context of its own.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string

	mu       sync.Mutex
	messages []string // errors of the console, violations of the policy, exceptions
}

func (r *rig) tab(browser context.Context, at window) *tab {
	t := r.t.(*testing.T)
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	x := &tab{t: t, ctx: ctx, base: r.web.URL}
	x.do(chromedp.EmulateViewport(at.width, at.height,
		func(m *emulation.SetDeviceMetricsOverrideParams, touch *emulation.SetTouchEmulationEnabledParams) {
			if at.width < 600 {
				m.Mobile, touch.Enabled, m.DeviceScaleFactor = true, true, 2
			}
		}))
	scheme := "light"
	if at.dark {
		scheme = "dark"
	}
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme},
			{Name: "prefers-reduced-motion", Value: "reduce"}}})
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
	for !eval[bool](x, "!!("+js+")") {
		if time.Now().After(deadline) {
			x.t.Fatalf("%s never came true; the page says: %.3000s\nconsole: %v", what,
				eval[string](x, "document.body.innerText"), x.messages)
		}
		time.Sleep(30 * time.Millisecond)
	}
}

func (x *tab) untilText(selector, text string) {
	x.t.Helper()
	x.until(fmt.Sprintf("%q in %s", text, selector),
		fmt.Sprintf("document.querySelector(%q)?.textContent.includes(%q)", selector, text))
}

func (x *tab) click(selector string) {
	x.t.Helper()
	x.do(chromedp.Click(chromedp.CSS(selector)))
}

func (x *tab) write(selector, text string) {
	x.t.Helper()
	x.do(chromedp.SendKeys(chromedp.CSS(selector), text))
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

// look checks a page as it stands: nothing scrolls sideways, nothing under a thumb is below 48 px, axe-core finds nothing.
// Where PONTE_SCREENS names a folder, it keeps a picture there.
func (x *tab) look(name string) {
	x.t.Helper()
	x.axe(name)
	if over := eval[float64](x, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
		x.t.Errorf("%s scrolls %v px sideways", name, over)
	}
	small := eval[string](x, `innerWidth > 600 ? "" : [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
		.filter(e => e.checkVisibility() && !e.matches(".skip, .vh, [type=radio], .photos a"))
		.map(e => [e, e.getBoundingClientRect()]).filter(([e, r]) => r.height < 47.5)
		.map(([e, r]) => r.height + " " + e.outerHTML.slice(0, 90)).join("\n")`)
	if small != "" {
		x.t.Errorf("%s has controls below 48 px:\n%s", name, small)
	}
	if dir := os.Getenv("PONTE_SCREENS"); dir != "" {
		b, err := chromedp.Run(x.ctx, chromedp.CaptureScreenshot())
		x.must(err)
		x.must(os.WriteFile(filepath.Join(dir, "tech-"+name+".png"), b, 0o600))
	}
}

func (x *tab) axe(where string) {
	x.t.Helper()
	if !eval[bool](x, "!!window.axe") {
		code, err := os.ReadFile("../browsertest/axe.min.js")
		x.must(err)
		eval[any](x, string(code)+";null")
	}
	// What stands half under a bar that is stuck to an edge is only a scroll away: axe would call it too small.
	stick := func(how string) {
		eval[any](x, `document.querySelectorAll(".go, .tbar").forEach(e => { e.style.position = "`+how+`" }); null`)
	}
	stick("static")
	defer stick("")
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
