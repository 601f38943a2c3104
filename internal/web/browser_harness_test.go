package web_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"ponte/internal/browsertest"
)

// tab is a page of a house's.
type tab struct{ *browsertest.Tab }

var desktop = browsertest.Desktop

// tab opens a page that shares no cookie with any other.
func (h *house) tab(b *browsertest.Browser, w browsertest.Window) *tab {
	t := h.t.(*testing.T)
	t.Helper()
	return &tab{b.Tab(t, h.http.URL, w)}
}

// sibling is another tab of the same browser.
func (h *house) sibling(x *tab, w browsertest.Window) *tab {
	return &tab{x.Sibling(w)}
}

var ctrlEnter = chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl))

// signIn uses the keyboard alone: the cursor waits in the first field.
func (x *tab) signIn(login string) {
	x.T.Helper()
	x.Open("/entrar?volta=/ocorrencias")
	x.Until("focus on the login", `document.activeElement?.id === "login"`)
	x.Keys(login + kb.Tab + password + kb.Enter)
	x.Until("the list", `location.pathname === "/ocorrencias"`)
}

// live waits for the stream.
func (x *tab) live() {
	x.T.Helper()
	x.Until("a live page", `(e => e && !e.hidden && !e.classList.contains("off"))(document.querySelector("[data-live-state]"))`)
}
