package soap

import (
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"ponte/internal/desk"
)

// hostile are messages that mean harm, or are harmed.
func hostile() map[string]string {
	sound := in11(comment(`<numero_ocorrencia>7</numero_ocorrencia><comentario>é</comentario>`))
	bomb := `<!DOCTYPE lolz [<!ENTITY lol "lol">`
	for i := '1'; i <= '9'; i++ {
		bomb += `<!ENTITY lol` + string(i) + ` "` + strings.Repeat("&lol;", 10) + `">`
	}
	var attributes strings.Builder
	for i := range 20_000 {
		attributes.WriteString(" a" + strings.Repeat("x", i%7) + "='1'")
	}
	return map[string]string{
		"sound":            sound,
		"entity bomb":      bomb + `]>` + strings.Replace(sound, "é", "&lol9;", 1),
		"external entity":  `<!DOCTYPE a SYSTEM "file:///etc/passwd">` + sound,
		"deep":             in11(comment(strings.Repeat("<a>", 100_000))),
		"deep header":      strings.Replace(sound, "<s:Body>", "<s:Header>"+strings.Repeat("<a>", 10_000), 1),
		"20k attributes":   strings.Replace(sound, "<comentario>", "<comentario"+attributes.String()+">", 1),
		"20k in the head":  strings.Replace(sound, "<s:Body>", "<s:Body"+attributes.String()+">", 1),
		"many namespaces":  strings.Replace(sound, "<comentario>", "<comentario"+strings.ReplaceAll(attributes.String(), " a", " xmlns:a")+">", 1),
		"many elements":    in11(comment(strings.Repeat("<a/>", 200_000))),
		"many CDATA":       in11(comment("<comentario>" + strings.Repeat("<![CDATA[a]]>", 50_000) + "</comentario>")),
		"many references":  in11(comment("<comentario>" + strings.Repeat("&amp;", 150_000) + "</comentario>")),
		"many comments":    in11(comment(strings.Repeat("<!---->", 100_000))),
		"a long name":      in11(comment("<" + strings.Repeat("a", 900_000) + "/>")),
		"a long comment":   in11(comment("<!--" + strings.Repeat("-", 900_000))),
		"no end":           in11(comment("<comentario>" + strings.Repeat("a", 900_000)))[:900_000],
		"nothing but <":    strings.Repeat("<", 900_000),
		"nothing but &":    "<a>" + strings.Repeat("&", 900_000),
		"nothing but NUL":  strings.Repeat("\x00", 900_000),
		"UTF-16":           toUTF16(sound, binary.LittleEndian, true),
		"half of UTF-16":   toUTF16(sound, binary.BigEndian, true)[:301],
		"Latin-1":          strings.Replace(strings.Replace(sound, "é", "\xe9", 1), "UTF-8", "ISO-8859-1", 1),
		"cut":              sound[:len(sound)-40],
		"MTOM":             "--b\r\nContent-Type: application/xop+xml; type=\"text/xml\"\r\n\r\n" + sound + "\r\n--b--",
		"xop:Include":      in11(`<IncluirAnexo><numero_ocorrencia>7</numero_ocorrencia><nome>a</nome><conteudo><i:Include xmlns:i="http://www.w3.org/2004/08/xop/include" href="cid:a"/></conteudo></IncluirAnexo>`),
		"with a password":  signed(sound, "demo"),
		"two messages":     sound + sound,
		"quadratic prefix": in11(strings.Repeat(`<a xmlns:b="c">`, 60) + strings.Repeat("<b:b/>", 9000)),
	}
}

// TestHarmIsCheap: whatever is sent, an envelope comes back, and a message of up to a mebibyte takes less than eight of
// memory, garbage included.
func TestHarmIsCheap(t *testing.T) {
	h := newHandler(options(t))
	for name, message := range hostile() {
		if len(message) > 1<<20 {
			message = message[:1<<20]
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		w := send(h, "demo", "text/xml", strings.NewReader(message))
		runtime.ReadMemStats(&after)
		took := after.TotalAlloc - before.TotalAlloc
		said := read(t, w).fault().Codigo
		switch name {
		case "sound", "UTF-16", "Latin-1", "with a password":
			if said != "" {
				t.Errorf("%s: %s", name, said)
			}
		default:
			if said == "" {
				t.Errorf("%s was taken", name)
			}
		}
		if most := uint64(8 << 20); took > most || len(w.Body.String()) > 4<<10 {
			t.Errorf("%s: %d bytes of memory, %d answered", name, took, w.Body.Len())
		}
	}
}

// FuzzMessage holds the scanner against encoding/xml: what it takes is XML with the same elements and text in it, and
// what it refuses is no XML, or among the things that it refuses on purpose.
func FuzzMessage(f *testing.F) {
	for _, seed := range hostile() {
		f.Add(seed[:min(len(seed), 2000)])
	}
	f.Fuzz(func(t *testing.T, raw string) {
		text, err := textOf(raw, "", true)
		if err != nil {
			return
		}
		if !utf8.ValidString(text) {
			t.Fatalf("not UTF-8 from %q", raw)
		}
		ours, err := flat(text)
		theirs, theirErr := theirFlat(text)
		if err == nil && (theirErr != nil || ours != theirs) {
			t.Fatalf("took %q as\n%q, theirs\n%q, %v", text, ours, theirs, theirErr)
		}
		if err != nil && theirErr == nil && refusal(err).Args["motivo"] == "xml_cortado" && theirs != "" && !strings.Contains(text, "<!") {
			t.Fatalf("says cut: %q", text)
		}
	})
}

// flat writes down elements by local name, and text with line ends as XML has them.
func flat(text string) (string, error) {
	s := &scanner{text: text}
	var b strings.Builder
	for {
		t, err := s.next()
		switch {
		case err != nil:
			return "", err
		case t.kind == theEnd:
			return b.String(), nil
		case t.kind == startTag:
			b.WriteString("<" + t.name.local + ">")
		case t.kind == endTag:
			b.WriteString("</>")
		case len(s.open) > 0:
			b.WriteString(unix(t.text))
		}
	}
}

// unix takes line ends out of a comparison: ours are put right by the binder.
func unix(s string) string { return strings.NewReplacer("\r", "", "\n", "").Replace(s) }

func theirFlat(text string) (string, error) {
	d := xml.NewDecoder(strings.NewReader(text))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var b strings.Builder
	depth := 0
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case xml.StartElement:
			depth++
			b.WriteString("<" + t.Name.Local + ">")
		case xml.EndElement:
			depth--
			b.WriteString("</>")
		case xml.CharData:
			if depth > 0 {
				b.WriteString(unix(string(t)))
			}
		}
	}
}

// FuzzDoor: any bytes of any type get an envelope of a known version, a known codigo, and never a panic.
func FuzzDoor(f *testing.F) {
	kinds := []string{"text/xml", "text/xml; charset=iso-8859-1", "text/xml; charset=utf-16", "application/soap+xml; charset=utf-8", "multipart/related; boundary=b"}
	for name, seed := range hostile() {
		f.Add(seed[:min(len(seed), 2000)], len(name)%len(kinds), name != "with a password")
	}
	h := newHandler(options(f))
	f.Fuzz(func(t *testing.T, body string, kind int, authorized bool) {
		token := ""
		if authorized {
			token = "demo"
		}
		w := send(h, token, kinds[uint(kind)%uint(len(kinds))], strings.NewReader(body))
		answer := read(t, w)
		if space := answer.XMLName.Space; space != soap11.space && space != soap12.space {
			t.Fatal(w.Body)
		}
		codigo := answer.fault().Codigo
		if (codigo == "") != (w.Code == http.StatusOK) || codigo == desk.ErrInternal {
			t.Fatalf("%d %s for %q", w.Code, w.Body, body)
		}
	})
}
