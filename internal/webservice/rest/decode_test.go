package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"ponte/internal/desk"
	"ponte/internal/webservice"
	"ponte/internal/webservice/door"
)

var utf8Charset, latin1 = charsetOf("utf-8"), charsetOf("iso-8859-1")

func charsetOf(name string) door.Charset {
	c, _ := door.CharsetOf(name)
	return c
}

func TestDecodeJSON(t *testing.T) {
	for body, want := range map[string]string{
		``:                   "",
		" \t\r\n":            "",
		`{}`:                 "",
		"\uFEFF{\"a\":\"\"}": "a=",
		` { "a" : "x" } `:    "a=x",
		`{"a":1,"b":-1.5e+10,"c":true,"d":false,"e":null}`: "a=1 b=-1.5e+10 c=true d=false e:null",
		`{"a":{"b":[1,"}"]},"c":[],"d":{}}`:                `a:nested{"b":[1,"}"]} c:nested[] d:nested{}`,
		`{"\u0061":"\"\\\/\b\f\n\r\t\u00E9\ud83d\ude00"}`:  "a=\"\\/\b\f\n\r\té😀",
		`{"a":1,"a":2}`: "a=1 a=2",
		`{"a":` + strings.Repeat("[", 60) + strings.Repeat("]", 60) + `}`: "a:nested" + strings.Repeat("[", 60) + strings.Repeat("]", 60),
	} {
		params, err := decodeJSON(body)
		if got := show(params); err != nil || got != want {
			t.Errorf("%s: %s, %v", body, got, err)
		}
	}
	for body, at := range map[string]int{
		`[]`: 1, `"a"`: 1, `null`: 1, `{`: 2, `{"a"}`: 5, `{"a":}`: 6, `{"a":1,}`: 8, `{"a":01}`: 7, `{"a":1.}`: 8, `{"a":.5}`: 6, `{"a":+1}`: 6,
		`{"a":1e}`: 8, `{"a":-}`: 7, `{"a":NaN}`: 6, `{"a":tru}`: 6, `{"a":True}`: 6, `{'a':1}`: 2, `{a:1}`: 2, `{"a":"` + "\n" + `"}`: 7,
		`{"a":"\x"}`: 8, `{"a":"\u12"}`: 9, `{"a":"\udc00"}`: 13, `{"a":"\ud83dx"}`: 13, `{"a":"\ud83d\u0041"}`: 19, `{} x`: 4, `{}{}`: 3, "\u00A0{}": 1,
		`{"a":1 "b":2}`: 8, `{"a":"x`: 8, `{"a":"\`: 8, "\uFEFF[]": 4, `{"a":[1,]}`: 9, `{"a":{"b":1,}}`: 13, `{"a":"` + "\\n\x01" + `"}`: 9,
		`{"a":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`: 71,
	} {
		_, err := decodeJSON(body)
		known := refusal(err)
		if known.Code != desk.ErrContent || known.Args["motivo"] != "json" || known.Args["posicao"] != at {
			t.Errorf("%s: %v at %v, want %d", body, err, known.Args["posicao"], at)
		}
	}
}

func TestDecodersStopAtTooManyParameters(t *testing.T) {
	var members, pairs []string
	for i := range webservice.MaxParams + 1 {
		members = append(members, fmt.Sprintf(`"p%d":1`, i))
		pairs = append(pairs, fmt.Sprintf("p%d=1", i))
	}
	if _, err := decodeJSON("{" + strings.Join(members, ",") + "}"); err == nil || refusal(err).Args["motivo"] != "parametros_demais" {
		t.Error(err)
	}
	if _, err := decodeForm(strings.Join(pairs, "&"), utf8Charset); err == nil || refusal(err).Args["motivo"] != "parametros_demais" {
		t.Error(err)
	}
	if params, err := decodeJSON("{" + strings.Join(members[1:], ",") + "}"); err != nil || len(params) != webservice.MaxParams {
		t.Error(err, len(params))
	}
}

func TestDecodeForm(t *testing.T) {
	for body, want := range map[string]string{
		"": "", "&&": "", "a": "a=", "a=": "a=", "a=b=c": "a=b=c", "a=1&a=2": "a=1 a=2", "a+b=%2B%26+": "a b=+& ", "a=1;b=2": "a=1;b=2", "a=1\r\n": "a=1",
	} {
		params, err := decodeForm(body, utf8Charset)
		if got := show(params); err != nil || got != want {
			t.Errorf("%q: %q, %v", body, got, err)
		}
	}
}

func TestCharsets(t *testing.T) {
	for name, want := range map[string]string{"utf-8": "ç€", "iso-8859-1": "Ã§â‚¬", "windows-1252": "Ã§â‚¬"} {
		if got, err := charsetOf(name).Decode("ç€"); err != nil || got != want {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	if _, err := latin1.Decode("ab\x81"); err == nil || refusal(err).Args["posicao"] != 3 {
		t.Error(err)
	}
	if _, err := utf8Charset.Decode("aé\xffb"); err == nil || refusal(err).Args["posicao"] != 4 {
		t.Error(err)
	}
}

// refusal is the contract's error in err; an empty one where it is another.
func refusal(err error) *desk.Error {
	known := &desk.Error{}
	errors.As(err, &known)
	return known
}

// show writes parameters down for a comparison.
func show(params []webservice.Param) string {
	var parts []string
	for _, p := range params {
		switch p.Form {
		case webservice.Null:
			parts = append(parts, p.Name+":null")
		case webservice.Nested:
			parts = append(parts, p.Name+":nested"+p.Text)
		default:
			parts = append(parts, p.Name+"="+p.Text)
		}
	}
	return strings.Join(parts, " ")
}

// FuzzDecodeJSON holds the scanner against encoding/json: what it takes is JSON with the same strings in it, and what
// it refuses is no JSON, no object, or among the few things that it refuses on purpose.
func FuzzDecodeJSON(f *testing.F) {
	for _, seed := range []string{`{"a":"b"}`, `{"a":-1.5e+10,"b":{"c":[1,"}"]},"d":null,"e":true}`, `{"a":"\ud83d\ude00\n"}`, "\uFEFF{}", `{"a":"\ud83d"}`, `[]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		text, err := utf8Charset.Decode(body)
		if err != nil {
			return
		}
		params, err := decodeJSON(text)
		plain := strings.TrimPrefix(text, "\uFEFF")
		var members map[string]json.RawMessage
		theirs := json.Unmarshal([]byte(plain), &members)
		isObject := theirs == nil && members != nil
		if err == nil && !isObject && strings.Trim(plain, " \t\r\n") != "" {
			t.Fatalf("took %q: %v", body, theirs)
		}
		if err != nil && isObject {
			deep := strings.Count(plain, "[")+strings.Count(plain, "{") > maxDepth
			half := strings.Contains(strings.ToLower(plain), `\ud`)
			if !deep && !half && len(members) <= webservice.MaxParams && strings.Count(plain, ",") < webservice.MaxParams {
				t.Fatalf("refused %q: %v", body, err)
			}
		}
		last := map[string]webservice.Param{} // encoding/json takes the last of a repeated name
		for _, p := range params {
			last[p.Name] = p
		}
		for name, p := range last {
			var s string
			if !utf8.ValidString(p.Text) {
				t.Fatalf("not UTF-8 from %q", body)
			}
			if raw := members[name]; p.Form == webservice.Plain && json.Unmarshal(raw, &s) == nil && s != p.Text {
				t.Fatalf("%q: %q, not %q", body, p.Text, s)
			}
		}
	})
}

// FuzzDecodeForm holds the form decoder against net/url, which knows no semicolon.
func FuzzDecodeForm(f *testing.F) {
	f.Add("a=b&c=%C3%A7+d&a=")
	f.Add("comentario=infiltra%E7%E3o")
	f.Add("&&=&%")
	f.Fuzz(func(t *testing.T, body string) {
		if _, err := decodeForm(body, latin1); err == nil {
			for _, p := range must(decodeForm(body, latin1)) {
				if !utf8.ValidString(p.Name) || !utf8.ValidString(p.Text) {
					t.Fatalf("not UTF-8 from %q", body)
				}
			}
		}
		params, err := decodeForm(body, utf8Charset)
		if err != nil || strings.Contains(body, ";") {
			return
		}
		theirs, e := url.ParseQuery(strings.Trim(body, "\r\n"))
		if e != nil {
			t.Fatalf("took %q: %v", body, e)
		}
		ours := url.Values{}
		for _, p := range params {
			ours.Add(p.Name, p.Text)
		}
		if ours.Encode() != theirs.Encode() {
			t.Fatalf("%q: %v, not %v", body, ours, theirs)
		}
	})
}

func must(params []webservice.Param, err error) []webservice.Param {
	if err != nil {
		panic(err)
	}
	return params
}
