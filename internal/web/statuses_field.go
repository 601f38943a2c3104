package web

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ponte/internal/desk"
)

// problemLine is an entry of the list of what is wrong, with the field where it is put right.
type problemLine struct{ field, text string }

var rowPath = regexp.MustCompile(`^parametros\[(\d+)\]`)

// field is where on the tab an error belongs: "linha-2" is the third parameter, "c0-linha-2" that of the first look-up.
func (f integrationForm) field(code string) func(string) string {
	return func(path string) string {
		switch path {
		case "observacao":
			return "nota"
		case "status." + code + ".ponto", "integracao.janelas." + code:
			return "ativar"
		case "status." + code + ".botao":
			return "botao"
		}
		at := "integracao.pontos." + f.way + "."
		if f.isWindow() {
			at = "integracao.janelas." + code + "."
		}
		rest, ok := strings.CutPrefix(path, at)
		if !ok {
			return ""
		}
		if name := f.call.field(rest); name != "" {
			return name
		}
		return f.rules.field(rest)
	}
}

// field is where an error of a call belongs.
func (f callForm) field(rest string) string {
	if m := rowPath.FindStringSubmatch(rest); m != nil {
		return f.prefix + "linha-" + m[1]
	}
	switch {
	case rest == "metodo":
		return f.prefix + "metodo_http"
	case rest == "caminho", rest == "corpo", rest == "resposta":
		return f.prefix + rest
	case rest == "xml":
		return f.prefix + "corpo"
	case rest == "xml.raiz", rest == "xml.envelope", rest == "xml.acao":
		return f.prefix + strings.Replace(rest, ".", "_", 1)
	case strings.HasPrefix(rest, "xml.espacos"):
		return f.prefix + "espacos"
	case strings.HasPrefix(rest, "cabecalhos"):
		return f.prefix + "cabecalhos"
	}
	return ""
}

// field is where an error of the rules belongs.
func (f rulesForm) field(rest string) string {
	switch {
	case slices.Contains([]string{"sucesso", "consultar_se", "recusar_se", "repetir_se", "mensagem", "consulta"}, rest):
		return rest
	case rest == "obrigatorio_na_resposta", rest == "extrair":
		return "extrair"
	case rest == "consultas":
		return "consulta"
	}
	if name, ok := strings.CutPrefix(rest, "extrair."); ok {
		return extractField("", f.extract, name)
	}
	for i, l := range f.lookUps {
		p := lookUpPrefix(i)
		if rest == "consultas."+l.name {
			return p + "nome"
		}
		inside, ok := strings.CutPrefix(rest, "consultas."+l.name+".")
		if !ok {
			continue
		}
		if name := l.call.field(inside); name != "" {
			return name
		}
		if name, ok := strings.CutPrefix(inside, "extrair."); ok {
			return extractField(p, l.extract, name)
		}
		return p + inside // achado, nao_achado, repetir_se, extrair
	}
	return ""
}

func extractField(prefix string, rows []extractForm, name string) string {
	i := slices.IndexFunc(rows, func(e extractForm) bool { return e.name == name })
	if i < 0 {
		return prefix + "extrair"
	}
	return prefix + "extrair-" + strconv.Itoa(i)
}

// named sorts errors to the form's fields and lists them in its order, each by what the field is called: the fields may
// stand in a part of the form that is folded away.
func (f integrationForm) named(r *request, e *desk.Error) (map[string]string, []problemLine) {
	out := placed(r, e, f.field(r.PathValue("codigo")))
	var lines []problemLine
	add := func(field, name string) {
		if text := out[field]; text != "" {
			if strings.Contains(field, "linha-") { // beside a row it is said which one it is, too
				out[field] = name + ": " + text
			}
			lines = append(lines, problemLine{field, name + ": " + text})
		}
	}
	t := r.l.T
	f.call.each(t, "", add)
	for _, name := range []string{"sucesso", "recusar_se", "repetir_se", "consultar_se", "mensagem", "extrair"} {
		add(name, t("tab."+name))
	}
	for i, x := range f.rules.extract {
		add("extrair-"+strconv.Itoa(i), t("tab.extract_name", "name", x.name))
	}
	add("consulta", t("tab.consulta"))
	for i, l := range f.rules.lookUps {
		p, of := lookUpPrefix(i), t("tab.of_look_up", "name", l.name)
		add(p+"nome", t("tab.look_up_name")+of)
		l.call.each(t, of, add)
		for _, name := range []string{"achado", "nao_achado", "repetir_se", "extrair"} {
			add(p+name, t("tab.l_"+name)+of)
		}
		for j, x := range l.extract {
			add(p+"extrair-"+strconv.Itoa(j), t("tab.extract_name", "name", x.name)+of)
		}
	}
	return out, lines
}

// each names the fields of a call, in the order of the page.
func (f callForm) each(t func(string, ...any) string, of string, do func(field, name string)) {
	do(f.prefix+"metodo_http", t("statuses.http_method")+of)
	for _, name := range []string{"corpo", "caminho", "xml_raiz", "xml_envelope", "xml_acao", "espacos", "cabecalhos"} {
		do(f.prefix+name, t("tab."+name)+of)
	}
	for i, row := range f.rows {
		do(f.prefix+"linha-"+strconv.Itoa(i), rowName(t, i, row)+of)
	}
	do(f.prefix+"resposta", t("tab.resposta")+of)
}

// rowName is how a parameter is called in a sentence.
func rowName(t func(string, ...any) string, i int, row rowForm) string {
	if row.target == "" {
		return t("statuses.row_blank", "n", i+1)
	}
	return t("statuses.row_name", "n", i+1, "target", row.target)
}
