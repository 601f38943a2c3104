package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"ponte/internal/browsertest"
)

// paints is how often the list is opened cold; the median counts.
const paints = 9

// firstPaint is the browser's own figure from the click to the first thing seen, with an empty cache.
func firstPaint(ctx context.Context, t *table, r *reader) error {
	path, err := browsertest.Chromium()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "ponte-bench-browser")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	allocator, cancel := chromedp.NewExecAllocator(ctx, browsertest.Options(path, dir)...)
	defer cancel()
	tab, stop := chromedp.NewContext(allocator)
	defer stop()
	if err := chromedp.Do(tab, chromedp.EmulateViewport(1440, 900)); err != nil {
		return err
	}
	if _, err := chromedp.Call(tab, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true}); err != nil {
		return err
	}
	least, err := painted(tab, r.base+"/healthz")
	if err != nil {
		return err
	}
	at, err := url.Parse(r.base)
	if err != nil {
		return err
	}
	for _, c := range r.Jar.Cookies(at) {
		if _, err := chromedp.Call(tab, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: r.base}); err != nil {
			return err
		}
	}
	took, err := painted(tab, r.base+"/ocorrencias")
	if err != nil {
		return err
	}
	t.row("list, first paint in Chromium, cold, median", millis(took), millis(least)+" a line of text",
		fmt.Sprintf("%.1f", float64(took)/float64(least)), "< 300 ms", took < 300*time.Millisecond)
	return nil
}

// painted opens a page again and again and answers the median time to the first paint.
func painted(tab context.Context, address string) (time.Duration, error) {
	took := make(times, paints)
	for i := range took {
		if err := chromedp.Do(tab, chromedp.Navigate(address)); err != nil {
			return 0, err
		}
		ms, err := chromedp.Run(tab, chromedp.Evaluate[float64](`new Promise(have =>
			new PerformanceObserver(l => have(l.getEntries()[0].startTime)).observe({type: "paint", buffered: true}))`, chromedp.EvalAwaitPromise))
		if err != nil {
			return 0, err
		}
		took[i] = time.Duration(ms * float64(time.Millisecond))
	}
	return took.at(.5), nil
}
