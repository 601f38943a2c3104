package web_test

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"

	dom "golang.org/x/net/html"
)

// corpus is what an attacker writes into a field, for every place that a page may show it in: text, attributes of every
// quoting, addresses, text areas, titles, comments, and the attributes that htmx acts upon. MARK tells the fields apart.
var corpus = []string{
	`javascript:alert('MARK')//"><script>alert('MARK')</script><img src=x onerror=alert('MARK')>`,
	`' autofocus onfocus=alert('MARK') x='<svg/onload=alert('MARK')>`,
	`</textarea></title></style></script></noscript><MARK><iframe srcdoc="<script>alert('MARK')</script>">`,
	`<a href="javascript:alert('MARK')" hx-get=/MARK hx-trigger=load hx-on:click=alert('MARK')>MARK</a>`,
	`--><!--MARK--><form action=//MARK.example><button formaction=javascript:alert('MARK')>{{MARK}}${MARK}`,
	`"style="x:MARK"onmouseover="alert('MARK')`,
}

// short is for fields that take little.
const short = `"><MARK onclick=MARK>`

var mark = regexp.MustCompile(`xq[0-9]+z`)

// What a page of ours never has, and the attributes that lead somewhere or are acted upon.
var (
	foreign = []string{"iframe", "frame", "object", "embed", "base", "style", "math", "marquee", "applet", "foreignobject"}
	leading = []string{"href", "xlink:href", "src", "action", "formaction", "poster", "data", "ping", "hx-get", "hx-post", "hx-put", "hx-delete", "hx-patch"}
	acting  = []string{"hx-vals", "hx-headers", "hx-trigger", "hx-target", "hx-include", "hx-select", "hx-swap", "hx-ext", "hx-sync", "hx-config", "class", "type", "method",
		"enctype", "target", "rel", "http-equiv", "content", "form", "list", "is", "slot"}
	dialled = regexp.MustCompile(`^tel:[+0-9]+$`)
)

// alive tells what of a page's elements and attributes is not of our making: each would run, or lead elsewhere.
func alive(page string) (found []string) {
	root, err := dom.Parse(strings.NewReader(page))
	if err != nil {
		return []string{err.Error()}
	}
	for n := range root.Descendants() {
		switch n.Type {
		case dom.CommentNode:
			if mark.MatchString(n.Data) {
				found = append(found, "comment "+n.Data)
			}
		case dom.ElementNode:
			found = append(found, aliveElement(n)...)
		}
	}
	return found
}

func aliveElement(n *dom.Node) (found []string) {
	say := func(what string) { found = append(found, fmt.Sprintf("<%s> %.160s", n.Data, what)) }
	if mark.MatchString(n.Data) || slices.Contains(foreign, n.Data) {
		say("is no element of ours")
	}
	ours := false
	for _, a := range n.Attr {
		key := strings.ToLower(a.Key)
		ours = ours || key == "src" && strings.HasPrefix(a.Val, "/static/")
		switch {
		case mark.MatchString(key), strings.HasPrefix(key, "on"), strings.HasPrefix(key, "hx-on"), key == "style", key == "srcdoc":
			say(a.Key + "=" + a.Val)
		case slices.Contains(leading, key) && !ownAddress(a.Val):
			say("leads to " + a.Val)
		case slices.Contains(acting, key) && mark.MatchString(a.Val):
			say(a.Key + "=" + a.Val)
		}
	}
	if n.Data == "script" && (!ours || n.FirstChild != nil) {
		say("is a script of somebody else")
	}
	return found
}

// ownAddress: a path of this site, a place on the page, a letter or a telephone.
func ownAddress(to string) bool {
	switch {
	case to == "", to[0] == '?', to[0] == '#', strings.HasPrefix(to, "mailto:"), dialled.MatchString(to):
		return true
	}
	return to[0] == '/' && !strings.HasPrefix(to, "//") && !strings.HasPrefix(to, `/\`)
}

// TestPayloadsWouldBeSeen is the negative control: shown as it is, every payload is found alive somewhere, and each place
// lets one through; escaped, none is.
func TestPayloadsWouldBeSeen(t *testing.T) {
	places := []string{"<p>%s</p>", `<input value="%s">`, `<input value='%s'>`, "<textarea>%s</textarea>", `<a href="%s">x</a>`, "<title>%s</title>", "<input value=%s>"}
	let := map[string]int{}
	for i, payload := range append(slices.Clone(corpus), short) {
		payload = strings.ReplaceAll(payload, "MARK", "xq7z")
		seen := 0
		for _, place := range places {
			if len(alive(fmt.Sprintf(place, payload))) > 0 {
				seen++
				let[place]++
			}
			if found := alive(fmt.Sprintf(strings.ReplaceAll(place, "=%s", `="%s"`), html.EscapeString(payload))); len(found) > 0 && !strings.HasPrefix(place, "<a") {
				t.Errorf("%s, escaped: %q", place, found)
			}
		}
		if seen == 0 {
			t.Errorf("payload %d would not be seen anywhere", i)
		}
	}
	for _, place := range places {
		if let[place] == 0 {
			t.Errorf("nothing would be seen in %s", place)
		}
	}
}
