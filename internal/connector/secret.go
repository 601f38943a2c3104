package connector

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"ponte/internal/mapping"
)

// leastSecret is the length below which a credential is not looked for: it would blot out half of every text.
const leastSecret = 4

// longSecret is the length from which a credential in the middle of an id is no chance.
const longSecret = 12

// cutMark ends a message that was too long (mapping).
const cutMark = "…"

// hideCut hides the beginning of a credential at the end of a text that was cut.
func hideCut(s string, secrets []string) string {
	cut, was := strings.CutSuffix(s, cutMark)
	if !was {
		return s
	}
	for _, secret := range secrets {
		for n := len(secret) - 1; n >= leastSecret; n-- {
			if head, found := strings.CutSuffix(cut, secret[:n]); found {
				return head + "•••" + cutMark
			}
		}
	}
	return s
}

// secrets are the texts that must not show in a record, should the other side echo them: every credential of the call,
// as it is and as it is written in a URL, in JSON and in base64. The longest come first.
func (x *exchange) secrets() []string {
	a := x.ep.Auth
	plain := []string{a.Token, a.Password, a.OAuth.ClientSecret, x.token}
	for _, m := range []map[string]string{a.Headers, a.Params} {
		for _, v := range m {
			plain = append(plain, v)
		}
	}
	switch a.Kind {
	case mapping.AuthBasic:
		plain = append(plain, a.User+":"+a.Password)
	case mapping.AuthOAuth:
		plain = append(plain, url.QueryEscape(a.OAuth.ClientID)+":"+url.QueryEscape(a.OAuth.ClientSecret))
	}
	var out []string
	for _, s := range plain {
		if len(s) >= leastSecret {
			out = append(out, forms(s)...)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return slices.Compact(out)
}

// forms are the ways in which a text is written.
func forms(s string) []string {
	quoted := func(escapeHTML bool) string {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(escapeHTML)
		_ = e.Encode(s) // a text can always be written
		return strings.Trim(strings.TrimSpace(b.String()), `"`)
	}
	return []string{s, url.QueryEscape(s), url.PathEscape(s), quoted(true), quoted(false), strings.ReplaceAll(s, "/", `\/`),
		base64.StdEncoding.EncodeToString([]byte(s)), base64.RawStdEncoding.EncodeToString([]byte(s)),
		base64.URLEncoding.EncodeToString([]byte(s)), base64.RawURLEncoding.EncodeToString([]byte(s))}
}

func hide(s string, secrets []string) string {
	for _, secret := range secrets {
		s = strings.ReplaceAll(s, secret, "•••")
	}
	return s
}
