package blob

import (
	"bytes"
	"net/http"
	"path"
	"strings"

	"ponte/internal/desk"
)

// SniffLen is how many bytes of a file's beginning Sniff wants to see, where there are as many.
const SniffLen = 3 << 10

// magic is what files of a type begin with. Programs stand first: whoever is two things at once is the worse one.
var magic = []struct {
	at    int
	bytes string
	is    string
}{
	{0, "\x7fELF", desk.TypeProgram},
	{0, "\xfe\xed\xfa\xce", desk.TypeProgram}, {0, "\xfe\xed\xfa\xcf", desk.TypeProgram}, // Mach-O
	{0, "\xce\xfa\xed\xfe", desk.TypeProgram}, {0, "\xcf\xfa\xed\xfe", desk.TypeProgram},
	{0, "\xca\xfe\xba\xbe", desk.TypeProgram}, // Mach-O for several processors; Java
	{0, "\x00asm", desk.TypeProgram},
	{0, "dex\n", desk.TypeProgram},
	{0, "L\x00\x00\x00\x01\x14\x02\x00", desk.TypeProgram}, // a Windows shortcut
	{0, "FWS", desk.TypeProgram}, {0, "CWS", desk.TypeProgram}, {0, "ZWS", desk.TypeProgram},
	{0, "#!", desk.TypeScript}, {0, "\xef\xbb\xbf#!", desk.TypeScript},

	{0, "\xff\xd8\xff", "image/jpeg"},
	{0, "\x89PNG\r\n\x1a\n", "image/png"},
	{0, "GIF87a", "image/gif"}, {0, "GIF89a", "image/gif"},
	{0, "%PDF-", "application/pdf"},
	{0, "PK\x03\x04", typeZip}, {0, "PK\x05\x06", typeZip},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", typeOLE},
	{4, "ftypheic", "image/heic"}, {4, "ftypheix", "image/heic"}, {4, "ftyphevc", "image/heic"},
	{4, "ftypmif1", "image/heif"}, {4, "ftypmsf1", "image/heif"}, {4, "ftypavif", "image/avif"},
	{4, "ftypqt  ", "video/quicktime"}, {4, "ftypM4A ", "audio/mp4"}, {4, "ftyp", "video/mp4"},
	{0, "{\\rtf", "application/rtf"},
}

const (
	typeZip = "application/zip"
	typeOLE = "application/x-ole-storage"
)

// office are the types that only a container's name tells apart; they are downloads whatever they are.
var office = map[string]map[string]string{
	typeZip: {
		".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
		".odt":  "application/vnd.oasis.opendocument.text",
		".ods":  "application/vnd.oasis.opendocument.spreadsheet",
	},
	typeOLE: {".doc": "application/msword", ".xls": "application/vnd.ms-excel", ".ppt": "application/vnd.ms-powerpoint"},
}

// Sniff says what bytes are by their beginning. The name only tells kinds of office document apart. What is not
// recognised is desk.TypeUnknown.
func Sniff(head []byte, name string) string {
	head = head[:min(len(head), SniffLen)]
	if isDOS(head) {
		return desk.TypeProgram
	}
	for _, m := range magic {
		if len(head) >= m.at && bytes.HasPrefix(head[m.at:], []byte(m.bytes)) {
			if kind, ok := office[m.is][strings.ToLower(path.Ext(name))]; ok {
				return kind
			}
			return m.is
		}
	}
	if len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP" {
		return "image/webp"
	}
	if isMarkup(head) {
		return desk.TypeMarkup
	}
	// What the standard library knows beside: sounds, films, fonts, archives, and text.
	kind, _, _ := strings.Cut(http.DetectContentType(head), ";")
	switch {
	case kind == "text/html" || kind == "text/xml":
		return desk.TypeMarkup
	case kind == "application/wasm":
		return desk.TypeProgram
	}
	return kind
}

// isDOS knows the programs of DOS and Windows. A text may begin with MZ as well, but has no zero bytes.
func isDOS(head []byte) bool {
	return (bytes.HasPrefix(head, []byte("MZ")) || bytes.HasPrefix(head, []byte("ZM"))) &&
		(len(head) < 64 || bytes.IndexByte(head[:64], 0) >= 0)
}

// isMarkup says whether the first thing of a text is a tag, a comment or a declaration: the standard library looks
// for well-known tags only, and <svg> is none of them. UTF-16 is read as its bytes.
func isMarkup(head []byte) bool {
	text := head
	for _, mark := range []string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"} {
		text = bytes.TrimPrefix(text, []byte(mark))
	}
	text = bytes.TrimLeft(text, "\x00\t\n\v\f\r \u00a0")
	if len(text) < 2 || text[0] != '<' {
		return false
	}
	next := bytes.TrimLeft(text[1:], "\x00")
	if len(next) == 0 {
		return false
	}
	c := next[0] | 0x20
	return c >= 'a' && c <= 'z' || next[0] == '!' || next[0] == '?' || next[0] == '/' || next[0] == '%'
}
