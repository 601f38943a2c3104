package app

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestProxies(t *testing.T) {
	ours, err := ParseProxies([]string{"127.0.0.1", " 10.1.0.0/16", "::1"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		peer string
		said []string
		want string
	}{
		"nobody in front":             {"203.0.113.9:5000", nil, "203.0.113.9:5000"},
		"a caller who says he is one": {"203.0.113.9:5000", []string{"198.51.100.1"}, "203.0.113.9:5000"},
		"behind one":                  {"127.0.0.1:5000", []string{"203.0.113.9"}, "203.0.113.9:0"},
		"behind two":                  {"127.0.0.1:5000", []string{"203.0.113.9, 10.1.2.3"}, "203.0.113.9:0"},
		"behind two, in two lines":    {"10.1.2.3:5000", []string{"203.0.113.9", "10.1.9.9"}, "203.0.113.9:0"},
		"with a lie before it":        {"127.0.0.1:5000", []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9:0"},
		"with garbage before it":      {"127.0.0.1:5000", []string{"<script>, 203.0.113.9"}, "203.0.113.9:0"},
		"garbage alone":               {"127.0.0.1:5000", []string{"<script>"}, "127.0.0.1:5000"},
		"garbage behind a proxy":      {"127.0.0.1:5000", []string{"<script>, 10.1.2.3"}, "10.1.2.3:0"},
		"nothing said":                {"127.0.0.1:5000", nil, "127.0.0.1:5000"},
		"IPv6":                        {"[::1]:5000", []string{"2001:db8::7"}, "[2001:db8::7]:0"},
		"IPv4 as IPv6":                {"[::ffff:127.0.0.1]:5000", []string{"::ffff:203.0.113.9"}, "203.0.113.9:0"},
	} {
		t.Run(name, func(t *testing.T) {
			var got string
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr, r.Header["X-Forwarded-For"] = c.peer, c.said
			ours.inFront(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr })).ServeHTTP(nil, r)
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
	if _, err := ParseProxies([]string{"proxy.local"}); err == nil {
		t.Error("a name is taken for an address")
	}
}
