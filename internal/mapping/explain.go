package mapping

import (
	"context"
	"slices"
	"strings"

	"ponte/internal/desk"
)

// Explained is what one rule of a point makes of an answer.
type Explained struct {
	// Rule is its key in the configuration: "sucesso", "mensagem", "extrair.id_mobuss".
	Rule string
	Text string // the expression
	// Value is what it gave, "true" and "false" for a rule that says yes or no; empty where it gave nothing.
	Value string
	// Code is why it gave nothing: "falhou" (it could not be evaluated), "ilegivel" (the answer could not be read), or
	// "falta" (it gave nothing, and a success is not believed without it).
	Code string
}

// Explain evaluates each rule of a point over an answer by itself, for whoever is configuring; Judge decides.
func (c *Compiled) Explain(p desk.Point, a *Answer) (out []Explained) {
	pt := c.points[p]
	if pt == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cfg := c.config.Integration.Points[p]
	j := judging{ctx, newView(a, pt.call.Answer, nil)}
	add := func(rule, text string, prg *program, required bool) {
		if prg == nil {
			return
		}
		e := Explained{Rule: rule, Text: text}
		switch v, err := prg.eval(ctx, j.view); {
		case !j.readable:
			e.Code = "ilegivel"
		case err != nil:
			e.Code = "falhou"
		default:
			e.Value = strings.TrimSpace(scalarText(v))
		}
		if required && e.Value == "" && e.Code != "ilegivel" {
			e.Code = "falta"
		}
		out = append(out, e)
	}
	add("sucesso", cfg.Success, pt.success, false)
	add("consultar_se", cfg.LookUpIf, pt.lookUpIf, false)
	add("recusar_se", cfg.RefuseIf, pt.refuseIf, false)
	add("repetir_se", cfg.RetryIf, pt.retryIf, false)
	add("mensagem", cfg.Message, pt.message, false)
	for _, x := range pt.extract {
		add("extrair."+x.name, cfg.Extract[x.name], x.prg, slices.Contains(pt.required, x.name))
	}
	return out
}
