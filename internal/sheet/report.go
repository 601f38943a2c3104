package sheet

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// Report is a report of a conformance run on paper. Its words come in the reader's language; it knows only how they
// are laid out.
type Report struct {
	Title, Subtitle, Subject string
	Lang, Version            string
	At                       time.Time
	Foot, Page, Of           string // of each page's foot
	Facts                    []Fact
	// Statement is the signature, or that there is none.
	Statement string
	Signed    bool
	// Table's head: area, case, result, what came.
	TableTitle string
	Head       [4]string
	Areas      []ReportArea
	CallsTitle string
	Request    string // heading of what was sent
	Response   string
	Nothing    string // where one of them is missing
}

// Fact is a line of what the report is about; Code is set in the type of the wire.
type Fact struct {
	Name, Text string
	Code       bool
}

// ReportArea is a point or a door.
type ReportArea struct {
	Name  string
	Cases []ReportCase
}

// ReportCase is one case with its calls.
type ReportCase struct {
	Name, Result string
	// Mark stands before the result, so that no colour has to tell it: "✓", "!", "✗", "–".
	Mark, Came string
	Words      []Fact // expected, came, to do
	Calls      []ReportCall
}

// ReportCall is one call with its answer, as it may be shown.
type ReportCall struct{ Head, Request, Response string }

// PDF is the report on A4, with every call.
func (r *Report) PDF() ([]byte, error) {
	p := newPaper(r.Title, r.Subject, r.Version, r.Lang, r.At)
	p.foot, p.page, p.of = r.Foot, r.Page, r.Of
	p.AddPage()
	p.SetFillColor(accent.r, accent.g, accent.b)
	p.Rect(0, 0, 210, 3, "F")
	p.SetY(margin + 2)
	p.font("inter", "B", 20, ink)
	p.MultiCell(width, 9, r.Title, "", "L", false)
	p.font("inter", "", 10, muted)
	p.MultiCell(width, 5.5, r.Subtitle, "", "L", false)
	p.Ln(3)
	p.facts(r.Facts)
	p.statement(r)
	p.heading(r.TableTitle)
	var rows [][]string
	for _, a := range r.Areas {
		for i, c := range a.Cases {
			name := a.Name
			if i > 0 {
				name = ""
			}
			rows = append(rows, []string{name, printable(c.Name), c.Mark + " " + c.Result, printable(c.Came)})
		}
	}
	p.table([]column{{r.Head[0], 38, ""}, {r.Head[1], 38, ""}, {r.Head[2], 28, ""}, {r.Head[3], width - 104, ""}}, rows)
	p.AddPage()
	p.heading(r.CallsTitle)
	for _, a := range r.Areas {
		p.heading(a.Name)
		for i := range a.Cases {
			p.reportCase(r, &a.Cases[i])
		}
	}
	var out bytes.Buffer
	err := p.Output(&out)
	return out.Bytes(), err
}

// facts are names with what they are, side by side.
func (p *paper) facts(all []Fact) {
	const name = 40.0
	for _, f := range all {
		kind := column{font: ""}
		if f.Code {
			kind.font = "mono"
		}
		p.cellFont(kind)
		lines := p.wrap(printable(f.Text), width-name)
		p.room(float64(len(lines)) * rowLine)
		y := p.GetY()
		p.font("inter", "", small, muted)
		p.SetXY(margin, y)
		p.CellFormat(name, rowLine, f.Name, "", 0, "L", false, 0, "")
		p.cellFont(kind)
		for i, l := range lines {
			p.SetXY(margin+name, y+float64(i)*rowLine)
			p.CellFormat(width-name, rowLine, l, "", 0, "L", false, 0, "")
		}
		p.SetXY(margin, y+float64(len(lines))*rowLine+.6)
	}
}

func (p *paper) statement(r *Report) {
	p.Ln(2)
	p.font("inter", "", body, muted)
	if r.Signed {
		p.font("inter", "B", body, ink)
	}
	p.SetFillColor(tint.r, tint.g, tint.b)
	p.MultiCell(width, 5.4, printable(r.Statement), "", "L", true)
}

func (p *paper) reportCase(r *Report, c *ReportCase) {
	p.room(34)
	p.subheading(c.Mark + " " + c.Name + " · " + c.Result)
	p.facts(c.Words)
	for _, x := range c.Calls {
		p.room(20)
		p.Ln(1)
		p.font("inter", "B", small, ink)
		p.MultiCell(width, 4.6, printable(x.Head), "", "L", false)
		for _, part := range [][2]string{{r.Request, x.Request}, {r.Response, x.Response}} {
			p.room(10)
			p.font("inter", "", small, muted)
			p.MultiCell(width, 4.2, part[0], "", "L", false)
			if part[1] == "" {
				part[1] = r.Nothing
			}
			p.code(printable(part[1]))
		}
	}
	p.Ln(1)
}

// printable spells out what the types of this paper can't show: signs beyond the first 65,536, and joiners.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r > 0xFFFF || r >= 0xFE00 && r <= 0xFE0F || r == 0x200D {
			fmt.Fprintf(&b, "[U+%X]", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
