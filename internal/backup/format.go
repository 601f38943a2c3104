package backup

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"ponte/internal/blob"
	"ponte/internal/store"
)

// format is the version of what stands here.
const format = 1

// The entries of the tar, in their order.
const (
	headName     = "ponte.json"    // Head
	tablesFolder = "tables/"       // tables/NAME/000001.ndjson: rows as JSON arrays, one a line, in the order of the columns
	filesFolder  = "attachments/"  // attachments/ab/SHA256.SINCE: the bytes, under the name that they have in the store
	manifestName = "manifest.json" // Manifest: comes last, so that a file without one was cut off
)

// Head says what a backup is, before anything else is read.
type Head struct {
	Format   int           `json:"format"`
	Ponte    string        `json:"ponte"`    // the release that wrote it
	Database store.Dialect `json:"database"` // that it was taken from; it goes back into either
	Schema   int64         `json:"schema"`   // number of the newest migration
	TakenAt  int64         `json:"taken_at"` // Unix milliseconds
	Tables   []store.Table `json:"tables"`   // in the order in which they come
}

// Manifest is what must have been read when the end is reached.
type Manifest struct {
	Tables      map[string]TableSum `json:"tables"`
	Attachments FilesSum            `json:"attachments"`
	// Missing are hashes of attachments whose bytes could not be read when the backup was taken.
	Missing []string `json:"missing,omitempty"`
	// Keys counts sealed values by the fingerprint of the key that they were sealed with: a restored installation needs
	// these keys.
	Keys map[string]int64 `json:"keys"`
}

// TableSum is a table's rows, and the SHA-256 of their lines.
type TableSum struct {
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

// FilesSum is the attachments' number and bytes, and the SHA-256 of their names, one a line. A file's own hash is its name.
type FilesSum struct {
	Files  int64  `json:"files"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Rows is the sum over all tables.
func (m *Manifest) Rows() (n int64) {
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

// ErrDamaged is answered for a file that is not whole: cut off, altered, or no backup at all.
var ErrDamaged = errors.New("backup: the file is damaged or no backup of ponte")

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

func fileName(id blob.ID) string {
	return fmt.Sprintf("%s%s/%s.%d", filesFolder, id.SHA256[:2], id.SHA256, id.Since)
}

// fileID reads what fileName wrote, and nothing else.
func fileID(name string) (blob.ID, bool) {
	last := name[strings.LastIndexByte(name, '/')+1:]
	hash, since, _ := strings.Cut(last, ".")
	n, err := strconv.ParseInt(since, 10, 64)
	id := blob.ID{SHA256: hash, Since: n}
	return id, err == nil && len(hash) == 64 && strings.Trim(hash, "0123456789abcdef") == "" && fileName(id) == name
}

// appendRow writes a row as one line.
func appendRow(b []byte, row []any) ([]byte, error) {
	b = append(b, '[')
	for i, v := range row {
		if i > 0 {
			b = append(b, ',')
		}
		switch v := v.(type) {
		case nil:
			b = append(b, "null"...)
		case int64:
			b = strconv.AppendInt(b, v, 10)
		case bool:
			b = strconv.AppendBool(b, v)
		case []byte:
			b = append(base64.StdEncoding.AppendEncode(append(b, '"'), v), '"')
		case string:
			text, err := jsonText(v)
			if err != nil {
				return b, err
			}
			b = append(b, text...)
		default: // numbers with a fraction
			text, err := json.Marshal(v)
			if err != nil {
				return b, err
			}
			b = append(b, text...)
		}
	}
	return append(b, "]\n"...), nil
}

// raw is a text that is no UTF-8, which JSON would quietly change.
type raw struct {
	Raw []byte `json:"raw"`
}

func jsonText(s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return json.Marshal(raw{[]byte(s)})
	}
	return json.Marshal(s)
}

// readRows reads lines back.
func readRows(lines []byte, columns []store.Column) (rows [][]any, err error) {
	for line := range bytes.Lines(lines) {
		var cells []json.RawMessage
		if err := json.Unmarshal(line, &cells); err != nil || len(cells) != len(columns) {
			return nil, damaged("a row has not the columns that it should have")
		}
		row := make([]any, len(cells))
		for i, c := range cells {
			if row[i], err = readValue(c, columns[i].Kind); err != nil {
				return nil, damaged("column %s: %v", columns[i].Name, err)
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func readValue(cell json.RawMessage, k store.Kind) (any, error) {
	if string(cell) == "null" {
		return nil, nil
	}
	switch k {
	case store.Int:
		return strconv.ParseInt(string(cell), 10, 64)
	case store.Bool:
		return strconv.ParseBool(string(cell))
	case store.Real:
		return strconv.ParseFloat(string(cell), 64)
	case store.Bytes:
		b := []byte{} // what was empty stays so, and does not become null
		err := json.Unmarshal(cell, &b)
		return b, err
	case store.Text:
		if cell[0] == '{' {
			var r raw
			err := json.Unmarshal(cell, &r)
			return string(r.Raw), err
		}
		var s string
		err := json.Unmarshal(cell, &s)
		return s, err
	}
	return nil, fmt.Errorf("unknown kind %q", k)
}
