package desk

import (
	"slices"
	"strings"
)

// maxStatusCode is how long a status's code may be, in characters.
const maxStatusCode = 20

// isStatusCode: a code stands in addresses of pages and in the paths of a configuration.
func isStatusCode(s string) bool {
	return len(s) <= maxStatusCode && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == ""
}

// Check gathers everything that makes a catalogue unusable.
func (c *Catalogue) Check() *Error {
	e := Fail(ErrConfig)
	bad := func(field, code string, args ...any) {
		e.Fields = append(e.Fields, FieldError{Field: field, Code: code, Args: pairs(args)})
	}
	if !c.Method.Valid() {
		bad("metodo", "metodo_desconhecido")
	}
	seen, points := map[string]bool{}, map[Point]string{}
	for _, s := range c.Statuses {
		at := "status." + s.Code
		switch {
		case s.Code == "" || seen[s.Code]:
			bad(at, "codigo_repetido_ou_vazio")
		case !isStatusCode(s.Code):
			bad(at, "codigo_de_status_invalido")
		}
		seen[s.Code] = true
		if s.Name == "" {
			bad(at+".nome", "obrigatorio")
		}
		if !slices.Contains(statusKinds, s.Kind) {
			bad(at+".tipo", "tipo_desconhecido")
		}
		if slices.ContainsFunc(s.Movers, func(m Mover) bool { return !slices.Contains(movers, m) }) {
			bad(at+".quem_move", "quem_move_desconhecido")
		}
		if s.Point == NoPoint {
			continue
		}
		if !s.Point.Valid() {
			bad(at+".ponto", "ponto_desconhecido")
		}
		if other, ok := points[s.Point]; ok {
			bad(at+".ponto", "ponto_em_outro_status", "outro", other)
		}
		points[s.Point] = s.Code
		if s.Code == c.Failure || s.Code == c.Initial || s.Code == c.FieldInitial {
			bad(at+".ponto", "status_sem_ponto")
		}
	}
	ref := func(field, code string, must bool) {
		if code == "" && must {
			bad(field, "obrigatorio")
		} else if code != "" && !seen[code] {
			bad(field, "status_desconhecido")
		}
	}
	for _, s := range c.Statuses {
		for _, n := range s.Next {
			ref("status."+s.Code+".proximos", n, true)
		}
		ref("status."+s.Code+".apos_sucesso", s.AfterSuccess, false)
	}
	ref("status_inicial", c.Initial, true)
	ref("status_inicial_do_campo", c.FieldInitial, true)
	ref("status_encerrada", c.Closed, true)
	ref("status_de_falha", c.Failure, c.Method.Sends())
	if s, there := c.Status(c.Closed); there && s.Kind != KindClosed {
		bad("status_encerrada", "status_nao_encerra")
	}
	for field, code := range map[string]string{"status_inicial": c.Initial, "status_inicial_do_campo": c.FieldInitial} {
		if c.IsClosed(code) {
			bad(field, "status_ja_encerrado")
		}
	}
	if len(c.Types) == 0 {
		bad("tipos", "obrigatorio")
	}
	if len(c.Priorities) == 0 {
		bad("prioridades", "obrigatorio")
	}
	if c.FirstNumber < 1 {
		bad("primeiro_numero", "menor_que", "minimo", 1)
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// CheckSwitchOn refuses to switch a point on where the method sends nothing. Points that were on when the
// method was changed stay: a movement to them is recorded and its delivery is Ignored (RULES.md, "Method and
// environment").
func (c *Catalogue) CheckSwitchOn(before *Catalogue) *Error {
	e := Fail(ErrConfig)
	for _, s := range c.Statuses {
		if s.Point == NoPoint || c.Method.Sends() {
			continue
		}
		if before != nil {
			if old, _ := before.Status(s.Code); old.Point == s.Point {
				continue
			}
		}
		e.Fields = append(e.Fields, FieldError{Field: "status." + s.Code + ".ponto", Code: "envio_desligado",
			Args: map[string]any{"metodo": string(c.Method)}})
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}
