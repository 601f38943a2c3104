package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// addFault is POST /console/falhas: one more at the end of the list.
func (g *pages) addFault(q *pageRequest) error {
	f, err := g.readForm(q)
	if err != nil {
		return err
	}
	wish := f.fault()
	if f.failed() {
		return g.showConsole(q, f, http.StatusUnprocessableEntity)
	}
	if err := wish.check(); err != nil {
		return badAction("%v", err)
	}
	err = g.changeFaults(func(list []fault) []fault { return append(list, wish) })
	if err != nil {
		return err
	}
	return q.goTo("/console", "falha")
}

// fault reads a fault from its form and says what is wrong with it.
func (f *form) fault() fault {
	wish := fault{Method: f.value("metodo"), Type: f.value("tipo")}
	known := func(m method) bool { return m.name == wish.Method }
	if wish.Method != "*" && !slices.ContainsFunc(apiMethods(), known) {
		f.fail("metodo", f.T("bad.fault.method"))
	}
	if !slices.Contains(faultTypes(), wish.Type) {
		f.fail("tipo", f.T("bad.fault.kind"))
	}
	if f.value("vezes") == "porcento" {
		n, err := strconv.ParseFloat(strings.Replace(f.value("porcento"), ",", ".", 1), 64)
		if err != nil || !(n > 0 && n <= 100) {
			f.fail("porcento", f.T("bad.fault.chance"))
		}
		n /= 100
		wish.Probability = &n
	} else {
		n, err := strconv.Atoi(f.value("quantas"))
		if err != nil || n < 1 || n > 100000 {
			f.fail("quantas", f.T("bad.fault.count"))
		}
		wish.Count = &n
	}
	if waits(wish.Type) {
		n, err := strconv.Atoi(f.value("ms"))
		if err != nil || n < 0 || n > 600000 {
			f.fail("ms", f.T("bad.fault.ms"))
		}
		wish.MS = n
	}
	return wish
}

// waits says whether a type of fault has use for a wait.
func waits(kind string) bool { return kind == faultSlow || kind == faultAcceptLate }

// kindOr is a type that has an explanation, whatever was sent.
func kindOr(kind string) string {
	if slices.Contains(faultTypes(), kind) {
		return kind
	}
	return fault500
}

// percent writes a probability as people say it: 20, 12.5.
func percent(p float64) string { return strconv.FormatFloat(p*100, 'g', 4, 64) }

// removeFault is POST /console/falhas/tirar. The list may have changed since the page was drawn, so that the fault
// must still be what stood there.
func (g *pages) removeFault(q *pageRequest) error {
	i, err := strconv.Atoi(q.PostFormValue("lugar"))
	if err != nil {
		return q.goTo("/console", "")
	}
	done := ""
	err = g.changeFaults(func(list []fault) []fault {
		if i < 0 || i >= len(list) || list[i].Type != q.PostFormValue("tipo") || list[i].Method != q.PostFormValue("metodo") {
			return list
		}
		done = "tirar"
		return slices.Delete(list, i, i+1)
	})
	if err != nil {
		return err
	}
	return q.goTo("/console", done)
}

// clearFaults is POST /console/falhas/limpar.
func (g *pages) clearFaults(q *pageRequest) error {
	if err := g.changeFaults(func([]fault) []fault { return []fault{} }); err != nil {
		return err
	}
	return q.goTo("/console", "limpar")
}

// changeFaults replaces the list by what change makes of a copy of it.
func (g *pages) changeFaults(change func([]fault) []fault) error {
	return g.update(func(t *tx) error {
		list := change(append([]fault{}, t.faults...))
		return t.write(record{Faults: &list})
	})
}
