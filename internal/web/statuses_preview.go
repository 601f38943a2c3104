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

// indented is a JSON body as people read it; another body as it is.
func indented(body string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(body), "", "  ") != nil {
		return body
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
