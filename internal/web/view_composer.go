package web

import (
	"slices"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// moveButton is a submit of the composer.
type moveButton struct {
	flow.NextStatus
	label   string
	primary bool
	hint    string // its title: code and point, for whoever knows them
}

// moveButtons are the next statuses, the likeliest first: opening the order, then commenting on it.
func moveButtons(p *page, o *flow.OccurrencePage) []moveButton {
	var out []moveButton
	for _, n := range o.Next {
		b := moveButton{NextStatus: n, label: sentence(n.ButtonText()), hint: p.T("composer.status", "code", n.Code)}
		if n.Opens { // its text is on the button that opens the window, once it is there
			b.label = sentence(n.Name)
			b.hint += " · " + p.T("composer.opens")
		}
		if n.CommentRequired {
			b.hint += " · " + p.T("composer.asks_comment")
		}
		if n.Point != desk.NoPoint {
			b.hint += " · " + string(n.Point)
		}
		if n.Resends {
			b.hint += " · " + p.T("composer.resends")
		}
		out = append(out, b)
	}
	if first := likeliest(out); first >= 0 {
		b := out[first]
		b.primary = true
		out = slices.Insert(slices.Delete(out, first, first+1), 0, b)
	}
	return out
}

// aimedButtons make the status that somebody came for the first choice; nil: they came for none that is there.
func aimedButtons(buttons []moveButton, aim string) ([]moveButton, *moveButton) {
	at := slices.IndexFunc(buttons, func(b moveButton) bool { return aim != "" && b.Code == aim })
	if at < 0 {
		return buttons, nil
	}
	for i := range buttons {
		buttons[i].primary = i == at
	}
	return buttons, &buttons[at]
}

func likeliest(buttons []moveButton) int {
	for _, point := range []desk.Point{desk.OpenOrder, desk.AddComment} {
		if i := slices.IndexFunc(buttons, func(b moveButton) bool { return b.Point == point }); i >= 0 {
			return i
		}
	}
	return min(0, len(buttons)-1)
}

// askComment are the buttons that ask for a comment.
func askComment(buttons []moveButton) (labels []string) {
	for _, b := range buttons {
		if b.CommentRequired {
			labels = append(labels, b.label)
		}
	}
	return labels
}

// tells says whether any button tells Mobuss; asksVisit whether one asks it for an inspection.
func tells(buttons []moveButton) bool {
	return slices.ContainsFunc(buttons, func(b moveButton) bool { return b.Tells })
}

func asksVisit(buttons []moveButton) bool {
	return slices.ContainsFunc(buttons, func(b moveButton) bool { return b.Tells && b.Point == desk.AskVisit })
}
