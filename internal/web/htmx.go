package web

// htmxConfig: pages are morphed, so that text, caret and scroll stay; 4xx answers are shown, 5xx are not, because
// what was typed must stay; history is the browser's own.
const htmxConfig = `{"history":"reload","defaultSwap":"outerMorph","noSwap":[204,304,"5xx"],` +
	`"morphIgnore":["data-htmx-powered","open"],"includeIndicatorCSS":false}`

// themeID is a theme's name in message ids; the empty one is the device's.
func themeID(theme string) string {
	if theme == "" {
		return "auto"
	}
	return theme
}
