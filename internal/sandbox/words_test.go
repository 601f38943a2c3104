package sandbox

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// families are the ids that are put together while a page is drawn.
func families() (ids []string) {
	for _, s := range []situation{orderOpen, orderScheduled, orderInspected, orderRepaired, orderClosed} {
		ids = append(ids, "missing."+string(s), "status."+string(s))
	}
	for _, op := range []string{opOpen, opComment, opVisit, opFile, opMove, opClose} {
		ids = append(ids, "op."+op)
	}
	for _, kind := range faultTypes() {
		ids = append(ids, "kind."+kind, "explain."+kind)
	}
	for _, m := range apiMethods() {
		ids = append(ids, "method."+m.name)
	}
	for _, what := range []string{"order", "act", "closed", "form", "internal"} {
		ids = append(ids, "error."+what+".title", "error."+what+".text")
	}
	for _, id := range troubleWords {
		ids = append(ids, id)
	}
	for _, done := range []string{"agendar", "vistoriar", "executar", "encerrar", "comentar", "abrir", "reenviar", "falha",
		"tirar", "limpar", "zerar"} {
		ids = append(ids, "done."+done)
	}
	return ids
}

var (
	saidOnce    = regexp.MustCompile(`\bT\("([\w.]+)"[,)]`)
	saidByCount = regexp.MustCompile(`\bN\("([\w.]+)"[,)]`)
	placeholder = regexp.MustCompile(`\{\w+\}`)
)

// Every text that a page says is in the catalogue, in both languages, and nothing else is.
func TestCatalogueIsComplete(t *testing.T) {
	used := families()
	for _, file := range sources(t) {
		for _, m := range saidOnce.FindAllStringSubmatch(file, -1) {
			used = append(used, m[1])
		}
		for _, m := range saidByCount.FindAllStringSubmatch(file, -1) {
			used = append(used, m[1]+".one", m[1]+".other")
		}
	}
	for _, id := range used {
		if _, ok := catalogue[id]; !ok {
			t.Errorf("%s is said and has no words", id)
		}
	}
	for id, p := range catalogue {
		if !slices.Contains(used, id) {
			t.Errorf("%s has words and is never said", id)
		}
		pt, en := placeholder.FindAllString(p.pt, -1), placeholder.FindAllString(p.en, -1)
		slices.Sort(pt)
		slices.Sort(en)
		if p.pt == "" || p.en == "" || !slices.Equal(pt, en) {
			t.Errorf("%s: %q, %q", id, p.pt, p.en)
		}
	}
	if n := len(commonWords) + len(orderWords) + len(actWords) + len(consoleWords); n != len(catalogue) {
		t.Errorf("%d texts share an id", n-len(catalogue))
	}
}

// No template says anything by itself: what a page in English says is never the Portuguese of the catalogue, and all its
// letters outside of the catalogue come from data.
func TestPagesSpeakOneLanguage(t *testing.T) {
	r := newRig(t)
	id := r.openFor("1")
	r.act(id, `{"acao":"comentar","texto":"x"}`)
	for _, path := range []string{"/", "/ordens/nova", "/ordens/" + id, "/ordens/" + id + "/agendar", "/ordens/" + id + "/vistoriar",
		"/ordens/" + id + "/executar", "/ordens/" + id + "/encerrar", "/ordens/" + id + "/comentar", "/console", "/console/zerar"} {
		page := r.call(200, "GET", path, "", "Cookie", languageCookie+"="+langEnglish).raw
		if !strings.Contains(page, `<html lang="en">`) {
			t.Errorf("%s is not in English", path)
		}
		for what, p := range catalogue {
			if len(p.pt) > 12 && p.pt != p.en && !strings.Contains(p.pt, "{") && strings.Contains(page, ">"+p.pt+"<") {
				t.Errorf("%s says %s in Portuguese: %s", path, what, p.pt)
			}
		}
	}
	for name, file := range sources(t) {
		if !strings.HasSuffix(name, ".templ") {
			continue
		}
		for _, m := range regexp.MustCompile(`(?m)^\s*[A-Za-zÀ-ú][a-zà-ú]+( [a-zà-ú]+)*\s*$`).FindAllString(file, -1) {
			if m = strings.TrimSpace(m); m != "package sandbox" {
				t.Errorf("%s says %q by itself", name, m)
			}
		}
	}
}

func TestLanguageIsRemembered(t *testing.T) {
	r := newRig(t)
	r.web.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	for back, want := range map[string]string{"/console": "/console", "https://mau.example": "/", "//mau.example": "/",
		`/\mau.example`: "/", "": "/"} {
		out := r.call(303, "POST", "/idioma", "idioma=en&volta="+back, form...)
		if got := out.header.Get("Location"); got != want {
			t.Errorf("back to %q: went to %q", back, got)
		}
		if c := out.header.Get("Set-Cookie"); !strings.Contains(c, languageCookie+"=en") || !strings.Contains(c, "HttpOnly") {
			t.Errorf("cookie: %s", c)
		}
	}
	for cookie, want := range map[string]string{"": "Minhas ordens", "en": "My orders", "pt-BR": "Minhas ordens", "klingon": "Minhas ordens"} {
		if out := r.call(200, "GET", "/", "", "Cookie", languageCookie+"="+cookie, "Accept-Language", "en"); !strings.Contains(out.raw, want) {
			t.Errorf("%q: no %q", cookie, want)
		}
	}
}
