package sheet

import (
	"bytes"
	_ "embed"
	"strconv"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gomono"
)

// Inter, cut to the weights that are used; fonts/README.md says how.
var (
	//go:embed fonts/inter-400.ttf
	regular []byte
	//go:embed fonts/inter-600.ttf
	bold []byte
)

// Measures of the page, in millimetres; sizes of type, in points.
const (
	margin, foot = 16.0, 18.0
	width        = 210 - 2*margin
	body, small  = 9.0, 8.0
)

type colour struct{ r, g, b int }

// The colours of the pages in their light form.
var (
	ink, muted = colour{24, 36, 40}, colour{84, 97, 103}
	accent     = colour{0, 99, 113}
	line, tint = colour{221, 227, 229}, colour{245, 248, 249}
)

// paper is the PDF while it is written.
type paper struct {
	*fpdf.Fpdf
	s *Sheet
	// foot is what stands at the left of each page's foot; page and of are the words of its number.
	foot, page, of string
}

// newPaper is A4 with our types, and what readers show of it.
func newPaper(title, subject, version, lang string, at time.Time) *paper {
	p := &paper{Fpdf: fpdf.New("P", "mm", "A4", "")}
	p.SetMargins(margin, margin, margin)
	p.SetAutoPageBreak(true, foot)
	p.AddUTF8FontFromBytes("inter", "", regular)
	p.AddUTF8FontFromBytes("inter", "B", bold)
	p.AddUTF8FontFromBytes("mono", "", gomono.TTF)
	p.SetTitle(title, true)
	p.SetSubject(subject, true)
	p.SetCreator(strings.TrimSpace("Ponte "+version), true)
	p.SetLang(lang)
	p.SetCreationDate(at)
	p.SetModificationDate(at)
	p.SetCatalogSort(true)
	p.AliasNbPages("{paginas}")
	p.SetFooterFunc(p.footer)
	return p
}

// PDF is the sheet on A4. The PDF says the same as the page, with the longer programs once.
func (s *Sheet) PDF() ([]byte, error) {
	p := newPaper("Ficha de parâmetros dos webservices", s.Base, s.Version, "pt-BR", s.At)
	p.s, p.foot, p.page, p.of = s, "Ponte · ficha de parâmetros · "+s.At.Format("02/01/2006"), "página", "de"
	p.AddPage()
	p.front()
	p.section(s.Access())
	p.section(s.Rules())
	for i := range s.Operations {
		p.operation(&s.Operations[i])
	}
	p.programs()
	p.codes("Todos os erros", s.Codes)
	var out bytes.Buffer
	err := p.Output(&out)
	return out.Bytes(), err
}

func (p *paper) font(family, style string, size float64, c colour) {
	p.SetFont(family, style, size)
	p.SetTextColor(c.r, c.g, c.b)
}

func (p *paper) footer() {
	p.SetY(-foot + 6)
	p.SetDrawColor(line.r, line.g, line.b)
	p.Line(margin, p.GetY()-1.5, margin+width, p.GetY()-1.5)
	p.font("inter", "", 7.5, muted)
	p.CellFormat(width/2, 4, p.foot, "", 0, "L", false, 0, "")
	// The number of pages is put in at the end, and is shorter than what stands for it.
	p.CellFormat(width/2+p.GetStringWidth("{paginas}")-p.GetStringWidth("20"), 4, p.page+" "+strconv.Itoa(p.PageNo())+" "+p.of+" {paginas}", "", 0, "R", false, 0, "")
}

// front is the title and the addresses.
func (p *paper) front() {
	p.SetFillColor(accent.r, accent.g, accent.b)
	p.Rect(0, 0, 210, 3, "F")
	p.SetY(margin + 2)
	p.font("inter", "B", 20, ink)
	p.MultiCell(width, 9, "Ficha de parâmetros dos webservices", "", "L", false)
	p.font("inter", "", 10, muted)
	of := "Para quem programa as chamadas ao Ponte"
	if p.s.Integration != "" {
		of += " como a integração " + p.s.Integration
	}
	p.MultiCell(width, 5.5, of+". Emitida em "+p.s.At.Format("02/01/2006 15:04")+", ambiente de "+p.s.Environment()+", versão "+p.s.Version+".", "", "L", false)
	p.Ln(3)
	p.heading("Endereços")
	rows := [][]string{}
	for _, a := range p.s.Addresses() {
		rows = append(rows, []string{a.Name, a.URL, a.Use})
	}
	p.table([]column{{"O quê", 32, ""}, {"Endereço", 82, "mono"}, {"Para quê", width - 114, ""}}, rows)
	rows = rows[:0]
	for _, o := range p.s.Operations {
		rows = append(rows, []string{o.Name, o.Summary()})
	}
	p.heading("Operações")
	p.table([]column{{"Operação", 48, "mono"}, {"Para quê", width - 48, ""}}, rows)
}

// room begins a new page where less than this is left.
func (p *paper) room(mm float64) {
	_, height := p.GetPageSize()
	if p.GetY()+mm > height-foot {
		p.AddPage()
	}
}

func (p *paper) heading(text string) {
	p.room(30)
	p.Ln(3)
	p.font("inter", "B", 13, accent)
	p.MultiCell(width, 7, text, "", "L", false)
	p.Bookmark(text, 0, -1)
	p.Ln(1)
}

func (p *paper) subheading(text string) {
	p.room(20)
	p.Ln(2)
	p.font("inter", "B", body, ink)
	p.MultiCell(width, 5, text, "", "L", false)
	p.Ln(.5)
}

func (p *paper) text(s string) {
	p.font("inter", "", body, ink)
	p.MultiCell(width, 4.6, s, "", "L", false)
}

func (p *paper) section(s Section) {
	p.heading(s.Title)
	for _, l := range s.Lines {
		p.room(14)
		p.font("inter", "B", body, ink)
		p.MultiCell(width, 4.6, l.Head, "", "L", false)
		p.text(l.Text)
		if l.Code != "" {
			p.Ln(.8)
			p.code(l.Code)
		}
		p.Ln(1.6)
	}
}

func (p *paper) operation(op *Operation) {
	p.room(120)
	p.heading(op.Name)
	p.text(op.Doc)
	p.Ln(1)
	p.code(strings.Join(p.s.Called(op), "\n"))
	p.font("inter", "", small, muted)
	p.MultiCell(width, 5, "A chamada pode ter até "+p.s.Limit(op)+".", "", "L", false)
	p.subheading("Parâmetros")
	rows := [][]string{}
	for _, a := range op.Params {
		rows = append(rows, []string{a.Name, a.Needed(), a.Type(), a.Doc, a.Example})
	}
	p.table([]column{{"Parâmetro", 38, "mono"}, {"Obrigatório", 20, ""}, {"Tipo", 30, ""}, {"O que é", 56, ""}, {"Exemplo", width - 144, ""}}, rows)
	p.subheading("Resposta: HTTP " + strconv.Itoa(op.Status) + ", " + op.Type)
	p.code(Pretty(op.Type, op.Answer))
	p.codes("Erros desta operação, além dos comuns", p.s.Own(op))
	for _, e := range p.s.Examples(op)[:3] {
		p.example(e)
	}
}

// programs are the ones that are alike for all operations.
func (p *paper) programs() {
	if len(p.s.Operations) == 0 {
		return
	}
	op := &p.s.Operations[0]
	p.AddPage()
	p.heading("Programas completos")
	p.text("Para as outras operações mudam só o nome e os parâmetros; a página da ficha traz cada programa pronto para copiar. Em Java, um arquivo vai em base64: Base64.getEncoder().encodeToString(Files.readAllBytes(Paths.get(\"teto.jpg\"))).")
	for _, e := range p.s.Examples(op)[3:] {
		p.example(e)
	}
}

func (p *paper) example(e Example) {
	p.subheading(e.Title)
	if e.Note != "" {
		p.font("inter", "", small, muted)
		p.MultiCell(width, 4.4, e.Note, "", "L", false)
	}
	p.code(e.Code)
}

func (p *paper) codes(title string, codes []Code) {
	if len(codes) == 0 {
		return
	}
	p.subheading(title)
	rows := [][]string{}
	for _, c := range codes {
		rows = append(rows, []string{c.Code, strconv.Itoa(c.HTTP), c.Title, c.Detail})
	}
	p.table([]column{{"codigo", 52, "mono"}, {"HTTP", 11, ""}, {"O que houve", 37, ""}, {"O que fazer", width - 100, ""}}, rows)
}
