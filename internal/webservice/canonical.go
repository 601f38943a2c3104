package webservice

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// keptText bounds a text in the canonical form: longer ones are named by hash, since an unknown parameter may
	// well be a file under the wrong name.
	keptText = 64 << 10
	// KeptBody is how much of a body that couldn't be decoded is kept.
	KeptBody = 64 << 10
)

// canonical is the form in which received parameters are kept and hashed: a JSON object with sorted names. Bytes
// are {"sha256","bytes"}; a name that came more than once has a list; an absent parameter (null, blank) isn't there,
// unless its name is unknown, because that is evidence. The same call has the same canonical form through every
// encoding.
func (p *inputPlan) canonical(params []Param) []byte {
	order := make([]int, 0, len(params))
	for i := range params {
		if _, known := p.byName[params[i].Name]; known && absent(&params[i]) {
			continue
		}
		order = append(order, i)
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(params[a].Name, params[b].Name) })
	out := []byte{'{'}
	for n := 0; n < len(order); {
		name := params[order[n]].Name
		last := n + 1
		for last < len(order) && params[order[last]].Name == name {
			last++
		}
		if n > 0 {
			out = append(out, ',')
		}
		out = AppendJSONString(out, name)
		out = append(out, ':')
		if last-n > 1 {
			out = append(out, '[')
		}
		for i := n; i < last; i++ {
			if i > n {
				out = append(out, ',')
			}
			out = p.appendKept(out, &params[order[i]])
		}
		if last-n > 1 {
			out = append(out, ']')
		}
		n = last
	}
	return append(out, '}')
}

func absent(param *Param) bool {
	switch param.Form {
	case Null, Hollow:
		return true
	case Plain:
		return param.Raw == nil && strings.TrimSpace(param.Text) == ""
	}
	return false
}

func (p *inputPlan) appendKept(out []byte, param *Param) []byte {
	f, known := p.byName[param.Name]
	switch {
	case param.Form == Null:
		return append(out, "null"...)
	case !known && secretName(param.Name):
		return append(out, `"***"`...)
	case param.Form == File || param.Raw != nil:
		return appendDigest(out, param.Raw)
	case known && p.specs[f].Kind == KindFile, len(param.Text) > keptText:
		return appendDigest(out, []byte(param.Text))
	}
	return AppendJSONString(out, param.Text)
}

// secretName recognises a credential that was sent as if it were a parameter. It is refused as unknown, and must
// not be kept for that.
func secretName(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"token", "senha", "password", "secret", "authorization", "apikey", "api_key"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

func appendDigest(out, raw []byte) []byte {
	sum := sha256.Sum256(raw)
	return fmt.Appendf(out, `{"bytes":%d,"sha256":"%x"}`, len(raw), sum)
}

// Params reads a canonical form back, so that a kept call can be replayed. file fetches the bytes of a file by
// its SHA-256 (lower-case hex); nil where there are none to fetch.
func Params(canonical []byte, file func(sha256 string) ([]byte, error)) ([]Param, error) {
	var members map[string]any
	if err := json.Unmarshal(canonical, &members); err != nil {
		return nil, fmt.Errorf("webservice: not the canonical form of a call: %w", err)
	}
	var params []Param
	for name, value := range members {
		values, repeated := value.([]any)
		if !repeated {
			values = []any{value}
		}
		for _, v := range values {
			param := Param{Name: name, Form: Null}
			switch v := v.(type) {
			case string:
				param.Form, param.Text = Plain, v
			case map[string]any:
				sum, _ := v["sha256"].(string)
				if file == nil {
					return nil, fmt.Errorf("webservice: the bytes of %s were not kept", name)
				}
				raw, err := file(sum)
				if err != nil {
					return nil, fmt.Errorf("webservice: fetching %s: %w", name, err)
				}
				param.Form, param.Raw = File, raw
			}
			params = append(params, param)
		}
	}
	slices.SortStableFunc(params, func(a, b Param) int { return strings.Compare(a.Name, b.Name) })
	return params, nil
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// undecodedText is the start of a body that couldn't be decoded, as text that any database can store.
func undecodedText(body []byte) []byte {
	if len(body) > KeptBody {
		body = body[:KeptBody]
	}
	if !utf8.Valid(body) {
		body = bytes.ToValidUTF8(body, []byte("\uFFFD"))
	}
	return bytes.ReplaceAll(body, []byte{0}, []byte("\uFFFD"))
}
