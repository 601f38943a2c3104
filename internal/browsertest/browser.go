// Package browsertest drives Chromium for tests: pages are used with keys and clicks, looked at by axe-core, and kept as
// pictures where PONTE_SCREENS names a folder. It knows nothing of what the pages are about.
package browsertest

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Browser is a browser process.
type Browser struct{ ctx context.Context }

// Start starts Chromium; it ends with the test.
func Start(t testing.TB) *Browser {
	t.Helper()
	path, err := Chromium()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), Options(path, t.TempDir())...)
	t.Cleanup(cancel)
	first, stop := chromedp.NewContext(ctx)
	t.Cleanup(stop)
	if err := chromedp.Do(first); err != nil { // no time limit: it would be the browser's
		t.Fatal(err)
	}
	return &Browser{first}
}

// Chromium finds the browser: better without windows, menus and tabs of its own, which cost as much as the pages.
func Chromium() (string, error) {
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf("no chromium in PATH: make test installs it")
}

// Options make every machine's browser alike; dir holds its profile.
func Options(path, dir string) []chromedp.ExecAllocatorOption {
	return append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(dir), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("font-render-hinting", "none"))
}

// Window is how pages are looked at.
type Window struct {
	Width, Height int64  // in CSS pixels; below 600 wide it is a phone, with touch and two pixels for one
	Language      string // Accept-Language; empty is the browser's own
	Dark          bool
	Axe           Rules
}

// Rules are which of axe-core's a page is asked for.
type Rules string

// All but for twins of a window where everything is asked: one of another theme differs by its colours alone, one of another language by
// its words.
const (
	All     Rules = ""
	Colours Rules = "colours"
	Words   Rules = "words"
)

// The windows of most tests.
var (
	Desktop = Window{Width: 1440, Height: 1000, Language: "pt-BR"}
	Phone   = Window{Width: 360, Height: 780, Language: "pt-BR"}
)

// Tab opens a page in a browser context of its own: no cookie is shared with any other.
func (b *Browser) Tab(t testing.TB, base string, w Window) *Tab {
	t.Helper()
	return tab(b.ctx, t, base, w, chromedp.WithNewBrowserContext())
}

// Sibling is another tab of the same browser context.
func (x *Tab) Sibling(w Window) *Tab {
	x.T.Helper()
	return tab(x.Ctx, x.T, x.base, w)
}

func tab(parent context.Context, t testing.TB, base string, w Window, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, options...)
	t.Cleanup(cancel)
	x := &Tab{T: t, Ctx: ctx, base: base, rules: w.Axe, arrived: make(chan struct{}, 1)}
	x.Do(chromedp.EmulateViewport(w.Width, w.Height,
		func(m *emulation.SetDeviceMetricsOverrideParams, touch *emulation.SetTouchEmulationEnabledParams) {
			if w.Width < 600 {
				m.Mobile, touch.Enabled, m.DeviceScaleFactor = true, true, 2
			}
		}))
	scheme := "light"
	if w.Dark {
		scheme = "dark"
	}
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
	x.must(err)
	if w.Language != "" {
		_, err = chromedp.Call(ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{
			UserAgent: Eval[string](x, "navigator.userAgent"), AcceptLanguage: w.Language})
		x.must(err)
	}
	x.listen()
	return x
}
