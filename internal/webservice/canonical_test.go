package webservice

import (
	"errors"
	"strings"
	"testing"
)

const sumOfX = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"

func TestCanonical(t *testing.T) {
	for _, c := range []struct {
		name   string
		params []Param
		want   string
	}{
		{"sorted, as text, absent left out", []Param{p("numero_ocorrencia", "7"), p("comentario", " a\r\n\"b\" "), p("autor", "\x01"),
			p("relacao", " "), {Name: "emergencia", Form: Null}, {Name: "data", Form: Hollow}},
			`{"autor":"\u0001","comentario":"a\n\"b\"","numero_ocorrencia":"7"}`},
		{"unknown and null is evidence", []Param{{Name: "x", Form: Null}}, `{"x":null}`},
		{"twice", []Param{p("data", "a"), p("data", "b")}, `{"data":["a","b"]}`},
		{"bytes by their hash, as base64", []Param{p("conteudo", "eA==")}, `{"conteudo":{"bytes":1,"sha256":"` + sumOfX + `"}}`},
		{"bytes by their hash, as a file", []Param{{Name: "conteudo", Form: File, Raw: []byte("x")}}, `{"conteudo":{"bytes":1,"sha256":"` + sumOfX + `"}}`},
		{"a file under a wrong name", []Param{{Name: "arquivo", Form: File, Raw: []byte("x")}}, `{"arquivo":{"bytes":1,"sha256":"` + sumOfX + `"}}`},
		{"credentials are masked", []Param{p("Token", "abc"), p("senha_ws", "abc")}, `{"Token":"***","senha_ws":"***"}`},
		{"nothing", nil, `{}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, call, _ := bindOnce(t, false, c.params...)
			if string(call.Raw) != c.want {
				t.Errorf("got  %s\nwant %s", call.Raw, c.want)
			}
			if call.Hash != hashOf(call.Raw) || call.Undecoded {
				t.Error("hash or mark")
			}
		})
	}
}

func TestCanonicalNamesLongTextsByHash(t *testing.T) {
	_, call, _ := bindOnce(t, false, p("arquivo", strings.Repeat("A", keptText+1)))
	if len(call.Raw) > 200 {
		t.Errorf("%d bytes kept", len(call.Raw))
	}
}

func TestUndecodableBase64IsKeptByHash(t *testing.T) {
	_, call, _ := bindOnce(t, false, p("conteudo", "???"))
	if strings.Contains(string(call.Raw), "???") {
		t.Error(string(call.Raw))
	}
}

func TestReplayFromTheCanonicalForm(t *testing.T) {
	_, first, err := bindOnce(t, false, p("numero_ocorrencia", "7"), p("comentario", "á\nb"), p("conteudo", "eA=="))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Params(first.Raw, nil); err == nil {
		t.Error("a file came out of nothing")
	}
	gone := errors.New("gone")
	if _, err := Params(first.Raw, func(string) ([]byte, error) { return nil, gone }); !errors.Is(err, gone) {
		t.Error(err)
	}
	params, e := Params(first.Raw, func(sum string) ([]byte, error) {
		if sum != sumOfX {
			t.Error(sum)
		}
		return []byte("x"), nil
	})
	if e != nil {
		t.Fatal(e)
	}
	in, again, err := bindOnce(t, false, params...)
	if err != nil || in.Comment != "á\nb" || string(in.File) != "x" || again.Hash != first.Hash {
		t.Error(in, err, string(again.Raw))
	}
	if _, err := Params([]byte("lixo"), nil); err == nil {
		t.Error("garbage was read")
	}
}

func TestUndecodedKeepsTextButNeverAFile(t *testing.T) {
	type plain struct {
		X string `ws:"x"`
	}
	noFile := Define[plain, output](Operation{Name: "A"}, nil)
	withFile := Define[input, output](Operation{Name: "B"}, nil)
	var c Call
	c.ReceivedUndecoded(noFile, []byte("a\xff\x00"+strings.Repeat("b", KeptBody)), p("numero_ocorrencia", "7"))
	if !strings.HasPrefix(string(c.Raw), "numero_ocorrencia: 7\n\na\uFFFD\uFFFDb") || len(c.Raw) > KeptBody+64 || !c.Undecoded {
		t.Errorf("%.40q, %d bytes", c.Raw, len(c.Raw))
	}
	c.ReceivedUndecoded(withFile, []byte("segredo"))
	if strings.Contains(string(c.Raw), "segredo") {
		t.Error(string(c.Raw))
	}
}
