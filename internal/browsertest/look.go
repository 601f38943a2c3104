package browsertest

import (
	_ "embed" // axe-core
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
)

//go:embed axe.min.js
var axe string

const (
	everyRule   = `runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`
	colourRules = `"color-contrast", "link-in-text-block"`
)

var asked = map[Rules]string{All: everyRule, Colours: `runOnly: {type: "rule", values: [` + colourRules + `]}`,
	Words: everyRule + `, rules: Object.fromEntries([` + colourRules + `].map(r => [r, {enabled: false}]))`}

// Axe runs axe-core; anything that it finds fails the test, in every state that a test brings the page into.
func (x *Tab) Axe(where string) {
	x.T.Helper()
	if !Eval[bool](x, "!!window.axe") {
		Eval[any](x, axe+";null")
	}
	raw := Eval[string](x, `axe.run(document, {reporter: "no-passes", resultTypes: ["violations"], preload: false, `+asked[x.rules]+`})
		.then(r => JSON.stringify(r.violations.map(v => ({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map(n => n.html + " " + n.failureSummary)}))))`)
	var found []struct {
		ID, Impact, Help string
		Nodes            []string
	}
	x.must(json.Unmarshal([]byte(raw), &found))
	for _, v := range found {
		x.T.Errorf("axe, %s: %s (%s): %s\n%.900s", where, v.ID, v.Impact, v.Help, strings.Join(v.Nodes, "\n"))
	}
}

// Picture keeps what is seen as NAME.png where PONTE_SCREENS names a folder, so that a test run leaves the tree as it is.
func (x *Tab) Picture(name string) {
	x.T.Helper()
	dir := os.Getenv("PONTE_SCREENS")
	if dir == "" {
		return
	}
	b, err := chromedp.Run(x.Ctx, chromedp.CaptureScreenshot())
	x.must(err)
	x.must(os.MkdirAll(dir, 0o755))
	x.must(os.WriteFile(filepath.Join(dir, name+".png"), b, 0o600))
}

// Wide fails the test if the page scrolls sideways.
func (x *Tab) Wide(where string) {
	x.T.Helper()
	if over := Eval[float64](x, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
		x.T.Errorf("%s scrolls %v px sideways: %s", where, over, Eval[string](x, `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).slice(0, 5).map(e => e.outerHTML.slice(0, 120)).join("\n")`))
	}
}
