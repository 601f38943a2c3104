package browsertest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// Tab is one page. Its methods end the test where something is not as it must be.
type Tab struct {
	T     testing.TB
	Ctx   context.Context // chromedp's, for what there is no method for
	base  string
	rules Rules

	mu       sync.Mutex
	messages []string // errors of the console, violations of the policy, exceptions
	arrived  chan struct{}
}

// Patience bounds every wait; nothing is asserted about how long it took.
const Patience = 60 * time.Second

func (x *Tab) listen() {
	messages := chromedp.Console(x.Ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == "error" || m.Type == "warning" || m.Source == "security" {
				x.mu.Lock()
				x.messages = append(x.messages, fmt.Sprintf("%s %s %s", m.Source, m, m.URL))
				x.mu.Unlock()
				select {
				case x.arrived <- struct{}{}:
				default: // nobody has looked since the last one
				}
			}
		}
	}()
}

func (x *Tab) must(err error) {
	x.T.Helper()
	if err != nil {
		x.T.Fatal(err)
	}
}

// Do runs steps of chromedp.
func (x *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	x.T.Helper()
	x.must(chromedp.Do(x.Ctx, steps...))
}

// Open goes to a path of the base address.
func (x *Tab) Open(path string) {
	x.T.Helper()
	x.Do(chromedp.Navigate(x.base + path))
}

// Eval answers what an expression says, or the promise that it is.
func Eval[T any](x *Tab, js string) T {
	x.T.Helper()
	v, err := chromedp.Run(x.Ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		x.T.Fatalf("%s: %v", js, err)
	}
	return v
}

// settles is a promise that the page keeps: true once the condition holds, false after a while in which it did not. The
// page asks itself whenever it changes; what changes without it is asked for now and then.
const settles = `new Promise(answer => {
	const holds = () => { try { return !!(%s) } catch { return false } };
	const end = yes => { watch.disconnect(); clearInterval(tick); clearTimeout(limit); answer(yes) };
	const ask = () => { if (holds()) end(true) };
	const watch = new MutationObserver(ask), tick = setInterval(ask, 100), limit = setTimeout(() => end(false), 1000);
	watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
	ask();
})`

// Until waits for the page to say yes.
func (x *Tab) Until(what, js string) {
	x.T.Helper()
	ctx, cancel := context.WithTimeout(x.Ctx, Patience)
	defer cancel()
	for {
		// A page without scripts answers at once or never: its clock stands still.
		try, end := context.WithTimeout(ctx, 2*time.Second)
		yes, err := chromedp.Run(try, chromedp.Evaluate[bool](fmt.Sprintf(settles, js), chromedp.EvalAwaitPromise))
		end()
		if err == nil && yes {
			return
		}
		if ctx.Err() != nil {
			text := Eval[string](x, "document.body.innerText")
			x.mu.Lock()
			said := slices.Clone(x.messages)
			x.mu.Unlock()
			x.T.Fatalf("%s never came true; the page says: %.3000s\nconsole: %v", what, text, said)
		}
		if err != nil {
			time.Sleep(20 * time.Millisecond) // a page that goes away while it is asked has not said yes
		}
	}
}

// UntilText waits for a text in the first element of a selector.
func (x *Tab) UntilText(selector, text string) {
	x.T.Helper()
	x.Until(fmt.Sprintf("%q in %s", text, selector), fmt.Sprintf("document.querySelector(%q)?.textContent.includes(%q)", selector, text))
}

// Keys types as a keyboard does.
func (x *Tab) Keys(text string) {
	x.T.Helper()
	x.Do(chromedp.KeyEvent(text))
}

// Shortcut presses one key, as a keyboard does: a page that takes it for itself gets no letter from it.
func (x *Tab) Shortcut(key string) {
	x.T.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		p := input.DispatchKeyEventParams{Type: kind, Key: key}
		if kind == input.DispatchKeyEventTypeKeyDown {
			p.Text = key
		}
		_, err := chromedp.Call(x.Ctx, input.DispatchKeyEvent, p)
		x.must(err)
	}
}

// Click waits for the element and clicks it.
func (x *Tab) Click(selector string) {
	x.T.Helper()
	x.Do(chromedp.Click(chromedp.CSS(selector)))
}

// Write types into a field.
func (x *Tab) Write(selector, text string) {
	x.T.Helper()
	x.Do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Quiet fails the test if the console heard of anything that should not be.
func (x *Tab) Quiet(except ...string) {
	x.T.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, m := range x.messages {
		if !slices.ContainsFunc(except, func(s string) bool { return strings.Contains(m, s) }) {
			x.T.Errorf("console: %s", m)
		}
	}
}

// UntilHeard waits until so many of the console's messages contain a text.
func (x *Tab) UntilHeard(text string, times int) {
	x.T.Helper()
	limit := time.After(Patience)
	for x.heard(text) < times {
		select {
		case <-x.arrived:
		case <-limit:
			x.T.Fatalf("the console said only %v", x.messages)
		}
	}
}

func (x *Tab) heard(text string) (n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, m := range x.messages {
		if strings.Contains(m, text) {
			n++
		}
	}
	return n
}
