package web

import (
	"strings"
	"time"

	"ponte/internal/flow"
)

// personDoc is a person's data as programs read it; its names are stable.
type personDoc struct {
	At          string             `json:"gerado_em"`
	Person      personSelf         `json:"pessoa"`
	Places      []personPlace      `json:"vinculos"`
	Occurrences []personOccurrence `json:"ocorrencias"`
	Letters     []personLetter     `json:"cartas,omitempty"`
	NoLetters   bool               `json:"nao_quer_cartas,omitempty"`
}

type personLetter struct {
	Number int64  `json:"numero_ocorrencia"`
	Kind   string `json:"tipo"`
	State  string `json:"situacao"`
	To     string `json:"para"`
	At     string `json:"criada_em"`
}

type personSelf struct {
	Name     string `json:"nome"`
	Document string `json:"cpf_cnpj"`
	Email    string `json:"email"`
	Phone    string `json:"telefone"`
}

type personPlace struct {
	Unit     string `json:"unidade"`
	Contract string `json:"contrato,omitempty"`
	Relation string `json:"relacao"`
	Current  bool   `json:"vigente"`
}

type personOccurrence struct {
	Number         int64         `json:"numero"`
	Unit           string        `json:"unidade"`
	Status         string        `json:"status"`
	OpenedAt       string        `json:"aberta_em"`
	ClosedAt       string        `json:"encerrada_em,omitempty"`
	Subject        string        `json:"assunto"`
	Description    string        `json:"descricao"`
	Place          string        `json:"local,omitempty"`
	Requester      string        `json:"solicitante,omitempty"`
	RequesterPhone string        `json:"telefone_solicitante,omitempty"`
	Solution       string        `json:"solucao,omitempty"`
	Orders         []string      `json:"ordens_no_mobuss,omitempty"`
	Movements      []personMove  `json:"movimentacoes"`
	Visits         []personVisit `json:"vistorias,omitempty"`
	Files          []personFile  `json:"anexos,omitempty"`
	Sent           []personSent  `json:"envios_ao_mobuss,omitempty"`
}

type personMove struct {
	At      string `json:"data"`
	Status  string `json:"cod_status"`
	Author  string `json:"autor"`
	Origin  string `json:"origem"`
	Comment string `json:"comentario,omitempty"`
}

type personVisit struct {
	Start      string `json:"inicio"`
	Technician string `json:"tecnico,omitempty"`
	State      string `json:"situacao"`
}

type personFile struct {
	Name string `json:"nome"`
	Type string `json:"tipo_conteudo"`
	Size int64  `json:"tamanho"`
}

type personSent struct {
	Point string `json:"ponto"`
	State string `json:"situacao"`
	At    string `json:"criado_em"`
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

func personDocument(f *flow.PersonFile) personDoc {
	c := f.Customer
	doc := personDoc{At: stamp(f.At), Person: personSelf{c.Name, c.Document, c.Email, c.Phone}, Places: []personPlace{}, Occurrences: []personOccurrence{}}
	for _, p := range f.Places {
		doc.Places = append(doc.Places, personPlace{unitText(p.Unit), p.Contract, string(p.Relation), p.Current})
	}
	for _, o := range f.Occurrences {
		doc.Occurrences = append(doc.Occurrences, personOccurrenceOf(o))
	}
	for _, l := range f.Letters {
		doc.Letters = append(doc.Letters, personLetter{l.Number, string(l.Kind), string(l.State), l.To, stamp(l.CreatedAt)})
	}
	doc.NoLetters = f.NoLetters
	return doc
}

func personOccurrenceOf(o *flow.Occurrence) personOccurrence {
	out := personOccurrence{Number: o.Number, Unit: unitText(o.Unit), Status: o.Status.Name, OpenedAt: stamp(o.OpenedAt), ClosedAt: stamp(o.ClosedAt),
		Subject: o.Subject, Description: o.Description, Place: o.Place, Requester: o.Requester.Name, RequesterPhone: o.Requester.Phone,
		Solution: o.Solution, Movements: []personMove{}}
	for _, s := range o.Orders {
		out.Orders = append(out.Orders, s.Number)
	}
	for _, m := range o.Movements {
		out.Movements = append(out.Movements, personMove{stamp(m.At), m.To, m.Actor, string(m.Origin), m.Comment})
	}
	for _, v := range o.Visits {
		out.Visits = append(out.Visits, personVisit{stamp(v.Start), v.Technician, v.State})
	}
	for _, a := range o.Attachments {
		out.Files = append(out.Files, personFile{a.Name, a.Type, a.Size})
	}
	for _, d := range o.Deliveries {
		out.Sent = append(out.Sent, personSent{string(d.Point), string(d.State), stamp(d.CreatedAt)})
	}
	return out
}

// personText is the same for people to read, in the language of whoever takes it out.
func personText(r *request, doc personDoc) string {
	var b strings.Builder
	line := func(label, value string) {
		if value != "" {
			b.WriteString(r.l.T("person.file_"+label) + ": " + strings.ReplaceAll(value, "\n", "\r\n    ") + "\r\n")
		}
	}
	b.WriteString(r.l.T("person.file_title") + "\r\n\r\n")
	line("at", doc.At)
	line("name", doc.Person.Name)
	line("document", doc.Person.Document)
	line("email", doc.Person.Email)
	line("phone", doc.Person.Phone)
	for _, p := range doc.Places {
		line("place", strings.Join(strings.Fields(p.Unit+" "+p.Contract+" "+p.Relation), " "))
	}
	for _, o := range doc.Occurrences {
		b.WriteString("\r\n")
		line("occurrence", number(o.Number))
		line("place", o.Unit)
		line("status", o.Status)
		line("opened", o.OpenedAt)
		line("closed", o.ClosedAt)
		line("subject", o.Subject)
		line("description", o.Description)
		line("requester", strings.TrimSpace(o.Requester+" "+o.RequesterPhone))
		line("solution", o.Solution)
		line("orders", strings.Join(o.Orders, ", "))
		for _, m := range o.Movements {
			line("movement", strings.TrimSpace(m.At+" "+m.Author+" "+m.Comment))
		}
		for _, v := range o.Visits {
			line("visit", strings.TrimSpace(v.Start+" "+v.Technician+" "+v.State))
		}
		for _, f := range o.Files {
			line("attachment", f.Name)
		}
	}
	b.WriteString("\r\n")
	for _, l := range doc.Letters {
		line("letter", l.At+" "+number(l.Number)+" "+l.Kind+" "+l.State+" "+l.To)
	}
	return b.String()
}
