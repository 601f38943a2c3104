package importer

import (
	"io"
	"strconv"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// wholePlan writes all that a plan comes to: a line for each thing that a row makes or changes, for each reason why one
// is not taken, and for what is gone. A report tells the first rows only. A nil one writes nothing.
type wholePlan struct {
	open  func() io.WriteCloser
	words func(desk.FieldError) string
	w     *csvWriter
}

var wholeHeads = []string{"planilha", "linha", "situacao", "coisa", "chave", "campo", "antes", "agora", "motivo"}

// situationGone is what the registry has and the sheets don't.
const situationGone = "ausente"

func (p *wholePlan) line(fields ...string) error {
	if p.w == nil {
		var err error
		if p.w, err = newCSV(p.open(), ';'); err != nil {
			return err
		}
		if err := p.w.write(wholeHeads); err != nil {
			return err
		}
	}
	return p.w.write(fields)
}

func (p *wholePlan) row(o Outcome) error {
	if p == nil {
		return nil
	}
	line := strconv.Itoa(o.Line)
	for _, c := range o.Changes {
		if err := p.line(o.Sheet, line, string(o.State), c.Thing, c.Key, c.Field, c.Old, c.New, ""); err != nil {
			return err
		}
	}
	tell := func(all []desk.FieldError) error {
		for _, e := range all {
			why := e.Code
			if p.words != nil {
				why = p.words(e)
			}
			if err := p.line(o.Sheet, line, string(o.State), "", "", e.Field, "", "", why); err != nil {
				return err
			}
		}
		return nil
	}
	if err := tell(o.Reasons); err != nil {
		return err
	}
	return tell(o.Warnings)
}

func (p *wholePlan) gone(g flow.RegistryGone) error {
	if p == nil {
		return nil
	}
	return p.line("", "", situationGone, g.Thing, g.Key, "", g.Unit, "", "")
}

func (p *wholePlan) close() error {
	if p == nil || p.w == nil {
		return nil
	}
	return p.w.close()
}
