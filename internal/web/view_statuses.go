package web

import (
	"net/url"
	"slices"
	"strings"

	"ponte/internal/desk"
	"ponte/internal/mapping"
)

// unitCheckPath is where it is seen which units lack their id in Mobuss.
const unitCheckPath = unitsPath

// hostOf is the server of an address, for whoever is about to open it.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// httpMethods of a call, the usual ones first.
var httpMethods = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}

// bodyKinds are those to choose from; an attachment's stays with the call that has it.
func bodyKinds(has string) []string {
	out := []string{string(mapping.BodyJSON), string(mapping.BodyForm), string(mapping.BodyQuery), string(mapping.BodyXML)}
	if has == string(mapping.BodyMultipart) {
		out = append(out, has)
	}
	return out
}

func protocol(soap bool) string {
	if soap {
		return "SOAP"
	}
	return "REST"
}

// wayName is a method of activation in words.
func wayName(p *page, way string) string {
	if way == wayWindow {
		return p.T("tab.window")
	}
	return p.T("point." + way)
}

// buttonHint says what the "Texto do Botão" is on: a window's is on the button that opens it.
func buttonHint(p *page, f integrationForm) string {
	if f.on && f.isWindow() {
		return p.T("tab.button_hint_window")
	}
	return p.T("statuses.button_hint")
}

func callSummary(f integrationForm) string {
	if f.isWindow() {
		return f.call.path
	}
	return f.call.method + " " + f.call.path
}

func doubtSummary(p *page, f rulesForm) string {
	if f.lookUp == "" {
		return p.T("tab.look_up_none")
	}
	return f.lookUp
}

// targetsHint is the message about where a row's value may go.
func targetsHint(point desk.Point, f callForm) string {
	switch {
	case point == desk.NoPoint:
		return "tab.targets_window"
	case f.body == string(mapping.BodyXML):
		return "tab.targets_xml"
	}
	return "statuses.parameters_text"
}

func laterLabel(point desk.Point) string {
	if point == desk.NoPoint {
		return "tab.source_order"
	}
	return "statuses.source_later"
}

func ruleLabel(prefix, name string) string {
	if prefix != "" {
		return "tab.l_" + name
	}
	return "tab." + name
}

// namesUnit says whether one of the rows is the unit's id.
func (f callForm) namesUnit() bool {
	return slices.ContainsFunc(f.rows, func(row rowForm) bool {
		return row.isUnitID() || row.source == "cel" && strings.Contains(row.text, "unidade.id_mobuss")
	})
}

// answerParts are the fields of the part about the answer.
var answerParts = []string{"resposta", "sucesso", "mensagem", "extrair", "recusar_se", "repetir_se", "consultar_se"}

// opens says whether a part that is folded away stands open: something is wrong in it, or it was just worked in.
func (v integrationView) opens(part string) bool {
	inLookUp := func(field string) bool { return len(field) > 2 && field[0] == 'c' && field[2] == '-' }
	if part == v.part || part == "duvida" && inLookUp(v.part) {
		return true
	}
	return slices.ContainsFunc(v.lines, func(l problemLine) bool {
		switch part {
		case "resposta":
			return slices.Contains(answerParts, l.field) || strings.HasPrefix(l.field, "extrair-")
		case "duvida":
			return l.field == "consulta" || inLookUp(l.field)
		}
		return strings.HasPrefix(l.field, part)
	})
}

// opensMore: the rarer rules stand open where one of them is wrong, or where there is no look-up to ask instead.
func (v integrationView) opensMore() bool {
	r := v.form.rules
	return r.refuseIf != "" || r.retryIf != "" || r.lookUpIf != "" || slices.ContainsFunc(v.lines, func(l problemLine) bool {
		return slices.Contains([]string{"recusar_se", "repetir_se", "consultar_se"}, l.field)
	})
}

// statusIcons are those that a status may have; what they mean is the client's to say.
var statusIcons = []string{"circle-dashed", "circle-dot", "progress-check", "circle-check", "circle-x", "ban", "clock", "hourglass", "send", "tool",
	"calendar-event", "calendar-check", "calendar-plus", "message", "message-2", "phone", "mail", "camera", "user", "home", "building",
	"map-pin", "paperclip", "clipboard-list", "file-search", "shield-check", "bolt", "refresh", "eye", "external-link", "archive"}

// iconsFor are they, and the one that the status has.
func iconsFor(has string) []string {
	if has == "" || slices.Contains(statusIcons, has) {
		return statusIcons
	}
	return append(slices.Clone(statusIcons), has)
}

func iconName(p *page, name string) string {
	if id := "icon." + strings.ReplaceAll(name, "-", "_"); p.Has(id) {
		return p.T(id)
	}
	return name
}

func statusNames(all []desk.Status) string {
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = s.Code + " " + s.Name
	}
	return strings.Join(names, ", ")
}

// word is a message of the preview: a window has its own, since it is no call.
func (v previewView) word(id string) string {
	if v.window {
		return "tab.window_" + id
	}
	return "statuses." + id
}
