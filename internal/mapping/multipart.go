package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// FileBody is an attachment that stands in a request's body, after its Body and before Tail. The bytes are not in
// the request: they are found by their hash when it is sent.
type FileBody struct {
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	Tail   string `json:"tail"`
}

// parts writes the parts of a multipart/form-data body. The boundary is made of what the call is about, so that
// the same call is the same bytes; nobody who made the file knew it.
type parts struct {
	boundary string
	head     strings.Builder
	part     string // the name of the part that carries the file
}

func newParts(deliveryID string, f *File) *parts {
	sum := sha256.Sum256([]byte("multipart:" + deliveryID + ":" + f.SHA256))
	return &parts{boundary: "ponte-" + hex.EncodeToString(sum[:16])}
}

func (m *parts) field(name, value string) {
	m.open(name, "")
	m.head.WriteString("\r\n" + value + "\r\n")
}

// open begins a part with the headers that name it.
func (m *parts) open(name, fileName string) {
	m.head.WriteString("--" + m.boundary + "\r\nContent-Disposition: form-data; name=\"" + partName.Replace(name) + `"`)
	if fileName != "" {
		m.head.WriteString(`; filename="` + partName.Replace(fileName) + `"`)
	}
	m.head.WriteString("\r\n")
}

// partName escapes as browsers do.
var partName = strings.NewReplacer("\r", "%0D", "\n", "%0A", `"`, "%22")

// finish puts the file last, after all that describes it, and answers what stands around its bytes.
func (m *parts) finish(f *File) (head string, body *FileBody) {
	m.open(m.part, f.Name)
	m.head.WriteString("Content-Type: " + headerText(orDefault(f.Type, "application/octet-stream")) + "\r\n\r\n")
	return m.head.String(), &FileBody{SHA256: f.SHA256, Size: f.Size, Tail: "\r\n--" + m.boundary + "--\r\n"}
}
