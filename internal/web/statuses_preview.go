package web

import (
	"bytes"
	"encoding/json"
	"strings"

	"ponte/internal/flow"
)

// previewHeads are the headers, one a line.
func previewHeads(v *flow.Preview) string {
	var b strings.Builder
	for _, h := range v.Header {
		b.WriteString(h.Name + ": " + h.Value + "\n")
	}
	if v.Body != "" {
		b.WriteString("\n")
	}
	return b.String()
}

// indented is a JSON or XML body as people read it; another body as it is.
func indented(body string) string {
	if strings.HasPrefix(body, "<") {
		return indentedXML(body)
	}
	var b bytes.Buffer
	if json.Indent(&b, []byte(body), "", "  ") != nil {
		return body
	}
	return b.String()
}

// indentedXML puts each element of a body that Ponte wrote on a line of its own; one that only holds text stays with it.
func indentedXML(body string) string {
	var b strings.Builder
	depth := 0
	for i := 0; i < len(body); {
		end := i + strings.IndexByte(body[i:], '>') + 1
		if body[i] != '<' || end <= i {
			return body
		}
		tag := body[i:end]
		isEnd := strings.HasPrefix(tag, "</")
		if isEnd {
			depth--
		}
		if i > 0 {
			b.WriteString("\n" + strings.Repeat("  ", max(0, depth)))
		}
		b.WriteString(tag)
		i = end
		if isEnd || strings.HasSuffix(tag, "/>") || strings.HasPrefix(tag, "<?") {
			continue
		}
		text := len(body)
		if next := strings.IndexByte(body[i:], '<'); next >= 0 {
			text = i + next
		}
		closing := strings.HasPrefix(body[text:], "</")
		if !closing && text == i {
			depth++
			continue
		}
		last := text + strings.IndexByte(body[text:], '>') + 1
		if !closing || last <= text { // text beside elements is not ours
			return body
		}
		b.WriteString(body[i:last])
		i = last
	}
	return b.String()
}

// missingText says of a value what is missing, and for the unit's id what to do.
func missingText(p *page, m flow.PreviewRow) string {
	if m.Source == flow.UnitIDField {
		return p.T("statuses.missing_unit", "target", m.Target)
	}
	return p.T("statuses.missing_"+m.Code, "target", m.Target, "source", sourceText(p, m.Source))
}

// sourceText is where a value comes from.
func sourceText(p *page, source string) string {
	if source == "cel" || source == "fixo" {
		return p.T("statuses.source_" + source)
	}
	return source
}
