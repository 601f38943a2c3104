package sheet

import (
	"bytes"
	"encoding/json"
	"strings"
)

// column of a table: its heading, its width in millimetres and the font of its cells.
type column struct {
	head  string
	width float64
	font  string
}

const (
	rowLine   = 3.9 // height of a line of a cell
	pad       = 1.4 // around what is in a cell
	codeLine  = 3.5
	monoSmall = 7.0
)

// table draws rows that stay whole; at the top of each page the headings stand again.
func (p *paper) table(columns []column, rows [][]string) {
	p.tableHead(columns)
	_, height := p.GetPageSize()
	for _, r := range rows {
		cells, lines := make([][]string, len(r)), 1
		for i, text := range r {
			p.cellFont(columns[i])
			cells[i] = p.wrap(text, columns[i].width-2*pad)
			lines = max(lines, len(cells[i]))
		}
		tall := float64(lines)*rowLine + 2*pad
		if p.GetY()+tall > height-foot {
			p.AddPage()
			p.tableHead(columns)
		}
		x, y := margin, p.GetY()
		for i, cell := range cells {
			p.cellFont(columns[i])
			for n, text := range cell {
				p.SetXY(x+pad, y+pad+float64(n)*rowLine)
				p.CellFormat(columns[i].width-2*pad, rowLine, text, "", 0, "L", false, 0, "")
			}
			x += columns[i].width
		}
		p.SetDrawColor(line.r, line.g, line.b)
		p.Line(margin, y+tall, margin+width, y+tall)
		p.SetXY(margin, y+tall)
	}
	p.Ln(2)
}

func (p *paper) tableHead(columns []column) {
	p.font("inter", "B", 7.5, muted)
	p.SetFillColor(tint.r, tint.g, tint.b)
	for _, c := range columns {
		p.CellFormat(c.width, 6, " "+c.head, "", 0, "L", true, 0, "")
	}
	p.Ln(6)
}

func (p *paper) cellFont(c column) {
	if c.font == "mono" {
		p.font("mono", "", monoSmall, ink)
		return
	}
	p.font("inter", "", small, ink)
}

// wrap breaks a text to a width at blanks, and inside a word that is wider by itself.
func (p *paper) wrap(text string, width float64) (lines []string) {
	for paragraph := range strings.SplitSeq(text, "\n") {
		now := ""
		for word := range strings.SplitSeq(paragraph, " ") {
			next := word
			if now != "" {
				next = now + " " + word
			}
			if p.GetStringWidth(next) <= width {
				now = next
				continue
			}
			if now != "" {
				lines = append(lines, now)
			}
			now = word
			for p.GetStringWidth(now) > width {
				head := p.fits(now, width)
				lines, now = append(lines, head), now[len(head):]
			}
		}
		lines = append(lines, now)
	}
	return lines
}

// fits is the longest beginning that has room, broken after a mark rather than in a name, and one character at least.
func (p *paper) fits(word string, width float64) string {
	end, mark := 0, 0
	for i, r := range word {
		if next := i + len(string(r)); p.GetStringWidth(word[:next]) <= width {
			end = next
			if strings.ContainsRune("/_-.,:;?&=@", r) {
				mark = next
			}
			continue
		}
		if end == 0 {
			return word[:len(string(r))]
		}
		break
	}
	if mark > end/2 {
		return word[:mark]
	}
	return word[:end]
}

// code is text as it stands on the wire, on a tint, broken over pages line by line. A line that is too long goes on
// indented below.
func (p *paper) code(text string) {
	p.font("mono", "", monoSmall, ink)
	var lines []string
	for l := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		if p.GetStringWidth(l) <= width-2*pad-1 {
			lines = append(lines, l)
			continue
		}
		indent := l[:len(l)-len(strings.TrimLeft(l, " "))]
		for i, part := range p.wrap(strings.TrimLeft(l, " "), width-2*pad-5-p.GetStringWidth(indent)) {
			if i > 0 {
				part = "  " + part
			}
			lines = append(lines, indent+part)
		}
	}
	p.SetFillColor(tint.r, tint.g, tint.b)
	for i, l := range lines {
		p.room(codeLine)
		if i == 0 {
			p.CellFormat(width, 1, "", "", 1, "L", true, 0, "")
		}
		p.SetX(margin)
		p.CellFormat(pad, codeLine, "", "", 0, "L", true, 0, "")
		p.CellFormat(width-pad, codeLine, l, "", 1, "L", true, 0, "")
	}
	p.CellFormat(width, 1, "", "", 1, "L", true, 0, "")
	p.Ln(1)
}

// Pretty puts line breaks into a body for people.
func Pretty(mime, body string) string {
	switch {
	case strings.Contains(mime, "json"):
		var b bytes.Buffer
		if json.Indent(&b, []byte(body), "", "  ") == nil {
			return b.String()
		}
	case strings.Contains(mime, "xml"):
		return strings.ReplaceAll(body, "><", ">\n<")
	}
	return body
}
