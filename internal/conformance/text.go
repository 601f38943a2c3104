package conformance

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// find looks in an answer for the text that begins with mark. same: it is there as it was sent, but for the kind of its
// line breaks; came is what is there in its place, or empty where nothing is.
func find(body []byte, mark, text string) (came string, same bool) {
	want := plainText(text)
	for _, s := range texts(body) {
		if !strings.Contains(s, mark) {
			continue
		}
		if s = plainText(s); s == want {
			return s, true
		}
		if len(s) > len(came) {
			came = s
		}
	}
	return came, false
}

func plainText(s string) string {
	return strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s))
}

// texts are all texts of a JSON or XML document; of anything else, itself.
func texts(body []byte) []string {
	var v any
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if dec.Decode(&v) == nil {
		return inJSON(nil, v)
	}
	if out, ok := inXML(body); ok {
		return out
	}
	return []string{string(body)}
}

func inJSON(out []string, v any) []string {
	switch v := v.(type) {
	case string:
		return append(out, v)
	case []any:
		for _, e := range v {
			out = inJSON(out, e)
		}
	case map[string]any:
		for _, e := range v {
			out = inJSON(out, e)
		}
	}
	return out
}

// inXML gathers the text of each element; not ok where it isn't XML to its end.
func inXML(body []byte) (out []string, ok bool) {
	dec := xml.NewDecoder(bytes.NewReader(body))
	var b strings.Builder
	for {
		t, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return out, len(out) > 0
		}
		if err != nil {
			return nil, false
		}
		switch t := t.(type) {
		case xml.CharData:
			b.Write(t)
		default:
			if b.Len() > 0 {
				out = append(out, b.String())
				b.Reset()
			}
		}
	}
}

// differs says where two texts part, in characters from 1, with a little of each from there.
func differs(want, got string) (at int, wanted, came string) {
	w, g := []rune(plainText(want)), []rune(plainText(got))
	for at < len(w) && at < len(g) && w[at] == g[at] {
		at++
	}
	return at + 1, excerpt(w, at), excerpt(g, at)
}

const shown = 24 // characters of an excerpt

func excerpt(r []rune, from int) string {
	if from >= len(r) {
		return "∅"
	}
	return string(r[from:min(from+shown, len(r))])
}
