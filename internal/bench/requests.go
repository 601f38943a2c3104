package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"ponte/internal/desk"
	"ponte/internal/mapping"
)

// requests: one call of thirty rows, frozen and bound, beside encoding/json over the very body that comes of it.
func requests(t *table) error {
	t.section("requests of 30 rows: 18 facts, 5 fixed values, 6 expressions, a reference")
	t.bars = true
	for _, body := range []string{"json", "xml"} {
		c, err := thirtyRows(body)
		if err != nil {
			return err
		}
		var built *mapping.Request
		took, err := batches(func() error {
			z, err := c.Freeze(desk.OpenOrder, leak())
			if err == nil {
				built, err = z.Bind(mapping.Refs{DeliveryID: "0198c0de", OrderID: "M-77", OrderNumber: "77"})
			}
			return err
		})
		if err != nil {
			return err
		}
		beside, ratio := "", ""
		if body == "json" {
			var v map[string]any
			if err := json.Unmarshal([]byte(built.Body), &v); err != nil {
				return fmt.Errorf("the body is no JSON: %w", err)
			}
			plain, err := batches(func() error {
				_, err := json.Marshal(v)
				return err
			})
			if err != nil {
				return err
			}
			beside, ratio = micros(plain.at(.5))+" encoding/json of the same body", fmt.Sprintf("%.1f", float64(took.at(.5))/float64(plain.at(.5)))
		}
		t.row("frozen and bound, "+body+", p50", micros(took.at(.5)), beside, ratio, "< 100 us", took.at(.5) < 100*time.Microsecond)
	}
	return nil
}

// batches times f, many at a time: one is too short for the clock.
func batches(f func() error) (times, error) {
	const size = 100
	out := make(times, 300) // long enough that the median is not that of one disturbance
	for i := range out {
		began := time.Now()
		for range size {
			if err := f(); err != nil {
				return nil, err
			}
		}
		out[i] = time.Since(began) / size
	}
	return out, nil
}

func micros(d time.Duration) string { return fmt.Sprintf("%.1f us", float64(d.Nanoseconds())/1000) }

// thirtyRows is the demo's configuration with an opening that is longer than any seen.
func thirtyRows(body string) (*mapping.Compiled, error) {
	c, err := mapping.Default(desk.MethodC, "mobuss-atual")
	if err != nil {
		return nil, err
	}
	p := c.Integration.Points[desk.OpenOrder]
	p.Params = nil
	for i, f := range mapping.FieldsOf(desk.OpenOrder)[:18] {
		p.Params = append(p.Params, mapping.Param{Target: fmt.Sprintf("dados.c%d", i), Field: f.Name})
	}
	for i := range 5 {
		p.Params = append(p.Params, mapping.Param{Target: fmt.Sprintf("fixos.lista[%d].valor", i), Fixed: mapping.Fixed(fmt.Sprint("v", i))})
	}
	for i, expr := range []string{
		`has(solicitante.nome) ? solicitante.nome : cliente.nome`,
		`ocorrencia.descricao.substring(0, 200)`,
		`so_digitos(cliente.telefone)`,
		`ocorrencia.emergencia ? "URGENTE" : ocorrencia.prioridade.upperAscii()`,
		`[bloco.nome, unidade.numero].join(" / ")`,
		`ocorrencia.numero % 2 == 0 ? 1 : 2`,
	} {
		p.Params = append(p.Params, mapping.Param{Target: fmt.Sprintf("cel.e%d", i), CEL: expr})
	}
	p.Params = append(p.Params, mapping.Param{Target: "envio", Ref: mapping.RefDeliveryID})
	if p.Body = mapping.BodyKind(body); body == "xml" {
		p.XML = &mapping.XML{Root: "c:AbrirOrdem", Namespaces: map[string]string{"c": "urn:campo"}, Envelope: mapping.SOAP11, Action: "urn:campo#AbrirOrdem"}
	}
	p.LookUp = ""
	c.Integration.Points[desk.OpenOrder] = p
	return mapping.Compile(c)
}

// leak is an occurrence with everything in it.
func leak() *mapping.Facts {
	at := time.Date(2026, 1, 31, 12, 15, 0, 0, time.UTC)
	return &mapping.Facts{
		Occurrence: mapping.Occurrence{Number: 1234, LegacyID: "1234", Subject: "Infiltração no teto",
			Description: strings.Repeat("Mancha úmida no teto do banheiro da suíte; aumenta com o chuveiro de cima. ", 4),
			Type:        "hidraulica", Priority: "alta", Place: "banheiro", OpenedAt: at, Environment: "homologacao"},
		Customer: mapping.Customer{Name: "Marina Figueiredo Prado", Document: "529.982.247-25", Email: "marina@exemplo.com.br", Phone: "(11) 91234-5678"},
		Unit:     mapping.Unit{Number: "101", MobussID: "MOB-AUR-A-101"}, Block: mapping.Block{Code: "A", Name: "Bloco A"},
		Development: mapping.Development{Code: "AUR", Name: "Residencial Aurora"}, Contract: mapping.Contract{Code: "AUR-A-101"},
		Movement: mapping.Movement{Comment: "Cliente em casa à tarde", Author: "Bia", At: at},
	}
}
